"""What frames have in common, and the structures inside several of them (SPEC 21)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self, TypeVar

from .codec import Reader, Sorted, Writer
from .errors import fail
from .wire import Wire
from .wire_delivery import BODY_BYTES, MESSAGE_BYTES, Receipt
from .wire_identity import ListHead

MAX_FRAME = 262_144
ENVELOPE_BYTES = (409, 71_737)
LIST_BYTES = (202, 2_202)
BUNDLE_BYTES = (1_951, 3_619)
LINK_BYTES = (1, 6_455)
CERTIFICATE_BYTES = 264

Element = TypeVar("Element")


class Frame(Wire):
    """A frame: its header is read here, and its `request` checked as R-FRM-2 has it."""

    UNASKED: ClassVar[bool] = False
    ANY_REQUEST: ClassVar[bool] = False

    @classmethod
    def header(cls, reader: Reader) -> int:
        """Object, version and `request`."""
        reader.object_byte(cls.OBJECT)
        reader.version()
        request = reader.u32()
        if not cls.ANY_REQUEST and (request == 0) != cls.UNASKED:
            fail("InvalidValue")
        return request

    def start(self) -> Writer:
        """A writer with the header in it."""
        return Writer().u8(self.OBJECT).u8(1).u32(getattr(self, "request", 0))


def flags(reader: Reader) -> int:
    """Flags of which bit 0 alone is defined (R-FRM-6)."""
    value = reader.u8()
    if value & ~1:
        fail("NonZeroReserved")
    return value


def within(value: int, least: int, most: int) -> int:
    """Passes on a number that has a range (R-FRM-6)."""
    if not least <= value <= most:
        fail("InvalidValue")
    return value


def prefixed(reader: Reader, least: int, most: int) -> bytes:
    """Bytes after their `u32` length."""
    return reader.opaque(reader.count(reader.u32(), least, most, 1))


def prefixed_or_nothing(reader: Reader, least: int, most: int) -> bytes:
    """As above, or a length of 0."""
    length = reader.u32()
    return b"" if length == 0 else reader.opaque(reader.count(length, least, most, 1))


def vector(
    reader: Reader, least: int, most: int, size: int, read: Callable[[Reader], Element]
) -> tuple[Element, ...]:
    """Elements after their count; `size` is the least length of one (SPEC 21.2)."""
    count = reader.count(reader.u16(), least, most, size)
    return tuple(read(reader) for _ in range(count))


def sorted_vector(
    reader: Reader,
    bounds: tuple[int, int, int],
    read: Callable[[Reader], Element],
    key: Callable[[Element], bytes],
) -> tuple[Element, ...]:
    """As above, ascending by what `key` gives; each is read before its place is looked at."""
    order = Sorted()

    def checked(reader: Reader) -> Element:
        element = read(reader)
        order.check(key(element))
        return element

    return vector(reader, *bounds, checked)


def certificates(reader: Reader) -> tuple[bytes, ...]:
    """1 to 16 certificates, not decoded."""
    return vector(reader, 1, 16, CERTIFICATE_BYTES, lambda reader: reader.opaque(CERTIFICATE_BYTES))


def write_vector(writer: Writer, elements: tuple[bytes, ...]) -> Writer:
    """The count and the elements."""
    return writer.u16(len(elements)).opaque(*elements)


def write_prefixed(writer: Writer, data: bytes) -> Writer:
    """The `u32` length and the bytes."""
    return writer.u32(len(data)).opaque(data)


@dataclass(frozen=True)
class ReceiptFor:
    """A receipt and where it goes; 83 bytes."""

    account_id: bytes
    capability: bytes
    receipt: Receipt

    @classmethod
    def read(cls, reader: Reader) -> Self:
        return cls(reader.opaque(32), reader.opaque(16), Receipt.read(reader))

    def encode(self) -> bytes:
        return self.account_id + self.capability + self.receipt.encode()


@dataclass(frozen=True)
class MessageTo:
    """A message to one device."""

    to: bytes
    message: bytes

    LEAST: ClassVar[int] = 371

    @classmethod
    def read(cls, reader: Reader) -> Self:
        return cls(reader.opaque(16), prefixed(reader, *MESSAGE_BYTES))

    @classmethod
    def read_all(cls, reader: Reader) -> tuple[Self, ...]:
        return sorted_vector(reader, (1, 16, cls.LEAST), cls.read, lambda message: message.to)

    def encode(self) -> bytes:
        return write_prefixed(Writer().opaque(self.to), self.message).bytes()


@dataclass(frozen=True)
class AccountSend:
    """The messages to the devices of one account."""

    account_id: bytes
    capability: bytes
    send_id: bytes
    list: ListHead
    flags: int
    messages: tuple[MessageTo, ...]

    LEAST: ClassVar[int] = 458

    @classmethod
    def read(cls, reader: Reader) -> Self:
        return cls(
            account_id=reader.opaque(32),
            capability=reader.opaque(16),
            send_id=reader.opaque(16),
            list=ListHead.read(reader),
            flags=flags(reader),
            messages=MessageTo.read_all(reader),
        )

    def encode(self) -> bytes:
        writer = Writer().opaque(self.account_id, self.capability, self.send_id)
        writer.opaque(self.list.encode()).u8(self.flags)
        return write_vector(writer, tuple(m.encode() for m in self.messages)).bytes()


@dataclass(frozen=True)
class Grant:
    """A capability that is granted; 43 bytes."""

    hash: bytes
    flags: int
    envelopes: int
    expires: int

    @classmethod
    def read(cls, reader: Reader) -> Self:
        return cls(reader.opaque(32), flags(reader), reader.u16(), reader.u64())

    def encode(self) -> bytes:
        writer = Writer().opaque(self.hash).u8(self.flags)
        return writer.u16(self.envelopes).u64(self.expires).bytes()


__all__ = [
    "BODY_BYTES", "BUNDLE_BYTES", "CERTIFICATE_BYTES", "ENVELOPE_BYTES", "LINK_BYTES",
    "LIST_BYTES", "MAX_FRAME", "AccountSend", "Frame", "Grant", "MessageTo", "ReceiptFor",
    "certificates", "flags", "prefixed", "prefixed_or_nothing", "sorted_vector", "vector",
    "within", "write_prefixed", "write_vector",
]  # fmt: skip
