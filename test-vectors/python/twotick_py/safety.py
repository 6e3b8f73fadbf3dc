"""The safety number and its scanned form (SPEC 7)."""

from functools import lru_cache

from .crypto import H
from .errors import fail
from .objects import SafetyCode

ROUNDS = 5200
GROUPS = 6


@lru_cache(maxsize=256)
def half_number(account_key: bytes) -> str:
    """The thirty digits of one account key."""
    label = "hash/safety-number"
    value = H(label, account_key)
    for _ in range(ROUNDS):
        value = H(label, value, account_key)
    groups = (value[5 * j : 5 * j + 5] for j in range(GROUPS))
    return "".join(f"{int.from_bytes(group, 'big') % 100_000:05}" for group in groups)


def safety_number(ours: bytes, theirs: bytes) -> str:
    """Sixty digits, the same for both people (R-SAF-1)."""
    return "".join(sorted((half_number(ours), half_number(theirs))))


def scan(code: SafetyCode, us: bytes, them: bytes) -> None:
    """R-SAF-2, with the account ids of the scanner and of its contact."""
    if code.shown_to != us or code.shown_by != them:
        fail("BadSafetyCode")
