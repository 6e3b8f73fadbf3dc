//! Everything the store holds, for the operator, or a court: all that SPEC 29 says is seen, and nothing more is there.

use std::{
    io::{self, Write},
    path::Path,
};

use bytes::Bytes;
use twotick_wire::{
    AccountId, CapabilityHash, DeviceCertificate, DeviceId, DeviceList, Envelope, MessageId, OneTimePrekeyId,
    Reader, SendId, SignedPrekey,
};

use super::{
    layout::{
        self, Account, Body, Commit, Ending, EnvelopeKey, LaneRow, ListRow, Mailbox, Number, ReceiptRow,
        Sender, SentRow, Table, TakenRow,
    },
    loss::OpenError,
    recovery, work,
};
use crate::store::rules::Capability;

/// Why [`inspect`] did not print all.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The store does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Nobody takes what is printed.
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
}

/// Prints every row, field by field; of sealed bytes the length only. Identifiers are in full: it is for the operator.
pub fn inspect(directory: &Path, out: &mut dyn Write) -> Result<(), InspectError> {
    let found = recovery::examine(directory)?;
    writeln!(out, "confirmed: {:?}", found.past)?;
    writeln!(out, "recovered: {}", found.loss.recovered)?;
    let view = found.engine.snapshot();
    for table in Table::ALL {
        let (first, last) = layout::under(table, &[]);
        for row in view.rows(&first, &last) {
            let Ok((key, body)) = row else {
                writeln!(out, "{table:?}: a part of the table cannot be read")?;
                break;
            };
            let text = body.ok().and_then(|body| describe(table, &key, &body));
            match text {
                Some(text) => writeln!(out, "{text}")?,
                None => writeln!(out, "{table:?} {}: damaged", hex::encode(&key[1..]))?,
            }
        }
    }
    Ok(())
}

/// A row in words; nothing if it is not what its table holds.
fn describe(table: Table, key: &[u8], body: &Bytes) -> Option<String> {
    let mut reader = Reader::new(key.get(1..)?);
    let reader = &mut reader;
    Some(match table {
        Table::Commit => format!("commit: {:?}", Commit::decode(body).ok()?),
        Table::Ring => format!("ring: commit {}", Number::decode(body).ok()?.number),
        Table::Mailbox => {
            let device = DeviceId::decode_from(reader).ok()?;
            format!("mailbox {device}: {:?}", Mailbox::decode(body).ok()?)
        }
        Table::Account => {
            let account = AccountId::decode_from(reader).ok()?;
            format!("account {account}: {:?}", Account::decode(body).ok()?)
        }
        Table::Capability => {
            let account = AccountId::decode_from(reader).ok()?;
            let hash = CapabilityHash::decode_from(reader).ok()?;
            format!(
                "capability of {account}, hash {hash}: {:?}",
                Capability::decode(body).ok()?
            )
        }
        Table::Sent => {
            let device = DeviceId::decode_from(reader).ok()?;
            let id = SendId::decode_from(reader).ok()?;
            let SentRow { digest, until } = SentRow::decode(body).ok()?;
            let (digest, until) = (hex::encode(digest), until.seconds());
            format!("send id {id} of device {device}: request {digest}, until {until}")
        }
        Table::Lane | Table::Receipt => describe_lane(table, reader, body)?,
        Table::Ending => {
            let (at, ending) = Ending::decode(key).ok()?;
            format!("ends {}: {ending:?}", at.seconds())
        }
        Table::Envelope => describe_envelope(key, body)?,
        Table::List => describe_list(&AccountId::decode_from(reader).ok()?, body)?,
        Table::Taken | Table::Signed | Table::OneTime => describe_prekey(table, reader, body)?,
    })
}

fn describe_lane(table: Table, key: &mut Reader<'_>, body: &Bytes) -> Option<String> {
    let device = DeviceId::decode_from(key).ok()?;
    Some(if table == Table::Lane {
        let place = key.u64().ok()?;
        let LaneRow { expires, item } = LaneRow::decode(body).ok()?;
        format!(
            "lane of {device}, place {place}: ends {}, {item:?}",
            expires.seconds()
        )
    } else {
        let message = MessageId::decode_from(key).ok()?;
        let by = AccountId::decode_from(key).ok()?;
        let ReceiptRow { place, state } = ReceiptRow::decode(body).ok()?;
        format!(
            "receipt in the lane of {device}: message {message} by account {by}, {state:?}, place {place}"
        )
    })
}

fn describe_prekey(table: Table, key: &mut Reader<'_>, body: &Bytes) -> Option<String> {
    let device = DeviceId::decode_from(key).ok()?;
    let length = body.len();
    Some(match table {
        Table::Signed => {
            let prekey = SignedPrekey::decode(body).ok()?;
            let (from, to) = (prekey.not_before.seconds(), prekey.not_after.seconds());
            format!("signed prekey of device {device}: {length} bytes, valid {from} to {to}")
        }
        Table::Taken => {
            let id = OneTimePrekeyId::decode_from(key).ok()?;
            let until = TakenRow::decode(body).ok()?.until.seconds();
            format!("prekey {id} of device {device}: handed out, until {until}")
        }
        _ => {
            let id = OneTimePrekeyId::decode_from(key).ok()?;
            format!("one-time prekey {id} of device {device}: {length} bytes")
        }
    })
}

/// What the relay sees of an envelope: its header, and how long what is sealed is.
fn describe_envelope(key: &[u8], body: &Bytes) -> Option<String> {
    let EnvelopeKey {
        mailbox,
        seq,
        expires,
        length,
        sender: Sender { from, message_id },
    } = EnvelopeKey::decode(key).ok()?;
    let (accepted, bytes) = work::accepted(body).ok()?;
    let (accepted, expires) = (accepted.seconds(), expires.seconds());
    let head =
        format!("envelope {seq} of mailbox {mailbox}: accepted {accepted}, ends {expires}, {length} bytes");
    let head = format!("{head}, from {from}, message {message_id}");
    Some(match Envelope::decode(bytes.as_bytes()) {
        Ok(Envelope {
            to, message, body, ..
        }) => {
            format!(
                "{head}, to {to}, sealed {} and {} bytes",
                message.len(),
                body.len()
            )
        }
        Err(_) => head,
    })
}

fn describe_list(account: &AccountId, body: &Bytes) -> Option<String> {
    let row = ListRow::decode(body).ok()?;
    let list = DeviceList::decode(&row.list).ok()?;
    let mut text = format!("list of account {account}: {list:?}");
    for certificate in &row.certificates {
        match DeviceCertificate::decode(certificate) {
            Ok(certificate) => text.push_str(&format!("\n  certificate: {certificate:?}")),
            Err(_) => text.push_str("\n  certificate: damaged"),
        }
    }
    Some(text)
}
