//! Rotations for contacts to follow.

use serde_json::{Value, json};

use super::super::sign::{List, Rotation, list_hash};
use super::super::workshop::NOW;
use super::Family;

/// A rotation and the list that comes with it.
#[derive(Clone)]
pub(super) struct Turn {
    pub(super) rotation: Rotation,
    pub(super) list: List,
}

impl Turn {
    /// From the account of this list to another key: the same devices, certified anew.
    pub(super) fn after(family: &Family, last: &List, new_seed: [u8; 32]) -> Self {
        let last_list_hash = list_hash(&last.signed());
        let certified = family.devices[..3]
            .iter()
            .map(|device| device.under(new_seed).entry());
        Self {
            rotation: Rotation {
                old_seed: last.account_seed,
                new_seed,
                last_epoch: last.epoch,
                last_list_hash,
                issued: NOW,
            },
            list: List {
                account_seed: new_seed,
                epoch: last.epoch + 1,
                previous: last_list_hash,
                devices: certified.collect(),
                ..last.clone()
            },
        }
    }

    /// With another last epoch, and a list that fits it.
    pub(super) fn at(mut self, last_epoch: u32, last_list_hash: [u8; 32]) -> Self {
        (self.rotation.last_epoch, self.rotation.last_list_hash) = (last_epoch, last_list_hash);
        (self.list.epoch, self.list.previous) = (last_epoch + 1, last_list_hash);
        self
    }

    fn json(&self) -> Value {
        json!({ "rotation": hex::encode(self.rotation.signed()), "list": hex::encode(self.list.signed()) })
    }
}

/// `rotation.follow`.
pub(super) fn follow(known: &List, followed: &[&Turn], turn: &Turn) -> Value {
    json!({
        "op": "rotation.follow",
        "known": hex::encode(known.signed()),
        "followed": followed.iter().map(|turn| turn.json()).collect::<Vec<_>>(),
        "rotation": hex::encode(turn.rotation.signed()),
        "list": hex::encode(turn.list.signed()),
        "now": NOW,
    })
}
