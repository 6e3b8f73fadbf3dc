//! Secrets are wiped before their memory is given back: an allocator looks into every block that is freed.
#![allow(unsafe_code, reason = "an allocator cannot be written without")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod scanner;
mod support;

use std::convert::Infallible;

use scanner::Scanner;
use scanner::learning::{Learning, learn_record};
use support::{START, rng};
use twotick_protocol::wire::{DeviceMessage, Envelope, MessageId, PrekeyBundle, UnixTime};
use twotick_protocol::{
    Account, AccountKeyPair, Change, Conversation, Device, DeviceKeys, Incoming, Limits, Outgoing,
    PeerDevice, Prekeys, Record, RecordKind, Sender, Staged, Transition, VerifiedBundle, VerifiedCertificate,
    conversation_id, receive, send,
};
use zeroize::Zeroizing;

#[global_allocator]
static ALLOCATOR: Scanner = Scanner;

/// R-STO-4, R-DR-3, attack I3: no freed block holds a private key, seed, root, chain, header, message, body or receipt
/// key, or a text. The same run happens twice: once to learn its secrets, once watched from the start.
#[test]
fn freed_memory_holds_no_secret() {
    scanner::learn(TEXT);
    scenario();
    let learned = scanner::learned();
    assert!(learned > 300, "{learned}");
    scanner::watch(true);
    scenario();
    let (found, first) = scanner::found();
    assert_eq!(found, 0, "first in a block of (bytes, at): {first:?}");
    assert_eq!(scanner::learned(), learned, "the second run has other secrets");

    let forgotten = TEXT.to_vec();
    drop(forgotten);
    scanner::watch(false);
    assert_eq!(scanner::found().0, 1, "an unwiped copy is not noticed");
}

const TEXT: &[u8] = b"a text that nobody else may read";
const DAY: u64 = 24 * 60 * 60;

/// All that a device does with secrets, from its making to its end.
fn scenario() {
    let mut rng = Learning(rng(1));
    let mut ends = [End::new(&mut rng), End::new(&mut rng)];
    let certificates = [0, 1].map(|at| ends[at].verified());
    ends[0].meet(&certificates[1]);
    ends[1].meet(&certificates[0]);

    // Five sessions, each with gaps, turns, late messages and evictions.
    for round in 0..6 {
        initiate(&mut ends, round % 2, &mut rng);
        for turn in 0..7 {
            let from = (round + turn) % 2;
            let mut late = Vec::new();
            for number in 0..9 {
                late.push(seal(&mut ends, from, number, &mut rng));
            }
            for index in [8, 3, 3, 5] {
                open(&mut ends, 1 - from, &late[index]);
            }
            restart(&mut ends[1 - from]);
        }
        commit(ends[0].peer().recover(
            MessageId::new([9; 16]),
            twotick_protocol::RecoveryCause::Undecryptable,
            START,
        ));
    }

    // Messages with receipt keys, inline and with a shared body; one is tampered with.
    for length in [1, 30] {
        for from in [0, 1] {
            let envelope = converse(&mut ends, from, &Zeroizing::new(TEXT.repeat(length)), &mut rng);
            let mut forged = envelope.clone();
            let inside = forged.len() - 40;
            forged[inside] ^= 1;
            for (envelope, opens) in [(&forged, false), (&envelope, true), (&envelope, false)] {
                take(&mut ends, 1 - from, envelope, opens);
            }
        }
    }

    // Changes of list and certificate, new prekeys, old ones and old keys erased, a rotation.
    for end in &mut ends {
        change_identity(end, &mut rng);
        let now = START.saturating_add(31 * DAY);
        commit(end.peer().expire(now));
        commit(
            end.prekeys
                .generate(&end.device, true, 200, now, &mut rng)
                .unwrap(),
        );
        let _ = commit(end.prekeys.expire(now.saturating_add(31 * DAY)));
        restart(end);
    }
}

struct End {
    key: AccountKeyPair,
    account: Account,
    device: Device,
    prekeys: Prekeys,
    bundle: PrekeyBundle,
    peer: Option<PeerDevice>,
    conversation: Option<Conversation>,
}

impl End {
    fn new(rng: &mut Learning) -> Box<Self> {
        let key = AccountKeyPair::generate(rng);
        let device = DeviceKeys::generate(rng).certify(&key, START);
        let list = key.sign_first_list(device.certificate(), START).unwrap();
        let account = Account::trust(key.account_id(), list, START).unwrap();
        let mut prekeys = Prekeys::new();
        let made = commit(prekeys.generate(&device, true, 4, START, rng).unwrap());
        let bundle = PrekeyBundle {
            certificate: device.certificate().clone(),
            signed_prekey: made.signed.unwrap(),
            one_time_prekey: made.one_time.first().cloned(),
        };
        learn_record(RecordKind::Device, &device.encode());
        learn_record(RecordKind::AccountKey, &key.encode());
        Box::new(Self {
            key,
            account,
            device,
            prekeys,
            bundle,
            peer: None,
            conversation: None,
        })
    }

    fn verified(&self) -> VerifiedCertificate {
        VerifiedCertificate::verify(self.device.certificate().clone(), START).unwrap()
    }

    fn meet(&mut self, other: &VerifiedCertificate) {
        let id = conversation_id(&self.account.account_id(), &other.account_id());
        self.conversation = Some(Conversation::new(id));
        self.peer = Some(limited(PeerDevice::new(other)));
    }

    fn peer(&mut self) -> &mut PeerDevice {
        self.peer.as_mut().unwrap()
    }
}

fn limited(peer: PeerDevice) -> PeerDevice {
    let limits = Limits {
        skipped_keys: 20,
        skipped_keys_of_peer: 40,
        ..Limits::default()
    };
    peer.with_limits(limits).unwrap()
}

fn split(ends: &mut [Box<End>; 2], from: usize) -> (&mut End, &mut End) {
    let [first, second] = ends;
    if from == 0 {
        (first, second)
    } else {
        (second, first)
    }
}

fn initiate(ends: &mut [Box<End>; 2], from: usize, rng: &mut Learning) {
    let (us, them) = split(ends, from);
    let bundle = them.bundle.clone();
    them.bundle.one_time_prekey = None;
    let bundle = VerifiedBundle::verify(bundle, them.device.device_id(), &them.account, &us.device, START);
    let peer = us.peer.as_mut().unwrap();
    commit(
        peer.initiate(&us.device, &them.account, &bundle.unwrap(), START, rng)
            .unwrap(),
    );
}

fn seal(ends: &mut [Box<End>; 2], from: usize, number: u8, rng: &mut Learning) -> (MessageId, Vec<u8>) {
    let (us, them) = split(ends, from);
    let id = MessageId::new([number; 16]);
    let peer = us.peer.as_mut().unwrap();
    let staged = peer.seal(&us.device, &them.account, (id, TEXT), START, rng);
    (id, commit(staged.unwrap()))
}

fn open(ends: &mut [Box<End>; 2], to: usize, (message_id, bytes): &(MessageId, Vec<u8>)) {
    let (us, them) = split(ends, to);
    let incoming = Incoming {
        from: them.device.device_id(),
        to: us.device.device_id(),
        message_id: *message_id,
        message: DeviceMessage::decode(bytes).unwrap(),
    };
    let peer = us.peer.as_mut().unwrap();
    let staged = peer.open(&us.device, &them.account, &mut us.prekeys, &incoming, START);
    if let Ok(staged) = staged {
        assert_eq!(commit(staged).payload(), TEXT);
    }
}

/// Sends `TEXT`, or a longer content that holds it, as a message of a conversation.
fn converse(ends: &mut [Box<End>; 2], from: usize, content: &[u8], rng: &mut Learning) -> Vec<u8> {
    let (us, them) = split(ends, from);
    let sender = Sender {
        us: &us.device,
        own: &us.account,
        recipient: &them.account,
    };
    let outgoing = Outgoing {
        content,
        receipts: true,
        sent_at: 1,
    };
    let devices = us.peer.iter_mut().collect();
    let conversation = us.conversation.as_mut().unwrap();
    let sent = commit(send(&sender, conversation, devices, &outgoing, START, rng).unwrap());
    sent.envelopes[0].1.clone()
}

fn take(ends: &mut [Box<End>; 2], to: usize, envelope: &[u8], opens: bool) {
    let (us, them) = split(ends, to);
    let staged = receive(
        &us.device,
        (&us.account, &them.account),
        us.peer.as_mut().unwrap(),
        &mut us.prekeys,
        &Envelope::decode(envelope).unwrap(),
        START,
    );
    assert_eq!(staged.is_ok(), opens);
    if let Ok(staged) = staged {
        commit(staged.in_conversation(us.conversation.as_mut().unwrap()));
    }
}

/// Everything is read back from its record.
fn restart(end: &mut End) {
    let record = end.peer().encode();
    end.peer = Some(limited(PeerDevice::decode(&record).unwrap()));
    end.device = Device::decode(&end.device.encode()).unwrap();
    end.key = AccountKeyPair::decode(&end.key.encode()).unwrap();
}

fn change_identity(end: &mut End, rng: &mut Learning) {
    let second = DeviceKeys::generate(rng).certify(&end.key, START);
    let id = second.device_id();
    let later: UnixTime = START.saturating_add(DAY);
    end.device = end.device.renew(&end.key, later);
    let add = [second.certificate(), end.device.certificate()];
    let list = end
        .key
        .sign_next_list(end.account.list(), &add, &[], later)
        .unwrap();
    commit(end.account.adopt(list, later).unwrap());
    let list = end
        .key
        .sign_next_list(end.account.list(), &[], &[id], later)
        .unwrap();
    commit(end.account.adopt(list, later).unwrap());
    let next = AccountKeyPair::generate(rng);
    end.key.rotate(&next, end.account.list(), later).unwrap();
    end.device = end.device.renew(&next, later);
}

/// Commits, and learns the secrets that the store is given.
fn commit<X: Transition, T>(staged: Staged<X, T>) -> T {
    let store = |changes: &twotick_protocol::Changes<'_>| {
        changes.for_each(|change| {
            if let Change::Put { key, value } = change {
                learn_record(key.kind(), &value.encode());
            }
        });
        Ok::<(), Infallible>(())
    };
    staged.commit(store).unwrap()
}
