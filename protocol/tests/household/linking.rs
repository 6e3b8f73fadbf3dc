//! The steps of linking between honest devices, and a channel of the test's own (SPEC 6).

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce, Tag};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use twotick_protocol::wire::{
    DeviceCertificate, Label, LinkCommitment, LinkHello, LinkNonce, LinkOffer, LinkReveal, LinkSealed,
    LinkStep, X25519PublicKey,
};
use twotick_protocol::{
    AccountKeyPair, ExistingConfirmed, ExistingDevice, ExistingDigits, ExistingProposed, LinkDigits,
    LinkError, NewConfirmed, NewDevice, NewDigits,
};
use x25519_dalek::{PublicKey, StaticSecret};

use super::{NOW, Person, after, rng};

pub(crate) fn digits(person: &Person) -> (ExistingDigits, NewDigits) {
    let (offer, existing) = ExistingDevice::offer(person.key.account_id(), NOW, &mut rng(2));
    let (hello, new) = NewDevice::enter(offer, NOW, &mut rng(3)).unwrap();
    let (commitment, existing) = existing.hello(&hello, NOW, &mut rng(4)).unwrap();
    let (nonce, new) = new.commitment(&commitment, &mut rng(5));
    let (reveal, existing) = existing.nonce(&nonce);
    (existing, new.reveal(&reveal).unwrap())
}

pub(crate) fn confirmed(person: &Person) -> (ExistingConfirmed, NewConfirmed) {
    let (existing, new) = digits(person);
    let (shown_by_existing, shown_by_new) = (existing.digits(), new.digits());
    (
        existing.confirm(shown_by_new).unwrap(),
        new.confirm(shown_by_existing).unwrap(),
    )
}

pub(crate) fn request_to(
    person: &Person,
    existing: ExistingConfirmed,
    request: &[u8],
) -> Result<(Vec<u8>, ExistingProposed), LinkError> {
    let certificates: Vec<DeviceCertificate> =
        (1..person.devices.len()).map(|i| person.certificate(i)).collect();
    let key: &AccountKeyPair = &person.key;
    existing.request(
        &sealed(request),
        key,
        &person.as_trusted(),
        &certificates,
        &person.devices[0],
        NOW,
    )
}

pub(crate) fn sealed(bytes: &[u8]) -> LinkSealed<'_> {
    LinkSealed::decode(bytes).unwrap()
}

/// Both directions of a linking channel, written from SPEC 6 alone: it seals what an honest device would not.
pub(crate) struct Channel {
    new: [u8; 32],
    existing: [u8; 32],
}

impl Channel {
    pub(crate) fn seal(&self, step: LinkStep, text: &[u8]) -> Vec<u8> {
        let (mut sealed, (key, nonce, associated)) = (text.to_vec(), self.parameters(step));
        let tag = key
            .encrypt_inout_detached(&nonce, &associated, sealed.as_mut_slice().into())
            .unwrap();
        sealed.extend_from_slice(&tag);
        LinkSealed {
            step,
            sealed: &sealed,
        }
        .encode()
    }

    pub(crate) fn open(&self, message: &[u8]) -> Vec<u8> {
        let message = sealed(message);
        let (key, nonce, associated) = self.parameters(message.step);
        let (text, tag) = message.sealed.split_last_chunk::<16>().unwrap();
        let mut text = text.to_vec();
        key.decrypt_inout_detached(&nonce, &associated, text.as_mut_slice().into(), &Tag::from(*tag))
            .unwrap();
        text
    }

    fn derive(secret: &[u8; 32], ours: &StaticSecret, theirs: &X25519PublicKey, transcript: &[u8]) -> Self {
        let agreement = ours.diffie_hellman(&PublicKey::from(theirs.to_bytes()));
        let (mut new, mut keys) = ([0; 32], [0; 64]);
        let expander = Hkdf::<Sha256>::new(Some(secret), agreement.as_bytes());
        expander
            .expand_multi_info(&[b"\x15Twotick/1/derive/link", transcript], &mut keys)
            .unwrap();
        new.copy_from_slice(&keys[..32]);
        Self {
            new,
            existing: keys[32..].try_into().unwrap(),
        }
    }

    fn parameters(&self, step: LinkStep) -> (Aes256Gcm, Nonce<aes_gcm::aead::consts::U12>, Vec<u8>) {
        let number = step.number();
        let key = if number % 2 == 1 {
            &self.new
        } else {
            &self.existing
        };
        let mut nonce = [0; 12];
        nonce[11] = number;
        let associated = [b"\x13Twotick/1/seal/link".as_slice(), &[0x35, 1, number]].concat();
        (
            Aes256Gcm::new(<&Key<Aes256Gcm>>::from(key)),
            Nonce::from(nonce),
            associated,
        )
    }
}

/// A real new device that is confirmed, and the channel of the existing device that the test plays.
pub(crate) fn playing_existing(person: &Person) -> (Channel, NewConfirmed) {
    let offer = || LinkOffer {
        secret: [5; 32],
        account_id: person.key.account_id(),
        expires: after(60),
    };
    let ours = StaticSecret::from([6; 32]);
    let (hello, new) = NewDevice::enter(offer(), NOW, &mut rng(3)).unwrap();
    let reveal = LinkReveal {
        ephemeral: public(&ours),
        nonce: [7; 32],
    };
    let committed = hash(
        Label::LinkCommitment,
        &[reveal.ephemeral.as_bytes(), &reveal.nonce],
    );
    let commitment = LinkCommitment {
        commitment: committed,
    };
    let (nonce, new) = new.commitment(&commitment, &mut rng(4));
    let transcript = transcript(&offer(), &hello, &commitment, &nonce, &reveal);
    let new = new
        .reveal(&reveal)
        .unwrap()
        .confirm(digits_of(&transcript))
        .unwrap();
    (
        Channel::derive(&[5; 32], &ours, &hello.ephemeral, &transcript),
        new,
    )
}

/// A real existing device that is confirmed, and the channel of the new device that the test plays.
pub(crate) fn playing_new(person: &Person) -> (Channel, ExistingConfirmed) {
    let (offer, existing) = ExistingDevice::offer(person.key.account_id(), NOW, &mut rng(2));
    let ours = StaticSecret::from([6; 32]);
    let ephemeral = public(&ours);
    let parts = [
        Label::MacLink.framed(),
        offer.account_id.as_bytes(),
        ephemeral.as_bytes(),
    ];
    let hello = LinkHello {
        ephemeral,
        mac: mac(&offer.secret, &parts),
    };
    let (commitment, existing) = existing.hello(&hello, NOW, &mut rng(4)).unwrap();
    let nonce = LinkNonce { nonce: [8; 32] };
    let (reveal, existing) = existing.nonce(&nonce);
    let transcript = transcript(&offer, &hello, &commitment, &nonce, &reveal);
    let existing = existing.confirm(digits_of(&transcript)).unwrap();
    (
        Channel::derive(&offer.secret, &ours, &reveal.ephemeral, &transcript),
        existing,
    )
}

fn transcript(
    offer: &LinkOffer,
    hello: &LinkHello,
    commitment: &LinkCommitment,
    nonce: &LinkNonce,
    reveal: &LinkReveal,
) -> [u8; 32] {
    let messages: [&[u8]; 5] = [
        &offer.encode(),
        &hello.encode(),
        &commitment.encode(),
        &nonce.encode(),
        &reveal.encode(),
    ];
    hash(Label::LinkTranscript, &messages)
}

fn digits_of(transcript: &[u8; 32]) -> LinkDigits {
    let hash = hash(Label::LinkDigits, &[transcript]);
    let number = u64::from_be_bytes(hash[..8].try_into().unwrap()) % 1_000_000;
    LinkDigits::parse(&format!("{number:06}")).unwrap()
}

fn hash(label: Label, parts: &[&[u8]]) -> [u8; 32] {
    Sha256::digest([label.framed(), &parts.concat()].concat()).into()
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    use hmac::Mac;
    let mut mac = <hmac::Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn public(secret: &StaticSecret) -> X25519PublicKey {
    X25519PublicKey::decode(PublicKey::from(secret).to_bytes()).unwrap()
}
