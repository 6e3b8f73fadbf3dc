//! `list.adopt`: every row of the table in SPEC 5.3.

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{
    self, BadAccountSignature, BrokenListChain, DeviceListFork, DeviceListRollback, DeviceRevoked, Expired,
    WrongAccount,
};

use super::super::Draft;
use super::super::sign::{List, list_hash};
use super::super::workshop::{DAY, NOW, about, reject};
use super::Family;

pub(super) fn write(draft: &mut Draft, family: &Family) -> Result<()> {
    adopted(draft, family)?;
    given_way(draft, family)?;
    not_verified(draft, family)?;
    epochs(draft, family)?;
    continuity(draft, family)
}

fn adopted(draft: &mut Draft, family: &Family) -> Result<()> {
    let (known, next) = (family.known(), family.successor());
    let title = "The same list again changes nothing";
    draft.accept(about(title, &["R-LST-4"]), |script| {
        script.ok(adopt(&known, &known.signed())).map(drop)
    })?;
    let title = "The next list is adopted";
    draft.accept(about(title, &["R-LST-4"]), |script| {
        script.ok(adopt(&known, &next.signed())).map(drop)
    })?;
    let title = "A list that revokes a device with its own epoch is adopted";
    draft.accept(about(title, &["R-LST-4", "R-LST-7"]), |script| {
        let mut without = next.clone();
        let (device, _) = without.devices.remove(0);
        without.revoked.push((device, 6));
        script.ok(adopt(&known, &without.sorted().signed())).map(drop)
    })?;
    let title = "After epochs that were missed, devices may have gone unseen";
    draft.accept(about(title, &["R-LST-4"]), |script| {
        let mut later = next.clone();
        (later.epoch, later.previous) = (9, [0x99; 32]);
        later.devices.remove(0);
        later.revoked.remove(0);
        script.ok(adopt(&known, &later.signed())).map(drop)
    })?;
    let title = "A list that has expired is followed by a newer one";
    draft.accept(about(title, &["R-LST-4", "R-LST-5"]), |script| {
        let mut old = known.clone();
        (old.issued, old.expires) = (NOW - 90 * DAY, NOW - 60 * DAY);
        let mut next = next.clone();
        next.previous = list_hash(&old.signed());
        script.ok(adopt(&old, &next.signed())).map(drop)
    })
}

/// 64 revocations are known; the next list has 64 others of which one is new.
fn given_way(draft: &mut Draft, family: &Family) -> Result<()> {
    let mut known = family.known();
    known.revoked = (1..=64).map(|number| ([number; 16], 3)).collect();
    known
        .devices
        .retain(|(id, _)| known.revoked.iter().all(|(revoked, _)| revoked != id));
    let mut next = known.clone();
    (next.epoch, next.previous) = (6, list_hash(&known.signed()));
    let (device, _) = next.devices.remove(0);
    next.revoked.push((device, 6));
    next.revoked.remove(0);
    let next = next.sorted();
    let title = "A revocation may go when the list of them is full";
    draft.accept(about(title, &["R-LST-4"]), |script| {
        script.ok(adopt(&known, &next.signed())).map(drop)
    })?;
    let mut returned = next;
    returned.devices.push(([1; 16], [9; 32]));
    reject(
        draft,
        (
            "A device does not return when its revocation gave way",
            "a device revoked in the known list is listed",
        ),
        ("R-LST-4", "list-revoked-returns"),
        adopt(&known, &returned.sorted().signed()),
        DeviceRevoked,
    )
}

fn not_verified(draft: &mut Draft, family: &Family) -> Result<()> {
    let (known, next) = (family.known(), family.successor());
    let mut foreign = next.clone();
    foreign.account_seed = family.stranger.account_seed;
    let mut changed = next.signed();
    changed[104] ^= 1;
    let mut expired = next.clone();
    (expired.issued, expired.expires) = (NOW - 36 * DAY, NOW - DAY);
    for (title, defect, (mutant, code), list) in [
        (
            "A list of another account is not adopted",
            "the list is signed by a stranger",
            ("list-adopt-account", WrongAccount),
            foreign.signed(),
        ),
        (
            "A list with a wrong signature is not adopted",
            "a bit of a certificate hash is flipped",
            ("list-signature", BadAccountSignature),
            changed,
        ),
        (
            "A list past its end is not adopted",
            "the list ended a day ago",
            ("validity-end", Expired),
            expired.signed(),
        ),
    ] {
        reject(
            draft,
            (title, defect),
            ("R-LST-4", mutant),
            adopt(&known, &list),
            code,
        )?;
    }
    Ok(())
}

fn epochs(draft: &mut Draft, family: &Family) -> Result<()> {
    let (known, next) = (family.known(), family.successor());
    let with = |list: &List, change: &dyn Fn(&mut List)| {
        let mut list = list.clone();
        change(&mut list);
        list
    };
    let expired_fork = |list: &mut List| list.expires -= 1;
    row(
        draft,
        &known,
        (
            "A list of a lower epoch is refused",
            "the epoch is 4, and 5 is known",
        ),
        ("list-rollback", DeviceListRollback),
        &with(&known, &|list| {
            list.epoch = 4;
            list.revoked.retain(|(_, epoch)| *epoch <= 4);
        }),
    )?;
    row(
        draft,
        &known,
        (
            "The first list is refused when a later one is known",
            "the epoch is 1, and 5 is known",
        ),
        ("list-rollback", DeviceListRollback),
        &family.first(),
    )?;
    row(
        draft,
        &known,
        (
            "Another list of the same epoch is a fork",
            "the list ends a second earlier than the known one",
        ),
        ("list-fork-epoch", DeviceListFork),
        &with(&known, &expired_fork),
    )?;
    row(
        draft,
        &known,
        (
            "A next list that names another predecessor is a fork",
            "a bit of previous is flipped",
        ),
        ("list-fork-previous", DeviceListFork),
        &with(&next, &|list| list.previous[0] ^= 1),
    )
}

fn continuity(draft: &mut Draft, family: &Family) -> Result<()> {
    let (known, next) = (family.known(), family.successor());
    let mut dropped = next.clone();
    let (gone, _) = dropped.devices.remove(0);
    let mut wrong_epoch = dropped.clone();
    wrong_epoch.revoked.push((gone, 5));
    let mut forgotten = next.clone();
    forgotten.revoked.remove(0);
    let mut redated = next.clone();
    redated.revoked[0].1 -= 1;
    let broken = |mutant| (mutant, BrokenListChain);
    for (titles, kills, list) in [
        (
            (
                "A next list without a device and its revocation is refused",
                "the first device is missing",
            ),
            broken("list-dropped-device"),
            dropped,
        ),
        (
            (
                "A device that is revoked with an earlier epoch is refused",
                "the first device is revoked with epoch 5 at epoch 6",
            ),
            broken("list-dropped-device-epoch"),
            wrong_epoch.sorted(),
        ),
        (
            (
                "A next list without an earlier revocation is refused",
                "the first revocation is missing",
            ),
            broken("list-dropped-revocation"),
            forgotten,
        ),
        (
            (
                "A next list with another epoch for a revocation is refused",
                "the first revocation has an epoch one less",
            ),
            broken("list-dropped-revocation"),
            redated,
        ),
    ] {
        row(draft, &known, titles, kills, &list)?;
    }
    returning(draft, family)
}

fn returning(draft: &mut Draft, family: &Family) -> Result<()> {
    let (known, mut returned) = (family.known(), family.successor());
    let returning = family.devices[3].entry();
    returned.revoked.retain(|(id, _)| *id != returning.0);
    returned.devices.push(returning);
    row(
        draft,
        &known,
        (
            "A revoked device that returns in the next list breaks the chain",
            "a revoked device is listed again",
        ),
        ("list-dropped-revocation", BrokenListChain),
        &returned.clone().sorted(),
    )?;
    (returned.epoch, returned.previous) = (8, [0x88; 32]);
    row(
        draft,
        &known,
        (
            "A revoked device does not return after epochs that were missed",
            "a revoked device is listed again at epoch 8",
        ),
        ("list-revoked-returns", DeviceRevoked),
        &returned.sorted(),
    )
}

fn row(
    draft: &mut Draft,
    known: &List,
    titles: (&str, &str),
    (mutant, code): (&str, ErrorCode),
    received: &List,
) -> Result<()> {
    let operation = adopt(known, &received.signed());
    reject(draft, titles, ("R-LST-4", mutant), operation, code)
}

fn adopt(known: &List, received: &[u8]) -> Value {
    json!({
        "op": "list.adopt",
        "known": hex::encode(known.signed()),
        "received": hex::encode(received),
        "now": NOW,
    })
}
