"""Frames from the relay, and those of either direction (SPEC 21.2)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from .codec import Reader, Writer, u64
from .errors import fail
from .wire_delivery import Receipt
from .wire_frames import (
    BUNDLE_BYTES,
    ENVELOPE_BYTES,
    LINK_BYTES,
    LIST_BYTES,
    Frame,
    certificates,
    prefixed,
    prefixed_or_nothing,
    sorted_vector,
    vector,
    within,
    write_prefixed,
    write_vector,
)
from .wire_identity import ListHead


@dataclass(frozen=True)
class Challenge(Frame):
    OBJECT = 0xC0
    UNASKED = True

    nonce: bytes
    now: int
    name: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        cls.header(reader)
        return cls(
            nonce=reader.opaque(32),
            now=reader.u64(),
            name=reader.opaque(reader.count(reader.u8(), 1, 255, 1)),
        )

    def encode(self) -> bytes:
        writer = self.start().opaque(self.nonce).u64(self.now)
        return writer.u8(len(self.name)).opaque(self.name).bytes()


@dataclass(frozen=True)
class Hello(Frame):
    OBJECT = 0xC1

    request: int
    store_epoch: bytes
    session_epoch: int
    acked: int
    next: int
    backlog_envelopes: int
    backlog_bytes: int
    refused: int
    prekeys: int
    list: ListHead
    heartbeat: int
    now: int
    durability: int

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(
            request=cls.header(reader),
            store_epoch=reader.opaque(16),
            session_epoch=reader.u64(),
            acked=reader.u64(),
            next=reader.u64(),
            backlog_envelopes=reader.u32(),
            backlog_bytes=reader.u64(),
            refused=reader.u32(),
            prekeys=reader.u16(),
            list=ListHead.read(reader),
            heartbeat=reader.nonzero(reader.u16()),
            now=reader.u64(),
            durability=within(reader.u8(), 1, 3),
        )

    def check(self) -> None:
        if self.acked >= self.next:
            fail("InvalidValue")

    def encode(self) -> bytes:
        writer = self.start().opaque(self.store_epoch)
        writer.u64(self.session_epoch).u64(self.acked).u64(self.next)
        writer.u32(self.backlog_envelopes).u64(self.backlog_bytes)
        writer.u32(self.refused).u16(self.prekeys).opaque(self.list.encode())
        return writer.u16(self.heartbeat).u64(self.now).u8(self.durability).bytes()


@dataclass(frozen=True)
class Delivery:
    seq: int
    accepted: int
    envelope: bytes

    @classmethod
    def read(cls, reader: Reader) -> Self:
        return cls(
            seq=reader.nonzero(reader.u64()),
            accepted=reader.u64(),
            envelope=prefixed(reader, *ENVELOPE_BYTES),
        )

    def encode(self) -> bytes:
        return write_prefixed(Writer().u64(self.seq).u64(self.accepted), self.envelope).bytes()


@dataclass(frozen=True)
class Page(Frame):
    OBJECT = 0xC2
    UNASKED = True

    deliveries: tuple[Delivery, ...]

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        cls.header(reader)
        last: list[int] = []

        def follows(reader: Reader) -> Delivery:
            delivery = Delivery.read(reader)
            if last and delivery.seq != last.pop() + 1:
                fail("NotSorted")
            last.append(delivery.seq)
            return delivery

        return cls(vector(reader, 1, 64, 429, follows))

    def encode(self) -> bytes:
        return write_vector(self.start(), tuple(d.encode() for d in self.deliveries)).bytes()


@dataclass(frozen=True)
class Drained(Frame):
    OBJECT = 0xC3
    UNASKED = True

    next: int

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        cls.header(reader)
        return cls(reader.nonzero(reader.u64()))

    def encode(self) -> bytes:
        return self.start().u64(self.next).bytes()


@dataclass(frozen=True)
class Gap(Frame):
    OBJECT = 0xC4
    UNASKED = True

    from_: int
    to: int

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        cls.header(reader)
        return cls(reader.nonzero(reader.u64()), reader.u64())

    def check(self) -> None:
        if self.from_ > self.to:
            fail("InvalidValue")

    def encode(self) -> bytes:
        return self.start().u64(self.from_).u64(self.to).bytes()


@dataclass(frozen=True)
class ReceiptItem:
    """Kind 1."""

    place: int
    kind: int
    account_id: bytes
    receipt: Receipt

    def encode(self) -> bytes:
        writer = Writer().u64(self.place).u8(self.kind)
        return writer.opaque(self.account_id, self.receipt.encode()).bytes()


@dataclass(frozen=True)
class BounceItem:
    """Kind 2."""

    place: int
    kind: int
    device_id: bytes
    message_id: bytes
    reason: int

    def encode(self) -> bytes:
        writer = Writer().u64(self.place).u8(self.kind)
        return writer.opaque(self.device_id, self.message_id).u16(self.reason).bytes()


LaneItem = ReceiptItem | BounceItem


def lane_item(reader: Reader) -> LaneItem:
    place, kind = reader.nonzero(reader.u64()), reader.choice((1, 2))
    if kind == 1:
        return ReceiptItem(place, kind, reader.opaque(32), Receipt.read(reader))
    return BounceItem(place, kind, reader.opaque(16), reader.opaque(16), reader.u16())


@dataclass(frozen=True)
class LanePage(Frame):
    OBJECT = 0xC5
    UNASKED = True

    items: tuple[LaneItem, ...]

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        cls.header(reader)
        return cls(sorted_vector(reader, (1, 64, 43), lane_item, lambda item: u64(item.place)))

    def encode(self) -> bytes:
        return write_vector(self.start(), tuple(item.encode() for item in self.items)).bytes()


class Bare(Frame):
    """A frame without fields of its own."""

    request: int

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(cls.header(reader))  # type: ignore[call-arg]

    def encode(self) -> bytes:
        return self.start().bytes()


@dataclass(frozen=True)
class Done(Bare):
    OBJECT = 0xC6

    request: int


@dataclass(frozen=True)
class Ping(Bare):
    OBJECT = 0xBE
    ANY_REQUEST = True

    request: int


@dataclass(frozen=True)
class Pong(Bare):
    OBJECT = 0xBF
    ANY_REQUEST = True

    request: int


@dataclass(frozen=True)
class AccountResult:
    account_id: bytes
    status: int
    retry_after: int
    durability: int
    list: bytes

    LEAST: ClassVar[int] = 43

    @classmethod
    def read(cls, reader: Reader) -> Self:
        result = cls(
            account_id=reader.opaque(32),
            status=reader.u16(),
            retry_after=reader.u32(),
            durability=within(reader.u8(), 0, 3),
            list=prefixed_or_nothing(reader, *LIST_BYTES),
        )
        if (result.status == 0) != (result.durability != 0):
            fail("InvalidValue")
        return result

    def encode(self) -> bytes:
        writer = Writer().opaque(self.account_id).u16(self.status).u32(self.retry_after)
        return write_prefixed(writer.u8(self.durability), self.list).bytes()


@dataclass(frozen=True)
class SendResult(Frame):
    OBJECT = 0xC7

    request: int
    results: tuple[AccountResult, ...]

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        request = cls.header(reader)
        return cls(request, vector(reader, 1, 16, AccountResult.LEAST, AccountResult.read))

    def encode(self) -> bytes:
        return write_vector(self.start(), tuple(r.encode() for r in self.results)).bytes()


@dataclass(frozen=True)
class PrekeysPublished(Frame):
    OBJECT = 0xC8

    request: int
    available: int

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(cls.header(reader), reader.u16())

    def encode(self) -> bytes:
        return self.start().u16(self.available).bytes()


def bundle(reader: Reader) -> bytes:
    length = reader.u32()
    if length not in BUNDLE_BYTES:
        fail("LengthOutOfRange")
    return reader.opaque(length)


@dataclass(frozen=True)
class Bundles(Frame):
    OBJECT = 0xC9

    request: int
    list: bytes
    bundles: tuple[bytes, ...]

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(
            request=cls.header(reader),
            list=prefixed(reader, *LIST_BYTES),
            bundles=vector(reader, 0, 16, 4 + BUNDLE_BYTES[0], bundle),
        )

    def encode(self) -> bytes:
        writer = write_prefixed(self.start(), self.list)
        bundles = (write_prefixed(Writer(), data).bytes() for data in self.bundles)
        return write_vector(writer, tuple(bundles)).bytes()


@dataclass(frozen=True)
class Lists(Frame):
    OBJECT = 0xCA

    request: int
    list: bytes
    certificates: tuple[bytes, ...]

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(
            request=cls.header(reader),
            list=prefixed(reader, *LIST_BYTES),
            certificates=certificates(reader),
        )

    def encode(self) -> bytes:
        return write_vector(write_prefixed(self.start(), self.list), self.certificates).bytes()


@dataclass(frozen=True)
class Token(Frame):
    OBJECT = 0xCB
    UNASKED = True

    expires: int
    token: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        cls.header(reader)
        return cls(reader.u64(), reader.opaque(64))

    def encode(self) -> bytes:
        return self.start().u64(self.expires).opaque(self.token).bytes()


@dataclass(frozen=True)
class EphemeralDelivery(Frame):
    OBJECT = 0xD0
    UNASKED = True

    envelope: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        cls.header(reader)
        return cls(prefixed(reader, *ENVELOPE_BYTES))

    def encode(self) -> bytes:
        return write_prefixed(self.start(), self.envelope).bytes()


@dataclass(frozen=True)
class LinkDelivery(Frame):
    OBJECT = 0xD1
    UNASKED = True

    channel: bytes
    data: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        cls.header(reader)
        return cls(
            channel=reader.opaque(16),
            data=reader.opaque(reader.count(reader.u16(), *LINK_BYTES, 1)),
        )

    def encode(self) -> bytes:
        return self.start().opaque(self.channel).u16(len(self.data)).opaque(self.data).bytes()


@dataclass(frozen=True)
class GoAway(Frame):
    OBJECT = 0xD2
    UNASKED = True

    code: int
    wait_min: int
    wait_max: int

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        cls.header(reader)
        return cls(reader.u16(), reader.u32(), reader.u32())

    def check(self) -> None:
        if self.wait_min > self.wait_max:
            fail("InvalidValue")

    def encode(self) -> bytes:
        return self.start().u16(self.code).u32(self.wait_min).u32(self.wait_max).bytes()


@dataclass(frozen=True)
class Error(Frame):
    OBJECT = 0xD3
    ANY_REQUEST = True

    request: int
    code: int
    retry_after: int

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(cls.header(reader), reader.u16(), reader.u32())

    def encode(self) -> bytes:
        return self.start().u16(self.code).u32(self.retry_after).bytes()
