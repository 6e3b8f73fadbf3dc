"""Sealed records (SPEC 15.4)."""

from dataclasses import dataclass

from .codec import u8, u16, u64
from .crypto import Random, expand, frame, open_, seal
from .errors import fail

RECORD_NONCE_BYTES = 24
AEAD_NONCE = bytes(12)


@dataclass(frozen=True)
class RecordName:
    """What a record is sealed as: its kind, owner, id and revision."""

    kind: int
    account_id: bytes
    device_id: bytes
    id: bytes
    revision: int

    def context(self) -> bytes:
        owner = self.account_id + self.device_id
        return u8(self.kind) + owner + u16(len(self.id)) + self.id + u64(self.revision)


def seal_record(storage_key: bytes, name: RecordName, value: bytes, random: Random) -> bytes:
    """`nonce || sealed value`."""
    nonce = random.take(RECORD_NONCE_BYTES)
    key = expand(storage_key, "derive/record", 32, nonce, name.context())
    return nonce + seal(key, AEAD_NONCE, frame("seal/record") + name.context(), value)


def open_record(storage_key: bytes, name: RecordName, sealed: bytes) -> bytes:
    """The value, under exactly the name it was sealed as (R-STO-5)."""
    nonce, ciphertext = sealed[:RECORD_NONCE_BYTES], sealed[RECORD_NONCE_BYTES:]
    key = expand(storage_key, "derive/record", 32, nonce, name.context())
    value = open_(key, AEAD_NONCE, frame("seal/record") + name.context(), ciphertext)
    if value is None:
        fail("RecordRefused")
    return value
