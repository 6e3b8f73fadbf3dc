"""Curve constants of SPEC 3.2 and 3.3, and the subgroup check of R-PRM-4."""

from functools import lru_cache

FIELD_PRIME = 2**255 - 19
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
MONTGOMERY_A = 486662

ED25519_SMALL_ORDER = frozenset(
    bytes.fromhex(encoding)
    for encoding in """
    0100000000000000000000000000000000000000000000000000000000000000
    ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
    0000000000000000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000080
    c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a
    c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa
    26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05
    26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85
    0100000000000000000000000000000000000000000000000000000000000080
    ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
    eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
    eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
    edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
    edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
    """.split()
)

X25519_SMALL_ORDER = frozenset(
    [
        (0).to_bytes(32, "little"),
        (1).to_bytes(32, "little"),
        (2**255 - 20).to_bytes(32, "little"),
        bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    ]
)


@lru_cache(maxsize=16384)
def in_prime_subgroup(public: bytes) -> bool:
    """Is the X25519 key on the curve (not its twist), and of the prime order?

    SPEC suggests to go by way of an Edwards point. The same question is asked here on the
    Montgomery curve itself: `v^2 = u^3 + A u^2 + u` must have a solution, and the ladder
    must take `u` to the point at infinity (Z = 0) in ED25519_ORDER steps.
    """
    p = FIELD_PRIME
    u = int.from_bytes(public, "little")
    right_side = u * (u * u + MONTGOMERY_A * u + 1) % p
    if pow(right_side, (p - 1) // 2, p) != 1:
        return False
    return _ladder_denominator(ED25519_ORDER, u) == 0


def _ladder_denominator(scalar: int, u: int) -> int:
    """The Z coordinate of `[scalar](u)`: the Montgomery ladder of RFC 7748, no clamping."""
    p = FIELD_PRIME
    x2, z2, x3, z3 = 1, 0, u, 1
    for bit in bin(scalar)[2:]:
        if bit == "1":
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b = x2 + z2, x2 - z2
        aa, bb = a * a % p, b * b % p
        e = aa - bb
        da, cb = (x3 - z3) * a % p, (x3 + z3) * b % p
        x3, z3 = (da + cb) ** 2 % p, u * (da - cb) ** 2 % p
        x2, z2 = aa * bb % p, e * (aa + (MONTGOMERY_A - 2) // 4 * e) % p
        if bit == "1":
            x2, z2, x3, z3 = x3, z3, x2, z2
    return z2
