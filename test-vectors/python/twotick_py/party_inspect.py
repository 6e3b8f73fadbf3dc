"""`session.inspect` of OPERATIONS.md: the variables of SPEC 10.1 and 12."""

from typing import Any

from .peer import PeerDevice
from .ratchet import SendingChain
from .session import Session
from .skipped import ReceivingChain


def inspect(peer: PeerDevice) -> dict[str, Any]:
    """The current session first, or `null` in its place; then the archived ones."""
    current = None if peer.current is None else _session(peer.current)
    return {
        "generation": peer.generation,
        "confirmed": peer.confirmed,
        "sessions": [current, *map(_session, peer.archived)],
    }


def _session(session: Session) -> dict[str, Any]:
    ratchet = session.ratchet
    return {
        "generation": session.generation,
        "confirmed": session.confirmed,
        "session_id": session.id.hex(),
        "root_key": ratchet.root_key.hex(),
        "sending_ratchet_private": _hex(ratchet.own_private),
        "receiving_ratchet_key": _hex(ratchet.peer_key),
        "sending": _chain(ratchet.sending),
        "receiving": _chain(ratchet.receiving),
        "next_sending_header_key": ratchet.next_sending_header_key.hex(),
        "next_receiving_header_key": ratchet.next_receiving_header_key.hex(),
        "previous_length": ratchet.previous_length,
        "skipped": [
            {
                "header_key": chain.header_key.hex(),
                "numbers": [skipped.number for skipped in chain.keys],
            }
            for chain in ratchet.skipped()
        ],
    }


def _chain(chain: SendingChain | ReceivingChain | None) -> dict[str, Any] | None:
    if chain is None:
        return None
    return {
        "header_key": chain.header_key.hex(),
        "chain_key": chain.chain_key.hex(),
        "number": chain.number,
    }


def _hex(key: bytes | None) -> str | None:
    return None if key is None else key.hex()
