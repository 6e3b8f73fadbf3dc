//! Rotation of the account key (SPEC 5.5).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod household;

use household::{NOW, Pen, Person, commit, store};
use twotick_protocol::wire::{AccountKey, AccountRotation, DecodeError, DeviceList, ListHash};
use twotick_protocol::{
    Account, ForkEvidence, IdentityError, Record, RotationEvidence, RotationFollowed, SafetyNumber, list_hash,
};

/// R-IDN-5, R-IDN-6: the account has another key, id and safety number, and the caller is told.
#[test]
fn rotation_is_followed_and_told() {
    let mut alice = Person::with_devices(1, 2);
    let mut known = alice.as_trusted();
    let (former, key) = (known.account_id(), known.account_key());
    let lost = alice.devices[1].device_id();
    let (rotation, list) = rotate(&mut alice, 50);

    let followed = follow(&mut known, &rotation, &list).unwrap();
    assert_eq!((followed.former, followed.forgotten), (former, None));
    assert_eq!(
        (followed.list.removed, followed.list.renewed.len()),
        (vec![lost], 1)
    );
    assert_eq!(known.account_id(), alice.key.account_id());
    assert_eq!(known.list(), &list);
    assert!(known.admit(alice.certificate(0), None, &[], NOW).is_ok());
    let bob = AccountKey::new(Pen::seeded(9).public());
    assert_ne!(
        SafetyNumber::of(&bob, &key),
        SafetyNumber::of(&bob, &known.account_key())
    );
}

/// R-STO-2: the record moves to the new id in one batch.
#[test]
fn record_moves_with_the_account_id() {
    let mut alice = Person::seeded(1);
    let mut known = alice.as_trusted();
    let old_key = known.record_key();
    let before = known.encode();
    let (rotation, list) = rotate(&mut alice, 50);
    drop(known.follow(rotation.clone(), list.clone(), NOW).unwrap());
    assert_eq!(known.encode(), before);
    let refused = known
        .follow(rotation.clone(), list.clone(), NOW)
        .unwrap()
        .commit(|_| Err("disk full"));
    assert_eq!(refused, Err("disk full"));
    assert_eq!(known.encode(), before);

    let (_, put, deleted) = store(known.follow(rotation, list, NOW).unwrap());
    assert_eq!(deleted, [old_key]);
    assert_eq!(put, [(known.record_key(), known.encode().to_vec())]);
}

/// R-IDN-5: every condition on the rotation; nothing that fails changes a stored byte (R-ERR-1).
#[test]
fn rotation_that_breaks_a_rule_is_refused() {
    let mut alice = Person::with_devices(1, 2);
    let (old, new, stranger) = (Pen::seeded(1), Pen::seeded(50), Pen::seeded(70));
    let mut known = alice.as_trusted();
    let (known_list, before) = (alice.list.clone(), known.encode());
    let (rotation, list) = rotate(&mut alice, 50);
    let signed = |old: &Pen, new: &Pen, change: fn(&mut AccountRotation)| {
        let mut changed = rotation.clone();
        change(&mut changed);
        old.sign_rotation(new, changed)
    };
    let other_past = signed(&old, &new, |rotation| {
        rotation.last_list_hash = ListHash::new([8; 32])
    });
    let evidence = ForkEvidence {
        known: known_list,
        received: list.clone(),
        rotation: Some(other_past.clone()),
    };
    let invalid = IdentityError::Decode(DecodeError::InvalidValue);
    let of_a_stranger =
        |rotation: &mut AccountRotation| rotation.old_account_key = AccountKey::new(Pen::seeded(70).public());
    let to_itself = |rotation: &mut AccountRotation| rotation.new_account_key = rotation.old_account_key;
    let rollback = IdentityError::DeviceListRollback {
        known: 2,
        received: 1,
    };
    let cases = [
        (
            signed(&old, &new, |rotation| rotation.last_epoch = 0),
            invalid.clone(),
        ),
        (signed(&old, &new, to_itself), invalid),
        (
            signed(&stranger, &new, of_a_stranger),
            IdentityError::WrongAccount,
        ),
        (signed(&new, &new, |_| {}), IdentityError::BadRotation),
        (signed(&old, &old, |_| {}), IdentityError::BadRotation),
        (signed(&old, &new, |rotation| rotation.last_epoch = 1), rollback),
        (other_past, IdentityError::DeviceListFork(Box::new(evidence))),
    ];
    for (rotation, refused) in cases {
        assert_eq!(follow(&mut known, &rotation, &list), Err(refused));
        assert_eq!(known.encode(), before);
    }
    assert!(follow(&mut known, &rotation, &list).is_ok());
}

/// R-IDN-5: every condition on the list that comes with it.
#[test]
fn rotation_with_a_list_that_breaks_a_rule_is_refused() {
    let mut alice = Person::with_devices(1, 2);
    let (old, new) = (Pen::seeded(1), Pen::seeded(50));
    let mut known = alice.as_trusted();
    let before = known.encode();
    let (rotation, list) = rotate(&mut alice, 50);
    let changed = |change: fn(&mut DeviceList)| {
        let mut changed = list.clone();
        change(&mut changed);
        new.sign_list(changed)
    };
    let cases = [
        (Person::seeded(70).list, IdentityError::WrongAccount),
        (changed(|list| list.epoch = 4), IdentityError::BrokenListChain),
        (
            changed(|list| list.previous = ListHash::new([8; 32])),
            IdentityError::BrokenListChain,
        ),
        (
            changed(|list| list.revoked.clear()),
            IdentityError::BrokenListChain,
        ),
        (old.sign_list(list.clone()), IdentityError::BadAccountSignature),
    ];
    for (list, refused) in cases {
        assert_eq!(follow(&mut known, &rotation, &list), Err(refused));
        assert_eq!(known.encode(), before);
    }
}

/// R-IDN-5: lists of the old account that were not seen are counted as missed.
#[test]
fn rotation_after_missed_lists_is_followed() {
    let mut alice = Person::seeded(1);
    let mut known = alice.as_trusted();
    (0..3).for_each(|_| alice.renew_list());
    let (rotation, list) = rotate(&mut alice, 50);
    assert_eq!(
        follow(&mut known, &rotation, &list).unwrap().list.missed_epochs,
        3
    );
}

/// R-IDN-6: what the retired key signs is over, also after a restart.
#[test]
fn retired_key_is_not_heard_any_more() {
    let mut alice = Person::seeded(1);
    let mut known = alice.as_trusted();
    let old = Pen::seeded(1).account();
    let late_list = old.sign_next_list(&alice.list, &[], &[], NOW).unwrap();
    let (rotation, list) = rotate(&mut alice, 50);
    follow(&mut known, &rotation, &list).unwrap();
    alice.renew_list();
    commit(known.adopt(alice.list.clone(), NOW).unwrap());

    let mut restored = Account::decode(&known.encode()).unwrap();
    assert_eq!(restored.encode(), known.encode());
    for account in [&mut known, &mut restored] {
        let adopted = account.adopt(late_list.clone(), NOW).map(|_| ());
        assert_eq!(adopted, Err(IdentityError::AccountRetired));
        assert_eq!(
            follow(account, &rotation, &list),
            Err(IdentityError::AccountRetired),
            "the same one again"
        );
    }
}

/// R-IDN-6: a second successor is a fork with both rotations as evidence; a forged one is none.
#[test]
fn second_successor_is_a_fork() {
    let mut alice = Person::seeded(1);
    let mut known = alice.as_trusted();
    let mut thief = Person::seeded(1);
    let (rotation, list) = rotate(&mut alice, 50);
    let (other, other_list) = rotate(&mut thief, 60);
    follow(&mut known, &rotation, &list).unwrap();

    let evidence = RotationEvidence {
        followed: rotation,
        received: other.clone(),
    };
    let fork = IdentityError::RotationFork(Box::new(evidence));
    assert_eq!(follow(&mut known, &other, &other_list), Err(fork));
    let forged = Pen::seeded(60).sign_rotation(&Pen::seeded(60), other);
    assert_eq!(
        follow(&mut known, &forged, &other_list),
        Err(IdentityError::BadRotation)
    );
}

/// R-IDN-6: a retired key does not come back as a successor.
#[test]
fn rotation_back_to_a_retired_key_is_refused() {
    let mut alice = Person::seeded(1);
    let mut known = alice.as_trusted();
    let (rotation, list) = rotate(&mut alice, 50);
    follow(&mut known, &rotation, &list).unwrap();
    let (back, list) = rotate(&mut alice, 1);
    assert_eq!(
        follow(&mut known, &back, &list),
        Err(IdentityError::AccountRetired)
    );
}

/// R-LIM-1: the retired keys remembered are bounded, and the one that gives way is told.
#[test]
fn oldest_retired_key_gives_way_and_is_told() {
    let mut alice = Person::seeded(1);
    let mut known = alice.as_trusted();
    let first = known.account_id();
    for successor in 0..17 {
        let (rotation, list) = rotate(&mut alice, 50 + successor);
        let followed = follow(&mut known, &rotation, &list).unwrap();
        assert_eq!(followed.forgotten, (successor == 16).then_some(first));
    }
    let restored = Account::decode(&known.encode()).unwrap();
    assert_eq!(restored.encode(), known.encode());
}

/// R-IDN-6, SPEC 5.3: a device that the old account revoked does not return with the new one.
#[test]
fn revoked_device_does_not_return_by_rotation() {
    let mut alice = Person::with_devices(1, 2);
    let stolen = alice.devices[1].device_id();
    let mut with_stolen = Person::with_devices(1, 2);
    alice.revoke(stolen);
    let mut known = alice.as_trusted();
    alice.renew_list();
    let new = Pen::seeded(50);
    let key = new.account();
    let renewed = with_stolen.devices.remove(1).renew(&key, NOW);
    let refused = key.sign_first_list_after_rotation(&alice.list, &[renewed.certificate()], NOW);
    assert_eq!(refused, Err(IdentityError::DeviceRevoked));

    let rotation = alice.key.rotate(&key, &alice.list, NOW).unwrap();
    let mut list = key.sign_first_list(renewed.certificate(), NOW).unwrap();
    (list.epoch, list.previous) = (alice.list.epoch + 1, list_hash(&alice.list));
    let followed = follow(&mut known, &rotation, &new.sign_list(list));
    assert_eq!(followed, Err(IdentityError::DeviceRevoked));
}

/// R-PRM-9: a generator that repeats itself does not make a successor.
#[test]
fn rotation_to_the_same_key_is_a_randomness_failure() {
    let (alice, bob) = (Person::seeded(1), Person::seeded(2));
    let same = alice.key.rotate(&Person::seeded(1).key, &alice.list, NOW);
    assert_eq!(same, Err(IdentityError::RandomnessFailure));
    assert_eq!(
        alice.key.rotate(&bob.key, &bob.list, NOW),
        Err(IdentityError::WrongAccount)
    );
}

/// Rotates to the key of `seed` with the primary device alone, and goes on with that key.
fn rotate(person: &mut Person, seed: u64) -> (AccountRotation, DeviceList) {
    let new = Pen::seeded(seed).account();
    let rotation = person.key.rotate(&new, &person.list, NOW).unwrap();
    person.devices = vec![person.devices[0].renew(&new, NOW)];
    let certificate = person.devices[0].certificate();
    person.list = new
        .sign_first_list_after_rotation(&person.list, &[certificate], NOW)
        .unwrap();
    person.key = new;
    (rotation, person.list.clone())
}

fn follow(
    account: &mut Account,
    rotation: &AccountRotation,
    list: &DeviceList,
) -> Result<RotationFollowed, IdentityError> {
    account.follow(rotation.clone(), list.clone(), NOW).map(commit)
}
