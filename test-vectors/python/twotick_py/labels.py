"""The registry of labels of SPEC 4.1 and their framing (SPEC 3.1)."""

PREFIX = "Twotick/1/"

LABELS = frozenset(
    """
    hash/account hash/certificate hash/device-list hash/signed-prekey hash/one-time-prekey
    hash/kem-key hash/handshake hash/initial-message hash/body hash/content hash/history
    hash/conversation hash/safety-number hash/link-commitment hash/link-transcript hash/link-digits
    hash/link-channel hash/capability
    sign/device-certificate sign/device-acceptance sign/device-list sign/rotation-old
    sign/rotation-new sign/signed-prekey sign/one-time-prekey sign/relay-attach
    derive/handshake derive/root derive/salt derive/message derive/body derive/link derive/record
    mac/commitment mac/receipt mac/link
    seal/header seal/message seal/body seal/link seal/record
    """.split()
)


def frame(label: str) -> bytes:
    """`u8(len(label)) || label`; `label` is given without the common prefix."""
    if label not in LABELS:
        raise ValueError(f"no such label: {label}")
    name = (PREFIX + label).encode("ascii")
    return bytes([len(name)]) + name
