"""Verification of certificates, lists and rotations by themselves (SPEC 5.2, 5.3, 5.5)."""

from .crypto import check_subgroup, verify
from .errors import fail
from .objects import AccountRotation, DeviceCertificate, DeviceList

DAY = 86_400
SKEW = 1 * DAY
CERTIFICATE_VALIDITY = 366 * DAY
CERTIFICATE_MADE = 365 * DAY
LIST_VALIDITY = 35 * DAY


def check_validity(start: int, end: int, limit: int, now: int) -> None:
    """R-IDN-3: a period, its length and its place around `now`."""
    if start > end or end - start > limit:
        fail("ValidityTooLong")
    if start > now + SKEW:
        fail("NotYetValid")
    if end < now:
        fail("Expired")


def check_account_signature(certificate: DeviceCertificate) -> None:
    """The first half of R-IDN-2."""
    if not verify(
        certificate.account_key,
        "sign/device-certificate",
        certificate.account_signature,
        certificate.signed_by_account,
    ):
        fail("BadAccountSignature")


def check_device_signature(certificate: DeviceCertificate) -> None:
    """The second half of R-IDN-2."""
    if not verify(
        certificate.device_signing_key,
        "sign/device-acceptance",
        certificate.device_signature,
        certificate.signed_by_device,
    ):
        fail("BadDeviceSignature")


def verify_certificate(certificate: DeviceCertificate, now: int) -> None:
    """R-IDN-2, then R-IDN-3."""
    check_account_signature(certificate)
    check_device_signature(certificate)
    check_subgroup(certificate.device_identity_key)
    check_validity(certificate.created, certificate.expires, CERTIFICATE_VALIDITY, now)


def check_list_signature(device_list: DeviceList) -> None:
    """The signature of R-LST-1."""
    if not verify(
        device_list.account_key,
        "sign/device-list",
        device_list.signature,
        device_list.signed_bytes,
    ):
        fail("BadAccountSignature")


def verify_list(device_list: DeviceList, now: int) -> None:
    """R-LST-1, after its rules for decoding."""
    check_list_signature(device_list)
    check_validity(device_list.issued, device_list.expires, LIST_VALIDITY, now)


def check_rotation_signatures(rotation: AccountRotation) -> None:
    """Both signatures of SPEC 5.5."""
    old_signed = verify(
        rotation.old_account_key,
        "sign/rotation-old",
        rotation.old_signature,
        rotation.signed_by_old,
    )
    new_signed = verify(
        rotation.new_account_key,
        "sign/rotation-new",
        rotation.new_signature,
        rotation.signed_by_new,
    )
    if not (old_signed and new_signed):
        fail("BadRotation")
