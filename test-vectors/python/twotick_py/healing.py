"""Asking a peer device again, and starting over with it: the counters of SPEC 12.4."""

from dataclasses import dataclass, field

from .budget import Budget
from .errors import fail

RETRY_CAPACITY, RETRY_PERIOD = 16, 240
MAX_ASKED = 16
MAX_RESENT = 128
RESET_PERIOD = 3_600


@dataclass
class Healing:
    """What was asked of a peer device, and what it was sent again."""

    retries: Budget = field(default_factory=lambda: Budget.full(RETRY_CAPACITY, RETRY_PERIOD))
    retry_sent: bool = False
    asked: list[bytes] = field(default_factory=list)
    last_reset: int | None = None
    resent: list[bytes] = field(default_factory=list)

    def recover(self, message_id: bytes, stale: bool, has_session: bool, now: int) -> str:
        """`recover` of SPEC 12.4: what a message that did not open leads to."""
        if stale or not has_session or self.retry_sent:
            if self._may_reset(now):
                self.last_reset = now
                return "reset"
        if has_session and message_id not in self.asked and self.retries.take(now):
            self.asked = (self.asked + [message_id])[-MAX_ASKED:]
            self.retry_sent = True
            return "retry"
        return "nothing"

    def _may_reset(self, now: int) -> bool:
        """One each hour; a last one in the future says that the clock was set back."""
        return self.last_reset is None or not 0 <= now - self.last_reset < RESET_PERIOD

    def opened(self) -> None:
        """A message of the peer device was opened."""
        self.retry_sent = False

    def resend(self, message_id: bytes) -> None:
        """Once per message (R-SES-10)."""
        if message_id in self.resent:
            fail("LimitReached")
        self.resent = (self.resent + [message_id])[-MAX_RESENT:]
