//! Sending (SPEC 11.3).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use twotick_wire::{AccountId, BodyHash, DeviceId, Envelope, HistoryLink, MessageId, UnixTime};
use zeroize::Zeroizing;

use super::plan::{DeviceSetMismatch, device_plan, targets};
use crate::body::seal_body;
use crate::conversation::{Conversation, ConversationTransition, Dropped, conversation_id};
use crate::error::SendError;
use crate::identity::{Account, Device};
use crate::payload::{BodyKey, Content, Message, Payload, PayloadContent, ReceiptKey};
use crate::receipt::SentReceipts;
use crate::session::{PeerDevice, PeerTransition};
use crate::staged::{Change, Staged, Transition, Visit};

/// Who sends, to whom.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// This device.
    pub us: &'a Device,
    /// Our account.
    pub own: &'a Account,
    /// The account written to; our own for notes to oneself.
    pub recipient: &'a Account,
}

/// What is sent.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    /// The content; its meaning is the application's.
    pub content: &'a [u8],
    /// Whether receipts are wanted.
    pub receipts: bool,
    /// Milliseconds on our clock, for show.
    pub sent_at: u64,
}

impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("length", &self.content.len())
            .finish_non_exhaustive()
    }
}

/// A sent message: hand each envelope to the relay.
#[derive(Debug)]
pub struct Sent {
    /// Its id, the same for all devices.
    pub message_id: MessageId,
    /// One encoded envelope for each device.
    pub envelopes: Vec<(DeviceId, Vec<u8>)>,
    /// Devices that did not get it: listed, never met, in a list that has expired (R-LST-5).
    pub withheld: Vec<DeviceId>,
    /// What a later resend needs; keep it until the message is delivered.
    pub copy: ResendCopy,
    /// What verifies its receipts; stored in the same batch.
    pub receipts: Option<SentReceipts>,
    /// Its place in the conversation.
    pub lamport: u64,
    /// Its number among this device's messages in the conversation.
    pub sequence: u32,
    /// Its link in the history.
    pub link: HistoryLink,
    /// What the history forgot to make room.
    pub dropped: Dropped,
}

/// The payloads of a message, as each account's devices get them, and the shared body. Secret.
pub struct ResendCopy {
    message_id: MessageId,
    account: AccountId,
    devices: Vec<DeviceId>,
    recipient: Zeroizing<Vec<u8>>,
    own: Zeroizing<Vec<u8>>,
    body: Vec<u8>,
}

impl fmt::Debug for ResendCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResendCopy")
            .field("message_id", &self.message_id)
            .finish_non_exhaustive()
    }
}

/// What a [`ResendCopy`] consists of, for the caller's storage. Secret.
#[derive(Clone, Copy)]
pub struct ResendParts<'a> {
    /// The message.
    pub message_id: MessageId,
    /// Whom it was sent to.
    pub account: AccountId,
    /// The devices it was sealed for, which are all that may have it again (R-SES-10).
    pub devices: &'a [DeviceId],
    /// Payload for the recipient's devices.
    pub recipient: &'a [u8],
    /// Payload for our own other devices.
    pub own: &'a [u8],
    /// The shared body, if there is one.
    pub body: &'a [u8],
}

impl fmt::Debug for ResendParts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResendParts")
            .field("message_id", &self.message_id)
            .finish_non_exhaustive()
    }
}

impl ResendCopy {
    /// Takes back what [`parts`](Self::parts) gave.
    pub fn from_parts(parts: &ResendParts<'_>) -> Self {
        let keep = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
        Self {
            message_id: parts.message_id,
            account: parts.account,
            devices: parts.devices.to_vec(),
            recipient: keep(parts.recipient),
            own: keep(parts.own),
            body: parts.body.to_vec(),
        }
    }

    /// All of it.
    pub fn parts(&self) -> ResendParts<'_> {
        ResendParts {
            message_id: self.message_id,
            account: self.account,
            devices: &self.devices,
            recipient: &self.recipient,
            own: &self.own,
            body: &self.body,
        }
    }

    /// R-SES-10: only a device that the message was sent to may ask for it.
    fn was_sent_to(&self, peer: &PeerDevice, own: &Account) -> bool {
        let account = peer.account_id();
        (account == self.account || account == own.account_id()) && self.devices.contains(&peer.device_id())
    }
}

/// Stores the receipt key of a new message.
#[derive(Debug)]
pub struct NewReceipts(Option<SentReceipts>);

impl Visit for NewReceipts {
    fn visit(&self, visit: &mut dyn FnMut(Change<'_>)) {
        if let Some(receipts) = &self.0 {
            visit(Change::Put {
                key: receipts.record_key(),
                value: receipts,
            });
        }
    }
}

impl Transition for NewReceipts {
    fn apply(&mut self) {}
}

/// The changes of one sent message: all sessions, the conversation, the receipt key.
type SendTransition<'a> = (Vec<PeerTransition<'a>>, (ConversationTransition<'a>, NewReceipts));

/// Seals a message for every device that should have it, as one staged change.
///
/// Draws as SPEC 11.3. Errors: `DeviceSetMismatch` (nothing was sealed), `ContentTooLong`, `ChainExhausted`.
pub fn send<'a>(
    sender: &Sender<'_>,
    conversation: &'a mut Conversation,
    devices: Vec<&'a mut PeerDevice>,
    outgoing: &Outgoing<'_>,
    now: UnixTime,
    rng: &mut impl CryptoRng,
) -> Result<Staged<SendTransition<'a>, Sent>, SendError> {
    let Sender { us, own, recipient } = *sender;
    let conversation_of_both = conversation_id(&own.account_id(), &recipient.account_id());
    if *conversation.id() != conversation_of_both {
        return Err(SendError::WrongConversation);
    }
    let withheld = require_device_set(sender, &devices, now)?;
    let message_id = MessageId::new(draw(rng));
    let receipt_key = outgoing.receipts.then(|| ReceiptKey::generate(rng));
    let (step, place) = conversation.plan_send(us.device_id(), &message_id, outgoing.content)?;
    let message = Message {
        conversation: conversation_of_both,
        lamport: place.lamport,
        sequence: place.sequence,
        sent_at: outgoing.sent_at,
        receipt_key: receipt_key.as_ref().map(ReceiptKey::duplicate),
        parents: place.parents.clone(),
        content: Content::Inline(Zeroizing::new(Vec::new())),
    };
    let sealed_to = devices.iter().map(|peer| peer.device_id());
    let sealed_to = sealed_to.filter(|id| !withheld.contains(id)).collect();
    let copy = both_copies(sender, message, sealed_to, (message_id, outgoing.content), rng)?;
    let (transitions, envelopes) = seal_all(sender, (devices, &withheld), &copy, now, rng)?;
    let record =
        |key: &ReceiptKey| SentReceipts::new(key.duplicate(), message_id, recipient.account_id(), now);
    let receipts = receipt_key.as_ref().map(record);
    let stored = NewReceipts(receipt_key.as_ref().map(record));
    let sent = Sent {
        message_id,
        envelopes,
        withheld,
        copy,
        receipts,
        lamport: place.lamport,
        sequence: place.sequence,
        link: place.link,
        dropped: place.dropped,
    };
    Ok(Staged {
        transition: (transitions, (step.transition(conversation), stored)),
        output: sent,
    })
}

/// The payloads for both accounts, and the shared body if there is one; draws the body key.
fn both_copies(
    sender: &Sender<'_>,
    message: Message,
    devices: Vec<DeviceId>,
    (message_id, content): (MessageId, &[u8]),
    rng: &mut impl CryptoRng,
) -> Result<ResendCopy, SendError> {
    let Sender { own, recipient, .. } = *sender;
    let to_recipient = payload(own, recipient, PayloadContent::Message(message));
    let (to_recipient, body) = fill(to_recipient, (&message_id, content), rng)?;
    let bytes = to_recipient.encode();
    let to_own = match to_recipient.content {
        PayloadContent::Message(message) => PayloadContent::SentCopy {
            recipient: recipient.account_id(),
            message,
        },
        other => other,
    };
    Ok(ResendCopy {
        message_id,
        account: recipient.account_id(),
        devices,
        recipient: bytes,
        own: payload(own, own, to_own).encode(),
        body,
    })
}

/// Seals a message again for one device that asked for it, under the same id (R-SES-10). Error: `LimitReached`.
pub fn resend<'a>(
    sender: &Sender<'_>,
    peer: &'a mut PeerDevice,
    copy: &ResendCopy,
    now: UnixTime,
    rng: &mut impl CryptoRng,
) -> Result<Staged<PeerTransition<'a>, Vec<u8>>, SendError> {
    let to_own = peer.account_id() == sender.own.account_id();
    let account = if to_own { sender.own } else { sender.recipient };
    peer.require_listed(account)
        .map_err(|_| SendError::NotInDeviceList)?;
    if !copy.was_sent_to(peer, sender.own) {
        return Err(SendError::LimitReached);
    }
    let book = peer.book_with_resend(copy.message_id)?;
    let payload = if to_own { &copy.own } else { &copy.recipient };
    let (mut change, message) = peer.plan_seal(sender.us, (copy.message_id, payload), now, rng)?;
    change.book = Some(book);
    let envelope = envelope(sender.us, peer.device_id(), copy.message_id, &message, &copy.body);
    Ok(Staged {
        transition: PeerTransition {
            peer,
            change,
            prekeys: None,
        },
        output: envelope,
    })
}

/// Seals content without a place in the history (kinds 3 to 6) for one device; returns the encoded envelope.
///
/// Draws the message id, `RAND(16)`; a body key, `RAND(32)`, if ephemeral content does not fit; then as R-DR-7.
pub fn send_control<'a>(
    sender: &Sender<'_>,
    peer: &'a mut PeerDevice,
    content: PayloadContent,
    now: UnixTime,
    rng: &mut impl CryptoRng,
) -> Result<Staged<PeerTransition<'a>, (MessageId, Vec<u8>)>, SendError> {
    let to_own = peer.account_id() == sender.own.account_id();
    let account = if to_own { sender.own } else { sender.recipient };
    peer.require_listed(account)
        .map_err(|_| SendError::NotInDeviceList)?;
    require_control(sender, to_own, &content)?;
    let message_id = MessageId::new(draw(rng));
    let mut payload = payload(sender.own, account, content);
    let mut body = Vec::new();
    if let PayloadContent::Ephemeral {
        content: Content::Inline(content),
        ..
    } = &payload.content
    {
        let content = content.clone();
        (payload, body) = fill(payload, (&message_id, &content), rng)?;
    }
    let (change, message) = peer.plan_seal(sender.us, (message_id, &payload.encode()), now, rng)?;
    let envelope = envelope(sender.us, peer.device_id(), message_id, &message, &body);
    Ok(Staged {
        transition: PeerTransition {
            peer,
            change,
            prekeys: None,
        },
        output: (message_id, envelope),
    })
}

/// Kinds 1 and 2 have a place in the history and go through [`send`]; kind 6 is for our own devices.
fn require_control(sender: &Sender<'_>, to_own: bool, content: &PayloadContent) -> Result<(), SendError> {
    let allowed = match content {
        PayloadContent::Message(_) | PayloadContent::SentCopy { .. } => false,
        PayloadContent::Ephemeral { conversation, .. } => {
            let other = if to_own { sender.own } else { sender.recipient };
            *conversation == conversation_id(&sender.own.account_id(), &other.account_id())
        }
        PayloadContent::RetryRequest(ids) => (1..=8).contains(&ids.len()) && ids.is_sorted_by(|a, b| a < b),
        PayloadContent::Reset => true,
        PayloadContent::DeviceSync(_) => to_own,
    };
    if allowed {
        Ok(())
    } else {
        Err(SendError::WrongKind)
    }
}

fn require_device_set(
    sender: &Sender<'_>,
    devices: &[&mut PeerDevice],
    now: UnixTime,
) -> Result<Vec<DeviceId>, SendError> {
    let known: Vec<&PeerDevice> = devices.iter().map(|peer| &**peer).collect();
    let plan = device_plan(sender.us, sender.own, sender.recipient, &known, now);
    if plan.need_bundle.is_empty() && plan.removed.is_empty() {
        let to_nobody = plan.encrypt_to.is_empty() && !plan.withheld.is_empty();
        return if to_nobody {
            Err(SendError::DeviceListStale)
        } else {
            Ok(plan.withheld)
        };
    }
    let mismatch = DeviceSetMismatch {
        missing: plan.need_bundle,
        removed: plan.removed,
    };
    Err(SendError::DeviceSetMismatch(Box::new(mismatch)))
}

type Sealed<'a> = (Vec<PeerTransition<'a>>, Vec<(DeviceId, Vec<u8>)>);

fn seal_all<'a>(
    sender: &Sender<'_>,
    (mut devices, withheld): (Vec<&'a mut PeerDevice>, &[DeviceId]),
    copy: &ResendCopy,
    now: UnixTime,
    rng: &mut impl CryptoRng,
) -> Result<Sealed<'a>, SendError> {
    let mut transitions = Vec::with_capacity(devices.len());
    let mut envelopes = Vec::with_capacity(devices.len());
    for (account, device) in targets(sender.us, sender.own, sender.recipient) {
        let Some(position) = devices
            .iter()
            .position(|peer| peer.device_id() == device && peer.account_id() == account.account_id())
        else {
            continue;
        };
        if withheld.contains(&device) {
            continue;
        }
        let peer = devices.swap_remove(position);
        let to_own = account.account_id() == sender.own.account_id();
        let payload = if to_own { &copy.own } else { &copy.recipient };
        let (change, message) = peer.plan_seal(sender.us, (copy.message_id, payload), now, rng)?;
        envelopes.push((
            device,
            envelope(sender.us, device, copy.message_id, &message, &copy.body),
        ));
        transitions.push(PeerTransition {
            peer,
            change,
            prekeys: None,
        });
    }
    Ok((transitions, envelopes))
}

fn payload(own: &Account, peer: &Account, content: PayloadContent) -> Payload {
    Payload {
        own: own.head(),
        peer: peer.head(),
        content,
    }
}

/// Puts the content in: inline if it fits the smallest bucket, else as a shared body (R-MSG-1).
///
/// A message takes one form for all devices: the sent copy names the recipient too, and must fit as well.
fn fill(
    mut payload: Payload,
    (message_id, content): (&MessageId, &[u8]),
    rng: &mut impl CryptoRng,
) -> Result<(Payload, Vec<u8>), SendError> {
    let copied = matches!(payload.content, PayloadContent::Message(_))
        .then_some(AccountId::LENGTH)
        .unwrap_or_default();
    let (form, body) = if payload.content.fits_inline(content.len() + copied) {
        (Content::Inline(Zeroizing::new(content.to_vec())), Vec::new())
    } else {
        let key = BodyKey::generate(rng);
        let (body, hash): (Vec<u8>, BodyHash) =
            seal_body(&key, message_id, content).map_err(|_| SendError::ContentTooLong)?;
        (Content::Shared { key, hash }, body)
    };
    match &mut payload.content {
        PayloadContent::Message(message) | PayloadContent::SentCopy { message, .. } => message.content = form,
        PayloadContent::Ephemeral { content, .. } | PayloadContent::DeviceSync(content) => *content = form,
        PayloadContent::RetryRequest(_) | PayloadContent::Reset => {}
    }
    Ok((payload, body))
}

fn envelope(us: &Device, to: DeviceId, message_id: MessageId, message: &[u8], body: &[u8]) -> Vec<u8> {
    Envelope {
        from: us.device_id(),
        to,
        message_id,
        message,
        body,
    }
    .encode()
}

fn draw(rng: &mut impl CryptoRng) -> [u8; 16] {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    bytes
}
