"""The answer of `message.receive`, in the form of OPERATIONS.md."""

from typing import Any

from .objects import Envelope, Payload
from .payload import MESSAGE, SENT_COPY
from .receiving import Received


def received_answer(envelope: Envelope, received: Received) -> dict[str, Any]:
    """Every field is there; what does not apply is `None`."""
    opened, payload = received.opened, received.payload
    return {
        "message_id": envelope.message_id.hex(),
        "from": envelope.from_.hex(),
        "account": opened.account.account_id.hex(),
        "generation": opened.generation,
        "began": opened.began,
        "kind": payload.kind,
        "content": _hex(received.content),
        "recipient_account": _hex(payload.recipient_account),
        "message_ids": _ids(payload),
        **_message(received),
        "heads": {"sender": received.sender_head, "own": received.own_head},
    }


def _message(received: Received) -> dict[str, Any]:
    payload, message = received.payload, received.payload.message
    if payload.kind not in (MESSAGE, SENT_COPY):
        nothing = ("lamport", "sequence", "sent_at", "receipt_key", "link", "duplicate", "missing")
        return {"conversation": _hex(payload.conversation)} | dict.fromkeys(nothing)
    return {
        "conversation": message.conversation.hex(),
        "lamport": str(message.lamport),
        "sequence": message.sequence,
        "sent_at": str(message.sent_at),
        "receipt_key": _hex(message.receipt_key),
        "link": _hex(received.link),
        "duplicate": received.duplicate,
        "missing": {
            "gaps": [
                [device_id.hex(), first, last]
                for device_id, first, last in received.conversation.gaps()
            ],
            "unknown_parents": received.conversation.unknown_parents(),
        },
    }


def _ids(payload: Payload) -> list[str] | None:
    if payload.message_ids is None:
        return None
    return [message_id.hex() for message_id in payload.message_ids]


def _hex(data: bytes | None) -> str | None:
    return None if data is None else data.hex()
