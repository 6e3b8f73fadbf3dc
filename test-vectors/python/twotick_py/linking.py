"""The two roles of linking a device, as small state machines (SPEC 6).

Each method is one step; it returns what goes out, and keeps what later steps need. Which
step is due, and that a failed one ends the attempt, is kept by `Links` below.
"""

from dataclasses import replace

from .crypto import Random, agree, check_subgroup, ed25519_public, equal, x25519_public
from .device import accept, account_id_of, certify
from .errors import Fault, ProtocolError, fail
from .identity import Account
from .link_channel import (
    ACCEPTANCE,
    COMPLETION,
    PROPOSAL,
    REQUEST,
    Channel,
    commitment_to,
    hello_mac,
)
from .making import check_own_list, next_list
from .objects import (
    DeviceCertificate,
    DeviceList,
    LinkAcceptance,
    LinkCommitment,
    LinkCompletion,
    LinkHello,
    LinkNonce,
    LinkOffer,
    LinkProposal,
    LinkRequest,
    LinkReveal,
)
from .verification import (
    CERTIFICATE_VALIDITY,
    SKEW,
    check_account_signature,
    check_validity,
    verify_certificate,
    verify_list,
)
from .wire_identity import MAX_DEVICES, check_suites

OFFER_SECONDS = 60
SUITES = 1
CAPABILITIES = 0


class ExistingDevice:
    """The device that holds the account key, and shows the code."""

    def __init__(
        self, account_seed: bytes, device_list: DeviceList, certificates: list[DeviceCertificate]
    ) -> None:
        verify_list(device_list, device_list.issued)
        self.account_seed = account_seed
        self.list = device_list
        self.certificates = certificates

    def offer(self, now: int, random: Random) -> bytes:
        """A fresh secret, good for a minute."""
        expires = now + OFFER_SECONDS
        if expires >= 2**64:
            raise Fault("now is out of range")
        account_id = account_id_of(ed25519_public(self.account_seed))
        self._offer = LinkOffer(random.take(32), account_id, expires)
        return self._offer.encode()

    def take_hello(self, encoded: bytes, now: int, random: Random) -> bytes:
        """R-LNK-1; answers with the commitment (R-LNK-2)."""
        hello = LinkHello.decode(encoded)
        _check_time(self._offer, now)
        if not equal(hello.mac, hello_mac(self._offer, hello.ephemeral)):
            fail("LinkRefused")
        private, nonce = random.take(32), random.take(32)
        self._shared = agree(private, hello.ephemeral)
        self._reveal = LinkReveal(x25519_public(private), nonce)
        self._hello = hello
        self._commitment = LinkCommitment(commitment_to(self._reveal.ephemeral, nonce))
        return self._commitment.encode()

    def take_nonce(self, encoded: bytes) -> tuple[bytes, str]:
        """The reveal, and the digits to show."""
        nonce = LinkNonce.decode(encoded)
        self._channel = Channel.derive(
            self._offer, self._hello, self._commitment, nonce, self._reveal, self._shared
        )
        return self._reveal.encode(), self._channel.digits

    def take_digits(self, typed: str) -> None:
        """The digits that the new device shows."""
        self._channel.check_digits(typed)

    def take_request(self, encoded: bytes, now: int) -> bytes:
        """R-LNK-5; answers with the certificate to be counter-signed."""
        request = LinkRequest.decode(self._channel.open(REQUEST, encoded))
        self._check_request(request)
        certificate = certify(
            self.account_seed,
            request.device_id,
            request.device_signing_key,
            request.device_identity_key,
            now,
            request.suites,
            request.capabilities,
        )
        self._certificate = certificate
        proposal = LinkProposal(certificate.signed_by_device)
        return self._channel.seal(PROPOSAL, proposal.encode())

    def _check_request(self, request: LinkRequest) -> None:
        """What R-LNK-5 asks of a request that decodes, before anything is signed."""
        check_own_list(self.account_seed, self.list)
        siblings = _in_list_order(self.list, self.certificates)
        check_suites(request.suites)
        check_subgroup(request.device_identity_key)
        if not any(request.device_id):
            fail("InvalidValue")
        if self.list.certificate_hash_of(request.device_id) is not None:
            fail("DuplicateKey")
        for listed in siblings:
            if (
                listed.device_signing_key == request.device_signing_key
                or listed.device_identity_key == request.device_identity_key
            ):
                fail("DuplicateKey")
        if any(revocation.device_id == request.device_id for revocation in self.list.revoked):
            fail("DeviceRevoked")
        if len(self.list.devices) >= MAX_DEVICES:
            fail("TooManyDevices")

    def take_newer_list(self, device_list: DeviceList) -> None:
        """The account's newest list, if it has changed since the attempt began."""
        verify_list(device_list, device_list.issued)
        self.list = device_list

    def take_acceptance(
        self, encoded: bytes, now: int
    ) -> tuple[bytes, DeviceList, DeviceCertificate]:
        """Verifies the counter-signature, and makes the list after the newest."""
        acceptance = LinkAcceptance.decode(self._channel.open(ACCEPTANCE, encoded))
        certificate = replace(self._certificate, device_signature=acceptance.device_signature)
        verify_certificate(certificate, now)
        if self.list.certificate_hash_of(certificate.device_id) is not None:
            fail("DuplicateKey")
        device_list = next_list(self.account_seed, self.list, [certificate], [], now)
        siblings = _in_list_order(device_list, [*self.certificates, certificate])
        completion = LinkCompletion(device_list.encode(), tuple(siblings))
        sealed = self._channel.seal(COMPLETION, completion.encode())
        return sealed, device_list, certificate


class NewDevice:
    """The device that has no account yet, and takes in the code."""

    def __init__(self, encoded_offer: bytes, now: int) -> None:
        offer = LinkOffer.decode(encoded_offer)
        _check_time(offer, now)
        self._offer = offer

    def hello(self, random: Random) -> bytes:
        """A fresh key, with the proof that the offer was seen."""
        self._private = random.take(32)
        ephemeral = x25519_public(self._private)
        self._hello = LinkHello(ephemeral, hello_mac(self._offer, ephemeral))
        return self._hello.encode()

    def take_commitment(self, encoded: bytes, random: Random) -> bytes:
        """Keeps the commitment; only now the nonce goes out (R-LNK-2)."""
        commitment, nonce = LinkCommitment.decode(encoded), LinkNonce(random.take(32))
        self._commitment, self._nonce = commitment, nonce
        return self._nonce.encode()

    def take_reveal(self, encoded: bytes) -> str:
        """Checks the commitment; the digits to show."""
        reveal = LinkReveal.decode(encoded)
        if not equal(
            self._commitment.commitment, commitment_to(reveal.ephemeral, reveal.nonce)
        ):
            fail("LinkRefused")
        shared = agree(self._private, reveal.ephemeral)
        self._channel = Channel.derive(
            self._offer, self._hello, self._commitment, self._nonce, reveal, shared
        )
        return self._channel.digits

    def take_digits(
        self, typed: str, device_id: bytes, signing_key: bytes, signing_seed: bytes, identity: bytes
    ) -> bytes:
        """The digits that the existing device shows; answers with the request."""
        self._channel.check_digits(typed)
        self._signing_seed = signing_seed
        self._request = LinkRequest(device_id, signing_key, identity, SUITES, CAPABILITIES)
        return self._channel.seal(REQUEST, self._request.encode())

    def take_proposal(self, encoded: bytes, now: int) -> bytes:
        """R-LNK-4; answers with the counter-signature."""
        proposal = LinkProposal.decode(self._channel.open(PROPOSAL, encoded))
        certificate = DeviceCertificate.decode(
            proposal.certificate_without_device_signature + bytes(64)
        )
        if _request_in(certificate) != self._request:
            fail("LinkRefused")
        if certificate.account_id != self._offer.account_id:
            fail("LinkRefused")
        check_account_signature(certificate)
        check_validity(certificate.created, certificate.expires, CERTIFICATE_VALIDITY, now)
        self._certificate = accept(certificate, self._signing_seed)
        acceptance = LinkAcceptance(self._certificate.device_signature)
        return self._channel.seal(ACCEPTANCE, acceptance.encode())

    def take_completion(self, encoded: bytes, now: int) -> tuple[DeviceList, DeviceCertificate]:
        """The new device is linked once the list and all certificates in it are good."""
        completion = LinkCompletion.decode(self._channel.open(COMPLETION, encoded))
        device_list = DeviceList.decode(completion.device_list)
        if device_list.account_id != self._offer.account_id:
            fail("WrongAccount")
        account = Account.trust(device_list, now)
        own_hash = device_list.certificate_hash_of(self._certificate.device_id)
        if own_hash != self._certificate.hash:
            fail("NotInDeviceList")
        hashes = [sibling.hash for sibling in completion.siblings]
        if hashes != [entry.certificate_hash for entry in device_list.devices]:
            fail("NotInDeviceList")
        admitted: list[DeviceCertificate] = []
        for sibling in completion.siblings:
            try:
                account.admit(sibling, admitted, None, now)
            except ProtocolError as error:
                if error.name != "Expired":
                    raise
            else:
                admitted.append(sibling)
        return device_list, self._certificate


def _check_time(offer: LinkOffer, now: int) -> None:
    """R-LNK-1: the offer has not ended, and does not end later than it can."""
    if offer.expires < now or offer.expires > now + OFFER_SECONDS + SKEW:
        fail("LinkExpired")


def _request_in(certificate: DeviceCertificate) -> LinkRequest:
    """The request that a certificate answers."""
    return LinkRequest(
        certificate.device_id,
        certificate.device_signing_key,
        certificate.device_identity_key,
        certificate.suites,
        certificate.capabilities,
    )


def _in_list_order(
    device_list: DeviceList, certificates: list[DeviceCertificate]
) -> list[DeviceCertificate]:
    """The certificate of every device of the list, in its order."""
    by_entry = {
        (certificate.device_id, certificate.hash): certificate for certificate in certificates
    }
    entries = [(entry.device_id, entry.certificate_hash) for entry in device_list.devices]
    if not all(entry in by_entry for entry in entries):
        fail("NotInDeviceList")
    return [by_entry[entry] for entry in entries]
