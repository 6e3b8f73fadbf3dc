//! Opening envelopes.

use serde_json::Value;
use twotick_protocol::wire::{AccountId, DeviceMessage, Envelope, UnixTime};
use twotick_protocol::{
    Account, Conversation, HistoryReport, ReceiveError, Received, ReceivedContent, SentReceipts,
    VerifiedCertificate, account_id, receive,
};

use super::answers::received_answer;
use super::party::{Party, learnt, own_account};
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
        if !matches!(outcome, Err(Failure::Error(_))) {
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
            let met = |id: &AccountId| party.peers.met.contains_key(&(*id, envelope.from));
            all.iter().copied().filter(met).collect()
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
    let key = (account, envelope.from);
    let peer = match (party.peers.met.contains_key(&key), message) {
        (false, DeviceMessage::Initial(message)) => {
            let certificate = message.header.certificate.clone();
            let certificate: VerifiedCertificate =
                sender.admit(certificate, Some(&party.device), &[], now)?;
            party.peers.of(&certificate)
        }
        _ => {
            let peer = party.peers.met.get_mut(&key);
            peer.ok_or(ReceiveError::Undecryptable)?
        }
    };
    let accounts = (own, sender);
    let staged = receive(&party.device, accounts, peer, &mut party.prekeys, envelope, now)?;
    let (received, history) = match staged.conversation() {
        None => (party.stored.commit(staged), None),
        Some(id) => {
            let conversation = party
                .conversations
                .entry(id)
                .or_insert_with(|| Conversation::new(id));
            party.stored.commit(staged.in_conversation(conversation))
        }
    };
    party.peers.keep(key);
    Ok(answer(party, received, history.as_ref(), now))
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
