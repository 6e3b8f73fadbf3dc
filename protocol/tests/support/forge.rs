//! `seal` of SPEC 10.4 once more, by hand, from a stored record: what a hostile peer device can send.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use twotick_protocol::wire::{Label, SUITE};

use super::pair::Letter;
use super::record::{SessionAt, key, number, sessions};

/// The sending half of a session, taken from the sender's record.
#[derive(Clone)]
pub struct Forger {
    session: [u8; 32],
    header_key: [u8; 32],
    chain_key: [u8; 32],
    pub ratchet_key: [u8; 32],
    pub previous_length: u32,
    pub number: u32,
    /// Flags and reserved bytes, and `pq_epoch`: zero in an honest header.
    pub flags: [u8; 4],
    pub epoch: u32,
}

impl Forger {
    /// Of the current session, whose sending chain is live.
    pub fn of(record: &[u8]) -> Self {
        let at: SessionAt = sessions(record).remove(0);
        let chain = at.sending.unwrap();
        Self {
            session: key(record, at.id),
            header_key: key(record, chain.header_key),
            chain_key: key(record, chain.chain_key),
            ratchet_key: key(record, at.own.unwrap() + 32),
            previous_length: number(record, at.previous_length),
            number: number(record, chain.number),
            flags: [0; 4],
            epoch: 0,
        }
    }

    /// Steps the chain to `number`.
    pub fn skip_to(&mut self, number: u32) {
        while self.number < number {
            self.chain_key = mac(&self.chain_key, 2);
            self.number += 1;
        }
    }

    /// A ratchet message with the route of `like` and exactly these padded bytes.
    pub fn seal(&self, like: &Letter, padded: &[u8]) -> Letter {
        let message_key = mac(&self.chain_key, 1);
        let salt: [u8; 12] = expand(
            &message_key,
            Label::DeriveSalt,
            &[&[9; 12], like.message_id.as_bytes(), padded],
        );
        let mut route = vec![0x11];
        route.extend_from_slice(&SUITE.to_be_bytes());
        for id in [
            like.from.as_bytes(),
            like.to.as_bytes(),
            like.message_id.as_bytes(),
        ] {
            route.extend_from_slice(id);
        }
        let mut header = self.flags.to_vec();
        header.extend_from_slice(&self.ratchet_key);
        header.extend_from_slice(&self.previous_length.to_be_bytes());
        header.extend_from_slice(&self.number.to_be_bytes());
        header.extend_from_slice(&self.epoch.to_be_bytes());
        let associated = [Label::SealHeader.framed(), &route].concat();
        let sealed_header = encrypt(&self.header_key, &salt, &associated, &header);
        let key: [u8; 32] = expand(&message_key, Label::DeriveMessage, &[&[0x11], &salt]);
        let associated = [Label::SealMessage.framed(), &self.session, &route, &sealed_header].concat();
        let sealed_body = encrypt(&key, &salt, &associated, padded);
        let mut bytes = vec![0x11];
        bytes.extend_from_slice(&SUITE.to_be_bytes());
        bytes.extend_from_slice(&salt);
        bytes.extend_from_slice(&sealed_header);
        bytes.extend_from_slice(&sealed_body);
        Letter {
            bytes,
            text: Vec::new(),
            ..like.clone()
        }
    }
}

/// `u32(len) || text || zeros` to 256 bytes.
pub fn pad(text: &[u8]) -> Vec<u8> {
    let mut padded = u32::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    padded.extend_from_slice(text);
    padded.resize(256, 0);
    padded
}

fn mac(key: &[u8], constant: u8) -> [u8; 32] {
    let mut state = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).unwrap();
    state.update(&[constant]);
    state.finalize().into_bytes().into()
}

fn expand<const N: usize>(key: &[u8], label: Label, parts: &[&[u8]]) -> [u8; N] {
    let mut info = label.framed().to_vec();
    parts.iter().for_each(|part| info.extend_from_slice(part));
    let mut out = [0; N];
    Hkdf::<Sha256>::from_prk(key)
        .unwrap()
        .expand(&info, &mut out)
        .unwrap();
    out
}

fn encrypt(key: &[u8; 32], nonce: &[u8; 12], associated: &[u8], text: &[u8]) -> Vec<u8> {
    let mut buffer = text.to_vec();
    let tag = Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key))
        .encrypt_inout_detached(&Nonce::from(*nonce), associated, buffer.as_mut_slice().into())
        .unwrap();
    buffer.extend_from_slice(&tag);
    buffer
}
