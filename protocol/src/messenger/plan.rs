//! Which devices a message goes to (R-MSG-5, R-LST-5).

use alloc::vec::Vec;

use twotick_wire::{DeviceId, UnixTime};

use crate::identity::{Account, Device};
use crate::session::{PeerDevice, SessionStatus};

/// How the sessions at hand differ from the device lists (R-MSG-5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceSetMismatch {
    /// Listed, but there is no session: fetch a bundle and initiate.
    pub missing: Vec<DeviceId>,
    /// Given, but not listed: removed, or never part of it.
    pub removed: Vec<DeviceId>,
}

/// The devices of a message, sorted by what they need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DevicePlan {
    /// There is a session to seal in.
    pub encrypt_to: Vec<DeviceId>,
    /// A bundle has to be fetched first.
    pub need_bundle: Vec<DeviceId>,
    /// Known, but not in the list any more: forget their sessions.
    pub removed: Vec<DeviceId>,
    /// Listed and never met, in a list that has expired: not added (`DeviceListStale`).
    pub withheld: Vec<DeviceId>,
}

/// Plans a message from `us` to `recipient` (and our own other devices) with the peer devices at hand.
pub fn device_plan(
    us: &Device,
    own: &Account,
    recipient: &Account,
    known: &[&PeerDevice],
    now: UnixTime,
) -> DevicePlan {
    let mut plan = DevicePlan::default();
    for (account, device) in targets(us, own, recipient) {
        let peer = known
            .iter()
            .find(|peer| peer.device_id() == device && peer.require_listed(account).is_ok());
        match peer.map(|peer| peer.status(now)) {
            Some(SessionStatus::Ready | SessionStatus::Unanswered) => plan.encrypt_to.push(device),
            _ if account.is_stale(now) && peer.is_none_or(|peer| peer.generation() == 0) => {
                plan.withheld.push(device)
            }
            _ => plan.need_bundle.push(device),
        }
    }
    let listed = |peer: &&&PeerDevice| {
        [own, recipient]
            .iter()
            .any(|account| peer.require_listed(account).is_ok())
            && peer.device_id() != us.device_id()
    };
    plan.removed = known
        .iter()
        .filter(|peer| !listed(peer))
        .map(|peer| peer.device_id())
        .collect();
    plan
}

/// The recipient's devices, ascending, then our own others, ascending: the order of draws in SPEC 11.3.
pub(super) fn targets<'a>(
    us: &Device,
    own: &'a Account,
    recipient: &'a Account,
) -> impl Iterator<Item = (&'a Account, DeviceId)> {
    let ours = us.device_id();
    let to_others = own.account_id() != recipient.account_id();
    let theirs = recipient
        .device_ids()
        .filter(move |_| to_others)
        .map(move |device| (recipient, device));
    theirs
        .chain(own.device_ids().map(move |device| (own, device)))
        .filter(move |(_, device)| *device != ours)
}
