//! One message of 4 KiB to many devices: accounts of at most 16, a shared body for each account.

use twotick_protocol::{Account, Conversation, Outgoing, PeerDevice, Sender, conversation_id, send};
use vodozemac::olm::{self, Session};

use crate::clock::{Effort, fastest, repeat};
use crate::pair::PAYLOAD;
use crate::peer::Olm;
use crate::table::{Report, Row};
use crate::world::{self, Letter, NOW, Own, Person, commit, seeded};

const CONTENT: [u8; 4096] = [0x62; 4096];

pub(crate) fn run(effort: Effort, report: &mut Report) {
    report.section("4 KiB to / vodozemac, all of it to each device");
    let mut sessions = Sessions::new();
    let mut crowd = Crowd::new();
    for count in [1, 5, 20, 100, 1_000] {
        if effort.is_smoke() && count > 20 {
            break;
        }
        crowd.grow_to(count);
        sessions.grow_to(count);
        let (ours, theirs) = (crowd.write(), sessions.write());
        let row = Row::new(format!("{count} devices, bytes"), "B", ours as f64);
        report.row(&row.beside(theirs as f64));
        let [ours, theirs] = fastest(
            effort.at_most(5),
            [repeat(1, || crowd.write()), repeat(1, || sessions.write())],
        );
        report.row(&Row::new(format!("{count} devices, time"), "us", ours).beside(theirs));
    }
}

/// Alice, and many accounts she writes to.
struct Crowd {
    alice: Person,
    accounts: Vec<Contact>,
    rng: rand_chacha::ChaCha20Rng,
}

struct Contact {
    account: Account,
    conversation: Conversation,
    peers: Vec<PeerDevice>,
}

impl Crowd {
    fn new() -> Self {
        let mut rng = seeded(30);
        Self {
            alice: Person::new(1, 0, &mut rng),
            accounts: Vec::new(),
            rng,
        }
    }

    fn grow_to(&mut self, devices: usize) {
        let mut left = devices
            - self
                .accounts
                .iter()
                .map(|contact| contact.peers.len())
                .sum::<usize>();
        while left > 0 {
            let count = left.min(16);
            self.meet(count);
            left -= count;
        }
    }

    fn meet(&mut self, count: usize) {
        let Self { alice, accounts, rng } = self;
        let Person { account, mut devices } = Person::new(count, 1, rng);
        let us = &mut alice.devices[0];
        let peers = devices.iter_mut().map(|own| {
            let mut peer = PeerDevice::new(&own.verified());
            world::initiate(&us.device, &mut peer, (&account, own.take_bundle()), rng);
            answer((us, &alice.account), (own, &account), &mut peer, rng);
            peer
        });
        let peers = peers.collect();
        let id = conversation_id(&alice.account.account_id(), &account.account_id());
        accounts.push(Contact {
            account,
            conversation: Conversation::new(id),
            peers,
        });
    }

    /// Writes to all devices; returns the bytes of all envelopes.
    fn write(&mut self) -> usize {
        let outgoing = Outgoing {
            content: &CONTENT,
            receipts: true,
            sent_at: 0,
        };
        let mut bytes = 0;
        for contact in &mut self.accounts {
            let sender = Sender {
                us: &self.alice.devices[0].device,
                own: &self.alice.account,
                recipient: &contact.account,
            };
            let peers = contact.peers.iter_mut().collect();
            let staged = send(
                &sender,
                &mut contact.conversation,
                peers,
                &outgoing,
                NOW,
                &mut self.rng,
            );
            let sent = commit(staged.expect("sessions with all devices"));
            bytes += sent.envelopes.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        }
        bytes
    }
}

/// The first message and its answer, after which the session is confirmed at both ends.
fn answer(
    (us, our_account): (&mut Own, &Account),
    (them, their_account): (&mut Own, &Account),
    peer: &mut PeerDevice,
    rng: &mut rand_chacha::ChaCha20Rng,
) {
    let message_id = twotick_protocol::wire::MessageId::new([1; 16]);
    let mut back = PeerDevice::new(&us.verified());
    let letter = |from: &Own, to: &Own, bytes| Letter {
        from: from.id(),
        to: to.id(),
        message_id,
        bytes,
    };
    let first = world::seal(&us.device, peer, (their_account, message_id, &PAYLOAD), rng);
    let first = letter(us, them, first);
    world::open(&them.device, &mut them.prekeys, (our_account, &mut back), &first).expect("honest");
    let reply = world::seal(&them.device, &mut back, (our_account, message_id, &PAYLOAD), rng);
    let reply = letter(them, us, reply);
    world::open(&us.device, &mut us.prekeys, (their_account, peer), &reply).expect("honest");
}

/// Olm sessions with as many devices.
struct Sessions(Vec<Session>);

impl Sessions {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn grow_to(&mut self, devices: usize) {
        while self.0.len() < devices {
            self.0.push(Olm::acquainted().alice);
        }
    }

    fn write(&mut self) -> usize {
        let messages = self.0.iter_mut().map(|session| session.encrypt(CONTENT));
        let sizes = messages.map(|message: Result<olm::OlmMessage, _>| match message {
            Ok(message) => message.to_parts().1.len(),
            Err(_) => unreachable!("an acquainted session"),
        });
        sizes.sum()
    }
}
