//! Every row that the embedded store keeps, byte by byte. `inspect` prints by this file, and nothing else is stored.
//!
//! Two keyspaces of the engine: `rows` (small values, in the tree) and `blobs` (large values, in files of their own).
//! A third, `filler`, has zeros while a purge runs, and one empty row, `last`, after it.
//! A key is the byte of its table and the fields below; a value is `crc32c[4] version[1] body`, the checksum over key,
//! version and body (R-DUR-1). Numbers are big-endian, so that keys sort as numbers do.
//!
//! | table | keyspace | key | body |
//! |---|---|---|---|
//! | `01` commit | rows | | [`Commit`] |
//! | `02` ring | rows | slot u16 | commit number u64 |
//! | `10` mailbox | rows | device | [`Mailbox`] |
//! | `11` account | rows | account | [`Account`] |
//! | `12` capability | rows | account, hash of the capability | [`Capability`] |
//! | `13` sent | rows | sending device, send id | digest \[16\], end u64 |
//! | `14` lane | rows | device, place u64 | [`LaneRow`] |
//! | `15` receipt | rows | device, message id, account that made it | place u64, state u8 |
//! | `16` taken | rows | device, prekey id | end u64 |
//! | `17` ending | rows | [`Ending`]: time u64, kind u8, what ends | |
//! | `20` envelope | blobs | [`EnvelopeKey`]: device, seq u64, end u64, length u32, sending device, message id | accepted u64, envelope |
//! | `21` list | blobs | account | length u32, list, certificates of 264 bytes |
//! | `22` signed | blobs | device | SignedPrekey |
//! | `23` one-time | blobs | device, prekey id | OneTimePrekey |

mod body;
mod value;

use bytes::Bytes;
use twotick_wire::{
    AccountId, CapabilityHash, DecodeError, DeviceId, MessageId, OneTimePrekeyId, SendId, UnixTime,
};

use self::body::exactly;

pub(crate) use self::body::{
    Account, Body, Commit, LaneRow, ListRow, Mailbox, Number, ReceiptRow, SentRow, TakenRow,
};
pub(crate) use self::value::{close, close_with, open};

/// The format of the whole directory; another one is not opened.
pub(crate) const FORMAT: u8 = 1;

/// The first byte of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Table {
    Commit = 0x01,
    Ring = 0x02,
    Mailbox = 0x10,
    Account = 0x11,
    Capability = 0x12,
    Sent = 0x13,
    Lane = 0x14,
    Receipt = 0x15,
    Taken = 0x16,
    Ending = 0x17,
    Envelope = 0x20,
    List = 0x21,
    Signed = 0x22,
    OneTime = 0x23,
}

impl Table {
    /// Every table, in the order of their keys.
    pub(crate) const ALL: [Self; 14] = [
        Self::Commit,
        Self::Ring,
        Self::Mailbox,
        Self::Account,
        Self::Capability,
        Self::Sent,
        Self::Lane,
        Self::Receipt,
        Self::Taken,
        Self::Ending,
        Self::Envelope,
        Self::List,
        Self::Signed,
        Self::OneTime,
    ];

    /// True for the tables of the keyspace `blobs`.
    pub(crate) fn is_large(byte: u8) -> bool {
        byte >= Self::Envelope as u8
    }

    /// A key of this table.
    pub(crate) fn key(self, parts: &[&[u8]]) -> Key {
        let mut key = Vec::with_capacity(1 + parts.iter().map(|part| part.len()).sum::<usize>());
        key.push(self as u8);
        parts.iter().for_each(|part| key.extend_from_slice(part));
        key.into()
    }
}

/// The bytes of a key, its table first.
pub(crate) type Key = Bytes;

/// Slots of the ring: more commits than lie between two checkpoints, so that a hole among those that only journals
/// hold is seen at open.
pub(crate) const RING: u64 = 1 << 16;

pub(crate) fn commit() -> Key {
    Table::Commit.key(&[])
}

pub(crate) fn ring(number: u64) -> Key {
    let slot = u16::try_from(number % RING).unwrap_or(u16::MAX);
    Table::Ring.key(&[&slot.to_be_bytes()])
}

pub(crate) fn mailbox(device: &DeviceId) -> Key {
    Table::Mailbox.key(&[device.as_bytes()])
}

pub(crate) fn account(account: &AccountId) -> Key {
    Table::Account.key(&[account.as_bytes()])
}

pub(crate) fn capability(account: &AccountId, hash: &CapabilityHash) -> Key {
    Table::Capability.key(&[account.as_bytes(), hash.as_bytes()])
}

pub(crate) fn sent(device: &DeviceId, id: &SendId) -> Key {
    Table::Sent.key(&[device.as_bytes(), id.as_bytes()])
}

pub(crate) fn lane(device: &DeviceId, place: u64) -> Key {
    Table::Lane.key(&[device.as_bytes(), &place.to_be_bytes()])
}

pub(crate) fn receipt(device: &DeviceId, message: &MessageId, by: &AccountId) -> Key {
    Table::Receipt.key(&[device.as_bytes(), message.as_bytes(), by.as_bytes()])
}

pub(crate) fn taken(device: &DeviceId, id: &OneTimePrekeyId) -> Key {
    Table::Taken.key(&[device.as_bytes(), id.as_bytes()])
}

pub(crate) fn list(account: &AccountId) -> Key {
    Table::List.key(&[account.as_bytes()])
}

pub(crate) fn signed(device: &DeviceId) -> Key {
    Table::Signed.key(&[device.as_bytes()])
}

pub(crate) fn one_time(device: &DeviceId, id: &OneTimePrekeyId) -> Key {
    Table::OneTime.key(&[device.as_bytes(), id.as_bytes()])
}

/// The first and the last key of a table that begin with `parts`.
pub(crate) fn under(table: Table, parts: &[&[u8]]) -> (Key, Key) {
    let first = table.key(parts);
    let last = [&first[..], &[0xff; 96]].concat();
    (first, last.into())
}

/// The key of an envelope says all that its end takes: its value need not be read for that, nor be readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EnvelopeKey {
    pub(crate) mailbox: DeviceId,
    pub(crate) seq: u64,
    pub(crate) expires: UnixTime,
    pub(crate) length: u32,
    pub(crate) sender: Sender,
}

/// Who is told when an envelope ends, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sender {
    pub(crate) from: DeviceId,
    pub(crate) message_id: MessageId,
}

impl EnvelopeKey {
    pub(crate) fn encode(&self) -> Key {
        Table::Envelope.key(&[
            self.mailbox.as_bytes(),
            &self.seq.to_be_bytes(),
            &self.expires.seconds().to_be_bytes(),
            &self.length.to_be_bytes(),
            self.sender.from.as_bytes(),
            self.sender.message_id.as_bytes(),
        ])
    }

    pub(crate) fn decode(key: &[u8]) -> Result<Self, DecodeError> {
        exactly(&key[1..], |reader| {
            Ok(Self {
                mailbox: DeviceId::decode_from(reader)?,
                seq: reader.u64()?,
                expires: UnixTime::decode_from(reader)?,
                length: reader.u32()?,
                sender: Sender {
                    from: DeviceId::decode_from(reader)?,
                    message_id: MessageId::decode_from(reader)?,
                },
            })
        })
    }

    /// The keys of a mailbox from one number to another, both included.
    pub(crate) fn range(mailbox: &DeviceId, from: u64, to: u64) -> (Key, Key) {
        let first = Table::Envelope.key(&[mailbox.as_bytes(), &from.to_be_bytes()]);
        let last = Table::Envelope.key(&[mailbox.as_bytes(), &to.to_be_bytes(), &[0xff; 44]]);
        (first, last)
    }
}

/// What ends by itself. Those of one moment end in the order of kinds and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// 1: the first of the envelopes in a mailbox, or one that was there before it.
    Mailbox(DeviceId),
    /// 2: an item of a lane, by its place.
    LaneItem(DeviceId, u64),
    /// 3: the memory of a send id.
    Sent(DeviceId, SendId),
    /// 4: the memory of a prekey that was handed out.
    Taken(DeviceId, OneTimePrekeyId),
    /// 5: a mailbox that no list named when it was made.
    Orphan(DeviceId),
}

impl Ending {
    pub(crate) fn key(&self, at: UnixTime) -> Key {
        let at = at.seconds().to_be_bytes();
        let row = |kind: u8, device: &DeviceId, rest: &[u8]| {
            Table::Ending.key(&[&at, &[kind], device.as_bytes(), rest])
        };
        match self {
            Self::Mailbox(device) => row(1, device, &[]),
            Self::LaneItem(device, place) => row(2, device, &place.to_be_bytes()),
            Self::Sent(device, id) => row(3, device, id.as_bytes()),
            Self::Taken(device, id) => row(4, device, id.as_bytes()),
            Self::Orphan(device) => row(5, device, &[]),
        }
    }

    pub(crate) fn decode(key: &[u8]) -> Result<(UnixTime, Self), DecodeError> {
        exactly(&key[1..], |reader| {
            let at = UnixTime::decode_from(reader)?;
            let kind = reader.u8()?;
            let device = DeviceId::decode_from(reader)?;
            let ending = match kind {
                1 => Self::Mailbox(device),
                2 => Self::LaneItem(device, reader.u64()?),
                3 => Self::Sent(device, SendId::decode_from(reader)?),
                4 => Self::Taken(device, OneTimePrekeyId::decode_from(reader)?),
                5 => Self::Orphan(device),
                _ => return Err(DecodeError::InvalidValue),
            };
            Ok((at, ending))
        })
    }

    /// All that have ended at `now`.
    pub(crate) fn due(now: UnixTime) -> (Key, Key) {
        let last = Table::Ending.key(&[&now.seconds().to_be_bytes(), &[0xff; 40]]);
        (Table::Ending.key(&[]), last)
    }
}
