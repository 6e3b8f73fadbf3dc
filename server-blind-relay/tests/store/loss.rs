//! What a start does with journals that are not as they were written.

use std::{fs, path::PathBuf, time::Duration};

use twotick_relay::store::{Answer, MailboxItem, OpenError, Store, StoreLimits, verify};
use twotick_wire::{ErrorCode, LaneItem, StoreEpoch};

use crate::child::{ALICE, BOB, numbered};
use crate::people::{at, attach, envelope, grant, granted, message, next_list};
use crate::world::World;

/// A store with 30 envelopes in a journal of its own, ended in order; and where that is.
fn written() -> (World, PathBuf) {
    let mut world = World::embedded(StoreLimits::default());
    for (number, device) in [(0, crate::child::ALICE), (1, BOB)] {
        let list = next_list(number, None, &[(device, 0)]);
        assert_eq!(
            world.submit(twotick_relay::store::Op::PublishList(list)),
            Answer::Done
        );
    }
    world.submit(granted(1, vec![grant(0)], at(0)));
    world.submit(attach(BOB, at(0)));
    for number in 1..=30 {
        world.submit(numbered(number));
    }
    world.again(true);
    world.close();
    let engine = world.directory.as_ref().expect("a folder").path().join("engine");
    (world, engine.join("0.jnl"))
}

/// The batches of a journal: where each begins, by the mark that ends the one before.
fn batches(journal: &[u8]) -> Vec<usize> {
    let ends = journal
        .windows(4)
        .enumerate()
        .filter(|(_, window)| window == b"FJL\x03");
    let mut starts = vec![0];
    starts.extend(ends.map(|(at, _)| at + 4));
    starts
}

/// Where the batch of an envelope is.
fn batch_of(journal: &[u8], number: u64) -> (usize, usize) {
    let text = envelope(&crate::child::text(number));
    let at = journal
        .windows(text.len())
        .position(|window| window == text)
        .expect("the envelope");
    let starts = batches(journal);
    let next = starts.iter().position(|start| *start > at).expect("an end");
    (starts[next - 1], starts[next])
}

fn items(world: &World) -> Vec<(u64, u64)> {
    let item = |item: MailboxItem| match item {
        MailboxItem::Delivery(delivery) => (delivery.seq, delivery.seq),
        MailboxItem::Gap { from, to } => (from, to + 1_000),
    };
    world.all(BOB.id()).into_iter().map(item).collect()
}

fn refused(world: &mut World) -> twotick_relay::store::Loss {
    match world.open(|_| ()) {
        Err(OpenError::Lost(loss)) => loss,
        Err(error) => panic!("{error}"),
        Ok(()) => panic!("it opened"),
    }
}

/// R-DUR-2, R-DLV-6: one damaged commit is named, kept from the engine until the loss is accepted, and then is all
/// that is lost: the epoch changes, a gap stands in its place, and the next start is in order.
#[test]
fn an_accepted_loss_is_the_damaged_commit_and_no_more() {
    let (mut world, path) = written();
    let journal = fs::read(&path).expect("the journal");
    let (start, end) = batch_of(&journal, 12);
    for place in [start + 1, start + 3, start + 20, (start + end) / 2, end - 2] {
        let mut damaged = journal.clone();
        damaged[place] ^= 0x41;
        fs::write(&path, &damaged).expect("a write");
        let loss = refused(&mut world);
        assert_eq!((loss.missing.len(), loss.journals.len()), (1, 1), "{loss}");
        assert_eq!(loss.confirmed, Some(loss.recovered));
        // Refused once or often, looked at or not: the files are as they were.
        let directory = world.directory.as_ref().expect("a folder").path().to_owned();
        assert!(matches!(verify(&directory), Err(OpenError::Lost(again)) if again == loss));
        assert_eq!(fs::read(&path).expect("the journal"), damaged);
    }
    world
        .open(|options| {
            options.accept_loss = true;
            options.fresh_epoch = StoreEpoch::new([9; 16]);
        })
        .expect("the loss is accepted");
    let expected: Vec<(u64, u64)> = (1..=30)
        .map(|seq| (seq, if seq == 12 { 1_012 } else { seq }))
        .collect();
    for in_order in [false, true] {
        assert_eq!(world.embedded_store().identity().epoch, StoreEpoch::new([9; 16]));
        assert_eq!(items(&world), expected);
        assert_eq!(world.usage().envelopes, 29);
        world.again(in_order);
    }
}

/// R-DUR-2: batches that were written in another order than they say are seen.
#[test]
fn a_changed_order_of_commits_is_a_loss() {
    let (mut world, path) = written();
    let journal = fs::read(&path).expect("the journal");
    let (start, _) = batch_of(&journal, 12);
    for bit in [0x01, 0x10] {
        let mut damaged = journal.clone();
        // The number that orders batches, which no checksum of the engine covers: once lower, once higher.
        let order = start + 5;
        damaged[order] = if bit == 0x01 {
            damaged[order].wrapping_sub(8)
        } else {
            damaged[order].wrapping_add(8)
        };
        fs::write(&path, &damaged).expect("a write");
        let loss = refused(&mut world);
        assert_eq!(loss.missing.len(), 1, "{loss}");
    }
}

/// R-DUR-2: what a power cut tore off before it was confirmed is no loss, whatever pages of it are there.
#[test]
fn a_torn_end_that_was_never_confirmed_is_cut_off() {
    let (mut world, path) = written();
    let journal = fs::read(&path).expect("the journal");
    let (start, end) = batch_of(&journal, 30);
    let last = &journal[start..end];
    let middle = last.len() / 2;
    let mut torn = vec![
        last[..middle].to_vec(),
        [&last[..middle], &vec![0; last.len() - middle]].concat(),
    ];
    // The end is there and a page before it is not: the engine itself refuses this one for ever.
    let mut hollow = last.to_vec();
    hollow[100..middle].fill(0);
    torn.push(hollow);
    for tail in torn {
        fs::write(&path, [&journal[..], &tail].concat()).expect("a write");
        world.open(|_| ()).expect("nothing confirmed is lost");
        assert_eq!(items(&world).len(), 30);
        world.close();
    }
}

/// R-DUR-2: the last commit before a kill was confirmed by the ledger, though no watermark knows of it.
#[test]
fn a_lost_end_is_seen_without_a_second_having_passed() {
    let (mut world, path) = written();
    world.open(|_| ()).expect("it opens");
    // The first of these may be in a watermark, the last is not: that is written once a second.
    for number in 31..=45 {
        world.submit(numbered(number));
    }
    world.crash();
    let journal = fs::read(&path).expect("the journal");
    let (start, end) = batch_of(&journal, 45);
    let mut damaged = journal.clone();
    damaged[(start + end) / 2] ^= 1;
    fs::write(&path, &damaged).expect("a write");
    let loss = refused(&mut world);
    assert_eq!(loss.confirmed, Some(loss.recovered + 1), "{loss}");
    assert_eq!(
        fs::read(&path).expect("the journal"),
        damaged,
        "a refusal changes nothing"
    );
    fs::write(&path, &journal[..start]).expect("a write");
    let loss = refused(&mut world);
    assert_eq!(loss.confirmed, Some(loss.recovered + 1), "{loss}");
}

/// R-DUR-2: without what says what was confirmed nothing is served; one of the two is enough.
#[test]
fn a_store_without_its_rails_is_refused() {
    let (mut world, _) = written();
    let directory = world.directory.as_ref().expect("a folder").path().to_owned();
    fs::remove_file(directory.join("watermark")).expect("removed");
    world.open(|_| ()).expect("the ledger is enough");
    world.close();
    fs::remove_file(directory.join("ledger")).expect("removed");
    world.open(|_| ()).expect("the watermark is enough");
    world.close();
    fs::remove_file(directory.join("watermark")).expect("removed");
    fs::remove_file(directory.join("ledger")).expect("removed");
    let loss = refused(&mut world);
    assert_eq!((loss.confirmed, loss.missing.len()), (None, 0));
    world
        .open(|options| options.accept_loss = true)
        .expect("the loss is accepted");
    assert_eq!(items(&world).len(), 30);
}

/// R-DUR-2: a folder of the engine that is gone is a loss of everything, not a new store.
#[test]
fn a_store_without_its_engine_is_refused() {
    let (mut world, path) = written();
    fs::remove_dir_all(path.parent().expect("the engine")).expect("removed");
    let loss = refused(&mut world);
    assert_eq!((loss.recovered, loss.confirmed.is_some()), (0, true));
}

/// R-DLV-6, R-DLV-7, R-DUR-1: an envelope whose bytes were damaged is a gap, and its sender is told once that it is lost.
#[test]
fn a_damaged_envelope_is_a_gap_and_one_bounce() {
    let (mut world, path) = written();
    world.open(|_| ()).expect("it opens");
    world.embedded_store().purge().expect("a purge");
    world.close();
    let blobs = path.parent().expect("the engine").join("keyspaces/2/blobs");
    let file = fs::read_dir(blobs)
        .expect("blob files")
        .next()
        .expect("one")
        .expect("an entry")
        .path();
    let mut bytes = fs::read(&file).expect("the file");
    let text = envelope(&crate::child::text(12));
    let at = bytes
        .windows(text.len())
        .position(|window| window == text)
        .expect("the envelope");
    bytes[at + 200] ^= 1;
    fs::write(&file, bytes).expect("a write");
    world.open(|_| ()).expect("it opens");
    let expected: Vec<(u64, u64)> = (1..=30)
        .map(|seq| (seq, if seq == 12 { 1_012 } else { seq }))
        .collect();
    let lost = LaneItem::Bounce {
        device: BOB.id(),
        message_id: message(1),
        reason: ErrorCode::BouncedLost.number(),
    };
    for in_order in [true, false] {
        assert_eq!(items(&world), expected);
        let report = world.embedded_store().scrub(Duration::ZERO).expect("a scrub");
        assert!(report.mailboxes.is_empty(), "{report}");
        let lane: Vec<LaneItem> = world
            .lane(ALICE.id(), 0, 9)
            .iter()
            .map(|entry| entry.item)
            .collect();
        assert_eq!(lane, [lost]);
        assert_eq!(world.usage().envelopes, 29);
        world.again(in_order);
    }
}
