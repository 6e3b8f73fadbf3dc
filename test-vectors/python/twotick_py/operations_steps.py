"""Operations of the section *Handshake and ratchet, one step at a time*."""

from dataclasses import fields
from typing import Any

from .arguments import Arguments
from .crypto import check_subgroup
from .errors import Fault, fail
from .handshake import Agreement, initiate, respond
from .identity import Device
from .objects import Header, InitialHeader, PrekeyBundle
from .prekeys import PrekeyPrivate
from .randomness import Random
from .sealing import (
    INITIAL,
    RATCHET,
    Route,
    chain_step,
    open_body,
    open_header,
    read_header,
    root_step,
    seal_message,
)

Answer = dict[str, Any]


def handshake_initiate(given: Arguments, random: Random) -> Answer:
    us = Device.of(given.raw("us"))
    generation = given.number("generation", 32)
    bundle = PrekeyBundle.decode(given.opaque("bundle"))
    agreement, header = initiate(
        us.certificate, us.identity_private_key, bundle, generation, us.device_keys, random
    )
    return _agreement(agreement) | {"initial_header": header.encode().hex()}


def handshake_respond(given: Arguments, random: Random) -> Answer:
    us = Device.of(given.raw("us"))
    signed = _prekey(given.nested("signed_prekey"))
    one_time = None
    if not given.is_null("one_time_prekey"):
        one_time = _prekey(given.nested("one_time_prekey"))
    header = InitialHeader.decode(given.opaque("initial_header"))
    check_subgroup(header.ephemeral)
    return _agreement(respond(us.certificate, us.identity_private_key, signed, one_time, header))


def _prekey(given: Arguments) -> PrekeyPrivate:
    return PrekeyPrivate(given.opaque("private_key", 32), given.opaque("kem_seed", 64))


def _agreement(agreement: Agreement) -> Answer:
    values = {field.name: getattr(agreement, field.name) for field in fields(agreement)}
    return {
        name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()
    }


def ratchet_root_step(given: Arguments, random: Random) -> Answer:
    prk, root_key, chain_key, header_key = root_step(
        given.opaque("root_key", 32), given.opaque("dh", 32)
    )
    return {
        "prk": prk.hex(),
        "root_key": root_key.hex(),
        "chain_key": chain_key.hex(),
        "next_header_key": header_key.hex(),
    }


def ratchet_chain_step(given: Arguments, random: Random) -> Answer:
    chain_key, steps = given.opaque("chain_key", 32), given.number("steps", 32)
    if steps == 0:
        raise Fault("steps is zero")
    for _ in range(steps):
        message_key, chain_key = chain_step(chain_key)
    return {"message_key": message_key.hex(), "chain_key": chain_key.hex()}


def _route(given: Arguments) -> Route:
    type_ = given.number("type", 8)
    if type_ not in (INITIAL, RATCHET):
        raise Fault("type is neither 16 nor 17")
    sender, receiver = given.opaque("from", 16), given.opaque("to", 16)
    return Route(type_, sender, receiver, given.opaque("message_id", 16))


def ratchet_seal(given: Arguments, random: Random) -> Answer:
    route = _route(given)
    header = Header(
        ratchet_key=given.public_key("ratchet_key"),
        previous_length=given.number("previous_length", 32),
        number=given.number("number", 32),
    )
    parts = seal_message(
        given.opaque("session_id", 32),
        given.opaque("header_key", 32),
        given.opaque("message_key", 32),
        route,
        header,
        given.opaque("padded"),
        random,
    )
    return {
        "route": route.encode().hex(),
        "salt": parts.salt.hex(),
        "sealed_header": parts.sealed_header.hex(),
        "body_key": parts.body_key.hex(),
        "sealed_body": parts.sealed_body.hex(),
    }


def ratchet_open_header(given: Arguments, random: Random) -> Answer:
    opened = open_header(
        given.opaque("header_key", 32),
        _route(given),
        given.opaque("salt", 12),
        given.opaque("sealed_header", 64),
    )
    if opened is None:
        fail("Undecryptable")
    header = read_header(opened)
    return {
        "ratchet_key": header.ratchet_key.hex(),
        "previous_length": header.previous_length,
        "number": header.number,
    }


def ratchet_open_body(given: Arguments, random: Random) -> Answer:
    padded = open_body(
        given.opaque("session_id", 32),
        given.opaque("message_key", 32),
        _route(given),
        given.opaque("salt", 12),
        given.opaque("sealed_header", 64),
        given.opaque("sealed_body"),
    )
    if padded is None:
        fail("Undecryptable")
    return {"padded": padded.hex()}


STEPS = {
    "handshake.initiate": handshake_initiate,
    "handshake.respond": handshake_respond,
    "ratchet.root_step": ratchet_root_step,
    "ratchet.chain_step": ratchet_chain_step,
    "ratchet.seal": ratchet_seal,
    "ratchet.open_header": ratchet_open_header,
    "ratchet.open_body": ratchet_open_body,
}
