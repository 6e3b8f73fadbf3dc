"""Starting sessions, and sealing messages for all who are to have them: SPEC 11.3, 12.1."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .conversation import history_link
from .errors import fail
from .handshake import initiate
from .identity import Account
from .objects import Content, Envelope, Message, Payload, PrekeyBundle
from .padding import MAX_PAYLOAD, pad
from .payload import (
    DEVICE_SYNC,
    EPHEMERAL,
    HAS_RECEIPT_KEY,
    MAX_INLINE_PAYLOAD,
    MAX_RETRY_IDS,
    MESSAGE,
    SENT_COPY,
)
from .peer import PeerDevice
from .prekeys import verify_bundle
from .randomness import Random
from .session import Session
from .shared_body import seal_body
from .store import ReceiptKey, SentMessage, Store


@dataclass(frozen=True)
class Target:
    """A device to seal for."""

    account_id: bytes
    peer: PeerDevice
    kind: int


@dataclass(frozen=True)
class Sent:
    """A message, sealed for each device."""

    message_id: bytes
    envelopes: list[tuple[bytes, bytes]]
    withheld: list[bytes]
    message: Message
    link: bytes


def begin_session(
    store: Store, account: Account, bundle: PrekeyBundle, now: int, random: Random
) -> tuple[str, int]:
    """R-SES-1: verifies the bundle and makes a session; answers its strength and generation."""
    us = store.device
    strength = verify_bundle(bundle, bundle.certificate.device_id, account, us, now)
    peer = store.meet(account, bundle.certificate, now)
    peer.expire(now)
    agreement, header = initiate(
        us.certificate,
        us.identity_private_key,
        bundle,
        peer.next_generation(),
        store.held_keys(),
        random,
    )
    signed_prekey = bundle.signed_prekey.diffie_hellman
    peer.initiated(Session.initiated(agreement, header, signed_prekey, now), now)
    return strength, header.generation


def send(
    store: Store,
    account: Account,
    content: bytes,
    wants_receipts: bool,
    sent_at: int,
    now: int,
    random: Random,
) -> Sent:
    """`send` of SPEC 11.3, and the sender's part of 13.2."""
    targets, withheld = _targets(store, account, now)
    conversation = store.conversation(store.conversation_id(account.account_id))
    parents = conversation.advance()
    message_id = random.take(16)
    message = Message(
        conversation=conversation.id,
        lamport=conversation.lamport,
        sequence=conversation.sequence,
        sent_at=sent_at,
        receipt_key=random.take(16) if wants_receipts else None,
        parents=tuple(parents),
    )
    own_head = store.own_account().list.head
    flags = HAS_RECEIPT_KEY if wants_receipts else 0
    bare = Payload(MESSAGE, flags, own_head, account.list.head, message=message)
    payload, body = _with_content(bare, content, message_id, random)
    copy = replace(payload, kind=SENT_COPY, peer=own_head, recipient_account=account.account_id)
    encoded = {MESSAGE: payload.encode(), SENT_COPY: copy.encode()}
    payloads, envelopes = {}, []
    for target in targets:
        device_id, payload_bytes = target.peer.device_id, encoded[target.kind]
        payloads[target.account_id, device_id] = payload_bytes
        sealed = _seal(store, target.peer, message_id, payload_bytes, body, now, random)
        envelopes.append((device_id, sealed))
    link = history_link(
        conversation.id,
        message_id,
        store.device.device_id,
        message.lamport,
        message.sequence,
        content,
        parents,
    )
    conversation.sent(link)
    store.sent[message_id] = SentMessage(payloads, body)
    if message.receipt_key is not None:
        key = ReceiptKey(message.receipt_key, now)
        store.receipt_keys[message_id, account.account_id] = key
    return Sent(message_id, envelopes, withheld, message, link)


def resend(
    store: Store, message_id: bytes, account: Account, device_id: bytes, now: int, random: Random
) -> bytes:
    """R-SES-10: sealed anew under the same message id, with the same payload."""
    peer = store.peer_of(account, device_id)
    if peer is not None:
        _check_still_listed(account, peer)
    sent = store.sent.get(message_id)
    payload = None if sent is None else sent.payloads.get((account.account_id, device_id))
    if peer is None or payload is None:
        fail("LimitReached")
    peer.healing.resend(message_id)
    return _seal(store, peer, message_id, payload, sent.body, now, random)


def send_control(
    store: Store,
    account: Account,
    device_id: bytes,
    kind: int,
    content: bytes | None,
    message_ids: Sequence[bytes] | None,
    now: int,
    random: Random,
) -> tuple[bytes, bytes]:
    """A payload of kind 3 to 6 for one device; answers the message id and the envelope."""
    peer = _peer_to_reach(store, account, device_id)
    if message_ids is not None:
        _check_retry_ids(message_ids)
    if kind == DEVICE_SYNC and account is not store.own_account():
        fail("InvalidValue")
    own_head = store.own_account().list.head
    payload = Payload(
        kind,
        0,
        own_head,
        account.list.head,
        conversation=store.conversation_id(account.account_id) if kind == EPHEMERAL else None,
        message_ids=tuple(message_ids) if message_ids is not None else None,
    )
    message_id = random.take(16)
    body = b""
    if content is not None:
        payload, body = _with_content(payload, content, message_id, random)
    return message_id, _seal(store, peer, message_id, payload.encode(), body, now, random)


def _targets(store: Store, account: Account, now: int) -> tuple[list[Target], list[bytes]]:
    """Whom a message is for, in the order of SPEC 11.3, and who is withheld (R-MSG-5)."""
    own = store.own_account()
    receivers = [(account, MESSAGE), (own, SENT_COPY)]
    if account is own:  # notes to oneself
        receivers = [(own, SENT_COPY)]
    targets, withheld = [], []
    for receiver, kind in receivers:
        for entry in receiver.list.devices:
            if receiver is own and entry.device_id == store.device.device_id:
                continue
            peer = store.listed_peer(receiver, entry)
            if store.peer_of(receiver, entry.device_id) is None and receiver.is_expired(now):
                withheld.append(entry.device_id)
            elif peer is None or not peer.can_send(now):
                fail("NoSession")
            else:
                targets.append(Target(receiver.account_id, peer, kind))
    if withheld and not targets:
        fail("DeviceListStale")
    return targets, withheld


def _check_retry_ids(message_ids: Sequence[bytes]) -> None:
    """What a payload of kind 4 can hold (SPEC 11.1)."""
    if not 1 <= len(message_ids) <= MAX_RETRY_IDS:
        fail("InvalidValue")
    if list(message_ids) != sorted(set(message_ids)):
        fail("InvalidValue")


def _peer_to_reach(store: Store, account: Account, device_id: bytes) -> PeerDevice:
    """A single device to seal for: in the newest list with the certificate we have, and met."""
    peer = store.peer_of(account, device_id)
    if peer is None:
        listed = account.list.certificate_hash_of(device_id) is not None
        fail("NoSession" if listed else "NotInDeviceList")
    _check_still_listed(account, peer)
    return peer


def _check_still_listed(account: Account, peer: PeerDevice) -> None:
    """The certificate of the record is the one in the newest list."""
    if account.list.certificate_hash_of(peer.device_id) != peer.certificate.hash:
        fail("NotInDeviceList")


def _with_content(
    payload: Payload, content: bytes, message_id: bytes, random: Random
) -> tuple[Payload, bytes]:
    """R-MSG-1: the payload with its content, inline or as the key of a shared body."""
    if payload.kind == DEVICE_SYNC and len(content) > MAX_PAYLOAD:
        fail("ContentTooLong")
    if payload.kind == DEVICE_SYNC or len(content) <= MAX_INLINE_PAYLOAD:
        inline = replace(payload, content=Content.inline(content))
        if payload.kind == DEVICE_SYNC or inline.fits_inline:
            return inline, b""
    body = seal_body(content, message_id, random.take(32))
    shared = Content.shared(body.body_key, body.body_hash)
    return replace(payload, content=shared), body.shared_body


def _seal(
    store: Store,
    peer: PeerDevice,
    message_id: bytes,
    payload: bytes,
    body: bytes,
    now: int,
    random: Random,
) -> bytes:
    us = store.device.device_id
    padded = pad(payload, MAX_PAYLOAD)
    message = peer.seal(us, message_id, padded, store.held_keys(), now, random)
    return Envelope(us, peer.device_id, message_id, message, body).encode()
