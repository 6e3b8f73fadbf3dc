//! Any value of each type, for properties.

use proptest::{collection::vec, prelude::*};
use twotick_wire::{
    AccountKey, AccountRotation, CertificateHash, DeviceCertificate, DeviceEntry, DeviceId, DeviceList,
    DeviceSigningKey, InitialHeader, KemPublicKey, LinkStep, ListHash, OneTimePrekey, OneTimePrekeyId,
    PrekeyBundle, Revocation, Signature, SignedPrekey, SignedPrekeyId, UnixTime, X25519PublicKey,
};

pub(crate) fn certificate() -> impl Strategy<Value = DeviceCertificate> {
    let keys = (any::<[u8; 32]>(), any::<[u8; 16]>(), any::<[u8; 32]>(), x25519());
    let rest = (
        any::<u16>(),
        any::<u64>(),
        any::<u64>(),
        any::<u32>(),
        signature(),
        signature(),
    );
    (keys, rest).prop_map(
        |(
            (account, id, signing, device_identity_key),
            (suites, created, expires, capabilities, first, second),
        )| {
            DeviceCertificate {
                suites: suites | 1,
                account_key: AccountKey::new(account),
                device_id: DeviceId::new(id),
                device_signing_key: DeviceSigningKey::new(signing),
                device_identity_key,
                created: UnixTime::new(created),
                expires: UnixTime::new(expires),
                capabilities,
                account_signature: first,
                device_signature: second,
            }
        },
    )
}

/// Ids are drawn once for devices and revocations together, so that none is in both.
pub(crate) fn list() -> impl Strategy<Value = DeviceList> {
    let ids = prop::collection::btree_map(any::<[u8; 16]>(), any::<(bool, u32, [u8; 32])>(), 1..=16);
    (
        ids,
        any::<[u8; 32]>(),
        1..=u32::MAX,
        1..=u128::MAX,
        any::<(u64, u64)>(),
        signature(),
    )
        .prop_map(|(ids, account, epoch, previous, (issued, expires), signature)| {
            let (mut devices, mut revoked) = (Vec::new(), Vec::new());
            for (id, (listed, revoked_at, hash)) in ids {
                let device_id = DeviceId::new(id);
                if listed || devices.is_empty() {
                    let certificate_hash = CertificateHash::new(hash);
                    devices.push(DeviceEntry {
                        device_id,
                        certificate_hash,
                    });
                } else {
                    revoked.push(Revocation {
                        device_id,
                        epoch: revoked_at.min(epoch),
                    });
                }
            }
            let mut hash = [0; 32];
            if epoch > 1 {
                hash[16..].copy_from_slice(&previous.to_be_bytes());
            }
            DeviceList {
                account_key: AccountKey::new(account),
                epoch,
                previous: ListHash::new(hash),
                issued: UnixTime::new(issued),
                expires: UnixTime::new(expires),
                devices,
                revoked,
                signature,
            }
        })
}

pub(crate) fn rotation() -> impl Strategy<Value = AccountRotation> {
    let keys = any::<[[u8; 32]; 2]>().prop_filter("two keys", |[old, new]| old != new);
    (
        keys,
        1..=u32::MAX,
        any::<[u8; 32]>(),
        any::<u64>(),
        signature(),
        signature(),
    )
        .prop_map(
            |([old, new], last_epoch, hash, issued, old_signature, new_signature)| AccountRotation {
                old_account_key: AccountKey::new(old),
                new_account_key: AccountKey::new(new),
                last_epoch,
                last_list_hash: ListHash::new(hash),
                issued: UnixTime::new(issued),
                old_signature,
                new_signature,
            },
        )
}

pub(crate) fn signed_prekey() -> impl Strategy<Value = SignedPrekey> {
    (x25519(), kem(), any::<u64>(), any::<u64>(), signature()).prop_map(
        |(diffie_hellman, kem, not_before, not_after, signature)| SignedPrekey {
            diffie_hellman,
            kem,
            not_before: UnixTime::new(not_before),
            not_after: UnixTime::new(not_after),
            signature,
        },
    )
}

pub(crate) fn one_time_prekey() -> impl Strategy<Value = OneTimePrekey> {
    (x25519(), kem(), signature()).prop_map(|(diffie_hellman, kem, signature)| OneTimePrekey {
        diffie_hellman,
        kem,
        signature,
    })
}

pub(crate) fn bundle() -> impl Strategy<Value = PrekeyBundle> {
    (
        certificate(),
        signed_prekey(),
        prop::option::of(one_time_prekey()),
    )
        .prop_map(|(certificate, signed_prekey, one_time_prekey)| PrekeyBundle {
            certificate,
            signed_prekey,
            one_time_prekey,
        })
}

pub(crate) fn initial_header() -> impl Strategy<Value = InitialHeader> {
    let ids = (any::<[u8; 16]>(), prop::option::of(1..=u128::MAX));
    (certificate(), 1..=u32::MAX, ids, x25519(), array::<1568>()).prop_map(
        |(certificate, generation, (signed, one_time), ephemeral, ciphertext)| InitialHeader {
            certificate,
            generation,
            signed_prekey_id: SignedPrekeyId::new(signed),
            one_time_prekey_id: one_time.map(|id| OneTimePrekeyId::new(id.to_be_bytes())),
            ephemeral,
            kem_ciphertext: Box::new(ciphertext),
        },
    )
}

pub(crate) fn link_step() -> impl Strategy<Value = LinkStep> {
    prop::sample::select(vec![
        LinkStep::Request,
        LinkStep::Proposal,
        LinkStep::Acceptance,
        LinkStep::Completion,
    ])
}

pub(crate) fn x25519() -> impl Strategy<Value = X25519PublicKey> {
    any::<[u8; 32]>().prop_filter_map("an accepted key", |mut bytes| {
        bytes[31] &= 0x7f;
        X25519PublicKey::decode(bytes).ok()
    })
}

pub(crate) fn kem() -> impl Strategy<Value = KemPublicKey> {
    vec(any::<u8>(), 1568).prop_filter_map("of the right length", |bytes| KemPublicKey::decode(&bytes).ok())
}

pub(crate) fn signature() -> impl Strategy<Value = Signature> {
    array::<64>().prop_map(Signature::new)
}

/// A bucket and a tag.
pub(crate) fn sealed(maximum: usize) -> impl Strategy<Value = Vec<u8>> {
    let buckets: Vec<usize> = (0..=maximum)
        .filter(|&length| twotick_wire::is_bucket(length, maximum))
        .collect();
    (prop::sample::select(buckets), any::<u8>()).prop_map(|(bucket, byte)| vec![byte; bucket + 16])
}

pub(crate) fn array<const N: usize>() -> impl Strategy<Value = [u8; N]> {
    vec(any::<u8>(), N).prop_filter_map("of the right length", |bytes| bytes.try_into().ok())
}
