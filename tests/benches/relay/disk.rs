//! The yardsticks that no store can beat: one flush, and a preallocated log with group commit.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use crate::latency::Latencies;

const BLOCK: usize = 4096;

/// How long `fdatasync` takes after 4 KiB were written into a preallocated file.
pub(crate) fn flush(directory: &Path, count: usize) -> Latencies {
    let file = preallocated(&directory.join("flush"), 16 << 20);
    let block = [7; BLOCK];
    let mut latencies = Latencies::default();
    for index in 0..count {
        let begin = Instant::now();
        file.write_all_at(&block, ((index * BLOCK) % (16 << 20)) as u64)
            .expect("a write");
        file.sync_data().expect("a flush");
        latencies.add(begin.elapsed());
    }
    latencies
}

/// A file whose blocks are on the disk already, so that a flush writes data only.
pub(crate) fn preallocated(path: &Path, length: usize) -> File {
    let file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .read(true)
        .write(true)
        .open(path)
        .expect("a file");
    let zeros = vec![0; 1 << 20];
    for at in (0..length).step_by(zeros.len()) {
        file.write_all_at(&zeros, at as u64).expect("room on the disk");
    }
    file.sync_all().expect("a flush");
    file
}
