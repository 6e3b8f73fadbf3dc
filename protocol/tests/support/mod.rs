//! A small world for tests: accounts with devices, sessions, time that is only ever told, one seeded generator.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    reason = "a module of each test file"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support"
)]

pub mod tamper;

pub mod draws;
pub mod forge;
pub mod pair;
pub mod record;

use std::collections::BTreeMap;
use std::convert::Infallible;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{CryptoRng, SeedableRng};
use twotick_protocol::wire::{DeviceId, Envelope, MessageId, PrekeyBundle, UnixTime};
use twotick_protocol::{
    Account, AccountKeyPair, Change, Changes, Conversation, Device, DeviceKeys, HandshakeStrength,
    HistoryReport, Outgoing, PeerDevice, Prekeys, ReceiveError, Received, ReceivedContent, RecordKey,
    RecordKind, SendError, Sender, Sent, SessionEvent, Staged, Transition, VerifiedBundle,
    VerifiedCertificate, conversation_id, receive, send,
};

/// The time at which every world starts.
pub const START: UnixTime = UnixTime::new(1_800_000_000);

/// A generator with a seed.
pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Commits without a store.
pub fn commit<X: Transition, T>(staged: Staged<X, T>) -> T {
    staged.commit(|_| Ok::<(), Infallible>(())).unwrap()
}

/// Commits into a store.
pub fn commit_to<X: Transition, T>(records: &mut Records, staged: Staged<X, T>) -> T {
    staged.commit(|changes| records.store(changes)).unwrap()
}

/// What a database would hold: the last value of each record.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Records(pub BTreeMap<RecordKey, Vec<u8>>);

impl Records {
    /// Applies a batch, as a transaction would.
    pub fn store(&mut self, changes: &Changes<'_>) -> Result<(), Infallible> {
        changes.for_each(|change| match change {
            Change::Put { key, value } => drop(self.0.insert(key, value.encode().to_vec())),
            Change::Delete { key } => drop(self.0.remove(&key)),
        });
        Ok(())
    }
}

/// An account: its key, its list, its devices.
pub struct Person {
    pub key: AccountKeyPair,
    pub account: Account,
    pub devices: Vec<Own>,
}

/// A device with its state.
pub struct Own {
    pub device: Device,
    pub prekeys: Prekeys,
    pub bundle: PrekeyBundle,
    pub one_time: Vec<twotick_protocol::wire::OneTimePrekey>,
    pub peers: BTreeMap<DeviceId, PeerDevice>,
    pub conversations: BTreeMap<twotick_protocol::wire::ConversationId, Conversation>,
    /// All that was committed.
    pub records: Records,
}

impl Person {
    /// An account with `count` devices, each with a signed prekey and four one-time prekeys.
    pub fn new(count: usize, rng: &mut impl CryptoRng) -> Self {
        let key = AccountKeyPair::generate(rng);
        let devices: Vec<Own> = (0..count)
            .map(|_| Own::new(DeviceKeys::generate(rng).certify(&key, START), rng))
            .collect();
        let first = key
            .sign_first_list(devices[0].device.certificate(), START)
            .unwrap();
        let mut account = Account::trust(key.account_id(), first, START).unwrap();
        if count > 1 {
            let others: Vec<_> = devices[1..].iter().map(|own| own.device.certificate()).collect();
            let list = key.sign_next_list(account.list(), &others, &[], START).unwrap();
            commit(account.adopt(list, START).unwrap());
        }
        Self {
            key,
            account,
            devices,
        }
    }
}

impl Own {
    pub fn new(device: Device, rng: &mut impl CryptoRng) -> Self {
        let mut prekeys = Prekeys::new();
        let mut records = Records::default();
        let made = prekeys.generate(&device, true, 4, START, rng).unwrap();
        let published = commit_to(&mut records, made);
        let bundle = PrekeyBundle {
            certificate: device.certificate().clone(),
            signed_prekey: published.signed.unwrap(),
            one_time_prekey: published.one_time.first().cloned(),
        };
        Self {
            device,
            prekeys,
            bundle,
            one_time: published.one_time,
            peers: BTreeMap::new(),
            conversations: BTreeMap::new(),
            records,
        }
    }

    /// Ends the process and starts it again: all that is left is what was committed.
    pub fn restart(&mut self) {
        self.prekeys = Prekeys::new();
        self.peers.clear();
        self.conversations.clear();
        for (key, value) in &self.records.0 {
            match key.kind() {
                RecordKind::SignedPrekey | RecordKind::OneTimePrekey | RecordKind::ReplayEntry => {
                    self.prekeys.load(key, value).unwrap()
                }
                RecordKind::PeerDevice => {
                    let peer = PeerDevice::decode(value).unwrap();
                    assert_eq!(&*twotick_protocol::Record::encode(&peer), value);
                    self.peers.insert(peer.device_id(), peer);
                }
                RecordKind::Conversation => {
                    let conversation = Conversation::decode(value).unwrap();
                    self.conversations.insert(*conversation.id(), conversation);
                }
                _ => {}
            }
        }
    }

    /// Every stored byte of the peer devices.
    pub fn snapshot(&self) -> Vec<Vec<u8>> {
        let encode = |peer: &PeerDevice| twotick_protocol::Record::encode(peer).to_vec();
        self.peers.values().map(encode).collect()
    }

    pub fn id(&self) -> DeviceId {
        self.device.device_id()
    }

    /// A bundle as the relay would hand it out: each one-time prekey once, then none.
    pub fn take_bundle(&mut self) -> PrekeyBundle {
        let one_time_prekey = if self.one_time.is_empty() {
            None
        } else {
            Some(self.one_time.remove(0))
        };
        PrekeyBundle {
            one_time_prekey,
            ..self.bundle.clone()
        }
    }
}

/// A person's device: index of the person, index of the device.
pub type At = (usize, usize);

/// Everybody, the time, and the generator.
pub struct World<R = ChaCha20Rng> {
    pub people: Vec<Person>,
    pub now: UnixTime,
    pub rng: R,
}

/// What a device got: the message, and what the history says.
pub type Got = (Received, Option<HistoryReport>);

impl World {
    /// One person for each entry, with that many devices.
    pub fn new(seed: u64, devices: &[usize]) -> Self {
        Self::with_rng(rng(seed), devices)
    }
}

impl<R: CryptoRng> World<R> {
    pub fn with_rng(mut rng: R, devices: &[usize]) -> Self {
        let people = devices
            .iter()
            .map(|count| Person::new(*count, &mut rng))
            .collect();
        Self {
            people,
            now: START,
            rng,
        }
    }

    pub fn pass(&mut self, seconds: u64) {
        self.now = self.now.saturating_add(seconds);
    }

    pub fn own(&mut self, at: At) -> &mut Own {
        &mut self.people[at.0].devices[at.1]
    }

    pub fn id(&self, at: At) -> DeviceId {
        self.people[at.0].devices[at.1].id()
    }

    pub fn peer(&mut self, at: At, of: At) -> &mut PeerDevice {
        let id = self.id(of);
        self.own(at).peers.get_mut(&id).unwrap()
    }

    /// `from` fetches a bundle of `to` and starts a session.
    pub fn initiate(&mut self, from: At, to: At) {
        let bundle = self.own(to).take_bundle();
        self.initiate_with(from, to, bundle);
    }

    pub fn initiate_with(
        &mut self,
        from: At,
        to: At,
        bundle: PrekeyBundle,
    ) -> (HandshakeStrength, Vec<SessionEvent>) {
        let (now, to_id) = (self.now, self.id(to));
        let account = Account::decode(&twotick_protocol::Record::encode(&self.people[to.0].account)).unwrap();
        let own = &mut self.people[from.0].devices[from.1];
        let bundle = VerifiedBundle::verify(bundle, to_id, &account, &own.device, now).unwrap();
        let peer = own
            .peers
            .entry(to_id)
            .or_insert_with(|| PeerDevice::new(bundle.certificate()));
        let staged = peer
            .initiate(&own.device, &account, &bundle, now, &mut self.rng)
            .unwrap();
        commit_to(&mut own.records, staged)
    }

    /// Sends text from a device to a person, starting sessions where there are none.
    pub fn say(&mut self, from: At, to: usize, text: &str) -> Sent {
        self.connect(from, to);
        self.try_say(from, to, text.as_bytes()).unwrap()
    }

    /// Starts the missing sessions from a device to a person's devices and its own others.
    pub fn connect(&mut self, from: At, to: usize) {
        for person in [to, from.0] {
            for device in 0..self.people[person].devices.len() {
                let at = (person, device);
                let (id, now) = (self.id(at), self.now);
                let ready = self.own(from).peers.get(&id).is_some_and(|peer| {
                    matches!(
                        peer.status(now),
                        twotick_protocol::SessionStatus::Ready | twotick_protocol::SessionStatus::Unanswered
                    )
                });
                if at != from && !ready && self.people[person].account.entry_hash(&id).is_some() {
                    self.initiate(from, at);
                }
            }
        }
    }

    pub fn try_say(&mut self, from: At, to: usize, content: &[u8]) -> Result<Sent, SendError> {
        let ids: Vec<DeviceId> = {
            let own = &self.people[from.0].account;
            let ours = self.id(from);
            let listed = self.people[to].account.device_ids().chain(own.device_ids());
            listed.filter(|id| *id != ours).collect()
        };
        let conversation = conversation_id(
            &self.people[from.0].key.account_id(),
            &self.people[to].key.account_id(),
        );
        let (recipient, own_account) = {
            let copy = |person: &Person| {
                Account::decode(&twotick_protocol::Record::encode(&person.account)).unwrap()
            };
            (copy(&self.people[to]), copy(&self.people[from.0]))
        };
        let own = &mut self.people[from.0].devices[from.1];
        let sender = Sender {
            us: &own.device,
            own: &own_account,
            recipient: &recipient,
        };
        let devices = own
            .peers
            .values_mut()
            .filter(|peer| ids.contains(&peer.device_id()))
            .collect();
        let conversation = own
            .conversations
            .entry(conversation)
            .or_insert_with(|| Conversation::new(conversation));
        let outgoing = Outgoing {
            content,
            receipts: true,
            sent_at: 1_800_000_000_000,
        };
        let staged = send(&sender, conversation, devices, &outgoing, self.now, &mut self.rng)?;
        Ok(commit_to(&mut own.records, staged))
    }

    /// Delivers an envelope to a device; the sender is found by the device id in it.
    pub fn deliver(&mut self, to: At, envelope: &[u8]) -> Result<Got, ReceiveError> {
        let envelope = Envelope::decode(envelope).unwrap();
        let sender = self.person_of(envelope.from);
        let copy =
            |person: &Person| Account::decode(&twotick_protocol::Record::encode(&person.account)).unwrap();
        let (own_account, account) = (copy(&self.people[to.0]), copy(&self.people[sender]));
        if !self.own(to).peers.contains_key(&envelope.from) {
            let peer = PeerDevice::new(&self.certificate_of(envelope.from));
            self.own(to).peers.insert(envelope.from, peer);
        }
        let now = self.now;
        let own = &mut self.people[to.0].devices[to.1];
        let peer = own.peers.get_mut(&envelope.from).unwrap();
        let staged = receive(
            &own.device,
            (&own_account, &account),
            peer,
            &mut own.prekeys,
            &envelope,
            now,
        )?;
        match staged.conversation() {
            None => Ok((commit_to(&mut own.records, staged), None)),
            Some(id) => {
                let conversation = own
                    .conversations
                    .entry(id)
                    .or_insert_with(|| Conversation::new(id));
                Ok(commit_to(&mut own.records, staged.in_conversation(conversation)))
            }
        }
    }

    /// Delivers a sent message to every device it is for and returns what each got.
    pub fn deliver_all(&mut self, sent: &Sent) -> Vec<Result<Got, ReceiveError>> {
        let envelopes = sent.envelopes.clone();
        envelopes
            .iter()
            .map(|(to, bytes)| self.deliver(self.at(*to), bytes))
            .collect()
    }

    /// Sends and delivers everywhere; panics if a device does not get it.
    pub fn talk(&mut self, from: At, to: usize, text: &str) {
        let sent = self.say(from, to, text);
        for got in self.deliver_all(&sent) {
            assert_eq!(got_text(&got.unwrap().0), text);
        }
    }

    pub fn at(&self, id: DeviceId) -> At {
        let person = self.person_of(id);
        (
            person,
            self.people[person]
                .devices
                .iter()
                .position(|own| own.id() == id)
                .unwrap(),
        )
    }

    pub fn person_of(&self, id: DeviceId) -> usize {
        self.people
            .iter()
            .position(|person| person.devices.iter().any(|own| own.id() == id))
            .unwrap()
    }

    fn certificate_of(&self, id: DeviceId) -> VerifiedCertificate {
        let at = self.at(id);
        let certificate = self.people[at.0].devices[at.1].device.certificate().clone();
        VerifiedCertificate::verify(certificate, self.now).unwrap()
    }
}

/// The envelope of a sent message for one device.
pub fn envelope_for(sent: &Sent, to: DeviceId) -> Vec<u8> {
    sent.envelopes.iter().find(|(id, _)| *id == to).unwrap().1.clone()
}

/// The text of a received message or sent copy.
pub fn got_text(received: &Received) -> String {
    match &received.content {
        ReceivedContent::Message(message) | ReceivedContent::SentCopy { message, .. } => {
            String::from_utf8(message.content.to_vec()).unwrap()
        }
        other => panic!("not a message: {other:?}"),
    }
}

/// A message id for tests.
pub fn message_id(n: u8) -> MessageId {
    MessageId::new([n; 16])
}
