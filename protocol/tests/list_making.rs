//! Making device lists (SPEC 5.4).

mod household;

use household::{DAY, NOW, Pen, Person, after, commit, unsigned};
use twotick_protocol::wire::{DecodeError, DeviceCertificate, DeviceId, DeviceList, ListHash};
use twotick_protocol::{Device, DeviceKeys, IdentityError, list_hash};

/// SPEC 5.4: the chain of hashes, and 35 days from now.
#[test]
fn next_list_continues_the_last() {
    let mut alice = Person::seeded(1);
    let first = alice.list.clone();
    assert_eq!((first.epoch, first.previous), (1, ListHash::new([0; 32])));
    alice.renew_list();
    assert_eq!((alice.list.epoch, alice.list.previous), (2, list_hash(&first)));
    assert_eq!(alice.list.expires, after(35 * DAY));
}

/// SPEC 5.4: sixteen devices fit, a seventeenth does not.
#[test]
fn seventeenth_device_is_refused() {
    let mut alice = Person::with_devices(1, 16);
    let seventeenth = new_device(&mut alice);
    let refused = alice
        .key
        .sign_next_list(&alice.list, &[seventeenth.certificate()], &[], NOW);
    assert_eq!(refused, Err(IdentityError::TooManyDevices));
    let instead_of = alice.devices[3].device_id();
    assert!(
        alice
            .key
            .sign_next_list(&alice.list, &[seventeenth.certificate()], &[instead_of], NOW)
            .is_ok()
    );
}

/// SPEC 5.4, R-LIM-1: of 65 revocations the oldest gives way, contacts accept that and are told.
#[test]
fn oldest_revocation_gives_way_and_is_told() {
    let mut alice = Person::seeded(1);
    let mut revoked = Vec::new();
    for _ in 0..64 {
        let device = alice.add_device();
        alice.revoke(device);
        revoked.push(device);
    }
    let mut known = alice.as_trusted();
    let one_more = alice.add_device();
    commit(known.adopt(alice.list.clone(), NOW).unwrap());
    alice.revoke(one_more);
    assert_eq!(alice.list.revoked.len(), 64);
    assert!(
        alice
            .list
            .revoked
            .iter()
            .all(|revocation| revocation.device_id != revoked[0])
    );
    assert!(
        alice
            .list
            .revoked
            .is_sorted_by_key(|revocation| revocation.device_id)
    );
    let update = commit(known.adopt(alice.list.clone(), NOW).unwrap());
    assert_eq!(update.forgotten, [revoked[0]]);
}

/// R-LST-3, R-IDN-2: nothing is signed into a list that contacts would refuse.
#[test]
fn list_is_signed_over_good_certificates_only() {
    let mut alice = Person::seeded(1);
    let bob = Person::seeded(2);
    let sign = |add: &[&DeviceCertificate], remove: &[DeviceId]| {
        alice
            .key
            .sign_next_list(&alice.list, add, remove, NOW)
            .map(|_| ())
    };
    let stranger = bob.devices[0].device_id();
    assert_eq!(
        sign(&[bob.devices[0].certificate()], &[]),
        Err(IdentityError::WrongAccount)
    );
    assert_eq!(sign(&[], &[stranger]), Err(IdentityError::NotInDeviceList));
    let all_gone = Err(IdentityError::Decode(DecodeError::LengthOutOfRange));
    assert_eq!(sign(&[], &[alice.devices[0].device_id()]), all_gone);
    let own = alice.certificate(0);
    assert_eq!(sign(&[&own], &[own.device_id]), Err(IdentityError::DeviceRevoked));
    let tampered = DeviceCertificate {
        capabilities: 1,
        ..own
    };
    assert_eq!(sign(&[&tampered], &[]), Err(IdentityError::BadAccountSignature));
    let last = bob.list.clone();
    assert_eq!(
        alice.key.sign_next_list(&last, &[], &[], NOW),
        Err(IdentityError::WrongAccount)
    );

    let device = new_device(&mut alice);
    let twin = DeviceCertificate {
        device_id: DeviceId::new([1; 16]),
        ..device.certificate().clone()
    };
    let unsigned_twin = alice
        .key
        .sign_next_list(&alice.list, &[device.certificate(), &twin], &[], NOW);
    assert_eq!(unsigned_twin, Err(IdentityError::BadAccountSignature));
    let last_epoch = alice.pen.sign_list(DeviceList {
        epoch: u32::MAX,
        ..alice.list.clone()
    });
    let no_more = alice.key.sign_next_list(&last_epoch, &[], &[], NOW);
    assert_eq!(no_more, Err(IdentityError::Decode(DecodeError::InvalidValue)));
}

/// R-LST-3: two certificates added together may not share a key either.
#[test]
fn devices_added_together_may_not_share_a_key() {
    let (pen, device) = (Pen::seeded(1), Pen::seeded(2));
    let key = pen.account();
    let certificate = |id| {
        let device_id = DeviceId::new([id; 16]);
        pen.certify(
            &device,
            DeviceCertificate {
                device_id,
                ..unsigned(&pen, &device, household::identity_key(3))
            },
        )
    };
    let list = Person::seeded(1).list;
    let signed = key.sign_next_list(&list, &[&certificate(1), &certificate(2)], &[], NOW);
    assert_eq!(signed, Err(IdentityError::DuplicateKey));
    let twice = key.sign_next_list(&list, &[&certificate(1), &certificate(1)], &[], NOW);
    assert_eq!(twice, Err(IdentityError::Decode(DecodeError::NotSorted)));
}

/// R-LST-1, R-IDN-2: what a later list would not take in is in no first list and in none after a rotation.
#[test]
fn every_list_is_signed_over_certificates_that_could_be_added() {
    let (pen, device) = (Pen::seeded(1), Pen::seeded(2));
    let key = pen.account();
    let good = unsigned(&pen, &device, household::identity_key(3));
    let nameless = pen.certify(
        &device,
        DeviceCertificate {
            device_id: DeviceId::new([0; 16]),
            ..good.clone()
        },
    );
    let no_id = Err(IdentityError::Decode(DecodeError::InvalidValue));
    let list = Person::seeded(1).list;
    assert_eq!(key.sign_first_list(&nameless, NOW), no_id);
    assert_eq!(key.sign_next_list(&list, &[&nameless], &[], NOW), no_id);
    assert_eq!(
        key.sign_first_list_after_rotation(&Person::seeded(4).list, &[&nameless], NOW),
        no_id
    );

    let of_another = Person::seeded(5).certificate(0);
    assert_eq!(
        key.sign_first_list(&of_another, NOW),
        Err(IdentityError::WrongAccount)
    );
    assert_eq!(
        key.sign_first_list(&good, NOW),
        Err(IdentityError::BadAccountSignature)
    );
    let good = pen.certify(&device, good);
    assert_eq!(
        key.sign_first_list(&good, after(2 * DAY)),
        Err(IdentityError::Expired)
    );
    assert!(key.sign_first_list(&good, NOW).is_ok());
}

fn new_device(person: &mut Person) -> Device {
    DeviceKeys::generate(&mut person.rng).certify(&person.key, NOW)
}
