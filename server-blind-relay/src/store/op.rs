//! What can be done to a store, and what it answers. Everything is checked for form and signature before it gets here.

use bytes::Bytes;
use twotick_wire::{
    AccountId, CapabilityHash, CertificateHash, DeviceId, DeviceList, ErrorCode, Grant, ListHead, MessageId,
    OneTimePrekeyId, Receipt, SendId, UnixTime,
};

use super::SealedBytes;

/// A change, or a look that needs a right. Each holds `now`: a store reads no clock.
#[derive(Clone, Debug)]
pub enum Op {
    /// A device attaches (SPEC 22.1). Answer: [`Answer::Attached`], or refused with `AttachRefused` or `RateLimited`.
    Attach(Attachment),
    /// Envelopes for accounts (SPEC 23). Answer: [`Answer::Sent`], one outcome per account.
    Send(SendRequest),
    /// A device has committed envelopes and lane items (SPEC 24). Answer: [`Answer::Done`], or refused with
    /// `StaleSession` or `InvalidValue`.
    Ack(Ack),
    /// Receipts outside an Ack (SPEC 25). Answer: [`Answer::Done`], whatever became of them (R-LNE-1).
    Receipts {
        /// The account that made them.
        from: AccountId,
        /// Where they go.
        receipts: Vec<ReceiptFor>,
        /// The relay's time.
        now: UnixTime,
    },
    /// Prekeys of a device (R-KEY-2). Answer: [`Answer::Prekeys`], or refused with `TooManyPrekeys`.
    PublishPrekeys(PublishedPrekeys),
    /// A bundle for each device asked for (R-KEY-3). Answer: [`Answer::Bundles`], or refused with `Refused`.
    TakePrekeys(TakePrekeys),
    /// The next list of an account (R-KEY-1). Answer: [`Answer::Done`], or refused with `ListConflict` or a code of 5.3.
    PublishList(PublishedList),
    /// The list and certificates of an account. Answer: [`Answer::Lists`], or refused with `Refused`.
    FetchList(Fetch),
    /// Which devices of an account may be reached (R-EPH-1). Answer: [`Answer::Devices`], or refused with `Refused`.
    Reach(Fetch),
    /// Capabilities of an account (R-CAP-2). Answer: [`Answer::Done`], or refused with `TooManyCapabilities`.
    ChangeCapabilities(CapabilityChange),
    /// Removes what has ended: envelopes (with bounces), send ids, lane items, tombstones of prekeys, mailboxes without
    /// a list (R-ATT-3). Looks at `budget` things, and ends the mailbox that it is at. Answer: [`Answer::Expired`].
    Expire {
        /// The relay's time, which never goes back (R-DUR-5).
        now: UnixTime,
        /// How many things to look at.
        budget: usize,
    },
}

impl Op {
    /// The relay's time as the operation has it.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        match self {
            Self::Attach(op) => op.now,
            Self::Send(op) => op.now,
            Self::Ack(op) => op.now,
            Self::Receipts { now, .. } | Self::Expire { now, .. } => *now,
            Self::PublishPrekeys(op) => op.now,
            Self::TakePrekeys(op) => op.fetch.now,
            Self::PublishList(op) => op.now,
            Self::FetchList(op) | Self::Reach(op) => op.now,
            Self::ChangeCapabilities(op) => op.now,
        }
    }

    /// Moves it to a later time: a store's time never goes back, whatever it is told (R-DUR-5).
    pub(crate) fn set_now(&mut self, later: UnixTime) {
        let now = match self {
            Self::Attach(op) => &mut op.now,
            Self::Send(op) => &mut op.now,
            Self::Ack(op) => &mut op.now,
            Self::Receipts { now, .. } | Self::Expire { now, .. } => now,
            Self::PublishPrekeys(op) => &mut op.now,
            Self::TakePrekeys(op) => &mut op.fetch.now,
            Self::PublishList(op) => &mut op.now,
            Self::FetchList(op) | Self::Reach(op) => &mut op.now,
            Self::ChangeCapabilities(op) => &mut op.now,
        };
        *now = later;
    }
}

/// What an [`Op`] gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done, durably.
    Done,
    /// Refused; nothing changed.
    Refused(ErrorCode),
    /// The mailbox as it is now.
    Attached(Attached),
    /// One outcome per account, in the order of the request.
    Sent(Vec<AccountOutcome>),
    /// One-time prekeys that are available now.
    Prekeys {
        /// How many.
        available: u16,
    },
    /// The account's list, and encoded bundles of its devices that have one.
    Bundles {
        /// An encoded DeviceList.
        list: Bytes,
        /// Encoded PrekeyBundles, ascending by device.
        bundles: Vec<Bytes>,
    },
    /// The account's list and its certificates, encoded.
    Lists {
        /// An encoded DeviceList.
        list: Bytes,
        /// Encoded DeviceCertificates, in the list's order.
        certificates: Vec<Bytes>,
    },
    /// The devices of the account's list, ascending.
    Devices(Vec<DeviceId>),
    /// How many things ended, and whether there is more to look at.
    Expired {
        /// How many rows were removed.
        removed: usize,
        /// True if the budget ended before the rows did.
        more: bool,
    },
}

/// Grows at each attach of a mailbox (SPEC 20).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionEpoch(pub u64);

/// A device that has proven who it is.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The device.
    pub device: DeviceId,
    /// Its account, by its certificate.
    pub account: AccountId,
    /// The hash of its certificate, which was verified. The certificate itself comes with a list.
    pub certificate_hash: CertificateHash,
    /// False with flags bit 0: no new session epoch (R-ATT-4).
    pub receives: bool,
    /// False if its address has used up its new mailboxes (SPEC 28): then a mailbox that is not there is refused with
    /// `RateLimited`.
    pub may_create: bool,
    /// The relay's time.
    pub now: UnixTime,
}

/// What Hello tells (SPEC 21.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// Good from now on, if the attachment receives; otherwise the present one.
    pub session_epoch: SessionEpoch,
    /// The highest number acknowledged.
    pub acked: u64,
    /// The number the next envelope gets.
    pub next: u64,
    /// Envelopes that wait.
    pub backlog_envelopes: u32,
    /// Their bytes.
    pub backlog_bytes: u64,
    /// Envelopes refused for want of room since the mailbox was last empty.
    pub refused: u32,
    /// One-time prekeys left.
    pub prekeys: u16,
    /// The newest list of the account.
    pub list: ListHead,
    /// True if this attachment made the mailbox.
    pub is_new: bool,
}

/// A Send, checked for form.
#[derive(Clone, Debug)]
pub struct SendRequest {
    /// The attached device.
    pub from: DeviceId,
    /// Its account.
    pub from_account: AccountId,
    /// The message.
    pub message_id: MessageId,
    /// Seconds until it expires.
    pub lifetime: u32,
    /// The accounts, ascending.
    pub accounts: Vec<AccountSend>,
    /// The relay's time.
    pub now: UnixTime,
}

/// The envelopes to one account: all stored or none (R-SND-1).
#[derive(Clone)]
pub struct AccountSend {
    /// The account.
    pub account: AccountId,
    /// The hash of the capability shown; not looked at for one's own account.
    pub capability: CapabilityHash,
    /// Names this request.
    pub send_id: SendId,
    /// A hash over everything in it, to tell a repetition from another request.
    pub digest: [u8; 16],
    /// The list that the sender knows.
    pub list: ListHead,
    /// True if devices are left out knowingly.
    pub is_partial: bool,
    /// Envelopes, ascending by device.
    pub envelopes: Vec<(DeviceId, SealedBytes)>,
}

/// Prints how many envelopes there are: what is inside is never shown (R-BLD-1).
impl std::fmt::Debug for AccountSend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            account,
            send_id,
            list,
            is_partial,
            envelopes,
            ..
        } = self;
        f.debug_struct("AccountSend")
            .field("account", account)
            .field("send_id", send_id)
            .field("list", list)
            .field("is_partial", is_partial)
            .field("envelopes", &envelopes.len())
            .finish_non_exhaustive()
    }
}

/// What became of an [`AccountSend`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountOutcome {
    /// All its envelopes are stored, now or by the same request before.
    Stored,
    /// None is.
    Refused {
        /// Why.
        code: ErrorCode,
        /// Milliseconds, for `RateLimited` and `MailboxFull`.
        retry_after: u32,
        /// The encoded list, with `DeviceSetMismatch` and `OldDeviceList`.
        list: Option<Bytes>,
    },
}

/// An Ack (SPEC 24).
#[derive(Clone, Debug)]
pub struct Ack {
    /// Whose mailbox.
    pub mailbox: DeviceId,
    /// The account of that device.
    pub account: AccountId,
    /// The connection's.
    pub session_epoch: SessionEpoch,
    /// All up to this number are committed at the device.
    pub upto: u64,
    /// All up to this place of the lane are.
    pub lane_upto: u64,
    /// Ascending numbers that could not be opened: each gives a bounce.
    pub rejected: Vec<u64>,
    /// Receipts for what is acknowledged.
    pub receipts: Vec<ReceiptFor>,
    /// The relay's time.
    pub now: UnixTime,
}

/// A receipt and where it goes (SPEC 25).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptFor {
    /// The account that sent the message.
    pub account: AccountId,
    /// The hash of a capability of that account.
    pub capability: CapabilityHash,
    /// The receipt, which the relay cannot make.
    pub receipt: Receipt,
}

/// Prekeys, their signatures verified (R-KEY-2).
#[derive(Clone, Debug)]
pub struct PublishedPrekeys {
    /// The device.
    pub device: DeviceId,
    /// An encoded SignedPrekey, which replaces the one before.
    pub signed: Option<Bytes>,
    /// Encoded OneTimePrekeys with their ids; those that are known or were handed out are passed over.
    pub one_time: Vec<(OneTimePrekeyId, Bytes)>,
    /// The relay's time.
    pub now: UnixTime,
}

/// Bundles of an account's devices (R-KEY-3).
#[derive(Clone, Debug)]
pub struct TakePrekeys {
    /// Who asks, of whom, with what right.
    pub fetch: Fetch,
    /// The devices, ascending; each with whether a one-time prekey may be taken (limits of SPEC 28).
    pub devices: Vec<(DeviceId, bool)>,
}

/// Who looks at an account, and with what right.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// The account looked at.
    pub account: AccountId,
    /// The account that looks.
    pub by: AccountId,
    /// The hash of the capability shown; not looked at if both are the same.
    pub capability: CapabilityHash,
    /// The relay's time.
    pub now: UnixTime,
}

/// A list and its certificates, verified each on its own; how it follows the last one is the store's to check.
#[derive(Clone, Debug)]
pub struct PublishedList {
    /// The account.
    pub account: AccountId,
    /// The decoded list.
    pub list: DeviceList,
    /// Its head.
    pub head: ListHead,
    /// Its bytes.
    pub encoded: Bytes,
    /// Encoded certificates, in its order.
    pub certificates: Vec<Bytes>,
    /// The relay's time.
    pub now: UnixTime,
}

/// Changes to the capabilities of an account (R-CAP-2).
#[derive(Clone, Debug)]
pub struct CapabilityChange {
    /// The account.
    pub account: AccountId,
    /// Removed first.
    pub revoked: Vec<CapabilityHash>,
    /// Added, or given new terms.
    pub granted: Vec<Grant>,
    /// The relay's time.
    pub now: UnixTime,
}

/// What a store refuses beyond, and how long it keeps things (SPEC 28, 25, 23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Envelopes in a mailbox. More: one flooded device costs more; fewer: a holiday loses messages to `MailboxFull`.
    pub envelopes: u32,
    /// Bytes in a mailbox. More and less as above.
    pub bytes: u64,
    /// Receipts, and as many bounces, in a lane. More: a flood costs more; fewer: ticks are lost sooner.
    pub lane: u32,
    /// Capabilities of an account. More: storage; fewer: people with many contacts share one.
    pub capabilities: u32,
    /// One-time prekeys that wait. More: storage, verification; fewer: they run out sooner.
    pub prekeys: u16,
    /// Seconds that a send id is remembered. More: storage; fewer: a late retry is a second message.
    pub send_id: u64,
    /// Seconds that an item of the lane is kept. More: storage; fewer: ticks of long absences are lost.
    pub lane_lifetime: u64,
    /// Seconds that a mailbox without a list or prekeys is kept. More: storage; fewer: slow set-ups start again.
    pub orphan: u64,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            envelopes: 1_000,
            bytes: 16 << 20,
            lane: 4_096,
            capabilities: 4_096,
            prekeys: 100,
            send_id: 72 * 3_600,
            lane_lifetime: 7 * 86_400,
            orphan: 86_400,
        }
    }
}
