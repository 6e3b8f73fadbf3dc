//! What stands alone: primitives, receipts, the safety number.

use ed25519_dalek::{Signer, SigningKey};
use twotick_protocol::wire::{AccountId, AccountKey, MessageId, ReceiptState};
use twotick_protocol::{AccountKeyPair, ReceiptKey, SafetyNumber, SentReceipts, make_receipt};

use crate::bare::{self, BYTES, Kem, SealedText};
use crate::clock::{Effort, Round, fastest, repeat};
use crate::table::{Report, Row};
use crate::world::{NOW, commit, seeded};

pub(crate) fn run(effort: Effort, report: &mut Report) {
    report.section("receipts, safety number");
    receipts(effort, report);
    safety_number(effort, report);
    report.section("primitives");
    curves(effort, report);
    hashes(effort, report);
    ciphers(effort, report);
    kems(effort, report);
}

fn receipts(effort: Effort, report: &mut Report) {
    let key = || ReceiptKey::generate(&mut seeded(40));
    let (made_with, id, account) = (key(), MessageId::new([1; 16]), AccountId::new([2; 32]));
    let mut sent = SentReceipts::new(key(), id, account, NOW);
    let receipt = make_receipt(&made_with, ReceiptState::Delivered, &id, &account);
    let count = effort.times(500);
    let make = repeat(count, || {
        make_receipt(&made_with, ReceiptState::Delivered, &id, &account)
    });
    let verify = repeat(count, || {
        commit(sent.verify(&receipt).expect("a genuine receipt"))
    });
    rows(
        effort,
        report,
        [("make a receipt", make), ("verify a receipt", verify)],
    );
}

fn safety_number(effort: Effort, report: &mut Report) {
    let key = |seed| -> AccountKey { AccountKeyPair::generate(&mut seeded(seed)).account_key() };
    let (ours, theirs) = (key(41), key(42));
    let round = repeat(1, || SafetyNumber::of(&ours, &theirs));
    rows(effort.at_most(5), report, [("safety number", round)]);
}

fn curves(effort: Effort, report: &mut Report) {
    let them = bare::public_key();
    let key = SigningKey::from_bytes(&BYTES);
    let (signature, verifying) = (key.sign(&BYTES), key.verifying_key());
    let count = effort.times(20);
    rows(
        effort,
        report,
        [
            ("X25519 public key", repeat(count, bare::public_key)),
            ("X25519 agreement", repeat(count, || bare::agreement(&them))),
            (
                "X25519 subgroup check",
                repeat(count, || bare::is_prime_order(&them)),
            ),
            ("Ed25519 sign 32 B", repeat(count, || key.sign(&BYTES))),
            (
                "Ed25519 verify_strict 32 B",
                repeat(count, || verifying.verify_strict(&BYTES, &signature)),
            ),
        ],
    );
}

fn hashes(effort: Effort, report: &mut Report) {
    let (short, long) = ([1; 64], [1; 1024]);
    let count = effort.times(1000);
    rows(
        effort,
        report,
        [
            ("chain step (2 HMAC)", repeat(count, || bare::chain_step(&BYTES))),
            ("HKDF expand to 32 B", repeat(count, || bare::expand(&BYTES))),
            (
                "HKDF extract, expand to 96 B",
                repeat(count, || bare::extract_and_expand::<96>(&BYTES, &BYTES)),
            ),
            ("SHA-256 64 B", repeat(count, move || bare::sha256(&short))),
            ("SHA-256 1 KiB", repeat(count, move || bare::sha256(&long))),
        ],
    );
}

fn ciphers(effort: Effort, report: &mut Report) {
    let (short, long) = (SealedText::<64>::new(0), SealedText::<1024>::new(0));
    let count = effort.times(1000);
    rows(
        effort,
        report,
        [
            (
                "AES-256-GCM seal 64 B, new key",
                repeat(count, || bare::seal(&BYTES, &[], &mut [0; 64])),
            ),
            (
                "AES-256-GCM seal 1 KiB, new key",
                repeat(count, || bare::seal(&BYTES, &[], &mut [0; 1024])),
            ),
            ("AES-256-GCM open 64 B, new key", repeat(count, || short.open())),
            ("AES-256-GCM open 1 KiB, new key", repeat(count, || long.open())),
        ],
    );
}

/// `ml-kem` beside libcrux, which feature `kem-libcrux` puts in its place.
fn kems(effort: Effort, report: &mut Report) {
    let kem = Kem::new();
    let count = effort.times(10);
    let pairs: [(&str, Round<'_>, Round<'_>); 3] = [
        (
            "key from seed",
            repeat(count, bare::generate),
            repeat(count, bare::generate_verified),
        ),
        (
            "encapsulate",
            repeat(count, || bare::encapsulate(&kem.public)),
            repeat(count, || kem.encapsulate_verified()),
        ),
        (
            "decapsulate",
            repeat(count, || kem.decapsulate()),
            repeat(count, || kem.decapsulate_verified()),
        ),
    ];
    for (name, ml_kem, libcrux) in pairs {
        let [ml_kem, libcrux] = fastest(effort, [ml_kem, libcrux]);
        let row = Row::new(format!("ML-KEM-1024 {name}, ml-kem / libcrux"), "us", ml_kem);
        report.row(&row.beside(libcrux));
    }
}

fn rows<const N: usize>(effort: Effort, report: &mut Report, operations: [(&str, Round<'_>); N]) {
    let mut names = [""; N];
    let mut index = 0;
    let rounds = operations.map(|(name, round)| {
        names[index] = name;
        index += 1;
        round
    });
    for (name, time) in names.into_iter().zip(fastest(effort, rounds)) {
        report.row(&Row::new(name, "us", time));
    }
}
