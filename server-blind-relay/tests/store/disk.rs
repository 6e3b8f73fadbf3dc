//! A disk that is full, and one that fails.

use std::{
    fs,
    io::{Error, Result},
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tempfile::TempDir;
use twotick_relay::store::{Answer, FailPoint, Health, Op, Point, StoreError, StoreLimits};

use crate::child::{ALICE, BOB, numbered};
use crate::people::{ack, at, attach, capability, fetch, grant, granted, next_list};
use crate::world::World;

/// Fails at a place once it is told to.
struct FailAt {
    point: Point,
    is_on: AtomicBool,
}

impl FailPoint for FailAt {
    fn reach(&self, point: Point) -> Result<()> {
        if point == self.point && self.is_on.load(Ordering::Relaxed) {
            return Err(Error::other("the disk fails"));
        }
        Ok(())
    }
}

fn begin(world: &World) {
    for (number, device) in [(0, ALICE), (1, BOB)] {
        assert_eq!(
            world.submit(Op::PublishList(next_list(number, None, &[(device, 0)]))),
            Answer::Done
        );
    }
    world.submit(granted(1, vec![grant(0)], at(0)));
    world.submit(attach(BOB, at(0)));
}

/// R-DUR-3: after a write or a flush that failed, every change is refused and reads go on, until a new process looks;
/// nothing that was refused is confirmed, and the same ids find out what became of it.
#[test]
fn a_failed_write_or_flush_ends_all_changes_and_no_reads() {
    for point in [Point::BeforeWrite, Point::BeforeFlush] {
        let mut world = World::embedded(StoreLimits::default());
        world.crash();
        let failing = Arc::new(FailAt {
            point,
            is_on: AtomicBool::new(false),
        });
        let installed = Arc::clone(&failing);
        world
            .open(|options| options.fail_point = Some(installed))
            .expect("it opens");
        begin(&world);
        let stored = world.submit(numbered(1));
        failing.is_on.store(true, Ordering::Relaxed);
        assert_eq!(world.try_submit(numbered(2)), Err(StoreError::Unavailable));
        assert_eq!(world.embedded_store().health(), Health::Failed);
        failing.is_on.store(false, Ordering::Relaxed);
        for op in [numbered(3), Op::Ack(ack(BOB, 1, 1, at(3))), attach(BOB, at(3))] {
            assert_eq!(world.try_submit(op), Err(StoreError::Unavailable));
        }
        assert_eq!(world.all(BOB.id()).len(), 1);
        let look = world.submit(Op::Reach(fetch(1, 0, capability(0), at(3))));
        assert_eq!(look, Answer::Devices(vec![BOB.id()]));
        world.again(false);
        assert_eq!(world.submit(numbered(1)), stored);
        assert_eq!(world.submit(numbered(2)), stored);
        assert_eq!(world.all(BOB.id()).len(), 2);
        assert_eq!(world.embedded_store().health(), Health::Good);
    }
}

/// R-DUR-3, R-SND-4: with little room acknowledging goes on, with none nothing does; reads always; all without harm.
#[test]
fn a_full_disk_refuses_and_recovers() {
    let mut world = World::embedded(StoreLimits::default());
    begin(&world);
    let stored = world.submit(numbered(1));
    for (reserve, acknowledged) in [
        (free(&world), Ok(Answer::Done)),
        (u64::MAX, Err(StoreError::Unavailable)),
    ] {
        world.close();
        // As if the disk had less room than must stay free.
        world.open(|options| options.reserve = reserve).expect("it opens");
        assert_eq!(world.try_submit(numbered(2)), Err(StoreError::Unavailable));
        assert_eq!(world.try_submit(Op::Ack(ack(BOB, 1, 0, at(1)))), acknowledged);
        assert_eq!(world.all(BOB.id()).len(), 1);
        assert_eq!(world.embedded_store().purge(), Err(StoreError::Unavailable));
    }
    world.again(true);
    assert_eq!(world.submit(numbered(2)), stored);
    assert_eq!(world.all(BOB.id()).len(), 2);
}

/// A little more than what the disk has.
fn free(world: &World) -> u64 {
    let directory = world.directory.as_ref().expect("a folder").path();
    let space = rustix::fs::statvfs(directory).expect("a disk");
    space.f_bavail * space.f_frsize + (1 << 30)
}

/// A small disk in memory, if this process may mount one.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().expect("a folder");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=160m", "tmpfs"])
            .arg(directory.path())
            .output();
        mount
            .is_ok_and(|mount| mount.status.success())
            .then_some(Self(directory))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A mount that stays behind is the machine's to clean up.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// R-DUR-3: a disk that others fill up is seen before the engine meets it, and used again once there is room.
#[test]
fn a_disk_that_fills_up_is_left_alone_until_there_is_room() {
    let Some(disk) = SmallDisk::mount() else { return };
    let mut world = World::embedded(StoreLimits::default());
    world.crash();
    world.directory = Some(tempfile::tempdir_in(disk.path()).expect("a folder"));
    world
        .open(|options| options.reserve = 32 << 20)
        .expect("it opens");
    begin(&world);
    let stored = world.submit(numbered(1));
    let filler = disk.path().join("filler");
    fs::write(&filler, vec![1; 140 << 20]).expect("a large file");
    assert_eq!(world.try_submit(numbered(2)), Err(StoreError::Unavailable));
    assert_eq!(world.all(BOB.id()).len(), 1);
    assert_ne!(world.embedded_store().health(), Health::Failed);
    fs::remove_file(&filler).expect("removed");
    assert_eq!(world.submit(numbered(2)), stored);
    world.again(false);
    assert_eq!(world.all(BOB.id()).len(), 2);
    world.close();
    world.directory = None;
}
