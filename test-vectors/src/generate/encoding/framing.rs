//! The rules that all objects share: an exact length, the first byte, the version, the suite.

use anyhow::Result;
use twotick_wire::ErrorCode;

use super::super::{About, Draft};
use super::{Good, decode, set};

/// One case for each rule, with a step for each object.
pub(super) fn write(draft: &mut Draft, good: &[&Good]) -> Result<()> {
    let first = first_of_each(good);
    let cut = first
        .iter()
        .map(|good| (good.object, good.bytes[..cut_at(good)].to_vec()));
    all_fail(
        draft,
        (
            "An object that ends inside a field is refused",
            "the last bytes are missing",
        ),
        ("R-ENC-2", "codec-truncated", ErrorCode::Truncated),
        cut.collect(),
    )?;
    let empty = first.iter().map(|good| (good.object, Vec::new()));
    all_fail(
        draft,
        ("No object is made of no bytes", "the input is empty"),
        ("R-ENC-2", "codec-truncated", ErrorCode::Truncated),
        empty.collect(),
    )?;
    let longer = first.iter().filter(|good| !is_open_ended(good.object));
    let longer = longer.map(|good| (good.object, [&good.bytes[..], &[0]].concat()));
    all_fail(
        draft,
        (
            "A byte after the last field is refused",
            "one zero byte is left over",
        ),
        ("R-ENC-2", "codec-trailing-bytes", ErrorCode::TrailingBytes),
        longer.collect(),
    )?;
    let other = first
        .iter()
        .map(|good| (good.object, set(&good.bytes, 0, &[good.bytes[0] ^ 0x40])));
    all_fail(
        draft,
        (
            "The first byte of another object is refused",
            "the first byte names no such object",
        ),
        ("R-ENC-4", "codec-object", ErrorCode::WrongObject),
        other.collect(),
    )?;
    versions(draft, &first)?;
    suites(draft, &first)
}

fn versions(draft: &mut Draft, first: &[&&Good]) -> Result<()> {
    let versioned = || first.iter().filter(|good| !has_no_version(good.object));
    for (title, defect, version) in [
        ("An object of version 2 is refused", "version 2", 2),
        ("An object of version 0 is refused", "version 0", 0),
    ] {
        let changed = versioned().map(|good| (good.object, set(&good.bytes, 1, &[version])));
        all_fail(
            draft,
            (title, defect),
            ("R-ENC-4", "codec-version", ErrorCode::UnsupportedVersion),
            changed.collect(),
        )?;
    }
    Ok(())
}

fn suites(draft: &mut Draft, first: &[&&Good]) -> Result<()> {
    for (title, defect, suite) in [
        (
            "Suite 0 is refused wherever a suite is carried",
            "suite 0x0000",
            [0, 0],
        ),
        (
            "An unknown suite is refused wherever a suite is carried",
            "suite 0x0002",
            [0, 2],
        ),
        (
            "A suite with another high byte is refused",
            "suite 0x0101",
            [1, 1],
        ),
    ] {
        let changed = first.iter().filter_map(|good| {
            let at = suite_at(good.object)?;
            Some((good.object, set(&good.bytes, at, &suite)))
        });
        all_fail(
            draft,
            (title, defect),
            ("R-ENC-9", "codec-suite", ErrorCode::UnsupportedSuite),
            changed.collect(),
        )?;
    }
    Ok(())
}

fn all_fail(
    draft: &mut Draft,
    (title, defect): (&str, &str),
    (requirement, mutant, code): (&str, &str, ErrorCode),
    inputs: Vec<(&str, Vec<u8>)>,
) -> Result<()> {
    let about = About {
        title,
        requirements: &[requirement],
        world: "",
    };
    draft.reject(about, defect, &[mutant], |script| {
        inputs
            .iter()
            .try_for_each(|(object, bytes)| script.fails(decode(object, bytes), code))
    })
}

/// The first example of each object.
fn first_of_each<'a>(good: &'a [&'a Good]) -> Vec<&'a &'a Good> {
    let is_first = |index: usize, object: &str| good[..index].iter().all(|before| before.object != object);
    let numbered = good.iter().enumerate();
    numbered
        .filter(|(index, good)| is_first(*index, good.object))
        .map(|(_, good)| good)
        .collect()
}

/// Whether the last field takes all that remains.
fn is_open_ended(object: &str) -> bool {
    matches!(object, "InitialMessage" | "RatchetMessage" | "SharedBody")
}

fn has_no_version(object: &str) -> bool {
    matches!(object, "InitialMessage" | "RatchetMessage")
}

/// One byte short; where the last field is open-ended, one byte short of its start.
fn cut_at(good: &Good) -> usize {
    match good.object {
        "InitialMessage" => 1_978,
        "RatchetMessage" => 78,
        "SharedBody" => 35,
        _ => good.bytes.len() - 1,
    }
}

fn suite_at(object: &str) -> Option<usize> {
    match object {
        "SignedPrekey" | "OneTimePrekey" | "SharedBody" => Some(2),
        "InitialMessage" | "RatchetMessage" => Some(1),
        _ => None,
    }
}
