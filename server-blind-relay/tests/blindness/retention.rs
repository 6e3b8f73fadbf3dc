//! What was acknowledged is gone from the files.

use std::path::PathBuf;

use crate::run::the_run;
use crate::scan::Needles;

/// R-DLV-8, R-DUR-6: after a purge no file holds a piece of any message that was acknowledged.
#[test]
fn acknowledged_ciphertext_is_gone_from_every_file() {
    let run = the_run();
    assert_eq!(holding(&run.purged, &run.acknowledged), [""; 0]);
}

/// The control: before it they do, and what waits is there before and after.
#[test]
fn ciphertext_that_waits_is_found_and_so_is_what_was_not_purged() {
    let run = the_run();
    assert_ne!(holding(&run.files, &run.acknowledged), [""; 0]);
    assert_ne!(holding(&run.files, &run.waiting), [""; 0]);
    assert_ne!(holding(&run.purged, &run.waiting), [""; 0]);
}

fn holding(files: &[(PathBuf, Vec<u8>)], needles: &Needles) -> Vec<String> {
    let holds = files
        .iter()
        .filter(|(_, bytes)| !needles.found_in(bytes).is_empty());
    holds.map(|(path, _)| path.display().to_string()).collect()
}
