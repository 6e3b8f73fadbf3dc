"""Frames from the client (SPEC 21.1)."""

from dataclasses import dataclass
from typing import Self

from .codec import Reader, u8, u64
from .errors import fail
from .wire_frames import (
    BODY_BYTES,
    CERTIFICATE_BYTES,
    LINK_BYTES,
    LIST_BYTES,
    AccountSend,
    Frame,
    Grant,
    MessageTo,
    ReceiptFor,
    certificates,
    flags,
    prefixed,
    prefixed_or_nothing,
    sorted_vector,
    vector,
    within,
    write_prefixed,
    write_vector,
)
from .wire_messages import OneTimePrekey, SignedPrekey


@dataclass(frozen=True)
class Attach(Frame):
    OBJECT = 0xA0

    request: int
    nonce: bytes
    certificate: bytes
    store_epoch: bytes
    cursor: int
    lane_cursor: int
    window_envelopes: int
    window_bytes: int
    flags: int
    signature: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(
            request=cls.header(reader),
            nonce=reader.opaque(32),
            certificate=reader.opaque(CERTIFICATE_BYTES),
            store_epoch=reader.opaque(16),
            cursor=reader.u64(),
            lane_cursor=reader.u64(),
            window_envelopes=within(reader.u16(), 1, 1_024),
            window_bytes=within(reader.u32(), 71_737, 4_194_304),
            flags=flags(reader),
            signature=reader.opaque(64),
        )

    def unsigned(self) -> bytes:
        """All bytes before the signature."""
        writer = self.start().opaque(self.nonce, self.certificate, self.store_epoch)
        writer.u64(self.cursor).u64(self.lane_cursor)
        return writer.u16(self.window_envelopes).u32(self.window_bytes).u8(self.flags).bytes()

    def signed_bytes(self, name: bytes) -> bytes:
        """What the device signs, after the label (R-ATT-1)."""
        return u8(len(name)) + name + self.unsigned()

    def encode(self) -> bytes:
        return self.unsigned() + self.signature


@dataclass(frozen=True)
class Ack(Frame):
    OBJECT = 0xA1

    request: int
    session_epoch: int
    upto: int
    lane_upto: int
    rejected: tuple[int, ...]
    receipts: tuple[ReceiptFor, ...]

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(
            request=cls.header(reader),
            session_epoch=reader.u64(),
            upto=reader.u64(),
            lane_upto=reader.u64(),
            rejected=sorted_vector(
                reader, (0, 64, 8), lambda reader: reader.nonzero(reader.u64()), u64
            ),
            receipts=vector(reader, 0, 64, 83, ReceiptFor.read),
        )

    def check(self) -> None:
        if self.rejected and self.rejected[-1] > self.upto:
            fail("InvalidValue")

    def encode(self) -> bytes:
        writer = self.start().u64(self.session_epoch).u64(self.upto).u64(self.lane_upto)
        write_vector(writer, tuple(u64(seq) for seq in self.rejected))
        return write_vector(writer, tuple(r.encode() for r in self.receipts)).bytes()


@dataclass(frozen=True)
class Send(Frame):
    OBJECT = 0xA2

    request: int
    message_id: bytes
    lifetime: int
    body: bytes
    accounts: tuple[AccountSend, ...]

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(
            request=cls.header(reader),
            message_id=reader.opaque(16),
            lifetime=within(reader.u32(), 1, 2_592_000),
            body=prefixed_or_nothing(reader, *BODY_BYTES),
            accounts=sorted_vector(
                reader, (1, 16, AccountSend.LEAST), AccountSend.read, lambda it: it.account_id
            ),
        )

    def encode(self) -> bytes:
        writer = self.start().opaque(self.message_id).u32(self.lifetime)
        write_prefixed(writer, self.body)
        return write_vector(writer, tuple(a.encode() for a in self.accounts)).bytes()


@dataclass(frozen=True)
class Ephemeral(Frame):
    OBJECT = 0xA3

    request: int
    account_id: bytes
    capability: bytes
    message_id: bytes
    messages: tuple[MessageTo, ...]

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(
            request=cls.header(reader),
            account_id=reader.opaque(32),
            capability=reader.opaque(16),
            message_id=reader.opaque(16),
            messages=MessageTo.read_all(reader),
        )

    def encode(self) -> bytes:
        writer = self.start().opaque(self.account_id, self.capability, self.message_id)
        return write_vector(writer, tuple(m.encode() for m in self.messages)).bytes()


@dataclass(frozen=True)
class PublishPrekeys(Frame):
    OBJECT = 0xA4

    request: int
    signed_prekey: SignedPrekey | None
    one_time_prekeys: tuple[OneTimePrekey, ...]

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(
            request=cls.header(reader),
            signed_prekey=SignedPrekey.read(reader) if reader.choice((0, 1)) else None,
            one_time_prekeys=vector(reader, 0, 100, 1_668, OneTimePrekey.read),
        )

    def encode(self) -> bytes:
        writer = self.start().u8(self.signed_prekey is not None)
        if self.signed_prekey is not None:
            writer.opaque(self.signed_prekey.encode())
        return write_vector(writer, tuple(p.encode() for p in self.one_time_prekeys)).bytes()


@dataclass(frozen=True)
class TakePrekeys(Frame):
    OBJECT = 0xA5

    request: int
    account_id: bytes
    capability: bytes
    devices: tuple[bytes, ...]

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(
            request=cls.header(reader),
            account_id=reader.opaque(32),
            capability=reader.opaque(16),
            devices=sorted_vector(reader, (1, 16, 16), lambda r: r.opaque(16), lambda it: it),
        )

    def encode(self) -> bytes:
        writer = self.start().opaque(self.account_id, self.capability)
        return write_vector(writer, self.devices).bytes()


@dataclass(frozen=True)
class PublishList(Frame):
    OBJECT = 0xA6

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
class FetchList(Frame):
    OBJECT = 0xA7

    request: int
    account_id: bytes
    capability: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(cls.header(reader), reader.opaque(32), reader.opaque(16))

    def encode(self) -> bytes:
        return self.start().opaque(self.account_id, self.capability).bytes()


@dataclass(frozen=True)
class ChangeCapabilities(Frame):
    OBJECT = 0xA8

    request: int
    revoked: tuple[bytes, ...]
    granted: tuple[Grant, ...]

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(
            request=cls.header(reader),
            revoked=sorted_vector(reader, (0, 64, 32), lambda r: r.opaque(32), lambda it: it),
            granted=sorted_vector(reader, (0, 64, 43), Grant.read, lambda it: it.hash),
        )

    def encode(self) -> bytes:
        writer = write_vector(self.start(), self.revoked)
        return write_vector(writer, tuple(g.encode() for g in self.granted)).bytes()


@dataclass(frozen=True)
class SendReceipts(Frame):
    OBJECT = 0xA9

    request: int
    receipts: tuple[ReceiptFor, ...]

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(cls.header(reader), vector(reader, 1, 64, 83, ReceiptFor.read))

    def encode(self) -> bytes:
        return write_vector(self.start(), tuple(r.encode() for r in self.receipts)).bytes()


@dataclass(frozen=True)
class LinkJoin(Frame):
    OBJECT = 0xAA

    request: int
    channel: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(cls.header(reader), reader.opaque(16))

    def encode(self) -> bytes:
        return self.start().opaque(self.channel).bytes()


@dataclass(frozen=True)
class LinkSend(Frame):
    OBJECT = 0xAB

    request: int
    channel: bytes
    data: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(
            request=cls.header(reader),
            channel=reader.opaque(16),
            data=reader.opaque(reader.count(reader.u16(), *LINK_BYTES, 1)),
        )

    def encode(self) -> bytes:
        return self.start().opaque(self.channel).u16(len(self.data)).opaque(self.data).bytes()
