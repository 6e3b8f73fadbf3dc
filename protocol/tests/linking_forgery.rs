//! A dishonest device at either end of a linking (SPEC 6.3): it holds the channel and breaks the rules.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod household;

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::montgomery::MontgomeryPoint;
use household::linking::{Channel, playing_existing, playing_new, sealed};
use household::{NOW, Pen, Person, rng, unsigned};
use twotick_protocol::wire::{
    AccountKey, DeviceCertificate, DeviceId, DeviceSigningKey, ErrorCode, Label, LinkAcceptance,
    LinkCompletion, LinkProposal, LinkRequest, LinkStep, X25519PublicKey,
};
use twotick_protocol::{DeviceKeys, ExistingDevice, LinkError, NewAccepted, NewDevice, certificate_hash};

/// Attack D3: a hello that answers Mallory's code is nothing to Alice's device, which takes no code in at all.
#[test]
fn code_of_a_phisher_adds_nothing_to_the_victims_account() {
    let (alice, mallory) = (Person::seeded(1), Person::seeded(66));
    let (phishing, _) = ExistingDevice::offer(alice.key.account_id(), NOW, &mut rng(66));
    let (hello, _) = NewDevice::enter(phishing, NOW, &mut rng(3)).unwrap();
    let (_, existing) = ExistingDevice::offer(alice.key.account_id(), NOW, &mut rng(2));
    assert_eq!(
        existing.hello(&hello, NOW, &mut rng(4)).map(|_| ()),
        Err(LinkError::Refused)
    );

    // Made to offer Mallory's account, Alice's device has no key to sign it with.
    let (channel, existing) = playing_new(&mallory);
    let request = channel.seal(LinkStep::Request, &request_of(&Pen::seeded(6)).encode());
    let proposed = existing.request(
        &sealed(&request),
        &alice.key,
        &alice.as_trusted(),
        &[],
        &alice.devices[0],
        NOW,
    );
    assert_eq!(code(proposed), Some(ErrorCode::WrongAccount));
}

/// R-LNK-4: the new device signs what it asked for, in the account it was offered, and nothing else.
#[test]
fn proposal_of_anything_else_is_not_signed() {
    let alice = Person::seeded(1);
    let mallory = Pen::seeded(6);
    let propose = |signer: &Pen, change: &dyn Fn(&mut DeviceCertificate)| {
        let (channel, new) = playing_existing(&alice);
        let (request, new) = new.request(DeviceKeys::generate(&mut rng(9)));
        let proposal = proposal_for(&channel, &request, &alice.pen, signer, change);
        code(new.proposal(&sealed(&proposal), NOW))
    };
    assert_eq!(propose(&alice.pen, &|_| {}), None);
    let changes: [&dyn Fn(&mut DeviceCertificate); 6] = [
        &|certificate| certificate.device_id = DeviceId::new([1; 16]),
        &|certificate| certificate.device_signing_key = DeviceSigningKey::new(mallory.public()),
        &|certificate| certificate.device_identity_key = household::identity_key(6),
        &|certificate| certificate.suites = 3,
        &|certificate| certificate.capabilities = 1,
        &|certificate| certificate.account_key = AccountKey::new(mallory.public()),
    ];
    for change in changes {
        assert_eq!(propose(&alice.pen, change), Some(ErrorCode::LinkRefused));
    }
    assert_eq!(
        propose(&mallory, &|c| c.account_key = AccountKey::new(mallory.public())),
        Some(ErrorCode::LinkRefused)
    );
    assert_eq!(propose(&mallory, &|_| {}), Some(ErrorCode::BadAccountSignature));
}

/// R-LNK-4: the new device is linked by a list of the offered account that names it, with its siblings in order.
#[test]
fn completion_that_does_not_hold_together_is_refused() {
    let alice = Person::with_devices(1, 2);
    let changes: [(Change<'_>, ErrorCode); 7] = [
        (
            &|c| c.device_list = alice.list.clone(),
            ErrorCode::NotInDeviceList,
        ),
        (
            &|c| c.device_list = Person::seeded(2).list,
            ErrorCode::WrongAccount,
        ),
        (&|c| c.device_list.epoch = 9, ErrorCode::BadAccountSignature),
        (&|c| c.siblings.reverse(), ErrorCode::NotInDeviceList),
        (&|c| c.siblings.truncate(2), ErrorCode::NotInDeviceList),
        (
            &|c| c.siblings.push(c.siblings[0].clone()),
            ErrorCode::NotInDeviceList,
        ),
        (&|c| c.siblings[0].capabilities = 1, ErrorCode::NotInDeviceList),
    ];
    assert_eq!(complete(&alice, &|_| {}), None);
    for (change, refused) in changes {
        assert_eq!(complete(&alice, change), Some(refused));
    }
}

/// R-LNK-4, R-LST-3: a dishonest primary lists other keys under the new device's id, or one key for two siblings.
#[test]
fn completion_with_keys_of_another_device_is_refused() {
    let alice = Person::with_devices(1, 2);
    let replace = |completion: &mut LinkCompletion, place: usize, identity| {
        let (device, device_id) = (Pen::seeded(7), completion.siblings[place].device_id);
        let other = DeviceCertificate {
            device_id,
            ..unsigned(&alice.pen, &device, identity)
        };
        completion.siblings[place] = alice.pen.certify(&device, other);
        let hash = certificate_hash(&completion.siblings[place]);
        completion.device_list.devices[place].certificate_hash = hash;
        completion.device_list = alice.pen.sign_list(completion.device_list.clone());
    };
    let is_new = |sibling: &DeviceCertificate| alice.list.entry(&sibling.device_id).is_none();
    let in_our_place = |completion: &mut LinkCompletion| {
        let place = completion.siblings.iter().position(is_new).unwrap();
        replace(completion, place, household::identity_key(8));
    };
    assert_eq!(complete(&alice, &in_our_place), Some(ErrorCode::NotInDeviceList));
    let shared_key = |completion: &mut LinkCompletion| {
        let places = (0..3)
            .filter(|&place| !is_new(&completion.siblings[place]))
            .collect::<Vec<_>>();
        let key = completion.siblings[places[0]].device_identity_key;
        replace(completion, places[1], key);
    };
    assert_eq!(complete(&alice, &shared_key), Some(ErrorCode::DuplicateKey));
}

/// R-LNK-5, attack H2: the keys of a request are checked before anything is signed.
#[test]
fn request_with_keys_that_may_not_be_used_is_refused() {
    let alice = Person::seeded(1);
    let request = |change: &dyn Fn(&mut LinkRequest)| {
        let (channel, existing) = playing_new(&alice);
        let mut request = request_of(&Pen::seeded(6));
        change(&mut request);
        let message = channel.seal(LinkStep::Request, &request.encode());
        let us = &alice.devices[0];
        code(existing.request(&sealed(&message), &alice.key, &alice.as_trusted(), &[], us, NOW))
    };
    let ours = alice.certificate(0);
    assert_eq!(request(&|_| {}), None);
    for torsion in &EIGHT_TORSION[1..] {
        let point = MontgomeryPoint(household::identity_key(3).to_bytes())
            .to_edwards(0)
            .unwrap()
            + torsion;
        let key = X25519PublicKey::decode(point.to_montgomery().to_bytes()).unwrap();
        assert_eq!(request(&|r| r.device_identity_key = key), Some(ErrorCode::BadKey));
    }
    assert_eq!(request(&|r| r.suites = 2), Some(ErrorCode::UnsupportedSuite));
    assert_eq!(
        request(&|r| r.device_id = DeviceId::new([0; 16])),
        Some(ErrorCode::InvalidValue)
    );
    assert_eq!(
        request(&|r| r.device_id = ours.device_id),
        Some(ErrorCode::DuplicateKey)
    );
    assert_eq!(
        request(&|r| r.device_signing_key = ours.device_signing_key),
        Some(ErrorCode::DuplicateKey)
    );
    assert_eq!(
        request(&|r| r.device_identity_key = ours.device_identity_key),
        Some(ErrorCode::DuplicateKey)
    );
}

/// R-LNK-5, R-LST-2: a certificate stands for the entry of its own device id and for no other.
#[test]
fn certificate_of_another_device_is_no_siblings() {
    let mut alice = Person::with_devices(1, 2);
    let (channel, existing) = playing_new(&alice);
    let hash = alice
        .list
        .entry(&alice.devices[0].device_id())
        .unwrap()
        .certificate_hash;
    for entry in &mut alice.list.devices {
        entry.certificate_hash = hash;
    }
    alice.list = alice.pen.sign_list(alice.list.clone());
    let message = channel.seal(LinkStep::Request, &request_of(&Pen::seeded(6)).encode());
    let (own, us) = (alice.as_trusted(), &alice.devices[0]);
    let siblings = [alice.certificate(1)];
    let refused = existing.request(&sealed(&message), &alice.key, &own, &siblings, us, NOW);
    assert_eq!(code(refused), Some(ErrorCode::NotInDeviceList));
}

/// R-LNK-4, attack H5: without the device's own signature there is no next list.
#[test]
fn acceptance_by_another_key_makes_no_list() {
    let alice = Person::seeded(1);
    let accept = |signer: &Pen, label| {
        let (channel, existing) = playing_new(&alice);
        let message = channel.seal(LinkStep::Request, &request_of(&Pen::seeded(6)).encode());
        let us = &alice.devices[0];
        let proposed = existing.request(&sealed(&message), &alice.key, &alice.as_trusted(), &[], us, NOW);
        let (proposal, existing) = proposed.unwrap();
        let device_signature = signer.sign(label, &channel.open(&proposal));
        let message = channel.seal(
            LinkStep::Acceptance,
            &LinkAcceptance { device_signature }.encode(),
        );
        code(existing.acceptance(&sealed(&message), &alice.key, &alice.list, NOW))
    };
    assert_eq!(accept(&Pen::seeded(6), Label::SignDeviceAcceptance), None);
    assert_eq!(
        accept(&Pen::seeded(7), Label::SignDeviceAcceptance),
        Some(ErrorCode::BadDeviceSignature)
    );
    assert_eq!(
        accept(&Pen::seeded(6), Label::SignDeviceCertificate),
        Some(ErrorCode::BadDeviceSignature)
    );
}

fn request_of(device: &Pen) -> LinkRequest {
    LinkRequest {
        device_id: DeviceId::new([0x77; 16]),
        device_signing_key: DeviceSigningKey::new(device.public()),
        device_identity_key: household::identity_key(3),
        suites: 1,
        capabilities: 0,
    }
}

/// What an existing device with the account key `account` would propose, changed, and signed by `signer`.
fn proposal_for(
    channel: &Channel,
    request: &[u8],
    account: &Pen,
    signer: &Pen,
    change: &dyn Fn(&mut DeviceCertificate),
) -> Vec<u8> {
    let request = LinkRequest::decode(&channel.open(request)).unwrap();
    let mut certificate = DeviceCertificate {
        device_id: request.device_id,
        device_signing_key: request.device_signing_key,
        ..unsigned(account, account, request.device_identity_key)
    };
    change(&mut certificate);
    certificate.account_signature =
        signer.sign(Label::SignDeviceCertificate, &certificate.account_signing_input());
    let proposal = LinkProposal {
        certificate_without_device_signature: certificate.device_signing_input(),
    };
    channel.seal(LinkStep::Proposal, &proposal.encode())
}

/// A new device that has accepted, and the completion that is due to it.
fn accepted(alice: &Person) -> (Channel, NewAccepted, LinkCompletion) {
    let (channel, new) = playing_existing(alice);
    let (request, new) = new.request(DeviceKeys::generate(&mut rng(9)));
    let proposal = proposal_for(&channel, &request, &alice.pen, &alice.pen, &|_| {});
    let (acceptance, new) = new.proposal(&sealed(&proposal), NOW).unwrap();
    let proposed = LinkProposal::decode(&channel.open(&proposal)).unwrap();
    let signature = LinkAcceptance::decode(&channel.open(&acceptance))
        .unwrap()
        .device_signature;
    let certificate = proposed.with_signature(&signature).unwrap();
    let device_list = alice
        .key
        .sign_next_list(&alice.list, &[&certificate], &[], NOW)
        .unwrap();
    let mut siblings = vec![alice.certificate(0), alice.certificate(1), certificate];
    siblings.sort_by_key(|sibling| sibling.device_id);
    (
        channel,
        new,
        LinkCompletion {
            device_list,
            siblings,
        },
    )
}

/// What the existing device does to the completion before it seals it.
type Change<'a> = &'a dyn Fn(&mut LinkCompletion);

/// What the new device says to a changed completion.
fn complete(alice: &Person, change: Change<'_>) -> Option<ErrorCode> {
    let (channel, new, mut completion) = accepted(alice);
    change(&mut completion);
    let message = channel.seal(LinkStep::Completion, &completion.encode());
    code(new.completion(&sealed(&message), NOW))
}

fn code<T>(outcome: Result<T, LinkError>) -> Option<ErrorCode> {
    outcome.err().map(|error| error.code())
}
