//! Certificates renewed, accounts rotated, ids claimed by others: whose sessions go on (SPEC 12.5).

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use support::{World, commit, envelope_for};
use twotick_protocol::wire::{DeviceCertificate, Envelope, ErrorCode, UnixTime};
use twotick_protocol::{
    Account, AccountKeyPair, Content, DeviceKeys, IdentityError, PayloadContent, PeerDevice, ReceiveError,
    Record, SendError, Sender, VerifiedCertificate, conversation_id, send_control,
};

const DAY: u64 = 86_400;

fn copy(account: &Account) -> Account {
    Account::decode(&account.encode()).unwrap()
}

fn verified(certificate: &DeviceCertificate, now: UnixTime) -> VerifiedCertificate {
    VerifiedCertificate::verify(certificate.clone(), now).unwrap()
}

/// Alice and Bob, one device each, in the middle of a conversation.
fn talking(seed: u64) -> World {
    let mut world = World::new(seed, &[1, 1]);
    world.talk((0, 0), 1, "hello");
    world.talk((1, 0), 0, "hello");
    world.talk((0, 0), 1, "how are you");
    world
}

/// R-SES-12: Bob renews his certificate; Alice takes it over and the session goes on in both directions.
#[test]
fn a_renewed_certificate_keeps_the_sessions() {
    let mut world = talking(1);
    world.pass(20 * DAY);
    let now = world.now;
    let bob = &mut world.people[1];
    let renewed = bob.devices[0].device.renew(&bob.key, now);
    let list = bob
        .key
        .sign_next_list(bob.account.list(), &[renewed.certificate()], &[], now)
        .unwrap();
    commit(bob.account.adopt(list, now).unwrap());
    let certificate = verified(renewed.certificate(), now);
    bob.devices[0].device = renewed;
    let account = copy(&bob.account);
    let refused = world.try_say((0, 0), 1, b"not yet");
    assert!(matches!(refused, Err(SendError::DeviceSetMismatch(_))));
    let peer = world.peer((0, 0), (1, 0));
    let session = peer.current_session();
    commit(peer.recertify(&certificate, &account).unwrap());
    assert_eq!(peer.current_session(), session);
    world.talk((0, 0), 1, "still here");
    world.talk((1, 0), 0, "so am I");
}

/// R-SES-12, R-IDN-6: after a rotation the peer goes over to the new account, under a record of that account.
#[test]
fn a_rotated_account_keeps_the_sessions() {
    let mut world = talking(2);
    let now = world.now;
    let next = AccountKeyPair::generate(&mut world.rng);
    let bob = &mut world.people[1];
    let rotation = bob.key.rotate(&next, bob.account.list(), now).unwrap();
    let renewed = bob.devices[0].device.renew(&next, now);
    let list = next
        .sign_first_list_after_rotation(bob.account.list(), &[renewed.certificate()], now)
        .unwrap();
    let mut account = copy(&bob.account);
    let certificate = verified(renewed.certificate(), now);
    let stranger = Account::trust(next.account_id(), list.clone(), now).unwrap();
    commit(account.follow(rotation, list, now).unwrap());

    let peer = world.peer((0, 0), (1, 0));
    let before = peer.record_key();
    let refused = peer.recertify(&certificate, &stranger).unwrap_err();
    assert_eq!(refused, IdentityError::WrongAccount);
    let mut keys = Vec::new();
    let staged = peer.recertify(&certificate, &account).unwrap();
    let stored = staged.commit(|changes| {
        changes.for_each(|change| keys.push(format!("{change:?}")));
        Ok::<(), ()>(())
    });
    assert!(stored.is_ok() && keys.len() == 2 && keys[0].starts_with("Delete"));
    assert_ne!(peer.record_key(), before);
    assert_eq!(peer.account_id(), next.account_id());
    assert_eq!(peer.current_session(), Some((1, true)));
}

/// R-SES-12: other device keys under the same id are another device, and change nothing.
#[test]
fn other_keys_do_not_inherit_sessions() {
    let mut world = talking(3);
    let now = world.now;
    let other = DeviceKeys::generate(&mut world.rng).certify(&world.people[1].key, now);
    let certificate = verified(other.certificate(), now);
    let account = copy(&world.people[1].account);
    let peer = world.peer((0, 0), (1, 0));
    let before = peer.encode();
    assert_eq!(
        peer.recertify(&certificate, &account).unwrap_err(),
        IdentityError::NotInDeviceList
    );
    assert_eq!(*peer.encode(), *before);
}

/// R-SES-13: the same device id under another account is another record.
#[test]
fn a_claimed_device_id_is_another_record() {
    let mut world = talking(4);
    let mallory = AccountKeyPair::generate(&mut world.rng);
    let keys = DeviceKeys::generate(&mut world.rng).certify(&mallory, world.now);
    let claimed = PeerDevice::new(&verified(keys.certificate(), world.now));
    let bob = world.peer((0, 0), (1, 0)).record_key();
    let (account, _) = bob.id().split_at(32);
    assert_eq!(account, world.people[1].key.account_id().as_bytes());
    assert_eq!(claimed.record_key().id()[..32], *mallory.account_id().as_bytes());
}

/// R-DR-11: an accepted session does not keep the signed prekey's private half.
#[test]
fn an_accepted_session_forgets_the_signed_prekey() {
    let mut world = World::new(5, &[1, 1]);
    world.talk((0, 0), 1, "hello");
    let records = &world.people[1].devices[0].records.0;
    let signed = records
        .iter()
        .find(|(key, _)| format!("{:?}", key.kind()) == "SignedPrekey")
        .unwrap()
        .1;
    let private: [u8; 32] = signed[2..34].try_into().unwrap();
    let peer = world.peer((1, 0), (0, 0)).encode();
    assert!(!peer.windows(32).any(|window| window == private));
}

/// R-LST-5: a device never met is not added from a list that has expired, even if it speaks first.
#[test]
fn an_expired_list_adds_nobody_who_speaks_first() {
    let mut world = World::new(6, &[1, 1]);
    let sent = world.say((0, 0), 1, "hello");
    world.pass(36 * DAY);
    let bob = world.id((1, 0));
    let refused = world.deliver((1, 0), &envelope_for(&sent, bob)).unwrap_err();
    assert_eq!(refused, ReceiveError::Identity(IdentityError::DeviceListStale));
}

/// R-SES-4: one handshake cannot use up the generations.
#[test]
fn a_generation_far_ahead_is_refused() {
    let mut world = World::new(7, &[1, 1]);
    let bob = world.id((1, 0));
    let sent = world.say((0, 0), 1, "hello");
    let mut bytes = envelope_for(&sent, bob);
    let message = Envelope::decode(&bytes).unwrap().message.to_vec();
    let at = bytes
        .windows(message.len())
        .position(|window| window == message)
        .unwrap();
    bytes[at + 267..at + 271].copy_from_slice(&65_537u32.to_be_bytes());
    let refused = world.deliver((1, 0), &bytes).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::GenerationTooFar);
    assert!(world.deliver((1, 0), &envelope_for(&sent, bob)).is_ok());
}

/// R-MSG-5: content for our own devices, or with a place in the history, is not sealed to a contact by mistake.
#[test]
fn control_messages_are_of_their_kinds_only() {
    let mut world = talking(8);
    let (own, recipient) = (copy(&world.people[0].account), copy(&world.people[1].account));
    let (now, bob) = (world.now, world.id((1, 0)));
    let elsewhere = conversation_id(&own.account_id(), &own.account_id());
    let inline = || Content::Inline(b"x".to_vec().into());
    let wrong = [
        PayloadContent::DeviceSync(inline()),
        PayloadContent::Ephemeral {
            conversation: elsewhere,
            content: inline(),
        },
        PayloadContent::RetryRequest(Vec::new()),
    ];
    for content in wrong {
        let alice = &mut world.people[0].devices[0];
        let sender = Sender {
            us: &alice.device,
            own: &own,
            recipient: &recipient,
        };
        let peer = alice.peers.get_mut(&bob).unwrap();
        let before = peer.encode();
        let refused = send_control(&sender, peer, content, now, &mut world.rng).map(|_| ());
        assert_eq!(refused, Err(SendError::WrongKind));
        assert_eq!(*peer.encode(), *before);
    }
}
