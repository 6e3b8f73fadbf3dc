//! An allocator that looks for known secrets in every block it is given back.

pub(crate) mod learning;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// Slots for the first and second eight bytes of each secret, found by hash.
const SLOTS: usize = 1 << 18;
const SMALLEST: usize = 16;

static FIRST: [AtomicU64; SLOTS] = [const { AtomicU64::new(0) }; SLOTS];
static SECOND: [AtomicU64; SLOTS] = [const { AtomicU64::new(0) }; SLOTS];
static LEARNED: AtomicUsize = AtomicUsize::new(0);
static WATCHING: AtomicBool = AtomicBool::new(false);
static FOUND: AtomicUsize = AtomicUsize::new(0);
static BLOCK: AtomicUsize = AtomicUsize::new(0);
static OFFSET: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator; blocks start zeroed, so that nothing is found that was left by an earlier owner.
pub(crate) struct Scanner;

// SAFETY: allocation and deallocation are those of `System`, with the layouts given.
unsafe impl GlobalAlloc for Scanner {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract is that of `System`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if WATCHING.load(Ordering::Relaxed) && layout.size() >= SMALLEST {
            // SAFETY: the block is still allocated, has this size, and was zeroed: all of it is initialised.
            scan(unsafe { std::slice::from_raw_parts(block, layout.size()) });
        }
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Remembers the first 16 bytes of a secret. Copies none of it to the heap.
pub(crate) fn learn(secret: &[u8]) {
    let (first, second) = words(secret);
    if first == 0 || known(first, second) {
        return;
    }
    let mut slot = hash(first);
    while FIRST[slot].load(Ordering::Relaxed) != 0 {
        slot = (slot + 1) % SLOTS;
    }
    SECOND[slot].store(second, Ordering::Relaxed);
    FIRST[slot].store(first, Ordering::Release);
    LEARNED.fetch_add(1, Ordering::Relaxed);
}

/// How many secrets are known.
pub(crate) fn learned() -> usize {
    LEARNED.load(Ordering::Relaxed)
}

/// Starts or stops looking.
pub(crate) fn watch(on: bool) {
    WATCHING.store(on, Ordering::SeqCst);
}

/// How many freed blocks held a secret; size of the first one, and where in it.
pub(crate) fn found() -> (usize, (usize, usize)) {
    let first = (BLOCK.load(Ordering::SeqCst), OFFSET.load(Ordering::SeqCst));
    (FOUND.load(Ordering::SeqCst), first)
}

fn scan(block: &[u8]) {
    for (offset, window) in block.windows(SMALLEST).enumerate() {
        let (first, second) = words(window);
        if first != 0 && known(first, second) {
            if FOUND.fetch_add(1, Ordering::SeqCst) == 0 {
                BLOCK.store(block.len(), Ordering::SeqCst);
                OFFSET.store(offset, Ordering::SeqCst);
            }
            report(block.len(), offset);
            return;
        }
    }
}

/// With `WIPING_TRACE` set at compile time, says where the block was freed.
#[expect(clippy::print_stdout, reason = "asked for")]
fn report(length: usize, offset: usize) {
    if option_env!("WIPING_TRACE").is_some() {
        let watching = WATCHING.swap(false, Ordering::SeqCst);
        println!(
            "{offset} of {length}\n{}",
            std::backtrace::Backtrace::force_capture()
        );
        WATCHING.store(watching, Ordering::SeqCst);
    }
}

fn known(first: u64, second: u64) -> bool {
    let mut slot = hash(first);
    loop {
        match FIRST[slot].load(Ordering::Acquire) {
            0 => return false,
            found if found == first && SECOND[slot].load(Ordering::Relaxed) == second => return true,
            _ => slot = (slot + 1) % SLOTS,
        }
    }
}

fn words(bytes: &[u8]) -> (u64, u64) {
    let word = |at: usize| {
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[at..at + 8]);
        u64::from_ne_bytes(word)
    };
    (word(0), word(8))
}

fn hash(first: u64) -> usize {
    (first.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 46) as usize
}
