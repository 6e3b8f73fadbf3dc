"""The Double Ratchet with encrypted headers: SPEC 10.

Sending and receiving change the object they are called on only by its own methods;
`open` works on a copy and hands it back, to be installed once the body has opened.
"""

import copy
from collections.abc import Collection
from dataclasses import dataclass, field

from .crypto import agree, x25519_public
from .errors import fail
from .objects import Header, Sealed
from .randomness import Random
from .sealing import (
    Route,
    chain_step,
    open_body,
    open_header,
    read_header,
    root_step,
    seal_message,
)
from .skipped import (
    MAX_FINISHED_CHAINS,
    MAX_JUMP,
    MAX_KEYS_OF_SESSION,
    ReceivingChain,
    SkippedKeys,
)

LAST_NUMBER = 2**32 - 1


@dataclass
class SendingChain:
    """`HKs`, `CKs`, `Ns` of SPEC 10.1."""

    header_key: bytes
    chain_key: bytes
    number: int = 0


@dataclass
class Found:
    """A header that a key has opened; `chain` is the finished chain it belongs to, if any."""

    header: bytes
    kind: str
    chain: int


@dataclass
class Ratchet:
    """The state of SPEC 10.1. `finished` holds the finished chains, newest first."""

    session_id: bytes
    root_key: bytes
    next_sending_header_key: bytes
    next_receiving_header_key: bytes
    own_private: bytes | None = None
    peer_key: bytes | None = None
    sending: SendingChain | None = None
    receiving: ReceivingChain | None = None
    previous_length: int = 0
    finished: list[SkippedKeys] = field(default_factory=list)

    # Sending

    def seal(self, route: Route, padded: bytes, held: Collection[bytes], random: Random) -> Sealed:
        """`seal` of SPEC 10.4. `held` are the public keys the device holds (R-PRM-9)."""
        if self.sending is None:
            self._sending_half(held, random)
        chain = self.sending
        if chain.number == LAST_NUMBER:
            fail("ChainExhausted")
        header = Header(x25519_public(self.own_private), self.previous_length, chain.number)
        message_key, chain.chain_key = chain_step(chain.chain_key)
        chain.number += 1
        parts = seal_message(
            self.session_id, chain.header_key, message_key, route, header, padded, random
        )
        return Sealed(parts.salt, parts.sealed_header, parts.sealed_body)

    def _sending_half(self, held: Collection[bytes], random: Random) -> None:
        self.own_private = random.take(32)
        if x25519_public(self.own_private) in held:
            fail("RandomnessFailure")
        header_key = self.next_sending_header_key
        _, self.root_key, chain_key, self.next_sending_header_key = root_step(
            self.root_key, agree(self.own_private, self.peer_key)
        )
        self.sending = SendingChain(header_key, chain_key)

    # Receiving

    def find(self, route: Route, sealed: Sealed) -> Found | None:
        """Tries each header key held, in the order of SPEC 10.4: no other work (R-DR-1)."""
        candidates = []
        if self.receiving is not None:
            candidates.append((self.receiving.header_key, "current", 0))
        candidates.append((self.next_receiving_header_key, "next", 0))
        for index, chain in enumerate(self.finished):
            candidates.append((chain.header_key, "finished", index))
        for key, kind, index in candidates:
            opened = open_header(key, route, sealed.salt, sealed.sealed_header)
            if opened is not None:
                return Found(opened, kind, index)
        return None

    def open(self, found: Found, route: Route, sealed: Sealed, now: int) -> tuple["Ratchet", bytes]:
        """The state after a message whose header was found, and the padded payload. Keys over
        their age are gone; their chains are, once the message has opened (R-DR-9)."""
        after = copy.deepcopy(self)
        for chain in after.skipped():
            chain.erase_older(now)
        message_key = after._message_key(found, now)
        padded = open_body(
            self.session_id,
            message_key,
            route,
            sealed.salt,
            sealed.sealed_header,
            sealed.sealed_body,
        )
        if padded is None:
            fail("Undecryptable")
        return after, padded

    def _message_key(self, found: Found, now: int) -> bytes:
        header = read_header(found.header)
        if found.kind == "finished":
            return self.finished[found.chain].take(header.number)
        if found.kind == "next":
            if self.own_private is None:
                fail("Undecryptable")
            self._receiving_half(header, now)
        elif header.ratchet_key != self.peer_key:
            fail("Undecryptable")
        chain = self.receiving
        if header.number < chain.number:
            return chain.skipped.take(header.number)
        if header.number - chain.number > MAX_JUMP:
            fail("TooFarAhead")
        if header.number == LAST_NUMBER:
            fail("Undecryptable")
        chain.skip_to(header.number, now)
        return chain.step()

    def _receiving_half(self, header: Header, now: int) -> None:
        """The receiving half of a DH step; `DHs` is erased with it (R-DR-11)."""
        if self.receiving is not None:
            self.receiving.skip_to(header.previous_length, now)
            self.finished.insert(0, self.receiving.skipped)
        if self.sending is not None:
            self.previous_length = self.sending.number
        header_key = self.next_receiving_header_key
        _, self.root_key, chain_key, self.next_receiving_header_key = root_step(
            self.root_key, agree(self.own_private, header.ratchet_key)
        )
        self.peer_key = header.ratchet_key
        self.receiving = ReceivingChain(chain_key, 0, SkippedKeys(header_key))
        self.sending = self.own_private = None

    # Skipped keys

    def skipped(self) -> list[SkippedKeys]:
        """All chains that hold keys, newest first."""
        own = [self.receiving.skipped] if self.receiving is not None else []
        return [chain for chain in own + self.finished if chain.keys]

    def count_skipped(self) -> int:
        return sum(len(chain.keys) for chain in self.skipped())

    def erase_old_keys(self, now: int) -> None:
        """Keys over their age (R-DR-9)."""
        for chain in self.skipped():
            chain.erase_older(now)
        self._forget_empty_chains()

    def evict(self) -> None:
        """The limits of R-DR-9 on one session."""
        self._forget_empty_chains()
        del self.finished[MAX_FINISHED_CHAINS:]
        self.evict_oldest(self.count_skipped() - MAX_KEYS_OF_SESSION)

    def evict_oldest(self, count: int) -> None:
        """Removes up to `count` keys, the oldest stored first."""
        for chain in reversed(self.skipped()):
            excess = min(max(count, 0), len(chain.keys))
            del chain.keys[:excess]
            count -= excess
        self._forget_empty_chains()

    def _forget_empty_chains(self) -> None:
        """A finished chain without stored keys keeps no header key (R-DR-8)."""
        self.finished = [chain for chain in self.finished if chain.keys]
