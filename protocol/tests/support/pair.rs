//! Two devices and the sessions between them, without conversations: messages are plain bytes.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::CryptoRng;
use twotick_protocol::wire::{DeviceId, DeviceMessage, MessageId, PrekeyBundle, UnixTime};
use twotick_protocol::{
    Account, Device, Incoming, OpenedMessage, PeerDevice, PeerTransition, Prekeys, ReceiveError, Record,
    RecordKind, SendError, SessionEvent, Staged, Transition, VerifiedBundle, VerifiedCertificate,
};

use super::{Own, Person, Records, START, commit, rng};

pub const ALICE: usize = 0;
pub const BOB: usize = 1;

/// One device, its account, and what it keeps about the other device.
pub struct End {
    pub device: Device,
    pub account: Account,
    pub prekeys: Prekeys,
    pub bundle: PrekeyBundle,
    pub one_time: Vec<twotick_protocol::wire::OneTimePrekey>,
    pub peer: PeerDevice,
}

/// A message in transit.
#[derive(Clone, Debug)]
pub struct Letter {
    pub from: DeviceId,
    pub to: DeviceId,
    pub message_id: MessageId,
    pub bytes: Vec<u8>,
    pub text: Vec<u8>,
}

pub type Opened = (Vec<u8>, Vec<SessionEvent>);
pub type StagedOpen<'a> = Staged<PeerTransition<'a>, OpenedMessage>;

pub struct Pair {
    pub ends: [End; 2],
    pub now: UnixTime,
    pub rng: ChaCha20Rng,
    next_id: u128,
}

impl Pair {
    /// Two devices that have not met.
    pub fn strangers(seed: u64) -> Self {
        let mut rng = rng(seed);
        let mut people = [Person::new(1, &mut rng), Person::new(1, &mut rng)];
        let certificates = [0, 1].map(|index| {
            let certificate = people[index].devices[0].device.certificate().clone();
            VerifiedCertificate::verify(certificate, START).unwrap()
        });
        let mut end = |index: usize| {
            let Person { account, devices, .. } = &mut people[index];
            let Own {
                device,
                prekeys,
                bundle,
                one_time,
                ..
            } = devices.remove(0);
            End {
                device,
                account: Account::decode(&account.encode()).unwrap(),
                prekeys,
                bundle,
                one_time,
                peer: PeerDevice::new(&certificates[1 - index]),
            }
        };
        let ends = [end(ALICE), end(BOB)];
        Self {
            ends,
            now: START,
            rng,
            next_id: 1,
        }
    }

    /// Alice has written, Bob has answered, Alice has read it: her turn to turn.
    pub fn new(seed: u64) -> Self {
        let mut pair = Self::strangers(seed);
        pair.initiate(ALICE);
        pair.pass_on(ALICE, b"hello");
        pair.pass_on(BOB, b"hello yourself");
        pair
    }

    /// `from` starts a session with a bundle of the other.
    pub fn initiate(&mut self, from: usize) {
        let other = &mut self.ends[1 - from];
        let one_time_prekey = if other.one_time.is_empty() {
            None
        } else {
            Some(other.one_time.remove(0))
        };
        let bundle = PrekeyBundle {
            one_time_prekey,
            ..other.bundle.clone()
        };
        let account = Account::decode(&other.account.encode()).unwrap();
        let wanted = other.device.device_id();
        let End { device, peer, .. } = &mut self.ends[from];
        let bundle = VerifiedBundle::verify(bundle, wanted, &account, device, self.now).unwrap();
        let staged = peer.initiate(device, &account, &bundle, self.now, &mut self.rng);
        commit(staged.unwrap());
    }

    /// New prekeys, as after a fortnight.
    pub fn renew_prekeys(&mut self, of: usize) {
        let End {
            device,
            prekeys,
            bundle,
            one_time,
            ..
        } = &mut self.ends[of];
        let made = commit(
            prekeys
                .generate(device, true, 4, self.now, &mut self.rng)
                .unwrap(),
        );
        bundle.signed_prekey = made.signed.unwrap();
        *one_time = made.one_time;
    }

    pub fn pass(&mut self, seconds: u64) {
        self.now = self.now.saturating_add(seconds);
    }

    pub fn fresh_id(&mut self) -> MessageId {
        self.next_id += 1;
        MessageId::new(self.next_id.to_be_bytes())
    }

    pub fn seal(&mut self, from: usize, text: &[u8]) -> Letter {
        let id = self.fresh_id();
        let mut rng = self.rng.clone();
        let letter = self.try_seal(from, (id, text), &mut rng).unwrap();
        self.rng = rng;
        letter
    }

    /// Seals `count` messages and keeps the last one only: the others are lost.
    pub fn seal_last(&mut self, from: usize, count: usize) -> Letter {
        let mut last = self.seal(from, b"first");
        for number in 1..count {
            last = self.seal(from, format!("{number}").as_bytes());
        }
        last
    }

    pub fn try_seal(
        &mut self,
        from: usize,
        (message_id, text): (MessageId, &[u8]),
        rng: &mut impl CryptoRng,
    ) -> Result<Letter, SendError> {
        let [alice, bob] = &mut self.ends;
        let (us, them) = if from == ALICE { (alice, bob) } else { (bob, alice) };
        let staged = us
            .peer
            .seal(&us.device, &them.account, (message_id, text), self.now, rng)?;
        Ok(Letter {
            from: us.device.device_id(),
            to: them.device.device_id(),
            message_id,
            bytes: commit(staged),
            text: text.to_vec(),
        })
    }

    pub fn open(&mut self, to: usize, letter: &Letter) -> Result<Opened, ReceiveError> {
        let opened = commit(self.stage_open(to, letter)?);
        Ok((opened.payload().to_vec(), opened.events))
    }

    /// Computes an opening without storing it.
    pub fn stage_open(&mut self, to: usize, letter: &Letter) -> Result<StagedOpen<'_>, ReceiveError> {
        let [alice, bob] = &mut self.ends;
        let (us, them) = if to == ALICE { (alice, bob) } else { (bob, alice) };
        let incoming = Incoming {
            from: letter.from,
            to: letter.to,
            message_id: letter.message_id,
            message: DeviceMessage::decode(&letter.bytes)?,
        };
        us.peer
            .open(&us.device, &them.account, &mut us.prekeys, &incoming, self.now)
    }

    /// Seals and opens; panics if it does not arrive. Returns what else happened.
    pub fn pass_on(&mut self, from: usize, text: &[u8]) -> Vec<SessionEvent> {
        let letter = self.seal(from, text);
        let (opened, events) = self.open(1 - from, &letter).unwrap();
        assert_eq!(opened, text);
        events
    }

    /// Both write once: both chains are new.
    pub fn turn(&mut self) {
        self.pass_on(ALICE, b"ping");
        self.pass_on(BOB, b"pong");
    }

    /// The stored record of what an end keeps about the other.
    pub fn record(&self, of: usize) -> Vec<u8> {
        self.ends[of].peer.encode().to_vec()
    }

    /// Replaces it by a stored one, as after a restart.
    pub fn restore(&mut self, of: usize, record: &[u8]) {
        self.ends[of].peer = PeerDevice::decode(record).unwrap();
    }

    pub fn restart(&mut self, of: usize) {
        let record = self.record(of);
        self.restore(of, &record);
        assert_eq!(self.record(of), record);
    }
}

/// Keys that the events say were erased.
pub fn erased(events: &[SessionEvent]) -> usize {
    let count = |event: &SessionEvent| match event {
        SessionEvent::SkippedKeysErased { count } => *count,
        _ => 0,
    };
    events.iter().map(count).sum()
}

/// Commits, and returns the record of the peer device as the store saw it.
pub fn stored_by<X: Transition, T>(staged: Staged<X, T>) -> (Vec<u8>, T) {
    let mut records = Records::default();
    let output = staged.commit(|changes| records.store(changes)).unwrap();
    let mut records = records.0.into_iter();
    let stored = records.find(|(key, _)| key.kind() == RecordKind::PeerDevice);
    (stored.unwrap().1, output)
}
