//! Operation counts, kept only with feature `operation-counts`: tests assert how much work an input causes.

/// What is counted.
#[derive(Clone, Copy)]
pub(crate) enum Operation {
    /// One X25519 multiplication by another party's key, or subgroup check of one.
    Agreement,
    /// One X25519 key pair made.
    KeyPair,
    /// One ML-KEM key generation, encapsulation or decapsulation.
    Kem,
    /// One chain step (two HMACs).
    ChainStep,
    /// One HKDF extraction.
    Extract,
    /// One AEAD sealing.
    Seal,
    /// One AEAD opening, successful or not.
    Open,
    /// One signature made.
    Sign,
    /// One signature checked.
    Verify,
}

#[cfg(feature = "operation-counts")]
mod recorded {
    use core::cell::Cell;

    use super::Operation;

    /// Counts of one thread since the last [`take`]. Each field is named for its operation.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    #[expect(
        missing_docs,
        reason = "each field is the count of the operation it is named for"
    )]
    pub struct Counts {
        pub agreement: u64,
        pub key_pair: u64,
        pub kem: u64,
        pub chain_step: u64,
        pub extract: u64,
        pub seal: u64,
        pub open: u64,
        pub sign: u64,
        pub verify: u64,
    }

    std::thread_local! {
        static COUNTS: Cell<Counts> = Cell::new(Counts::default());
    }

    pub(crate) fn record(operation: Operation) {
        COUNTS.with(|cell| {
            let mut counts = cell.get();
            let field = match operation {
                Operation::Agreement => &mut counts.agreement,
                Operation::KeyPair => &mut counts.key_pair,
                Operation::Kem => &mut counts.kem,
                Operation::ChainStep => &mut counts.chain_step,
                Operation::Extract => &mut counts.extract,
                Operation::Seal => &mut counts.seal,
                Operation::Open => &mut counts.open,
                Operation::Sign => &mut counts.sign,
                Operation::Verify => &mut counts.verify,
            };
            *field = field.saturating_add(1);
            cell.set(counts);
        });
    }

    /// Returns this thread's counts and starts again from zero.
    pub fn take() -> Counts {
        COUNTS.with(|cell| cell.replace(Counts::default()))
    }
}

#[cfg(feature = "operation-counts")]
pub(crate) use recorded::record;
#[cfg(feature = "operation-counts")]
pub use recorded::{Counts, take};

#[cfg(not(feature = "operation-counts"))]
#[inline(always)]
pub(crate) fn record(_: Operation) {}
