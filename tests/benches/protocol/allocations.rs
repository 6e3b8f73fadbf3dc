//! An allocator that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

/// The system's allocator, and a count.
pub(crate) struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);

/// How often `operation` allocates, a reallocation included. The bench has one thread.
pub(crate) fn of<T>(operation: impl FnOnce() -> T) -> u64 {
    let before = COUNT.load(Ordering::Relaxed);
    let result = operation();
    let after = COUNT.load(Ordering::Relaxed);
    drop(result);
    after - before
}

/// Not an atomic addition, which would cost more than the rest of some measured operations.
fn count() {
    COUNT.store(COUNT.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}
