//! Valid inputs of each target, the same each time.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use twotick_protocol::wire::SafetyCode;
use twotick_protocol::{Content, Payload, PayloadContent, RecordKind};
use twotick_wire::{
    AccountId, AccountKey, AccountRotation, ConversationId, DeviceEntry, DeviceId, DeviceList, Envelope,
    LinkAcceptance, LinkCommitment, LinkCompletion, LinkHello, LinkNonce, LinkOffer, LinkProposal,
    LinkRequest, LinkReveal, LinkSealed, LinkStep, ListHash, ListHead, ListHeadHash, MessageId, PrekeyBundle,
    Receipt, ReceiptState, Revocation, Signature,
};

use super::party::{Party, Store};
use super::people::{Person, START, people};

type Seeds = Vec<(&'static str, Vec<u8>)>;

pub(super) fn certificate() -> Seeds {
    vec![("certificate", alice().bundle.certificate.encode().to_vec())]
}

pub(super) fn list() -> Seeds {
    let first = alice().account().list().clone();
    let mut longer = DeviceList {
        epoch: 3,
        previous: ListHash::new([3; 32]),
        ..first.clone()
    };
    let entry = longer.devices.remove(0);
    for number in 1..=3 {
        longer.devices.push(DeviceEntry {
            device_id: DeviceId::new([number; 16]),
            ..entry
        });
        longer.revoked.push(Revocation {
            device_id: DeviceId::new([16 + number; 16]),
            epoch: number.into(),
        });
    }
    vec![("first", first.encode()), ("longer", longer.encode())]
}

pub(super) fn rotation() -> Seeds {
    let rotation = AccountRotation {
        old_account_key: AccountKey::new([1; 32]),
        new_account_key: AccountKey::new([2; 32]),
        last_epoch: 1,
        last_list_hash: ListHash::new([3; 32]),
        issued: START,
        old_signature: Signature::new([4; 64]),
        new_signature: Signature::new([5; 64]),
    };
    vec![("rotation", rotation.encode().to_vec())]
}

pub(super) fn prekey() -> Seeds {
    let Person { bundle, one_time, .. } = alice();
    let full = PrekeyBundle {
        one_time_prekey: Some(one_time[0].clone()),
        ..bundle.clone()
    };
    vec![
        ("signed", bundle.signed_prekey.encode()),
        ("one_time", one_time[0].encode()),
        ("bundle", full.encode()),
        ("bundle_signed_only", bundle.encode()),
    ]
}

pub(super) fn message() -> Seeds {
    let said = Said::hear();
    let inner = |envelope: &[u8]| {
        Envelope::decode(envelope)
            .map(|it| it.message.to_vec())
            .unwrap_or_default()
    };
    vec![
        ("initial", inner(&said.initial)),
        ("ratchet", inner(&said.ratchet)),
        ("envelope_initial", said.initial),
        ("envelope_ratchet", said.ratchet),
        ("envelope_shared", said.shared),
    ]
}

pub(super) fn shared_body() -> Seeds {
    let shared = Said::hear().shared;
    let body = Envelope::decode(&shared)
        .map(|it| it.body.to_vec())
        .unwrap_or_default();
    vec![("shared_body", body)]
}

pub(super) fn receipt() -> Seeds {
    let receipt = |state| Receipt {
        state,
        message_id: MessageId::new([1; 16]),
        tag: [2; 16],
    };
    let code = SafetyCode {
        shown_by: AccountId::new([3; 32]),
        shown_to: AccountId::new([4; 32]),
    };
    vec![
        ("delivered", receipt(ReceiptState::Delivered).encode().to_vec()),
        ("read", receipt(ReceiptState::Read).encode().to_vec()),
        ("safety_code", code.encode().to_vec()),
    ]
}

pub(super) fn linking() -> Seeds {
    let ephemeral = alice().bundle.certificate.device_identity_key;
    let account_id = alice().account().account_id();
    let offer = LinkOffer {
        secret: [1; 32],
        account_id,
        expires: START,
    };
    let mut seeds = vec![
        ("offer", offer.encode().to_vec()),
        (
            "hello",
            LinkHello {
                ephemeral,
                mac: [2; 32],
            }
            .encode()
            .to_vec(),
        ),
        (
            "commitment",
            LinkCommitment { commitment: [3; 32] }.encode().to_vec(),
        ),
        ("nonce", LinkNonce { nonce: [4; 32] }.encode().to_vec()),
        (
            "reveal",
            LinkReveal {
                ephemeral,
                nonce: [5; 32],
            }
            .encode()
            .to_vec(),
        ),
        (
            "sealed",
            LinkSealed {
                step: LinkStep::Request,
                sealed: &[6; 104],
            }
            .encode(),
        ),
    ];
    seeds.extend(linking_steps());
    seeds
}

/// What the sealed messages of linking hold.
fn linking_steps() -> Seeds {
    let certificate = alice().bundle.certificate.clone();
    let request = LinkRequest {
        device_id: certificate.device_id,
        device_signing_key: certificate.device_signing_key,
        device_identity_key: certificate.device_identity_key,
        suites: 1,
        capabilities: 0,
    };
    let certificate_without_device_signature = certificate.device_signing_input();
    let proposal = LinkProposal {
        certificate_without_device_signature,
    };
    let acceptance = LinkAcceptance {
        device_signature: Signature::new([7; 64]),
    };
    let completion = LinkCompletion {
        device_list: alice().account().list().clone(),
        siblings: vec![certificate],
    };
    vec![
        ("request", request.encode().to_vec()),
        ("proposal", proposal.encode().to_vec()),
        ("acceptance", acceptance.encode().to_vec()),
        ("completion", completion.encode()),
    ]
}

pub(super) fn payload() -> Seeds {
    let head = ListHead {
        epoch: 2,
        hash: ListHeadHash::new([1; 16]),
    };
    let payload = |content| {
        Payload {
            own: head,
            peer: ListHead::NONE,
            content,
        }
        .encode()
        .to_vec()
    };
    let inline = |length| Content::Inline(vec![7; length].into());
    let conversation = ConversationId::new([2; 16]);
    let said = Said::hear();
    vec![
        ("reset", payload(PayloadContent::Reset)),
        (
            "retry",
            payload(PayloadContent::RetryRequest(vec![
                MessageId::new([3; 16]),
                MessageId::new([4; 16]),
            ])),
        ),
        (
            "ephemeral",
            payload(PayloadContent::Ephemeral {
                conversation,
                content: inline(9),
            }),
        ),
        ("sync", payload(PayloadContent::DeviceSync(inline(300)))),
        ("message", said.payloads.0),
        ("sent_copy", said.payloads.1),
    ]
}

pub(super) fn record() -> Seeds {
    let said = Said::hear();
    let stored = |kind| {
        said.bob
            .records
            .of(kind)
            .next()
            .map(|(_, value)| value.to_vec())
            .unwrap_or_default()
    };
    vec![
        ("device", alice().device.clone()),
        ("account_key", alice().key.clone()),
        ("account", alice().account.clone()),
        ("peer_device", stored(RecordKind::PeerDevice)),
        ("conversation", stored(RecordKind::Conversation)),
        ("receipt_key", stored(RecordKind::ReceiptKey)),
    ]
}

pub(super) fn prekey_record() -> Seeds {
    let stored = |kind| {
        let record = alice().records.of(kind).next();
        let (key, value) = record.expect("each device has one");
        [&[16], key.id(), value].concat()
    };
    vec![
        ("signed", stored(RecordKind::SignedPrekey)),
        ("one_time", stored(RecordKind::OneTimePrekey)),
    ]
}

/// Schedules: a few told, some drawn.
pub(super) fn talk() -> Seeds {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let mut drawn = |length| {
        let mut bytes = vec![0; length];
        rng.fill_bytes(&mut bytes);
        bytes
    };
    vec![
        ("answered", vec![0, 2, 4, 0, 0, 1, 3, 4, 0, 0, 0, 8, 4, 0, 0]),
        ("reordered", vec![0, 1, 0, 2, 0, 3, 4, 0, 2, 4, 0, 1, 4, 0, 0]),
        ("simultaneous", vec![0, 2, 1, 2, 4, 0, 1, 4, 0, 0, 0, 3, 4, 0, 0]),
        ("duplicated", vec![0, 2, 8, 0, 0, 4, 0, 0, 4, 0, 0, 12, 13]),
        (
            "corrupted",
            vec![0, 2, 10, 0, 0, 0, 90, 1, 10, 0, 0, 8, 90, 1, 4, 0, 0],
        ),
        (
            "restarted",
            vec![0, 9, 12, 4, 0, 0, 13, 1, 9, 12, 13, 4, 0, 0, 13],
        ),
        (
            "sessions",
            vec![16, 17, 16, 17, 0, 2, 1, 2, 4, 0, 1, 4, 0, 0, 16, 0, 2, 4, 0, 0],
        ),
        ("drawn_short", drawn(60)),
        ("drawn", drawn(250)),
        ("drawn_long", drawn(600)),
    ]
}

fn alice() -> &'static Person {
    let [alice, _] = people();
    alice
}

/// A short exchange: Alice's first message, Bob's answer, Alice's long one; Bob as he is then.
struct Said {
    initial: Vec<u8>,
    ratchet: Vec<u8>,
    shared: Vec<u8>,
    payloads: (Vec<u8>, Vec<u8>),
    bob: Party,
}

impl Said {
    fn hear() -> Self {
        let rng = &mut ChaCha20Rng::seed_from_u64(5);
        let [alice, bob] = people();
        let (mut alice, mut bob) = (Party::new(alice, bob), Party::new(bob, alice));
        alice.initiate(bob.take_bundle(), START, rng);
        let mut say = |from: &mut Party, to: &mut Party, text: &[u8]| {
            let sent = from
                .say(text, START, rng, Store::Works)
                .ok()
                .flatten()
                .expect("there is a session");
            let envelope = sent.envelopes.into_iter().next().expect("one device").1;
            let decoded = Envelope::decode(&envelope).expect("as it was sent");
            to.open(&decoded, START).expect("a sound message");
            (envelope, sent.copy)
        };
        let (initial, _) = say(&mut alice, &mut bob, b"first");
        let (ratchet, copy) = say(&mut bob, &mut alice, b"answer");
        let (shared, _) = say(&mut alice, &mut bob, &[7; 300]);
        let parts = copy.parts();
        Self {
            initial,
            ratchet,
            shared,
            payloads: (parts.recipient.to_vec(), parts.own.to_vec()),
            bob,
        }
    }
}
