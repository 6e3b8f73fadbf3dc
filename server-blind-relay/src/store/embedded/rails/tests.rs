//! Damage to the rails themselves.

use super::*;

fn past(directory: &Path) -> Past {
    fs::create_dir_all(directory.join(ENGINE)).expect("a folder");
    Rails::open(directory).expect("rails").1
}

/// R-DUR-2: each of the two says what was confirmed; without both it is unknown, not nothing.
#[test]
fn either_rail_is_enough_and_none_is_unknown() {
    let directory = tempfile::tempdir().expect("a folder");
    let (rails, new) = Rails::open(directory.path()).expect("rails");
    assert_eq!(new, Past::None);
    let mark = Mark {
        number: 700,
        now: UnixTime::new(9),
    };
    for number in 1..=701 {
        rails.record(number).expect("a record");
    }
    rails.set_watermark(mark).expect("a watermark");
    drop(rails);
    let [ledger, watermark] = ["ledger", "watermark"].map(|name| directory.path().join(name));
    assert_eq!(
        past(directory.path()),
        Past::Confirmed(Mark { number: 701, ..mark })
    );
    fs::write(&watermark, b"damaged").expect("a write");
    let from_ledger = Mark {
        number: 701,
        now: UnixTime::default(),
    };
    assert_eq!(past(directory.path()), Past::Confirmed(from_ledger));
    fs::write(&ledger, b"").expect("a write");
    assert_eq!(past(directory.path()), Past::Confirmed(from_ledger));
    fs::write(&watermark, b"damaged").expect("a write");
    fs::write(&ledger, b"").expect("a write");
    assert_eq!(past(directory.path()), Past::Unknown);
}

/// R-DUR-4: a directory has one process.
#[test]
fn a_directory_that_is_taken_is_refused() {
    let directory = tempfile::tempdir().expect("a folder");
    let _held = Rails::open(directory.path()).expect("rails");
    assert!(matches!(Rails::open(directory.path()), Err(RailsError::Locked)));
}
