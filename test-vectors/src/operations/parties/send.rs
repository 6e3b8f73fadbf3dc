//! Starting sessions and sealing messages.

use serde_json::{Value, json};
use twotick_protocol::wire::{MessageId, PrekeyBundle};
use twotick_protocol::{
    Account, Content, Conversation, Outgoing, PayloadContent, PeerDevice, SendError, Sender, Sent,
    VerifiedBundle, conversation_id, resend, send, send_control,
};

use super::answers::{key_of, strength};
use super::party::{Party, PeerKey, learnt, own_account, peer_argument};
use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;
use crate::random::Source;

/// `session.initiate`.
pub(super) fn initiate(party: &mut Party, arguments: &Arguments<'_>, random: &mut Source) -> Outcome {
    let account = learnt(&party.accounts, &arguments.account_id("account")?)?;
    let bundle = PrekeyBundle::decode(&arguments.bytes("bundle")?)?;
    let now = arguments.time("now")?;
    let wanted = bundle.certificate.device_id;
    let bundle = VerifiedBundle::verify(bundle, wanted, account, &party.device, now)?;
    let start = |peer: &mut PeerDevice| {
        let staged = peer.initiate(&party.device, account, &bundle, now, random)?;
        let (made, _) = party.stored.commit(staged);
        Ok((made, peer.generation()))
    };
    let certificate = bundle.certificate();
    let started = party.peers.with_certificate(account, certificate, start);
    let ((made, generation), left) = started?;
    party.stored.remove(left.as_ref());
    Ok(json!({ "strength": strength(made), "generation": generation }))
}

/// `message.send`.
pub(super) fn message(party: &mut Party, arguments: &Arguments<'_>, random: &mut Source) -> Outcome {
    let own = own_account(&party.accounts, &party.device)?;
    let recipient = learnt(&party.accounts, &arguments.account_id("account")?)?;
    let content = arguments.bytes("content")?;
    let outgoing = Outgoing {
        content: &content,
        receipts: arguments.flag("receipts")?,
        sent_at: arguments.long("sent_at")?,
    };
    let now = arguments.time("now")?;
    let sender = Sender {
        us: &party.device,
        own,
        recipient,
    };
    let is_listed = |(account, device): &PeerKey| {
        let of = [own, recipient]
            .into_iter()
            .find(|listed| listed.account_id() == *account);
        of.is_some_and(|listed| listed.entry_hash(device).is_some())
    };
    let devices = party
        .peers
        .met
        .iter_mut()
        .filter(|(key, _)| is_listed(key))
        .map(|(_, peer)| peer)
        .collect();
    let id = conversation_id(&own.account_id(), &recipient.account_id());
    let conversation = party
        .conversations
        .entry(id)
        .or_insert_with(|| Conversation::new(id));
    let staged = send(&sender, conversation, devices, &outgoing, now, random)?;
    let sent = party.stored.commit(staged);
    party.stored.keep(&sent.copy);
    let answer = sent_answer(&sent);
    if let Some(receipts) = sent.receipts {
        let key = (*receipts.message_id(), *receipts.recipient());
        party.receipts.insert(key, receipts);
    }
    Ok(answer)
}

fn sent_answer(sent: &Sent) -> Value {
    let envelopes: Vec<_> = sent
        .envelopes
        .iter()
        .map(|(to, envelope)| json!({ "to": to.to_string(), "envelope": hex::encode(envelope) }))
        .collect();
    let withheld: Vec<_> = sent.withheld.iter().map(ToString::to_string).collect();
    json!({
        "message_id": sent.message_id.to_string(),
        "envelopes": envelopes,
        "withheld": withheld,
        "lamport": sent.lamport.to_string(),
        "sequence": sent.sequence,
        "link": sent.link.to_string(),
        "receipt_key": sent.receipts.as_ref().map(key_of),
    })
}

/// `message.resend`.
pub(super) fn again(party: &mut Party, arguments: &Arguments<'_>, random: &mut Source) -> Outcome {
    let copy = party.stored.copy(arguments.message_id("message_id")?);
    let key = peer_argument(arguments)?;
    let now = arguments.time("now")?;
    let sender = Sender {
        us: &party.device,
        own: own_account(&party.accounts, &party.device)?,
        recipient: learnt(&party.accounts, &key.0)?,
    };
    let found = party.peers.find(sender.recipient, key.1);
    let peer = found.and_then(|key| party.peers.met.get_mut(&key));
    let (Some(copy), Some(peer)) = (copy, peer) else {
        return Err(SendError::LimitReached.into());
    };
    let staged = resend(&sender, peer, &copy, now, random)?;
    let envelope = party.stored.commit(staged);
    Ok(json!({ "envelope": hex::encode(envelope) }))
}

/// `message.control`.
pub(super) fn control(party: &mut Party, arguments: &Arguments<'_>, random: &mut Source) -> Outcome {
    let key = peer_argument(arguments)?;
    let sender = Sender {
        us: &party.device,
        own: own_account(&party.accounts, &party.device)?,
        recipient: learnt(&party.accounts, &key.0)?,
    };
    let content = control_content(&sender, arguments)?;
    let now = arguments.time("now")?;
    let found = party.peers.find(sender.recipient, key.1);
    let peer = found.and_then(|key| party.peers.met.get_mut(&key));
    let peer = peer.ok_or_else(|| never_met(sender.recipient, &key))?;
    let staged = send_control(&sender, peer, content, now, random)?;
    let (message_id, envelope) = party.stored.commit(staged);
    Ok(json!({ "message_id": message_id.to_string(), "envelope": hex::encode(envelope) }))
}

fn control_content(sender: &Sender<'_>, arguments: &Arguments<'_>) -> Result<PayloadContent, Failure> {
    let content = || {
        arguments
            .bytes("content")
            .map(|bytes| Content::Inline(bytes.into()))
    };
    let kind: u8 = arguments.number("kind")?;
    let given = [arguments.optional("content")?, arguments.optional("message_ids")?];
    if given.map(|value| value.is_some()) != [[3, 6].contains(&kind), kind == 4] {
        return Err(Failure::fault(
            "content is of kinds 3 and 6, message ids of kind 4",
        ));
    }
    match kind {
        3 => Ok(PayloadContent::Ephemeral {
            conversation: conversation_id(&sender.own.account_id(), &sender.recipient.account_id()),
            content: content()?,
        }),
        4 => Ok(PayloadContent::RetryRequest(message_ids(arguments)?)),
        5 => Ok(PayloadContent::Reset),
        6 => Ok(PayloadContent::DeviceSync(content()?)),
        kind => Err(Failure::fault(format!("kind {kind} is not one of 3 to 6"))),
    }
}

fn message_ids(arguments: &Arguments<'_>) -> Result<Vec<MessageId>, Failure> {
    let wrong = |_| Failure::fault("a message id has 16 bytes");
    arguments
        .byte_list("message_ids")?
        .into_iter()
        .map(|id| id.try_into().map(MessageId::new).map_err(wrong))
        .collect()
}

/// Why nothing can be sealed for a device without a record.
fn never_met(account: &Account, (_, device): &PeerKey) -> Failure {
    let error = match account.entry_hash(device) {
        Some(_) => SendError::NoSession(*device),
        None => SendError::NotInDeviceList,
    };
    error.into()
}
