//! Linking a device (SPEC 6): offer, commitment and digits.

mod household;

use household::linking::{confirmed, digits, request_to, sealed};
use household::{NOW, Person, after, rng};
use twotick_protocol::wire::{DeviceId, ErrorCode, LinkHello, LinkOffer, LinkReveal};
use twotick_protocol::{DeviceKeys, ExistingDevice, LinkDigits, LinkError, NewDevice, Record, list_hash};

/// R-LNK-4: both end with the same certificate and list, and the new device knows its siblings.
#[test]
fn device_is_linked() {
    let mut alice = Person::with_devices(1, 2);
    let (existing, new) = confirmed(&alice);
    let keys = DeviceKeys::generate(&mut rng(9));
    let id = keys.device_id();
    let (request, new) = new.request(keys);
    let (proposal, existing) = request_to(&alice, existing, &request).unwrap();
    let (acceptance, new) = new.proposal(&sealed(&proposal), NOW).unwrap();
    let (certificate, list, completion) = existing
        .acceptance(&sealed(&acceptance), &alice.key, &alice.list, NOW)
        .unwrap();
    let (device, account, siblings) = new.completion(&sealed(&completion), NOW).unwrap();

    assert_eq!((device.device_id(), device.certificate()), (id, &certificate));
    assert_eq!(
        (account.list(), account.account_id()),
        (&list, alice.key.account_id())
    );
    assert_eq!(
        (list.epoch, list.previous),
        (alice.list.epoch + 1, list_hash(&alice.list))
    );
    let known: Vec<DeviceId> = siblings.iter().map(|sibling| sibling.device_id()).collect();
    assert_eq!(
        known,
        alice
            .list
            .devices
            .iter()
            .map(|entry| entry.device_id)
            .collect::<Vec<_>>()
    );
    alice.list = list;
    assert_eq!(account.encode(), alice.as_trusted().encode());
}

/// R-LNK-1: an offer that claims to be good for days is not taken in; one from a clock a day ahead is.
#[test]
fn offer_from_far_ahead_is_not_taken_in() {
    let account = Person::seeded(1).key.account_id();
    let enter = |made| {
        let (offer, _) = ExistingDevice::offer(account, after(made), &mut rng(2));
        NewDevice::enter(offer, NOW, &mut rng(3)).map(|_| ())
    };
    assert_eq!(enter(86_400), Ok(()));
    assert_eq!(enter(86_401), Err(LinkError::Expired));
}

/// R-LNK-1: good for 60 seconds, on both devices.
#[test]
fn offer_ends_after_sixty_seconds() {
    let account = Person::seeded(1).key.account_id();
    let answer = |entered, arrived| {
        let (offer, existing) = ExistingDevice::offer(account, NOW, &mut rng(2));
        let (hello, _) = NewDevice::enter(offer, entered, &mut rng(3))?;
        existing.hello(&hello, arrived, &mut rng(2)).map(|_| ())
    };
    assert_eq!(answer(after(60), after(60)), Ok(()));
    assert_eq!(answer(after(60), after(61)), Err(LinkError::Expired));
    assert_eq!(answer(after(61), after(60)), Err(LinkError::Expired));
    assert_eq!(LinkError::Expired.code(), ErrorCode::LinkExpired);
}

/// R-LNK-1: a hello of another secret, account or key ends the offer: `hello` takes it by value. A hello without an
/// offer cannot even be passed to anything.
#[test]
fn hello_that_does_not_prove_the_secret_is_refused() {
    let (alice, bob) = (
        Person::seeded(1).key.account_id(),
        Person::seeded(2).key.account_id(),
    );
    let hello_after = |change_offer: fn(&mut LinkOffer), change_hello: fn(&mut LinkHello), account| {
        let (mut offer, existing) = ExistingDevice::offer(alice, NOW, &mut rng(2));
        offer.account_id = account;
        change_offer(&mut offer);
        let (mut hello, _) = NewDevice::enter(offer, NOW, &mut rng(3)).unwrap();
        change_hello(&mut hello);
        existing.hello(&hello, NOW, &mut rng(2)).map(|_| ())
    };
    assert_eq!(hello_after(|_| {}, |_| {}, alice), Ok(()));
    assert_eq!(hello_after(|_| {}, |_| {}, bob), Err(LinkError::Refused));
    assert_eq!(
        hello_after(|offer| offer.secret[0] ^= 1, |_| {}, alice),
        Err(LinkError::Refused)
    );
    assert_eq!(
        hello_after(|_| {}, |hello| hello.mac[31] ^= 1, alice),
        Err(LinkError::Refused)
    );
    let other_key = |hello: &mut LinkHello| hello.ephemeral = household::identity_key(4);
    assert_eq!(hello_after(|_| {}, other_key, alice), Err(LinkError::Refused));
    assert_eq!(LinkError::Refused.code(), ErrorCode::LinkRefused);
}

/// R-LNK-2: what is revealed is what was committed to.
#[test]
fn reveal_other_than_the_commitment_is_refused() {
    let reveal_after = |change: fn(&mut LinkReveal)| {
        let (offer, existing) = ExistingDevice::offer(Person::seeded(1).key.account_id(), NOW, &mut rng(2));
        let (hello, new) = NewDevice::enter(offer, NOW, &mut rng(3)).unwrap();
        let (commitment, existing) = existing.hello(&hello, NOW, &mut rng(4)).unwrap();
        let (nonce, new) = new.commitment(&commitment, &mut rng(5));
        let (mut reveal, _) = existing.nonce(&nonce);
        change(&mut reveal);
        new.reveal(&reveal).map(|_| ())
    };
    assert_eq!(reveal_after(|_| {}), Ok(()));
    assert_eq!(
        reveal_after(|reveal| reveal.nonce[0] ^= 1),
        Err(LinkError::Refused)
    );
    assert_eq!(
        reveal_after(|reveal| reveal.ephemeral = household::identity_key(9)),
        Err(LinkError::Refused)
    );
}

/// R-LNK-3: each device goes on only with the digits of the other.
#[test]
fn other_digits_end_the_attempt() {
    let alice = Person::seeded(1);
    let shown = digits(&alice).0.digits().to_string();
    for typed in [0, 1, 123_456, 999_999]
        .map(|number| format!("{number:06}"))
        .into_iter()
        .chain([shown.clone()])
    {
        let outcome = if typed == shown {
            Ok(())
        } else {
            Err(LinkError::DigitsDiffer)
        };
        let (existing, new) = digits(&alice);
        let typed = LinkDigits::parse(&typed).unwrap();
        assert_eq!(existing.confirm(typed).map(|_| ()), outcome);
        assert_eq!(new.confirm(typed).map(|_| ()), outcome);
    }
    assert_eq!(LinkError::DigitsDiffer.code(), ErrorCode::LinkDigitsDiffer);
}

#[test]
fn digits_are_six_and_read_back() {
    let (existing, new) = digits(&Person::seeded(1));
    let shown = existing.digits().to_string();
    assert_eq!(shown.len(), 6);
    assert_eq!(shown, new.digits().to_string());
    assert_eq!(LinkDigits::parse("00 12 34").unwrap().to_string(), "001234");
    for typed in [
        "",
        "12345",
        "1234567",
        "12345x",
        "-12345",
        "+12345",
        "١٢٣٤٥٦",
        "00000000000001",
    ] {
        assert_eq!(
            LinkDigits::parse(typed).map(|_| ()),
            Err(LinkError::DigitsDiffer),
            "{typed:?}"
        );
    }
}

/// R-STO-4: no state of linking prints what it holds.
#[test]
fn debug_output_holds_no_secret() {
    let (offer, existing) = ExistingDevice::offer(Person::seeded(1).key.account_id(), NOW, &mut rng(2));
    assert_eq!(format!("{existing:?}"), "ExistingOffered { .. }");
    assert!(format!("{offer:?}").contains("hidden"));
    let (existing, _) = digits(&Person::seeded(1));
    assert_eq!(format!("{:?}", existing.digits()), "LinkDigits { .. }");
}
