//! `rotation.follow`: the clauses of R-IDN-5 and R-IDN-6 in their order.

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{
    self, AccountRetired, BadAccountSignature, BadRotation, BrokenListChain, DeviceListFork,
    DeviceListRollback, DeviceRevoked, Expired, InvalidValue, RotationFork, WrongAccount,
};

use super::super::Draft;
use super::super::sign::List;
use super::super::workshop::{DAY, NOW, about, reject};
use super::Family;
use super::turn::{Turn, follow};

pub(super) fn write(draft: &mut Draft, family: &Family) -> Result<()> {
    let turn = Turn::after(family, &family.known(), family.next_accounts[0]);
    let again = Turn::after(family, &turn.list, family.next_accounts[1]);
    let known = family.known();
    let title = "A second rotation is followed after the first";
    draft.accept(about(title, &["R-IDN-5", "R-IDN-6"]), |script| {
        script.ok(follow(&known, &[&turn], &again)).map(drop)
    })?;
    let title = "A rotation after lists that were missed is followed";
    draft.accept(about(title, &["R-IDN-5"]), |script| {
        let later = turn.clone().at(8, [0x88; 32]);
        script.ok(follow(&known, &[], &later)).map(drop)
    })?;
    rotations(draft, &known, &turn, family)?;
    signatures(draft, &known, &turn, family)?;
    retired(draft, family, &turn, &again)?;
    lists(draft, &known, &turn, family)?;
    continuity(draft, &known, &turn, family)
}

fn rotations(draft: &mut Draft, known: &List, turn: &Turn, family: &Family) -> Result<()> {
    let mut same = turn.clone();
    same.rotation.new_seed = family.account;
    same.list = family.successor();
    let mut none = turn.clone();
    none.rotation.last_epoch = 0;
    let mut foreign = turn.clone();
    foreign.rotation.old_seed = family.stranger.account_seed;
    let lower = turn.clone().at(4, [0x44; 32]);
    let mut lower = lower;
    lower.list.revoked.retain(|(_, epoch)| *epoch <= 4);
    let other = turn.clone().at(5, [0x66; 32]);
    for (title, defect, (mutant, code), changed) in [
        (
            "A rotation to the same key is not followed",
            "both keys are the old one",
            ("rotation-same-key", InvalidValue),
            same,
        ),
        (
            "A rotation after no list is not followed",
            "the last epoch is 0",
            ("rotation-epoch-zero", InvalidValue),
            none,
        ),
        (
            "A rotation of another account is not followed",
            "the old key is a stranger's",
            ("rotation-old-key", WrongAccount),
            foreign,
        ),
        (
            "A rotation after an earlier list is not followed",
            "the last epoch is 4, and 5 is known",
            ("rotation-rollback", DeviceListRollback),
            lower,
        ),
        (
            "A rotation after another list of the known epoch is a fork",
            "the last list hash is not that of the known list",
            ("rotation-list-fork", DeviceListFork),
            other,
        ),
    ] {
        clause(
            draft,
            (title, defect),
            (mutant, code),
            follow(known, &[], &changed),
        )?;
    }
    Ok(())
}

fn signatures(draft: &mut Draft, known: &List, turn: &Turn, family: &Family) -> Result<()> {
    let with = |rotation: Vec<u8>| {
        let mut operation = follow(known, &[], turn);
        operation["rotation"] = json!(hex::encode(rotation));
        operation
    };
    let mut changed = turn.rotation.signed();
    changed[174] ^= 1;
    for (title, defect, mutant, rotation) in [
        (
            "A rotation that the old key did not sign is not followed",
            "the old signature is a stranger's",
            "rotation-old-signature",
            turn.rotation.signed_by(&family.stranger.account_seed),
        ),
        (
            "A rotation that the new key did not sign is not followed",
            "a bit of the new signature is flipped",
            "rotation-new-signature",
            changed,
        ),
        (
            "A rotation that the new key signed under the old key's label is not followed",
            "the new key signed under sign/rotation-old",
            "rotation-new-signature",
            turn.rotation.signed_alike(),
        ),
    ] {
        clause(draft, (title, defect), (mutant, BadRotation), with(rotation))?;
    }
    Ok(())
}

fn retired(draft: &mut Draft, family: &Family, turn: &Turn, again: &Turn) -> Result<()> {
    let known = family.known();
    let elsewhere = Turn::after(family, &known, family.next_accounts[1]);
    let back = Turn::after(family, &turn.list, family.account);
    let mut forged = follow(&known, &[turn], &elsewhere);
    let rotation = elsewhere.rotation.signed_by(&family.stranger.account_seed);
    forged["rotation"] = json!(hex::encode(rotation));
    for (title, defect, (mutant, code), operation) in [
        (
            "A second successor of a retired key is a fork",
            "the old key names another new key",
            ("rotation-fork", RotationFork),
            follow(&known, &[turn], &elsewhere),
        ),
        (
            "A second successor that the old key did not sign is no evidence of a fork",
            "the old signature is a stranger's",
            ("rotation-old-signature", BadRotation),
            forged,
        ),
        (
            "A rotation is not followed twice",
            "the rotation was followed before",
            ("rotation-followed", AccountRetired),
            follow(&known, &[turn], turn),
        ),
        (
            "A rotation is not followed again after the next",
            "the rotation was followed before the last",
            ("rotation-followed", AccountRetired),
            follow(&known, &[turn, again], turn),
        ),
        (
            "A rotation back to a retired key is not followed",
            "the new key is the one retired before",
            ("rotation-back", AccountRetired),
            follow(&known, &[turn], &back),
        ),
    ] {
        draft.reject(about(title, &["R-IDN-6"]), defect, &[mutant], |script| {
            script.fails(operation, code)
        })?;
    }
    Ok(())
}

fn lists(draft: &mut Draft, known: &List, turn: &Turn, family: &Family) -> Result<()> {
    let with = |change: &dyn Fn(&mut List)| {
        let mut changed = turn.clone();
        change(&mut changed.list);
        follow(known, &[], &changed)
    };
    let mut unsigned = with(&|_| ());
    let mut list = turn.list.signed();
    list[104] ^= 1;
    unsigned["list"] = json!(hex::encode(list));
    for (title, defect, (mutant, code), operation) in [
        (
            "A list of another account does not come with a rotation",
            "the list is of a third key",
            ("rotation-list-account", WrongAccount),
            with(&|list| list.account_seed = family.next_accounts[1]),
        ),
        (
            "A list of a later epoch does not come with a rotation",
            "the epoch is 7 after a last epoch of 5",
            ("rotation-list-epoch", BrokenListChain),
            with(&|list| list.epoch = 7),
        ),
        (
            "A list that names another predecessor does not come with a rotation",
            "a bit of previous is flipped",
            ("rotation-list-previous", BrokenListChain),
            with(&|list| list.previous[0] ^= 1),
        ),
        (
            "A list with a wrong signature does not come with a rotation",
            "a bit of a certificate hash is flipped",
            ("list-signature", BadAccountSignature),
            unsigned,
        ),
        (
            "A list past its end does not come with a rotation",
            "the list ended a day ago",
            ("validity-end", Expired),
            with(&|list| (list.issued, list.expires) = (NOW - 30 * DAY, NOW - DAY)),
        ),
    ] {
        clause(draft, (title, defect), (mutant, code), operation)?;
    }
    Ok(())
}

fn continuity(draft: &mut Draft, known: &List, turn: &Turn, family: &Family) -> Result<()> {
    let with = |turn: &Turn, change: &dyn Fn(&mut List)| {
        let mut changed = turn.clone();
        change(&mut changed.list);
        follow(known, &[], &changed)
    };
    let returning = family.devices[3].under(family.next_accounts[0]).entry();
    let returned = |list: &mut List| {
        list.revoked.retain(|(id, _)| *id != returning.0);
        list.devices.push(returning);
        list.devices.sort_unstable();
    };
    for (title, defect, (mutant, code), operation) in [
        (
            "A rotation does not drop a device in silence",
            "the first device is neither listed nor revoked",
            ("list-dropped-device", BrokenListChain),
            with(turn, &|list| {
                list.devices.remove(0);
            }),
        ),
        (
            "A rotation does not drop a revocation",
            "the first revocation is missing",
            ("list-dropped-revocation", BrokenListChain),
            with(turn, &|list| {
                list.revoked.remove(0);
            }),
        ),
        (
            "A revoked device does not return with a rotation",
            "a revoked device is listed after epochs that were missed",
            ("list-revoked-returns", DeviceRevoked),
            with(&turn.clone().at(8, [0x88; 32]), &returned),
        ),
    ] {
        clause(draft, (title, defect), (mutant, code), operation)?;
    }
    Ok(())
}

fn clause(
    draft: &mut Draft,
    titles: (&str, &str),
    (mutant, code): (&str, ErrorCode),
    operation: Value,
) -> Result<()> {
    reject(draft, titles, ("R-IDN-5", mutant), operation, code)
}
