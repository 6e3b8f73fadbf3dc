//! Sealed bytes cannot be printed: not by themselves, and not by anything they pass through.

use std::fmt::Debug;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use twotick_relay::connection::{Action, Frame};
use twotick_relay::hub::Signal;
use twotick_relay::store::{AccountSend, Answer, Delivery, MailboxItem, Op, SealedBytes, SendRequest, Wake};
use twotick_wire::frame::{
    self, ClientFrame, Ephemeral, EphemeralDelivery, LinkDelivery, LinkSend, MessageTo, Opaque, Page,
    RelayFrame,
};
use twotick_wire::{
    AccountId, CapabilityHash, DeviceId, Envelope, LinkChannel, ListHead, ListHeadHash, MessageId, SendId,
    UnixTime,
};

use crate::scan::Needles;

/// Whether a type has a trait, found out without requiring it.
macro_rules! has {
    ($type:ty: $($bound:tt)+) => {{
        struct Probe<T>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "where the trait is there, the other constant is taken")]
        trait Otherwise {
            const HAS: bool = false;
        }
        impl<T> Otherwise for Probe<T> {}
        #[allow(dead_code, reason = "where it does not apply, the other constant is taken")]
        impl<T: $($bound)+> Probe<T> {
            const HAS: bool = true;
        }
        Probe::<$type>::HAS
    }};
}

/// R-BLD-1: there is no way to print or serialise what is sealed.
#[test]
fn sealed_bytes_have_no_form_for_people() {
    assert!(!has!(SealedBytes: std::fmt::Debug));
    assert!(!has!(SealedBytes: std::fmt::Display));
    assert!(!has!(SealedBytes: std::fmt::LowerHex));
    assert!(!has!(SealedBytes: std::fmt::UpperHex));
    assert!(!has!(SealedBytes: serde::Serialize));
    assert!(!has!(SealedBytes: std::ops::Deref));
    assert!(!has!(SealedBytes: AsRef<[u8]>));
}

/// The control: the same questions about bytes that anybody can print.
#[test]
fn other_bytes_have_forms_that_are_seen() {
    assert!(has!(Bytes: std::fmt::Debug));
    assert!(has!(Bytes: std::fmt::LowerHex));
    assert!(has!(Bytes: std::ops::Deref));
    assert!(has!(Bytes: AsRef<[u8]>));
    assert!(has!(String: std::fmt::Display));
    assert!(has!(String: serde::Serialize));
}

/// R-BLD-1: nothing in the relay that an envelope passes through prints a byte of it.
#[test]
fn what_envelopes_pass_through_prints_none_of_their_bytes() {
    let secret = secret();
    let sealed = || SealedBytes::new(Bytes::from(secret.clone()));
    let delivery = || Delivery {
        seq: 1,
        accepted: UnixTime::new(2),
        envelope: sealed(),
    };
    let frame = || Frame(Bytes::from(secret.clone()));
    let op = || Op::Send(send_request(sealed()));
    hides(&delivery());
    hides(&MailboxItem::Delivery(delivery()));
    hides(&Wake::Envelope {
        mailbox: DEVICE,
        delivery: delivery(),
    });
    hides(&Signal::Envelope(delivery()));
    hides(&Signal::Ephemeral {
        from: DEVICE,
        frame: frame(),
    });
    hides(&Signal::Link(frame()));
    hides(&op());
    hides(&frame());
    hides(&Action::Send(frame()));
    hides(&Action::Ephemeral {
        to: DEVICE,
        from: DEVICE,
        frame: frame(),
    });
    hides(&Answer::Done);
}

/// R-BLD-1: the same of the frames as they are decoded, and of the envelope itself.
#[test]
fn frames_print_none_of_the_bytes_they_carry() {
    let secret = secret();
    let messages = || {
        vec![MessageTo {
            to: DEVICE,
            message: Opaque::new(&secret),
        }]
    };
    hides(&ClientFrame::from(frame::Send {
        request: REQUEST,
        message_id: MESSAGE_ID,
        lifetime: 1,
        body: Opaque::new(&secret),
        accounts: vec![frame::AccountSend {
            account: ACCOUNT,
            capability: frame::Capability::new([0xab; 16]),
            send_id: SendId::new([1; 16]),
            list: HEAD,
            is_partial: false,
            messages: messages(),
        }],
    }));
    hides(&ClientFrame::from(Ephemeral {
        request: REQUEST,
        account: ACCOUNT,
        capability: frame::Capability::new([0xab; 16]),
        message_id: MESSAGE_ID,
        messages: messages(),
    }));
    hides(&ClientFrame::from(LinkSend {
        request: REQUEST,
        channel: LinkChannel::new([1; 16]),
        data: Opaque::new(&secret),
    }));
    hides(&RelayFrame::from(Page {
        deliveries: vec![frame::Delivery {
            seq: 1,
            accepted: UnixTime::new(2),
            envelope: Opaque::new(&secret),
        }],
    }));
    hides(&RelayFrame::from(EphemeralDelivery {
        envelope: Opaque::new(&secret),
    }));
    hides(&RelayFrame::from(LinkDelivery {
        channel: LinkChannel::new([1; 16]),
        data: Opaque::new(&secret),
    }));
    hides(&Envelope {
        from: DEVICE,
        to: DEVICE,
        message_id: MESSAGE_ID,
        message: &secret,
        body: &secret,
    });
}

/// The control: a derived `Debug` over plain bytes is caught, in each of its spellings.
#[test]
fn a_derived_debug_is_caught() {
    #[derive(Debug)]
    struct Careless<T>(T);
    assert!(shows(&Careless(secret())));
    assert!(shows(&Careless(Bytes::from(secret()))));
    assert!(shows(&Careless(hex::encode(secret()))));
    assert!(shows(&Careless(
        String::from_utf8_lossy(&secret()[..4]).into_owned() + &hex::encode(secret())
    )));
}

/// R-BLD-1: private types too: no `Debug` in the relay is derived over bytes, but for what an account publishes.
#[test]
fn no_debug_is_derived_over_bytes() {
    let mut found = Vec::new();
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |text| {
        found.extend(derived_over_bytes(text));
    });
    found.sort_unstable();
    // Signed lists, certificates and public prekeys.
    let public = [
        "AccountOutcome",
        "Answer",
        "KnownList",
        "ListRow",
        "PublishedList",
        "PublishedPrekeys",
        "Verdict",
    ];
    assert_eq!(found, public);
}

/// The control: a planted type is found.
#[test]
fn a_debug_that_is_derived_over_bytes_is_found() {
    let planted = "#[derive(Clone, Debug)]\npub(super) struct Planted {\n    bytes: Vec<Bytes>,\n}\n";
    assert_eq!(derived_over_bytes(planted), ["Planted"]);
    assert_eq!(
        derived_over_bytes("#[derive(Debug)]\nenum Planted {\n    A(BytesMut),\n}\n"),
        ["Planted"]
    );
    assert_eq!(
        derived_over_bytes("#[derive(Debug)]\nstruct Planted(Vec<u8>);\n"),
        ["Planted"]
    );
    assert_eq!(
        derived_over_bytes("#[derive(Clone)]\nstruct Quiet(Bytes);\n"),
        [""; 0]
    );
    assert_eq!(
        derived_over_bytes("#[derive(Debug)]\nstruct Count(usize);\nstruct Quiet(Bytes);\n"),
        [""; 0]
    );
}

/// The names of types in a source text that derive `Debug` and hold bytes.
fn derived_over_bytes(text: &str) -> Vec<String> {
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let text = text.lines().filter(is_code).collect::<Vec<_>>().join("\n") + "\n";
    let mut found = Vec::new();
    for (at, _) in text.match_indices("#[derive(") {
        let rest = &text[at..];
        let Some((derives, rest)) = rest.split_once(")]") else {
            continue;
        };
        let end = match (rest.find("\n}"), rest.find(";\n")) {
            (Some(brace), Some(semicolon)) if semicolon < brace && !rest[..semicolon].contains('{') => {
                semicolon
            }
            (Some(end), _) | (None, Some(end)) => end,
            (None, None) => rest.len(),
        };
        let item = &rest[..end];
        let mut words = item
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty());
        let name = words
            .by_ref()
            .skip_while(|word| !matches!(*word, "struct" | "enum"))
            .nth(1);
        let holds_bytes = words.any(|word| matches!(word, "Bytes" | "BytesMut")) || item.contains("Vec<u8>");
        if let Some(name) = name.filter(|_| derives.contains("Debug") && holds_bytes) {
            found.push(name.to_owned());
        }
    }
    found
}

fn visit(directory: &Path, look: &mut impl FnMut(&str)) {
    for entry in fs::read_dir(directory).expect("sources") {
        let path = entry.expect("sources").path();
        if path.is_dir() {
            visit(&path, look);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            look(&fs::read_to_string(path).expect("a source"));
        }
    }
}

fn hides(value: &impl Debug) {
    assert!(!shows(value), "{value:?}");
}

/// Whether what is printed holds four bytes of the secret in a row, in any spelling, or a credential.
fn shows(value: &impl Debug) -> bool {
    let mut needles = Needles::default();
    needles.add("the envelope", &secret());
    needles.add("the capability", &[0xab; 16]);
    [format!("{value:?}"), format!("{value:#?}")].iter().any(|text| {
        let listed = format!("{:?}", &secret()[..4]);
        let listed = listed.trim_matches(['[', ']']);
        let text_of_lines = text.replace(",\n", ", ").replace(' ', "");
        !needles.found_in(text.as_bytes()).is_empty()
            || text_of_lines.contains(&listed.replace(' ', ""))
            || text.contains(&secret()[..8].escape_ascii().to_string())
    })
}

fn secret() -> Vec<u8> {
    (0..64_u8).map(|byte| byte.wrapping_mul(37) ^ 0xc5).collect()
}

fn send_request(envelope: SealedBytes) -> SendRequest {
    let account = AccountSend {
        account: ACCOUNT,
        capability: CapabilityHash::new([3; 32]),
        send_id: SendId::new([4; 16]),
        digest: [5; 16],
        list: HEAD,
        is_partial: false,
        envelopes: vec![(DEVICE, envelope)],
    };
    SendRequest {
        from: DEVICE,
        from_account: ACCOUNT,
        message_id: MESSAGE_ID,
        lifetime: 1,
        accounts: vec![account],
        now: UnixTime::new(1),
    }
}

const DEVICE: DeviceId = DeviceId::new([1; 16]);
const ACCOUNT: AccountId = AccountId::new([2; 32]);
const MESSAGE_ID: MessageId = MessageId::new([6; 16]);
const REQUEST: frame::RequestId = frame::RequestId::new(7);
const HEAD: ListHead = ListHead {
    epoch: 1,
    hash: ListHeadHash::new([8; 16]),
};
