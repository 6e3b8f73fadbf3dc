"""Making lists and rotations, for the holder of the account key (SPEC 5.4, 5.5)."""

from collections.abc import Iterable
from dataclasses import replace

from .crypto import ed25519_public, sign
from .errors import Fault, fail
from .objects import (
    AccountRotation,
    DeviceCertificate,
    DeviceEntry,
    DeviceList,
    Revocation,
)
from .verification import LIST_VALIDITY, verify_certificate
from .wire_identity import MAX_DEVICES, MAX_REVOCATIONS

MAX_EPOCH = 2**32 - 1


def first_list(account_seed: bytes, certificate: DeviceCertificate, now: int) -> DeviceList:
    """Epoch 1, with the device that makes it."""
    _check_listable(account_seed, certificate, now)
    entries = {certificate.device_id: certificate.hash}
    return _signed_list(account_seed, 1, bytes(32), entries, {}, now)


def next_list(
    account_seed: bytes,
    last: DeviceList,
    added: list[DeviceCertificate],
    removed: list[bytes],
    now: int,
) -> DeviceList:
    """The list after `last`, in the order of work of SPEC 5.4. A listed device may be added
    again with another certificate, which renews it (SPEC 12.5)."""
    check_own_list(account_seed, last)
    entries = {entry.device_id: entry.certificate_hash for entry in last.devices}
    revoked = {revocation.device_id: revocation.epoch for revocation in last.revoked}
    for index, certificate in enumerate(added):
        _check_listable(account_seed, certificate, now)
        if any(other.device_id == certificate.device_id for other in added[:index]):
            fail("NotSorted")
        check_distinct(certificate, added[:index])
    for device_id in removed:
        if device_id not in entries:
            fail("NotInDeviceList")
    if any(certificate.device_id in removed for certificate in added):
        fail("DeviceRevoked")
    entries = {key: value for key, value in entries.items() if key not in removed}
    entries |= {certificate.device_id: certificate.hash for certificate in added}
    if not entries:
        fail("LengthOutOfRange")
    if len(entries) > MAX_DEVICES:
        fail("TooManyDevices")
    if any(certificate.device_id in revoked for certificate in added):
        fail("DeviceRevoked")
    epoch = _next_epoch(last)
    revoked |= dict.fromkeys(removed, epoch)
    return _signed_list(account_seed, epoch, last.hash, entries, revoked, now)


def rotate(
    old_seed: bytes,
    last: DeviceList,
    new_seed: bytes,
    certificate: DeviceCertificate,
    now: int,
) -> tuple[AccountRotation, DeviceList]:
    """The rotation, and the first list of the new account: it continues the last list of the
    old one, has the device of `certificate`, and revokes every other device."""
    check_own_list(old_seed, last)
    if ed25519_public(new_seed) == last.account_key:
        fail("RandomnessFailure")
    _check_listable(new_seed, certificate, now)
    revoked = {revocation.device_id: revocation.epoch for revocation in last.revoked}
    if certificate.device_id in revoked:
        fail("DeviceRevoked")
    epoch = _next_epoch(last)
    for entry in last.devices:
        if entry.device_id != certificate.device_id:
            revoked[entry.device_id] = epoch
    rotation = _signed_rotation(old_seed, new_seed, last, now)
    entries = {certificate.device_id: certificate.hash}
    return rotation, _signed_list(new_seed, epoch, last.hash, entries, revoked, now)


def check_distinct(certificate: DeviceCertificate, others: Iterable[DeviceCertificate]) -> None:
    """R-LST-3: no other device shares a device key."""
    for other in others:
        if other.device_id == certificate.device_id:
            continue
        if (
            other.device_signing_key == certificate.device_signing_key
            or other.device_identity_key == certificate.device_identity_key
        ):
            fail("DuplicateKey")


def check_own_list(account_seed: bytes, last: DeviceList) -> None:
    """The last list is the account's own; it is not verified, and may have expired."""
    if last.account_key != ed25519_public(account_seed):
        fail("WrongAccount")


def _check_listable(account_seed: bytes, certificate: DeviceCertificate, now: int) -> None:
    if certificate.account_key != ed25519_public(account_seed):
        fail("WrongAccount")
    verify_certificate(certificate, now)
    if not any(certificate.device_id):
        fail("InvalidValue")


def _next_epoch(last: DeviceList) -> int:
    if last.epoch == MAX_EPOCH:
        fail("InvalidValue")
    return last.epoch + 1


def _signed_list(
    account_seed: bytes,
    epoch: int,
    previous: bytes,
    entries: dict[bytes, bytes],
    revoked: dict[bytes, int],
    now: int,
) -> DeviceList:
    """The oldest revocations give way (SPEC 5.4); both lists are sorted by device id."""
    if now + LIST_VALIDITY >= 2**64:
        raise Fault("now is out of range")
    newest = sorted(revoked.items(), key=lambda item: (item[1], item[0]))[-MAX_REVOCATIONS:]
    unsigned = DeviceList(
        account_key=ed25519_public(account_seed),
        epoch=epoch,
        previous=previous,
        issued=now,
        expires=now + LIST_VALIDITY,
        devices=tuple(DeviceEntry(*entry) for entry in sorted(entries.items())),
        revoked=tuple(Revocation(*revocation) for revocation in sorted(newest)),
        signature=bytes(64),
    )
    signature = sign(account_seed, "sign/device-list", unsigned.signed_bytes)
    return replace(unsigned, signature=signature)


def _signed_rotation(
    old_seed: bytes, new_seed: bytes, last: DeviceList, now: int
) -> AccountRotation:
    blank = AccountRotation(
        old_account_key=ed25519_public(old_seed),
        new_account_key=ed25519_public(new_seed),
        last_epoch=last.epoch,
        last_list_hash=last.hash,
        issued=now,
        old_signature=bytes(64),
        new_signature=bytes(64),
    )
    blank.check()
    half = replace(blank, old_signature=sign(old_seed, "sign/rotation-old", blank.signed_by_old))
    return replace(half, new_signature=sign(new_seed, "sign/rotation-new", half.signed_by_new))
