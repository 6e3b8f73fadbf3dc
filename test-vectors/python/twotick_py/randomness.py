"""`RAND(n)` of SPEC 2, from one of the two sources that OPERATIONS.md names."""

import hashlib
from typing import Callable

from .errors import Fault


class Random:
    """The generator of one operation: `take(n)` is `RAND(n)`."""

    def __init__(self, draw: Callable[[int], bytes], script: list[bytes] | None = None) -> None:
        self._draw = draw
        self._script = script

    @classmethod
    def script(cls, draws: list[str]) -> "Random":
        """Draws written down one by one, each of exactly the length that is asked for."""
        try:
            remaining = [bytes.fromhex(draw) for draw in draws]
        except (TypeError, ValueError):
            raise Fault("random is not a list of hex strings") from None

        def draw(n: int) -> bytes:
            if not remaining:
                raise Fault("random bytes are missing")
            if len(remaining[0]) != n:
                raise Fault(f"a draw of {n} bytes met one of {len(remaining[0])}")
            return remaining.pop(0)

        return cls(draw, remaining)

    @classmethod
    def seed(cls, seed: str) -> "Random":
        """Consecutive bytes of SHA-256(seed || u32(0)) || SHA-256(seed || u32(1)) || ..."""
        try:
            key = bytes.fromhex(seed)
        except (TypeError, ValueError):
            raise Fault("seed is not a hex string") from None
        if len(key) != 32:
            raise Fault("seed is not of 32 bytes")
        blocks = 0
        buffer = b""

        def draw(n: int) -> bytes:
            nonlocal blocks, buffer
            while len(buffer) < n:
                buffer += hashlib.sha256(key + blocks.to_bytes(4, "big")).digest()
                blocks += 1
            taken, buffer = buffer[:n], buffer[n:]
            return taken

        return cls(draw)

    @classmethod
    def none(cls) -> "Random":
        """What an operation without a source has: to draw is a fault."""

        def draw(_: int) -> bytes:
            raise Fault("neither random nor seed is given")

        return cls(draw)

    def take(self, n: int) -> bytes:
        """`RAND(n)`."""
        return self._draw(n)

    def finish(self) -> None:
        """To be called when an operation has succeeded: a script must be used up."""
        if self._script:
            raise Fault("random bytes are left over")
