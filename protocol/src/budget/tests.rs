use proptest::prelude::*;
use twotick_wire::UnixTime;

use super::Budget;
use crate::error::StateError;
use crate::limits::constants::{RECEIPT_BUDGET, RECEIPT_REFILL};
use crate::staged::RecordKind;
use crate::state::{StateReader, StateWriter};

/// R-RCP-4, D9: 60 receipts at once, then one each second.
#[test]
fn sixty_receipts_then_one_each_second() {
    let mut budget = Budget::new(RECEIPT_BUDGET, RECEIPT_REFILL);
    let allowed = (0..1000).filter(|_| budget.take(at(1_000))).count();
    assert_eq!(allowed, 60);
    assert!(budget.take(at(1_001)));
    assert!(!budget.take(at(1_001)));
    assert_eq!(budget.available(at(1_011)), 10);
    assert_eq!(budget.available(at(9_999)), 60);
}

#[test]
fn part_of_an_interval_is_kept_for_the_next() {
    let mut budget = Budget::new(2, 10);
    assert!(budget.take(at(100)) && budget.take(at(100)));
    assert!(!budget.take(at(109)));
    assert!(budget.take(at(115)));
    assert!(!budget.take(at(119)));
    assert!(budget.take(at(120)));
}

#[test]
fn a_clock_that_goes_back_gives_nothing_and_blocks_nothing() {
    let mut budget = Budget::new(1, 10);
    assert!(budget.take(at(1_000_000)));
    assert!(!budget.take(at(5)));
    assert!(!budget.take(at(14)));
    assert!(budget.take(at(15)));
}

#[test]
fn a_stored_budget_continues_where_it_was() {
    let mut budget = Budget::new(8, 300);
    for _ in 0..5 {
        assert!(budget.take(at(10_000)));
    }
    let mut writer = StateWriter::new();
    writer.start(RecordKind::PeerDevice);
    budget.encode_to(&mut writer);
    let bytes = writer.into_bytes();
    let decode = |capacity| {
        let mut reader = StateReader::start(&bytes, RecordKind::PeerDevice).unwrap();
        let budget = Budget::decode_from(&mut reader, capacity, 300);
        reader.finish().map(|()| budget)
    };
    assert_eq!(decode(8), Ok(Ok(budget)));
    assert_eq!(decode(2), Ok(Err(StateError::Corrupt)));
}

proptest! {
    /// R-LIM-1: whatever the clock does, no more than the capacity and one for each interval it went forward.
    #[test]
    fn never_more_than_capacity_and_the_time_that_passed(
        capacity in 0u32..10,
        refill in 0u64..20,
        times in proptest::collection::vec(0u64..500, 1..200),
    ) {
        let mut budget = Budget::new(capacity, refill);
        let taken = times.iter().filter(|&&now| budget.take(at(now))).count() as u64;
        let forward = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).sum::<u64>();
        prop_assert!(taken <= u64::from(capacity) + forward / refill.max(1));
        prop_assert!(budget.available(at(u64::MAX)) == capacity);
    }
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::new(seconds)
}
