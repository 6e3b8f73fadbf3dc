"""The messages by which a device is linked (SPEC 6.1, 6.3)."""

from dataclasses import dataclass
from typing import Self

from .codec import Reader, Writer
from .wire import Wire
from .wire_identity import (
    MAX_DEVICES,
    UNSIGNED_CERTIFICATE_BYTES,
    DeviceCertificate,
)

SEALED_BYTES = (16, 6448)
CERTIFICATE_BYTES = 264
DEVICE_LIST_BYTES = (0, 2202)


@dataclass(frozen=True)
class LinkOffer(Wire):
    """What the code that the existing device shows holds."""

    OBJECT = 0x30

    secret: bytes
    account_id: bytes
    expires: int

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        return cls(
            secret=reader.opaque(32), account_id=reader.opaque(32), expires=reader.u64()
        )

    def encode(self) -> bytes:
        writer = Writer().u8(self.OBJECT).u8(1)
        return writer.opaque(self.secret, self.account_id).u64(self.expires).bytes()


@dataclass(frozen=True)
class LinkHello(Wire):
    """The new device's key, and the proof that it saw the offer."""

    OBJECT = 0x31

    ephemeral: bytes
    mac: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        return cls(ephemeral=reader.x25519_key(), mac=reader.opaque(32))

    def encode(self) -> bytes:
        return Writer().u8(self.OBJECT).u8(1).opaque(self.ephemeral, self.mac).bytes()


@dataclass(frozen=True)
class LinkCommitment(Wire):
    """What binds the existing device to its key and nonce."""

    OBJECT = 0x32

    commitment: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        return cls(commitment=reader.opaque(32))

    def encode(self) -> bytes:
        return Writer().u8(self.OBJECT).u8(1).opaque(self.commitment).bytes()


@dataclass(frozen=True)
class LinkNonce(Wire):
    """The new device's nonce."""

    OBJECT = 0x33

    nonce: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        return cls(nonce=reader.opaque(32))

    def encode(self) -> bytes:
        return Writer().u8(self.OBJECT).u8(1).opaque(self.nonce).bytes()


@dataclass(frozen=True)
class LinkReveal(Wire):
    """The key and nonce that were committed to."""

    OBJECT = 0x34

    ephemeral: bytes
    nonce: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        return cls(ephemeral=reader.x25519_key(), nonce=reader.opaque(32))

    def encode(self) -> bytes:
        return Writer().u8(self.OBJECT).u8(1).opaque(self.ephemeral, self.nonce).bytes()


@dataclass(frozen=True)
class LinkSealed(Wire):
    """One of the four steps on the channel."""

    OBJECT = 0x35

    step: int
    sealed: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        return cls(
            step=reader.choice((1, 2, 3, 4)),
            sealed=reader.opaque(reader.count(reader.u32(), *SEALED_BYTES, 1)),
        )

    def encode(self) -> bytes:
        writer = Writer().u8(self.OBJECT).u8(1).u8(self.step)
        return writer.u32(len(self.sealed)).opaque(self.sealed).bytes()


@dataclass(frozen=True)
class LinkRequest(Wire):
    """Step 1: what the new device asks to have certified."""

    device_id: bytes
    device_signing_key: bytes
    device_identity_key: bytes
    suites: int
    capabilities: int

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(
            device_id=reader.opaque(16),
            device_signing_key=reader.opaque(32),
            device_identity_key=reader.x25519_key(),
            suites=reader.u16(),
            capabilities=reader.u32(),
        )

    def encode(self) -> bytes:
        writer = Writer().opaque(self.device_id, self.device_signing_key)
        writer.opaque(self.device_identity_key)
        return writer.u16(self.suites).u32(self.capabilities).bytes()


@dataclass(frozen=True)
class LinkProposal(Wire):
    """Step 2: the certificate, signed by the account only."""

    certificate_without_device_signature: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(reader.opaque(UNSIGNED_CERTIFICATE_BYTES))

    def encode(self) -> bytes:
        return self.certificate_without_device_signature


@dataclass(frozen=True)
class LinkAcceptance(Wire):
    """Step 3: the signature of the new device."""

    device_signature: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        return cls(reader.opaque(64))

    def encode(self) -> bytes:
        return self.device_signature


@dataclass(frozen=True)
class LinkCompletion(Wire):
    """Step 4: the list with the new device, and the certificates of all its devices."""

    device_list: bytes
    siblings: tuple[DeviceCertificate, ...]

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        device_list = reader.opaque(reader.count(reader.u32(), *DEVICE_LIST_BYTES, 1))
        count = reader.count(reader.u16(), 1, MAX_DEVICES, CERTIFICATE_BYTES)
        siblings = tuple(DeviceCertificate.read(reader) for _ in range(count))
        return cls(device_list, siblings)

    def encode(self) -> bytes:
        writer = Writer().u32(len(self.device_list)).opaque(self.device_list)
        writer.u16(len(self.siblings))
        return writer.opaque(*(sibling.encode() for sibling in self.siblings)).bytes()
