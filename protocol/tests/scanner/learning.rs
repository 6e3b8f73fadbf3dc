//! Where secrets come from: records that are stored, and bytes that are drawn.

use std::convert::Infallible;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{TryCryptoRng, TryRng};
use twotick_protocol::RecordKind;

use crate::scanner::learn;
use crate::support::record::sessions;

/// Learns the secrets of a record, 16 bytes of each.
pub(crate) fn learn_record(kind: RecordKind, record: &[u8]) {
    let offsets: &[usize] = match kind {
        RecordKind::Device => &[2, 34],
        RecordKind::AccountKey | RecordKind::ReceiptKey => &[2],
        RecordKind::SignedPrekey | RecordKind::OneTimePrekey => &[2, 66, 98],
        RecordKind::PeerDevice => {
            for session in sessions(record) {
                session.secrets().iter().for_each(|at| learn(&record[*at..]));
            }
            &[]
        }
        _ => &[],
    };
    offsets.iter().for_each(|at| learn(&record[*at..]));
}

/// A generator whose 32- and 64-byte draws are learned: private keys, seeds, body keys, the secret of the KEM.
pub(crate) struct Learning(pub(crate) ChaCha20Rng);

impl TryRng for Learning {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(bytes)?;
        bytes.chunks_exact(32).for_each(learn);
        Ok(())
    }
}

impl TryCryptoRng for Learning {}
