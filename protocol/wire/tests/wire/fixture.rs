//! One well-formed value of each type, from a seed.

#![allow(
    clippy::unwrap_used,
    reason = "a fixture that does not build is a failed test"
)]

use twotick_wire::{
    AccountId, AccountKey, AccountRotation, CertificateHash, DeviceCertificate, DeviceEntry, DeviceId,
    DeviceList, DeviceSigningKey, Envelope, InitialHeader, KemPublicKey, LinkCompletion, LinkOffer,
    LinkRequest, ListHash, MessageId, OneTimePrekey, OneTimePrekeyId, PrekeyBundle, Revocation, Signature,
    SignedPrekey, SignedPrekeyId, UnixTime, X25519PublicKey,
};

/// `N` bytes that differ from place to place and from seed to seed.
pub(crate) fn bytes<const N: usize>(seed: u8) -> [u8; N] {
    core::array::from_fn(|index| {
        seed.wrapping_add((index as u8).wrapping_mul(7))
            .wrapping_add((index >> 8) as u8)
    })
}

pub(crate) fn many(seed: u8, length: usize) -> Vec<u8> {
    (0..length)
        .map(|index| seed.wrapping_add((index as u8).wrapping_mul(7)))
        .collect()
}

pub(crate) fn x25519(seed: u8) -> X25519PublicKey {
    let mut key = bytes::<32>(seed);
    key[31] &= 0x7f;
    X25519PublicKey::decode(key).unwrap()
}

pub(crate) fn kem(seed: u8) -> KemPublicKey {
    KemPublicKey::decode(&many(seed, 1568)).unwrap()
}

pub(crate) fn certificate() -> DeviceCertificate {
    DeviceCertificate {
        suites: 0x0001,
        account_key: AccountKey::new(bytes(10)),
        device_id: DeviceId::new(bytes(11)),
        device_signing_key: DeviceSigningKey::new(bytes(12)),
        device_identity_key: x25519(13),
        created: UnixTime::new(1_700_000_000),
        expires: UnixTime::new(1_731_536_000),
        capabilities: 0x8000_0001,
        account_signature: Signature::new(bytes(14)),
        device_signature: Signature::new(bytes(15)),
    }
}

/// A device id that sorts by its number.
pub(crate) fn device(number: u8) -> DeviceId {
    let mut id = [0xaa; 16];
    id[0] = number;
    DeviceId::new(id)
}

pub(crate) fn list(devices: u8, revoked: u8) -> DeviceList {
    DeviceList {
        account_key: AccountKey::new(bytes(20)),
        epoch: 7,
        previous: ListHash::new(bytes(21)),
        issued: UnixTime::new(1_700_000_000),
        expires: UnixTime::new(1_703_024_000),
        devices: (0..devices)
            .map(|number| DeviceEntry {
                device_id: device(2 * number),
                certificate_hash: CertificateHash::new(bytes(number)),
            })
            .collect(),
        revoked: (0..revoked)
            .map(|number| Revocation {
                device_id: device(2 * number + 1),
                epoch: 1 + u32::from(number % 7),
            })
            .collect(),
        signature: Signature::new(bytes(22)),
    }
}

pub(crate) fn rotation() -> AccountRotation {
    AccountRotation {
        old_account_key: AccountKey::new(bytes(30)),
        new_account_key: AccountKey::new(bytes(31)),
        last_epoch: 3,
        last_list_hash: ListHash::new(bytes(32)),
        issued: UnixTime::new(1_700_000_001),
        old_signature: Signature::new(bytes(33)),
        new_signature: Signature::new(bytes(34)),
    }
}

pub(crate) fn signed_prekey() -> SignedPrekey {
    SignedPrekey {
        diffie_hellman: x25519(40),
        kem: kem(41),
        not_before: UnixTime::new(1_700_000_002),
        not_after: UnixTime::new(1_701_209_602),
        signature: Signature::new(bytes(42)),
    }
}

pub(crate) fn one_time_prekey() -> OneTimePrekey {
    OneTimePrekey {
        diffie_hellman: x25519(43),
        kem: kem(44),
        signature: Signature::new(bytes(45)),
    }
}

pub(crate) fn bundle(one_time_prekey: Option<OneTimePrekey>) -> PrekeyBundle {
    PrekeyBundle {
        certificate: certificate(),
        signed_prekey: signed_prekey(),
        one_time_prekey,
    }
}

pub(crate) fn initial_header(one_time_prekey_id: Option<OneTimePrekeyId>) -> InitialHeader {
    InitialHeader {
        certificate: certificate(),
        generation: 2,
        signed_prekey_id: SignedPrekeyId::new(bytes(50)),
        one_time_prekey_id,
        ephemeral: x25519(51),
        kem_ciphertext: Box::new(bytes(52)),
    }
}

pub(crate) fn initial_message(bucket: usize) -> Vec<u8> {
    let header = initial_header(Some(OneTimePrekeyId::new(bytes(53))));
    [header.encode(), many(54, 12 + 64 + bucket + 16)].concat()
}

pub(crate) fn ratchet_message(bucket: usize) -> Vec<u8> {
    [vec![0x11, 0x00, 0x01], many(55, 12 + 64 + bucket + 16)].concat()
}

pub(crate) fn shared_body(bucket: usize) -> Vec<u8> {
    [vec![0x12, 1, 0x00, 0x01], many(56, 32 + bucket + 16)].concat()
}

pub(crate) fn envelope<'a>(message: &'a [u8], body: &'a [u8]) -> Envelope<'a> {
    Envelope {
        from: DeviceId::new(bytes(57)),
        to: DeviceId::new(bytes(58)),
        message_id: MessageId::new(bytes(59)),
        message,
        body,
    }
}

pub(crate) fn account_id(seed: u8) -> AccountId {
    AccountId::new(bytes(seed))
}

pub(crate) fn link_request() -> LinkRequest {
    LinkRequest {
        device_id: DeviceId::new(bytes(60)),
        device_signing_key: DeviceSigningKey::new(bytes(61)),
        device_identity_key: x25519(62),
        suites: 1,
        capabilities: 0,
    }
}

pub(crate) fn link_completion(devices: u8, revoked: u8) -> LinkCompletion {
    LinkCompletion {
        device_list: list(devices, revoked),
        siblings: vec![certificate(); usize::from(devices)],
    }
}

pub(crate) fn link_offer() -> LinkOffer {
    LinkOffer {
        secret: bytes(63),
        account_id: account_id(64),
        expires: UnixTime::new(1_700_000_060),
    }
}
