//! Which devices belong to an account: admission, revocation, heads (SPEC 5.3).

mod household;

use household::{DAY, NOW, Pen, Person, after, commit, unsigned};
use twotick_protocol::wire::{
    AccountKey, DeviceCertificate, DeviceId, DeviceList, ListHash, ListHead, ListHeadHash,
};
use twotick_protocol::{Account, HeadComparison, IdentityError, certificate_hash};

/// R-LST-2, attack D1: the relay adds a device of its own to Alice's account.
#[test]
fn device_the_relay_adds_is_not_admitted() {
    let (alice, relay) = (Person::seeded(1), Pen::seeded(66));
    let mut known = alice.as_trusted();
    let ghost = DeviceCertificate {
        account_key: alice.key.account_key(),
        ..unsigned(&relay, &relay, household::identity_key(67))
    };
    let ghost = relay.certify(&relay, ghost);
    let admitted = known.admit(ghost.clone(), None, &[], NOW);
    assert_eq!(admitted, Err(IdentityError::NotInDeviceList));

    let mut list = alice.list.clone();
    list.epoch = 2;
    list.previous = twotick_protocol::list_hash(&alice.list);
    list.devices[0].device_id = ghost.device_id;
    list.devices[0].certificate_hash = certificate_hash(&ghost);
    let adopted = known.adopt(relay.sign_list(list), NOW).map(|_| ());
    assert_eq!(adopted, Err(IdentityError::BadAccountSignature));
}

#[test]
fn account_is_trusted_under_its_own_id_only() {
    let (alice, bob) = (Person::seeded(1), Person::seeded(2));
    let refused = Account::trust(bob.key.account_id(), alice.list.clone(), NOW).map(|_| ());
    assert_eq!(refused, Err(IdentityError::WrongAccount));
}

/// R-LST-2: the entry names one certificate; another valid one of the same device is not it.
#[test]
fn certificate_other_than_the_listed_one_is_not_admitted() {
    let alice = Person::seeded(1);
    let other = alice.devices[0].renew(&alice.key, after(1));
    let known = alice.as_trusted();
    assert!(known.admit(alice.certificate(0), None, &[], NOW).is_ok());
    let refused = known.admit(other.certificate().clone(), None, &[], NOW);
    assert_eq!(refused, Err(IdentityError::NotInDeviceList));
}

/// R-LST-2, R-IDN-2: a list that names a certificate does not make it valid, nor of the account.
#[test]
fn listed_certificate_is_verified_all_the_same() {
    let (pen, device) = (Pen::seeded(1), Pen::seeded(2));
    let admit = |certificate: DeviceCertificate, now| {
        let list = household::first_list(
            &pen,
            &pen.certify(&device, unsigned(&pen, &device, household::identity_key(3))),
        );
        let mut list = DeviceList {
            expires: after(35 * DAY),
            ..list
        };
        list.devices[0].certificate_hash = certificate_hash(&certificate);
        let account = Account::trust(
            twotick_protocol::account_id(&list.account_key),
            pen.sign_list(list),
            NOW,
        );
        account.unwrap().admit(certificate, None, &[], now).map(|_| ())
    };
    let good = pen.certify(&device, unsigned(&pen, &device, household::identity_key(3)));
    assert_eq!(admit(good.clone(), NOW), Ok(()));
    assert_eq!(admit(good.clone(), after(DAY + 1)), Err(IdentityError::Expired));
    let unsigned_one = DeviceCertificate {
        capabilities: 1,
        ..good.clone()
    };
    assert_eq!(admit(unsigned_one, NOW), Err(IdentityError::BadAccountSignature));
    let mallory = Pen::seeded(6);
    let foreign = DeviceCertificate {
        account_key: AccountKey::new(mallory.public()),
        ..good
    };
    assert_eq!(
        admit(mallory.certify(&device, foreign), NOW),
        Err(IdentityError::WrongAccount)
    );
}

/// R-LST-3, attack H12: a key stands for one device.
#[test]
fn key_shared_between_devices_is_refused() {
    let (pen, us) = (Pen::seeded(1), Person::seeded(2));
    let ours = us.certificate(0);
    let (first_pen, second_pen) = (Pen::seeded(11), Pen::seeded(12));
    let [key, other_key] = [household::identity_key(3), household::identity_key(4)];
    let certificate = |id, device: &Pen, identity| {
        let device_id = DeviceId::new([id; 16]);
        pen.certify(
            device,
            DeviceCertificate {
                device_id,
                ..unsigned(&pen, device, identity)
            },
        )
    };
    let first = certificate(1, &first_pen, key);
    let same_identity = certificate(2, &second_pen, key);
    let same_signing = certificate(3, &first_pen, other_key);
    let our_identity = certificate(4, &second_pen, ours.device_identity_key);
    let fine = certificate(5, &second_pen, other_key);
    let mut list = household::first_list(&pen, &first);
    for next in [&same_identity, &same_signing, &our_identity, &fine] {
        let mut entry = list.devices[0];
        (entry.device_id, entry.certificate_hash) = (next.device_id, certificate_hash(next));
        list.devices.push(entry);
    }
    let account = Account::trust(
        twotick_protocol::account_id(&list.account_key),
        pen.sign_list(list),
        NOW,
    )
    .unwrap();
    let us = Some(&us.devices[0]);
    let others = [account.admit(first.clone(), us, &[], NOW).unwrap()];
    for shared in [same_identity, same_signing, our_identity.clone()] {
        assert_eq!(
            account.admit(shared, us, &others, NOW),
            Err(IdentityError::DuplicateKey)
        );
    }
    assert!(
        account.admit(our_identity, None, &others, NOW).is_ok(),
        "it is only ours that it shares"
    );
    assert!(account.admit(fine, us, &others, NOW).is_ok());
    assert!(
        account.admit(first, us, &others, NOW).is_ok(),
        "a device shares its keys with itself"
    );
}

/// R-LST-3: one's own device, seen from its own account, is no duplicate.
#[test]
fn own_certificate_is_no_duplicate_in_the_own_account() {
    let alice = Person::with_devices(1, 2);
    let known = alice.as_trusted();
    assert!(
        known
            .admit(alice.certificate(0), Some(&alice.devices[0]), &[], NOW)
            .is_ok()
    );
}

/// R-LST-7, attack D4: after the next list a stolen device is out, and stays out.
#[test]
fn revoked_device_is_out_and_may_not_return() {
    let mut alice = Person::with_devices(1, 2);
    let (stolen, certificate) = (alice.devices[1].device_id(), alice.certificate(1));
    let mut known = alice.as_trusted();
    assert!(known.admit(certificate.clone(), None, &[], NOW).is_ok());
    alice.revoke(stolen);
    commit(known.adopt(alice.list.clone(), NOW).unwrap());
    assert_eq!(
        known.admit(certificate.clone(), None, &[], NOW),
        Err(IdentityError::NotInDeviceList)
    );
    assert_eq!(alice.list.revoked.len(), 1);
    assert_eq!(alice.list.revoked[0].epoch, alice.list.epoch);

    let again = alice.key.sign_next_list(&alice.list, &[&certificate], &[], NOW);
    assert_eq!(again, Err(IdentityError::DeviceRevoked));
}

/// R-LST-6: a claimed head against the known list.
#[test]
fn claimed_head_is_placed() {
    let alice = Person::with_devices(1, 3);
    let known = alice.as_trusted();
    let head = known.head();
    let claimed = |epoch, hash| known.compare_head(ListHead { epoch, hash });
    let another = ListHash::new([5; 32]).head();
    assert_eq!(known.compare_head(head), HeadComparison::Same);
    assert_eq!(known.compare_head(ListHead::NONE), HeadComparison::Unknown);
    assert_eq!(claimed(head.epoch, another), HeadComparison::Fork);
    assert_eq!(
        claimed(head.epoch, ListHeadHash::new([0; 16])),
        HeadComparison::Fork
    );
    assert_eq!(claimed(head.epoch - 1, another), HeadComparison::Older);
    assert_eq!(claimed(head.epoch + 1, head.hash), HeadComparison::Newer);
}
