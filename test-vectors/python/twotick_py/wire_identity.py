"""Certificates, device lists and account rotations (SPEC 5)."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

from .codec import Reader, Sorted, Writer
from .crypto import H
from .errors import fail
from .wire import Wire

MAX_DEVICES = 16
MAX_REVOCATIONS = 64
UNSIGNED_CERTIFICATE_BYTES = 200


def check_suites(suites: int) -> None:
    """R-IDN-1: the suites of a device include the one there is."""
    if not suites & 1:
        fail("UnsupportedSuite")


@dataclass(frozen=True)
class DeviceCertificate(Wire):
    """SPEC 5.2."""

    OBJECT = 0x01

    suites: int
    account_key: bytes
    device_id: bytes
    device_signing_key: bytes
    device_identity_key: bytes
    created: int
    expires: int
    capabilities: int
    account_signature: bytes
    device_signature: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        return cls(
            suites=reader.u16(),
            account_key=reader.opaque(32),
            device_id=reader.opaque(16),
            device_signing_key=reader.opaque(32),
            device_identity_key=reader.x25519_key(),
            created=reader.u64(),
            expires=reader.u64(),
            capabilities=reader.u32(),
            account_signature=reader.opaque(64),
            device_signature=reader.opaque(64),
        )

    def check(self) -> None:
        check_suites(self.suites)

    @cached_property
    def signed_by_account(self) -> bytes:
        """The bytes before `account_signature`."""
        writer = Writer().u8(self.OBJECT).u8(1).u16(self.suites)
        writer.opaque(self.account_key, self.device_id)
        writer.opaque(self.device_signing_key, self.device_identity_key)
        writer.u64(self.created).u64(self.expires).u32(self.capabilities)
        return writer.bytes()

    @property
    def signed_by_device(self) -> bytes:
        """The bytes before `device_signature`."""
        return self.signed_by_account + self.account_signature

    def encode(self) -> bytes:
        return self.signed_by_device + self.device_signature

    @cached_property
    def hash(self) -> bytes:
        """The certificate hash."""
        return H("hash/certificate", self.encode())

    @property
    def account_id(self) -> bytes:
        """SPEC 5.1."""
        return H("hash/account", self.account_key)


@dataclass(frozen=True)
class DeviceEntry:
    """One device of a list."""

    device_id: bytes
    certificate_hash: bytes


@dataclass(frozen=True)
class Revocation:
    """One device that a list says is no longer of the account."""

    device_id: bytes
    epoch: int


@dataclass(frozen=True)
class ListHead(Wire):
    """SPEC 11.1: epoch and shortened hash of a device list; all zero is "none known"."""

    epoch: int
    hash: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        head = cls(epoch=reader.u32(), hash=reader.opaque(16))
        if head.epoch == 0 and any(head.hash):
            fail("InvalidValue")
        return head

    def encode(self) -> bytes:
        return Writer().u32(self.epoch).opaque(self.hash).bytes()

    @classmethod
    def none(cls) -> Self:
        return cls(epoch=0, hash=bytes(16))


@dataclass(frozen=True)
class DeviceList(Wire):
    """SPEC 5.3."""

    OBJECT = 0x02

    account_key: bytes
    epoch: int
    previous: bytes
    issued: int
    expires: int
    devices: tuple[DeviceEntry, ...]
    revoked: tuple[Revocation, ...]
    signature: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        return cls(
            account_key=reader.opaque(32),
            epoch=reader.u32(),
            previous=reader.opaque(32),
            issued=reader.u64(),
            expires=reader.u64(),
            devices=cls._read_devices(reader),
            revoked=cls._read_revoked(reader),
            signature=reader.opaque(64),
        )

    @staticmethod
    def _read_devices(reader: Reader) -> tuple[DeviceEntry, ...]:
        order, devices = Sorted(), []
        for _ in range(reader.count(reader.u16(), 1, MAX_DEVICES, 48)):
            device_id = reader.opaque(16)
            order.check(device_id)
            devices.append(DeviceEntry(device_id, reader.opaque(32)))
        return tuple(devices)

    @staticmethod
    def _read_revoked(reader: Reader) -> tuple[Revocation, ...]:
        order, revoked = Sorted(), []
        for _ in range(reader.count(reader.u16(), 0, MAX_REVOCATIONS, 20)):
            device_id = reader.opaque(16)
            order.check(device_id)
            revoked.append(Revocation(device_id, reader.u32()))
        return tuple(revoked)

    def check(self) -> None:
        """R-LST-1, up to the signature."""
        if self.epoch == 0:
            fail("InvalidValue")
        if not all(any(element.device_id) for element in (*self.devices, *self.revoked)):
            fail("InvalidValue")
        if (self.epoch == 1) == any(self.previous):
            fail("InvalidValue")
        listed = {entry.device_id for entry in self.devices}
        if any(revocation.device_id in listed for revocation in self.revoked):
            fail("InvalidValue")
        if any(revocation.epoch > self.epoch for revocation in self.revoked):
            fail("InvalidValue")

    @cached_property
    def signed_bytes(self) -> bytes:
        """The bytes before `signature`."""
        writer = Writer().u8(self.OBJECT).u8(1).opaque(self.account_key).u32(self.epoch)
        writer.opaque(self.previous).u64(self.issued).u64(self.expires)
        writer.u16(len(self.devices))
        for entry in self.devices:
            writer.opaque(entry.device_id, entry.certificate_hash)
        writer.u16(len(self.revoked))
        for revocation in self.revoked:
            writer.opaque(revocation.device_id).u32(revocation.epoch)
        return writer.bytes()

    def encode(self) -> bytes:
        return self.signed_bytes + self.signature

    @cached_property
    def hash(self) -> bytes:
        """The list hash."""
        return H("hash/device-list", self.encode())

    @property
    def head(self) -> ListHead:
        """The list head."""
        return ListHead(self.epoch, self.hash[:16])

    @property
    def account_id(self) -> bytes:
        """SPEC 5.1."""
        return H("hash/account", self.account_key)

    def certificate_hash_of(self, device_id: bytes) -> bytes | None:
        """The hash in the entry of a device, if there is one."""
        for entry in self.devices:
            if entry.device_id == device_id:
                return entry.certificate_hash
        return None


@dataclass(frozen=True)
class AccountRotation(Wire):
    """SPEC 5.5."""

    OBJECT = 0x03

    old_account_key: bytes
    new_account_key: bytes
    last_epoch: int
    last_list_hash: bytes
    issued: int
    old_signature: bytes
    new_signature: bytes

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        reader.object_byte(cls.OBJECT)
        reader.version()
        return cls(
            old_account_key=reader.opaque(32),
            new_account_key=reader.opaque(32),
            last_epoch=reader.u32(),
            last_list_hash=reader.opaque(32),
            issued=reader.u64(),
            old_signature=reader.opaque(64),
            new_signature=reader.opaque(64),
        )

    def check(self) -> None:
        """R-IDN-5, its first condition."""
        if self.old_account_key == self.new_account_key or self.last_epoch == 0:
            fail("InvalidValue")

    @cached_property
    def signed_by_old(self) -> bytes:
        """The bytes before `old_signature`."""
        writer = Writer().u8(self.OBJECT).u8(1)
        writer.opaque(self.old_account_key, self.new_account_key).u32(self.last_epoch)
        return writer.opaque(self.last_list_hash).u64(self.issued).bytes()

    @property
    def signed_by_new(self) -> bytes:
        """The bytes before `new_signature`."""
        return self.signed_by_old + self.old_signature

    def encode(self) -> bytes:
        return self.signed_by_new + self.new_signature
