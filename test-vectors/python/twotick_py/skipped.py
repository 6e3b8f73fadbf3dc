"""The keys of messages that were jumped over: SPEC 10.5."""

from dataclasses import dataclass, field

from .errors import fail
from .sealing import chain_step

DAY = 86_400
MAX_JUMP = 65_535
MAX_KEYS_OF_SESSION = 2_000
MAX_KEY_AGE = 14 * DAY
MAX_FINISHED_CHAINS = 4


@dataclass
class SkippedKey:
    """The key of one message that has not come."""

    number: int
    key: bytes
    stored_at: int


@dataclass
class SkippedKeys:
    """The keys of one chain, oldest first, and the header key that finds them."""

    header_key: bytes
    keys: list[SkippedKey] = field(default_factory=list)

    def take(self, number: int) -> bytes:
        """Removes the key of a message; it is used once (R-DR-3)."""
        for index, skipped in enumerate(self.keys):
            if skipped.number == number:
                return self.keys.pop(index).key
        fail("KeyConsumed")

    def erase_older(self, now: int) -> None:
        """Keys over their age (R-DR-9)."""
        self.keys = [key for key in self.keys if now - key.stored_at <= MAX_KEY_AGE]


@dataclass
class ReceivingChain:
    """`HKr`, `CKr`, `Nr` of SPEC 10.1, with the chain's own skipped keys."""

    chain_key: bytes
    number: int
    skipped: SkippedKeys

    @property
    def header_key(self) -> bytes:
        return self.skipped.header_key

    def skip_to(self, number: int, now: int) -> None:
        """Stores the keys of `Nr … number - 1`, of more than 2,000 only the last (R-DR-10)."""
        if number - self.number > MAX_JUMP:
            fail("TooFarAhead")
        while self.number < number:
            key = self.step()
            if number - self.number < MAX_KEYS_OF_SESSION:
                self.skipped.keys.append(SkippedKey(self.number - 1, key, now))

    def step(self) -> bytes:
        """The key of the next message."""
        key, self.chain_key = chain_step(self.chain_key)
        self.number += 1
        return key
