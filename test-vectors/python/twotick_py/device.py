"""A device with its keys (SPEC 5.1, 5.2), made from a description `D` of OPERATIONS.md."""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Self

from .arguments import Arguments
from .crypto import H, Random, ed25519_public, sign, x25519_public
from .errors import Fault, fail
from .objects import DeviceCertificate
from .verification import CERTIFICATE_MADE

SUITES = 1
CAPABILITIES = 0


def account_id_of(account_key: bytes) -> bytes:
    """SPEC 5.1."""
    return H("hash/account", account_key)


def certify(
    account_seed: bytes,
    device_id: bytes,
    device_signing_key: bytes,
    device_identity_key: bytes,
    created: int,
    suites: int = SUITES,
    capabilities: int = CAPABILITIES,
) -> DeviceCertificate:
    """A certificate that the account has signed; the device's signature is still zero."""
    if created + CERTIFICATE_MADE >= 2**64:
        raise Fault("created is out of range")
    blank = DeviceCertificate(
        suites=suites,
        account_key=ed25519_public(account_seed),
        device_id=device_id,
        device_signing_key=device_signing_key,
        device_identity_key=device_identity_key,
        created=created,
        expires=created + CERTIFICATE_MADE,
        capabilities=capabilities,
        account_signature=bytes(64),
        device_signature=bytes(64),
    )
    signature = sign(account_seed, "sign/device-certificate", blank.signed_by_account)
    return replace(blank, account_signature=signature)


def accept(certificate: DeviceCertificate, signing_seed: bytes) -> DeviceCertificate:
    """The certificate with the counter-signature of its device."""
    signature = sign(signing_seed, "sign/device-acceptance", certificate.signed_by_device)
    return replace(certificate, device_signature=signature)


@dataclass(frozen=True)
class Device:
    """A device that also holds its account key."""

    account_seed: bytes
    device_id: bytes
    signing_seed: bytes
    identity_private_key: bytes
    created: int

    @classmethod
    def of(cls, description: Any) -> Self:
        """From a `D`."""
        given = Arguments(description)
        return cls(
            account_seed=given.opaque("account_seed", 32),
            device_id=given.opaque("device_id", 16),
            signing_seed=given.opaque("signing_seed", 32),
            identity_private_key=given.opaque("identity_private_key", 32),
            created=given.number("created"),
        )

    @classmethod
    def generate(cls, account_seed: bytes, now: int, random: Random) -> Self:
        """SPEC 5.1, `generate device`; R-PRM-9 with regard to the account key."""
        device = cls(
            account_seed=account_seed,
            device_id=random.take(16),
            signing_seed=random.take(32),
            identity_private_key=random.take(32),
            created=now,
        )
        if device.device_signing_key == device.account_key:
            fail("RandomnessFailure")
        return device

    def describe(self) -> dict[str, Any]:
        """As a `D`."""
        return {
            "account_seed": self.account_seed.hex(),
            "device_id": self.device_id.hex(),
            "signing_seed": self.signing_seed.hex(),
            "identity_private_key": self.identity_private_key.hex(),
            "created": self.created,
        }

    @property
    def account_key(self) -> bytes:
        return ed25519_public(self.account_seed)

    @property
    def account_id(self) -> bytes:
        return account_id_of(self.account_key)

    @property
    def device_signing_key(self) -> bytes:
        return ed25519_public(self.signing_seed)

    @property
    def device_identity_key(self) -> bytes:
        return x25519_public(self.identity_private_key)

    @property
    def device_keys(self) -> frozenset[bytes]:
        """The public keys of the device itself."""
        return frozenset((self.device_signing_key, self.device_identity_key))

    @cached_property
    def certificate(self) -> DeviceCertificate:
        """SPEC 5.2, signed by both."""
        return _certificate_of(self)


@lru_cache(maxsize=1024)
def _certificate_of(device: Device) -> DeviceCertificate:
    unaccepted = certify(
        device.account_seed,
        device.device_id,
        device.device_signing_key,
        device.device_identity_key,
        device.created,
    )
    return accept(unaccepted, device.signing_seed)
