"""The budget of failing handshakes of each peer device: R-HS-7. In memory only."""

from collections.abc import Iterator
from contextlib import contextmanager

from .budget import Budget
from .errors import ProtocolError, fail

CAPACITY, PERIOD = 8, 300


class HandshakeBudgets:
    """By account and device id, as claimed by the message."""

    def __init__(self) -> None:
        self._budgets: dict[tuple[bytes, bytes], Budget] = {}

    @contextmanager
    def attempt(self, account_id: bytes, device_id: bytes, now: int) -> Iterator[None]:
        """What is done inside costs one of the budget if it fails."""
        name = (account_id, device_id)
        budget = self._budgets.setdefault(name, Budget.full(CAPACITY, PERIOD))
        if budget.is_empty(now):
            fail("TooManyHandshakes")
        try:
            yield
        except ProtocolError:
            budget.take(now)
            raise
