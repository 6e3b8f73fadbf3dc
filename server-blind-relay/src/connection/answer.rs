//! Answers: of the store and the hub to a ticket, of the connection to its client.

use twotick_wire::{
    ErrorCode, RequestId,
    frame::{Done, Error, PrekeysPublished},
};

use super::{
    Action, Close, Connection, Now, State, Ticket,
    pending::{Awaits, Pending},
};
use crate::{
    hub::{LINK_LIFETIME, LinkRefused},
    limits::nanoseconds,
    store::{Answer, StoreError},
};

impl Connection {
    /// The store answered a [`Action::Submit`].
    pub fn on_answer(&mut self, ticket: Ticket, answer: Result<Answer, StoreError>, now: Now) {
        if let Some(pending) = self.requests.close(ticket) {
            self.answer(pending, answer, now);
        }
        self.settle(now);
    }

    /// The hub answered [`Action::LinkJoin`] or [`Action::LinkSend`].
    pub fn on_linked(&mut self, ticket: Ticket, result: Result<(), LinkRefused>, now: Now) {
        if let Some(pending) = self.requests.close(ticket) {
            match result {
                Ok(()) => {
                    if let (State::Greeted(greeting), Awaits::LinkJoined) = (&mut self.state, pending.awaits)
                    {
                        greeting.stay_until(now.monotonic.saturating_add(LINK_LIFETIME));
                    }
                    self.done(pending.request);
                }
                Err(LinkRefused) => self.refuse(pending.request, ErrorCode::Refused, 0, now),
            }
        }
        self.settle(now);
    }

    fn answer(&mut self, pending: Pending, answer: Result<Answer, StoreError>, now: Now) {
        let request = pending.request;
        match (pending.awaits, answer) {
            (Awaits::Attached(attaching), Ok(Answer::Attached(attached))) => {
                self.attached_as(request, *attaching, &attached, now);
            }
            (Awaits::Attached(attaching), Ok(Answer::Refused(code))) => {
                self.not_attached(request, &attaching, code);
            }
            (Awaits::Attached(attaching), _) => {
                self.not_attached(request, &attaching, ErrorCode::StoreUnavailable);
            }
            (Awaits::Sent(slots), Ok(Answer::Sent(outcomes))) => {
                self.sent(request, &slots, Ok(outcomes), now);
            }
            (Awaits::Sent(slots), Err(error)) => self.sent(request, &slots, Err(error), now),
            (Awaits::Acked { upto }, Ok(Answer::Done)) => self.acked(request, upto),
            (Awaits::Acked { .. }, Ok(Answer::Refused(ErrorCode::StaleSession))) => {
                self.fail_later(request, ErrorCode::StaleSession, 0, Close::Fenced);
            }
            (Awaits::Done, Ok(Answer::Done)) => self.done(request),
            (Awaits::PrekeysPublished, Ok(Answer::Prekeys { available })) => {
                self.queue
                    .answer(PrekeysPublished { request, available }.encode());
            }
            (Awaits::MayTake(take), Ok(Answer::Devices(listed))) => {
                if let Some(device) = self.device {
                    self.take_prekeys(&take, &listed, &device, now);
                }
            }
            (Awaits::Bundles, Ok(Answer::Bundles { list, bundles })) => {
                self.bundles(request, &list, &bundles)
            }
            (Awaits::Lists, Ok(Answer::Lists { list, certificates })) => {
                self.lists(request, &list, &certificates);
            }
            (Awaits::Reach(frames), Ok(Answer::Devices(listed))) => {
                if let Some(device) = self.device {
                    let reached = frames.into_iter().filter(|(to, _)| listed.contains(to));
                    self.actions.extend(reached.map(|(to, frame)| Action::Ephemeral {
                        to,
                        from: device.device,
                        frame,
                    }));
                }
                self.done(request);
            }
            (_, Ok(Answer::Refused(code))) => self.refuse(request, code, 0, now),
            // An error, or an answer to another question: nothing is promised.
            (_, Ok(_) | Err(_)) => self.put_error(request, ErrorCode::StoreUnavailable, STORE_RETRY),
        }
    }

    fn acked(&mut self, request: RequestId, upto: u64) {
        match (&mut self.delivery, &self.device) {
            (Some(delivery), _) => delivery.acked(upto),
            (None, Some(device)) => self.actions.push_back(Action::Acked {
                mailbox: device.device,
                upto,
            }),
            (None, None) => {}
        }
        self.done(request);
    }

    pub(super) fn done(&mut self, request: RequestId) {
        self.queue.answer(Done { request }.encode());
    }

    /// Answers with Error, which counts: beyond the budget the connection ends (SPEC 28).
    pub(super) fn refuse(&mut self, request: RequestId, code: ErrorCode, retry_after: u32, now: Now) {
        self.put_error(request, code, retry_after);
        self.count_refusal(now);
    }

    pub(super) fn count_refusal(&mut self, now: Now) {
        let rate = self.settings.limiter.limits().refusals;
        match rate.take(self.refusals, 1, nanoseconds(now.monotonic)) {
            Ok(full_at) => self.refusals = full_at,
            Err(limited) => self.fail_later(
                RequestId::UNASKED,
                ErrorCode::RateLimited,
                limited.retry_after,
                Close::TooMany,
            ),
        }
    }

    fn put_error(&mut self, request: RequestId, code: ErrorCode, retry_after: u32) {
        let error = Error {
            request,
            code: code.number(),
            retry_after,
        };
        self.queue.answer(error.encode());
    }
}

/// Milliseconds after which a store that could not write is asked again. Longer: sends stall; shorter: they pile up.
pub(super) const STORE_RETRY: u32 = 1_000;
