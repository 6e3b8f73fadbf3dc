"""Prekeys: generating, keeping and verifying them (SPEC 8, 9.5)."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from .crypto import (
    H,
    Random,
    check_subgroup,
    kem_check,
    kem_keypair,
    sign,
    verify,
    x25519_public,
)
from .errors import Fault, fail
from .identity import Account, Device
from .objects import DeviceCertificate, OneTimePrekey, PrekeyBundle, SignedPrekey
from .verification import DAY, SKEW

SIGNED_VALIDITY = 14 * DAY
SIGNED_KEPT = 30 * DAY
SIGNED_VALIDITY_LIMIT = 30 * DAY
MAX_ONE_TIME = 200
MAX_REPLAY_ENTRIES = 65_536
ONE_TIME, SIGNED_ONLY = "one_time", "signed_only"


@dataclass(frozen=True)
class PrekeyPrivate:
    """The private half of a prekey: an X25519 key and a KEM seed, one unit (R-PRE-1)."""

    private_key: bytes
    kem_seed: bytes

    @classmethod
    def generate(cls, held: Collection[bytes], random: Random) -> "PrekeyPrivate":
        """The draws of SPEC 8.1; a key that is held already is refused (R-PRM-9)."""
        pair = cls(private_key=random.take(32), kem_seed=random.take(64))
        if pair.diffie_hellman in held or pair.kem in held:
            fail("RandomnessFailure")
        return pair

    @property
    def diffie_hellman(self) -> bytes:
        return x25519_public(self.private_key)

    @property
    def kem(self) -> bytes:
        return kem_keypair(self.kem_seed)

    @property
    def public_keys(self) -> frozenset[bytes]:
        return frozenset((self.diffie_hellman, self.kem))


@dataclass(frozen=True)
class KeptSignedPrekey:
    """A signed prekey with its private half and its replay set (R-HS-6)."""

    pair: PrekeyPrivate
    not_before: int
    replay_entries: frozenset[bytes] = frozenset()

    def is_erased(self, now: int) -> bool:
        """R-PRE-3: kept for 30 days from `not_before`, the last second included."""
        return now > self.not_before + SIGNED_KEPT


@dataclass(frozen=True)
class Generated:
    """New prekeys to publish. `evicted` are the ids of one-time prekeys that gave way."""

    signed_prekey: SignedPrekey | None
    one_time_prekeys: tuple[OneTimePrekey, ...]
    evicted: tuple[bytes, ...]


def make_signed_prekey(us: Device, pair: PrekeyPrivate, now: int) -> SignedPrekey:
    """SPEC 8.1, valid for 14 days."""
    if now + SIGNED_VALIDITY >= 2**64:
        raise Fault("now is out of range")
    blank = SignedPrekey(pair.diffie_hellman, pair.kem, now, now + SIGNED_VALIDITY, bytes(64))
    signature = sign(
        us.signing_seed, "sign/signed-prekey", us.certificate.hash, blank.signed_bytes
    )
    return replace(blank, signature=signature)


def make_one_time_prekey(us: Device, pair: PrekeyPrivate) -> OneTimePrekey:
    """SPEC 8.2."""
    blank = OneTimePrekey(pair.diffie_hellman, pair.kem, bytes(64))
    signature = sign(
        us.signing_seed, "sign/one-time-prekey", us.certificate.hash, blank.signed_bytes
    )
    return replace(blank, signature=signature)


@dataclass
class PrekeyStore:
    """The private prekeys of a device, by id. Values are never changed in place."""

    signed: dict[bytes, KeptSignedPrekey] = field(default_factory=dict)
    one_time: dict[bytes, PrekeyPrivate] = field(default_factory=dict)

    def public_keys(self) -> set[bytes]:
        """All public keys whose private keys are kept here."""
        kept = [entry.pair for entry in self.signed.values()]
        return {key for pair in (*kept, *self.one_time.values()) for key in pair.public_keys}

    def generate(
        self, us: Device, signed: bool, count: int, now: int, random: Random
    ) -> Generated:
        """New prekeys, the signed one first; their private keys are kept."""
        held = self.public_keys() | us.device_keys
        new_signed, new_one_time = dict(self.signed), dict(self.one_time)
        signed_prekey = None
        if signed:
            pair = PrekeyPrivate.generate(held, random)
            held |= pair.public_keys
            signed_prekey = make_signed_prekey(us, pair, now)
            new_signed[signed_prekey.id] = KeptSignedPrekey(pair, now)
        one_time_prekeys = []
        for _ in range(count):
            pair = PrekeyPrivate.generate(held, random)
            held |= pair.public_keys
            prekey = make_one_time_prekey(us, pair)
            new_one_time[prekey.id] = pair
            one_time_prekeys.append(prekey)
        evicted = tuple(new_one_time)[: max(0, len(new_one_time) - MAX_ONE_TIME)]
        for prekey_id in evicted:
            del new_one_time[prekey_id]
        self.signed, self.one_time = new_signed, new_one_time
        return Generated(signed_prekey, tuple(one_time_prekeys), evicted)

    def signed_pair(self, prekey_id: bytes, now: int) -> PrekeyPrivate:
        """The private half of a signed prekey, while it is kept."""
        kept = self.signed.get(prekey_id)
        if kept is None or kept.is_erased(now):
            fail("UnknownSignedPrekey")
        return kept.pair

    def one_time_pair(self, prekey_id: bytes) -> PrekeyPrivate:
        """The private half of a one-time prekey."""
        pair = self.one_time.get(prekey_id)
        if pair is None:
            fail("UnknownOneTimePrekey")
        return pair

    def check_replay(self, prekey_id: bytes, ephemeral: bytes) -> None:
        """Mode 0: the handshake is new, and there is room to remember it (R-HS-4)."""
        entries = self.signed[prekey_id].replay_entries
        if replay_entry(ephemeral) in entries:
            fail("InitialMessageReplayed")
        if len(entries) >= MAX_REPLAY_ENTRIES:
            fail("ReplaySetFull")

    def remember(self, prekey_id: bytes, ephemeral: bytes) -> None:
        """Mode 0: the handshake was accepted (R-HS-5, R-HS-6)."""
        kept = self.signed[prekey_id]
        entries = kept.replay_entries | {replay_entry(ephemeral)}
        self.signed = self.signed | {prekey_id: replace(kept, replay_entries=entries)}

    def consume(self, prekey_id: bytes) -> None:
        """Mode 1: the one-time prekey was used (R-HS-5)."""
        self.one_time = {key: pair for key, pair in self.one_time.items() if key != prekey_id}

    def expire(self, now: int) -> list[bytes]:
        """Erases old signed prekeys with their replay sets; returns their ids."""
        erased = [key for key, kept in self.signed.items() if kept.is_erased(now)]
        self.signed = {key: kept for key, kept in self.signed.items() if key not in erased}
        return erased


def replay_entry(ephemeral: bytes) -> bytes:
    """R-HS-6."""
    return H("hash/initial-message", ephemeral)[:16]


def verify_bundle(
    bundle: PrekeyBundle,
    wanted: bytes,
    account: Account,
    us: Device,
    now: int,
) -> str:
    """R-PRE-4, in its order; returns the strength (R-PRE-5)."""
    certificate = bundle.certificate
    if certificate.device_id != wanted:
        fail("WrongDevice")
    if certificate.device_id == us.device_id:
        fail("OwnDevice")
    account.admit(certificate, (), us, now)
    _verify_signed_prekey(certificate, bundle.signed_prekey, now)
    if bundle.one_time_prekey is not None:
        _verify_one_time_prekey(certificate, bundle.one_time_prekey)
    _check_keys_distinct(bundle, us.device_identity_key)
    return SIGNED_ONLY if bundle.one_time_prekey is None else ONE_TIME


def _verify_signed_prekey(
    certificate: DeviceCertificate, prekey: SignedPrekey, now: int
) -> None:
    signer = certificate.device_signing_key
    if not verify(
        signer, "sign/signed-prekey", prekey.signature, certificate.hash, prekey.signed_bytes
    ):
        fail("BadPrekeySignature")
    if prekey.not_before > prekey.not_after:
        fail("ValidityTooLong")
    if prekey.not_after - prekey.not_before > SIGNED_VALIDITY_LIMIT:
        fail("ValidityTooLong")
    if prekey.not_before > now + SKEW:
        fail("PrekeyNotYetValid")
    if now > prekey.not_after:
        fail("PrekeyExpired")
    check_subgroup(prekey.diffie_hellman)
    kem_check(prekey.kem)


def _verify_one_time_prekey(certificate: DeviceCertificate, prekey: OneTimePrekey) -> None:
    signer = certificate.device_signing_key
    if not verify(
        signer, "sign/one-time-prekey", prekey.signature, certificate.hash, prekey.signed_bytes
    ):
        fail("BadPrekeySignature")
    check_subgroup(prekey.diffie_hellman)
    kem_check(prekey.kem)


def _check_keys_distinct(bundle: PrekeyBundle, own: bytes) -> None:
    """The last rule of R-PRE-4, of X25519 and KEM keys; `own` is our device identity key."""
    keys = [bundle.certificate.device_identity_key]
    for prekey in (bundle.signed_prekey, bundle.one_time_prekey):
        if prekey is not None:
            keys += [prekey.diffie_hellman, prekey.kem]
    if len({own, *keys}) != 1 + len(keys):
        fail("DuplicateKey")
