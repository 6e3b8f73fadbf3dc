"""Opening what arrives: SPEC 9.5, 11 and the receiver's part of 13."""

import copy
from dataclasses import dataclass

from .conversation import Conversation, history_link
from .crypto import check_subgroup
from .errors import ProtocolError, fail
from .handshake import respond
from .handshake_budget import HandshakeBudgets
from .identity import Account
from .objects import Envelope, InitialMessage, Payload, RatchetMessage
from .padding import MAX_PAYLOAD, unpad
from .payload import DEVICE_SYNC, EPHEMERAL, MESSAGE, SENT_COPY, SHARED
from .peer import PeerDevice
from .prekeys import ONE_TIME, SIGNED_ONLY
from .sealing import INITIAL, RATCHET, Route
from .session import Session
from .shared_body import open_body
from .store import ReceiptKey, Store


@dataclass(frozen=True)
class Opened:
    """A message that a session has opened; `began` is the strength of a session it began."""

    account: Account
    generation: int
    began: str | None
    padded: bytes


@dataclass(frozen=True)
class Received:
    """What a message said. Without a history (kinds 3 to 6), `link` and `conversation` are
    `None`."""

    opened: Opened
    payload: Payload
    content: bytes | None
    sender_head: str
    own_head: str
    link: bytes | None
    conversation: Conversation | None
    duplicate: bool


def receive(store: Store, budgets: HandshakeBudgets, envelope: Envelope, now: int) -> Received:
    """Opens a message in a session that there is, or accepts the one that it begins."""
    message = _message(envelope)
    _check_devices(store, envelope, message)
    senders = store.accounts_listing(envelope.from_)
    if not senders:
        fail("NotInDeviceList")
    own = store.own_account()
    if isinstance(message, RatchetMessage):
        opened = _open_ratchet(store, senders, envelope, message, now)
        return _read(store, own, envelope, opened, now)
    initial = message
    account, peer = _initiator(store, senders, initial, now)
    route = _route(INITIAL, envelope)
    session = peer.session_of(initial.ephemeral)
    if session is not None:
        padded = peer.open_in(session, route, initial.sealed, now)
        opened = Opened(account, session.generation, None, padded)
        return _read(store, own, envelope, opened, now)
    _check_cheaply(store, peer, initial, now)
    with budgets.attempt(account.account_id, peer.device_id, now):
        padded = _accept(store, peer, route, initial, now)
        began = ONE_TIME if initial.header.mode else SIGNED_ONLY
        opened = Opened(account, initial.generation, began, padded)
        return _read(store, own, envelope, opened, now)


def _message(envelope: Envelope) -> InitialMessage | RatchetMessage:
    """The message in an envelope, decoded."""
    if envelope.message[0] == INITIAL:
        return InitialMessage.decode(envelope.message)
    return RatchetMessage.decode(envelope.message)


def _check_devices(
    store: Store, envelope: Envelope, message: InitialMessage | RatchetMessage
) -> None:
    """R-HS-4, its first checks: the claimed device is not our own, and all name the same two."""
    claimed = {envelope.from_}
    if isinstance(message, InitialMessage):
        claimed.add(message.certificate.device_id)
    if store.device.device_id in claimed:
        fail("OwnDevice")
    if envelope.to != store.device.device_id or len(claimed) > 1:
        fail("WrongDevice")


def _route(type_: int, envelope: Envelope) -> Route:
    return Route(type_, envelope.from_, envelope.to, envelope.message_id)


# Ratchet messages


def _open_ratchet(
    store: Store, senders: list[Account], envelope: Envelope, message: RatchetMessage, now: int
) -> Opened:
    """Tried with the record of each account that lists the sender; nearly always one does."""
    route = _route(RATCHET, envelope)
    met = [account for account in senders if store.peer_of(account, envelope.from_) is not None]
    if not met:
        fail("Undecryptable")
    listed = [account for account in met if _is_listed(store, account, envelope.from_)]
    if not listed:
        fail("NotInDeviceList")
    for account in listed:
        peer = copy.deepcopy(store.peer_of(account, envelope.from_))
        try:
            session, padded = peer.open(route, message.sealed, now)
        except ProtocolError as error:
            if error.name == "Undecryptable" and account is not listed[-1]:
                continue
            raise
        store.peers[account.account_id, envelope.from_] = peer
        return Opened(account, session.generation, None, padded)
    fail("Undecryptable")


def _is_listed(store: Store, account: Account, device_id: bytes) -> bool:
    certificate = store.peer_of(account, device_id).certificate
    return account.list.certificate_hash_of(device_id) == certificate.hash


# Initial messages


def _initiator(
    store: Store, senders: list[Account], initial: InitialMessage, now: int
) -> tuple[Account, PeerDevice]:
    """R-HS-4, as far as it is about who the initiator is."""
    certificate = initial.certificate
    account = next(
        (sender for sender in senders if sender.account_key == certificate.account_key), senders[0]
    )
    account.check_listed(certificate)
    return account, store.meet(account, certificate, now)


def _check_cheaply(store: Store, peer: PeerDevice, initial: InitialMessage, now: int) -> None:
    """R-HS-4, the look-ups: a flood of forgeries costs no more than these."""
    peer.check_generation(initial.generation)
    store.prekeys.signed_pair(initial.signed_prekey_id, now)
    if initial.header.mode:
        store.prekeys.one_time_pair(initial.one_time_prekey_id)
    else:
        store.prekeys.check_replay(initial.signed_prekey_id, initial.ephemeral)


def _accept(
    store: Store, peer: PeerDevice, route: Route, initial: InitialMessage, now: int
) -> bytes:
    """The agreement, the first message, and all that accepting changes (R-HS-5)."""
    us, prekeys = store.device, store.prekeys
    check_subgroup(initial.ephemeral)
    signed = prekeys.signed_pair(initial.signed_prekey_id, now)
    mode = initial.header.mode
    one_time = prekeys.one_time_pair(initial.one_time_prekey_id) if mode else None
    agreement = respond(us.certificate, us.identity_private_key, signed, one_time, initial.header)
    session = Session.accepted(agreement, initial.header, signed.private_key, now)
    padded = session.open(session.find(route, initial.sealed), route, initial.sealed, now)
    peer.place(session, now)
    if mode:
        prekeys.consume(initial.one_time_prekey_id)
    else:
        prekeys.remember(initial.signed_prekey_id, initial.ephemeral)
    return padded


# Payloads


def _read(store: Store, own: Account, envelope: Envelope, opened: Opened, now: int) -> Received:
    """What the payload says, and what that does to its conversation."""
    payload = _payload(opened.padded)
    if opened.account is not own and payload.kind in (SENT_COPY, DEVICE_SYNC):
        fail("Undecryptable")
    content = _content(payload, envelope)
    _check_conversation(store, opened.account, payload)
    conversation = link = None
    duplicate = False
    if payload.message is not None:
        conversation = store.conversation(payload.message.conversation)
        link = _link(envelope, payload, content)
        duplicate = not conversation.receive(
            envelope.from_,
            payload.message.lamport,
            payload.message.sequence,
            link,
            payload.message.parents,
        )
        if payload.kind == SENT_COPY and payload.message.receipt_key and not duplicate:
            name = (envelope.message_id, payload.recipient_account)
            store.receipt_keys[name] = ReceiptKey(payload.message.receipt_key, now)
    return Received(
        opened,
        payload,
        content,
        opened.account.compare_head(payload.own),
        own.compare_head(payload.peer),
        link,
        conversation,
        duplicate,
    )


def _payload(padded: bytes) -> Payload:
    """R-MSG-2: a payload that does not decode is as one that did not open."""
    payload = unpad(padded, MAX_PAYLOAD)
    try:
        return Payload.decode(payload)
    except ProtocolError:
        fail("Undecryptable")


def _content(payload: Payload, envelope: Envelope) -> bytes | None:
    """R-MSG-6, R-MSG-7."""
    content = payload.content
    shared = content is not None and content.form == SHARED
    if shared != bool(envelope.body):
        fail("Undecryptable")
    if shared:
        return open_body(envelope.body, content.body_key, content.body_hash, envelope.message_id)
    return content.content if content is not None else None


def _check_conversation(store: Store, sender: Account, payload: Payload) -> None:
    """R-CON-1."""
    if payload.kind in (MESSAGE, EPHEMERAL):
        expected = store.conversation_id(sender.account_id)
    elif payload.kind == SENT_COPY:
        expected = store.conversation_id(payload.recipient_account)
    else:
        return
    named = payload.conversation if payload.kind == EPHEMERAL else payload.message.conversation
    if named != expected:
        fail("WrongConversation")


def _link(envelope: Envelope, payload: Payload, content: bytes) -> bytes:
    message = payload.message
    return history_link(
        message.conversation,
        envelope.message_id,
        envelope.from_,
        message.lamport,
        message.sequence,
        content,
        message.parents,
    )
