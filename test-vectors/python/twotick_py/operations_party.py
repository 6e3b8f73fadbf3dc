"""Operations of the section *Parties*, each on the stored state of one party."""

from collections.abc import Callable
from typing import Any

from .arguments import Arguments
from .digest import digest
from .errors import Fault, fail
from .handshake_budget import HandshakeBudgets
from .identity import Account
from .objects import AccountRotation, DeviceList, Envelope, PrekeyBundle, Receipt
from .operations_identity import prekeys_answer
from .party_answers import received_answer
from .party_inspect import inspect
from .payload import DEVICE_SYNC, EPHEMERAL, RESET, RETRY_REQUEST
from .peer import PeerDevice
from .randomness import Random
from .receipts import verify_receipt
from .receiving import receive
from .sending import begin_session, resend, send, send_control
from .store import Store
from .wire_delivery import READ

Answer = dict[str, Any]
PartyOperation = Callable[[Store, HandshakeBudgets, Arguments, Random], Answer]
CAUSES = ("undecryptable", "stale")


def _prekeys(store: Store, _: HandshakeBudgets, given: Arguments, random: Random) -> Answer:
    signed, count, now = given.boolean("signed"), given.number("count", 16), given.number("now")
    return prekeys_answer(store.prekeys.generate(store.device, signed, count, now, random))


def _expire(store: Store, _: HandshakeBudgets, given: Arguments, random: Random) -> Answer:
    store.expire(given.number("now"))
    return {}


def _learn(store: Store, _: HandshakeBudgets, given: Arguments, random: Random) -> Answer:
    encoded, now = given.opaque("list"), given.number("now")
    received = DeviceList.decode(encoded)
    account = store.account_with_key(received.account_key)
    if account is not None:
        adoption = account.adopt(received, now)
        return {"result": adoption.result, "missed": adoption.missed}
    account = Account.trust(received, now)
    store.accounts[account.account_id] = account
    return {"result": "trusted", "missed": 0}


def _follow(store: Store, _: HandshakeBudgets, given: Arguments, random: Random) -> Answer:
    account_id, now = given.opaque("account", 32), given.number("now")
    encoded_rotation, encoded_list = given.opaque("rotation"), given.opaque("list")
    rotation = AccountRotation.decode(encoded_rotation)
    received = DeviceList.decode(encoded_list)
    account = store.account_ever(account_id)
    former_id = account.account_id
    following = account.follow(rotation, received, now)
    del store.accounts[former_id]
    store.accounts[account.account_id] = account
    return {"account_id": following.account_id.hex(), "missed": following.missed}


def _initiate(store: Store, _: HandshakeBudgets, given: Arguments, random: Random) -> Answer:
    account_id, encoded = given.opaque("account", 32), given.opaque("bundle")
    now = given.number("now")
    bundle = PrekeyBundle.decode(encoded)
    strength, generation = begin_session(store, store.account(account_id), bundle, now, random)
    return {"strength": strength, "generation": generation}


def _send(store: Store, _: HandshakeBudgets, given: Arguments, random: Random) -> Answer:
    account_id, content = given.opaque("account", 32), given.opaque("content")
    receipts, sent_at = given.boolean("receipts"), given.decimal("sent_at")
    now = given.number("now")
    account = store.account(account_id)
    sent = send(store, account, content, receipts, sent_at, now, random)
    receipt_key = sent.message.receipt_key
    return {
        "message_id": sent.message_id.hex(),
        "envelopes": [
            {"to": device_id.hex(), "envelope": envelope.hex()}
            for device_id, envelope in sent.envelopes
        ],
        "withheld": [device_id.hex() for device_id in sent.withheld],
        "lamport": str(sent.message.lamport),
        "sequence": sent.message.sequence,
        "link": sent.link.hex(),
        "receipt_key": None if receipt_key is None else receipt_key.hex(),
    }


def _resend(store: Store, _: HandshakeBudgets, given: Arguments, random: Random) -> Answer:
    message_id, account_id = given.opaque("message_id", 16), given.opaque("account", 32)
    device_id, now = given.opaque("device", 16), given.number("now")
    account = store.account(account_id)
    return {"envelope": resend(store, message_id, account, device_id, now, random).hex()}


def _control(store: Store, _: HandshakeBudgets, given: Arguments, random: Random) -> Answer:
    account_id, device_id = given.opaque("account", 32), given.opaque("device", 16)
    kind, now = given.number("kind", 8), given.number("now")
    content = None if given.is_null("content") else given.opaque("content")
    ids = None if given.is_null("message_ids") else given.opaques("message_ids", 16)
    if kind not in (EPHEMERAL, RETRY_REQUEST, RESET, DEVICE_SYNC):
        raise Fault("kind is none of 3 to 6")
    if (content is not None) != (kind in (EPHEMERAL, DEVICE_SYNC)):
        raise Fault("content belongs to kinds 3 and 6, and to no other")
    if (ids is not None) != (kind == RETRY_REQUEST):
        raise Fault("message_ids belong to kind 4, and to no other")
    account = store.account(account_id)
    message_id, envelope = send_control(store, account, device_id, kind, content, ids, now, random)
    return {"message_id": message_id.hex(), "envelope": envelope.hex()}


def _receive(store: Store, budgets: HandshakeBudgets, given: Arguments, random: Random) -> Answer:
    encoded, now = given.opaque("envelope"), given.number("now")
    envelope = Envelope.decode(encoded)
    return received_answer(envelope, receive(store, budgets, envelope, now))


def _apply_receipt(store: Store, _: HandshakeBudgets, given: Arguments, random: Random) -> Answer:
    account_id, encoded = given.opaque("account", 32), given.opaque("receipt")
    now = given.number("now")
    receipt = Receipt.decode(encoded)
    name = (receipt.message_id, account_id)
    kept = store.receipt_keys.get(name)
    if kept is None or kept.is_over(now):
        fail("BadReceipt")
    before = kept.reached
    kept.reached = verify_receipt(receipt, kept.key, receipt.message_id, account_id, before)
    if kept.reached == READ:
        del store.receipt_keys[name]
    return {"reached": kept.reached, "changed": kept.reached != before}


def _recover(store: Store, _: HandshakeBudgets, given: Arguments, random: Random) -> Answer:
    peer = _met(store, given)
    message_id, cause = given.opaque("message_id", 16), given.text("cause")
    now = given.number("now")
    if cause not in CAUSES:
        raise Fault("cause is neither undecryptable nor stale")
    has_session = peer.current is not None
    return {"recovery": peer.healing.recover(message_id, cause == "stale", has_session, now)}


def _inspect(store: Store, _: HandshakeBudgets, given: Arguments, random: Random) -> Answer:
    return inspect(_met(store, given))


def _met(store: Store, given: Arguments) -> PeerDevice:
    account_id, device_id = given.opaque("account", 32), given.opaque("device", 16)
    peer = store.peer_of(store.account(account_id), device_id)
    if peer is None:
        raise Fault("the peer device was never met")
    return peer


def _digest(store: Store, _: HandshakeBudgets, given: Arguments, random: Random) -> Answer:
    return {"digest": digest(store).hex()}


PARTY: dict[str, PartyOperation] = {
    "party.prekeys": _prekeys,
    "party.expire": _expire,
    "party.learn": _learn,
    "party.follow": _follow,
    "party.digest": _digest,
    "session.initiate": _initiate,
    "session.recover": _recover,
    "session.inspect": _inspect,
    "message.send": _send,
    "message.resend": _resend,
    "message.control": _control,
    "message.receive": _receive,
    "receipt.apply": _apply_receipt,
}
