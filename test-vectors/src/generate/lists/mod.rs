//! `lists`: device lists, what may follow them, whom they admit, and rotation of the account key (SPEC 5.3 to 5.5).

mod admitting;
mod adopting;
mod following;
mod making;
mod rotating;
mod signing;
mod turn;
mod verifying;

use anyhow::Result;

use super::Draft;
use super::sign::{List, list_hash};
use super::workshop::{DAY, Device, NOW, Workshop};
use crate::case::VectorFile;

pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "lists",
        "Device lists: verifying, making and adopting them, the devices they admit, and rotation (SPEC 5.3 to 5.5).",
    );
    let mut workshop = Workshop::new("lists");
    let family = Family::new(&mut workshop);
    verifying::write(&mut draft, &family)?;
    making::write(&mut draft, &family)?;
    adopting::write(&mut draft, &family)?;
    admitting::write(&mut draft, &family)?;
    rotating::write(&mut draft, &family)?;
    following::write(&mut draft, &family)?;
    signing::write(&mut draft, &family)?;
    Ok(draft.finish())
}

/// An account with four devices, ascending by id, and a stranger's with one.
struct Family {
    account: [u8; 32],
    devices: [Device; 4],
    stranger: Device,
    /// Seeds of accounts that this one is rotated to.
    next_accounts: [[u8; 32]; 2],
}

impl Family {
    fn new(workshop: &mut Workshop) -> Self {
        let account = workshop.bytes();
        let mut devices = [(); 4].map(|()| workshop.device(account, NOW));
        devices.sort_by_key(|device| device.device_id);
        let other = workshop.bytes();
        Self {
            account,
            devices,
            stranger: workshop.device(other, NOW),
            next_accounts: [workshop.bytes(), workshop.bytes()],
        }
    }

    /// The list of epoch 1: the first device.
    fn first(&self) -> List {
        List {
            account_seed: self.account,
            epoch: 1,
            previous: [0; 32],
            issued: NOW,
            expires: NOW + 35 * DAY,
            devices: vec![self.devices[0].entry()],
            revoked: Vec::new(),
        }
    }

    /// The list of epoch 5: the first three devices, and two devices revoked.
    fn known(&self) -> List {
        List {
            epoch: 5,
            previous: [0x55; 32],
            devices: self.devices[..3].iter().map(Device::entry).collect(),
            revoked: vec![([1; 16], 3), (self.devices[3].device_id, 5)],
            ..self.first()
        }
        .sorted()
    }

    /// An honest list of epoch 6: the same devices, the same revocations.
    fn successor(&self) -> List {
        let known = self.known();
        List {
            epoch: 6,
            previous: list_hash(&known.signed()),
            ..known
        }
    }
}

impl List {
    /// With devices and revocations in order.
    fn sorted(mut self) -> Self {
        self.devices.sort_unstable();
        self.revoked.sort_unstable();
        self
    }
}
