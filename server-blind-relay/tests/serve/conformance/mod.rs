//! What holds over every transport alike: each test runs over WebSocket, events and long poll (SPEC 30).

mod attaching;
mod bad_input;
mod hostile;
mod keys;
mod mail;

use twotick_wire::frame::{Error, Page, RelayFrame};

use crate::client::{Link, decoded};
use crate::person::{Person, Terms};
use crate::relay::{START, World};

macro_rules! over_every_transport {
    ($($(#[$attribute:meta])* $name:ident;)+) => {
        mod websocket {
            $($(#[$attribute])* #[tokio::test] async fn $name() { super::$name::<crate::client::websocket::WebSocketLink>().await })+
        }
        mod events {
            $($(#[$attribute])* #[tokio::test] async fn $name() { super::$name::<crate::client::events::EventsLink>().await })+
        }
        mod poll {
            $($(#[$attribute])* #[tokio::test] async fn $name() { super::$name::<crate::client::poll::PollLink>().await })+
        }
    };
}

pub(crate) use over_every_transport;

/// A person whose list is published and who grants the capability of these tests.
pub(crate) async fn known<L: Link>(world: &World, seed: u64, devices: usize) -> Person {
    let person = Person::seeded(seed, devices, START);
    let terms = Terms {
        is_send_only: true,
        ..Terms::default()
    };
    let mut link = L::attach(&world.target, &person.devices[0], &terms)
        .await
        .expect("attached");
    link.done(person.publish_list(2)).await;
    link.done(Person::grant(3)).await;
    person
}

/// A link of a person's first device.
pub(crate) async fn attached<L: Link>(world: &World, person: &Person) -> L {
    L::attach(&world.target, &person.devices[0], &Terms::default())
        .await
        .expect("attached")
}

/// Numbers of the envelopes in the next frame, which is a Page.
pub(crate) async fn page<L: Link>(link: &mut L) -> Vec<u64> {
    let frame = link.next().await.expect("a page");
    match decoded(&frame) {
        RelayFrame::Page(Page { deliveries }) => deliveries.iter().map(|delivery| delivery.seq).collect(),
        other => panic!("{}: expected a Page, not {other:?}", L::NAME),
    }
}

/// Numbers of so many envelopes, however they come.
pub(crate) async fn numbers<L: Link>(link: &mut L, count: usize) -> Vec<u64> {
    let mut numbers = Vec::new();
    while numbers.len() < count {
        numbers.extend(page(link).await);
    }
    numbers
}

/// The status of the only account of a SendResult.
pub(crate) fn status(answer: &[u8]) -> u16 {
    match decoded(answer) {
        RelayFrame::SendResult(result) => result.results[0].status,
        RelayFrame::Error(Error { code, .. }) => code,
        other => panic!("expected SendResult, not {other:?}"),
    }
}
