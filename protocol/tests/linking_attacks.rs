//! Mallory between the two devices of a linking (SPEC 6.2), with and without the secret.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod household;

use household::{NOW, Person, rng};
use twotick_protocol::wire::{LinkHello, LinkOffer, LinkReveal};
use twotick_protocol::{ExistingDevice, ExistingDigits, ExistingOffered, LinkError, NewDevice, NewDigits};

/// R-LNK-1, attack D3: Mallory, between the devices, has everything but the code on the screen.
#[test]
fn without_the_secret_nobody_gets_between() {
    let (mut offer, existing) = ExistingDevice::offer(Person::seeded(1).key.account_id(), NOW, &mut rng(2));
    offer.secret = [0; 32];
    let (guessed, _) = NewDevice::enter(offer, NOW, &mut rng(66)).unwrap();
    assert_eq!(
        existing.hello(&guessed, NOW, &mut rng(4)).map(|_| ()),
        Err(LinkError::Refused)
    );
}

/// R-LNK-2, R-LNK-3: Mallory has photographed the code and plays each device to the other: the digits differ, so that
/// what a person types ends both attempts. A thousand of her commitments, none of which agrees.
#[test]
fn with_the_secret_the_digits_tell() {
    for attempt in 0..1_000 {
        let (existing, new) = between(1_000 + attempt);
        let (shown_by_existing, shown_by_new) = (existing.digits(), new.digits());
        assert_ne!(
            shown_by_existing.to_string(),
            shown_by_new.to_string(),
            "attempt {attempt}"
        );
        if attempt % 100 == 0 {
            assert_eq!(
                existing.confirm(shown_by_new).map(|_| ()),
                Err(LinkError::DigitsDiffer)
            );
            assert_eq!(
                new.confirm(shown_by_existing).map(|_| ()),
                Err(LinkError::DigitsDiffer)
            );
        }
    }
}

/// R-LNK-2: once the nonce is known, Mallory searches for a reveal with the right digits. Whatever she finds is not
/// what she has committed to.
#[test]
fn searching_for_a_reveal_after_the_nonce_is_in_vain() {
    for attempt in 0..1_000_u64 {
        let (offer, mallory) = offer_with_known_secret();
        let (hello, new) = NewDevice::enter(offer, NOW, &mut rng(3)).unwrap();
        let (commitment, mallory) = mallory.hello(&hello, NOW, &mut rng(66)).unwrap();
        let (nonce, new) = new.commitment(&commitment, &mut rng(5));
        let (committed, _) = mallory.nonce(&nonce);
        let mut searched = LinkReveal {
            nonce: [0; 32],
            ..committed
        };
        searched.nonce[..8].copy_from_slice(&attempt.to_be_bytes());
        assert_eq!(new.reveal(&searched).map(|_| ()), Err(LinkError::Refused));
    }
}

/// R-LNK-3: digits are spread over all of their range.
#[test]
fn digits_are_spread() {
    let mut seen: Vec<u32> = (0..1_000)
        .map(|i| between(i).0.digits().to_string().parse().unwrap())
        .collect();
    seen.sort_unstable();
    seen.dedup();
    assert!(seen.len() > 990, "{} distinct of 1,000", seen.len());
    assert!(seen[0] < 20_000 && seen[seen.len() - 1] > 980_000);
}

/// Mallory, with the secret and this seed, between Alice's two devices.
fn between(seed: u64) -> (ExistingDigits, NewDigits) {
    let (offer, to_new) = offer_with_known_secret();
    let (copy, existing) = offer_with_known_secret();
    let mut mallory = rng(seed);
    let (hello, to_existing) = NewDevice::enter(copy, NOW, &mut mallory).unwrap();
    let (commitment, existing) = existing.hello(&hello, NOW, &mut rng(4)).unwrap();
    let (nonce, _) = to_existing.commitment(&commitment, &mut mallory);
    let (_, existing) = existing.nonce(&nonce);

    let (hello, new): (LinkHello, _) = NewDevice::enter(offer, NOW, &mut rng(3)).unwrap();
    let (commitment, to_new) = to_new.hello(&hello, NOW, &mut mallory).unwrap();
    let (nonce, new) = new.commitment(&commitment, &mut rng(5));
    let (reveal, _) = to_new.nonce(&nonce);
    (existing, new.reveal(&reveal).unwrap())
}

/// The same offer each time: who repeats the generator has the secret.
fn offer_with_known_secret() -> (LinkOffer, ExistingOffered) {
    ExistingDevice::offer(Person::seeded(1).key.account_id(), NOW, &mut rng(2))
}
