"""Prekeys, bundles and the messages of a session (SPEC 8 to 10)."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

from .codec import SUITE, Reader, Writer
from .crypto import H
from .errors import fail
from .padding import MAX_PAYLOAD, is_bucket
from .wire import Wire
from .wire_identity import DeviceCertificate

TAG_BYTES = 16
KEM_KEY_BYTES = 1568
KEM_CIPHERTEXT_BYTES = 1568


def read_bucket(reader: Reader, maximum: int) -> bytes:
    """The open-ended field `sealed[bucket + 16]` (R-ENC-6)."""
    sealed = reader.rest()
    if not is_bucket(len(sealed) - TAG_BYTES, maximum):
        fail("NotABucket")
    return sealed


@dataclass(frozen=True)
class SignedPrekey(Wire):
    """SPEC 8.1."""

    OBJECT = 0x04

    diffie_hellman: bytes
    kem: bytes
    not_before: int
    not_after: int
    signature: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        reader.suite()
        return cls(
            diffie_hellman=reader.x25519_key(),
            kem=reader.opaque(KEM_KEY_BYTES),
            not_before=reader.u64(),
            not_after=reader.u64(),
            signature=reader.opaque(64),
        )

    @property
    def signed_bytes(self) -> bytes:
        """The bytes before `signature`."""
        writer = Writer().u8(self.OBJECT).u8(1).u16(SUITE)
        writer.opaque(self.diffie_hellman, self.kem)
        return writer.u64(self.not_before).u64(self.not_after).bytes()

    def encode(self) -> bytes:
        return self.signed_bytes + self.signature

    @cached_property
    def id(self) -> bytes:
        return H("hash/signed-prekey", self.diffie_hellman, self.kem)[:16]


@dataclass(frozen=True)
class OneTimePrekey(Wire):
    """SPEC 8.2."""

    OBJECT = 0x05

    diffie_hellman: bytes
    kem: bytes
    signature: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        reader.suite()
        return cls(
            diffie_hellman=reader.x25519_key(),
            kem=reader.opaque(KEM_KEY_BYTES),
            signature=reader.opaque(64),
        )

    @property
    def signed_bytes(self) -> bytes:
        """The bytes before `signature`."""
        writer = Writer().u8(self.OBJECT).u8(1).u16(SUITE)
        return writer.opaque(self.diffie_hellman, self.kem).bytes()

    def encode(self) -> bytes:
        return self.signed_bytes + self.signature

    @cached_property
    def id(self) -> bytes:
        return H("hash/one-time-prekey", self.diffie_hellman, self.kem)[:16]


@dataclass(frozen=True)
class PrekeyBundle(Wire):
    """SPEC 8.3."""

    OBJECT = 0x06

    certificate: DeviceCertificate
    signed_prekey: SignedPrekey
    one_time_prekey: OneTimePrekey | None

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        certificate = DeviceCertificate.read(reader)
        signed_prekey = SignedPrekey.read(reader)
        has_one_time_prekey = reader.choice((0, 1))
        return cls(
            certificate=certificate,
            signed_prekey=signed_prekey,
            one_time_prekey=OneTimePrekey.read(reader) if has_one_time_prekey else None,
        )

    def encode(self) -> bytes:
        writer = Writer().u8(self.OBJECT).u8(1)
        writer.opaque(self.certificate.encode(), self.signed_prekey.encode())
        writer.u8(0 if self.one_time_prekey is None else 1)
        if self.one_time_prekey is not None:
            writer.opaque(self.one_time_prekey.encode())
        return writer.bytes()


@dataclass(frozen=True)
class Header(Wire):
    """The header of a ratchet message before it is sealed (SPEC 10.4)."""

    ratchet_key: bytes
    previous_length: int
    number: int

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.reserved(1 + 3)
        header = cls(reader.x25519_key(), reader.u32(), reader.u32())
        reader.reserved(4)
        return header

    def encode(self) -> bytes:
        writer = Writer().u32(0).opaque(self.ratchet_key)
        return writer.u32(self.previous_length).u32(self.number).u32(0).bytes()


@dataclass(frozen=True)
class Sealed(Wire):
    """A sealed header and body (SPEC 10.4); takes all bytes that remain."""

    salt: bytes
    sealed_header: bytes
    sealed_body: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(
            salt=reader.opaque(12),
            sealed_header=reader.opaque(64),
            sealed_body=read_bucket(reader, MAX_PAYLOAD),
        )

    def encode(self) -> bytes:
        return self.salt + self.sealed_header + self.sealed_body


@dataclass(frozen=True)
class InitialHeader(Wire):
    """Everything of an InitialMessage before `sealed` (SPEC 9.2)."""

    OBJECT = 0x10

    certificate: DeviceCertificate
    generation: int
    signed_prekey_id: bytes
    one_time_prekey_id: bytes
    ephemeral: bytes
    kem_ciphertext: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.suite()
        return cls(
            certificate=DeviceCertificate.read(reader),
            generation=reader.nonzero(reader.u32()),
            signed_prekey_id=reader.opaque(16),
            one_time_prekey_id=reader.opaque(16),
            ephemeral=reader.x25519_key(),
            kem_ciphertext=reader.opaque(KEM_CIPHERTEXT_BYTES),
        )

    @property
    def mode(self) -> int:
        """SPEC 9.1: 1 with a one-time prekey, 0 without."""
        return 1 if any(self.one_time_prekey_id) else 0

    def encode(self) -> bytes:
        writer = Writer().u8(self.OBJECT).u16(SUITE).opaque(self.certificate.encode())
        writer.u32(self.generation).opaque(self.signed_prekey_id, self.one_time_prekey_id)
        return writer.opaque(self.ephemeral, self.kem_ciphertext).bytes()


@dataclass(frozen=True)
class InitialMessage(Wire):
    """SPEC 9.2. `header` holds the fields before `sealed`."""

    OBJECT = 0x10

    header: InitialHeader
    sealed: Sealed

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(header=InitialHeader.read(reader), sealed=Sealed.read(reader))

    def encode(self) -> bytes:
        return self.header.encode() + self.sealed.encode()

    @property
    def certificate(self) -> DeviceCertificate:
        return self.header.certificate

    @property
    def generation(self) -> int:
        return self.header.generation

    @property
    def signed_prekey_id(self) -> bytes:
        return self.header.signed_prekey_id

    @property
    def one_time_prekey_id(self) -> bytes:
        return self.header.one_time_prekey_id

    @property
    def ephemeral(self) -> bytes:
        return self.header.ephemeral

    @property
    def kem_ciphertext(self) -> bytes:
        return self.header.kem_ciphertext


@dataclass(frozen=True)
class RatchetMessage(Wire):
    """SPEC 10.4."""

    OBJECT = 0x11

    sealed: Sealed

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.suite()
        return cls(sealed=Sealed.read(reader))

    def encode(self) -> bytes:
        return Writer().u8(self.OBJECT).u16(SUITE).opaque(self.sealed.encode()).bytes()
