"""Shared bodies: content sealed once for all recipients (SPEC 11.4)."""

from dataclasses import dataclass

from .crypto import H, equal, expand, frame, mac, open_, seal
from .errors import ProtocolError, fail
from .objects import SharedBody
from .padding import MAX_BODY, pad, unpad

NONCE = bytes(12)


@dataclass(frozen=True)
class SealedBody:
    """A shared body, with what the payload says of it and the key that sealed it."""

    body_key: bytes
    key: bytes
    commitment: bytes
    shared_body: bytes
    body_hash: bytes


def seal_body(content: bytes, message_id: bytes, body_key: bytes) -> SealedBody:
    """Pads and seals; `body_key` is `RAND(32)`."""
    padded = pad(content, MAX_BODY)
    key = _sealing_key(body_key)
    commitment = _commitment(body_key)
    blank = SharedBody(commitment, b"")
    sealed = seal(key, NONCE, _associated_data(blank, message_id), padded)
    encoded = SharedBody(commitment, sealed).encode()
    return SealedBody(body_key, key, commitment, encoded, body_hash(encoded))


def open_body(encoded: bytes, body_key: bytes, expected_hash: bytes, message_id: bytes) -> bytes:
    """The content. Hash, commitment, tag and padding are checked in this order (R-MSG-6);
    every failure, and one to decode, is `Undecryptable`."""
    if not equal(body_hash(encoded), expected_hash):
        fail("Undecryptable")
    try:
        body = SharedBody.decode(encoded)
    except ProtocolError:
        fail("Undecryptable")
    if not equal(body.commitment, _commitment(body_key)):
        fail("Undecryptable")
    ad = _associated_data(body, message_id)
    padded = open_(_sealing_key(body_key), NONCE, ad, body.sealed)
    if padded is None:
        fail("Undecryptable")
    return unpad(padded, MAX_BODY)


def body_hash(encoded: bytes) -> bytes:
    """The hash of a whole encoded SharedBody."""
    return H("hash/body", encoded)


def _sealing_key(body_key: bytes) -> bytes:
    return expand(body_key, "derive/body", 32)


def _commitment(body_key: bytes) -> bytes:
    return mac(body_key, "mac/commitment")


def _associated_data(body: SharedBody, message_id: bytes) -> bytes:
    return frame("seal/body") + body.prefix + message_id
