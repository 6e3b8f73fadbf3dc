//! A device that sends, opens, stores what changed, and can be restarted from what it stored.

use rand_chacha::ChaCha20Rng;
use twotick_protocol::{
    Account, Conversation, Device, Outgoing, PeerDevice, Prekeys, ReceiveError, Received, ReceivedContent,
    Record, RecordKind, SendError, Sender, Sent, SessionStatus, VerifiedBundle, VerifiedCertificate,
    conversation_id, receive, send,
};
use twotick_wire::{Envelope, PrekeyBundle, UnixTime};

use super::people::{Person, Records, START};

/// Whether the store takes the changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Store {
    Works,
    Dies,
}

/// A device and its view of the other.
pub(super) struct Party {
    device: Device,
    own: Account,
    other: Account,
    certificate: VerifiedCertificate,
    prekeys: Prekeys,
    peer: PeerDevice,
    conversation: Conversation,
    pub(super) records: Records,
    published: Person,
}

impl Party {
    pub(super) fn new(us: &Person, them: &Person) -> Self {
        let (own, other) = (us.account(), them.account());
        let certificate = them.bundle.certificate.clone();
        let certificate = VerifiedCertificate::verify(certificate, START).expect("a good certificate");
        let mut party = Self {
            device: us.device(),
            prekeys: Prekeys::new(),
            peer: PeerDevice::new(&certificate),
            conversation: Conversation::new(conversation_id(&own.account_id(), &other.account_id())),
            own,
            other,
            certificate,
            records: us.records.clone(),
            published: us.clone(),
        };
        party.load_prekeys();
        party
    }

    fn load_prekeys(&mut self) {
        self.prekeys = Prekeys::new();
        for kind in [
            RecordKind::SignedPrekey,
            RecordKind::OneTimePrekey,
            RecordKind::ReplayEntry,
        ] {
            for (key, value) in self.records.of(kind) {
                self.prekeys.load(key, value).expect("a record we stored");
            }
        }
    }

    /// Everything that is state: what is stored, and what is live.
    pub(super) fn state(&self) -> (Records, Vec<u8>, Vec<u8>, usize) {
        let [peer, conversation] = [self.peer.encode().to_vec(), self.conversation.encode().to_vec()];
        (
            self.records.clone(),
            peer,
            conversation,
            self.prekeys.one_time_count(),
        )
    }

    /// Forgets what is live and reads what was stored: nothing may differ.
    pub(super) fn restart(&mut self) {
        let before = self.state();
        for (_, value) in self.records.of(RecordKind::PeerDevice) {
            self.peer = PeerDevice::decode(value).expect("a record we stored");
        }
        for (_, value) in self.records.of(RecordKind::Conversation) {
            self.conversation = Conversation::decode(value).expect("a record we stored");
        }
        self.load_prekeys();
        self.device = Device::decode(&self.device.encode()).expect("our own record");
        assert_eq!(self.state(), before, "a restart changed the state");
    }

    /// A bundle as a relay hands it out: each one-time prekey once, then none.
    pub(super) fn take_bundle(&mut self) -> PrekeyBundle {
        let one_time_prekey = self.published.one_time.pop();
        PrekeyBundle {
            one_time_prekey,
            ..self.published.bundle.clone()
        }
    }

    pub(super) fn needs_bundle(&self, now: UnixTime) -> bool {
        matches!(
            self.peer.status(now),
            SessionStatus::None | SessionStatus::Expired
        )
    }

    pub(super) fn initiate(&mut self, bundle: PrekeyBundle, now: UnixTime, rng: &mut ChaCha20Rng) {
        let id = self.certificate.device_id();
        let bundle =
            VerifiedBundle::verify(bundle, id, &self.other, &self.device, now).expect("a good bundle");
        let staged = self.peer.initiate(&self.device, &self.other, &bundle, now, rng);
        self.records.commit(staged.expect("a good bundle"));
    }

    /// Seals `content`; `None` if the store died.
    pub(super) fn say(
        &mut self,
        content: &[u8],
        now: UnixTime,
        rng: &mut ChaCha20Rng,
        store: Store,
    ) -> Result<Option<Sent>, SendError> {
        let sender = Sender {
            us: &self.device,
            own: &self.own,
            recipient: &self.other,
        };
        let outgoing = Outgoing {
            content,
            receipts: true,
            sent_at: 0,
        };
        let staged = send(
            &sender,
            &mut self.conversation,
            vec![&mut self.peer],
            &outgoing,
            now,
            rng,
        )?;
        Ok((store == Store::Works).then(|| self.records.commit(staged)))
    }

    /// Opens, and stores what changed; on failure nothing has.
    pub(super) fn open(&mut self, envelope: &Envelope<'_>, now: UnixTime) -> Result<Vec<u8>, ReceiveError> {
        let before = self.state();
        let accounts = (&self.own, &self.other);
        let staged = receive(
            &self.device,
            accounts,
            &mut self.peer,
            &mut self.prekeys,
            envelope,
            now,
        );
        match staged {
            Ok(staged) => {
                let (received, report) = self
                    .records
                    .commit(staged.in_conversation(&mut self.conversation));
                let report = report.expect("the message has a place in this conversation");
                assert!(!report.duplicate, "it opened, so it is new");
                Ok(content(received))
            }
            Err(error) => {
                assert_eq!(self.state(), before, "{error} changed the state");
                Err(error)
            }
        }
    }
}

fn content(received: Received) -> Vec<u8> {
    match received.content {
        ReceivedContent::Message(message) => message.content.to_vec(),
        other => panic!("only messages were sent: {other:?}"),
    }
}
