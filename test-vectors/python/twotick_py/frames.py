"""Which frame it is (SPEC 21), several in one body (SPEC 30), the proof of a device (SPEC 22.1)."""

from .codec import Reader
from .crypto import verify
from .errors import ProtocolError, fail
from .verification import verify_certificate
from .wire_client_frames import (
    Ack,
    Attach,
    ChangeCapabilities,
    Ephemeral,
    FetchList,
    LinkJoin,
    LinkSend,
    PublishList,
    PublishPrekeys,
    Send,
    SendReceipts,
    TakePrekeys,
)
from .wire_frames import MAX_FRAME, Frame
from .wire_identity import DeviceCertificate
from .wire_relay_frames import (
    Bundles,
    Challenge,
    Done,
    Drained,
    EphemeralDelivery,
    Error,
    Gap,
    GoAway,
    Hello,
    LanePage,
    LinkDelivery,
    Lists,
    Page,
    Ping,
    Pong,
    PrekeysPublished,
    SendResult,
    Token,
)

Kinds = dict[int, type[Frame]]

CLIENT: Kinds = {
    kind.OBJECT: kind
    for kind in (
        Attach, Ack, Send, Ephemeral, PublishPrekeys, TakePrekeys, PublishList, FetchList,
        ChangeCapabilities, SendReceipts, LinkJoin, LinkSend, Ping, Pong,
    )
}  # fmt: skip

RELAY: Kinds = {
    kind.OBJECT: kind
    for kind in (
        Challenge, Hello, Page, Drained, Gap, LanePage, Done, SendResult, PrekeysPublished,
        Bundles, Lists, Token, EphemeralDelivery, LinkDelivery, GoAway, Error, Ping, Pong,
    )
}  # fmt: skip

SENDERS = {"client": CLIENT, "relay": RELAY}

MOST_FRAMES = 64
MOST_BYTES_FROM_CLIENT = 1_048_576


def decode(sender: str, data: bytes) -> Frame:
    """A frame of this sender (R-FRM-1, R-FRM-3)."""
    if len(data) > MAX_FRAME:
        fail("FrameTooLarge")
    if not data:
        fail("Truncated")
    kind = SENDERS[sender].get(data[0])
    if kind is not None:
        return kind.decode(data)
    fail("UnexpectedFrame" if data[0] in CLIENT | RELAY else "WrongObject")


def split(data: bytes) -> list[bytes]:
    """The frames of a client's sequence (R-TRN-7)."""
    if len(data) > MOST_BYTES_FROM_CLIENT:
        fail("LengthOutOfRange")
    reader, frames = Reader(data), list[bytes]()
    while reader.remaining:
        if len(frames) == MOST_FRAMES:
            fail("LengthOutOfRange")
        frames.append(reader.opaque(reader.count(reader.u32(), 1, MAX_FRAME, 1)))
    return frames


def verify_attach(attach: Attach, name: bytes, nonce: bytes, now: int) -> DeviceCertificate:
    """The certificate of the device that attaches: the clauses of R-ATT-2 that need no store."""
    if attach.nonce != nonce:
        fail("AttachRefused")
    try:
        certificate = DeviceCertificate.decode(attach.certificate)
        verify_certificate(certificate, now)
    except ProtocolError:
        fail("AttachRefused")
    key, signed = certificate.device_signing_key, attach.signed_bytes(name)
    if not verify(key, "sign/relay-attach", attach.signature, signed):
        fail("AttachRefused")
    return certificate
