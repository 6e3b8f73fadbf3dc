//! Between JSON and the types of the reference.

use std::convert::Infallible;

use serde_json::{Value, json};
use twotick_protocol::{Changes, Secret, Staged, Transition};
use twotick_wire::{
    AccountId, AccountKey, ConversationId, DeviceId, HistoryLink, Label, MessageId, ReceiptState,
    X25519PublicKey,
};

use crate::answer::Failure;
use crate::arguments::Arguments;

/// Bytes as they are written.
pub(super) fn hex(bytes: impl AsRef<[u8]>) -> Value {
    Value::String(hex::encode(bytes))
}

/// A secret as it is written.
pub(super) fn shown<const N: usize>(secret: &Secret<N>) -> Value {
    hex(secret.expose())
}

/// A `u64` that is not a time.
pub(super) fn long(number: u64) -> Value {
    json!(number.to_string())
}

/// The state of a receipt, 0 for none.
pub(super) fn state_number(state: Option<ReceiptState>) -> u8 {
    state.map_or(0, ReceiptState::byte)
}

/// Installs a change that no store keeps.
pub(super) fn install<X: Transition, T>(staged: Staged<X, T>) -> T {
    let stored: Result<T, Infallible> = staged.commit(|_: &Changes<'_>| Ok(()));
    match stored {
        Ok(output) => output,
    }
}

/// Arguments of the types of the reference.
impl Arguments<'_> {
    pub(super) fn secret<const N: usize>(&self, name: &str) -> Result<Secret<N>, Failure> {
        self.array(name).map(Secret::from_bytes)
    }

    pub(super) fn account_id(&self, name: &str) -> Result<AccountId, Failure> {
        self.array(name).map(AccountId::new)
    }

    pub(super) fn account_key(&self, name: &str) -> Result<AccountKey, Failure> {
        self.array(name).map(AccountKey::new)
    }

    pub(super) fn device_id(&self, name: &str) -> Result<DeviceId, Failure> {
        self.array(name).map(DeviceId::new)
    }

    pub(super) fn message_id(&self, name: &str) -> Result<MessageId, Failure> {
        self.array(name).map(MessageId::new)
    }

    pub(super) fn conversation(&self, name: &str) -> Result<ConversationId, Failure> {
        self.array(name).map(ConversationId::new)
    }

    /// History links.
    pub(super) fn links(&self, name: &str) -> Result<Vec<HistoryLink>, Failure> {
        let links = self.byte_list(name)?.into_iter();
        links
            .map(|link| link.try_into().map(HistoryLink::new))
            .collect::<Result<_, _>>()
            .map_err(|_| Failure::fault(format!("argument '{name}' is not a list of 16 bytes each")))
    }

    /// An X25519 key, which is decoded (R-PRM-3).
    pub(super) fn x25519(&self, name: &str) -> Result<X25519PublicKey, Failure> {
        Ok(X25519PublicKey::decode(self.array(name)?)?)
    }

    /// A label of SPEC 4.1, in full.
    pub(super) fn label(&self, name: &str) -> Result<Label, Failure> {
        let text = self.text(name)?;
        let known = Label::ALL
            .iter()
            .find(|label| label.as_bytes() == text.as_bytes());
        known
            .copied()
            .ok_or_else(|| Failure::fault(format!("unknown label '{text}'")))
    }

    /// How far a message got: 0, 1 or 2.
    pub(super) fn receipt_state(&self, name: &str) -> Result<Option<ReceiptState>, Failure> {
        match self.number::<u8>(name)? {
            0 => Ok(None),
            1 => Ok(Some(ReceiptState::Delivered)),
            2 => Ok(Some(ReceiptState::Read)),
            _ => Err(Failure::fault(format!("argument '{name}' is not 0, 1 or 2"))),
        }
    }

    /// The state that a receipt names: 1 or 2.
    pub(super) fn named_state(&self, name: &str) -> Result<ReceiptState, Failure> {
        self.receipt_state(name)?
            .ok_or_else(|| Failure::fault(format!("argument '{name}' is not 1 or 2")))
    }
}
