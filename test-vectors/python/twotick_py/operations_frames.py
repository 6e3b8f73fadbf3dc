"""Operations of the section *Frames*."""

from typing import Any

from .arguments import Arguments
from .crypto import H, Random, sign
from .errors import Fault
from .frames import SENDERS, decode, split, verify_attach
from .identity import Device
from .objects import LinkOffer, fields
from .wire_client_frames import Attach

Answer = dict[str, Any]


def frame_decode(given: Arguments, random: Random) -> Answer:
    sender, data = given.text("sender"), given.opaque("bytes")
    if sender not in SENDERS:
        raise Fault("no such sender")
    frame = decode(sender, data)
    if frame.encode() != data:
        raise Fault("what was decoded encodes to other bytes")
    return {"frame": type(frame).__name__, "fields": fields(frame)}


def frames_split(given: Arguments, random: Random) -> Answer:
    return {"frames": [frame.hex() for frame in split(given.opaque("bytes"))]}


def attach_sign(given: Arguments, random: Random) -> Answer:
    device = Device.of(given.raw("us"))
    name = given.opaque("name")
    attach = Attach(
        request=given.number("request", 32),
        nonce=given.opaque("nonce", 32),
        certificate=device.certificate.encode(),
        store_epoch=given.opaque("store_epoch", 16),
        cursor=given.decimal("cursor"),
        lane_cursor=given.decimal("lane_cursor"),
        window_envelopes=given.number("window_envelopes", 16),
        window_bytes=given.number("window_bytes", 32),
        flags=given.number("flags", 1),
        signature=b"",
    )
    signature = sign(device.signing_seed, "sign/relay-attach", attach.signed_bytes(name))
    return {"attach": (attach.unsigned() + signature).hex()}


def attach_verify(given: Arguments, random: Random) -> Answer:
    attach = Attach.decode(given.opaque("attach"))
    name, nonce = given.opaque("name"), given.opaque("nonce", 32)
    certificate = verify_attach(attach, name, nonce, given.number("now"))
    return {
        "account_id": certificate.account_id.hex(),
        "device_id": certificate.device_id.hex(),
    }


def capability_hash(given: Arguments, random: Random) -> Answer:
    return {"hash": H("hash/capability", given.opaque("capability", 16)).hex()}


def link_channel(given: Arguments, random: Random) -> Answer:
    offer = LinkOffer.decode(given.opaque("offer"))
    return {"channel": H("hash/link-channel", offer.secret)[:16].hex()}


FRAMES = {
    "frame.decode": frame_decode,
    "frames.split": frames_split,
    "attach.sign": attach_sign,
    "attach.verify": attach_verify,
    "capability.hash": capability_hash,
    "link.channel": link_channel,
}
