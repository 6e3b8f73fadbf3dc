"""Shared bodies, envelopes, receipts and safety codes (SPEC 11.4, 11.5, 14.1, 7)."""

from dataclasses import dataclass
from typing import Self

from .codec import SUITE, Reader, Writer
from .errors import fail
from .padding import MAX_BODY
from .wire import Wire
from .wire_messages import read_bucket

MESSAGE_BYTES = (351, 6091)
BODY_BYTES = (308, 65588)
DELIVERED, READ = 1, 2


@dataclass(frozen=True)
class SharedBody(Wire):
    """SPEC 11.4."""

    OBJECT = 0x12

    commitment: bytes
    sealed: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        reader.suite()
        return cls(commitment=reader.opaque(32), sealed=read_bucket(reader, MAX_BODY))

    @property
    def prefix(self) -> bytes:
        """The bytes before `sealed`, which its associated data covers."""
        return Writer().u8(self.OBJECT).u8(1).u16(SUITE).opaque(self.commitment).bytes()

    def encode(self) -> bytes:
        return self.prefix + self.sealed


@dataclass(frozen=True)
class Envelope(Wire):
    """SPEC 11.5. `from_` is SPEC's `from`; an empty `body` is no body."""

    OBJECT = 0x13

    from_: bytes
    to: bytes
    message_id: bytes
    message: bytes
    body: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        return cls(
            from_=reader.opaque(16),
            to=reader.opaque(16),
            message_id=reader.opaque(16),
            message=reader.opaque(reader.count(reader.u32(), *MESSAGE_BYTES, 1)),
            body=cls._read_body(reader),
        )

    @staticmethod
    def _read_body(reader: Reader) -> bytes:
        length = reader.u32()
        if length == 0:
            return b""
        return reader.opaque(reader.count(length, *BODY_BYTES, 1))

    def check(self) -> None:
        """R-MSG-8."""
        if not any(self.from_) or not any(self.to) or self.from_ == self.to:
            fail("InvalidValue")

    def encode(self) -> bytes:
        writer = Writer().u8(self.OBJECT).u8(1).opaque(self.from_, self.to, self.message_id)
        writer.u32(len(self.message)).opaque(self.message)
        return writer.u32(len(self.body)).opaque(self.body).bytes()


@dataclass(frozen=True)
class Receipt(Wire):
    """SPEC 14.1."""

    OBJECT = 0x20

    state: int
    message_id: bytes
    tag: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        return cls(
            state=reader.choice((DELIVERED, READ)),
            message_id=reader.opaque(16),
            tag=reader.opaque(16),
        )

    def encode(self) -> bytes:
        writer = Writer().u8(self.OBJECT).u8(1).u8(self.state)
        return writer.opaque(self.message_id, self.tag).bytes()


@dataclass(frozen=True)
class SafetyCode(Wire):
    """SPEC 7."""

    OBJECT = 0x38

    shown_by: bytes
    shown_to: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        return cls(shown_by=reader.opaque(32), shown_to=reader.opaque(32))

    def encode(self) -> bytes:
        return Writer().u8(self.OBJECT).u8(1).opaque(self.shown_by, self.shown_to).bytes()
