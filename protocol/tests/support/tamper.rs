//! Hands of the relay: envelopes taken apart at the offsets of SPEC 9.2 and put together again.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::montgomery::MontgomeryPoint;
use ed25519_dalek::{Signer, SigningKey};
use twotick_protocol::wire::{DeviceId, Envelope, InitialHeader, Label, MessageId, PrekeyBundle, Signature};
use twotick_protocol::{Device, Record};

/// Offsets in an initial message.
pub const SUITE: usize = 1;
pub const CERTIFICATE: usize = 3;
pub const GENERATION: usize = 267;
pub const SIGNED_PREKEY_ID: usize = 271;
pub const ONE_TIME_PREKEY_ID: usize = 287;
pub const EPHEMERAL: usize = 303;
pub const KEM_CIPHERTEXT: usize = 335;
pub const SALT: usize = InitialHeader::LENGTH;
pub const HEADER: usize = SALT + 12;
pub const BODY: usize = HEADER + 64;

/// The seven `u` of small order, canonical or not, with and without the high bit where it makes another encoding.
pub const LOW_ORDER: [&str; 12] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7",
];

/// The envelope with its message changed.
pub fn edit(envelope: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let envelope = Envelope::decode(envelope).unwrap();
    let mut message = envelope.message.to_vec();
    change(&mut message);
    Envelope {
        message: &message,
        ..envelope
    }
    .encode()
}

/// The envelope with these bytes of its message replaced.
pub fn put(envelope: &[u8], offset: usize, bytes: &[u8]) -> Vec<u8> {
    edit(envelope, |message| {
        message[offset..offset + bytes.len()].copy_from_slice(bytes);
    })
}

/// The envelope with one bit of its message turned.
pub fn flip(envelope: &[u8], offset: usize) -> Vec<u8> {
    edit(envelope, |message| message[offset] ^= 1)
}

/// The envelope with another message id.
pub fn renamed(envelope: &[u8], n: u8) -> Vec<u8> {
    Envelope {
        message_id: MessageId::new([n; 16]),
        ..Envelope::decode(envelope).unwrap()
    }
    .encode()
}

/// The envelope, delivered to somebody else.
pub fn redirected(envelope: &[u8], to: DeviceId) -> Vec<u8> {
    Envelope {
        to,
        ..Envelope::decode(envelope).unwrap()
    }
    .encode()
}

pub fn is_initial(envelope: &[u8]) -> bool {
    Envelope::decode(envelope).unwrap().message[0] == 0x10
}

/// 32 bytes from hex.
pub fn bytes(hex: &str) -> [u8; 32] {
    std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
}

/// `key` and each point of small order but the identity: the same agreement with a clamped scalar, another encoding.
pub fn torsioned(key: &[u8; 32]) -> Vec<[u8; 32]> {
    let point = MontgomeryPoint(*key).to_edwards(0).unwrap();
    let sums = EIGHT_TORSION[1..].iter().map(|torsion| point + torsion);
    sums.map(|sum| sum.to_montgomery().to_bytes()).collect()
}

/// A stolen device signing key: what its owner, or a hostile contact, can sign.
pub struct Pen(SigningKey);

impl Pen {
    /// The key stands behind the two bytes with which every record starts.
    pub fn of(device: &Device) -> Self {
        Self::from_record(&Record::encode(device))
    }

    pub fn from_record(record: &[u8]) -> Self {
        Self(SigningKey::from_bytes(record[2..34].try_into().unwrap()))
    }

    pub fn sign(&self, label: Label, input: &[u8]) -> Signature {
        Signature::new(self.0.sign(&[label.framed(), input].concat()).to_bytes())
    }

    /// Signs the prekeys of a bundle again.
    pub fn sign_bundle(&self, mut bundle: PrekeyBundle) -> PrekeyBundle {
        let hash = twotick_protocol::certificate_hash(&bundle.certificate);
        let signed = &mut bundle.signed_prekey;
        signed.signature = self.sign(Label::SignSignedPrekey, &signed.signing_input(&hash));
        if let Some(one_time) = &mut bundle.one_time_prekey {
            one_time.signature = self.sign(Label::SignOneTimePrekey, &one_time.signing_input(&hash));
        }
        bundle
    }
}
