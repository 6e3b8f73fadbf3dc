"""What both roles of linking compute alike (SPEC 6.2, 6.3)."""

from dataclasses import dataclass

from .codec import u8
from .crypto import H, equal, expand, extract, frame, mac, open_, seal
from .errors import fail
from .objects import LinkCommitment, LinkHello, LinkNonce, LinkOffer, LinkReveal, LinkSealed

REQUEST, PROPOSAL, ACCEPTANCE, COMPLETION = 1, 2, 3, 4
STEPS_OF_NEW = (REQUEST, ACCEPTANCE)


def hello_mac(offer: LinkOffer, ephemeral: bytes) -> bytes:
    """The proof that the new device saw the offer."""
    return mac(offer.secret, "mac/link", offer.account_id, ephemeral)


def commitment_to(ephemeral: bytes, nonce: bytes) -> bytes:
    """What the existing device binds itself to before it learns the other nonce."""
    return H("hash/link-commitment", ephemeral, nonce)


@dataclass(frozen=True)
class Channel:
    """Transcript, digits and keys of one attempt."""

    transcript: bytes
    digits: str
    prk: bytes
    key_new: bytes
    key_existing: bytes

    @classmethod
    def derive(
        cls,
        offer: LinkOffer,
        hello: LinkHello,
        commitment: LinkCommitment,
        nonce: LinkNonce,
        reveal: LinkReveal,
        shared: bytes,
    ) -> "Channel":
        """`shared` is X25519(e_n, e_p)."""
        messages = (offer, hello, commitment, nonce, reveal)
        transcript = H("hash/link-transcript", *(message.encode() for message in messages))
        number = int.from_bytes(H("hash/link-digits", transcript)[:8], "big") % 1_000_000
        prk = extract(offer.secret, shared)
        keys = expand(prk, "derive/link", 64, transcript)
        return cls(transcript, f"{number:06}", prk, keys[:32], keys[32:])

    def check_digits(self, typed: str) -> None:
        """R-LNK-3: spaces are ignored."""
        if not equal(typed.replace(" ", "").encode(), self.digits.encode()):
            fail("LinkDigitsDiffer")

    def seal(self, step: int, plaintext: bytes) -> bytes:
        """A LinkSealed, encoded."""
        sealed = seal(self._key(step), _nonce(step), _associated_data(step), plaintext)
        return LinkSealed(step, sealed).encode()

    def open(self, step: int, encoded: bytes) -> bytes:
        """The plaintext of the step that is due; `LinkRefused` if it is another."""
        message = LinkSealed.decode(encoded)
        if message.step != step:
            fail("LinkRefused")
        ad = _associated_data(step)
        plaintext = open_(self._key(step), _nonce(step), ad, message.sealed)
        if plaintext is None:
            fail("LinkRefused")
        return plaintext

    def _key(self, step: int) -> bytes:
        return self.key_new if step in STEPS_OF_NEW else self.key_existing


def _nonce(step: int) -> bytes:
    return bytes(11) + u8(step)


def _associated_data(step: int) -> bytes:
    return frame("seal/link") + u8(LinkSealed.OBJECT) + u8(1) + u8(step)
