//! The generator of an operation: the draws it was given, or a stream that a seed stands for.

use std::collections::VecDeque;
use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

/// Where `RAND(n)` comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Draws listed one by one, as vectors have them.
    Script {
        /// What is left.
        draws: VecDeque<Vec<u8>>,
        /// The first thing that went wrong: a draw of another size, or none left.
        fault: Option<String>,
    },
    /// `SHA-256(seed || u32(0)) || SHA-256(seed || u32(1)) || …`; notes what it gave.
    Stream {
        /// 32 bytes.
        seed: [u8; 32],
        /// Bytes given so far.
        given: u64,
        /// Every draw, in order.
        noted: Vec<Vec<u8>>,
    },
}

impl Source {
    /// Gives exactly these draws.
    #[must_use]
    pub fn script(draws: Vec<Vec<u8>>) -> Self {
        Self::Script {
            draws: draws.into(),
            fault: None,
        }
    }

    /// Gives the stream of a seed.
    #[must_use]
    pub fn stream(seed: [u8; 32]) -> Self {
        Self::Stream {
            seed,
            given: 0,
            noted: Vec::new(),
        }
    }

    /// What went wrong with scripted draws: one of another size, one too few, or (`all_used`) one too many.
    #[must_use]
    pub fn fault(&self, all_used: bool) -> Option<String> {
        match self {
            Self::Script {
                fault: Some(fault), ..
            } => Some(fault.clone()),
            Self::Script { draws, .. } if all_used && !draws.is_empty() => {
                Some(format!("{} random draws left over", draws.len()))
            }
            _ => None,
        }
    }

    /// The draws a stream has given.
    #[must_use]
    pub fn noted(&self) -> &[Vec<u8>] {
        match self {
            Self::Stream { noted, .. } => noted,
            Self::Script { .. } => &[],
        }
    }

    fn draw(&mut self, out: &mut [u8]) {
        match self {
            Self::Script { draws, fault } => match draws.pop_front() {
                Some(draw) if draw.len() == out.len() => out.copy_from_slice(&draw),
                other => {
                    let found = other.map_or("nothing".into(), |draw| format!("{} bytes", draw.len()));
                    fault.get_or_insert(format!("a draw of {} bytes found {found}", out.len()));
                    out.fill(0xee);
                }
            },
            Self::Stream { seed, given, noted } => {
                for byte in out.iter_mut() {
                    let block = u32::try_from(*given / 32).unwrap_or(u32::MAX);
                    let digest = Sha256::new()
                        .chain_update(*seed)
                        .chain_update(block.to_be_bytes());
                    *byte = digest.finalize()[(*given % 32) as usize];
                    *given += 1;
                }
                noted.push(out.to_vec());
            }
        }
    }
}

impl TryRng for Source {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.draw(&mut bytes);
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.draw(&mut bytes);
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.draw(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Source {}

/// A source whose draws are noted, for whoever must say what was drawn.
#[derive(Debug)]
pub struct Noted<'a> {
    source: &'a mut Source,
    draws: Vec<Vec<u8>>,
}

impl<'a> Noted<'a> {
    /// Draws from `source`.
    pub fn of(source: &'a mut Source) -> Self {
        Self {
            source,
            draws: Vec::new(),
        }
    }

    /// Every draw, in order.
    #[must_use]
    pub fn draws(&self) -> &[Vec<u8>] {
        &self.draws
    }
}

impl TryRng for Noted<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.source.try_fill_bytes(bytes)?;
        self.draws.push(bytes.to_vec());
        Ok(())
    }
}

impl TryCryptoRng for Noted<'_> {}
