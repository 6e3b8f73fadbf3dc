"""Operations of the sections *Identity* and *Prekeys and bundles*."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .arguments import Arguments
from .crypto import Random, ed25519_public
from .errors import Fault, ProtocolError
from .identity import (
    Account,
    Device,
    account_id_of,
    first_list,
    next_list,
    rotate,
    verify_certificate,
    verify_list,
)
from .objects import AccountRotation, DeviceCertificate, DeviceList, ListHead, PrekeyBundle
from .prekeys import Generated, PrekeyStore, verify_bundle

Answer = dict[str, Any]


def _certificate(given: Arguments) -> DeviceCertificate:
    return DeviceCertificate.decode(given.opaque("certificate"))


def _certificates(given: Arguments, name: str) -> list[DeviceCertificate]:
    return [DeviceCertificate.decode(encoded) for encoded in given.opaques(name)]


def _list(given: Arguments, name: str = "list") -> DeviceList:
    return DeviceList.decode(given.opaque(name))


@contextmanager
def _said_before(name: str) -> Iterator[None]:
    """What is said to have been verified before is so: otherwise that is a fault."""
    try:
        yield
    except ProtocolError as error:
        raise Fault(f"{name} is not what it is said to be: {error}") from None


def _made(device_list: DeviceList) -> Answer:
    return {"list": device_list.encode().hex(), "list_hash": device_list.hash.hex()}


def account_generate(given: Arguments, random: Random) -> Answer:
    seed = random.take(32)
    account_key = ed25519_public(seed)
    return {
        "account_seed": seed.hex(),
        "account_key": account_key.hex(),
        "account_id": account_id_of(account_key).hex(),
    }


def device_generate(given: Arguments, random: Random) -> Answer:
    account_seed, now = given.opaque("account_seed", 32), given.number("now")
    device = Device.generate(account_seed, now, random)
    return {
        "device": device.describe(),
        "certificate": device.certificate.encode().hex(),
        "certificate_hash": device.certificate.hash.hex(),
    }


def certificate_verify(given: Arguments, random: Random) -> Answer:
    now = given.number("now")
    certificate = _certificate(given)
    verify_certificate(certificate, now)
    return {
        "account_id": certificate.account_id.hex(),
        "device_id": certificate.device_id.hex(),
        "certificate_hash": certificate.hash.hex(),
    }


def list_first(given: Arguments, random: Random) -> Answer:
    account_seed, now = given.opaque("account_seed", 32), given.number("now")
    return _made(first_list(account_seed, _certificate(given), now))


def list_next(given: Arguments, random: Random) -> Answer:
    account_seed, now = given.opaque("account_seed", 32), given.number("now")
    removed = given.opaques("remove", 16)
    last, added = _list(given), _certificates(given, "add")
    return _made(next_list(account_seed, last, added, removed, now))


def list_verify(given: Arguments, random: Random) -> Answer:
    now = given.number("now")
    device_list = _list(given)
    verify_list(device_list, now)
    return {
        "account_id": device_list.account_id.hex(),
        "epoch": device_list.epoch,
        "list_hash": device_list.hash.hex(),
        "head": device_list.head.encode().hex(),
    }


def list_adopt(given: Arguments, random: Random) -> Answer:
    now = given.number("now")
    known, received = _list(given, "known"), _list(given, "received")
    adoption = Account.trusted(known).adopt(received, now)
    return {"result": adoption.result, "missed": adoption.missed}


def list_admit(given: Arguments, random: Random) -> Answer:
    now = given.number("now")
    us = None if given.is_null("us") else Device.of(given.raw("us"))
    known, certificate, others = _list(given), _certificate(given), _certificates(given, "others")
    account = Account.trusted(known)
    with _said_before("others"):
        for other in others:
            verify_certificate(other, other.created)
    account.admit(certificate, others, us, now)
    return {"certificate_hash": certificate.hash.hex()}


def head_compare(given: Arguments, random: Random) -> Answer:
    known, head = _list(given), ListHead.decode(given.opaque("head"))
    return {"comparison": Account.trusted(known).compare_head(head)}


def rotation_make(given: Arguments, random: Random) -> Answer:
    old_seed, new_seed = given.opaque("old_seed", 32), given.opaque("new_seed", 32)
    now = given.number("now")
    last, certificate = _list(given), _certificate(given)
    rotation, device_list = rotate(old_seed, last, new_seed, certificate, now)
    return {"rotation": rotation.encode().hex(), "list": device_list.encode().hex()}


def rotation_follow(given: Arguments, random: Random) -> Answer:
    now = given.number("now")
    known = _list(given, "known")
    followed = [_rotation_and_list(step) for step in given.all_nested("followed")]
    rotation, received = _rotation_and_list(given)
    account = Account.trusted(known)
    with _said_before("followed"):
        for earlier_rotation, earlier_list in followed:
            account.follow(earlier_rotation, earlier_list, earlier_list.issued)
    following = account.follow(rotation, received, now)
    return {"account_id": following.account_id.hex(), "missed": following.missed}


def _rotation_and_list(given: Arguments) -> tuple[AccountRotation, DeviceList]:
    return AccountRotation.decode(given.opaque("rotation")), _list(given)


def prekeys_answer(generated: Generated) -> Answer:
    """The answer of `prekeys.generate` and `party.prekeys`."""
    signed = generated.signed_prekey
    return {
        "signed_prekey": signed.encode().hex() if signed else None,
        "signed_prekey_id": signed.id.hex() if signed else None,
        "one_time_prekeys": [prekey.encode().hex() for prekey in generated.one_time_prekeys],
        "one_time_prekey_ids": [prekey.id.hex() for prekey in generated.one_time_prekeys],
    }


def prekeys_generate(given: Arguments, random: Random) -> Answer:
    us, signed = Device.of(given.raw("us")), given.boolean("signed")
    count, now = given.number("count", 16), given.number("now")
    return prekeys_answer(PrekeyStore().generate(us, signed, count, now, random))


def bundle_verify(given: Arguments, random: Random) -> Answer:
    wanted, now = given.opaque("wanted", 16), given.number("now")
    us = Device.of(given.raw("us"))
    bundle, known = PrekeyBundle.decode(given.opaque("bundle")), _list(given)
    account = Account.trusted(known)
    return {"strength": verify_bundle(bundle, wanted, account, us, now)}


IDENTITY = {
    "account.generate": account_generate,
    "device.generate": device_generate,
    "certificate.verify": certificate_verify,
    "list.first": list_first,
    "list.next": list_next,
    "list.verify": list_verify,
    "list.adopt": list_adopt,
    "list.admit": list_admit,
    "head.compare": head_compare,
    "rotation.make": rotation_make,
    "rotation.follow": rotation_follow,
    "prekeys.generate": prekeys_generate,
    "bundle.verify": bundle_verify,
}
