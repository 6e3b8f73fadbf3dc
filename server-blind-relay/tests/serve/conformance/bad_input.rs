//! Bytes that are no frames, frames that are not allowed, frames that are too large (SPEC 21, 30).

use twotick_wire::ErrorCode;
use twotick_wire::frame::{Drained, MAX_FRAME, RequestId};

use super::{attached, known, numbers, over_every_transport, status};
use crate::client::Link;
use crate::person::Terms;
use crate::relay::World;

over_every_transport! {
    /// R-FRM-1, R-TRN-3, R-TRN-4: bytes that do not decode are answered with why, and are the end.
    garbage_is_refused_and_ends_it;
    /// R-FRM-3: what only a relay says is not a client's to say.
    a_frame_of_the_relay_is_unexpected;
    /// R-FRM-2: a request without a number is refused.
    a_request_without_a_number_is_refused;
    /// R-FRM-1: the largest messages pass.
    the_largest_send_passes;
    /// R-TRN-6: another version is refused by name.
    another_version_is_unsupported;
}

async fn refused<L: Link>(frame: Vec<u8>, code: ErrorCode) {
    let world = World::new().await;
    let alice = known::<L>(&world, 1, 1).await;
    let mut link: L = attached(&world, &alice).await;
    let refusal = link.ask_all(vec![frame]).await.expect_err("the end");
    assert_eq!(refusal.code(), code.number(), "{}", L::NAME);
    assert_eq!(
        refusal.error.map(|error| error.request.number()),
        Some(0),
        "{}",
        L::NAME
    );
    assert!(matches!(refusal.how, 400 | 4400), "{}: {}", L::NAME, refusal.how);
}

async fn garbage_is_refused_and_ends_it<L: Link>() {
    refused::<L>(vec![0x00; 40], ErrorCode::WrongObject).await;
    refused::<L>(vec![0xbe], ErrorCode::Truncated).await;
    refused::<L>([0xbe, 1, 0, 0, 0, 1, 0].to_vec(), ErrorCode::TrailingBytes).await;
}

async fn a_frame_of_the_relay_is_unexpected<L: Link>() {
    refused::<L>(Drained { next: 1 }.encode(), ErrorCode::UnexpectedFrame).await;
    let alice = crate::person::Person::seeded(9, 1, crate::relay::START);
    let attach = Terms::default().attach(&alice.devices[0], [0; 32], b"relay");
    refused::<L>(attach, ErrorCode::UnexpectedFrame).await;
}

async fn a_request_without_a_number_is_refused<L: Link>() {
    let frame = twotick_wire::frame::FetchList {
        request: RequestId::UNASKED,
        account: twotick_wire::AccountId::new([0; 32]),
        capability: twotick_wire::frame::Capability::NONE,
    };
    refused::<L>(frame.encode(), ErrorCode::InvalidValue).await;
}

async fn another_version_is_unsupported<L: Link>() {
    refused::<L>([0xbe, 2, 0, 0, 0, 1].to_vec(), ErrorCode::UnsupportedVersion).await;
}

async fn the_largest_send_passes<L: Link>() {
    let world = World::new().await;
    let (alice, bob) = (known::<L>(&world, 1, 1).await, known::<L>(&world, 2, 1).await);
    let mut sender: L = attached(&world, &alice).await;
    let body = vec![0x77; 65_588];
    let frame = bob.letter_of(1, 1, &[0x5a; 6_091], &body);
    assert!(frame.len() < MAX_FRAME);
    assert_eq!(status(&sender.ask(frame).await), 0);
    let mut receiver: L = attached(&world, &bob).await;
    assert_eq!(numbers(&mut receiver, 1).await, [1]);
}
