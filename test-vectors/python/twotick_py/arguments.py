"""Arguments of operations: typed access, where whatever is malformed is a fault."""

import re
from typing import Any

from .crypto import check_public_key
from .errors import Fault

HEX = re.compile(r"(?:[0-9a-f]{2})*\Z")
DECIMAL = re.compile(r"(?:0|[1-9][0-9]*)\Z")


class Arguments:
    """The named arguments of one operation, or of an object inside it."""

    def __init__(self, values: Any) -> None:
        if not isinstance(values, dict):
            raise Fault("an object is expected")
        self._values = values

    def _get(self, name: str) -> Any:
        if name not in self._values:
            raise Fault(f"argument missing: {name}")
        return self._values[name]

    def is_null(self, name: str) -> bool:
        return self._get(name) is None

    def opaque(self, name: str, length: int | None = None) -> bytes:
        """Bytes in hex, of exactly `length` if one is given."""
        return to_bytes(self._get(name), name, length)

    def public_key(self, name: str) -> bytes:
        """An X25519 public key, which is decoded (R-PRM-3)."""
        key = self.opaque(name, 32)
        check_public_key(key)
        return key

    def opaques(self, name: str, length: int | None = None) -> list[bytes]:
        return [to_bytes(value, name, length) for value in self.items(name)]

    def number(self, name: str, bits: int = 64) -> int:
        """An unsigned integer that is a JSON number."""
        value = self._get(name)
        if type(value) is not int or not 0 <= value < 2**bits:
            raise Fault(f"not an unsigned number of {bits} bits: {name}")
        return value

    def decimal(self, name: str) -> int:
        """A `u64` that is a string of decimal digits."""
        value = self._get(name)
        if not isinstance(value, str) or not DECIMAL.match(value) or int(value) >= 2**64:
            raise Fault(f"not a u64 in decimal digits: {name}")
        return int(value)

    def boolean(self, name: str) -> bool:
        return self._typed(name, bool)

    def text(self, name: str) -> str:
        return self._typed(name, str)

    def items(self, name: str) -> list[Any]:
        return self._typed(name, list)

    def is_nested(self, name: str) -> bool:
        return isinstance(self._get(name), dict)

    def nested(self, name: str) -> "Arguments":
        return Arguments(self._get(name))

    def all_nested(self, name: str) -> list["Arguments"]:
        return [Arguments(value) for value in self.items(name)]

    def raw(self, name: str) -> Any:
        return self._get(name)

    def _typed(self, name: str, wanted: type) -> Any:
        value = self._get(name)
        if type(value) is not wanted:
            raise Fault(f"not a {wanted.__name__}: {name}")
        return value


def to_bytes(value: Any, name: str, length: int | None = None) -> bytes:
    """Bytes from lower-case hex."""
    if not isinstance(value, str) or not HEX.match(value):
        raise Fault(f"not lower-case hex: {name}")
    data = bytes.fromhex(value)
    if length is not None and len(data) != length:
        raise Fault(f"not of {length} bytes: {name}")
    return data
