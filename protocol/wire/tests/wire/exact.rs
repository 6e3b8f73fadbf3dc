//! What holds for every format: one encoding for each value, and one error for each input.

use proptest::prelude::*;
use twotick_wire::DecodeError;

use crate::format::{self, Format};

/// R-ENC-3.
#[test]
fn every_format_gives_back_the_bytes_it_was_read_from() {
    for Format {
        name, sample, recode, ..
    } in format::all()
    {
        assert_eq!(recode(&sample).as_ref(), Ok(&sample), "{name}");
    }
}

/// R-ENC-2, R-ENC-6, R-MSG-3.
#[test]
fn every_truncation_is_refused() {
    for Format {
        name,
        open_from,
        sample,
        recode,
        ..
    } in format::all()
    {
        for length in 0..sample.len() {
            let expected = match open_from {
                Some(open_from) if length >= open_from => DecodeError::NotABucket,
                _ => DecodeError::Truncated,
            };
            assert_eq!(recode(&sample[..length]), Err(expected), "{name}, {length} bytes");
        }
    }
}

/// R-ENC-2, R-MSG-3.
#[test]
fn bytes_after_the_last_field_are_refused() {
    for Format {
        name,
        open_from,
        mut sample,
        recode,
        ..
    } in format::all()
    {
        for count in 1..=3 {
            sample.push(0);
            let expected = match open_from {
                Some(_) => DecodeError::NotABucket,
                None => DecodeError::TrailingBytes { count },
            };
            assert_eq!(recode(&sample), Err(expected), "{name}, {count} bytes");
        }
    }
}

/// R-ENC-4.
#[test]
fn another_object_is_refused() {
    for Format {
        name,
        object,
        sample,
        recode,
        ..
    } in format::all()
    {
        let Some(object) = object else { continue };
        assert_eq!(sample[0], object.byte(), "{name}");
        for found in (0..=0xff).filter(|byte| *byte != object.byte()) {
            if name.contains("device message") && [0x10, 0x11].contains(&found) {
                continue;
            }
            let changed = [&[found], &sample[1..]].concat();
            assert_eq!(
                recode(&changed),
                Err(DecodeError::WrongObject { found }),
                "{name}"
            );
        }
    }
}

/// R-ENC-4.
#[test]
fn another_version_is_refused() {
    for Format {
        name,
        mut sample,
        recode,
        ..
    } in format::all().into_iter().filter(|format| format.versioned)
    {
        for found in (0..=0xff).filter(|byte| *byte != 1) {
            sample[1] = found;
            assert_eq!(
                recode(&sample),
                Err(DecodeError::UnsupportedVersion { found }),
                "{name}"
            );
        }
    }
}

/// R-ENC-9.
#[test]
fn another_suite_is_refused() {
    for Format {
        name,
        suite_at,
        mut sample,
        recode,
        ..
    } in format::all()
    {
        let Some(at) = suite_at else { continue };
        for found in [0x0000_u16, 0x0002, 0x0003, 0x0100, 0x0101, 0xffff] {
            sample[at..at + 2].copy_from_slice(&found.to_be_bytes());
            assert_eq!(
                recode(&sample),
                Err(DecodeError::UnsupportedSuite { found }),
                "{name}"
            );
        }
    }
}

/// R-ENC-3: whatever else is accepted after a change of one byte is the encoding of another value.
#[test]
fn every_change_of_a_byte_is_refused_or_kept() {
    for Format {
        name,
        mut sample,
        recode,
        ..
    } in format::all()
    {
        for index in 0..sample.len() {
            let original = sample[index];
            for changed in [
                0x00,
                0x01,
                0x7f,
                0x80,
                0xff,
                original ^ 1,
                original.wrapping_add(1),
            ] {
                sample[index] = changed;
                if let Ok(recoded) = recode(&sample) {
                    assert_eq!(recoded, sample, "{name}, byte {index}");
                }
            }
            sample[index] = original;
        }
    }
}

proptest! {
    /// R-ENC-3.
    #[test]
    fn random_bytes_are_refused_or_kept(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        for Format { recode, .. } in format::all() {
            if let Ok(recoded) = recode(&bytes) {
                prop_assert_eq!(&recoded, &bytes);
            }
        }
    }

    /// R-ENC-3: the beginning of one value, then anything.
    #[test]
    fn random_endings_are_refused_or_kept(cut in 0..300_usize, ending in prop::collection::vec(any::<u8>(), 0..300)) {
        for Format { sample, recode, .. } in format::all() {
            let spliced = [&sample[..cut.min(sample.len())], &ending].concat();
            if let Ok(recoded) = recode(&spliced) {
                prop_assert_eq!(recoded, spliced);
            }
        }
    }

    /// R-ENC-3: two bytes changed at once, as a length and a count would be.
    #[test]
    fn changes_of_several_bytes_are_refused_or_kept(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 2..6),
    ) {
        for Format { mut sample, recode, .. } in format::all() {
            for (index, byte) in &changes {
                let index = index.index(sample.len());
                sample[index] = *byte;
            }
            if let Ok(recoded) = recode(&sample) {
                prop_assert_eq!(recoded, sample);
            }
        }
    }
}
