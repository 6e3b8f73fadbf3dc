//! Two devices that talk over a network which does as the input says.
//!
//! Each step is a byte for the action and the party, and what the action needs. Checked throughout: what opens is what
//! was sent, once; what fails changes no stored byte; a restart from the stored bytes changes nothing; a sound message
//! opens as long as one session is all there is. In the end both still understand each other.

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use twotick_protocol::ReceiveError;
use twotick_wire::{Envelope, MessageId, UnixTime};

use super::party::{Party, Store};
use super::people::{START, people};

/// Plays the schedule in `data`.
pub fn talk(data: &[u8]) {
    let mut talk = Talk::new();
    let mut schedule = Schedule(data);
    for _ in 0..MOST_STEPS {
        let Some(step) = schedule.next() else {
            break;
        };
        talk.step(step, &mut schedule);
    }
    talk.end_in_agreement();
}

/// So that no input takes long.
const MOST_STEPS: usize = 100;

/// All the time that may pass: a signed prekey is good for 14 days, and nobody renews it here.
const MOST_SECONDS: u64 = 10 * 24 * 3600;

/// The initial header stands here in an envelope, SPEC 11.5 and 9.2.
const INITIAL_HEADER: core::ops::Range<usize> = 54..54 + 1903;

/// The bytes of the input, in order; zero once they are used up.
struct Schedule<'a>(&'a [u8]);

impl Schedule<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn byte(&mut self) -> u8 {
        self.next().unwrap_or(0)
    }

    fn index(&mut self, length: usize) -> Option<usize> {
        let number = usize::from(u16::from_be_bytes([self.byte(), self.byte()]));
        number.checked_rem(length)
    }
}

/// An envelope on its way.
#[derive(Clone)]
struct Letter {
    to: usize,
    bytes: Vec<u8>,
    message_id: MessageId,
}

/// What is known of a message besides its envelope.
struct Text {
    content: Vec<u8>,
    opened: bool,
}

struct Talk {
    parties: [Party; 2],
    letters: Vec<Letter>,
    texts: BTreeMap<MessageId, Text>,
    sessions_started: usize,
    corrupted: bool,
    now: UnixTime,
    rng: ChaCha20Rng,
}

impl Talk {
    fn new() -> Self {
        let [alice, bob] = people();
        Self {
            parties: [Party::new(alice, bob), Party::new(bob, alice)],
            letters: Vec::new(),
            texts: BTreeMap::new(),
            sessions_started: 0,
            corrupted: false,
            now: START,
            rng: ChaCha20Rng::seed_from_u64(3),
        }
    }

    fn step(&mut self, step: u8, schedule: &mut Schedule<'_>) {
        let party = usize::from(step & 1);
        match (step >> 1) % 9 {
            0 | 1 => self.say(party, schedule.byte()),
            2 => self.with_letter(schedule, |talk, at| {
                let letter = talk.letters.remove(at);
                talk.deliver(&letter);
            }),
            3 => self.with_letter(schedule, |talk, at| drop(talk.letters.remove(at))),
            4 => self.with_letter(schedule, |talk, at| talk.letters.push(talk.letters[at].clone())),
            5 => self.corrupt(schedule),
            6 => self.parties[party].restart(),
            7 => self.pass(60 * u64::from(schedule.byte())),
            _ => self.initiate(party),
        }
    }

    fn with_letter(&mut self, schedule: &mut Schedule<'_>, act: impl FnOnce(&mut Self, usize)) {
        if let Some(at) = schedule.index(self.letters.len()) {
            act(self, at);
        }
    }

    fn pass(&mut self, seconds: u64) {
        let latest = START.saturating_add(MOST_SECONDS);
        self.now = self.now.saturating_add(seconds).min(latest);
    }

    fn initiate(&mut self, party: usize) {
        let bundle = self.parties[1 - party].take_bundle();
        self.parties[party].initiate(bundle, self.now, &mut self.rng);
        self.sessions_started += 1;
    }

    /// Says something, of a length that the byte decides; an odd one stages it first and lets the process die there.
    fn say(&mut self, party: usize, byte: u8) {
        if self.parties[party].needs_bundle(self.now) {
            self.initiate(party);
        }
        let content = vec![byte; usize::from(byte) * usize::from(byte % 8)];
        if byte % 2 == 1 {
            let before = self.parties[party].state();
            drop(self.parties[party].say(&content, self.now, &mut self.rng, Store::Dies));
            assert_eq!(
                self.parties[party].state(),
                before,
                "a message that was only staged left a trace"
            );
        }
        let sent = self.parties[party].say(&content, self.now, &mut self.rng, Store::Works);
        let sent = sent.expect("there is a session").expect("the store works");
        for (_, bytes) in sent.envelopes {
            let message_id = sent.message_id;
            self.letters.push(Letter {
                to: 1 - party,
                bytes,
                message_id,
            });
        }
        let text = Text {
            content,
            opened: false,
        };
        assert!(
            self.texts.insert(sent.message_id, text).is_none(),
            "two messages with one id"
        );
    }

    /// Delivers a sound envelope.
    fn deliver(&mut self, letter: &Letter) {
        let envelope = Envelope::decode(&letter.bytes).expect("as it was sent");
        let result = self.parties[letter.to].open(&envelope, self.now);
        let was_opened = self.texts[&letter.message_id].opened;
        match result {
            Ok(content) => self.opened(letter.message_id, &content),
            Err(ReceiveError::TooManyHandshakes) => assert!(self.corrupted),
            Err(error) => assert!(was_opened || self.sessions_started > 1, "refused: {error:?}"),
        }
    }

    fn opened(&mut self, message_id: MessageId, content: &[u8]) {
        let text = self.texts.get_mut(&message_id).expect("a message that was sent");
        assert_eq!(content, text.content);
        assert!(!text.opened, "opened twice");
        text.opened = true;
    }

    /// Delivers a copy with one byte changed. It does not open, except that the header of a session that is known
    /// already is not looked at again (R-HS-4).
    fn corrupt(&mut self, schedule: &mut Schedule<'_>) {
        let Some(at) = schedule.index(self.letters.len()) else {
            return;
        };
        let mut letter = self.letters[at].clone();
        let Some(offset) = schedule.index(letter.bytes.len()) else {
            return;
        };
        letter.bytes[offset] ^= schedule.byte().max(1);
        self.corrupted = true;
        let Ok(envelope) = Envelope::decode(&letter.bytes) else {
            return;
        };
        if let Ok(content) = self.parties[letter.to].open(&envelope, self.now) {
            assert!(
                INITIAL_HEADER.contains(&offset) && envelope.message[0] == 0x10,
                "forged at {offset}"
            );
            self.opened(letter.message_id, &content);
        }
    }

    /// Three rounds in which nothing is lost: after them each opens what the other says.
    fn end_in_agreement(&mut self) {
        self.letters.clear();
        self.sessions_started += 1;
        let hour = 3600;
        self.now = self.now.saturating_add(hour);
        for _ in 0..3 {
            for party in [0, 1] {
                self.say(party, 2);
                let letter = self.letters.remove(0);
                self.deliver(&letter);
            }
        }
        for party in [0, 1] {
            self.say(party, 2);
            let letter = self.letters.remove(0);
            self.deliver(&letter);
            assert!(
                self.texts[&letter.message_id].opened,
                "no agreement after three rounds"
            );
        }
        for party in &mut self.parties {
            party.restart();
        }
    }
}
