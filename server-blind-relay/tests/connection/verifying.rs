//! Certificates and lists as a relay verifies them, with forgeries that the protocol would not make.

use ed25519_dalek::{Signer, SigningKey};
use twotick_relay::verify::{self, VerifiedCertificate, VerifiedList};
use twotick_wire::{
    AccountKey, CertificateHash, DeviceCertificate, DeviceEntry, DeviceId, DeviceList, DeviceSigningKey,
    ErrorCode, Label, ListHash, Signature, UnixTime, X25519PublicKey,
};

use super::{
    person::{CAPABILITY, Person, hash},
    world::START,
};

const DAY: u64 = 86_400;
const NOW: UnixTime = UnixTime::new(START);

/// Keys that the test may use as it likes.
struct Forger {
    account: SigningKey,
    device: SigningKey,
    identity: X25519PublicKey,
}

impl Forger {
    fn seeded(account: u8, device: u8) -> Self {
        let donor = Person::seeded(u64::from(account) * 100 + u64::from(device), 1);
        Self {
            account: SigningKey::from_bytes(&[account; 32]),
            device: SigningKey::from_bytes(&[device; 32]),
            identity: donor.devices[0].certificate().device_identity_key,
        }
    }

    fn account_key(&self) -> AccountKey {
        AccountKey::new(self.account.verifying_key().to_bytes())
    }

    fn certificate(&self, id: u8, created: u64, expires: u64) -> DeviceCertificate {
        let mut certificate = DeviceCertificate {
            suites: 1,
            account_key: self.account_key(),
            device_id: DeviceId::new([id; 16]),
            device_signing_key: DeviceSigningKey::new(self.device.verifying_key().to_bytes()),
            device_identity_key: self.identity,
            created: UnixTime::new(created),
            expires: UnixTime::new(expires),
            capabilities: 0,
            account_signature: Signature::new([0; 64]),
            device_signature: Signature::new([0; 64]),
        };
        let input = certificate.account_signing_input();
        certificate.account_signature = sign(&self.account, Label::SignDeviceCertificate, &input);
        let input = certificate.device_signing_input();
        certificate.device_signature = sign(&self.device, Label::SignDeviceAcceptance, &input);
        certificate
    }

    fn list(&self, certificates: &[DeviceCertificate], issued: u64, expires: u64) -> Vec<u8> {
        let entries = certificates.iter().map(|certificate| DeviceEntry {
            device_id: certificate.device_id,
            certificate_hash: twotick_protocol::certificate_hash(certificate),
        });
        let mut list = DeviceList {
            account_key: self.account_key(),
            epoch: 1,
            previous: ListHash::new([0; 32]),
            issued: UnixTime::new(issued),
            expires: UnixTime::new(expires),
            devices: entries.collect(),
            revoked: vec![],
            signature: Signature::new([0; 64]),
        };
        list.signature = sign(&self.account, Label::SignDeviceList, &list.signing_input());
        list.encode()
    }

    fn verify_list(&self, list: &[u8], certificates: &[DeviceCertificate]) -> Result<(), ErrorCode> {
        let encoded: Vec<_> = certificates.iter().map(DeviceCertificate::encode).collect();
        let slices = encoded.iter().map(|certificate| certificate.as_slice());
        VerifiedList::verify(list, slices, verify::account_id(&self.account_key()), NOW).map(drop)
    }
}

fn sign(key: &SigningKey, label: Label, input: &[u8]) -> Signature {
    Signature::new(key.sign(&[label.framed(), input].concat()).to_bytes())
}

fn verified(certificate: &DeviceCertificate) -> Result<CertificateHash, ErrorCode> {
    VerifiedCertificate::verify(&certificate.encode(), NOW).map(|verified| verified.hash())
}

/// R-ATT-2, R-IDN-2, R-IDN-3: both signatures, then the dates, to the second.
#[test]
fn certificates_are_verified_in_order() {
    let forger = Forger::seeded(1, 2);
    let good = forger.certificate(5, START, START + 366 * DAY);
    assert_eq!(verified(&good), Ok(twotick_protocol::certificate_hash(&good)));
    let mut bad = good.clone();
    bad.device_signature = Signature::new([0; 64]);
    assert_eq!(verified(&bad), Err(ErrorCode::BadDeviceSignature));
    bad.account_signature = Signature::new([0; 64]);
    assert_eq!(verified(&bad), Err(ErrorCode::BadAccountSignature));
    let cases = [
        (START, START + 366 * DAY + 1, Err(ErrorCode::ValidityTooLong)),
        (START, START - 1, Err(ErrorCode::ValidityTooLong)),
        (START + DAY, START + DAY, Ok(())),
        (START + DAY + 1, START + 2 * DAY, Err(ErrorCode::NotYetValid)),
        (START - DAY, START, Ok(())),
        (START - DAY, START - 1, Err(ErrorCode::Expired)),
    ];
    for (created, expires, expected) in cases {
        let found = verified(&forger.certificate(5, created, expires)).map(drop);
        assert_eq!(found, expected, "{created} to {expires}");
    }
}

/// R-KEY-1, R-LST-1: 35 days in place of 366.
#[test]
fn lists_have_their_own_longest_time() {
    let forger = Forger::seeded(1, 2);
    let certificates = [forger.certificate(5, START, START + DAY)];
    let verify = |days: u64| {
        let list = forger.list(&certificates, START, START + days * DAY);
        forger.verify_list(&list, &certificates)
    };
    assert_eq!(verify(35), Ok(()));
    assert_eq!(verify(36), Err(ErrorCode::ValidityTooLong));
}

/// R-KEY-1, R-LST-2, R-LST-3: a list holds no device of another account, none that is not valid, and no key twice.
#[test]
fn lists_hold_the_accounts_own_devices() {
    let (one, other) = (Forger::seeded(1, 2), Forger::seeded(1, 3));
    let stranger = Forger::seeded(9, 4);
    let own = one.certificate(5, START, START + DAY);
    let publish = |second: DeviceCertificate| {
        let certificates = [own.clone(), second];
        one.verify_list(&one.list(&certificates, START, START + DAY), &certificates)
    };
    assert_eq!(publish(other.certificate(6, START, START + DAY)), Ok(()));
    assert_eq!(
        publish(stranger.certificate(6, START, START + DAY)),
        Err(ErrorCode::WrongAccount)
    );
    assert_eq!(
        publish(other.certificate(6, START - DAY, START - 1)),
        Err(ErrorCode::Expired)
    );
    assert_eq!(
        publish(one.certificate(6, START, START + DAY)),
        Err(ErrorCode::DuplicateKey)
    );
    let same_signing_key = Forger {
        identity: other.identity,
        ..Forger::seeded(1, 2)
    };
    let same_identity = Forger {
        identity: one.identity,
        ..Forger::seeded(1, 3)
    };
    for forger in [same_signing_key, same_identity] {
        assert_eq!(
            publish(forger.certificate(6, START, START + DAY)),
            Err(ErrorCode::DuplicateKey)
        );
    }
}

/// R-ATT-2, R-LST-1: zero is the id of no device.
#[test]
fn device_zero_attaches_nowhere() {
    let mut world = super::world::World::new();
    let forger = Forger::seeded(1, 2);
    let certificate = forger.certificate(0, START, START + DAY);
    let mut peer = world.socket();
    let attach = super::person::Attaching::to(peer.nonce).signed_by(&certificate.encode(), |input| {
        sign(&forger.device, Label::SignRelayAttach, input)
    });
    peer.say(&world, &attach);
    peer.ended_with(
        ErrorCode::AttachRefused,
        twotick_relay::connection::Close::AttachRefused,
    );
    let attach = |world: &mut super::world::World| {
        let mut peer = world.socket();
        let certificate = forger.certificate(5, START, START + DAY).encode();
        let attaching = super::person::Attaching::to(peer.nonce);
        let attach = attaching.signed_by(&certificate, |input| {
            sign(&forger.device, Label::SignRelayAttach, input)
        });
        peer.say(world, &attach);
        peer.expect_hello()
    };
    assert_eq!(attach(&mut world).session_epoch, 1, "another id would have done");
}

/// R-KEY-1: a list is the account's own, signed, valid, and comes with the certificates of its devices in its order.
#[test]
fn a_list_is_verified_before_it_is_stored() {
    let now = UnixTime::new(START);
    let alice = Person::seeded(1, 3);
    let bob = Person::seeded(2, 1);
    let certificates: Vec<_> = alice
        .devices
        .iter()
        .map(|device| device.certificate().encode())
        .collect();
    let verify = |list: &[u8], certificates: &[[u8; 264]], account, now| {
        let slices = certificates.iter().map(|certificate| certificate.as_slice());
        VerifiedList::verify(list, slices, account, now).map(|verified| verified.head)
    };
    let encoded = alice.list.encode();
    assert_eq!(verify(&encoded, &certificates, alice.id(), now), Ok(alice.head()));
    assert_eq!(
        verify(&encoded, &certificates, bob.id(), now),
        Err(ErrorCode::WrongAccount)
    );
    assert_eq!(
        verify(&encoded[1..], &certificates, alice.id(), now),
        Err(ErrorCode::WrongObject)
    );
    let mut forged = encoded.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(
        verify(&forged, &certificates, alice.id(), now),
        Err(ErrorCode::BadAccountSignature)
    );
    let late = now.saturating_add(36 * 86_400);
    assert_eq!(
        verify(&encoded, &certificates, alice.id(), late),
        Err(ErrorCode::Expired)
    );
    assert_eq!(
        verify(&encoded, &certificates[..2], alice.id(), now),
        Err(ErrorCode::NotInDeviceList)
    );
    let mut swapped = certificates.clone();
    swapped.swap(0, 1);
    assert_eq!(
        verify(&encoded, &swapped, alice.id(), now),
        Err(ErrorCode::NotInDeviceList)
    );
}

/// R-CAP-1, R-PRM-1: the relay keeps the labelled hash of a capability, the one that its owner makes.
#[test]
fn a_capability_is_kept_as_its_hash() {
    assert_eq!(verify::capability_hash(&CAPABILITY), hash(&CAPABILITY));
}

/// R-PRM-2: the relay verifies strictly: a key of small order signs nothing.
#[test]
fn a_key_of_small_order_proves_nothing() {
    let alice = Person::seeded(1, 1);
    let mut certificate = alice.devices[0].certificate().clone();
    let identity = {
        let mut point = [0; 32];
        point[0] = 1;
        point
    };
    certificate.account_key = twotick_wire::AccountKey::new(identity);
    let mut signature = [0; 64];
    signature[0] = 1;
    certificate.account_signature = twotick_wire::Signature::new(signature);
    let verified = verify::VerifiedCertificate::verify(&certificate.encode(), UnixTime::new(START));
    assert_eq!(verified, Err(ErrorCode::BadAccountSignature));
}
