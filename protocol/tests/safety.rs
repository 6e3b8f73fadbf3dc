//! Safety number and safety code (SPEC 7).

mod household;

use household::Person;
use sha2::{Digest, Sha256};
use twotick_protocol::wire::{AccountKey, ErrorCode, SafetyCode};
use twotick_protocol::{SafetyError, SafetyNumber, verify_safety_code};

/// R-SAF-1: computed here from the words of SPEC 7 alone.
#[test]
fn number_is_the_one_of_the_specification() {
    let half = |key: &[u8; 32]| {
        let label = b"\x1cTwotick/1/hash/safety-number";
        let mut hash = Sha256::new().chain_update(label).chain_update(key).finalize();
        for _ in 0..5_200 {
            hash = Sha256::new()
                .chain_update(label)
                .chain_update(hash)
                .chain_update(key)
                .finalize();
        }
        let group =
            |bytes: &[u8]| bytes.iter().fold(0_u64, |sum, &byte| 256 * sum + u64::from(byte)) % 100_000;
        (0..6)
            .map(|j| format!("{:05}", group(&hash[5 * j..5 * j + 5])))
            .collect::<String>()
    };
    let mut halves = [half(&[1; 32]), half(&[2; 32])];
    halves.sort();
    let number = SafetyNumber::of(&AccountKey::new([1; 32]), &AccountKey::new([2; 32]));
    assert_eq!(number.digits(), halves.concat());
}

/// R-SAF-1: both people see the same digits, and others with anybody else.
#[test]
fn both_people_see_the_same_digits() {
    let [alice, bob, mallory] = [1, 2, 3].map(|seed| Person::seeded(seed).key.account_key());
    let number = SafetyNumber::of(&alice, &bob);
    assert_eq!(number, SafetyNumber::of(&bob, &alice));
    assert_ne!(number, SafetyNumber::of(&alice, &mallory));
    assert_ne!(number, SafetyNumber::of(&mallory, &bob));
}

#[test]
fn number_is_shown_as_twelve_groups_of_five() {
    let number = number();
    let shown = number.to_string();
    let groups: Vec<&str> = shown.split(' ').collect();
    assert_eq!(groups.len(), 12);
    assert!(
        groups
            .iter()
            .all(|group| group.len() == 5 && group.bytes().all(|byte| byte.is_ascii_digit()))
    );
    assert_eq!(groups.concat(), number.digits());
    assert_eq!(number.digits().len(), SafetyNumber::LENGTH);
}

/// R-SAF-1: comparison is by the machine, of groups that are read out.
#[test]
fn groups_read_out_match_or_do_not() {
    let number = number();
    let groups: Vec<&str> = number.groups().collect();
    let all: Vec<(usize, &str)> = groups.iter().copied().enumerate().collect();
    assert!(number.matches_groups(&all));
    assert!(number.matches_groups(&[(11, groups[11]), (3, groups[3])]));
    assert!(!number.matches_groups(&[]));
    assert!(!number.matches_groups(&[(12, groups[0])]));
    assert!(!number.matches_groups(&[(0, &groups[0][..4])]));
    assert!(!number.matches_groups(&[(0, groups[0]), (1, "not5!")]));
    assert!(!number.matches_groups(&[(usize::MAX, groups[0])]));
}

/// R-SAF-1, R-IDN-4: the number covers accounts; devices come and go.
#[test]
fn number_stays_when_devices_change() {
    let (one, many) = (Person::seeded(1), Person::with_devices(1, 3));
    let bob = Person::seeded(2).key.account_key();
    let number = SafetyNumber::of(&bob, &one.as_trusted().account_key());
    assert_eq!(number, SafetyNumber::of(&bob, &many.as_trusted().account_key()));
}

/// R-SAF-2, attack D5: whole account ids, in both directions.
#[test]
fn code_of_another_pair_is_refused() {
    let [alice, bob, mallory] = [1, 2, 3].map(|seed| Person::seeded(seed).key.account_id());
    let scanned = |shown_by, shown_to| verify_safety_code(&SafetyCode { shown_by, shown_to }, &bob, &alice);
    assert_eq!(scanned(alice, bob), Ok(()));
    for (shown_by, shown_to) in [
        (bob, alice),
        (mallory, bob),
        (alice, mallory),
        (bob, bob),
        (alice, alice),
    ] {
        assert_eq!(scanned(shown_by, shown_to), Err(SafetyError::BadSafetyCode));
    }
    assert_eq!(SafetyError::BadSafetyCode.code(), ErrorCode::BadSafetyCode);
    for bit in 0..256 {
        let mut close = alice.to_bytes();
        close[bit / 8] ^= 1 << (bit % 8);
        let close = twotick_protocol::wire::AccountId::new(close);
        assert!(scanned(close, bob).is_err());
    }
}

fn number() -> SafetyNumber {
    SafetyNumber::of(&AccountKey::new([1; 32]), &AccountKey::new([2; 32]))
}
