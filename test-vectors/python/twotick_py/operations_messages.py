"""Operations of the section *Messages, receipts, safety number, conversations, records*."""

from typing import Any

from . import receipts, safety
from .arguments import Arguments
from .conversation import conversation_id, history_link
from .crypto import H, Random
from .errors import Fault
from .link_channel import Channel, commitment_to, hello_mac
from .objects import (
    LinkCommitment,
    LinkHello,
    LinkNonce,
    LinkOffer,
    LinkReveal,
    Receipt,
    SafetyCode,
)
from .padding import MAX_BODY, MAX_PAYLOAD, pad, unpad
from .records import RecordName, open_record, seal_record
from .shared_body import open_body, seal_body
from .wire_delivery import DELIVERED, READ

Answer = dict[str, Any]


def _maximum(given: Arguments) -> int:
    maximum = given.number("maximum")
    if maximum not in (MAX_PAYLOAD, MAX_BODY):
        raise Fault("maximum is neither that of a payload nor that of a body")
    return maximum


def _state(given: Arguments, name: str, least: int) -> int:
    state = given.number(name)
    if not least <= state <= READ:
        raise Fault(f"not a state of receipts: {name}")
    return state


def padding_pad(given: Arguments, random: Random) -> Answer:
    return {"padded": pad(given.opaque("payload"), _maximum(given)).hex()}


def padding_unpad(given: Arguments, random: Random) -> Answer:
    return {"payload": unpad(given.opaque("padded"), _maximum(given)).hex()}


def body_seal(given: Arguments, random: Random) -> Answer:
    content, message_id = given.opaque("content"), given.opaque("message_id", 16)
    sealed = seal_body(content, message_id, random.take(32))
    return {
        "body_key": sealed.body_key.hex(),
        "key": sealed.key.hex(),
        "commitment": sealed.commitment.hex(),
        "shared_body": sealed.shared_body.hex(),
        "body_hash": sealed.body_hash.hex(),
    }


def body_open(given: Arguments, random: Random) -> Answer:
    content = open_body(
        given.opaque("shared_body"),
        given.opaque("body_key", 32),
        given.opaque("body_hash", 32),
        given.opaque("message_id", 16),
    )
    return {"content": content.hex()}


def receipt_make(given: Arguments, random: Random) -> Answer:
    receipt = receipts.make_receipt(
        given.opaque("receipt_key", 16),
        _state(given, "state", DELIVERED),
        given.opaque("message_id", 16),
        given.opaque("recipient_account", 32),
    )
    return {"receipt": receipt.encode().hex()}


def receipt_verify(given: Arguments, random: Random) -> Answer:
    reached = _state(given, "reached", 0)
    receipt_key, message_id = given.opaque("receipt_key", 16), given.opaque("message_id", 16)
    recipient = given.opaque("recipient_account", 32)
    receipt = Receipt.decode(given.opaque("receipt"))
    after = receipts.verify_receipt(receipt, receipt_key, message_id, recipient, reached)
    return {"reached": after, "changed": after != reached}


def receipt_due(given: Arguments, random: Random) -> Answer:
    conditions = (
        "accepted_contact", "read_receipts", "kind_is_message", "has_key", "duplicate",
        "durable", "target_present", "visible",
    )  # fmt: skip
    receipts.check_due(
        _state(given, "state", DELIVERED),
        already=_state(given, "already", 0),
        **{name: given.boolean(name) for name in conditions},
    )
    return {}


def receipt_delay(given: Arguments, random: Random) -> Answer:
    return {"milliseconds": receipts.delay(random)}


def safety_number(given: Arguments, random: Random) -> Answer:
    return {"digits": safety.safety_number(given.opaque("ours", 32), given.opaque("theirs", 32))}


def safety_scan(given: Arguments, random: Random) -> Answer:
    us, them = given.opaque("us", 32), given.opaque("them", 32)
    safety.scan(SafetyCode.decode(given.opaque("code")), us, them)
    return {}


def conversation_id_(given: Arguments, random: Random) -> Answer:
    return {"conversation": conversation_id(given.opaque("a", 32), given.opaque("b", 32)).hex()}


def history_link_(given: Arguments, random: Random) -> Answer:
    content, parents = given.opaque("content"), given.opaques("parents", 16)
    if len(parents) > 255:
        raise Fault("more parents than a count can hold")
    link = history_link(
        given.opaque("conversation", 16),
        given.opaque("message_id", 16),
        given.opaque("author", 16),
        given.decimal("lamport"),
        given.number("sequence", 32),
        content,
        parents,
    )
    return {"content_hash": H("hash/content", content).hex(), "link": link.hex()}


def _record_name(given: Arguments) -> RecordName:
    record_id = given.opaque("id")
    if len(record_id) > 0xFFFF:
        raise Fault("id is longer than its length can say")
    return RecordName(
        kind=given.number("kind", 8),
        account_id=given.opaque("account_id", 32),
        device_id=given.opaque("device_id", 16),
        id=record_id,
        revision=given.decimal("revision"),
    )


def record_seal(given: Arguments, random: Random) -> Answer:
    storage_key, value = given.opaque("storage_key", 32), given.opaque("value")
    return {"sealed": seal_record(storage_key, _record_name(given), value, random).hex()}


def record_open(given: Arguments, random: Random) -> Answer:
    storage_key, sealed = given.opaque("storage_key", 32), given.opaque("sealed")
    return {"value": open_record(storage_key, _record_name(given), sealed).hex()}


def link_keys(given: Arguments, random: Random) -> Answer:
    shared = given.opaque("shared", 32)
    offer = LinkOffer.decode(given.opaque("offer"))
    hello = LinkHello.decode(given.opaque("hello"))
    commitment = LinkCommitment.decode(given.opaque("commitment"))
    nonce = LinkNonce.decode(given.opaque("nonce"))
    reveal = LinkReveal.decode(given.opaque("reveal"))
    channel = Channel.derive(offer, hello, commitment, nonce, reveal, shared)
    return {
        "mac": hello_mac(offer, hello.ephemeral).hex(),
        "computed_commitment": commitment_to(reveal.ephemeral, reveal.nonce).hex(),
        "transcript": channel.transcript.hex(),
        "digits": channel.digits,
        "prk": channel.prk.hex(),
        "key_new": channel.key_new.hex(),
        "key_existing": channel.key_existing.hex(),
    }


MESSAGES = {
    "padding.pad": padding_pad,
    "padding.unpad": padding_unpad,
    "body.seal": body_seal,
    "body.open": body_open,
    "receipt.make": receipt_make,
    "receipt.verify": receipt_verify,
    "receipt.due": receipt_due,
    "receipt.delay": receipt_delay,
    "safety.number": safety_number,
    "safety.scan": safety_scan,
    "conversation.id": conversation_id_,
    "history.link": history_link_,
    "record.seal": record_seal,
    "record.open": record_open,
    "link.keys": link_keys,
}
