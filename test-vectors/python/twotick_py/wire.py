"""What all wire objects have in common: decoding in the order of SPEC 2.1."""

from typing import ClassVar, Self

from .codec import Reader


class Wire:
    """A structure of SPEC; subclasses say how its fields are read, checked and written."""

    OBJECT: ClassVar[int]

    @classmethod
    def read_fields(cls, reader: Reader) -> Self:
        """Reads the fields, each checked as it is read."""
        raise NotImplementedError

    def check(self) -> None:
        """The cross-field rules, in the order in which SPEC has them."""

    def encode(self) -> bytes:
        """The one encoding of this value."""
        raise NotImplementedError

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The whole of `data`: fields, then `TrailingBytes`, then cross-field rules."""
        reader = Reader(data)
        value = cls.read_fields(reader)
        reader.end()
        value.check()
        return value

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """A structure inside another: its rules run right after its own last field."""
        value = cls.read_fields(reader)
        value.check()
        return value
