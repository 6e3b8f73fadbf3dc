//! Lists, prekeys, capabilities, and refusals that tell nothing (SPEC 26).

use twotick_wire::frame::{Bundles, Capability, FetchList, Lists, PrekeysPublished, RequestId};
use twotick_wire::{AccountId, ErrorCode, PrekeyBundle};

use super::{attached, known, over_every_transport, status};
use crate::client::Link;
use crate::person::{CAPABILITY, Person};
use crate::relay::World;

over_every_transport! {
    /// R-KEY-2, R-KEY-3: each one-time prekey is handed out once; then bundles come without.
    a_one_time_prekey_is_handed_out_once;
    /// R-KEY-1, R-CAP-1: the list of an account is for those who have its capability.
    a_list_is_for_those_who_may_have_it;
    /// R-CAP-1, R-BLD-3: no such account, no capability, a revoked one: the same bytes.
    refusals_tell_nothing;
    /// R-SND-5: another device set is refused with the list that is right.
    a_wrong_device_set_comes_back_with_the_list;
}

async fn a_one_time_prekey_is_handed_out_once<L: Link>() {
    let world = World::new().await;
    let (alice, bob) = (known::<L>(&world, 1, 1).await, known::<L>(&world, 2, 1).await);
    let mut owner: L = attached(&world, &bob).await;
    let answer = owner.ask(bob.publish_prekeys(0, 1, 2)).await;
    assert_eq!(PrekeysPublished::decode(&answer).expect("an answer").available, 2);
    let mut asker: L = attached(&world, &alice).await;
    let mut taken = Vec::new();
    for request in 1..=3 {
        let answer = asker.ask(bob.take_prekeys(request)).await;
        let bundles = Bundles::decode(&answer).expect("bundles").bundles;
        assert_eq!(bundles.len(), 1);
        taken.push(
            PrekeyBundle::decode(&bundles[0])
                .expect("a bundle")
                .one_time_prekey
                .map(|prekey| prekey.encode()),
        );
    }
    assert!(
        taken[0].is_some() && taken[1].is_some() && taken[0] != taken[1],
        "{}",
        L::NAME
    );
    assert_eq!(taken[2], None, "{}", L::NAME);
}

async fn a_list_is_for_those_who_may_have_it<L: Link>() {
    let world = World::new().await;
    let (alice, bob) = (known::<L>(&world, 1, 1).await, known::<L>(&world, 2, 2).await);
    let mut asker: L = attached(&world, &alice).await;
    let fetch = |account: AccountId, capability| {
        FetchList {
            request: RequestId::new(1),
            account,
            capability,
        }
        .encode()
    };
    let answer = asker.ask(fetch(bob.id(), CAPABILITY)).await;
    let lists = Lists::decode(&answer).expect("a list");
    assert_eq!(&*lists.list, bob.list.encode());
    assert_eq!(lists.certificates.as_slice().len(), 2);
    let own = asker.ask(fetch(alice.id(), Capability::NONE)).await;
    assert_eq!(&*Lists::decode(&own).expect("a list").list, alice.list.encode());
    let wrong = Capability::new([8; 16]);
    assert_eq!(
        asker.refused(fetch(bob.id(), wrong)).await,
        ErrorCode::Refused.number()
    );
}

async fn refusals_tell_nothing<L: Link>() {
    let world = World::new().await;
    let (alice, bob) = (known::<L>(&world, 1, 1).await, known::<L>(&world, 2, 1).await);
    let mut owner: L = attached(&world, &bob).await;
    owner.done(Person::revoke(1)).await;
    let stranger = Person::seeded(3, 1, crate::relay::START);
    let mut asker: L = attached(&world, &alice).await;
    let mut kinds: Vec<Vec<bytes::Bytes>> = Vec::new();
    for target in [&bob, &stranger] {
        let fetch = FetchList {
            request: RequestId::new(2),
            account: target.id(),
            capability: CAPABILITY,
        };
        let answers = asker
            .ask_all(vec![
                target.take_prekeys(1),
                fetch.encode(),
                target.ephemeral(3, 1),
            ])
            .await;
        kinds.push(answers.expect("answers"));
        assert_eq!(
            status(&asker.ask(target.letter(1, 1)).await),
            ErrorCode::Refused.number()
        );
    }
    assert_eq!(kinds[0], kinds[1], "{}", L::NAME);
}

async fn a_wrong_device_set_comes_back_with_the_list<L: Link>() {
    let world = World::new().await;
    let alice = known::<L>(&world, 1, 1).await;
    let mut bob = known::<L>(&world, 2, 2).await;
    let right = bob.list.encode();
    let left_out = bob.devices.remove(1);
    let mut sender: L = attached(&world, &alice).await;
    let answer = sender.ask(bob.letter(1, 1)).await;
    assert_eq!(status(&answer), ErrorCode::DeviceSetMismatch.number());
    let result = twotick_wire::frame::SendResult::decode(&answer).expect("a result");
    assert_eq!(&*result.results[0].list, right);
    bob.devices.push(left_out);
    assert_eq!(status(&sender.ask(bob.letter(2, 2)).await), 0);
}
