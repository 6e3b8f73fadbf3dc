"""One number for all stored state: equal if and only if the state is."""

import hashlib
from dataclasses import fields, is_dataclass
from typing import Any


def digest(state: Any) -> bytes:
    """SHA-256 of a canonical serialisation."""
    return hashlib.sha256(_serialise(state)).digest()


def _serialise(value: Any) -> bytes:
    """A tag, the length, and the contents; what has no order is sorted."""
    if value is None:
        return _tagged(b"n", b"")
    if isinstance(value, bool):
        return _tagged(b"b", bytes([value]))
    if isinstance(value, int):
        return _tagged(b"i", str(value).encode())
    if isinstance(value, str):
        return _tagged(b"s", value.encode())
    if isinstance(value, bytes):
        return _tagged(b"o", value)
    if isinstance(value, (list, tuple)):
        return _tagged(b"l", b"".join(map(_serialise, value)))
    if isinstance(value, (set, frozenset)):
        return _tagged(b"u", b"".join(sorted(map(_serialise, value))))
    if isinstance(value, dict):
        pairs = (_serialise(key) + _serialise(each) for key, each in value.items())
        return _tagged(b"d", b"".join(sorted(pairs)))
    if is_dataclass(value):
        named = (_serialise(getattr(value, field.name)) for field in fields(value))
        return _tagged(b"c", _serialise(type(value).__name__) + b"".join(named))
    raise TypeError(f"no serialisation for {type(value).__name__}")


def _tagged(tag: bytes, contents: bytes) -> bytes:
    return tag + len(contents).to_bytes(8, "big") + contents
