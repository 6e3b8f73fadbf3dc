//! Attaching, SPEC 22.1.

use std::time::Duration;

use twotick_wire::{
    ErrorCode, RequestId, StoreEpoch,
    frame::{Attach, Hello},
};

use super::{
    AttachedDevice, Close, Connection, Delivery, Now, Opening, Role, State, Window, delivery::Start,
    pending::Awaits,
};
use crate::{
    connection::Nonce,
    limits::Unattached,
    store::{Attached, Attachment, Op, SessionEpoch},
    verify::{self, VerifiedCertificate},
};

/// A connection before its Attach.
#[derive(Debug)]
pub(super) struct Greeting {
    nonce: Nonce,
    nonce_drawn: Duration,
    unattached: Unattached,
    deadline: Duration,
}

/// An Attach that the store looks at.
#[derive(Debug)]
pub(super) struct Attaching {
    certificate: VerifiedCertificate,
    store_epoch: StoreEpoch,
    cursor: u64,
    lane_cursor: u64,
    window: Window,
    receives: bool,
    /// True if a new mailbox was taken from the budget of the address.
    may_create: bool,
    unattached: Unattached,
}

impl Greeting {
    pub(super) fn new(opening: Opening, deadline: Duration) -> Self {
        Self {
            nonce: opening.nonce,
            nonce_drawn: opening.nonce_drawn,
            unattached: opening.unattached,
            deadline,
        }
    }

    /// Until when the connection may stay without an Attach.
    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// A device that links has no account to attach with yet: it stays as long as its channel (R-EPH-2).
    pub(super) fn stay_until(&mut self, deadline: Duration) {
        self.deadline = self.deadline.max(deadline);
    }
}

impl Connection {
    /// R-ATT-2, up to where the store is needed. What all devices do together is limited before anything is verified.
    pub(super) fn attach(&mut self, attach: &Attach<'_>, now: Now) {
        let State::Greeted(greeting) = std::mem::replace(&mut self.state, State::Checking) else {
            return;
        };
        let limiter = std::sync::Arc::clone(&self.settings.limiter);
        let request = attach.request;
        if let Err(limited) = limiter.attach_any(now.monotonic) {
            return self.refuse_attach(request, ErrorCode::RateLimited, limited.retry_after);
        }
        let Some(certificate) = self.proven(attach, &greeting, now) else {
            return self.refuse_attach(request, ErrorCode::AttachRefused, 0);
        };
        if let Err(limited) = limiter.attach(certificate.device(), now.monotonic) {
            return self.refuse_attach(request, ErrorCode::RateLimited, limited.retry_after);
        }
        let may_create = limiter
            .new_mailbox(greeting.unattached.address(), now.monotonic)
            .is_ok();
        let attachment = Attachment {
            device: certificate.device(),
            account: certificate.account(),
            certificate_hash: certificate.hash(),
            receives: !attach.is_send_only,
            may_create,
            now: now.wall,
        };
        let attaching = Attaching {
            certificate,
            store_epoch: attach.store_epoch,
            cursor: attach.cursor,
            lane_cursor: attach.lane_cursor,
            window: Window {
                envelopes: attach.window_envelopes.into(),
                bytes: usize::try_from(attach.window_bytes).unwrap_or(usize::MAX),
            },
            receives: !attach.is_send_only,
            may_create,
            unattached: greeting.unattached,
        };
        let awaits = Awaits::Attached(Box::new(attaching));
        self.submit(request, awaits, 0, Op::Attach(attachment));
    }

    /// The certificate, if nonce, certificate and signature are good. Why not is told to nobody.
    fn proven(&self, attach: &Attach<'_>, greeting: &Greeting, now: Now) -> Option<VerifiedCertificate> {
        let age = now.monotonic.saturating_sub(greeting.nonce_drawn);
        if attach.nonce != greeting.nonce.0 || age > NONCE_LIFETIME {
            return None;
        }
        let certificate = VerifiedCertificate::verify(&attach.certificate, now.wall).ok()?;
        let is_signed = verify::attach_is_signed(attach, self.settings.name.as_bytes(), &certificate);
        (is_signed && !certificate.device().is_zero()).then_some(certificate)
    }

    /// The store took the Attach: Hello, then delivery (R-ATT-4, R-ATT-5).
    pub(super) fn attached_as(
        &mut self,
        request: RequestId,
        attaching: Attaching,
        attached: &Attached,
        now: Now,
    ) {
        if attaching.may_create && !attached.is_new {
            self.settings
                .limiter
                .keep_new_mailbox(attaching.unattached.address());
        }
        let certificate = &attaching.certificate;
        let device = AttachedDevice {
            device: certificate.device(),
            account: certificate.account(),
            certificate_hash: certificate.hash(),
            signing_key: certificate.signing_key(),
            session_epoch: attached.session_epoch,
            acked: attached.acked,
            window: attaching.window,
        };
        self.device = Some(device);
        self.state = State::Attached;
        let hello = self.hello(request, attached, now);
        if self.role == Role::AttachOnly {
            self.queue.answer(hello.encode());
            self.queue.flush(now.monotonic, &mut self.actions);
            return self.close(Close::Finished);
        }
        self.subscribe(&device, attaching.receives);
        self.queue.answer(hello.encode());
        if attaching.receives {
            let start = attaching.start(self.settings.store.epoch, attached);
            self.delivery = Some(Delivery::new(device.device, device.window, start, false));
        }
    }

    /// The store did not take it: the new mailbox was not made.
    pub(super) fn not_attached(&mut self, request: RequestId, attaching: &Attaching, code: ErrorCode) {
        if attaching.may_create {
            self.settings
                .limiter
                .keep_new_mailbox(attaching.unattached.address());
        }
        let retry_after = match code {
            ErrorCode::RateLimited => {
                let interval = self.settings.limiter.limits().new_mailboxes.interval;
                u32::try_from(interval.as_millis()).unwrap_or(u32::MAX)
            }
            ErrorCode::StoreUnavailable => super::answer::STORE_RETRY,
            _ => 0,
        };
        self.refuse_attach(request, code, retry_after);
    }

    fn refuse_attach(&mut self, request: RequestId, code: ErrorCode, retry_after: u32) {
        let why = match code {
            ErrorCode::RateLimited => Close::TooMany,
            ErrorCode::StoreUnavailable => Close::GoingAway,
            _ => Close::AttachRefused,
        };
        self.fail_later(request, code, retry_after, why);
    }

    fn hello(&self, request: RequestId, attached: &Attached, now: Now) -> Hello {
        let SessionEpoch(session_epoch) = attached.session_epoch;
        Hello {
            request,
            store_epoch: self.settings.store.epoch,
            session_epoch,
            acked: attached.acked,
            next: attached.next,
            backlog_envelopes: attached.backlog_envelopes,
            backlog_bytes: attached.backlog_bytes,
            refused: attached.refused,
            prekeys: attached.prekeys,
            list: attached.list,
            heartbeat: self.liveness.heartbeat(),
            now: now.wall,
            durability: self.settings.store.durability,
        }
    }
}

impl Attaching {
    /// R-ATT-5: a cursor counts only in the past that it was made in.
    fn start(&self, store_epoch: StoreEpoch, attached: &Attached) -> Start {
        let is_present = self.store_epoch == store_epoch;
        let is_good = is_present && self.cursor < attached.next;
        Start {
            cursor: if is_good {
                attached.acked.max(self.cursor)
            } else {
                attached.acked
            },
            lane_cursor: if is_present { self.lane_cursor } else { 0 },
        }
    }
}

/// How old a nonce may be (R-ATT-2). Longer: answers can be kept; shorter: slow phones fail.
const NONCE_LIFETIME: Duration = Duration::from_secs(60);
