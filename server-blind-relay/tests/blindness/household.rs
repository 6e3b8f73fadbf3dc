//! People with real sessions. They seal what a relay moves, and every secret that they make is noted.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};
use twotick_protocol::{
    Account, AccountKeyPair, Conversation, Device, DeviceKeys, Outgoing, PeerDevice, Prekeys,
    ReceivedContent, Secret, Sender, Staged, Transition, VerifiedBundle, VerifiedCertificate,
    capability_hash, conversation_id, make_receipt, receive, send,
};
use twotick_wire::frame::{
    Capability, Certificates, ChangeCapabilities, Ephemeral, Grant, MessageTo, Opaque, PublishList,
    PublishPrekeys, ReceiptFor, RequestId, TakePrekeys,
};
use twotick_wire::{
    AccountId, ConversationId, DeviceId, DeviceList, Envelope, MessageId, PrekeyBundle, ReceiptState,
    UnixTime,
};

use crate::letter::Letter;
use crate::watched::Watched;

/// People with two devices each, all of whom write to all others.
pub(crate) struct Household {
    pub(crate) members: Vec<Member>,
    pub(crate) accounts: Vec<Owner>,
    now: UnixTime,
    watched: Watched,
    /// Draws what is no secret, and what people write.
    plain: ChaCha20Rng,
    pub(crate) contents: Vec<Vec<u8>>,
    public: BTreeSet<[u8; 16]>,
}

/// An account as everybody trusts it, and what its owner has.
pub(crate) struct Owner {
    seed: [u8; 32],
    pub(crate) trusted: Account,
    list: DeviceList,
    pub(crate) capability: Capability,
}

/// A device.
pub(crate) struct Member {
    pub(crate) owner: usize,
    pub(crate) device: Device,
    prekeys: Prekeys,
    peers: BTreeMap<DeviceId, PeerDevice>,
    conversations: BTreeMap<ConversationId, Conversation>,
}

impl Household {
    pub(crate) fn seeded(seed: u64, accounts: usize, now: UnixTime) -> Self {
        let mut household = Self {
            members: vec![],
            accounts: vec![],
            now,
            watched: Watched {
                inner: ChaCha20Rng::seed_from_u64(seed),
                draws: vec![],
            },
            plain: ChaCha20Rng::seed_from_u64(seed ^ u64::MAX),
            contents: vec![],
            public: BTreeSet::new(),
        };
        (0..accounts).for_each(|_| household.add_account());
        let certificates: Vec<_> = household
            .members
            .iter()
            .map(|member| member.device.certificate().clone())
            .collect();
        for member in &mut household.members {
            for certificate in &certificates {
                let verified = VerifiedCertificate::verify(certificate.clone(), now).expect("a certificate");
                if verified.device_id() != member.device.device_id() {
                    member
                        .peers
                        .insert(verified.device_id(), PeerDevice::new(&verified));
                }
            }
        }
        household
    }

    fn add_account(&mut self) {
        let (rng, now) = (&mut self.watched, self.now);
        let mut seed = [0; 32];
        rng.inner.fill_bytes(&mut seed);
        let key = AccountKeyPair::from_seed(Secret::from_bytes(seed));
        let mut devices: Vec<_> = (0..2)
            .map(|_| DeviceKeys::generate(rng).certify(&key, now))
            .collect();
        devices.sort_by_key(Device::device_id);
        let first = key
            .sign_first_list(devices[0].certificate(), now)
            .expect("its own");
        let list = key
            .sign_next_list(&first, &[devices[1].certificate()], &[], now)
            .expect("room");
        let mut capability = [0; 16];
        self.plain.fill_bytes(&mut capability);
        for device in devices {
            self.public.insert(device.device_id().to_bytes());
            self.members.push(Member {
                owner: self.accounts.len(),
                device,
                prekeys: Prekeys::new(),
                peers: BTreeMap::new(),
                conversations: BTreeMap::new(),
            });
        }
        self.accounts.push(Owner {
            seed,
            trusted: Account::trust(key.account_id(), list.clone(), now).expect("a list"),
            list,
            capability: Capability::new(capability),
        });
    }

    pub(crate) fn id(&self, owner: usize) -> AccountId {
        self.accounts[owner].trusted.account_id()
    }

    fn owner_of(&self, device: &DeviceId) -> usize {
        self.members[self.place_of(device)].owner
    }

    pub(crate) fn place_of(&self, device: &DeviceId) -> usize {
        self.members
            .iter()
            .position(|member| member.device.device_id() == *device)
            .expect("a device")
    }

    pub(crate) fn devices_of(&self, owner: usize) -> Vec<DeviceId> {
        let of = self.members.iter().filter(|member| member.owner == owner);
        of.map(|member| member.device.device_id()).collect()
    }

    pub(crate) fn publish_list(&self, owner: usize) -> Vec<u8> {
        let of = self.members.iter().filter(|member| member.owner == owner);
        let certificates: Vec<_> = of.map(|member| member.device.certificate().encode()).collect();
        PublishList {
            request: RequestId::new(2),
            list: Opaque::new(&self.accounts[owner].list.encode()),
            certificates: Certificates::new(&certificates),
        }
        .encode()
    }

    pub(crate) fn grant(&self, owner: usize) -> Vec<u8> {
        let hash = capability_hash(self.accounts[owner].capability.as_bytes());
        let granted = vec![Grant {
            hash,
            is_single: false,
            envelopes: 0,
            expires: UnixTime::new(0),
        }];
        ChangeCapabilities {
            request: RequestId::new(3),
            revoked: vec![],
            granted,
        }
        .encode()
    }

    pub(crate) fn publish_prekeys(&mut self, member: usize) -> Vec<u8> {
        let Member { prekeys, device, .. } = &mut self.members[member];
        let published = commit(
            prekeys
                .generate(device, true, 10, self.now, &mut self.watched)
                .expect("prekeys"),
        );
        PublishPrekeys {
            request: RequestId::new(4),
            signed_prekey: published.signed,
            one_time_prekeys: published.one_time,
        }
        .encode()
    }

    /// Asks for bundles of all devices of an account that come later than this one.
    pub(crate) fn take_prekeys(&self, member: usize, owner: usize) -> Option<Vec<u8>> {
        let later = self
            .members
            .iter()
            .skip(member + 1)
            .filter(|other| other.owner == owner);
        let devices: Vec<_> = later.map(|other| other.device.device_id()).collect();
        let is_own = self.members[member].owner == owner;
        let frame = TakePrekeys {
            request: RequestId::new(5),
            account: self.id(owner),
            capability: if is_own {
                Capability::NONE
            } else {
                self.accounts[owner].capability
            },
            devices,
        };
        (!frame.devices.is_empty()).then(|| frame.encode())
    }

    pub(crate) fn initiate(&mut self, member: usize, bundle: &[u8]) {
        let bundle = PrekeyBundle::decode(bundle).expect("a bundle");
        let wanted = bundle.certificate.device_id;
        let account = &self.accounts[self.owner_of(&wanted)].trusted;
        let Member { device, peers, .. } = &mut self.members[member];
        let bundle =
            VerifiedBundle::verify(bundle, wanted, account, device, self.now).expect("a good bundle");
        let peer = peers.get_mut(&wanted).expect("a peer");
        commit(
            peer.initiate(device, account, &bundle, self.now, &mut self.watched)
                .expect("a session"),
        );
    }

    /// Seals something new, with a marker in it, for all devices of an account and one's own.
    pub(crate) fn write(&mut self, request: u32, from: usize, to: usize, length: usize) -> Letter {
        let mut content = vec![0; length];
        self.plain.fill_bytes(&mut content);
        self.contents.push(content.clone());
        let Member {
            owner,
            device,
            peers,
            conversations,
            ..
        } = &mut self.members[from];
        let (own, recipient) = (&self.accounts[*owner], &self.accounts[to]);
        let id = conversation_id(&own.trusted.account_id(), &recipient.trusted.account_id());
        let sender = Sender {
            us: device,
            own: &own.trusted,
            recipient: &recipient.trusted,
        };
        let outgoing = Outgoing {
            content: &content,
            receipts: true,
            sent_at: 1,
        };
        let wanted = |account: AccountId| {
            account == own.trusted.account_id() || account == recipient.trusted.account_id()
        };
        let peers = peers
            .values_mut()
            .filter(|peer| wanted(peer.account_id()))
            .collect();
        let conversation = conversations.entry(id).or_insert_with(|| Conversation::new(id));
        let staged = send(
            &sender,
            conversation,
            peers,
            &outgoing,
            self.now,
            &mut self.watched,
        );
        let sent = commit(staged.expect("a sealed message"));
        self.public.insert(sent.message_id.to_bytes());
        Letter::of(request, &sent, (own, recipient), &mut self.plain)
    }

    /// Opens an envelope; what was written in it must be what somebody wrote. The receipt, if the message is another's.
    pub(crate) fn read(&mut self, member: usize, envelope: &[u8]) -> Option<ReceiptFor> {
        let envelope = Envelope::decode(envelope).expect("an envelope");
        let from = self.owner_of(&envelope.from);
        let Member {
            owner,
            device,
            prekeys,
            peers,
            conversations,
        } = &mut self.members[member];
        let (own, sender) = (&self.accounts[*owner], &self.accounts[from]);
        let peer = peers.get_mut(&envelope.from).expect("a peer");
        let accounts = (&own.trusted, &sender.trusted);
        let staged =
            receive(device, accounts, peer, prekeys, &envelope, self.now).expect("a message that opens");
        let id = staged.conversation().expect("a message");
        let conversation = conversations.entry(id).or_insert_with(|| Conversation::new(id));
        let (received, _history) = commit(staged.in_conversation(conversation));
        let (message, is_copy) = match received.content {
            ReceivedContent::Message(message) => (message, false),
            ReceivedContent::SentCopy { message, .. } => (message, true),
            other => panic!("nobody sends {other:?}"),
        };
        assert!(
            self.contents
                .iter()
                .rev()
                .any(|content| content[..] == message.content[..])
        );
        let key = message.message.receipt_key.filter(|_| !is_copy)?;
        let account = own.trusted.account_id();
        let receipt = make_receipt(&key, ReceiptState::Delivered, &envelope.message_id, &account);
        Some(ReceiptFor {
            account: sender.trusted.account_id(),
            capability: sender.capability,
            receipt,
        })
    }

    /// Something shown now or never; sealed bytes as any.
    pub(crate) fn ephemeral(&self, to: usize, sealed: &[u8]) -> Vec<u8> {
        let devices = self.devices_of(to);
        Ephemeral {
            request: RequestId::new(6),
            account: self.id(to),
            capability: self.accounts[to].capability,
            message_id: MessageId::new([0x33; 16]),
            messages: devices
                .iter()
                .map(|to| MessageTo {
                    to: *to,
                    message: Opaque::new(sealed),
                })
                .collect(),
        }
        .encode()
    }

    /// Everything private that was made so far.
    pub(crate) fn secrets(&self) -> Vec<(String, Vec<u8>)> {
        let mut secrets = vec![];
        for owner in &self.accounts {
            secrets.push(("an account's seed".to_owned(), owner.seed.to_vec()));
        }
        for content in &self.contents {
            secrets.push(("a content".to_owned(), content[..32].to_vec()));
        }
        for member in &self.members {
            let ids = member.conversations.keys();
            secrets.extend(ids.map(|id| ("a conversation".to_owned(), id.as_bytes().to_vec())));
            for peer in member.peers.values() {
                secrets.extend(session_keys(peer));
            }
        }
        let is_public =
            |draw: &[u8]| <[u8; 16]>::try_from(draw).is_ok_and(|draw| self.public.contains(&draw));
        let draws = self.watched.draws.iter().filter(|draw| !is_public(draw));
        secrets.extend(draws.map(|draw| (format!("a draw of {} bytes", draw.len()), draw.clone())));
        secrets
    }

    /// Device ids, account ids and message ids: what a log must not name in full.
    pub(crate) fn identifiers(&self) -> Vec<(String, Vec<u8>)> {
        let ids = self
            .public
            .iter()
            .map(|id| ("a device or message id".to_owned(), id.to_vec()));
        let accounts = self.accounts.iter().map(|owner| owner.trusted.account_id());
        ids.chain(accounts.map(|id| ("an account id".to_owned(), id.as_bytes().to_vec())))
            .collect()
    }
}

/// Root keys and what hangs on them.
fn session_keys(peer: &PeerDevice) -> Vec<(String, Vec<u8>)> {
    let variables = peer.inspect();
    let sessions = variables.current.iter().chain(&variables.archived);
    let keys = sessions.flat_map(|session| {
        let chains = session.sending.iter().chain(&session.receiving);
        let chains = chains.flat_map(|chain| {
            [
                ("a header key", chain.header_key),
                ("a chain key", chain.chain_key),
            ]
        });
        let others = [
            ("a root key", session.root_key),
            ("a next header key", session.next_sending_header_key),
            ("a next header key", session.next_receiving_header_key),
        ];
        let private = session.sending_ratchet_private.map(|key| ("a ratchet key", key));
        others
            .into_iter()
            .chain(chains)
            .chain(private)
            .collect::<Vec<_>>()
    });
    keys.map(|(name, key)| (name.to_owned(), key.to_vec())).collect()
}

/// Stores nothing.
fn commit<X: Transition, T>(staged: Staged<X, T>) -> T {
    let Ok(result) = staged.commit(|_changes| Ok::<(), Infallible>(()));
    result
}
