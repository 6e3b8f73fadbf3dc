"""The clock, the sequences and the history of one conversation: SPEC 13."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .codec import u8, u32, u64
from .crypto import H
from .errors import fail

MAX_LINKS = 512
MAX_AUTHORS = 128
MAX_GAPS = 64
MAX_PARENTS = 4
MAX_CLOCK_STEP = 2**20
LAST_LAMPORT = 2**63
LAST_SEQUENCE = 2**32 - 1


def conversation_id(a: bytes, b: bytes) -> bytes:
    """SPEC 13.1; equal account ids for notes to oneself."""
    return H("hash/conversation", *sorted((a, b)))[:16]


def history_link(
    conversation: bytes,
    message_id: bytes,
    author: bytes,
    lamport: int,
    sequence: int,
    content: bytes,
    parents: Sequence[bytes],
) -> bytes:
    """SPEC 13.2: the link covers the content and all that came before it (R-CON-6)."""
    return H(
        "hash/history",
        conversation + message_id + author,
        u64(lamport) + u32(sequence),
        H("hash/content", content),
        u8(len(parents)) + b"".join(parents),
    )[:16]


@dataclass
class Gap:
    """Sequences `first … last` that have not come; `missing` if they are to be reported."""

    first: int
    last: int
    missing: bool


@dataclass
class Author:
    """What has come from one author device: the highest sequence, and the gaps below it."""

    device_id: bytes
    highest: int
    gaps: list[Gap] = field(default_factory=list)

    @classmethod
    def first_heard(cls, device_id: bytes, sequence: int) -> "Author":
        """The first message opens no gap that is reported (R-CON-3)."""
        before = [Gap(1, sequence - 1, False)] if sequence > 1 else []
        return cls(device_id, sequence, before)

    def is_new(self, sequence: int) -> bool:
        """Is it over the highest, or in a gap? Everything else is a duplicate."""
        return sequence > self.highest or any(
            gap.first <= sequence <= gap.last for gap in self.gaps
        )

    def take(self, sequence: int) -> None:
        """Records a new sequence: it opens a gap below it, or splits the one it was in."""
        if sequence > self.highest:
            if sequence > self.highest + 1:
                self.gaps.append(Gap(self.highest + 1, sequence - 1, True))
            self.highest = sequence
        else:
            self.gaps = [part for gap in self.gaps for part in _without(gap, sequence)]
        del self.gaps[: max(0, len(self.gaps) - MAX_GAPS)]


def _without(gap: Gap, sequence: int) -> list[Gap]:
    if not gap.first <= sequence <= gap.last:
        return [gap]
    parts = [Gap(gap.first, sequence - 1, gap.missing), Gap(sequence + 1, gap.last, gap.missing)]
    return [part for part in parts if part.first <= part.last]


@dataclass
class Awaited:
    """A parent that is not known; `missing` if it is to be counted in the report (R-CON-4)."""

    link: bytes
    missing: bool


@dataclass
class Conversation:
    """SPEC 13.2. All lists have the newest element last."""

    id: bytes
    lamport: int = 0
    sequence: int = 0
    frontier: list[bytes] = field(default_factory=list)
    known: list[bytes] = field(default_factory=list)
    awaited: list[Awaited] = field(default_factory=list)
    authors: list[Author] = field(default_factory=list)

    # Sending

    def advance(self) -> list[bytes]:
        """The clock and the sequence of a message to send, and its parents, sorted."""
        if self.lamport >= LAST_LAMPORT or self.sequence == LAST_SEQUENCE:
            fail("ChainExhausted")
        self.lamport += 1
        self.sequence += 1
        return sorted(self.frontier[-MAX_PARENTS:])

    def sent(self, link: bytes) -> None:
        """The link of the message that was sent joins the history."""
        self.frontier = [link]
        self._know(link)

    # Receiving

    def receive(
        self, author: bytes, lamport: int, sequence: int, link: bytes, parents: Sequence[bytes]
    ) -> bool:
        """Takes in a message; `False`, and nothing changes, if it is a duplicate (R-CON-3)."""
        heard = next((known for known in self.authors if known.device_id == author), None)
        if link in self.known or (heard is not None and not heard.is_new(sequence)):
            return False
        self._hear(heard, author, sequence)
        self.lamport = max(self.lamport, min(lamport, self.lamport + MAX_CLOCK_STEP, LAST_LAMPORT))
        self.frontier = [known for known in self.frontier if known not in parents]
        if not any(awaited.link == link for awaited in self.awaited):
            self.frontier = (self.frontier + [link])[-MAX_LINKS:]
        self._know(link)
        for parent in parents:
            if parent not in self.known:
                self._await(parent, heard is not None)
        return True

    def _hear(self, heard: Author | None, device_id: bytes, sequence: int) -> None:
        if heard is None:
            heard = Author.first_heard(device_id, sequence)
        else:
            heard.take(sequence)
            self.authors.remove(heard)
        self.authors.append(heard)
        del self.authors[: max(0, len(self.authors) - MAX_AUTHORS)]

    def _know(self, link: bytes) -> None:
        self.known = (self.known + [link])[-MAX_LINKS:]
        self.awaited = [awaited for awaited in self.awaited if awaited.link != link]

    def _await(self, parent: bytes, missing: bool) -> None:
        for awaited in self.awaited:
            if awaited.link == parent:
                awaited.missing = awaited.missing or missing
                return
        self.awaited = (self.awaited + [Awaited(parent, missing)])[-MAX_LINKS:]

    # Reporting

    def gaps(self) -> list[tuple[bytes, int, int]]:
        """What is missing of each author device, by device id and sequence (R-CON-4)."""
        return [
            (author.device_id, gap.first, gap.last)
            for author in sorted(self.authors, key=lambda author: author.device_id)
            for gap in author.gaps
            if gap.missing
        ]

    def unknown_parents(self) -> int:
        """How many parents are missing (R-CON-4)."""
        return sum(awaited.missing for awaited in self.awaited)
