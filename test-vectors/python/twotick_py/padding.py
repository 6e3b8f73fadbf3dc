"""Padding to buckets (SPEC 11.2)."""

from .errors import fail

MAX_PAYLOAD = 4096
MAX_BODY = 65536
SMALL_BUCKETS = (256, 512, 1024, 2048)
BUCKET_STEP = 4096
LENGTH_BYTES = 4


def is_bucket(n: int, maximum: int) -> bool:
    """Is `n` one of the buckets up to `maximum`?"""
    return n <= maximum and (n in SMALL_BUCKETS or (n > 0 and n % BUCKET_STEP == 0))


def bucket_for(n: int, maximum: int) -> int | None:
    """The smallest bucket that holds `n` bytes and the length before them."""
    needed = n + LENGTH_BYTES
    for bucket in SMALL_BUCKETS:
        if needed <= bucket:
            return bucket
    bucket = -(-needed // BUCKET_STEP) * BUCKET_STEP
    return bucket if bucket <= maximum else None


def pad(payload: bytes, maximum: int) -> bytes:
    """`u32(len(payload)) || payload || 0^z`."""
    bucket = bucket_for(len(payload), maximum)
    if bucket is None:
        fail("ContentTooLong")
    padded = len(payload).to_bytes(LENGTH_BYTES, "big") + payload
    return padded.ljust(bucket, b"\0")


def unpad(padded: bytes, maximum: int) -> bytes:
    """The payload; padding that is not minimal and zero is `Undecryptable` (R-MSG-4)."""
    if not is_bucket(len(padded), maximum):
        fail("Undecryptable")
    length = int.from_bytes(padded[:LENGTH_BYTES], "big")
    if bucket_for(length, maximum) != len(padded):
        fail("Undecryptable")
    end = LENGTH_BYTES + length
    if any(padded[end:]):
        fail("Undecryptable")
    return padded[LENGTH_BYTES:end]
