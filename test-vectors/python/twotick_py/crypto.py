"""The primitives of SPEC 3, under the framing of SPEC 3.1.

Labels are written without their common prefix `Twotick/1/`. Functions that are pure and
expensive are cached, because a run checks the same keys and signatures many times over.
"""

import hashlib
import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM1024PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from kyber_py.ml_kem import ML_KEM_1024

from .curve import (
    ED25519_ORDER,
    ED25519_SMALL_ORDER,
    FIELD_PRIME,
    X25519_SMALL_ORDER,
    in_prime_subgroup,
)
from .errors import fail
from .labels import frame
from .randomness import Random

__all__ = [
    "H", "Random", "agree", "check_public_key", "check_subgroup", "ed25519_public", "equal",
    "expand", "extract", "frame", "hmac_sha256", "kem_check", "kem_decapsulate",
    "kem_encapsulate", "kem_keypair", "mac", "open_", "seal", "sign", "verify", "x25519_public",
]  # fmt: skip

KEM_MODULUS = 3329
KEM_VECTOR_BYTES = 1536


def H(label: str, *parts: bytes) -> bytes:
    """Framed SHA-256."""
    return hashlib.sha256(frame(label) + b"".join(parts)).digest()


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    """Unframed HMAC-SHA-256: for the chain step (SPEC 10.3) and as the base of the rest."""
    return hmac.digest(key, data, "sha256")


def mac(key: bytes, label: str, *parts: bytes) -> bytes:
    """Framed HMAC-SHA-256."""
    return hmac_sha256(key, frame(label) + b"".join(parts))


def equal(a: bytes, b: bytes) -> bool:
    """Comparison in time that does not depend on the contents."""
    return hmac.compare_digest(a, b)


def extract(salt: bytes, ikm: bytes) -> bytes:
    """HKDF-Extract (RFC 5869)."""
    return hmac_sha256(salt, ikm)


def expand(prk: bytes, label: str, n: int, *parts: bytes) -> bytes:
    """HKDF-Expand (RFC 5869) with a framed info of `label` and `parts`."""
    info = frame(label) + b"".join(parts)
    output, block, counter = b"", b"", 1
    while len(output) < n:
        block = hmac_sha256(prk, block + info + bytes([counter]))
        output += block
        counter += 1
    return output[:n]


# Ed25519 (SPEC 3.2)


@lru_cache(maxsize=4096)
def ed25519_public(seed: bytes) -> bytes:
    """The public key of a 32-byte private key."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, label: str, *parts: bytes) -> bytes:
    """Framed, deterministic signature."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(frame(label) + b"".join(parts))


def verify(public_key: bytes, label: str, signature: bytes, *parts: bytes) -> bool:
    """Strict verification of a framed signature (R-PRM-2)."""
    return _verify_strict(public_key, frame(label) + b"".join(parts), signature)


@lru_cache(maxsize=16384)
def _verify_strict(public_key: bytes, message: bytes, signature: bytes) -> bool:
    point, scalar = signature[:32], signature[32:]
    if int.from_bytes(scalar, "little") >= ED25519_ORDER:
        return False
    if not (_good_point(public_key) and _good_point(point)):
        return False
    try:
        # The library checks the cofactorless equation, by comparing encodings of R.
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _good_point(encoding: bytes) -> bool:
    """Is `encoding` canonical, as far as its y goes, and not of small order?

    An x of zero with the sign bit set, the other way to be non-canonical, occurs with
    y = 1 and y = -1 only, and those encodings are in the list of small order.
    """
    y = int.from_bytes(encoding, "little") & (2**255 - 1)
    return y < FIELD_PRIME and encoding not in ED25519_SMALL_ORDER


# X25519 (SPEC 3.3)


def check_public_key(public: bytes) -> None:
    """R-PRM-3: canonical, and not of small order; done where a key is decoded."""
    if int.from_bytes(public, "little") >= FIELD_PRIME or public in X25519_SMALL_ORDER:
        fail("BadKey")


def check_subgroup(public: bytes) -> None:
    """R-PRM-4: on the curve, in the subgroup of prime order; done where a key is verified."""
    if not in_prime_subgroup(public):
        fail("BadKey")


@lru_cache(maxsize=16384)
def x25519_public(private: bytes) -> bytes:
    """The public key of a 32-byte private key."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def agree(private: bytes, public: bytes) -> bytes:
    """X25519; an output of 32 zero bytes is `BadKey` (R-PRM-5)."""
    try:
        return X25519PrivateKey.from_private_bytes(private).exchange(
            X25519PublicKey.from_public_bytes(public)
        )
    except ValueError:  # the library's own refusal of the all-zero output
        fail("BadKey")


# ML-KEM-1024 (SPEC 3.4)


@lru_cache(maxsize=4096)
def kem_keypair(seed: bytes) -> bytes:
    """The encapsulation key of a 64-byte seed `d || z`."""
    return MLKEM1024PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()


@lru_cache(maxsize=4096)
def _kem_modulus_good(public: bytes) -> bool:
    vector = public[:KEM_VECTOR_BYTES]
    for i in range(0, len(vector), 3):
        pair = int.from_bytes(vector[i : i + 3], "little")
        if pair & 0xFFF >= KEM_MODULUS or pair >> 12 >= KEM_MODULUS:
            return False
    return True


def kem_check(public: bytes) -> None:
    """The modulus check of FIPS 203 section 7.2 (R-PRM-6)."""
    if not _kem_modulus_good(public):
        fail("BadKey")


@lru_cache(maxsize=1024)
def kem_encapsulate(public: bytes, m: bytes) -> tuple[bytes, bytes]:
    """`(ciphertext, shared secret)` for the 32 random bytes `m`."""
    kem_check(public)
    secret, ciphertext = ML_KEM_1024._encaps_internal(public, m)
    return ciphertext, secret


@lru_cache(maxsize=1024)
def kem_decapsulate(seed: bytes, ciphertext: bytes) -> bytes:
    """The shared secret; a wrong ciphertext yields another one (implicit rejection)."""
    return MLKEM1024PrivateKey.from_seed_bytes(seed).decapsulate(ciphertext)


# AES-256-GCM (SPEC 3.5)


def seal(key: bytes, nonce: bytes, ad: bytes, plaintext: bytes) -> bytes:
    """Ciphertext with its 16-byte tag after it."""
    return AESGCM(key).encrypt(nonce, plaintext, ad)


def open_(key: bytes, nonce: bytes, ad: bytes, sealed: bytes) -> bytes | None:
    """The plaintext, or `None` if it does not open."""
    if len(sealed) < 16:
        return None
    try:
        return AESGCM(key).decrypt(nonce, sealed, ad)
    except InvalidTag:
        return None
