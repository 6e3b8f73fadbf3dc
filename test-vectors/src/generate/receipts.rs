//! `receipts`: tags, and when a receipt is due (SPEC 14).

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{
    self, BadReceipt, InvalidValue, ReceiptNotDue, TrailingBytes, Truncated, UnsupportedVersion, WrongObject,
};

use super::formula::{flip, named, text, with};
use super::{About, Draft};
use crate::case::VectorFile;

pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "receipts",
        "Receipt tags, the order of states, and the table of who gets a receipt.",
    );
    tags(&mut draft)?;
    forged(&mut draft)?;
    malformed(&mut draft)?;
    due(&mut draft)?;
    not_due(&mut draft)?;
    Ok(draft.finish())
}

fn about<'a>(title: &'a str, requirements: &'a [&'a str]) -> About<'a> {
    About {
        title,
        requirements,
        world: "",
    }
}

fn making(state: u8) -> Value {
    json!({
        "op": "receipt.make", "receipt_key": named("receipt key", 16), "state": state,
        "message_id": named("message id", 16), "recipient_account": named("recipient", 32),
    })
}

fn verifying(receipt: &str, reached: u8) -> Value {
    json!({
        "op": "receipt.verify", "receipt": receipt, "receipt_key": named("receipt key", 16),
        "message_id": named("message id", 16), "recipient_account": named("recipient", 32), "reached": reached,
    })
}

fn tags(draft: &mut Draft) -> Result<()> {
    for (title, state, reached) in [
        ("Delivered, for a message without a receipt", 1, 0),
        (
            "Read, for a message without a receipt: delivered is implied",
            2,
            0,
        ),
        ("Read after delivered", 2, 1),
        ("Delivered again changes nothing", 1, 1),
        ("Delivered after read changes nothing", 1, 2),
        ("Read again changes nothing", 2, 2),
    ] {
        draft.accept(about(title, &["R-RCP-2"]), |script| {
            let made = script.ok(making(state))?;
            script.ok(verifying(&text(&made, "receipt")?, reached)).map(drop)
        })?;
    }
    for (title, drawn) in [
        ("The shortest delay", "00000000"),
        ("The longest delay", "ffffffff"),
        ("A delay between", "80000000"),
    ] {
        draft.accept(about(title, &["R-RCP-4"]), |script| {
            script
                .ok(json!({ "op": "receipt.delay", "random": [drawn] }))
                .map(drop)
        })?;
    }
    Ok(())
}

/// Title, defect, argument, byte of it, and what notices: the tag covers the message id, which is compared as well.
const FORGED: [(&str, &str, &str, isize, &str); 8] = [
    (
        "A changed first byte of the tag",
        "a bit of the tag",
        "receipt",
        19,
        "receipt-tag",
    ),
    (
        "A changed last byte of the tag",
        "a bit of the tag",
        "receipt",
        -1,
        "receipt-tag",
    ),
    (
        "For another message id, in the receipt",
        "a bit of the id",
        "receipt",
        18,
        "receipt-tag-and-message",
    ),
    (
        "For another message id, as known here",
        "a bit of the id",
        "message_id",
        0,
        "receipt-tag-and-message",
    ),
    (
        "Under another receipt key",
        "a bit of the key",
        "receipt_key",
        0,
        "receipt-tag",
    ),
    (
        "From another account",
        "a bit of the account id",
        "recipient_account",
        0,
        "receipt-tag",
    ),
    (
        "From another account, last byte",
        "a bit of the id",
        "recipient_account",
        -1,
        "receipt-tag",
    ),
    (
        "Under another key, last byte",
        "a bit of the key",
        "receipt_key",
        -1,
        "receipt-tag",
    ),
];

fn forged(draft: &mut Draft) -> Result<()> {
    for (title, defect, field, index, kills) in FORGED {
        draft.reject(about(title, &["R-RCP-1"]), defect, &[kills], |script| {
            let made = script.ok(making(1))?;
            let good = verifying(&text(&made, "receipt")?, 0);
            script.fails(with(&good, field, flip(&text(&good, field)?, index)), BadReceipt)?;
            script.ok(good).map(drop)
        })?;
    }
    for (title, from, to) in [
        ("Delivered turned into read", 1, "02"),
        ("Read turned into delivered", 2, "01"),
    ] {
        draft.reject(
            about(title, &["R-RCP-1"]),
            "the state byte",
            &["receipt-tag"],
            |script| {
                let made = text(&script.ok(making(from))?, "receipt")?;
                let changed = format!("{}{to}{}", &made[..4], &made[6..]);
                script.fails(verifying(&changed, 0), BadReceipt)?;
                script.ok(verifying(&made, 0)).map(drop)
            },
        )?;
    }
    draft.reject(
        about("A tag of zeros", &["R-RCP-1"]),
        "the tag is zero",
        &["receipt-tag"],
        |script| {
            let made = text(&script.ok(making(2))?, "receipt")?;
            script.fails(
                verifying(&format!("{}{}", &made[..38], "00".repeat(16)), 1),
                BadReceipt,
            )?;
            script.ok(verifying(&made, 1)).map(drop)
        },
    )
}

type Malformed = (
    &'static str,
    &'static str,
    (usize, usize),
    &'static str,
    ErrorCode,
);

/// Title, mutant, what stands before and after the bytes put in, those bytes, and the error.
const MALFORMED: [Malformed; 6] = [
    ("State 0", "codec-receipt-state", (4, 6), "00", InvalidValue),
    ("State 3", "codec-receipt-state", (4, 6), "03", InvalidValue),
    ("Version 2", "codec-version", (2, 4), "02", UnsupportedVersion),
    ("Another object", "codec-object", (0, 2), "21", WrongObject),
    ("One byte missing", "codec-truncated", (68, 70), "", Truncated),
    (
        "One byte more",
        "codec-trailing-bytes",
        (70, 70),
        "00",
        TrailingBytes,
    ),
];

fn malformed(draft: &mut Draft) -> Result<()> {
    for (title, kills, (before, after), bytes, code) in MALFORMED {
        draft.reject(about(title, &["R-ENC-2", "R-ENC-8"]), title, &[kills], |script| {
            let made = text(&script.ok(making(1))?, "receipt")?;
            let changed = format!("{}{bytes}{}", &made[..before], &made[after..]);
            script.fails(verifying(&changed, 0), code)?;
            script.ok(verifying(&made, 0)).map(drop)
        })?;
    }
    Ok(())
}

/// A message that gets both receipts.
fn asking(state: u8) -> Value {
    json!({
        "op": "receipt.due", "state": state, "accepted_contact": true, "read_receipts": true, "kind_is_message": true,
        "has_key": true, "duplicate": false, "durable": true, "target_present": true, "visible": true, "already": 0,
    })
}

fn due(draft: &mut Draft) -> Result<()> {
    for (title, operation) in [
        ("Delivered is due", asking(1)),
        ("Read is due", asking(2)),
        ("Read is due after delivered", with(&asking(2), "already", 1)),
        (
            "Delivered is due before anyone could have seen it",
            with(&asking(1), "visible", false),
        ),
        (
            "Delivered is due without read receipts",
            with(&asking(1), "read_receipts", false),
        ),
    ] {
        draft.accept(about(title, &["R-RCP-4"]), |script| {
            script.ok(operation).map(drop)
        })?;
    }
    Ok(())
}

fn not_due(draft: &mut Draft) -> Result<()> {
    let both: [(&str, &str, bool); 6] = [
        ("accepted_contact", "a sender who is no accepted contact", false),
        ("kind_is_message", "a message of another kind", false),
        ("has_key", "a message without a receipt key", false),
        ("duplicate", "a duplicate", true),
        ("durable", "a message that is not durable yet", false),
        ("target_present", "an edit of a message that is not here", false),
    ];
    for state in [1, 2] {
        let name = if state == 1 { "delivered" } else { "read" };
        for (field, what, value) in both {
            let title = format!("No {name} receipt for {what}");
            let kills = format!("receipt-due-{}", field.replace('_', "-"));
            refuse(draft, &title, what, &kills, with(&asking(state), field, value))?;
        }
    }
    refuse(
        draft,
        "No read receipt unseen",
        "nobody could have seen it",
        "receipt-due-visible",
        with(&asking(2), "visible", false),
    )?;
    let operation = with(&asking(2), "read_receipts", false);
    refuse(
        draft,
        "No read receipt against the person's will",
        "read receipts are off",
        "receipt-due-read-receipts",
        operation,
    )?;
    for (state, already) in [(1, 1), (2, 2), (1, 2)] {
        let title = format!("No receipt of state {state} after state {already}");
        refuse(
            draft,
            &title,
            "made before",
            "receipt-due-already",
            with(&asking(state), "already", already),
        )?;
    }
    Ok(())
}

fn refuse(draft: &mut Draft, title: &str, defect: &str, kills: &str, operation: Value) -> Result<()> {
    draft.reject(about(title, &["R-RCP-4"]), defect, &[kills], |script| {
        script.fails(operation, ReceiptNotDue)
    })
}
