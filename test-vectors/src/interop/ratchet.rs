//! What a ratchet must do, without its keys: which message of which chain opens, and which does not.

use std::collections::BTreeSet;

/// SPEC 10.5: finished chains that hold keys.
const FINISHED: usize = 4;

/// The place of a message among those of its sender in its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    chain: u32,
    previous: u32,
    number: u32,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It opens; `late` after one that was sealed later, `skipping` if one before it has not come.
    Opens { late: bool, skipping: bool },
    /// Its header opens, its key is used up.
    Consumed,
    /// No header key opens it.
    Unopenable,
}

#[derive(Debug, Clone, Default)]
struct Receiving {
    chain: u32,
    next: u32,
    skipped: BTreeSet<u32>,
}

/// One end of a session.
#[derive(Debug, Clone, Default)]
pub(super) struct Ratchet {
    turns: u32,
    sending: Option<u32>,
    previous: u32,
    receiving: Option<Receiving>,
    finished: Vec<(u32, BTreeSet<u32>)>,
}

impl Ratchet {
    pub(super) fn seal(&mut self) -> Position {
        let number = match self.sending {
            Some(number) => number,
            None => {
                self.turns += 1;
                0
            }
        };
        self.sending = Some(number + 1);
        Position {
            chain: self.turns,
            previous: self.previous,
            number,
        }
    }

    pub(super) fn judge(&self, position: Position) -> Verdict {
        self.clone().open(position)
    }

    /// Opens a message. Only one that opens changes anything.
    pub(super) fn open(&mut self, position: Position) -> Verdict {
        let current = self.receiving.as_ref().map_or(0, |receiving| receiving.chain);
        if position.chain < current {
            return self.open_finished(position);
        }
        if position.chain > current {
            self.turn(position);
        }
        let Some(receiving) = &mut self.receiving else {
            return Verdict::Unopenable;
        };
        if position.number < receiving.next {
            return if receiving.skipped.remove(&position.number) {
                late()
            } else {
                Verdict::Consumed
            };
        }
        let skipping = position.number > receiving.next;
        receiving.skipped.extend(receiving.next..position.number);
        receiving.next = position.number + 1;
        Verdict::Opens {
            late: false,
            skipping,
        }
    }

    fn open_finished(&mut self, position: Position) -> Verdict {
        let mut chains = self.finished.iter_mut();
        let Some((_, numbers)) = chains.find(|(chain, _)| *chain == position.chain) else {
            return Verdict::Unopenable;
        };
        if !numbers.remove(&position.number) {
            return Verdict::Consumed;
        }
        self.finished.retain(|(_, numbers)| !numbers.is_empty());
        late()
    }

    fn turn(&mut self, position: Position) {
        if let Some(mut old) = self.receiving.take() {
            old.skipped.extend(old.next..position.previous);
            if !old.skipped.is_empty() {
                self.finished.insert(0, (old.chain, old.skipped));
                self.finished.truncate(FINISHED);
            }
        }
        if let Some(sent) = self.sending.take() {
            self.previous = sent;
        }
        self.receiving = Some(Receiving {
            chain: position.chain,
            ..Receiving::default()
        });
    }
}

fn late() -> Verdict {
    Verdict::Opens {
        late: true,
        skipping: false,
    }
}
