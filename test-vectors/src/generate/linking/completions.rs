//! Completions: what the new device verifies before it is linked (R-LNK-4).

use anyhow::{Context, Result};
use twotick_wire::ErrorCode::{
    BadAccountSignature, BadDeviceSignature, DuplicateKey, Expired, LengthOutOfRange, NotInDeviceList,
    TrailingBytes, WrongAccount,
};

use super::super::sign::List;
use super::super::workshop::{DAY, Device, NOW, Workshop, certificate_hash};
use super::super::{About, Draft};
use super::Flow;
use super::sealed::{Refusal, device, listing, sealed_step, sealed_steps};

/// The devices that completions list.
struct Household {
    existing: Device,
    new: Device,
    sibling: Device,
}

impl Household {
    /// The list of the three, and their certificates in its order.
    fn honest(&self) -> (List, Vec<Vec<u8>>) {
        let mut devices = [&self.existing, &self.new, &self.sibling];
        devices.sort_by_key(|device| device.device_id);
        (
            listing(&devices),
            devices.iter().map(|device| device.certificate()).collect(),
        )
    }

    /// The same with another certificate of the sibling, whose hash is listed.
    fn with_sibling(&self, certificate: Vec<u8>) -> (List, Vec<Vec<u8>>) {
        let (mut list, mut certificates) = self.honest();
        for (entry, listed) in list.devices.iter_mut().zip(&mut certificates) {
            if entry.0 == self.sibling.device_id {
                entry.1 = certificate_hash(&certificate);
                listed.clone_from(&certificate);
            }
        }
        (list, certificates)
    }
}

pub(super) fn write(draft: &mut Draft, flow: &Flow) -> Result<()> {
    let household = Household {
        existing: device("existing"),
        new: device("new"),
        sibling: Workshop::new("linking/sibling").device(device("new").account_seed, NOW),
    };
    accepted(draft, flow, &household)?;
    lists(draft, flow, &household)?;
    entries(draft, flow, &household)?;
    siblings(draft, flow, &household)?;
    admitted(draft, flow, &household)
}

fn accepted(draft: &mut Draft, flow: &Flow, household: &Household) -> Result<()> {
    let old = Device {
        created: NOW - 400 * DAY,
        ..household.sibling.clone()
    };
    for (title, (list, certificates)) in [
        ("A device is linked beside others", household.honest()),
        (
            "A sibling whose certificate has ended does not keep a device from being linked",
            household.with_sibling(old.certificate()),
        ),
    ] {
        let about = About {
            title,
            requirements: &["R-LNK-4"],
            world: "accepted",
        };
        let text = completion(&list.signed(), &certificates)?;
        draft.accept(about, |script| {
            let operation = sealed_step(script, flow, 4, &text)?;
            script.ok(operation).map(drop)
        })?;
    }
    Ok(())
}

fn lists(draft: &mut Draft, flow: &Flow, household: &Household) -> Result<()> {
    let (list, certificates) = household.honest();
    let stranger = List {
        account_seed: household.sibling.signing_seed,
        ..list.clone()
    };
    let expired = List {
        issued: NOW - 2 * DAY,
        expires: NOW - 1,
        ..list.clone()
    };
    let mut unsigned = list.signed();
    unsigned[77] ^= 1;
    let text = |list: &[u8]| completion(list, &certificates);
    let refusals = vec![
        Refusal(
            "A completion with a list of another account is refused",
            "another account made and signed the list",
            "R-LNK-4",
            "account-of-completion-and-siblings",
            WrongAccount,
            text(&stranger.signed())?,
        ),
        Refusal(
            "A completion with a list that was changed is refused",
            "the last bit of issued is flipped",
            "R-LNK-4",
            "list-signature",
            BadAccountSignature,
            text(&unsigned)?,
        ),
        Refusal(
            "A completion with a list past its end is refused",
            "the list ended a second ago",
            "R-LNK-4",
            "validity-end",
            Expired,
            text(&expired.signed())?,
        ),
        Refusal(
            "A completion that goes on is refused",
            "a byte follows the last certificate",
            "R-ENC-2",
            "codec-trailing-bytes",
            TrailingBytes,
            [text(&list.signed())?, vec![0]].concat(),
        ),
        Refusal(
            "A completion without certificates is refused",
            "the count of siblings is 0",
            "R-ENC-6",
            "list-devices-minimum",
            LengthOutOfRange,
            completion(&list.signed(), &[])?,
        ),
    ];
    sealed_steps(draft, "accepted", flow, 4, refusals)
}

/// The new device must stand in the list with the certificate it accepted.
fn entries(draft: &mut Draft, flow: &Flow, household: &Household) -> Result<()> {
    let Household {
        existing,
        new,
        sibling,
    } = household;
    let mut without = [existing, sibling];
    without.sort_by_key(|device| device.device_id);
    let others: Vec<_> = without.iter().map(|device| device.certificate()).collect();
    let earlier = Device {
        created: NOW - 1,
        ..new.clone()
    };
    let mut with_earlier = [existing, &earlier, sibling];
    with_earlier.sort_by_key(|device| device.device_id);
    let certificates: Vec<_> = with_earlier.iter().map(|device| device.certificate()).collect();
    let cases = [
        (
            "A completion whose list has no entry of the new device is refused",
            "the list names the other two devices",
            completion(&listing(&without).signed(), &others)?,
        ),
        (
            "A completion whose list has another certificate of the new device is refused",
            "the entry has the hash of a certificate that starts a second earlier",
            completion(&listing(&with_earlier).signed(), &certificates)?,
        ),
    ];
    let refusals = cases.into_iter().map(|(title, defect, text)| {
        Refusal(
            title,
            defect,
            "R-LNK-4",
            "link-completion-own-entry",
            NotInDeviceList,
            text,
        )
    });
    sealed_steps(draft, "accepted", flow, 4, refusals.collect())
}

fn siblings(draft: &mut Draft, flow: &Flow, household: &Household) -> Result<()> {
    let (list, certificates) = household.honest();
    let mut reversed = certificates.clone();
    reversed.reverse();
    let renewed = Device {
        created: NOW - 1,
        ..household.sibling.clone()
    };
    let exchanged = certificates.iter().map(|one| {
        if *one == household.sibling.certificate() {
            renewed.certificate()
        } else {
            one.clone()
        }
    });
    let cases = [
        (
            "A completion without a sibling's certificate is refused",
            "the last certificate is missing",
            "link-completion-siblings",
            completion(&list.signed(), &certificates[..2])?,
        ),
        (
            "A completion with certificates in another order is refused",
            "the certificates stand in descending order",
            "link-completion-siblings",
            completion(&list.signed(), &reversed)?,
        ),
        (
            "A completion with another certificate of a sibling is refused",
            "the sibling's certificate starts a second earlier than the listed one",
            "list-admit-entry",
            completion(&list.signed(), &exchanged.collect::<Vec<_>>())?,
        ),
    ];
    let refusals = cases.into_iter().map(|(title, defect, mutant, text)| {
        Refusal(title, defect, "R-LNK-4", mutant, NotInDeviceList, text)
    });
    sealed_steps(draft, "accepted", flow, 4, refusals.collect())
}

/// The list has the hash of each certificate, and one of them is not to be admitted.
fn admitted(draft: &mut Draft, flow: &Flow, household: &Household) -> Result<()> {
    let sibling = &household.sibling;
    let mut unaccepted = sibling.certificate();
    unaccepted[200] ^= 1;
    let (unaccepted_list, unaccepted) = household.with_sibling(unaccepted);
    let twin = Device {
        signing_seed: household.existing.signing_seed,
        ..sibling.clone()
    };
    let (twin_list, twins) = household.with_sibling(twin.certificate());
    let ours = Device {
        identity_private_key: household.new.identity_private_key,
        ..sibling.clone()
    };
    let (our_list, our_keys) = household.with_sibling(ours.certificate());
    let cases = [
        (
            "A completion with a sibling that accepted nothing is refused",
            "a bit of the sibling's device signature is flipped, and the list has that hash",
            ("certificate-device-signature", BadDeviceSignature),
            completion(&unaccepted_list.signed(), &unaccepted)?,
        ),
        (
            "A completion in which two siblings share a key is refused",
            "a sibling has the existing device's signing key",
            ("list-admit-duplicate-others", DuplicateKey),
            completion(&twin_list.signed(), &twins)?,
        ),
        (
            "A completion in which a sibling has our key is refused",
            "a sibling has the new device's identity key",
            ("list-admit-duplicates", DuplicateKey),
            completion(&our_list.signed(), &our_keys)?,
        ),
    ];
    let refusals = cases
        .into_iter()
        .map(|(title, defect, (mutant, code), text)| Refusal(title, defect, "R-LNK-4", mutant, code, text));
    sealed_steps(draft, "accepted", flow, 4, refusals.collect())
}

/// `u32(len(list)) || list || u16(count) || certificates`.
fn completion(list: &[u8], certificates: &[Vec<u8>]) -> Result<Vec<u8>> {
    let length = u32::try_from(list.len()).context("a list of 2^32 bytes")?;
    let count = u16::try_from(certificates.len()).context("2^16 certificates")?;
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend(list);
    bytes.extend(count.to_be_bytes());
    bytes.extend(certificates.concat());
    Ok(bytes)
}
