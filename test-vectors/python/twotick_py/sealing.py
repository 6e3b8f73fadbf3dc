"""How one message is sealed and opened under keys that are given: SPEC 10.3 and 10.4."""

from dataclasses import dataclass

from .codec import SUITE, u8, u16
from .crypto import expand, extract, frame, hmac_sha256, open_, seal
from .errors import ProtocolError, fail
from .objects import Header
from .randomness import Random

INITIAL = 0x10
RATCHET = 0x11


@dataclass(frozen=True)
class Route:
    """What the relay reads of a message, and what every seal binds."""

    type: int
    sender: bytes
    receiver: bytes
    message_id: bytes

    def encode(self) -> bytes:
        return u8(self.type) + u16(SUITE) + self.sender + self.receiver + self.message_id


@dataclass(frozen=True)
class SealedParts:
    """What sealing yields, with the body key that is erased afterwards."""

    salt: bytes
    sealed_header: bytes
    body_key: bytes
    sealed_body: bytes


def root_step(root_key: bytes, dh: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """`(prk, RK, CK, NHK)` of SPEC 10.3."""
    prk = extract(root_key, dh)
    keys = expand(prk, "derive/root", 96)
    return prk, keys[0:32], keys[32:64], keys[64:96]


def chain_step(chain_key: bytes) -> tuple[bytes, bytes]:
    """`(mk, CK)` of SPEC 10.3: the two constants are the only unframed inputs (R-PRM-1)."""
    return hmac_sha256(chain_key, b"\x01"), hmac_sha256(chain_key, b"\x02")


def body_key(message_key: bytes, type_: int, salt: bytes) -> bytes:
    """`K`: a message key never keys an AEAD directly (R-DR-4)."""
    return expand(message_key, "derive/message", 32, u8(type_), salt)


def seal_message(
    session_id: bytes,
    header_key: bytes,
    message_key: bytes,
    route: Route,
    header: Header,
    padded: bytes,
    random: Random,
) -> SealedParts:
    """The second half of `seal`; draws `RAND(12)`, hashed with what is sealed into the salt."""
    salt = expand(message_key, "derive/salt", 12, random.take(12), route.message_id, padded)
    sealed_header = seal(header_key, salt, _header_data(route), header.encode())
    key = body_key(message_key, route.type, salt)
    sealed_body = seal(key, salt, _body_data(session_id, route, sealed_header), padded)
    return SealedParts(salt, sealed_header, key, sealed_body)


def open_header(header_key: bytes, route: Route, salt: bytes, sealed_header: bytes) -> bytes | None:
    """The header's bytes, or `None` if the key is not the one it was sealed with."""
    return open_(header_key, salt, _header_data(route), sealed_header)


def read_header(opened: bytes) -> Header:
    """A header that is not well formed is `Undecryptable`, as all else that does not open."""
    try:
        return Header.decode(opened)
    except ProtocolError:
        fail("Undecryptable")


def open_body(
    session_id: bytes,
    message_key: bytes,
    route: Route,
    salt: bytes,
    sealed_header: bytes,
    sealed_body: bytes,
) -> bytes | None:
    """The padded payload, or `None`."""
    key = body_key(message_key, route.type, salt)
    return open_(key, salt, _body_data(session_id, route, sealed_header), sealed_body)


def _header_data(route: Route) -> bytes:
    return frame("seal/header") + route.encode()


def _body_data(session_id: bytes, route: Route, sealed_header: bytes) -> bytes:
    return frame("seal/message") + session_id + route.encode() + sealed_header
