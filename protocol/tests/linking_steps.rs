//! Linking a device (SPEC 6.3): the four sealed steps.

mod household;

use household::linking::{confirmed, request_to, sealed};
use household::{DAY, NOW, Person, after, before, rng};
use twotick_protocol::wire::{DecodeError, ErrorCode, LinkSealed, LinkStep};
use twotick_protocol::{Account, DeviceKeys, IdentityError, LinkError};

/// SPEC 6.3: a step that was changed, or is not the one due, does not open.
#[test]
fn step_that_is_changed_or_out_of_order_is_refused() {
    let alice = Person::seeded(1);
    let request_with = |change: fn(&mut Vec<u8>)| {
        let (existing, new) = confirmed(&alice);
        let (mut request, _) = new.request(DeviceKeys::generate(&mut rng(9)));
        change(&mut request);
        request_to(&alice, existing, &request).map(|_| ())
    };
    assert_eq!(request_with(|_| {}), Ok(()));
    assert_eq!(request_with(|request| request[7] ^= 1), Err(LinkError::Refused));
    assert_eq!(
        request_with(|request| *request.last_mut().unwrap() ^= 1),
        Err(LinkError::Refused)
    );
    assert_eq!(
        request_with(|request| request[2] = LinkStep::Acceptance.number()),
        Err(LinkError::Refused)
    );

    // The existing device's own proposal does not come back as the acceptance.
    let (existing, new) = confirmed(&alice);
    let (request, _new) = new.request(DeviceKeys::generate(&mut rng(9)));
    let (mut proposal, existing) = request_to(&alice, existing, &request).unwrap();
    proposal[2] = LinkStep::Acceptance.number();
    let reflected = existing
        .acceptance(&sealed(&proposal), &alice.key, &alice.list, NOW)
        .map(|_| ());
    assert_eq!(reflected, Err(LinkError::Refused));
}

/// R-LNK-5, R-LST-3, attack H12: keys and ids of the account's devices are not certified twice.
#[test]
fn request_that_breaks_the_rules_of_lists_is_refused() {
    let mut alice = Person::with_devices(1, 2);
    let request = |alice: &Person, keys| {
        let (existing, new) = confirmed(alice);
        request_to(alice, existing, &new.request(keys).0)
            .map(|_| ())
            .map_err(|error| error.code())
    };
    // The generator that made Alice's primary makes the same device again.
    let twin = || DeviceKeys::generate(&mut rng(1));
    assert_eq!(twin().device_id(), alice.devices[0].device_id());
    assert_eq!(request(&alice, twin()), Err(ErrorCode::DuplicateKey));
    let id = alice.devices[1].device_id();
    alice.revoke(id);
    let second = || {
        let mut rng = rng(1);
        DeviceKeys::generate(&mut rng);
        DeviceKeys::generate(&mut rng)
    };
    assert_eq!(request(&alice, second()), Err(ErrorCode::DeviceRevoked));
    let full = Person::with_devices(2, 16);
    assert_eq!(
        request(&full, DeviceKeys::generate(&mut rng(9))),
        Err(ErrorCode::TooManyDevices)
    );
}

/// R-LNK-4: the accounts of key, list and offer are one, and every listed certificate is at hand.
#[test]
fn request_needs_the_offers_account_and_all_siblings() {
    let (alice, bob) = (Person::with_devices(1, 2), Person::seeded(2));
    let keys = || DeviceKeys::generate(&mut rng(9));
    for (key, account) in [(&bob.key, &alice), (&alice.key, &bob)] {
        let (existing, new) = confirmed(&alice);
        let (request, trusted) = (new.request(keys()).0, account.as_trusted());
        let certificates = [account.certificate(account.devices.len() - 1)];
        let us = &account.devices[0];
        let refused = existing.request(&sealed(&request), key, &trusted, &certificates, us, NOW);
        assert_eq!(
            refused.map(|_| ()),
            Err(LinkError::Identity(IdentityError::WrongAccount))
        );
    }

    let (existing, new) = confirmed(&alice);
    let request = new.request(keys()).0;
    let trusted = alice.as_trusted();
    let without = existing.request(
        &sealed(&request),
        &alice.key,
        &trusted,
        &[],
        &alice.devices[0],
        NOW,
    );
    assert_eq!(
        without.map(|_| ()),
        Err(LinkError::Identity(IdentityError::NotInDeviceList))
    );
}

/// R-IDN-3: a new device whose clock is far off does not become one.
#[test]
fn proposal_that_is_not_valid_now_is_refused() {
    let alice = Person::seeded(1);
    let propose = |now| {
        let (existing, new) = confirmed(&alice);
        let (request, new) = new.request(DeviceKeys::generate(&mut rng(9)));
        let (proposal, _) = request_to(&alice, existing, &request).unwrap();
        new.proposal(&sealed(&proposal), now).map(|_| ())
    };
    assert_eq!(propose(before(DAY)), Ok(()));
    assert_eq!(
        propose(before(DAY + 1)),
        Err(LinkError::Identity(IdentityError::NotYetValid))
    );
    assert_eq!(
        propose(after(366 * DAY)),
        Err(LinkError::Identity(IdentityError::Expired))
    );
}

/// R-LNK-4: an existing device whose list went on meanwhile does not certify into the old one.
#[test]
fn acceptance_meets_the_newest_list() {
    let mut alice = Person::seeded(1);
    let (existing, new) = confirmed(&alice);
    let (request, new) = new.request(DeviceKeys::generate(&mut rng(9)));
    let (proposal, existing) = request_to(&alice, existing, &request).unwrap();
    let (acceptance, _) = new.proposal(&sealed(&proposal), NOW).unwrap();
    alice.add_device();
    let unknown_sibling = existing
        .acceptance(&sealed(&acceptance), &alice.key, &alice.list, NOW)
        .map(|_| ());
    assert_eq!(
        unknown_sibling,
        Err(LinkError::Identity(IdentityError::NotInDeviceList))
    );
}

/// R-LNK-4: a sibling whose certificate ran out is not handed on as verified, and does not stop the linking.
#[test]
fn expired_sibling_does_not_stop_the_linking() {
    let mut alice = Person::seeded(1);
    let old = alice.add_device();
    let late = after(366 * DAY);
    alice.devices[0] = alice.devices[0].renew(&alice.key, late);
    let primary = alice.devices[0].certificate().clone();
    alice.list = alice
        .key
        .sign_next_list(&alice.list, &[&primary], &[], late)
        .unwrap();
    let trusted = Account::trust(alice.key.account_id(), alice.list.clone(), late).unwrap();
    let (existing, new) = confirmed(&alice);
    let (request, new) = new.request(DeviceKeys::generate(&mut rng(9)));
    let certificates = [alice.certificate(1)];
    let (proposal, existing) = existing
        .request(
            &sealed(&request),
            &alice.key,
            &trusted,
            &certificates,
            &alice.devices[0],
            late,
        )
        .unwrap();
    let (acceptance, new) = new.proposal(&sealed(&proposal), late).unwrap();
    let (_, _, completion) = existing
        .acceptance(&sealed(&acceptance), &alice.key, &alice.list, late)
        .unwrap();
    let (_, account, siblings) = new.completion(&sealed(&completion), late).unwrap();
    assert!(account.device_ids().any(|id| id == old));
    assert_eq!(
        siblings
            .iter()
            .map(|sibling| sibling.device_id())
            .collect::<Vec<_>>(),
        [primary.device_id]
    );
}

/// SPEC 2.1: the largest completion, of sixteen devices and 64 revocations, fits its limit.
#[test]
fn largest_completion_fits() {
    let mut alice = Person::seeded(1);
    for _ in 0..64 {
        let device = alice.add_device();
        alice.revoke(device);
    }
    while alice.devices.len() < 15 {
        alice.add_device();
    }
    let (existing, new) = confirmed(&alice);
    let (request, new) = new.request(DeviceKeys::generate(&mut rng(9)));
    let (proposal, existing) = request_to(&alice, existing, &request).unwrap();
    let (acceptance, new) = new.proposal(&sealed(&proposal), NOW).unwrap();
    let (_, _, completion) = existing
        .acceptance(&sealed(&acceptance), &alice.key, &alice.list, NOW)
        .unwrap();
    assert_eq!(completion.len(), LinkSealed::MAX_LENGTH);
    assert_eq!(new.completion(&sealed(&completion), NOW).unwrap().2.len(), 15);
    let longer = [completion.as_slice(), &[0]].concat();
    assert_eq!(
        LinkSealed::decode(&longer).map(|_| ()),
        Err(DecodeError::TrailingBytes { count: 1 })
    );
}
