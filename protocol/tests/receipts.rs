//! Receipts, SPEC 14.

#![allow(
    clippy::unwrap_used,
    reason = "a receipt made here that is refused is a failed test"
)]

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use twotick_protocol::wire::{AccountId, MessageId, Receipt, ReceiptState, UnixTime};
use twotick_protocol::{
    Change, Changes, ReceiptChange, ReceiptContext, ReceiptError, ReceiptKey, ReceiptPolicy, Record, Secret,
    SentReceipts, StateError, make_receipt, receipt_delay,
};

use ReceiptState::{Delivered, Read};

const BOB: AccountId = AccountId::new([2; 32]);
const CAROL: AccountId = AccountId::new([3; 32]);
const ID: MessageId = MessageId::new([7; 16]);

/// R-RCP-2: none, delivered, read; a state that was reached is no error and changes nothing.
#[test]
fn ticks_only_grow() {
    let mut sent = sent(1);
    let delivered = make_receipt(&key(1), Delivered, &ID, &BOB);
    let read = make_receipt(&key(1), Read, &ID, &BOB);
    assert_eq!(sent.state(), None);
    assert_eq!(accept(&mut sent, &delivered), (change(None, Some(Delivered)), 1));
    assert_eq!(
        accept(&mut sent, &delivered),
        (change(Some(Delivered), Some(Delivered)), 0)
    );
    assert_eq!(accept(&mut sent, &read), (change(Some(Delivered), Some(Read)), 1));
    assert_eq!(accept(&mut sent, &delivered), (change(Some(Read), Some(Read)), 0));
    assert_eq!(sent.state(), Some(Read));
}

/// R-RCP-2, R-RCP-3: read implies delivered, whichever comes first, and then the key may go.
#[test]
fn read_alone_is_enough() {
    let mut sent = sent(2);
    let (change, _) = accept(&mut sent, &make_receipt(&key(2), Read, &ID, &BOB));
    assert!(change.finished());
    assert!(sent.state() >= Some(Delivered));
}

/// R-RCP-1, D10: a relay flips the state, moves a receipt to another message or account, or makes one up.
#[test]
fn a_relay_cannot_forge_raise_or_move_a_receipt() {
    let genuine = make_receipt(&key(3), Delivered, &ID, &BOB);
    let forged = [
        Receipt {
            state: Read,
            ..genuine
        },
        Receipt {
            message_id: MessageId::new([8; 16]),
            ..genuine
        },
        Receipt {
            tag: [0; 16],
            ..genuine
        },
        make_receipt(&key(3), Delivered, &ID, &CAROL),
        make_receipt(&key(4), Delivered, &ID, &BOB),
        make_receipt(&key(3), Delivered, &MessageId::new([8; 16]), &BOB),
    ];
    let mut sent = sent(3);
    let before = sent.encode();
    for receipt in &forged {
        assert_eq!(sent.verify(receipt).map(|_| ()), Err(ReceiptError::BadReceipt));
    }
    for bit in 0..128 {
        let mut receipt = genuine;
        receipt.tag[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(sent.verify(&receipt).map(|_| ()), Err(ReceiptError::BadReceipt));
    }
    assert_eq!(sent.encode(), before);
    accept(&mut sent, &genuine);
    assert_eq!(
        sent.verify(&Receipt {
            state: Read,
            ..genuine
        })
        .map(|_| ()),
        Err(ReceiptError::BadReceipt)
    );
}

/// R-RCP-1, R-STO-1: a receipt counts once it is stored.
#[test]
fn a_tick_is_shown_once_it_is_stored() {
    let mut sent = sent(5);
    let receipt = make_receipt(&key(5), Delivered, &ID, &BOB);
    assert_eq!(
        sent.verify(&receipt).unwrap().commit(|_| Err("disk full")),
        Err("disk full")
    );
    assert_eq!(sent.state(), None);
    let mut stored = None;
    let commit = sent.verify(&receipt).unwrap().commit(|changes| {
        changes.for_each(|change| match change {
            Change::Put { key, value } => stored = Some((key, value.encode())),
            Change::Delete { .. } => unreachable!("the caller deletes"),
        });
        Ok::<_, ()>(())
    });
    assert!(commit.is_ok());
    let (key, value) = stored.unwrap();
    assert_eq!(key, sent.record_key());
    assert_eq!(key.id(), [&[7; 16][..], &[2; 32]].concat());
    let mut restored = SentReceipts::decode(&value).unwrap();
    assert_eq!(restored.state(), Some(Delivered));
    assert_eq!((restored.message_id(), restored.recipient()), (&ID, &BOB));
    assert!(
        restored
            .verify(&make_receipt(&self::key(5), Read, &ID, &BOB))
            .is_ok()
    );
}

/// R-RCP-3: 30 days from sending, and not a second earlier.
#[test]
fn a_receipt_key_is_kept_for_thirty_days() {
    let sent = sent(6);
    let after = |seconds: u64| sent.expired(UnixTime::new(1_700_000_000 + seconds));
    assert!(!after(0) && !after(30 * 86_400 - 1) && after(30 * 86_400));
    assert!(!sent.expired(UnixTime::new(0)));
}

/// SPEC 15.2: a stored record that no device wrote is `CorruptState`.
#[test]
fn a_damaged_record_is_refused() {
    let good = sent(7).encode();
    for length in 0..good.len() {
        assert_eq!(
            SentReceipts::decode(&good[..length]).map(|_| ()),
            Err(StateError::Corrupt)
        );
    }
    let changed = |index: usize, byte| {
        let mut bad = good.to_vec();
        bad[index] = byte;
        SentReceipts::decode(&bad).map(|_| ())
    };
    assert_eq!(changed(good.len() - 1, 3), Err(StateError::Corrupt));
    assert_eq!(changed(0, 0x87), Err(StateError::Corrupt));
    assert_eq!(changed(1, 2), Err(StateError::Unsupported));
}

/// R-RCP-4, D9: the whole matrix. Of all silent probes and their combinations none gets an answer.
#[test]
fn only_what_the_table_allows_gets_a_receipt() {
    let mut due = 0;
    for bits in 0..256u32 {
        let bit = |index: u32| bits >> index & 1 == 1;
        let policy = ReceiptPolicy {
            accepted_contact: bit(0),
            read_receipts: bit(1),
        };
        for already in [None, Some(Delivered), Some(Read)] {
            let context = ReceiptContext {
                kind_is_message: bit(2),
                has_key: bit(3),
                duplicate: !bit(4),
                durable: bit(5),
                target_present: bit(6),
                visible: bit(7),
                already,
            };
            let worthy = bits & 0b0111_1101 == 0b0111_1101;
            let expected = |allowed| {
                if allowed {
                    Ok(())
                } else {
                    Err(ReceiptError::NotDue)
                }
            };
            assert_eq!(
                policy.due(&context, Delivered),
                expected(worthy && already.is_none())
            );
            let readable = worthy && bit(1) && bit(7);
            assert_eq!(
                policy.due(&context, Read),
                expected(readable && already != Some(Read))
            );
            due += usize::from(policy.due(&context, Delivered).is_ok());
        }
    }
    assert_eq!(due, 4);
}

/// R-RCP-4, D9: the delay is that of SPEC 14.2, from 0 to 2,000 ms, and draws four bytes.
#[test]
fn receipts_are_delayed_by_up_to_two_seconds() {
    let delay = |drawn: u32| {
        receipt_delay(&mut Scripted {
            bytes: drawn.to_be_bytes().to_vec(),
        })
    };
    assert_eq!((delay(0), delay(u32::MAX), delay(1 << 31)), (0, 2000, 1000));
    let mut rng = ChaCha20Rng::seed_from_u64(14);
    let delays = (0..10_000).map(|_| receipt_delay(&mut rng)).collect::<Vec<_>>();
    assert!(delays.iter().all(|&delay| delay <= 2000));
    assert!(delays.iter().any(|&delay| delay < 100) && delays.iter().any(|&delay| delay > 1900));
}

/// R-STO-4: neither key nor tag is printed.
#[test]
fn debug_output_has_no_key() {
    let sent = SentReceipts::new(
        ReceiptKey::from(Secret::from_bytes([0xab; 16])),
        ID,
        BOB,
        UnixTime::new(0),
    );
    let text = format!("{sent:?}");
    assert!(!text.contains("abab") && !text.contains("171, 171"), "{text}");
}

proptest! {
    /// R-RCP-1, R-RCP-2: any flood of genuine and forged receipts; the state is the highest genuine one.
    #[test]
    fn the_state_is_the_highest_genuine_receipt(
        receipts in proptest::collection::vec((any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()), 0..20),
    ) {
        let mut sent = sent(8);
        let mut highest = None;
        for (read, right_key, right_account, right_message) in receipts {
            let state = if read { Read } else { Delivered };
            let key = if right_key { key(8) } else { key(9) };
            let account = if right_account { BOB } else { CAROL };
            let message = if right_message { ID } else { MessageId::new([8; 16]) };
            let receipt = make_receipt(&key, state, &message, &account);
            if right_key && right_account && right_message {
                let before = highest;
                highest = highest.max(Some(state));
                prop_assert_eq!(accept(&mut sent, &receipt).0, change(before, highest));
            } else {
                prop_assert!(sent.verify(&receipt).is_err());
            }
            prop_assert_eq!(sent.state(), highest);
        }
    }
}

fn accept(sent: &mut SentReceipts, receipt: &Receipt) -> (ReceiptChange, usize) {
    let mut writes = 0;
    let staged = sent.verify(receipt).unwrap();
    let store = |changes: &Changes<'_>| {
        changes.for_each(|_| writes += 1);
        Ok::<_, ()>(())
    };
    let change = staged.commit(store).unwrap();
    (change, writes)
}

fn change(before: Option<ReceiptState>, after: Option<ReceiptState>) -> ReceiptChange {
    ReceiptChange { before, after }
}

fn sent(seed: u64) -> SentReceipts {
    SentReceipts::new(key(seed), ID, BOB, UnixTime::new(1_700_000_000))
}

fn key(seed: u64) -> ReceiptKey {
    ReceiptKey::generate(&mut ChaCha20Rng::seed_from_u64(seed))
}

/// A generator that gives exactly these bytes (R-PRM-8).
struct Scripted {
    bytes: Vec<u8>,
}

impl rand_core::TryRng for Scripted {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        unreachable!("the protocol draws bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        unreachable!("the protocol draws bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.copy_from_slice(&self.bytes);
        self.bytes.clear();
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Scripted {}
