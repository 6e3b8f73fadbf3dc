"""One session with a peer device: SPEC 9.4, 10.2 and the life of 12."""

from collections.abc import Collection
from dataclasses import dataclass

from .crypto import x25519_public
from .errors import fail
from .handshake import Agreement
from .objects import InitialHeader, RatchetMessage, Sealed
from .randomness import Random
from .ratchet import Found, Ratchet
from .sealing import INITIAL, RATCHET, Route

HOUR = 3_600
DAY = 24 * HOUR
MAX_UNANSWERED = 30 * DAY
MAX_SUPERSEDED = 72 * HOUR
MAX_ARCHIVED = 30 * DAY


@dataclass
class Session:
    """A session. `initial_header` is the initiator's, until the session is confirmed."""

    generation: int
    ephemeral: bytes
    ratchet: Ratchet
    created: int
    confirmed: bool
    initial_header: InitialHeader | None = None
    archived_at: int | None = None
    successor: bytes | None = None
    superseded_at: int | None = None

    @classmethod
    def initiated(
        cls, agreement: Agreement, header: InitialHeader, signed_prekey: bytes, now: int
    ) -> "Session":
        """The initiator's start of SPEC 10.2: a sending chain is due."""
        ratchet = Ratchet(
            session_id=agreement.session_id,
            root_key=agreement.root_key,
            next_sending_header_key=agreement.initiator_header_key,
            next_receiving_header_key=agreement.responder_header_key,
            peer_key=signed_prekey,
        )
        return cls(header.generation, header.ephemeral, ratchet, now, False, header)

    @classmethod
    def accepted(
        cls, agreement: Agreement, header: InitialHeader, signed_prekey_private: bytes, now: int
    ) -> "Session":
        """The responder's start of SPEC 10.2; accepting confirms it."""
        ratchet = Ratchet(
            session_id=agreement.session_id,
            root_key=agreement.root_key,
            next_sending_header_key=agreement.responder_header_key,
            next_receiving_header_key=agreement.initiator_header_key,
            own_private=signed_prekey_private,
        )
        return cls(header.generation, header.ephemeral, ratchet, now, True)

    @property
    def id(self) -> bytes:
        return self.ratchet.session_id

    def seal(
        self,
        sender: bytes,
        receiver: bytes,
        message_id: bytes,
        padded: bytes,
        held: Collection[bytes],
        now: int,
        random: Random,
    ) -> bytes:
        """An initial message until the session is confirmed, then a ratchet message (R-SES-8)."""
        if self.is_unanswered(now):
            fail("SessionUnanswered")
        type_ = RATCHET if self.initial_header is None else INITIAL
        sealed = self.ratchet.seal(Route(type_, sender, receiver, message_id), padded, held, random)
        if self.initial_header is None:
            return RatchetMessage(sealed).encode()
        return self.initial_header.encode() + sealed.encode()

    def is_unanswered(self, now: int) -> bool:
        """Has it waited over its limit for a first answer (R-SES-3)?"""
        return not self.confirmed and now - self.created > MAX_UNANSWERED

    def find(self, route: Route, sealed: Sealed) -> Found:
        """The header of a message that can be of this session only."""
        found = self.ratchet.find(route, sealed)
        if found is None:
            fail("Undecryptable")
        return found

    def open(self, found: Found, route: Route, sealed: Sealed, now: int) -> bytes:
        """The padded payload; the state after it is installed, within its limits."""
        self.ratchet, padded = self.ratchet.open(found, route, sealed, now)
        self.ratchet.evict()
        return padded

    def confirm(self) -> None:
        """A message was opened in it: the responder has the keys (SPEC 12)."""
        self.confirmed = True
        self.initial_header = None

    def archive(self, successor: "Session", now: int) -> None:
        self.archived_at = now
        self.successor = successor.id
        self.superseded_at = now if successor.confirmed else None

    def is_over(self, now: int) -> bool:
        """R-SES-5; a session that is not archived stays."""
        if self.archived_at is None:
            return False
        if self.superseded_at is not None and now >= self.superseded_at + MAX_SUPERSEDED:
            return True
        return now >= self.archived_at + MAX_ARCHIVED

    def public_keys(self) -> set[bytes]:
        """The X25519 public keys that the device holds for this session (R-PRM-9)."""
        keys = {self.ephemeral}
        if self.ratchet.own_private is not None:
            keys.add(x25519_public(self.ratchet.own_private))
        if self.ratchet.peer_key is not None:
            keys.add(self.ratchet.peer_key)
        return keys
