//! Sealed records, SPEC 15.4, and what secrets must not implement, SPEC 15.3.

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use twotick_protocol::wire::{AccountId, DeviceId};
use twotick_protocol::{
    BodyKey, Content, ReceiptKey, RecordContext, RecordKind, Secret, SentReceipts, StateError, StorageKey,
    open_record, seal_record,
};

const CONTEXT: RecordContext<'_> = RecordContext {
    kind: RecordKind::PeerDevice,
    account: AccountId::new([1; 32]),
    device: DeviceId::new([2; 16]),
    id: b"peer device id..",
    revision: 41,
};

/// R-STO-5, I5: another kind, owner, device, id or revision, or another store's key, is refused.
#[test]
fn a_record_opens_only_as_what_it_was_sealed_as() {
    let sealed = seal(1, &CONTEXT, b"sessions");
    assert_eq!(
        open_record(&key(1), &CONTEXT, &sealed).as_deref(),
        Ok(&b"sessions".to_vec())
    );
    let others = [
        RecordContext {
            kind: RecordKind::Account,
            ..CONTEXT
        },
        RecordContext {
            account: AccountId::new([9; 32]),
            ..CONTEXT
        },
        RecordContext {
            device: DeviceId::new([9; 16]),
            ..CONTEXT
        },
        RecordContext {
            id: b"peer device id",
            ..CONTEXT
        },
        RecordContext { id: b"", ..CONTEXT },
        RecordContext {
            revision: 40,
            ..CONTEXT
        },
        RecordContext {
            revision: 42,
            ..CONTEXT
        },
    ];
    for other in others {
        assert_eq!(
            open_record(&key(1), &other, &sealed),
            Err(StateError::RecordRefused),
            "{other:?}"
        );
    }
    assert_eq!(
        open_record(&key(2), &CONTEXT, &sealed),
        Err(StateError::RecordRefused)
    );
}

/// R-STO-5: every byte of a record counts, and it has no shorter form.
#[test]
fn a_changed_or_cut_record_is_refused() {
    let sealed = seal(1, &CONTEXT, b"sessions");
    for index in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[index] ^= 0x80;
        assert_eq!(
            open_record(&key(1), &CONTEXT, &changed),
            Err(StateError::RecordRefused)
        );
        assert_eq!(
            open_record(&key(1), &CONTEXT, &sealed[..index]),
            Err(StateError::RecordRefused)
        );
    }
}

/// R-PRM-7, R-PRM-8, I5: 24 drawn bytes, a 16-byte tag, and a key for each writing, even of the same record.
#[test]
fn each_writing_has_its_own_key() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let mut drawn = [0; 24];
    ChaCha20Rng::seed_from_u64(3).fill_bytes(&mut drawn);
    let first = seal_record(&key(1), &CONTEXT, &[0; 100], &mut rng);
    let second = seal_record(&key(1), &CONTEXT, &[0; 100], &mut rng);
    assert_eq!(first.len(), 24 + 100 + 16);
    assert_eq!(first[..24], drawn);
    assert_ne!(first[24..], second[24..]);
    let next = RecordContext {
        revision: 42,
        ..CONTEXT
    };
    let same_nonce = [CONTEXT, next].map(|context| seal(4, &context, &[0; 100]));
    assert_eq!(same_nonce[0][..24], same_nonce[1][..24]);
    assert_ne!(same_nonce[0][24..], same_nonce[1][24..]);
}

proptest! {
    /// R-STO-5: two contexts open each other's records only if they are equal.
    #[test]
    fn records_are_bound_to_their_context(a in context(), b in context(), value: Vec<u8>) {
        let sealed = seal(1, &borrowed(&a), &value);
        let own = open_record(&key(1), &borrowed(&a), &sealed);
        prop_assert_eq!(own.as_deref(), Ok(&value));
        prop_assert_eq!(open_record(&key(1), &borrowed(&b), &sealed).is_ok(), a == b);
    }
}

/// R-STO-4: printing shows nothing.
#[test]
fn debug_output_has_no_key() {
    let key = StorageKey::from(Secret::from_bytes([0xcd; 32]));
    assert_eq!(format!("{key:?}"), "StorageKey { .. }");
    assert_eq!(key.expose().expose(), &[0xcd; 32]);
}

/// R-STO-4: compiles only if the type does not implement the trait.
macro_rules! assert_not_implemented {
    ($($type:ty: $($trait:path),+;)*) => {$($(const _: fn() = || {
        trait Ambiguous<Marker> { fn probe() {} }
        struct Implemented;
        impl<T: ?Sized> Ambiguous<()> for T {}
        impl<T: ?Sized + $trait> Ambiguous<Implemented> for T {}
        let _ = <$type as Ambiguous<_>>::probe;
    };)+)*};
}

assert_not_implemented! {
    StorageKey: Clone, PartialEq, std::fmt::Display;
    BodyKey: Clone, PartialEq, std::fmt::Display;
    ReceiptKey: Clone, PartialEq, std::fmt::Display;
    Content: Clone, PartialEq, std::fmt::Display;
    SentReceipts: Clone, PartialEq, std::fmt::Display;
    Secret<32>: Clone, PartialEq, std::fmt::Display, std::fmt::Debug;
}

type OwnedContext = (bool, u8, u8, Vec<u8>, u64);

fn context() -> impl Strategy<Value = OwnedContext> {
    (
        any::<bool>(),
        0..2u8,
        0..2u8,
        proptest::collection::vec(0..2u8, 0..3),
        0..3u64,
    )
}

fn borrowed((kind, account, device, id, revision): &OwnedContext) -> RecordContext<'_> {
    RecordContext {
        kind: if *kind {
            RecordKind::Conversation
        } else {
            RecordKind::ReceiptKey
        },
        account: AccountId::new([*account; 32]),
        device: DeviceId::new([*device; 16]),
        id,
        revision: *revision,
    }
}

fn seal(seed: u64, context: &RecordContext<'_>, value: &[u8]) -> Vec<u8> {
    seal_record(&key(seed), context, value, &mut ChaCha20Rng::seed_from_u64(99))
}

fn key(seed: u64) -> StorageKey {
    StorageKey::generate(&mut ChaCha20Rng::seed_from_u64(seed))
}
