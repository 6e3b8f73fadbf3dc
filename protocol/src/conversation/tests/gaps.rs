use super::*;
use crate::staged::Changes;

/// R-CON-3: again is a duplicate, once; it changes nothing, and nothing is stored for it.
#[test]
fn a_duplicate_is_reported_and_changes_nothing() {
    let (mut alice, mut bob) = (Participant::new(1), Participant::new(2));
    let hello = alice.says("hello");
    assert!(!bob.gets(&hello).duplicate);
    let before = bob.conversation.encode();
    let (step, report) = bob
        .conversation
        .plan_receive(hello.author, &hello.id, &hello.message, b"hello");
    assert!(report.duplicate && !report.found && report.missing.is_empty());
    let staged = Staged {
        transition: step.transition(&mut bob.conversation),
        output: (),
    };
    let mut changes = 0;
    let store = |all: &Changes<'_>| {
        all.for_each(|_| changes += 1);
        Ok::<_, ()>(())
    };
    staged.commit(store).unwrap();
    assert_eq!(changes, 0);
    assert_eq!(bob.conversation.encode(), before);
}

/// R-CON-3, R-CON-4: what was skipped is missing until it arrives.
#[test]
fn a_gap_opens_splits_and_closes() {
    let mut bob = Participant::new(2);
    assert!(bob.gets_numbered(1, 1).missing.is_empty());
    let report = bob.gets_numbered(1, 6);
    assert_eq!(report.missing.gaps, [(DeviceId::new([1; 16]), 2..=5)]);
    assert!(!report.found && !report.duplicate);
    assert!(bob.gets_numbered(1, 4).found);
    assert_eq!(bob.gaps(), [(1, 2..=3), (1, 5..=5)]);
    assert!(bob.gets_numbered(1, 4).duplicate);
    for sequence in [2, 5, 3] {
        assert!(bob.gets_numbered(1, sequence).found);
    }
    assert!(bob.conversation.missing().is_empty());
    assert!((1..=6).all(|sequence| bob.gets_numbered(1, sequence).duplicate));
}

/// R-CON-3: the first message of an author opens no gap, and what comes before it late is shown, once.
#[test]
fn what_precedes_the_first_message_is_not_missed_and_not_refused() {
    let mut bob = Participant::new(2);
    assert!(bob.gets_numbered(1, 5).missing.is_empty());
    let late = bob.gets_numbered(1, 3);
    assert!(!late.duplicate && !late.found && late.missing.is_empty());
    assert!(bob.gets_numbered(1, 3).duplicate);
    assert!(bob.gets_numbered(1, 7).missing.gaps == [(DeviceId::new([1; 16]), 6..=6)]);
}

/// R-CON-3: each author device is counted by itself, also one's own others.
#[test]
fn authors_do_not_share_a_count() {
    let mut bob = Participant::new(2);
    for author in [3, 1] {
        bob.gets_numbered(author, 1);
        bob.gets_numbered(author, 3);
    }
    assert_eq!(bob.gaps(), [(1, 2..=2), (3, 2..=2)]);
    bob.says("mine");
    assert!(bob.gets_numbered(2, 1).duplicate);
    assert_eq!(bob.gaps().len(), 2);
}

/// R-LIM-1: the 65th gap drops the oldest and says so; the dropped one is no longer missed.
#[test]
fn the_oldest_gap_gives_way_and_is_reported() {
    let mut bob = Participant::new(2);
    bob.gets_numbered(1, 1);
    for gap in 1..=64 {
        assert!(bob.gets_numbered(1, 1 + 2 * gap).dropped.is_empty());
    }
    assert_eq!(bob.gaps().len(), 64);
    let report = bob.gets_numbered(1, 131);
    assert_eq!(report.dropped.gaps, [(DeviceId::new([1; 16]), 2..=2)]);
    assert_eq!(report.missing.gaps.len(), 64);
    assert!(bob.gets_numbered(1, 2).duplicate);
    assert!(bob.gets_numbered(1, 4).found);
}

/// R-LIM-1: a gap that splits when there are 64 already.
#[test]
fn splitting_a_gap_keeps_the_limit() {
    let mut bob = Participant::new(2);
    bob.gets_numbered(1, 1);
    (1..=63).for_each(|gap| drop(bob.gets_numbered(1, 1 + 2 * gap)));
    bob.gets_numbered(1, 1_000);
    let report = bob.gets_numbered(1, 500);
    assert!(report.found);
    assert_eq!(report.dropped.gaps, [(DeviceId::new([1; 16]), 2..=2)]);
    assert_eq!(report.missing.gaps.len(), 64);
}

/// R-LIM-1: a flood of new author devices does not grow the state for ever, and does not drop who still writes.
#[test]
fn the_longest_silent_author_gives_way_and_is_reported() {
    let mut bob = Participant::new(255);
    bob.gets_numbered(1, 1);
    bob.gets_numbered(2, 1);
    bob.gets_numbered(2, 3);
    let mut dropped = Vec::new();
    for author in 3..=130 {
        bob.gets_numbered(1, u32::from(author) - 1);
        let report = bob.gets_numbered(author, 1);
        if !report.dropped.is_empty() {
            dropped.push(report.dropped);
        }
    }
    let device = |number| DeviceId::new([number; 16]);
    let first = Dropped {
        authors: [device(2)].into(),
        gaps: [(device(2), 2..=2)].into(),
        ..Dropped::default()
    };
    assert_eq!(dropped[0], first);
    assert_eq!(dropped[1].authors, [device(3)]);
    assert_eq!(dropped.len(), 2);
    assert!(bob.gets_numbered(1, 1).duplicate);
}
