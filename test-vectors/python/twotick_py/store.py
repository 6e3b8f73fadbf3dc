"""All that a device keeps (SPEC 15.2), and where to find it."""

import copy
from dataclasses import dataclass, field, replace

from .conversation import Conversation, conversation_id
from .device import Device, account_id_of
from .errors import Fault, fail
from .identity import Account
from .objects import DeviceCertificate, DeviceEntry
from .peer import PeerDevice
from .prekeys import PrekeyStore

DAY = 86_400
RECEIPT_KEY_KEPT = 30 * DAY


@dataclass(frozen=True)
class SentMessage:
    """What resending needs: the payload for each device, by account and device id."""

    payloads: dict[tuple[bytes, bytes], bytes]
    body: bytes


@dataclass
class ReceiptKey:
    """The receipt key of a message for one account (R-RCP-3)."""

    key: bytes
    kept_since: int
    reached: int = 0

    def is_over(self, now: int) -> bool:
        return now >= self.kept_since + RECEIPT_KEY_KEPT


@dataclass
class Store:
    """The stored state of one device."""

    device: Device
    accounts: dict[bytes, Account] = field(default_factory=dict)
    prekeys: PrekeyStore = field(default_factory=PrekeyStore)
    peers: dict[tuple[bytes, bytes], PeerDevice] = field(default_factory=dict)
    conversations: dict[bytes, Conversation] = field(default_factory=dict)
    sent: dict[bytes, SentMessage] = field(default_factory=dict)
    receipt_keys: dict[tuple[bytes, bytes], ReceiptKey] = field(default_factory=dict)

    def beside(self) -> "Store":
        """A copy for an operation to work on (R-ERR-1). The device, the sent messages, and what
        accounts and the prekey store hold are never changed in place: they are shared."""
        return replace(
            self,
            accounts={name: copy.copy(account) for name, account in self.accounts.items()},
            prekeys=copy.copy(self.prekeys),
            peers=copy.deepcopy(self.peers),
            conversations=copy.deepcopy(self.conversations),
            sent=dict(self.sent),
            receipt_keys=copy.deepcopy(self.receipt_keys),
        )

    # Accounts

    def own_account(self) -> Account:
        """The account of this device, whose list must be learnt first."""
        account = self.account_with_key(self.device.account_key)
        if account is None:
            raise Fault("the party has not learnt the list of its own account")
        return account

    def account_with_key(self, account_key: bytes) -> Account | None:
        """The account that has this key, or had it before a rotation."""
        for account in self.accounts.values():
            if account.account_key == account_key or account.was(account_key):
                return account
        return None

    def account_ever(self, account_id: bytes) -> Account:
        """The account that has this id, or had it before a rotation."""
        for account in self.accounts.values():
            if account_id in account_ids(account):
                return account
        raise Fault("the party has not learnt this account")

    def account(self, account_id: bytes) -> Account:
        """The account that has this id now."""
        account = self.account_ever(account_id)
        if account.account_id != account_id:
            fail("AccountRetired")
        return account

    def accounts_listing(self, device_id: bytes) -> list[Account]:
        """The accounts whose newest list names a device; more than one if one of them lies."""
        listing = [
            account
            for account in self.accounts.values()
            if account.list.certificate_hash_of(device_id) is not None
        ]
        return sorted(listing, key=lambda account: account.account_id)

    # Peer devices (R-SES-13)

    def peer_of(self, account: Account, device_id: bytes) -> PeerDevice | None:
        """The record of a device under the account's id, or under one it had before (R-SES-12)."""
        for account_id in account_ids(account):
            if (account_id, device_id) in self.peers:
                return self.peers[account_id, device_id]
        return None

    def listed_peer(self, account: Account, entry: DeviceEntry) -> PeerDevice | None:
        """The record of a device, if the certificate it holds is the one that is listed."""
        peer = self.peer_of(account, entry.device_id)
        if peer is not None and peer.certificate.hash == entry.certificate_hash:
            return peer
        return None

    def meet(self, account: Account, certificate: DeviceCertificate, now: int) -> PeerDevice:
        """The record of a device; a certificate that is new to us is verified, once."""
        device_id = certificate.device_id
        peer = self.peer_of(account, device_id)
        if peer is not None and peer.certificate == certificate:
            return peer
        account.admit(certificate, self._other_certificates(account, device_id), self.device, now)
        if peer is None and account.is_expired(now):
            fail("DeviceListStale")
        if peer is None:
            peer = PeerDevice(certificate)
        else:
            peer.renew_certificate(certificate)
            for account_id in account_ids(account):
                self.peers.pop((account_id, device_id), None)
        self.peers[account.account_id, device_id] = peer
        return peer

    def _other_certificates(self, account: Account, device_id: bytes) -> list[DeviceCertificate]:
        """The certificates of the same list that were verified before (R-LST-3)."""
        peers = (
            self.listed_peer(account, entry)
            for entry in account.list.devices
            if entry.device_id != device_id
        )
        return [peer.certificate for peer in peers if peer is not None]

    def held_keys(self) -> set[bytes]:
        """The X25519 public keys that the device holds (R-PRM-9)."""
        keys = self.prekeys.public_keys() | self.device.device_keys
        for peer in self.peers.values():
            keys.add(peer.certificate.device_identity_key)
            for session in peer.sessions():
                keys |= session.public_keys()
        return keys

    # Conversations

    def conversation_id(self, account_id: bytes) -> bytes:
        """The direct conversation of an account and our own."""
        return conversation_id(self.own_account().account_id, account_id)

    def conversation(self, id_: bytes) -> Conversation:
        """SPEC 13.2; a conversation begins when it is first used."""
        return self.conversations.setdefault(id_, Conversation(id_))

    # Age

    def expire(self, now: int) -> None:
        """Erases what is over its age."""
        self.prekeys.expire(now)
        for peer in self.peers.values():
            peer.expire(now)
        self.receipt_keys = {
            name: key for name, key in self.receipt_keys.items() if not key.is_over(now)
        }


def account_ids(account: Account) -> list[bytes]:
    """The id of an account, and those it had before, newest first."""
    earlier = [rotation.old_account_key for rotation in reversed(account.rotations)]
    return [account_id_of(key) for key in (account.account_key, *earlier)]
