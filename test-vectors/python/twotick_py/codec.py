"""The encoding rules of SPEC 2.1: a strict reader, and its writer.

Fields are read in the order in which they stand, and each is checked as it is read, so
that an input with several mistakes has one error.
"""

from .crypto import check_public_key
from .errors import fail

SUITE = 0x0001
VERSION = 1


class Reader:
    """Reads fields from the front of its input."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = 0

    @property
    def remaining(self) -> int:
        """How many bytes have not been read."""
        return len(self._data) - self._offset

    @property
    def offset(self) -> int:
        """How many bytes have been read."""
        return self._offset

    def opaque(self, n: int) -> bytes:
        """Exactly `n` bytes."""
        if self.remaining < n:
            fail("Truncated")
        start = self._offset
        self._offset += n
        return self._data[start : self._offset]

    def rest(self) -> bytes:
        """All bytes that remain: an open-ended field."""
        return self.opaque(self.remaining)

    def u8(self) -> int:
        return int.from_bytes(self.opaque(1), "big")

    def u16(self) -> int:
        return int.from_bytes(self.opaque(2), "big")

    def u32(self) -> int:
        return int.from_bytes(self.opaque(4), "big")

    def u64(self) -> int:
        return int.from_bytes(self.opaque(8), "big")

    def object_byte(self, expected: int) -> None:
        """The first byte names the object (R-ENC-4)."""
        if self.u8() != expected:
            fail("WrongObject")

    def version(self) -> None:
        """A version byte (R-ENC-4)."""
        if self.u8() != VERSION:
            fail("UnsupportedVersion")

    def suite(self) -> None:
        """A suite field (R-ENC-9)."""
        if self.u16() != SUITE:
            fail("UnsupportedSuite")

    def x25519_key(self) -> bytes:
        """An X25519 public key (R-PRM-3)."""
        key = self.opaque(32)
        check_public_key(key)
        return key

    def reserved(self, n: int) -> None:
        """`n` bytes that must be zero (R-ENC-5)."""
        if any(self.opaque(n)):
            fail("NonZeroReserved")

    def choice(self, allowed: tuple[int, ...]) -> int:
        """A byte with a closed set of values (R-ENC-8)."""
        value = self.u8()
        if value not in allowed:
            fail("InvalidValue")
        return value

    def nonzero(self, value: int) -> int:
        """Passes on a number just read, which counts from 1."""
        if value == 0:
            fail("InvalidValue")
        return value

    def count(self, value: int, least: int, most: int, element_size: int) -> int:
        """Passes on a count or length just read, checked before it is used (R-ENC-6)."""
        if not least <= value <= most:
            fail("LengthOutOfRange")
        if self.remaining < value * element_size:
            fail("Truncated")
        return value

    def end(self) -> None:
        """Nothing may be left (R-ENC-2)."""
        if self.remaining:
            fail("TrailingBytes")


class Sorted:
    """Watches that the first fields of a list's elements ascend (R-ENC-7)."""

    def __init__(self) -> None:
        self._last: bytes | None = None

    def check(self, key: bytes) -> None:
        if self._last is not None and key <= self._last:
            fail("NotSorted")
        self._last = key


class Writer:
    """Writes fields one after another; every method returns the writer."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def opaque(self, *parts: bytes) -> "Writer":
        self._parts.extend(parts)
        return self

    def u8(self, value: int) -> "Writer":
        return self.opaque(value.to_bytes(1, "big"))

    def u16(self, value: int) -> "Writer":
        return self.opaque(value.to_bytes(2, "big"))

    def u32(self, value: int) -> "Writer":
        return self.opaque(value.to_bytes(4, "big"))

    def u64(self, value: int) -> "Writer":
        return self.opaque(value.to_bytes(8, "big"))

    def bytes(self) -> bytes:
        return b"".join(self._parts)


def u8(value: int) -> bytes:
    """`u8(value)` of SPEC 2."""
    return value.to_bytes(1, "big")


def u16(value: int) -> bytes:
    return value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def u64(value: int) -> bytes:
    return value.to_bytes(8, "big")
