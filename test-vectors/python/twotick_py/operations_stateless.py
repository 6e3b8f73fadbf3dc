"""The stateless operations of OPERATIONS.md, without handshake and ratchet."""

from collections.abc import Callable
from typing import Any

from .arguments import Arguments
from .crypto import Random
from .links import Links
from .operations_encoding import ENCODING
from .operations_frames import FRAMES
from .operations_identity import IDENTITY
from .operations_messages import MESSAGES

__all__ = ["STATELESS", "Links"]

Operation = Callable[[Arguments, Random], dict[str, Any]]


def _taking_dict(operation: Operation) -> Callable[[dict[str, Any], Random], dict[str, Any]]:
    return lambda args, random: operation(Arguments(args), random)


_ALL = ENCODING | IDENTITY | MESSAGES | FRAMES

STATELESS: dict[str, Callable[[dict[str, Any], Random], dict[str, Any]]] = {
    name: _taking_dict(operation) for name, operation in _ALL.items()
}
