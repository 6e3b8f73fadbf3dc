//! What is sealed, as it is sent.

use std::collections::BTreeSet;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng as _;
use twotick_protocol::Sent;
use twotick_wire::frame::{AccountSend, Capability, MessageTo, Opaque, RequestId, Send};
use twotick_wire::{DeviceId, Envelope, SendId};

use crate::household::Owner;

/// What one device says to an account and to its own other devices.
pub(crate) struct Letter {
    pub(crate) frame: Vec<u8>,
    pub(crate) to: Vec<DeviceId>,
    /// The last bytes of each sealed message.
    pub(crate) sealed: Vec<Vec<u8>>,
}

impl Letter {
    /// A Send for both accounts.
    pub(crate) fn of(request: u32, sent: &Sent, between: (&Owner, &Owner), plain: &mut ChaCha20Rng) -> Self {
        let envelopes = sent.envelopes.iter();
        let envelopes: Vec<_> = envelopes
            .map(|(_, bytes)| Envelope::decode(bytes).expect("an envelope"))
            .collect();
        let own = between.0.trusted.account_id();
        let parts = BTreeSet::from([own, between.1.trusted.account_id()]);
        let accounts = parts.into_iter().map(|account| {
            let of = if account == own { between.0 } else { between.1 };
            let mut send_id = [0; 16];
            plain.fill_bytes(&mut send_id);
            AccountSend {
                account,
                capability: if account == own {
                    Capability::NONE
                } else {
                    of.capability
                },
                send_id: SendId::new(send_id),
                list: of.trusted.head(),
                is_partial: false,
                messages: messages_to(of, &envelopes),
            }
        });
        let frame = Send {
            request: RequestId::new(request),
            message_id: sent.message_id,
            lifetime: 86_400,
            body: Opaque::new(envelopes[0].body),
            accounts: accounts.collect(),
        };
        let end = |envelope: &Envelope<'_>| envelope.message[envelope.message.len() - 32..].to_vec();
        Self {
            frame: frame.encode(),
            to: envelopes.iter().map(|envelope| envelope.to).collect(),
            sealed: envelopes.iter().map(end).collect(),
        }
    }
}

/// Those of an account's devices, ascending.
fn messages_to<'a>(of: &Owner, envelopes: &[Envelope<'a>]) -> Vec<MessageTo<'a>> {
    let theirs = envelopes
        .iter()
        .filter(|envelope| of.trusted.device_ids().any(|id| id == envelope.to));
    let mut messages: Vec<_> = theirs
        .map(|envelope| MessageTo {
            to: envelope.to,
            message: Opaque::new(envelope.message),
        })
        .collect();
    messages.sort_by_key(|message| message.to);
    messages
}
