//! The registry of frames against SPEC 21, in both directions.

use twotick_wire::frame::{Direction, Turn};
use twotick_wire::{FrameKind, Object};

use super::{sample, sample_relay};

/// R-ENC-4, R-FRM-2, R-FRM-4: bytes, names, directions, answers and which are unasked.
#[test]
fn frames_are_those_of_the_specification() {
    let mut specified = Vec::new();
    for (section, direction) in [("### 21.1", "client"), ("### 21.2", "relay")] {
        specified.extend(rows(section, direction));
    }
    specified.sort_unstable();
    let known: Vec<Row> = FrameKind::ALL.iter().copied().map(row).collect();
    assert_eq!(known, specified);
}

/// R-ENC-4.
#[test]
fn only_registered_bytes_are_frames_and_none_is_an_object() {
    let found: Vec<FrameKind> = (0..=0xff).filter_map(FrameKind::from_byte).collect();
    assert_eq!(found, FrameKind::ALL);
    for kind in FrameKind::ALL {
        assert!((0xa0..=0xdf).contains(&kind.byte()), "{kind:?}");
        assert_eq!(Object::from_byte(kind.byte()), None, "{kind:?}");
    }
}

/// R-FRM-3: each direction decodes its frames, and all of them.
#[test]
fn each_direction_has_its_frames() {
    let of = |other| {
        let kinds = FrameKind::ALL.iter().copied();
        kinds.filter(|kind| kind.direction() != other).collect::<Vec<_>>()
    };
    let client: Vec<FrameKind> = sample::client().iter().map(|frame| frame.kind()).collect();
    let relay: Vec<FrameKind> = sample_relay::relay().iter().map(|frame| frame.kind()).collect();
    assert_eq!(client, of(Direction::Relay));
    assert_eq!(relay, of(Direction::Client));
}

/// Byte, name, direction, then the answer, `unasked`, `any` or nothing.
type Row = (u8, String, &'static str, String);

fn row(kind: FrameKind) -> Row {
    let direction = match kind.direction() {
        Direction::Client => "client",
        Direction::Relay => "relay",
        Direction::Both => "both",
    };
    let turn = match kind.turn() {
        Turn::Asks(answer) => answer.name(),
        Turn::Answers => "",
        Turn::Unasked => "unasked",
        Turn::Either => "any",
    };
    (kind.byte(), kind.name().to_owned(), direction, turn.to_owned())
}

/// Reads the lines of a section that have a comment with a first byte.
///
/// The name stands after the byte in the comment, or closes the structures of the line.
fn rows(section: &str, direction: &'static str) -> Vec<Row> {
    let text = SPECIFICATION.split_once(&format!("\n{section}"));
    let text = text.map_or("", |(_, rest)| rest).split("\n##").next();
    let lines = text.unwrap_or_default().lines();
    lines
        .filter_map(|line| line.split_once("/* 0x"))
        .flat_map(|(structure, comment)| {
            let comment = format!("0x{comment}");
            let bytes = comment
                .split("0x")
                .skip(1)
                .filter_map(|rest| u8::from_str_radix(&rest[..2], 16).ok());
            let closed = structure
                .split('}')
                .skip(1)
                .filter_map(|rest| rest.split_once(';'));
            let mut names: Vec<String> = closed.map(|(name, _)| name.trim().to_owned()).collect();
            if names.is_empty() {
                names.extend(comment.split([' ', ',', ';']).nth(1).map(str::to_owned));
            }
            let direction = if comment.contains("either direction") {
                "both"
            } else {
                direction
            };
            let rows = bytes.zip(names).map(|(byte, name)| {
                let turn = turn(&comment, &name);
                (byte, name, direction, turn)
            });
            rows.collect::<Vec<_>>()
        })
        .collect()
}

fn turn(comment: &str, name: &str) -> String {
    if ["Error", "Ping", "Pong"].contains(&name) {
        return "any".to_owned();
    }
    if comment.contains("unasked") {
        return "unasked".to_owned();
    }
    let answer = comment.split_once("answer ").map_or("", |(_, rest)| rest);
    answer.split([' ', ';']).next().unwrap_or_default().to_owned()
}

const SPECIFICATION: &str = include_str!("../../../../../SPEC.md");
