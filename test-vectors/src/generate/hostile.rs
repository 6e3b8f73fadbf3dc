//! What a relay or a hostile peer can do to a message: envelopes taken apart, and `seal` of SPEC 10.4 by hand.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use anyhow::{Context, Result, anyhow};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};
use twotick_wire::{Envelope, Label};
use x25519_dalek::{PublicKey, StaticSecret};

/// Bytes before `sealed` in an initial message.
pub(super) const INITIAL_HEADER: usize = 1903;

/// An envelope, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) from: [u8; 16],
    pub(super) to: [u8; 16],
    pub(super) message_id: [u8; 16],
    pub(super) message: Vec<u8>,
    pub(super) body: Vec<u8>,
}

impl Letter {
    /// Takes an envelope apart.
    pub(super) fn read(envelope: &str) -> Result<Self> {
        let bytes = hex::decode(envelope)?;
        let envelope = Envelope::decode(&bytes).map_err(|error| anyhow!("{error:?}"))?;
        Ok(Self {
            from: *envelope.from.as_bytes(),
            to: *envelope.to.as_bytes(),
            message_id: *envelope.message_id.as_bytes(),
            message: envelope.message.to_vec(),
            body: envelope.body.to_vec(),
        })
    }

    /// The envelope in hex.
    pub(super) fn write(&self) -> String {
        let mut bytes = vec![0x13, 1];
        bytes.extend([self.from, self.to, self.message_id].concat());
        for part in [&self.message, &self.body] {
            bytes.extend((part.len() as u32).to_be_bytes());
            bytes.extend(part);
        }
        hex::encode(bytes)
    }

    fn is_initial(&self) -> bool {
        self.message.first() == Some(&0x10)
    }

    fn sealed_at(&self) -> usize {
        if self.is_initial() { INITIAL_HEADER } else { 3 }
    }
}

/// The envelope with something about it changed.
pub(super) fn altered(envelope: &str, change: impl FnOnce(&mut Letter)) -> Result<String> {
    let mut letter = Letter::read(envelope)?;
    change(&mut letter);
    Ok(letter.write())
}

/// The envelope with these bytes of its message replaced.
pub(super) fn replaced(envelope: &str, offset: usize, bytes: &[u8]) -> Result<String> {
    altered(envelope, |letter| {
        letter.message[offset..offset + bytes.len()].copy_from_slice(bytes);
    })
}

/// The envelope with one bit of its message turned.
pub(super) fn turned(envelope: &str, offset: usize) -> Result<String> {
    altered(envelope, |letter| letter.message[offset] ^= 1)
}

/// The envelope with one bit of its salt turned.
pub(super) fn turned_salt(envelope: &str) -> Result<String> {
    altered(envelope, |letter| {
        let at = letter.sealed_at();
        letter.message[at] ^= 1;
    })
}

/// The envelope with one bit of its sealed header turned.
pub(super) fn turned_header(envelope: &str) -> Result<String> {
    altered(envelope, |letter| {
        let at = letter.sealed_at() + 12;
        letter.message[at] ^= 1;
    })
}

/// The envelope with one bit of its sealed body turned.
pub(super) fn turned_body(envelope: &str) -> Result<String> {
    altered(envelope, |letter| {
        let at = letter.sealed_at() + 76;
        letter.message[at] ^= 1;
    })
}

/// Whether the envelope carries an initial message.
pub(super) fn is_initial(envelope: &str) -> Result<bool> {
    Ok(Letter::read(envelope)?.is_initial())
}

/// The sending side of a session, taken from what `session.inspect` shows of its owner.
#[derive(Debug, Clone)]
pub(super) struct Hand {
    session: [u8; 32],
    header_key: [u8; 32],
    chain_key: [u8; 32],
    next_header_key: [u8; 32],
    /// The header's fields, which an honest sender takes from its state.
    pub(super) ratchet_key: [u8; 32],
    pub(super) previous_length: u32,
    pub(super) number: u32,
    /// Flags and reserved bytes: zero in an honest header.
    pub(super) flags: [u8; 4],
    /// Zero in an honest header.
    pub(super) pq_epoch: [u8; 4],
}

impl Hand {
    /// Of a current session whose sending chain is live.
    pub(super) fn of(inspected: &Value) -> Result<Self> {
        let session = &inspected["sessions"][0];
        let chain = &session["sending"];
        let private = key(&session["sending_ratchet_private"])?;
        Ok(Self {
            session: key(&session["session_id"])?,
            header_key: key(&chain["header_key"])?,
            chain_key: key(&chain["chain_key"])?,
            next_header_key: key(&session["next_sending_header_key"])?,
            ratchet_key: public(private),
            previous_length: number(&session["previous_length"])?,
            number: number(&chain["number"])?,
            flags: [0; 4],
            pq_epoch: [0; 4],
        })
    }

    /// Of a current session whose sending chain is due: the sending half of a DH step with this private key.
    pub(super) fn turning(inspected: &Value, private: [u8; 32]) -> Result<Self> {
        let session = &inspected["sessions"][0];
        let theirs = PublicKey::from(key(&session["receiving_ratchet_key"])?);
        let shared = StaticSecret::from(private).diffie_hellman(&theirs);
        let root = key(&session["root_key"])?;
        let stepped: [u8; 96] = expand(&extract(&root, shared.as_bytes()), Label::DeriveRoot, &[])?;
        Ok(Self {
            session: key(&session["session_id"])?,
            header_key: key(&session["next_sending_header_key"])?,
            chain_key: piece(&stepped, 1),
            next_header_key: piece(&stepped, 2),
            ratchet_key: public(private),
            previous_length: number(&session["previous_length"])?,
            number: 0,
            flags: [0; 4],
            pq_epoch: [0; 4],
        })
    }

    /// The same with the header key of the chain after this one.
    pub(super) fn one_chain_on(&self) -> Self {
        Self {
            header_key: self.next_header_key,
            ..self.clone()
        }
    }

    /// Steps the chain to this number.
    pub(super) fn step_to(&mut self, number: u32) -> Result<()> {
        while self.number < number {
            self.chain_key = mac(&self.chain_key, 2)?;
            self.number += 1;
        }
        Ok(())
    }

    /// This envelope with its message sealed anew: the route and, before an initial message's `sealed`, the header stay.
    pub(super) fn write(&self, like: &Letter, padded: &[u8]) -> Result<String> {
        let message_key = mac(&self.chain_key, 1)?;
        let drawn = [9; 12];
        let salt: [u8; 12] = expand(
            &message_key,
            Label::DeriveSalt,
            &[&drawn, &like.message_id, padded],
        )?;
        let kind = *like.message.first().context("an empty message")?;
        let route = [&[kind, 0, 1][..], &like.from, &like.to, &like.message_id].concat();
        let associated = [Label::SealHeader.framed(), &route].concat();
        let sealed_header = seal(&self.header_key, &salt, &associated, &self.header())?;
        let body_key: [u8; 32] = expand(&message_key, Label::DeriveMessage, &[&[kind], &salt])?;
        let associated = [Label::SealMessage.framed(), &self.session, &route, &sealed_header].concat();
        let sealed_body = seal(&body_key, &salt, &associated, padded)?;
        let mut message = like.message[..like.sealed_at()].to_vec();
        message.extend([&salt[..], &sealed_header, &sealed_body].concat());
        let letter = Letter {
            message,
            ..like.clone()
        };
        Ok(letter.write())
    }

    fn header(&self) -> Vec<u8> {
        let mut header = self.flags.to_vec();
        header.extend(self.ratchet_key);
        header.extend(self.previous_length.to_be_bytes());
        header.extend(self.number.to_be_bytes());
        header.extend(self.pq_epoch);
        header
    }
}

/// `H` of SPEC 3.1.
pub(super) fn hash(label: Label, parts: &[&[u8]]) -> [u8; 32] {
    let mut state = Sha256::new_with_prefix(label.framed());
    parts.iter().for_each(|part| state.update(part));
    state.finalize().into()
}

/// The public half of an X25519 key.
pub(super) fn public(private: [u8; 32]) -> [u8; 32] {
    PublicKey::from(&StaticSecret::from(private)).to_bytes()
}

fn key(value: &Value) -> Result<[u8; 32]> {
    let bytes = hex::decode(value.as_str().context("not a key")?)?;
    bytes.try_into().map_err(|_| anyhow!("not 32 bytes"))
}

fn number(value: &Value) -> Result<u32> {
    let number = value.as_u64().context("not a number")?;
    Ok(u32::try_from(number)?)
}

fn piece(keys: &[u8; 96], index: usize) -> [u8; 32] {
    std::array::from_fn(|at| keys[32 * index + at])
}

fn extract(salt: &[u8], input: &[u8]) -> [u8; 32] {
    Hkdf::<Sha256>::extract(Some(salt), input).0.into()
}

fn mac(key: &[u8; 32], constant: u8) -> Result<[u8; 32]> {
    let mut state = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key)?;
    state.update(&[constant]);
    Ok(state.finalize().into_bytes().into())
}

fn expand<const N: usize>(key: &[u8; 32], label: Label, parts: &[&[u8]]) -> Result<[u8; N]> {
    let info = [label.framed(), &parts.concat()].concat();
    let mut out = [0; N];
    let keys = Hkdf::<Sha256>::from_prk(key).map_err(|error| anyhow!("{error}"))?;
    keys.expand(&info, &mut out).map_err(|error| anyhow!("{error}"))?;
    Ok(out)
}

fn seal(key: &[u8; 32], nonce: &[u8; 12], associated: &[u8], text: &[u8]) -> Result<Vec<u8>> {
    let mut sealed = text.to_vec();
    let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key));
    let tag = cipher
        .encrypt_inout_detached(&Nonce::from(*nonce), associated, sealed.as_mut_slice().into())
        .map_err(|error| anyhow!("{error}"))?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// The id of an encoded signed prekey (SPEC 8.1): its keys stand behind object, version and suite.
pub(super) fn prekey_id(signed_prekey: &str) -> Result<Vec<u8>> {
    let bytes = hex::decode(signed_prekey)?;
    let keys = bytes.get(4..4 + 32 + 1568).context("no signed prekey")?;
    Ok(hash(Label::SignedPrekeyId, &[keys])[..16].to_vec())
}
