"""Operations of the section *Encoding*."""

from typing import Any

from .arguments import Arguments
from .crypto import H, Random, agree, check_subgroup, verify
from .errors import Fault, fail
from .labels import LABELS, PREFIX
from .objects import OBJECTS, fields


def _label(given: Arguments) -> str:
    """A label in full, without its prefix."""
    label = given.text("label")
    name = label.removeprefix(PREFIX)
    if name == label or name not in LABELS:
        raise Fault("unknown label")
    return name


def decode(given: Arguments, random: Random) -> dict[str, Any]:
    object_type = OBJECTS.get(given.text("object"))
    if object_type is None:
        raise Fault("unknown object")
    return {"fields": fields(object_type.decode(given.opaque("bytes")))}


def hash_(given: Arguments, random: Random) -> dict[str, Any]:
    return {"hash": H(_label(given), given.opaque("data")).hex()}


def sign_verify(given: Arguments, random: Random) -> dict[str, Any]:
    public_key, label = given.opaque("public_key", 32), _label(given)
    data, signature = given.opaque("data"), given.opaque("signature", 64)
    if not verify(public_key, label, signature, data):
        fail("BadAccountSignature")
    return {}


def agree_(given: Arguments, random: Random) -> dict[str, Any]:
    private_key, public_key = given.opaque("private_key", 32), given.public_key("public_key")
    return {"shared": agree(private_key, public_key).hex()}


def on_curve(given: Arguments, random: Random) -> dict[str, Any]:
    check_subgroup(given.public_key("public_key"))
    return {}


ENCODING = {
    "decode": decode,
    "hash": hash_,
    "sign.verify": sign_verify,
    "agree": agree_,
    "on_curve": on_curve,
}
