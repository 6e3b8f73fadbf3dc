//! `padding`: buckets and their edges (SPEC 11.2).

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{self, ContentTooLong, Undecryptable};

use super::formula::{flip, named};
use super::{About, Draft};
use crate::case::VectorFile;

const PAYLOAD: usize = 4_096;
const BODY: usize = 65_536;

pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "padding",
        "Padding of payloads and bodies to the smallest bucket, and its removal.",
    );
    for length in [0, 1, 252, 253, 508, 509, 1_020, 1_021, 2_044, 2_045, 4_092] {
        round_trip(&mut draft, length, PAYLOAD)?;
    }
    for length in [0, 4_093, 8_188, 8_189] {
        round_trip(&mut draft, length, BODY)?;
    }
    for (length, maximum) in [(4_093, PAYLOAD), (65_533, BODY)] {
        let title = format!("{length} bytes do not fit {maximum}");
        let operation =
            json!({ "op": "padding.pad", "payload": hex::encode(vec![0; length]), "maximum": maximum });
        reject(
            &mut draft,
            (&title, "one byte too long"),
            "padding-too-long",
            operation,
            ContentTooLong,
        )?;
    }
    refused(&mut draft)?;
    Ok(draft.finish())
}

fn about(title: &str) -> About<'_> {
    About {
        title,
        requirements: &["R-MSG-3", "R-MSG-4"],
        world: "",
    }
}

fn round_trip(draft: &mut Draft, length: usize, maximum: usize) -> Result<()> {
    let payload = named("payload", length);
    draft.accept(about(&format!("{length} bytes, at most {maximum}")), |script| {
        let made = script.ok(json!({ "op": "padding.pad", "payload": payload, "maximum": maximum }))?;
        script.ok(json!({ "op": "padding.unpad", "padded": made["padded"], "maximum": maximum }))?;
        Ok(())
    })
}

#[rustfmt::skip]
fn refused(draft: &mut Draft) -> Result<()> {
    let two = format!("0000000261{}{}", "62", "00".repeat(250));
    let p = |length| named("p", length);
    let zeros = |count| "00".repeat(count);
    let changes: [(&str, &str, &str, String, usize); 14] = [
        ("The last byte of padding is not zero", "last byte of padding is 1", "padding-zero", flip(&two, -1), PAYLOAD),
        ("The first byte of padding is not zero", "first byte of padding is 1", "padding-zero", flip(&two, 6), PAYLOAD),
        ("A byte of padding in a body is not zero", "a byte of padding is 1", "padding-zero", flip(&two, 100), BODY),
        ("Two bytes in a bucket of 512", "bucket larger than needed", "padding-minimal", two.clone() + &zeros(256), PAYLOAD),
        ("Two bytes in a bucket of 1,024", "bucket larger than needed", "padding-minimal", two.clone() + &zeros(768), PAYLOAD),
        ("252 bytes in a bucket of 512", "bucket larger than needed", "padding-minimal", format!("000000fc{}{}", p(252), zeros(256)), PAYLOAD),
        ("The length is one over what the bucket holds", "length 253 in 256 bytes", "padding-length", format!("000000fd{}", p(252)), PAYLOAD),
        ("The length is 2^32 - 1", "length over all bounds", "padding-length", format!("ffffffff{}", p(252)), PAYLOAD),
        ("The length is that of the bucket", "length 256 in 256 bytes", "padding-length", format!("00000100{}", p(252)), PAYLOAD),
        ("255 bytes are no bucket", "one byte short", "padding-bucket", two[..510].into(), PAYLOAD),
        ("257 bytes are no bucket", "one byte more", "padding-bucket", two.clone() + "00", PAYLOAD),
        ("Nothing at all", "no bytes", "padding-bucket", String::new(), PAYLOAD),
        ("Three bytes", "not even a length", "padding-bucket", "000000".into(), PAYLOAD),
        ("8,192 bytes are no bucket of a payload", "a bucket of bodies only", "padding-bucket", format!("00001800{}{}", p(6_144), zeros(2_044)), PAYLOAD),
    ];
    for (title, defect, kills, padded, maximum) in changes {
        let operation = json!({ "op": "padding.unpad", "padded": padded, "maximum": maximum });
        reject(draft, (title, defect), kills, operation, Undecryptable)?;
    }
    Ok(())
}

fn reject(
    draft: &mut Draft,
    (title, defect): (&str, &str),
    kills: &str,
    operation: Value,
    code: ErrorCode,
) -> Result<()> {
    draft.reject(about(title), defect, &[kills], |script| {
        script.fails(operation, code)
    })
}
