"""An account as a contact trusts it: its list, and how that changes (SPEC 5.3, 5.5)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from .device import Device, account_id_of, accept, certify
from .errors import fail
from .making import check_distinct, first_list, next_list, rotate
from .objects import AccountRotation, DeviceCertificate, DeviceList, ListHead
from .verification import check_rotation_signatures, verify_certificate, verify_list
from .wire_identity import MAX_REVOCATIONS

__all__ = [
    "Account", "Adoption", "Device", "Following", "accept", "account_id_of", "certify",
    "first_list", "next_list", "rotate", "verify_certificate", "verify_list",
]  # fmt: skip

MAX_ROTATIONS = 16


@dataclass(frozen=True)
class Adoption:
    """What became of a received list."""

    result: str
    missed: int


@dataclass(frozen=True)
class Following:
    """What became of a rotation. `forgotten` is the rotation that gave way, if any did."""

    account_id: bytes
    missed: int
    forgotten: AccountRotation | None


@dataclass
class Account:
    """The newest verified list, and the rotations that led to its account key."""

    list: DeviceList
    rotations: "tuple[AccountRotation, ...]" = field(default=())

    @classmethod
    def trust(cls, received: DeviceList, now: int) -> Self:
        """An account that was not met before."""
        verify_list(received, now)
        return cls(received)

    @classmethod
    def trusted(cls, known: DeviceList) -> Self:
        """An account whose list is "trusted as it is" (OPERATIONS.md): it may have expired."""
        return cls.trust(known, known.issued)

    @property
    def account_key(self) -> bytes:
        return self.list.account_key

    @property
    def account_id(self) -> bytes:
        return self.list.account_id

    def is_expired(self, now: int) -> bool:
        """R-LST-5: no device may be added from an expired list."""
        return self.list.expires < now

    def was(self, account_key: bytes) -> bool:
        """Was this the account's key before a rotation?"""
        return any(rotation.old_account_key == account_key for rotation in self.rotations)

    def adopt(self, received: DeviceList, now: int) -> Adoption:
        """The table of SPEC 5.3."""
        if self.was(received.account_key):
            fail("AccountRetired")
        if received.account_key != self.account_key:
            fail("WrongAccount")
        verify_list(received, now)
        if received.epoch < self.list.epoch:
            fail("DeviceListRollback")
        if received.epoch == self.list.epoch:
            if received != self.list:
                fail("DeviceListFork")
            return Adoption("unchanged", 0)
        if received.epoch == self.list.epoch + 1 and received.previous != self.list.hash:
            fail("DeviceListFork")
        missed = _check_continues(self.list, received)
        self.list = received
        return Adoption("adopted", missed)

    def admit(
        self,
        certificate: DeviceCertificate,
        others: Iterable[DeviceCertificate],
        us: Device | None,
        now: int,
    ) -> None:
        """A certificate is good for use: R-LST-2, R-LST-3. `others` are certificates of the
        same list that were admitted before."""
        self.check_belongs(certificate, now)
        check_distinct(certificate, others)
        if us is not None and not self._is_device(certificate, us):
            if {certificate.device_signing_key, certificate.device_identity_key} & us.device_keys:
                fail("DuplicateKey")

    def check_belongs(self, certificate: DeviceCertificate, now: int) -> None:
        """R-LST-2, with the verification in it."""
        self.check_listed(certificate)
        verify_certificate(certificate, now)
        if certificate.account_key != self.account_key:
            fail("WrongAccount")

    def check_listed(self, certificate: DeviceCertificate) -> None:
        """The first sentence of R-LST-2, which costs a look-up only."""
        if self.list.certificate_hash_of(certificate.device_id) != certificate.hash:
            fail("NotInDeviceList")

    @staticmethod
    def _is_device(certificate: DeviceCertificate, us: Device) -> bool:
        return (certificate.account_key, certificate.device_id) == (us.account_key, us.device_id)

    def compare_head(self, head: ListHead) -> str:
        """A list head that somebody saw, against the list known here (R-LST-6)."""
        if head.epoch == 0:
            return "unknown"
        if head.epoch < self.list.epoch:
            return "older"
        if head.epoch > self.list.epoch:
            return "newer"
        return "same" if head == self.list.head else "fork"

    def follow(self, rotation: AccountRotation, received: DeviceList, now: int) -> Following:
        """R-IDN-5, R-IDN-6."""
        self._check_rotation(rotation)
        if received.account_key != rotation.new_account_key:
            fail("WrongAccount")
        if received.epoch != rotation.last_epoch + 1:
            fail("BrokenListChain")
        if received.previous != rotation.last_list_hash:
            fail("BrokenListChain")
        verify_list(received, now)
        missed = _check_continues(self.list, received)
        rotations = (*self.rotations, rotation)
        forgotten = rotations[0] if len(rotations) > MAX_ROTATIONS else None
        self.list, self.rotations = received, rotations[-MAX_ROTATIONS:]
        return Following(self.account_id, missed, forgotten)

    def _check_rotation(self, rotation: AccountRotation) -> None:
        """The conditions on a rotation that do not need the list which comes with it."""
        retired = self.was(rotation.old_account_key)
        if not retired and rotation.old_account_key != self.account_key:
            fail("WrongAccount")
        check_rotation_signatures(rotation)
        if retired and not self._was_followed(rotation):
            fail("RotationFork")
        if retired or self.was(rotation.new_account_key):
            fail("AccountRetired")
        if rotation.last_epoch < self.list.epoch:
            fail("DeviceListRollback")
        if rotation.last_epoch == self.list.epoch and rotation.last_list_hash != self.list.hash:
            fail("DeviceListFork")

    def _was_followed(self, rotation: AccountRotation) -> bool:
        successors = {known.old_account_key: known.new_account_key for known in self.rotations}
        return successors.get(rotation.old_account_key) == rotation.new_account_key


def _check_continues(known: DeviceList, received: DeviceList) -> int:
    """The rows of the table of SPEC 5.3 for a list of a higher epoch, after the one about
    `previous`; returns how many epochs were missed."""
    if received.epoch == known.epoch + 1:
        _check_nothing_dropped(known, received)
    listed = {entry.device_id for entry in received.devices}
    if any(revocation.device_id in listed for revocation in known.revoked):
        fail("DeviceRevoked")
    return received.epoch - known.epoch - 1


def _check_nothing_dropped(known: DeviceList, received: DeviceList) -> None:
    listed = {entry.device_id for entry in received.devices}
    revoked = {revocation.device_id: revocation.epoch for revocation in received.revoked}
    for entry in known.devices:
        if entry.device_id not in listed and revoked.get(entry.device_id) != received.epoch:
            fail("BrokenListChain")
    if len(received.revoked) < MAX_REVOCATIONS:
        if not set(known.revoked) <= set(received.revoked):
            fail("BrokenListChain")
