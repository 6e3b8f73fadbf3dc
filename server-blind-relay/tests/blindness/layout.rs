//! Everything a store may hold, byte by byte. It was written from SPEC 29 and knows nothing of the store's own code: a
//! row that is not here is metadata that nobody has decided on.

use std::path::Path;

use fjall::{Database, KeyspaceCreateOptions, KvSeparationOptions, Readable as _};

/// A row as the engine has it.
pub(crate) struct Row {
    pub(crate) keyspace: String,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// A kind of row: keyspace, first byte of the key, and the fields after it; the fields of the value after its checksum
/// and version. `=` is a byte that must be there, `*` a length that varies, `<` one that is counted by the field before.
const ROWS: &[(&str, u8, &str, &str)] = &[
    (
        "rows",
        0x01,
        "",
        "commits:8 epoch:16 now:8 mailboxes:8 envelopes:8 bytes:8",
    ),
    ("rows", 0x02, "slot:2", "commit:8"),
    (
        "rows",
        0x10,
        "device:16",
        "account:32 certificate_hash:32 session_epoch:8 day_of_last_attach:4 acked:8 next:8 envelopes:4 bytes:8 \
         ends:8 refused:4 lane_first:8 lane_next:8 receipts:4 bounces:4 has_signed_prekey:1 one_time_prekeys:4 taken:4",
    ),
    (
        "rows",
        0x11,
        "account:32",
        "list_epoch:4 list_hash:16 mailboxes:4 capabilities:4",
    ),
    (
        "rows",
        0x12,
        "account:32 capability_hash:32",
        "flags:1 envelopes:2 used:2 expires:8 bound_account:32",
    ),
    ("rows", 0x13, "sending_device:16 send_id:16", "digest:16 ends:8"),
    (
        "rows",
        0x14,
        "device:16 place:8",
        "ends:8 kind=1 account:32 object:1 version:1 state:1 message_id:16 tag:16",
    ),
    (
        "rows",
        0x14,
        "device:16 place:8",
        "ends:8 kind=2 device:16 message_id:16 reason:2",
    ),
    (
        "rows",
        0x15,
        "device:16 message_id:16 account:32",
        "place:8 state:1",
    ),
    ("rows", 0x16, "device:16 prekey_id:16", "ends:8"),
    ("rows", 0x17, "ends:8 kind=1 device:16", ""),
    ("rows", 0x17, "ends:8 kind=2 device:16 place:8", ""),
    ("rows", 0x17, "ends:8 kind=3 device:16 send_id:16", ""),
    ("rows", 0x17, "ends:8 kind=4 device:16 prekey_id:16", ""),
    ("rows", 0x17, "ends:8 kind=5 device:16", ""),
    (
        "blobs",
        0x20,
        "device:16 seq:8 ends:8 length:4 sending_device:16 message_id:16",
        "accepted:8 object=19 version=1 from:16 to:16 message_id:16 length:4 message:< length:4 body:<",
    ),
    ("blobs", 0x21, "account:32", "length:4 list:< certificates:264*"),
    ("blobs", 0x22, "device:16", "signed_prekey:1684"),
    ("blobs", 0x23, "device:16 prekey_id:16", "one_time_prekey:1668"),
];

/// The names of fields, each with the line of SPEC 29 that it falls under.
pub(crate) const FIELDS: &[(&str, &str)] = &[
    ("account", "mailbox, receipts, capabilities"),
    ("accepted", "time of acceptance"),
    ("acked", "mailbox"),
    ("body", "sealed bytes"),
    ("bounces", "bounces, as a number"),
    ("bound_account", "hashes of capabilities, with bound account"),
    ("bytes", "size"),
    ("capabilities", "hashes of capabilities, as a number"),
    ("capability_hash", "hashes of capabilities"),
    ("certificate_hash", "certificate"),
    ("certificates", "certificate"),
    ("commit", "of the store itself"),
    ("commits", "of the store itself"),
    ("day_of_last_attach", "day of the last attach"),
    ("device", "mailbox"),
    ("digest", "hash of the request"),
    ("ends", "expiry"),
    ("envelopes", "quota"),
    ("epoch", "of the store itself"),
    ("expires", "expiry of a capability"),
    ("flags", "of a capability"),
    ("from", "envelope: from"),
    ("has_signed_prekey", "prekeys"),
    ("kind", "receipt or bounce"),
    ("lane_first", "mailbox"),
    ("lane_next", "mailbox"),
    ("length", "size"),
    ("list", "device list"),
    ("list_epoch", "device list"),
    ("list_hash", "device list"),
    ("mailboxes", "as a number"),
    ("message", "sealed bytes"),
    ("message_id", "message id"),
    ("next", "mailbox"),
    ("now", "of the store itself"),
    ("object", "format"),
    ("one_time_prekey", "prekeys"),
    ("one_time_prekeys", "prekeys, as a number"),
    ("place", "in the lane"),
    ("prekey_id", "prekey ids handed out"),
    ("reason", "bounces: reason"),
    ("receipts", "as a number"),
    ("refused", "as a number"),
    ("send_id", "send id"),
    ("sending_device", "sending device"),
    ("seq", "mailbox"),
    ("session_epoch", "mailbox"),
    ("signed_prekey", "prekeys"),
    ("slot", "of the store itself"),
    ("state", "receipts: state"),
    ("tag", "receipts: tag"),
    ("taken", "as a number"),
    ("to", "envelope: to"),
    ("used", "quota"),
    ("version", "format"),
];

impl Row {
    /// The names of its fields with their bytes, or nothing if it is no row that may be there.
    pub(crate) fn fields(&self) -> Option<Vec<(&'static str, Vec<u8>)>> {
        let (table, key) = self.key.split_first()?;
        let body = self.value.get(5..).filter(|_| self.value[4] == 1)?;
        ROWS.iter().find_map(|(keyspace, byte, key_fields, body_fields)| {
            let is_of_table = *keyspace == self.keyspace && byte == table;
            let mut fields = is_of_table.then(|| read(key, key_fields)).flatten()?;
            fields.extend(read(body, body_fields)?);
            Some(fields)
        })
    }
}

/// Reads fields to the last byte.
fn read(mut bytes: &[u8], fields: &'static str) -> Option<Vec<(&'static str, Vec<u8>)>> {
    let mut all: Vec<(&str, Vec<u8>)> = vec![];
    for field in fields.split_whitespace() {
        let at = field.find([':', '='])?;
        let (name, rule) = (&field[..at], &field[at + 1..]);
        let length = if field.as_bytes()[at] == b'=' {
            let expected: u8 = rule.parse().expect("a byte");
            bytes.first().filter(|byte| **byte == expected).map(|_| 1)?
        } else if rule == "<" {
            let counted: [u8; 4] = all.last()?.1.as_slice().try_into().ok()?;
            usize::try_from(u32::from_be_bytes(counted)).ok()?
        } else if let Some(step) = rule.strip_suffix('*') {
            let step: usize = step.parse().expect("a length");
            bytes.len().is_multiple_of(step).then_some(bytes.len())?
        } else {
            rule.parse().expect("a length")
        };
        let (value, rest) = bytes.split_at_checked(length)?;
        all.push((name, value.to_vec()));
        bytes = rest;
    }
    bytes.is_empty().then_some(all)
}

/// Every row of every keyspace, by way of the engine alone.
pub(crate) fn rows(data: &Path) -> Vec<Row> {
    let database = Database::builder(data.join("engine")).open().expect("the engine");
    let mut all = vec![];
    for name in database.list_keyspace_names() {
        let options = || {
            let options = KeyspaceCreateOptions::default();
            if *name == *"blobs" {
                options.with_kv_separation(Some(KvSeparationOptions::default()))
            } else {
                options
            }
        };
        let keyspace = database.keyspace(&name, options).expect("a keyspace");
        for guard in database.snapshot().iter(&keyspace) {
            let (key, value) = guard.into_inner().expect("a row");
            all.push(Row {
                keyspace: name.to_string(),
                key: key.to_vec(),
                value: value.to_vec(),
            });
        }
    }
    all
}

/// Every field is on the list, and every field of the list is somewhere.
#[test]
fn fields_and_rows_are_of_one_mind() {
    let texts = ROWS.iter().flat_map(|(_, _, key, body)| [key, body]);
    let fields = texts.flat_map(|text| text.split_whitespace());
    let mut named: Vec<_> = fields
        .map(|field| &field[..field.find([':', '=']).expect("a rule")])
        .collect();
    named.sort_unstable();
    named.dedup();
    let mut listed: Vec<_> = FIELDS.iter().map(|(name, _)| *name).collect();
    listed.sort_unstable();
    assert_eq!(named, listed);
}
