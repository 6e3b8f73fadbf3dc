"""All wire objects by name (SPEC 4.2), and their fields as OPERATIONS.md shows them."""

from dataclasses import fields as dataclass_fields
from typing import Any

from .payload import Content, Message, Payload
from .wire import Wire
from .wire_delivery import Envelope, Receipt, SafetyCode, SharedBody
from .wire_identity import (
    AccountRotation,
    DeviceCertificate,
    DeviceEntry,
    DeviceList,
    ListHead,
    Revocation,
)
from .wire_linking import (
    LinkAcceptance,
    LinkCommitment,
    LinkCompletion,
    LinkHello,
    LinkNonce,
    LinkOffer,
    LinkProposal,
    LinkRequest,
    LinkReveal,
    LinkSealed,
)
from .wire_messages import (
    Header,
    InitialHeader,
    InitialMessage,
    OneTimePrekey,
    PrekeyBundle,
    RatchetMessage,
    Sealed,
    SignedPrekey,
)

__all__ = [
    "OBJECTS", "AccountRotation", "Content", "DeviceCertificate", "DeviceEntry", "DeviceList",
    "Envelope", "Header", "InitialHeader", "InitialMessage", "LinkAcceptance", "LinkCommitment",
    "LinkCompletion", "LinkHello", "LinkNonce", "LinkOffer", "LinkProposal", "LinkRequest",
    "LinkReveal", "LinkSealed", "ListHead", "Message", "OneTimePrekey", "Payload",
    "PrekeyBundle", "RatchetMessage", "Receipt", "Revocation", "SafetyCode", "Sealed",
    "SharedBody", "SignedPrekey", "fields",
]  # fmt: skip

OBJECTS: dict[str, type[Wire]] = {
    object_type.__name__: object_type
    for object_type in (
        DeviceCertificate, DeviceList, AccountRotation, SignedPrekey, OneTimePrekey,
        PrekeyBundle, InitialMessage, RatchetMessage, SharedBody, Envelope, Receipt, LinkOffer,
        LinkHello, LinkCommitment, LinkNonce, LinkReveal, LinkSealed, SafetyCode, Payload,
    )
}  # fmt: skip

# Every `u64` that is no time; `from_` and `to` are numbers in a Gap only.
DECIMAL_STRINGS = frozenset(
    """
    lamport sent_at
    cursor lane_cursor session_epoch acked next backlog_bytes upto lane_upto rejected seq place
    from_ to
    """.split()
)


def fields(value: Any) -> dict[str, Any]:
    """The fields of an object in the forms of OPERATIONS.md, `decode`."""
    if isinstance(value, InitialMessage):
        return fields(value.header) | {"sealed": fields(value.sealed)}
    if isinstance(value, Content):
        if value.content is not None:
            return {"form": value.form, "content": value.content.hex()}
        return {
            "form": value.form,
            "body_key": value.body_key.hex(),
            "body_hash": value.body_hash.hex(),
        }
    return {
        field.name.rstrip("_"): _form(field.name, getattr(value, field.name))
        for field in dataclass_fields(value)
    }


def _form(name: str, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, int):
        return str(value) if name in DECIMAL_STRINGS else value
    if isinstance(value, tuple):
        return [_form(name, element) for element in value]
    return fields(value)
