//! What an attached device asks for, SPEC 21.1.

use twotick_wire::{
    ClientFrame, ErrorCode, RequestId,
    frame::{
        self, Capability, ChangeCapabilities, FetchList, LinkDelivery, LinkJoin, LinkSend, Pong, ReceiptFor,
        SendReceipts, TakePrekeys,
    },
};

use super::{Action, AttachedDevice, Close, Connection, Frame, Now, Role, State, Ticket, pending::Awaits};
use crate::{
    store::{self, CapabilityChange, Fetch, Op, SessionEpoch},
    verify,
};

impl Connection {
    /// What the state allows (SPEC 22.3); anything else ends the connection (R-FRM-3).
    pub(super) fn take_frame(&mut self, frame: ClientFrame<'_>, now: Now) {
        if self.requests.is_due(frame.request())
            && !matches!(frame, ClientFrame::Ping(_) | ClientFrame::Pong(_))
        {
            return self.fail(ErrorCode::InvalidValue, Close::Undecodable);
        }
        match (&self.state, frame) {
            (_, ClientFrame::Ping(ping)) => self.queue.answer(
                Pong {
                    request: ping.request,
                }
                .encode(),
            ),
            (_, ClientFrame::Pong(_)) => {}
            (State::Greeted(_), ClientFrame::Attach(attach)) => self.attach(&attach, now),
            (State::Greeted(_) | State::Attached, ClientFrame::LinkJoin(join)) => self.link_join(join, now),
            (State::Greeted(_) | State::Attached, ClientFrame::LinkSend(send)) => self.link_send(send, now),
            (State::Attached, frame) => match self.device {
                Some(device) => self.take_request(frame, &device, now),
                None => self.fail(ErrorCode::UnexpectedFrame, Close::Undecodable),
            },
            _ => self.fail(ErrorCode::UnexpectedFrame, Close::Undecodable),
        }
    }

    fn take_request(&mut self, frame: ClientFrame<'_>, device: &AttachedDevice, now: Now) {
        match frame {
            ClientFrame::Ack(ack) => self.ack(ack, device, now),
            ClientFrame::Send(send) => self.send(&send, device, now),
            ClientFrame::Ephemeral(ephemeral) => self.ephemeral(&ephemeral, device, now),
            ClientFrame::PublishPrekeys(published) => self.publish_prekeys(&published, device, now),
            ClientFrame::TakePrekeys(take) => self.may_take_prekeys(take, device, now),
            ClientFrame::PublishList(published) => self.publish_list(&published, device, now),
            ClientFrame::FetchList(fetch) => self.fetch_list(&fetch, device, now),
            ClientFrame::ChangeCapabilities(change) => self.change_capabilities(change, device, now),
            ClientFrame::SendReceipts(receipts) => self.send_receipts(receipts, device, now),
            ClientFrame::Attach(_)
            | ClientFrame::LinkJoin(_)
            | ClientFrame::LinkSend(_)
            | ClientFrame::Ping(_)
            | ClientFrame::Pong(_) => self.fail(ErrorCode::UnexpectedFrame, Close::Undecodable),
        }
    }

    /// Asks the store, in the order of the frames (R-FRM-4).
    pub(super) fn submit(&mut self, request: RequestId, awaits: Awaits, held: usize, op: Op) -> Ticket {
        let ticket = self.requests.open(request, awaits, held);
        self.actions.push_back(Action::Submit(ticket, op));
        ticket
    }

    fn ack(&mut self, ack: frame::Ack, device: &AttachedDevice, now: Now) {
        // What was not sent cannot be committed: a client that says so would lose it (R-DLV-4).
        let is_sent = self
            .delivery
            .as_ref()
            .is_none_or(|delivery| ack.upto <= delivery.sent());
        if !is_sent {
            return self.refuse(ack.request, ErrorCode::InvalidValue, 0, now);
        }
        let op = Op::Ack(store::Ack {
            mailbox: device.device,
            account: device.account,
            session_epoch: SessionEpoch(ack.session_epoch),
            upto: ack.upto,
            lane_upto: ack.lane_upto,
            rejected: ack.rejected,
            receipts: self.within_rate(ack.receipts, device, now),
            now: now.wall,
        });
        self.submit(ack.request, Awaits::Acked { upto: ack.upto }, 0, op);
    }

    fn send_receipts(&mut self, receipts: SendReceipts, device: &AttachedDevice, now: Now) {
        let op = Op::Receipts {
            from: device.account,
            receipts: self.within_rate(receipts.receipts, device, now),
            now: now.wall,
        };
        self.submit(receipts.request, Awaits::Done, 0, op);
    }

    /// Receipts over the device's rate are dropped (SPEC 28).
    fn within_rate(
        &self,
        receipts: Vec<ReceiptFor>,
        device: &AttachedDevice,
        now: Now,
    ) -> Vec<store::ReceiptFor> {
        let limiter = &self.settings.limiter;
        let kept = receipts
            .into_iter()
            .filter(|_| limiter.receipt(device.device, now.monotonic).is_ok());
        kept.map(|receipt| store::ReceiptFor {
            account: receipt.account,
            capability: verify::capability_hash(&receipt.capability),
            receipt: receipt.receipt,
        })
        .collect()
    }

    fn may_take_prekeys(&mut self, take: TakePrekeys, device: &AttachedDevice, now: Now) {
        let fetch = fetch(take.account, &take.capability, device, now);
        self.submit(take.request, Awaits::MayTake(take), 0, Op::Reach(fetch));
    }

    fn fetch_list(&mut self, asked: &FetchList, device: &AttachedDevice, now: Now) {
        let fetch = fetch(asked.account, &asked.capability, device, now);
        self.submit(asked.request, Awaits::Lists, 0, Op::FetchList(fetch));
    }

    fn change_capabilities(&mut self, change: ChangeCapabilities, device: &AttachedDevice, now: Now) {
        let op = Op::ChangeCapabilities(CapabilityChange {
            account: device.account,
            revoked: change.revoked,
            granted: change.granted,
            now: now.wall,
        });
        self.submit(change.request, Awaits::Done, 0, op);
    }

    fn link_join(&mut self, join: LinkJoin, now: Now) {
        if self.role != Role::Socket {
            return self.refuse_link(join.request, now);
        }
        let ticket = self.requests.open(join.request, Awaits::LinkJoined, 0);
        self.actions.push_back(Action::LinkJoin {
            ticket,
            channel: join.channel,
            is_attached: self.device.is_some(),
        });
    }

    fn link_send(&mut self, send: LinkSend<'_>, now: Now) {
        if self.role != Role::Socket {
            return self.refuse_link(send.request, now);
        }
        let delivery = LinkDelivery {
            channel: send.channel,
            data: send.data,
        };
        let ticket = self.requests.open(send.request, Awaits::LinkSent, 0);
        self.actions.push_back(Action::LinkSend {
            ticket,
            channel: send.channel,
            frame: Frame(delivery.encode().into()),
        });
    }

    /// A channel ends with its connections, of which a request over HTTP is none (R-EPH-2).
    fn refuse_link(&mut self, request: RequestId, now: Now) {
        if self.role == Role::AttachOnly {
            return self.fail(ErrorCode::UnexpectedFrame, Close::Undecodable);
        }
        self.refuse(request, ErrorCode::Refused, 0, now);
    }
}

/// Who looks at an account, and with what right.
pub(super) fn fetch(
    account: twotick_wire::AccountId,
    capability: &Capability,
    device: &AttachedDevice,
    now: Now,
) -> Fetch {
    Fetch {
        account,
        by: device.account,
        capability: verify::capability_hash(capability),
        now: now.wall,
    }
}
