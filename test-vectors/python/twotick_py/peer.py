"""The record of a peer device: its sessions and generations, SPEC 12."""

from collections.abc import Collection
from dataclasses import dataclass, field

from .errors import fail
from .healing import Healing
from .objects import DeviceCertificate, Sealed
from .randomness import Random
from .ratchet import Found
from .sealing import Route
from .session import Session

MAX_ARCHIVED_SESSIONS = 4
MAX_KEYS_OF_PEER = 4_000
MAX_GENERATION_JUMP = 65_536
LAST_GENERATION = 2**32 - 1


@dataclass
class PeerDevice:
    """One record; `archived` has the newest session first."""

    certificate: DeviceCertificate
    generation: int = 0
    confirmed: int = 0
    current: Session | None = None
    archived: list[Session] = field(default_factory=list)
    healing: Healing = field(default_factory=Healing)

    @property
    def device_id(self) -> bytes:
        return self.certificate.device_id

    def sessions(self) -> list[Session]:
        """In the order in which they are tried (R-SES-6)."""
        return ([self.current] if self.current is not None else []) + self.archived

    def session_of(self, ephemeral: bytes) -> Session | None:
        """The session that a repeated initial message belongs to."""
        return next((each for each in self.sessions() if each.ephemeral == ephemeral), None)

    def renew_certificate(self, certificate: DeviceCertificate) -> None:
        """R-SES-12: the certificate was verified, and is in the list of the account."""
        if certificate.device_identity_key != self.certificate.device_identity_key:
            fail("NotInDeviceList")
        self.certificate = certificate

    # Starting and placing sessions

    def next_generation(self) -> int:
        """R-SES-1."""
        if self.generation == LAST_GENERATION:
            fail("GenerationTooFar")
        return self.generation + 1

    def initiated(self, session: Session, now: int) -> None:
        """Our new session is current at once (R-SES-1)."""
        self.generation = session.generation
        self._make_current(session, now)

    def check_generation(self, generation: int) -> None:
        """The jump that one handshake may make (R-HS-4)."""
        if generation > self.generation + MAX_GENERATION_JUMP:
            fail("GenerationTooFar")

    def place(self, session: Session, now: int) -> None:
        """The table of SPEC 12.2, for a session that the peer began, its first message opened."""
        if session.generation < self.confirmed:
            fail("StaleGeneration")
        if self._wins(session):
            self._make_current(session, now)
        else:
            self._archive(session, self.current, now)
        self.generation = max(self.generation, session.generation)
        self.confirmed = max(self.confirmed, session.generation)
        self.opened(now)

    def _wins(self, session: Session) -> bool:
        if self.current is None or session.generation > self.current.generation:
            return True
        return session.generation == self.current.generation and session.id < self.current.id

    def _make_current(self, session: Session, now: int) -> None:
        if self.current is not None:
            self._archive(self.current, session, now)
        self.current = session

    def _archive(self, session: Session, successor: Session, now: int) -> None:
        session.archive(successor, now)
        self.archived = [session, *self.archived][:MAX_ARCHIVED_SESSIONS]

    # Messages

    def can_send(self, now: int) -> bool:
        """Is there a session that seals (R-SES-3)?"""
        return self.current is not None and not self.current.is_unanswered(now)

    def seal(
        self,
        sender: bytes,
        message_id: bytes,
        padded: bytes,
        held: Collection[bytes],
        now: int,
        random: Random,
    ) -> bytes:
        """Only the current session seals (R-SES-2, R-SES-3)."""
        if self.current is None:
            fail("NoSession")
        return self.current.seal(sender, self.device_id, message_id, padded, held, now, random)

    def open(self, route: Route, sealed: Sealed, now: int) -> tuple[Session, bytes]:
        """A ratchet message: tried in each session, and finished in the first that fits."""
        for session in self.sessions():
            found = None if session.is_over(now) else session.ratchet.find(route, sealed)
            if found is not None:
                return session, self._open_found(session, found, route, sealed, now)
        fail("Undecryptable")

    def open_in(self, session: Session, route: Route, sealed: Sealed, now: int) -> bytes:
        """An initial message: opened in its own session and in no other (R-SES-6)."""
        if session.is_over(now):
            fail("Undecryptable")
        found = session.find(route, sealed)
        return self._open_found(session, found, route, sealed, now)

    def _open_found(
        self, session: Session, found: Found, route: Route, sealed: Sealed, now: int
    ) -> bytes:
        padded = session.open(found, route, sealed, now)
        self.opened(now)
        if not session.confirmed:
            self._confirm(session, now)
        return padded

    def opened(self, now: int) -> None:
        """A message of the device was opened."""
        self.expire(now)
        self.healing.opened()
        self._limit_skipped_keys()

    def _confirm(self, session: Session, now: int) -> None:
        session.confirm()
        self.confirmed = max(self.confirmed, session.generation)
        for archived in self.archived:
            if archived.successor == session.id:
                archived.superseded_at = now

    # Limits

    def expire(self, now: int) -> None:
        """Archived sessions (R-SES-5) and skipped keys (R-DR-9) go by age."""
        self.archived = [session for session in self.archived if not session.is_over(now)]
        for session in self.sessions():
            session.ratchet.erase_old_keys(now)

    def _limit_skipped_keys(self) -> None:
        """R-SES-7: the oldest keys of the oldest session give way."""
        excess = sum(session.ratchet.count_skipped() for session in self.sessions())
        excess -= MAX_KEYS_OF_PEER
        for session in reversed(self.sessions()):
            held = session.ratchet.count_skipped()
            session.ratchet.evict_oldest(excess)
            excess -= min(max(excess, 0), held)
