//! What the existing device has of its account, and a request or acceptance that does not go with it (R-LNK-4, R-LNK-5).

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{DuplicateKey, InvalidValue, LinkDigitsDiffer, NotInDeviceList, WrongAccount};

use super::super::Draft;
use super::super::formula::text;
use super::super::sign::{List, agreement_key, list_hash};
use super::super::workshop::{Device, Workshop, certificate_hash};
use super::requests::request_of;
use super::sealed::{Refusal, device, listing, sealed_steps};
use super::{Flow, Wrong, about, refuse};

pub(super) fn write(draft: &mut Draft, requested: &Flow, accepted: &Flow) -> Result<()> {
    typed(draft)?;
    let new = device("new");
    let zero = Device {
        device_id: [0; 16],
        ..new.clone()
    };
    let refusal = Refusal(
        "A device id of zero is not linked",
        "the device id is zero",
        "R-LNK-5",
        "link-request-device-zero",
        InvalidValue,
        request_of(&zero, &agreement_key(&new.identity_private_key), 1),
    );
    sealed_steps(draft, "requested", requested, 1, vec![refusal])?;
    let sibling = Workshop::new("linking/accounts").device(new.account_seed, super::NOW);
    begun(draft, &sibling)?;
    changed_since(draft, accepted, &sibling)
}

/// What a person types that is not six digits, or has a space in it.
fn typed(draft: &mut Draft) -> Result<()> {
    let seventh = Wrong {
        title: "A seventh digit typed into the existing device",
        defect: "a digit more",
        kills: "link-digits-six",
        at: 6,
        change: |flow, operation| {
            operation["input"] = json!(format!("{}0", flow.digits));
            Ok(())
        },
        code: LinkDigitsDiffer,
    };
    refuse(draft, &["R-LNK-3"], &seventh)?;
    let title = "A space between the digits that are typed is ignored";
    draft.accept(about(title, &["R-LNK-3"]), |script| {
        let mut flow = Flow::new(script)?;
        flow.run(script, 5)?;
        flow.digits.insert(3, ' ');
        flow.run(script, 7)
    })
}

/// Attempts that began with what no device can be linked to.
fn begun(draft: &mut Draft, sibling: &Device) -> Result<()> {
    let existing = device("existing");
    let stranger = existing.under(sibling.signing_seed);
    let of_stranger = List {
        account_seed: stranger.account_seed,
        devices: vec![stranger.entry()],
        ..listing(&[&existing])
    };
    let mut misnamed = listing(&[&existing]);
    misnamed
        .devices
        .push((sibling.device_id, certificate_hash(&existing.certificate())));
    misnamed.devices.sort_unstable();
    let rows = [
        (
            "A device is not linked to the list of another account",
            "the list is of another account than the offer",
            "link-offer-account",
            WrongAccount,
            of_stranger,
            vec![stranger.certificate()],
        ),
        (
            "A device is not linked where the certificate of a listed device is missing",
            "the sibling's certificate is not there",
            "link-siblings",
            NotInDeviceList,
            listing(&[&existing, sibling]),
            vec![existing.certificate()],
        ),
        (
            "A device is not linked where a listed device has the certificate of another",
            "the entry of the sibling has the hash of the existing device's certificate",
            "link-siblings",
            NotInDeviceList,
            misnamed,
            vec![existing.certificate(), sibling.certificate()],
        ),
    ];
    for (title, defect, mutant, code, list, certificates) in rows {
        draft.reject(about(title, &["R-LNK-5"]), defect, &[mutant], |script| {
            let mut flow = Flow::new(script)?;
            let mut operation = flow.next();
            operation["input"]["list"] = json!(hex::encode(list.signed()));
            operation["input"]["certificates"] = certificates.iter().map(hex::encode).collect();
            let offer = script.ok(operation)?;
            flow.messages.push(text(&offer, "output")?);
            flow.run(script, 7)?;
            script.fails(flow.next(), code)
        })?;
    }
    Ok(())
}

/// The account has another list when the acceptance comes than it had when the attempt began.
fn changed_since(draft: &mut Draft, accepted: &Flow, sibling: &Device) -> Result<()> {
    let (existing, new) = (device("existing"), device("new"));
    let renewed = listing(&[&existing]).signed();
    let third = |devices: &[&Device]| List {
        epoch: 3,
        previous: list_hash(&renewed),
        ..listing(devices)
    };
    let title = "A device is linked to a list that was renewed since the attempt began";
    draft.accept(world(title), |script| {
        script.ok(acceptance(accepted, &renewed)).map(drop)
    })?;
    for (title, defect, mutant, code, list) in [
        (
            "A device that came to be listed since its request is not linked",
            "the newest list has the new device",
            "link-listed-since",
            DuplicateKey,
            third(&[&existing, &new]),
        ),
        (
            "A device is not linked beside one that came to be listed since the request",
            "the newest list has a sibling whose certificate is not there",
            "link-siblings",
            NotInDeviceList,
            third(&[&existing, sibling]),
        ),
    ] {
        draft.reject(world(title), defect, &[mutant], |script| {
            script.fails(acceptance(accepted, &list.signed()), code)
        })?;
    }
    Ok(())
}

fn world(title: &str) -> super::About<'_> {
    super::About {
        title,
        requirements: &["R-LNK-4"],
        world: "accepted",
    }
}

fn acceptance(accepted: &Flow, list: &[u8]) -> Value {
    let mut operation = accepted.next();
    operation["input"] = json!({ "list": hex::encode(list), "acceptance": operation["input"] });
    operation
}
