"""Receipts: making, verifying, and when one is due (SPEC 14)."""

from .codec import u8
from .crypto import Random, equal, mac
from .errors import fail
from .objects import Receipt
from .wire_delivery import READ

MAX_DELAY_MS = 2000


def receipt_tag(receipt_key: bytes, state: int, message_id: bytes, recipient: bytes) -> bytes:
    """The tag of SPEC 14.1."""
    return mac(receipt_key, "mac/receipt", u8(state), message_id, recipient)[:16]


def make_receipt(receipt_key: bytes, state: int, message_id: bytes, recipient: bytes) -> Receipt:
    """The receipt of the account `recipient` for a message."""
    return Receipt(state, message_id, receipt_tag(receipt_key, state, message_id, recipient))


def verify_receipt(
    receipt: Receipt, receipt_key: bytes, message_id: bytes, recipient: bytes, reached: int
) -> int:
    """The state reached after the receipt: states only grow (R-RCP-1, R-RCP-2)."""
    if receipt.message_id != message_id:
        fail("BadReceipt")
    expected = receipt_tag(receipt_key, receipt.state, message_id, recipient)
    if not equal(receipt.tag, expected):
        fail("BadReceipt")
    return max(reached, receipt.state)


def check_due(
    state: int,
    *,
    accepted_contact: bool,
    read_receipts: bool,
    kind_is_message: bool,
    has_key: bool,
    duplicate: bool,
    durable: bool,
    target_present: bool,
    visible: bool,
    already: int,
) -> None:
    """The table of SPEC 14.2; `already` is the state of the receipt made before."""
    due = (
        kind_is_message
        and has_key
        and accepted_contact
        and durable
        and target_present
        and not duplicate
    )
    if state == READ:
        due = due and visible and read_receipts
    if not due or already >= state:
        fail("ReceiptNotDue")


def delay(random: Random) -> int:
    """Milliseconds to wait before a receipt is sent (R-RCP-4)."""
    return int.from_bytes(random.take(4), "big") * (MAX_DELAY_MS + 1) >> 32
