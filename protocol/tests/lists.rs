//! Adopting device lists (SPEC 5.3).

mod household;

use household::{DAY, NOW, Person, after, commit, store};
use twotick_protocol::wire::{DecodeError, DeviceId, DeviceList, ListHash, Revocation};
use twotick_protocol::{Account, ForkEvidence, IdentityError, ListUpdate, Record, StateError, list_head};

/// R-LST-1: what contradicts itself is refused, whoever has signed it.
#[test]
fn list_that_contradicts_itself_is_invalid() {
    let alice = Person::with_devices(1, 2);
    let id = alice.key.account_id();
    let listed = alice.devices[0].device_id();
    let revoked = |device_id, epoch| vec![Revocation { device_id, epoch }];
    let stranger = DeviceId::new([9; 16]);
    let defects: [fn(&mut DeviceList); 3] = [
        |list| list.epoch = 0,
        |list| list.previous = ListHash::new([0; 32]),
        |list| list.epoch = 1,
    ];
    let by_revocation = [revoked(listed, 2), revoked(stranger, 3)];
    let mut lists: Vec<_> = defects
        .iter()
        .map(|defect| {
            let mut list = alice.list.clone();
            defect(&mut list);
            list
        })
        .collect();
    lists.extend(by_revocation.map(|revoked| DeviceList {
        revoked,
        ..alice.list.clone()
    }));
    for list in lists {
        let refused = Account::trust(id, alice.pen.sign_list(list), NOW).map(|_| ());
        assert_eq!(refused, Err(IdentityError::Decode(DecodeError::InvalidValue)));
    }
    let accepted = DeviceList {
        revoked: revoked(stranger, 2),
        ..alice.list.clone()
    };
    assert!(Account::trust(id, alice.pen.sign_list(accepted), NOW).is_ok());
}

/// R-LST-1: signature first, then the dates, to the second.
#[test]
fn list_dates_hold_to_the_second() {
    let alice = Person::seeded(1);
    let trust = |list| Account::trust(alice.key.account_id(), list, NOW).map(|_| ());
    let dated = |issued, expires| {
        trust(alice.pen.sign_list(DeviceList {
            issued,
            expires,
            ..alice.list.clone()
        }))
    };
    assert_eq!(dated(NOW, after(35 * DAY)), Ok(()));
    assert_eq!(
        dated(NOW, after(35 * DAY + 1)),
        Err(IdentityError::ValidityTooLong)
    );
    assert_eq!(dated(after(1), NOW), Err(IdentityError::ValidityTooLong));
    assert_eq!(dated(after(DAY), after(2 * DAY)), Ok(()));
    assert_eq!(
        dated(after(DAY + 1), after(2 * DAY)),
        Err(IdentityError::NotYetValid)
    );
    assert_eq!(dated(household::before(DAY), NOW), Ok(()));
    assert_eq!(
        dated(household::before(DAY), household::before(1)),
        Err(IdentityError::Expired)
    );
    let unsigned = DeviceList {
        expires: household::before(1),
        ..alice.list.clone()
    };
    assert_eq!(trust(unsigned), Err(IdentityError::BadAccountSignature));
}

/// R-LST-4: the next list is adopted, and what it changed is told.
#[test]
fn next_list_is_adopted_and_its_changes_are_told() {
    let mut alice = Person::seeded(1);
    let mut known = alice.as_trusted();
    let tablet = alice.add_device();
    assert_eq!(
        adopt(&mut known, &alice.list),
        Ok(changes(|update| update.added = vec![tablet]))
    );
    alice.revoke(tablet);
    assert_eq!(
        adopt(&mut known, &alice.list),
        Ok(changes(|update| update.removed = vec![tablet]))
    );
    let renewed = alice.devices[0].renew(&alice.key, after(1));
    alice.list = alice
        .key
        .sign_next_list(&alice.list, &[renewed.certificate()], &[], after(1))
        .unwrap();
    let update = changes(|update| update.renewed = vec![renewed.device_id()]);
    assert_eq!(adopt(&mut known, &alice.list), Ok(update));
    assert_eq!(known.head(), list_head(&alice.list));
    assert_eq!(known.device_ids().collect::<Vec<_>>(), [renewed.device_id()]);
    assert_eq!(
        known.entry_hash(&renewed.device_id()),
        Some(renewed.certificate_hash())
    );
}

/// R-LST-4: lists between that were not seen are counted.
#[test]
fn missed_epochs_are_counted() {
    let mut alice = Person::seeded(1);
    let mut known = alice.as_trusted();
    (0..4).for_each(|_| alice.renew_list());
    assert_eq!(
        adopt(&mut known, &alice.list),
        Ok(changes(|update| update.missed_epochs = 3))
    );
}

/// R-LST-4, attack D2: rollback, and two histories with both lists as evidence. No stored byte changes (R-ERR-1).
#[test]
fn rollback_and_fork_are_refused_with_evidence() {
    let mut alice = Person::with_devices(1, 3);
    let older = alice.list.clone();
    alice.renew_list();
    let mut known = alice.as_trusted();
    let (current, before) = (alice.list.clone(), known.encode());
    let twin = alice.pen.sign_list(DeviceList {
        expires: after(34 * DAY),
        ..current.clone()
    });
    alice.renew_list();
    let previous = ListHash::new([8; 32]);
    let other_past = alice.pen.sign_list(DeviceList {
        previous,
        ..alice.list.clone()
    });
    let fork = |received: &DeviceList| {
        let (known, received) = (current.clone(), received.clone());
        IdentityError::DeviceListFork(Box::new(ForkEvidence {
            known,
            received,
            rotation: None,
        }))
    };
    let unsigned = DeviceList {
        expires: after(1),
        ..alice.list.clone()
    };
    let cases = [
        (
            older,
            IdentityError::DeviceListRollback {
                known: 4,
                received: 3,
            },
        ),
        (twin.clone(), fork(&twin)),
        (other_past.clone(), fork(&other_past)),
        (unsigned, IdentityError::BadAccountSignature),
        (Person::seeded(2).list, IdentityError::WrongAccount),
    ];
    for (list, refused) in cases {
        assert_eq!(adopt(&mut known, &list), Err(refused));
        assert_eq!(known.encode(), before);
    }
}

/// R-LST-4, R-LST-7: devices and revocations do not go in silence, and no revoked device comes back (R-ERR-1).
#[test]
fn list_that_drops_or_returns_a_device_is_refused() {
    let mut alice = Person::with_devices(1, 3);
    let with_revoked = alice.list.devices.clone();
    let device_id = alice.devices[2].device_id();
    alice.revoke(device_id);
    let mut known = alice.as_trusted();
    let before = known.encode();
    alice.renew_list();
    let next = alice.list.clone();
    let changed = |change: &dyn Fn(&mut DeviceList)| {
        let mut list = next.clone();
        change(&mut list);
        list.revoked.sort_by_key(|revocation| revocation.device_id);
        alice.pen.sign_list(list)
    };
    let backdated = |list: &mut DeviceList| {
        let device_id = list.devices.remove(1).device_id;
        list.revoked.push(Revocation { device_id, epoch: 1 });
    };
    let returned = |list: &mut DeviceList| {
        (list.epoch, list.previous) = (list.epoch + 1, ListHash::new([8; 32]));
        (list.devices, list.revoked) = (with_revoked.clone(), vec![]);
    };
    let cases = [
        (
            changed(&|list| list.devices.truncate(1)),
            IdentityError::BrokenListChain,
        ),
        (changed(&backdated), IdentityError::BrokenListChain),
        (
            changed(&|list| list.revoked.clear()),
            IdentityError::BrokenListChain,
        ),
        (
            changed(&|list| list.revoked[0].epoch = 1),
            IdentityError::BrokenListChain,
        ),
        (changed(&returned), IdentityError::DeviceRevoked),
    ];
    for (list, refused) in cases {
        assert_eq!(adopt(&mut known, &list), Err(refused));
        assert_eq!(known.encode(), before);
    }
    assert_eq!(adopt(&mut known, &next), Ok(changes(|_| {})));
}

/// R-LST-4: the same list again is no change, and nothing is stored.
#[test]
fn known_list_again_changes_nothing() {
    let alice = Person::seeded(1);
    let mut known = alice.as_trusted();
    let stored = store(known.adopt(alice.list.clone(), NOW).unwrap());
    assert_eq!(stored, (ListUpdate::default(), vec![], vec![]));
}

/// R-STO-1: a staged list that is dropped, or that the store refuses, was never adopted.
#[test]
fn list_that_is_not_stored_is_not_adopted() {
    let mut alice = Person::seeded(1);
    let mut known = alice.as_trusted();
    let before = known.encode();
    alice.add_device();
    drop(known.adopt(alice.list.clone(), NOW).unwrap());
    assert_eq!(known.encode(), before);
    let refused = known
        .adopt(alice.list.clone(), NOW)
        .unwrap()
        .commit(|_| Err("disk full"));
    assert_eq!(refused, Err("disk full"));
    assert_eq!(known.encode(), before);

    let (_, written, deleted) = store(known.adopt(alice.list.clone(), NOW).unwrap());
    assert_eq!(written, [(known.record_key(), known.encode().to_vec())]);
    assert_eq!(deleted, []);
}

/// R-LST-5, attack D2 (freeze): a withheld list ends as a stale one, and an expired one is not adopted.
#[test]
fn frozen_list_goes_stale() {
    let mut alice = Person::with_devices(1, 2);
    let mut known = alice.as_trusted();
    assert!(!known.is_stale(after(35 * DAY)));
    assert!(known.is_stale(after(35 * DAY + 1)));
    let (phone, hash) = (alice.devices[1].device_id(), alice.devices[1].certificate_hash());
    assert!(
        known.contains(&phone, &hash),
        "devices of a stale list keep their sessions"
    );
    alice.renew_list();
    let too_late = known.adopt(alice.list.clone(), after(35 * DAY + 1)).map(|_| ());
    assert_eq!(too_late, Err(IdentityError::Expired));
}

#[test]
fn stored_account_comes_back_the_same() {
    let alice = Person::with_devices(1, 3);
    let known = alice.as_trusted();
    let bytes = known.encode();
    let restored = Account::decode(&bytes).unwrap();
    assert_eq!(restored.encode(), bytes);
    assert_eq!(restored.head(), known.head());
    for cut in 0..bytes.len() {
        assert_eq!(
            Account::decode(&bytes[..cut]).map(|_| ()),
            Err(StateError::Corrupt)
        );
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(Account::decode(&longer).map(|_| ()), Err(StateError::Corrupt));
}

fn adopt(account: &mut Account, list: &DeviceList) -> Result<ListUpdate, IdentityError> {
    account.adopt(list.clone(), NOW).map(commit)
}

fn changes(describe: impl FnOnce(&mut ListUpdate)) -> ListUpdate {
    let mut update = ListUpdate::default();
    update.changed = true;
    describe(&mut update);
    update
}
