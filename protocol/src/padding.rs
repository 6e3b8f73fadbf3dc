//! Padding to buckets (SPEC 11.2): `u32(len) || content || zeros`.

use alloc::vec::Vec;

use twotick_wire::bucket_for;
use zeroize::Zeroizing;

/// Bytes in front of the content.
const LENGTH_PREFIX: usize = 4;

/// Writes `content` and its padding over all of `out`, which is a bucket that holds it.
pub(crate) fn write_padded(content: &[u8], out: &mut [u8]) {
    let (prefix, rest) = out.split_at_mut(LENGTH_PREFIX);
    let (text, zeros) = rest.split_at_mut(content.len());
    prefix.copy_from_slice(&u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes());
    text.copy_from_slice(content);
    zeros.fill(0);
}

/// The content of an opened bucket; none if the padding is not minimal and zero (R-MSG-4).
pub(crate) fn unpad(buffer: &[u8], maximum: usize) -> Option<&[u8]> {
    let (prefix, rest) = buffer.split_first_chunk::<LENGTH_PREFIX>()?;
    let length = usize::try_from(u32::from_be_bytes(*prefix)).ok()?;
    let (content, zeros) = rest.split_at_checked(length)?;
    let minimal = bucket_for(length, maximum) == Some(buffer.len());
    // Without early exit: it runs in vector registers.
    let set = zeros.iter().fold(0, |set, byte| set | byte);
    (minimal && set == 0).then_some(content)
}

/// As [`unpad`], in the buffer it stands in: no second copy of a plaintext is made.
pub(crate) fn unpad_in_place(mut buffer: Zeroizing<Vec<u8>>, maximum: usize) -> Option<Zeroizing<Vec<u8>>> {
    let length = unpad(&buffer, maximum)?.len();
    buffer.copy_within(LENGTH_PREFIX..LENGTH_PREFIX + length, 0);
    buffer.truncate(length);
    Some(buffer)
}

#[cfg(test)]
mod tests;
