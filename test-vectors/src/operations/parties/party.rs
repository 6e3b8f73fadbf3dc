//! The live state of a party.

use std::collections::BTreeMap;

use twotick_protocol::wire::{AccountId, CertificateHash, ConversationId, DeviceId, MessageId};
use twotick_protocol::{
    Account, Conversation, Device, IdentityError, PeerDevice, Prekeys, RecordKey, RecordKind, SentReceipts,
    VerifiedCertificate,
};

use super::stored::Stored;
use crate::answer::Failure;
use crate::arguments::Arguments;
use crate::operations::values::install;

/// Under which account and id a peer device is kept (R-SES-13).
pub(super) type PeerKey = (AccountId, DeviceId);

/// The accounts learnt, by their present ids.
pub(super) type Accounts = BTreeMap<AccountId, Account>;

/// A device with its state. What is not in `stored` is read from there at a restart, or lost.
pub(super) struct Party {
    pub(super) device: Device,
    pub(super) accounts: Accounts,
    pub(super) prekeys: Prekeys,
    pub(super) peers: Peers,
    pub(super) conversations: BTreeMap<ConversationId, Conversation>,
    pub(super) receipts: BTreeMap<(MessageId, AccountId), SentReceipts>,
    pub(super) stored: Stored,
}

/// Peer devices: those with a record, and in memory only those of which nothing has opened yet (R-HS-7).
#[derive(Default)]
pub(super) struct Peers {
    pub(super) met: BTreeMap<PeerKey, PeerDevice>,
    strangers: BTreeMap<PeerKey, (CertificateHash, PeerDevice)>,
}

impl Party {
    /// A device that knows nobody.
    pub(super) fn new(device: Device) -> Self {
        let mut stored = Stored::default();
        stored.put(device.record_key(), &device);
        Self::empty(device, stored)
    }

    fn empty(device: Device, stored: Stored) -> Self {
        Self {
            device,
            accounts: Accounts::new(),
            prekeys: Prekeys::new(),
            peers: Peers::default(),
            conversations: BTreeMap::new(),
            receipts: BTreeMap::new(),
            stored,
        }
    }

    /// Starts from what was stored.
    pub(super) fn load(stored: Stored) -> Result<Self, Failure> {
        let device = stored.records.get(&RecordKey::new(RecordKind::Device, &[]));
        let device = device.ok_or_else(|| Failure::fault("no device is stored"))?;
        let mut party = Self::empty(Device::decode(device)?, stored);
        for (key, value) in &party.stored.records {
            match key.kind() {
                RecordKind::SignedPrekey | RecordKind::OneTimePrekey | RecordKind::ReplayEntry => {
                    party.prekeys.load(key, value)?;
                }
                RecordKind::PeerDevice => {
                    let peer = PeerDevice::decode(value)?;
                    let key = (peer.account_id(), peer.device_id());
                    party.peers.met.insert(key, peer);
                }
                RecordKind::Account => {
                    let account = Account::decode(value)?;
                    party.accounts.insert(account.account_id(), account);
                }
                RecordKind::Conversation => {
                    let conversation = Conversation::decode(value)?;
                    party.conversations.insert(*conversation.id(), conversation);
                }
                RecordKind::ReceiptKey => {
                    let receipts = SentReceipts::decode(value)?;
                    let key = (*receipts.message_id(), *receipts.recipient());
                    party.receipts.insert(key, receipts);
                }
                RecordKind::Device | RecordKind::AccountKey => {}
            }
        }
        Ok(party)
    }
}

impl Peers {
    /// Where the record of a device of this account is: under its id, or under one that it had (R-SES-12).
    pub(super) fn find(&self, account: &Account, device: DeviceId) -> Option<PeerKey> {
        let key = (account.account_id(), device);
        if self.met.contains_key(&key) {
            return Some(key);
        }
        let former = |key: &&PeerKey| key.1 == device && account.succeeds(&key.0);
        self.met.keys().find(former).copied()
    }

    /// Does something to the peer device of a certificate: the one met, which takes the certificate over (R-SES-12),
    /// or a new one. What changes in memory stays only if it succeeds, but failed handshakes are counted (R-HS-7).
    ///
    /// Returns the key of a record that is under a former account, and now to be removed.
    pub(super) fn with_certificate<T>(
        &mut self,
        account: &Account,
        certificate: &VerifiedCertificate,
        act: impl FnOnce(&mut PeerDevice) -> Result<T, Failure>,
    ) -> Result<(T, Option<RecordKey>), Failure> {
        let key = (account.account_id(), certificate.device_id());
        let found = self.find(account, key.1);
        let Some((old, known)) = found.and_then(|old| Some((old, self.met.get_mut(&old)?))) else {
            let output = act(self.stranger(key, certificate))?;
            self.keep(key);
            return Ok((output, None));
        };
        if old == key && known.certificate_hash() == certificate.hash() {
            return Ok((act(known)?, None));
        }
        let mut renewed = known.duplicate()?;
        install(renewed.recertify(certificate, account)?);
        let outcome = act(&mut renewed);
        known.take_handshake_budget(&renewed);
        let output = outcome?;
        let left = (old != key).then(|| known.record_key());
        self.met.remove(&old);
        self.met.insert(key, renewed);
        Ok((output, left))
    }

    fn stranger(&mut self, key: PeerKey, certificate: &VerifiedCertificate) -> &mut PeerDevice {
        let new = || (certificate.hash(), PeerDevice::new(certificate));
        let stranger = self.strangers.entry(key).or_insert_with(new);
        if stranger.0 != certificate.hash() {
            *stranger = new();
        }
        &mut stranger.1
    }

    fn keep(&mut self, key: PeerKey) {
        if let Some((_, peer)) = self.strangers.remove(&key) {
            self.met.insert(key, peer);
        }
    }
}

/// The account of the party itself, whose list it must have learnt.
pub(super) fn own_account<'a>(accounts: &'a Accounts, device: &Device) -> Result<&'a Account, Failure> {
    accounts
        .get(&present_id(accounts, &device.account_id()))
        .ok_or_else(|| Failure::fault("the party has not learnt its own account's list"))
}

/// An account that was learnt, by its present id.
pub(super) fn learnt<'a>(accounts: &'a Accounts, id: &AccountId) -> Result<&'a Account, Failure> {
    if present_id(accounts, id) != *id {
        return Err(IdentityError::AccountRetired.into());
    }
    accounts.get(id).ok_or_else(|| not_learnt(id))
}

/// The id that the account of this id has now, as far as rotations were followed.
pub(super) fn present_id(accounts: &Accounts, id: &AccountId) -> AccountId {
    let successor = || accounts.values().find(|account| account.succeeds(id));
    let known = accounts.get(id).or_else(successor);
    known.map_or(*id, Account::account_id)
}

/// The fault of an account that was not learnt.
pub(super) fn not_learnt(id: &AccountId) -> Failure {
    Failure::fault(format!("account {id} was not learnt"))
}

/// The arguments `account` and `device`.
pub(super) fn peer_argument(arguments: &Arguments<'_>) -> Result<PeerKey, Failure> {
    Ok((arguments.account_id("account")?, arguments.device_id("device")?))
}

/// The peer device of these arguments, which has a record.
pub(super) fn met<'a>(
    accounts: &Accounts,
    peers: &'a mut Peers,
    arguments: &Arguments<'_>,
) -> Result<&'a mut PeerDevice, Failure> {
    let (account, device) = peer_argument(arguments)?;
    let found = peers.find(learnt(accounts, &account)?, device);
    found
        .and_then(|key| peers.met.get_mut(&key))
        .ok_or_else(|| Failure::fault("the peer device was never met"))
}
