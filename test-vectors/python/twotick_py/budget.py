"""A budget that refills with time, as several limits of SPEC 4.3 have it."""

from dataclasses import dataclass


@dataclass
class Budget:
    """`capacity` uses, and one more each `period` seconds."""

    capacity: int
    period: int
    left: int
    counted_at: int = 0

    @classmethod
    def full(cls, capacity: int, period: int) -> "Budget":
        return cls(capacity, period, capacity)

    def is_empty(self, now: int) -> bool:
        self._refill(now)
        return self.left == 0

    def take(self, now: int) -> bool:
        """One use, if one is left."""
        if self.is_empty(now):
            return False
        self.left -= 1
        return True

    def _refill(self, now: int) -> None:
        self.counted_at = min(self.counted_at, now)  # the clock may have been set back
        gained = (now - self.counted_at) // self.period
        self.left += gained
        self.counted_at += gained * self.period
        if self.left >= self.capacity:
            self.left = self.capacity
            self.counted_at = now
