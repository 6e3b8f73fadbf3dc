//! Rotations of the account key (SPEC 5.5).

use twotick_wire::ErrorCode;

use super::super::sign::Rotation;
use super::super::workshop::{NOW, Workshop};
use super::{Examples, set};

const ROTATION: &str = "AccountRotation";

pub(super) fn examples(examples: &mut Examples, workshop: &mut Workshop, old_seed: [u8; 32]) {
    let rotation = Rotation {
        old_seed,
        new_seed: workshop.bytes(),
        last_epoch: 9,
        last_list_hash: workshop.bytes(),
        issued: NOW,
    };
    let good = rotation.signed();
    let invalid = |mutant| ("R-IDN-5", mutant, ErrorCode::InvalidValue);
    examples.good(ROTATION, "A rotation decodes", &["R-ENC-1", "R-ENC-3"], &good);
    examples.flaw(
        ROTATION,
        (
            "A rotation to the same key is refused",
            "both account keys are one",
        ),
        invalid("rotation-same-key"),
        set(&good, 34, &good[2..34]),
    );
    examples.flaw(
        ROTATION,
        ("A rotation after no list is refused", "the last epoch is 0"),
        invalid("rotation-epoch-zero"),
        set(&good, 66, &[0; 4]),
    );
}
