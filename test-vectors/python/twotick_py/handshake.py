"""X3DH and ML-KEM-1024 under one transcript hash: SPEC 9.3 and 9.4, from both sides."""

from collections.abc import Collection
from dataclasses import dataclass

from .codec import SUITE, u8, u16, u32
from .crypto import (
    H,
    agree,
    expand,
    extract,
    kem_decapsulate,
    kem_encapsulate,
    kem_keypair,
    x25519_public,
)
from .errors import fail
from .objects import DeviceCertificate, InitialHeader, PrekeyBundle
from .prekeys import PrekeyPrivate
from .randomness import Random

SIGNED_ONLY = 0
ONE_TIME = 1
NO_KEY = bytes(32)
NO_PREKEY = bytes(16)


@dataclass(frozen=True)
class Agreement:
    """Every value of SPEC 9.3 and 9.4; all but the last four are erased after use."""

    mode: int
    dh1: bytes
    dh2: bytes
    dh3: bytes
    dh4: bytes | None
    kem_secret: bytes
    kem_key_hash: bytes
    transcript_hash: bytes
    ikm: bytes
    prk: bytes
    root_key: bytes
    initiator_header_key: bytes
    responder_header_key: bytes
    session_id: bytes


def initiate(
    certificate: DeviceCertificate,
    identity_private: bytes,
    bundle: PrekeyBundle,
    generation: int,
    held: Collection[bytes],
    random: Random,
) -> tuple[Agreement, InitialHeader]:
    """A's half of SPEC 9.3, and what it sends for it. The bundle was verified before."""
    signed, one_time = bundle.signed_prekey, bundle.one_time_prekey
    ephemeral_private = random.take(32)
    ephemeral = x25519_public(ephemeral_private)
    if ephemeral in held:
        fail("RandomnessFailure")
    dh1 = agree(identity_private, signed.diffie_hellman)
    dh2 = agree(ephemeral_private, bundle.certificate.device_identity_key)
    dh3 = agree(ephemeral_private, signed.diffie_hellman)
    dh4 = agree(ephemeral_private, one_time.diffie_hellman) if one_time else None
    kem_key = one_time.kem if one_time else signed.kem
    ciphertext, secret = kem_encapsulate(kem_key, random.take(32))
    header = InitialHeader(
        certificate=certificate,
        generation=generation,
        signed_prekey_id=signed.id,
        one_time_prekey_id=one_time.id if one_time else NO_PREKEY,
        ephemeral=ephemeral,
        kem_ciphertext=ciphertext,
    )
    public = (signed.diffie_hellman, one_time.diffie_hellman if one_time else NO_KEY)
    responder = bundle.certificate
    agreement = _finish((dh1, dh2, dh3, dh4), secret, header, responder, public, kem_key)
    return agreement, header


def respond(
    certificate: DeviceCertificate,
    identity_private: bytes,
    signed: PrekeyPrivate,
    one_time: PrekeyPrivate | None,
    header: InitialHeader,
) -> Agreement:
    """B's half: the same four values with the other halves of the keys."""
    dh1 = agree(signed.private_key, header.certificate.device_identity_key)
    dh2 = agree(identity_private, header.ephemeral)
    dh3 = agree(signed.private_key, header.ephemeral)
    dh4 = agree(one_time.private_key, header.ephemeral) if one_time else None
    kem_seed = one_time.kem_seed if one_time else signed.kem_seed
    secret = kem_decapsulate(kem_seed, header.kem_ciphertext)
    public = (
        x25519_public(signed.private_key),
        x25519_public(one_time.private_key) if one_time else NO_KEY,
    )
    kem_key = kem_keypair(kem_seed)
    return _finish((dh1, dh2, dh3, dh4), secret, header, certificate, public, kem_key)


def _finish(
    dh: tuple[bytes, bytes, bytes, bytes | None],
    kem_secret: bytes,
    header: InitialHeader,
    responder: DeviceCertificate,
    prekeys: tuple[bytes, bytes],
    kem_key: bytes,
) -> Agreement:
    """The transcript hash of 9.3 and the keys of 9.4."""
    mode = ONE_TIME if dh[3] is not None else SIGNED_ONLY
    kem_key_hash = H("hash/kem-key", kem_key)
    transcript_hash = H(
        "hash/handshake",
        u16(SUITE) + u8(mode),
        header.certificate.hash + responder.hash,
        u32(header.generation),
        *prekeys,
        header.ephemeral,
        kem_key_hash,
        header.kem_ciphertext,
    )
    ikm = u8(mode) + b"".join(secret for secret in dh if secret is not None) + kem_secret
    prk = extract(bytes(32), ikm)
    keys = expand(prk, "derive/handshake", 128, transcript_hash)
    return Agreement(
        mode,
        *dh,
        kem_secret,
        kem_key_hash,
        transcript_hash,
        ikm,
        prk,
        keys[0:32],
        keys[32:64],
        keys[64:96],
        keys[96:128],
    )
