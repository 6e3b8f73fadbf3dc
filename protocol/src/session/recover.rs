//! Healing within limits (SPEC 12.4).

use twotick_wire::{MessageId, UnixTime};

use super::book::Book;
use super::{PeerChange, PeerDevice, PeerTransition};
use crate::error::SendError;
use crate::limits::constants::{RESENDS_REMEMBERED, RESET_INTERVAL, RETRIES_REMEMBERED};
use crate::staged::Staged;

/// Why a message needs healing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryCause {
    /// It did not open.
    Undecryptable,
    /// It began a session of an older generation: the peer lost its state, or someone holds a copy of it.
    StaleGeneration,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Fetch a bundle, initiate, and send a reset.
    Reset,
    /// Send a retry request in the current session.
    Retry,
    /// Wait: the limits are reached, or this was asked for already.
    Nothing,
}

impl PeerDevice {
    /// Decides what to do about a message that did not open, and counts it (R-SES-9).
    pub fn recover(
        &mut self,
        message_id: MessageId,
        cause: RecoveryCause,
        now: UnixTime,
    ) -> Staged<PeerTransition<'_>, Recovery> {
        let mut book = self.book.clone();
        let over = cause == RecoveryCause::StaleGeneration || self.current().is_none() || book.retry_open;
        let reset_due = book
            .last_reset
            .is_none_or(|last| last > now || now.saturating_since(last) >= RESET_INTERVAL);
        let recovery = if over && reset_due {
            book.last_reset = Some(now);
            Recovery::Reset
        } else if self.current().is_some() && !book.asked.contains(&message_id) && book.retries.take(now) {
            Book::remember(&mut book.asked, message_id, RETRIES_REMEMBERED);
            book.retry_open = true;
            Recovery::Retry
        } else {
            Recovery::Nothing
        };
        let book = if recovery == Recovery::Nothing {
            self.book.clone()
        } else {
            book
        };
        self.stage_book(book, recovery)
    }

    /// The counters after one resend of a message that this device asked for (R-SES-10). Error: `LimitReached`.
    pub(crate) fn book_with_resend(&self, message_id: MessageId) -> Result<Book, SendError> {
        if self.book.resent.contains(&message_id) {
            return Err(SendError::LimitReached);
        }
        let mut book = self.book.clone();
        Book::remember(&mut book.resent, message_id, RESENDS_REMEMBERED);
        Ok(book)
    }

    fn stage_book<T>(&mut self, book: Book, output: T) -> Staged<PeerTransition<'_>, T> {
        let change = PeerChange {
            book: Some(book),
            ..PeerChange::none()
        };
        Staged {
            transition: PeerTransition {
                peer: self,
                change,
                prekeys: None,
            },
            output,
        }
    }
}
