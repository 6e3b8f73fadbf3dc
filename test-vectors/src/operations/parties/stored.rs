//! What a party has stored: the last value of each record, and what it may have to send again.

use std::collections::BTreeMap;
use std::convert::Infallible;

use sha2::{Digest, Sha256};
use twotick_protocol::wire::{AccountId, DeviceId, MessageId};
use twotick_protocol::{Change, Record, RecordKey, ResendCopy, ResendParts, Staged, Transition};

/// All that a restart leaves.
#[derive(Clone, Default)]
pub(super) struct Stored {
    /// The records of SPEC 15.2.
    pub(super) records: BTreeMap<RecordKey, Vec<u8>>,
    copies: BTreeMap<MessageId, Copy>,
}

/// The parts of a [`ResendCopy`].
#[derive(Clone)]
struct Copy {
    account: AccountId,
    devices: Vec<DeviceId>,
    recipient: Vec<u8>,
    own: Vec<u8>,
    body: Vec<u8>,
}

impl Stored {
    /// Commits: stores the batch, then releases the result.
    pub(super) fn commit<X: Transition, T>(&mut self, staged: Staged<X, T>) -> T {
        let committed = staged.commit(|changes| {
            changes.for_each(|change| match change {
                Change::Put { key, value } => self.put(key, value),
                Change::Delete { key } => drop(self.records.remove(&key)),
            });
            Ok::<(), Infallible>(())
        });
        match committed {
            Ok(output) => output,
            Err(never) => match never {},
        }
    }

    /// Stores a record that no transition writes.
    pub(super) fn put(&mut self, key: RecordKey, value: &dyn Record) {
        self.records.insert(key, value.encode().to_vec());
    }

    /// Removes a record, if there is one.
    pub(super) fn remove(&mut self, key: Option<&RecordKey>) {
        if let Some(key) = key {
            self.records.remove(key);
        }
    }

    /// Keeps what a resend needs.
    pub(super) fn keep(&mut self, copy: &ResendCopy) {
        let parts = copy.parts();
        let kept = Copy {
            account: parts.account,
            devices: parts.devices.to_vec(),
            recipient: parts.recipient.to_vec(),
            own: parts.own.to_vec(),
            body: parts.body.to_vec(),
        };
        self.copies.insert(parts.message_id, kept);
    }

    /// What was kept of a message.
    pub(super) fn copy(&self, message_id: MessageId) -> Option<ResendCopy> {
        let kept = self.copies.get(&message_id)?;
        Some(ResendCopy::from_parts(&ResendParts {
            message_id,
            account: kept.account,
            devices: &kept.devices,
            recipient: &kept.recipient,
            own: &kept.own,
            body: &kept.body,
        }))
    }

    /// SHA-256 over everything, in order, each part after its length.
    pub(super) fn digest(&self) -> String {
        let mut state = Sha256::new();
        let mut part = |bytes: &[u8]| {
            state.update((bytes.len() as u64).to_be_bytes());
            state.update(bytes);
        };
        for (key, value) in &self.records {
            part(&[key.kind() as u8]);
            part(key.id());
            part(value);
        }
        for (message_id, copy) in &self.copies {
            part(message_id.as_bytes());
            part(copy.account.as_bytes());
            copy.devices.iter().for_each(|device| part(device.as_bytes()));
            [&copy.recipient, &copy.own, &copy.body]
                .into_iter()
                .for_each(|bytes| part(bytes));
        }
        hex::encode(state.finalize())
    }
}
