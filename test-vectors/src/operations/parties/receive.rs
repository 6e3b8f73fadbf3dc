//! Opening envelopes.

use serde_json::Value;
use twotick_protocol::wire::{AccountId, DeviceCertificate, DeviceMessage, Envelope, UnixTime};
use twotick_protocol::{
    Account, Conversation, HistoryReport, PeerDevice, ReceiveError, Received, ReceivedContent, SentReceipts,
    account_id, certificate_hash, receive,
};

use super::answers::received_answer;
use super::party::{Party, Peers, learnt, own_account};
use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;
use crate::random::Source;

/// `message.receive`.
pub(super) fn envelope(party: &mut Party, arguments: &Arguments<'_>, _: &mut Source) -> Outcome {
    let bytes = arguments.bytes("envelope")?;
    let envelope = Envelope::decode(&bytes)?;
    let message = DeviceMessage::decode(envelope.message)?;
    let now = arguments.time("now")?;
    require_route(party, &envelope, &message)?;
    let mut outcome = Err(ReceiveError::NotInDeviceList.into());
    for account in senders(party, &envelope, &message) {
        outcome = open(party, account, (&envelope, &message), now);
        if outcome != Err(ReceiveError::Undecryptable.into()) {
            break;
        }
    }
    outcome
}

/// The first of R-HS-4: not our own, from the device that it names, for this one.
fn require_route(
    party: &Party,
    envelope: &Envelope<'_>,
    message: &DeviceMessage<'_>,
) -> Result<(), ReceiveError> {
    let us = party.device.device_id();
    let claimed = match message {
        DeviceMessage::Initial(message) => message.header.certificate.device_id,
        DeviceMessage::Ratchet(_) => envelope.from,
    };
    if [envelope.from, claimed].contains(&us) {
        return Err(ReceiveError::OwnDevice);
    }
    if claimed != envelope.from || envelope.to != us {
        return Err(ReceiveError::WrongDevice);
    }
    Ok(())
}

/// The accounts that list the sending device, ascending: that of the certificate alone, if it is one of them; of a
/// ratchet message those under which the device was met, if there are any.
fn senders(party: &Party, envelope: &Envelope<'_>, message: &DeviceMessage<'_>) -> Vec<AccountId> {
    let listing = party.accounts.values();
    let listing = listing.filter(|account| account.entry_hash(&envelope.from).is_some());
    let all: Vec<_> = listing.map(Account::account_id).collect();
    let preferred: Vec<_> = match message {
        DeviceMessage::Initial(message) => {
            let claimed = account_id(&message.header.certificate.account_key);
            all.iter().copied().filter(|id| *id == claimed).collect()
        }
        DeviceMessage::Ratchet(_) => {
            let met = |account: &&Account| party.peers.find(account, envelope.from).is_some();
            let listing = all.iter().filter_map(|id| party.accounts.get(id));
            listing.filter(met).map(Account::account_id).collect()
        }
    };
    if preferred.is_empty() { all } else { preferred }
}

/// Opens it as a message of a device of this account; what it changes is one batch.
fn open(
    party: &mut Party,
    account: AccountId,
    (envelope, message): (&Envelope<'_>, &DeviceMessage<'_>),
    now: UnixTime,
) -> Outcome {
    let own = own_account(&party.accounts, &party.device)?;
    let sender = learnt(&party.accounts, &account)?;
    let certificate = unknown_certificate(&party.peers, sender, message);
    let (device, prekeys) = (&party.device, &mut party.prekeys);
    let (conversations, stored) = (&mut party.conversations, &mut party.stored);
    let mut read = |peer: &mut PeerDevice| -> Result<(Received, Option<HistoryReport>), Failure> {
        let staged = receive(device, (own, sender), peer, prekeys, envelope, now)?;
        Ok(match staged.conversation() {
            None => (stored.commit(staged), None),
            Some(id) => {
                let conversation = conversations.entry(id).or_insert_with(|| Conversation::new(id));
                stored.commit(staged.in_conversation(conversation))
            }
        })
    };
    let (received, history) = if let Some(certificate) = certificate {
        let certificate = sender.admit(certificate.clone(), Some(device), &[], now)?;
        let (got, left) = party.peers.with_certificate(sender, &certificate, read)?;
        party.stored.remove(left.as_ref());
        got
    } else {
        let found = party.peers.find(sender, envelope.from);
        let peer = found.and_then(|key| party.peers.met.get_mut(&key));
        read(peer.ok_or(ReceiveError::Undecryptable)?)?
    };
    Ok(answer(party, received, history.as_ref(), now))
}

/// The certificate of an initial message, unless its device is known by it already.
fn unknown_certificate<'a>(
    peers: &Peers,
    sender: &Account,
    message: &'a DeviceMessage<'_>,
) -> Option<&'a DeviceCertificate> {
    let DeviceMessage::Initial(message) = message else {
        return None;
    };
    let certificate = &message.header.certificate;
    let known = peers.met.get(&(sender.account_id(), certificate.device_id));
    let is_known = known.is_some_and(|peer| peer.certificate_hash() == certificate_hash(certificate));
    (!is_known).then_some(certificate)
}

/// Keeps the receipt key of a sent copy, as the sending device does (SPEC 11.3), and answers.
fn answer(
    party: &mut Party,
    mut received: Received,
    history: Option<&HistoryReport>,
    now: UnixTime,
) -> Value {
    let message_id = received.message_id;
    let (account, message) = match &mut received.content {
        ReceivedContent::Message(message) => (None, Some(message)),
        ReceivedContent::SentCopy { recipient, message } => (Some(*recipient), Some(message)),
        _ => (None, None),
    };
    let key = message.and_then(|received| received.message.receipt_key.take());
    let receipts = key.map(|key| SentReceipts::new(key, message_id, account.unwrap_or(received.sender), now));
    let answer = received_answer(&received, receipts.as_ref(), history);
    let duplicate = history.is_some_and(|report| report.duplicate);
    if let (Some(recipient), Some(receipts), false) = (account, receipts, duplicate)
        && !party.receipts.contains_key(&(message_id, recipient))
    {
        party.stored.put(receipts.record_key(), &receipts);
        party.receipts.insert((message_id, recipient), receipts);
    }
    answer
}
