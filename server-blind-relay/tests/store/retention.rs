//! What was deleted is gone from the files too.

use std::{fs, path::Path};

use twotick_relay::store::{Answer, Op, StoreLimits};

use crate::child::{ALICE, BOB};
use crate::people::{ack, at, attach, capability, grant, granted, next_list, send, to_account};
use crate::world::World;

/// How many files under a folder hold these bytes.
fn holding(directory: &Path, marker: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(holding(&path, marker));
        } else if fs::read(&path)
            .expect("a file")
            .windows(marker.len())
            .any(|window| window == marker)
        {
            found.push(path.display().to_string());
        }
    }
    found
}

fn say(world: &World, number: u8, text: &str) {
    let list = next_list(1, None, &[(BOB, 0)]);
    let part = to_account(&list, capability(0), crate::people::send_id(number), &[BOB], text);
    let Answer::Sent(outcomes) = world.submit(send(ALICE, number, vec![part], at(1))) else {
        panic!("a Send")
    };
    assert_eq!(outcomes, [twotick_relay::store::AccountOutcome::Stored]);
}

/// R-DUR-6, R-DLV-8: a purge takes acknowledged and expired envelopes out of every file, and leaves the others.
#[test]
fn a_purge_leaves_no_byte_of_what_was_deleted() {
    let world = World::embedded(StoreLimits::default());
    let directory = world.directory.as_ref().expect("a folder").path();
    for (number, device) in [(0, ALICE), (1, BOB)] {
        world.submit(Op::PublishList(next_list(number, None, &[(device, 0)])));
    }
    world.submit(granted(1, vec![grant(0)], at(0)));
    world.submit(attach(BOB, at(0)));
    say(&world, 1, "acknowledged-from-the-journal");
    say(&world, 2, "stays-for-good");
    // Once through tables and blob files, and once from the journal only.
    world.embedded_store().purge().expect("a purge");
    say(&world, 3, "acknowledged-later");
    assert_ne!(
        holding(directory, b"acknowledged-from-the-journal"),
        Vec::<String>::new()
    );
    assert_ne!(holding(directory, b"acknowledged-later"), Vec::<String>::new());
    world.submit(Op::Ack(ack(BOB, 1, 1, at(2))));
    world.embedded_store().purge().expect("a purge");
    assert_eq!(
        holding(directory, b"acknowledged-from-the-journal"),
        Vec::<String>::new()
    );
    world.submit(Op::Ack(ack(BOB, 1, 1, at(2))));
    for number in 4..40 {
        say(&world, number, "passes-through");
    }
    world.submit(Op::Ack(ack(BOB, 1, 39, at(3))));
    say(&world, 41, "stays-for-good");
    world.embedded_store().purge().expect("a purge");
    for gone in ["acknowledged-later", "passes-through"] {
        assert_eq!(holding(directory, gone.as_bytes()), Vec::<String>::new());
    }
    assert_ne!(holding(directory, b"stays-for-good"), Vec::<String>::new());
    assert_eq!(world.all(BOB.id()).len(), 1);
    world.submit(Op::Expire {
        now: at(10_000),
        budget: 1_000,
    });
    world.embedded_store().purge().expect("a purge");
    assert_eq!(holding(directory, b"stays-for-good"), Vec::<String>::new());
}
