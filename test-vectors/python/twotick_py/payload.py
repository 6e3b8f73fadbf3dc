"""The payload of a message (SPEC 11.1): what the ratchet carries."""

from dataclasses import dataclass
from typing import Self

from .codec import Reader, Sorted, Writer
from .errors import fail
from .padding import LENGTH_BYTES, MAX_PAYLOAD, SMALL_BUCKETS
from .wire import Wire
from .wire_identity import ListHead

MESSAGE, SENT_COPY, EPHEMERAL, RETRY_REQUEST, RESET, DEVICE_SYNC = 1, 2, 3, 4, 5, 6
INLINE, SHARED = 1, 2
HAS_RECEIPT_KEY = 1
MAX_PARENTS = 4
MAX_RETRY_IDS = 8
SENT_COPY_EXTRA = 32
MAX_INLINE_PAYLOAD = SMALL_BUCKETS[0] - LENGTH_BYTES


def _read_sorted_ids(reader: Reader, count: int) -> tuple[bytes, ...]:
    order, ids = Sorted(), []
    for _ in range(count):
        value = reader.opaque(16)
        order.check(value)
        ids.append(value)
    return tuple(ids)


@dataclass(frozen=True)
class Content(Wire):
    """Content inside the payload, or the key and hash of a shared body."""

    form: int
    content: bytes | None = None
    body_key: bytes | None = None
    body_hash: bytes | None = None

    @classmethod
    def inline(cls, content: bytes) -> Self:
        return cls(form=INLINE, content=content)

    @classmethod
    def shared(cls, body_key: bytes, body_hash: bytes) -> Self:
        return cls(form=SHARED, body_key=body_key, body_hash=body_hash)

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        if reader.choice((INLINE, SHARED)) == INLINE:
            return cls.inline(reader.opaque(reader.u16()))
        return cls.shared(reader.opaque(32), reader.opaque(32))

    def encode(self) -> bytes:
        if self.content is not None:
            return Writer().u8(INLINE).u16(len(self.content)).opaque(self.content).bytes()
        return Writer().u8(SHARED).opaque(self.body_key or b"", self.body_hash or b"").bytes()


@dataclass(frozen=True)
class Message:
    """SPEC's `Message`, without the content at its end, which is a field of the payload."""

    conversation: bytes
    lamport: int
    sequence: int
    sent_at: int
    receipt_key: bytes | None
    parents: tuple[bytes, ...]

    @classmethod
    def read(cls, reader: Reader, has_receipt_key: bool) -> Self:
        return cls(
            conversation=reader.opaque(16),
            lamport=reader.nonzero(reader.u64()),
            sequence=reader.nonzero(reader.u32()),
            sent_at=reader.u64(),
            receipt_key=reader.opaque(16) if has_receipt_key else None,
            parents=_read_sorted_ids(reader, reader.count(reader.u8(), 0, MAX_PARENTS, 16)),
        )

    def encode(self) -> bytes:
        writer = Writer().opaque(self.conversation).u64(self.lamport).u32(self.sequence)
        writer.u64(self.sent_at).opaque(self.receipt_key or b"")
        return writer.u8(len(self.parents)).opaque(*self.parents).bytes()


@dataclass(frozen=True)
class Payload(Wire):
    """SPEC's `Payload`. Which of the fields after `peer` are there depends on `kind`."""

    OBJECT = 0x60

    kind: int
    flags: int
    own: ListHead
    peer: ListHead
    recipient_account: bytes | None = None
    message: Message | None = None
    conversation: bytes | None = None
    content: Content | None = None
    message_ids: tuple[bytes, ...] | None = None

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        if reader.remaining > MAX_PAYLOAD - LENGTH_BYTES:
            fail("LengthOutOfRange")
        reader.object_byte(cls.OBJECT)
        reader.version()
        kind = reader.choice((MESSAGE, SENT_COPY, EPHEMERAL, RETRY_REQUEST, RESET, DEVICE_SYNC))
        flags = cls._read_flags(reader, kind)
        own, peer = ListHead.read(reader), ListHead.read(reader)
        recipient_account = message = conversation = content = message_ids = None
        if kind == SENT_COPY:
            recipient_account = reader.opaque(32)
        if kind in (MESSAGE, SENT_COPY):
            message = Message.read(reader, bool(flags & HAS_RECEIPT_KEY))
        if kind == EPHEMERAL:
            conversation = reader.opaque(16)
        if kind == RETRY_REQUEST:
            count = reader.count(reader.u8(), 1, MAX_RETRY_IDS, 16)
            message_ids = _read_sorted_ids(reader, count)
        if kind in (MESSAGE, SENT_COPY, EPHEMERAL, DEVICE_SYNC):
            content = Content.read(reader)
        return cls(
            kind, flags, own, peer, recipient_account, message, conversation, content, message_ids
        )

    @staticmethod
    def _read_flags(reader: Reader, kind: int) -> int:
        flags = reader.u8()
        if flags & ~HAS_RECEIPT_KEY:
            fail("NonZeroReserved")
        if flags & HAS_RECEIPT_KEY and kind not in (MESSAGE, SENT_COPY):
            fail("InvalidValue")
        return flags

    def check(self) -> None:
        """R-MSG-1: how content may come."""
        if self.content is None:
            return
        inline = self.content.form == INLINE
        if self.kind == DEVICE_SYNC and not inline:
            fail("InvalidValue")
        if self.kind != DEVICE_SYNC and inline and len(self.encode()) > MAX_INLINE_PAYLOAD:
            fail("InvalidValue")

    @property
    def fits_inline(self) -> bool:
        """Does the payload fit the 256-byte bucket, also as the sent copy of a message?"""
        extra = SENT_COPY_EXTRA if self.kind == MESSAGE else 0
        return len(self.encode()) + extra <= MAX_INLINE_PAYLOAD

    def encode(self) -> bytes:
        writer = Writer().u8(self.OBJECT).u8(1).u8(self.kind).u8(self.flags)
        writer.opaque(self.own.encode(), self.peer.encode())
        writer.opaque(self.recipient_account or b"")
        if self.message is not None:
            writer.opaque(self.message.encode())
        writer.opaque(self.conversation or b"")
        if self.message_ids is not None:
            writer.u8(len(self.message_ids)).opaque(*self.message_ids)
        if self.content is not None:
            writer.opaque(self.content.encode())
        return writer.bytes()
