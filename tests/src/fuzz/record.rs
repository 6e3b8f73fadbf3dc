//! Stored records: a database that was damaged or tampered with is refused, never a panic (SPEC 15.2).

use twotick_protocol::{
    Account, AccountKeyPair, Conversation, Device, PeerDevice, Prekeys, Record, RecordKey, RecordKind,
    SentReceipts,
};

/// Decodes as each kind of record and encodes again; the first byte tells them apart.
pub fn record(data: &[u8]) {
    macro_rules! canonical {
        ($($type:ident),+) => {
            $(
                if let Ok(value) = $type::decode(data) {
                    assert_eq!(value.encode()[..], data[..], stringify!($type));
                }
            )+
        };
    }
    canonical!(
        Account,
        AccountKeyPair,
        Conversation,
        Device,
        PeerDevice,
        SentReceipts
    );
}

/// Loads a prekey record, `u8 length of the id || id || value`, as each kind; to load it again changes nothing.
pub fn prekey_record(data: &[u8]) {
    let Some((&length, rest)) = data.split_first() else {
        return;
    };
    let Some((id, value)) = rest.split_at_checked(length.into()) else {
        return;
    };
    let mut prekeys = Prekeys::new();
    for kind in [
        RecordKind::SignedPrekey,
        RecordKind::OneTimePrekey,
        RecordKind::ReplayEntry,
    ] {
        let key = RecordKey::new(kind, &[id]);
        let first = (prekeys.load(&key, value), prekeys.one_time_count());
        assert_eq!((prekeys.load(&key, value), prekeys.one_time_count()), first);
    }
}
