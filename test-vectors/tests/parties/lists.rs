//! Lists and rotations as a party follows them.

use serde_json::{Value, json};
use twotick_protocol::wire::{DeviceCertificate, ErrorCode, UnixTime};
use twotick_protocol::{AccountKeyPair, DeviceKeys, Secret};

use crate::world::{World, account, bytes, device, key};

fn learn(world: &World, party: &str, person: char) -> Value {
    let list = hex::encode(world.lists[&person].encode());
    json!({ "op": "party.learn", "party": party, "list": list, "now": world.now })
}

#[test]
fn a_removed_device_is_heard_no_more() {
    let mut world = World::new();
    world.connect("a1", 'b');
    let sent = world.send("a1", 'b', "hello");
    let envelope = world.envelope(&sent, "b1");
    assert_eq!(
        world.learn("b1", 'a'),
        json!({ "result": "unchanged", "missed": 0 })
    );
    let (old, now) = (world.lists[&'a'].clone(), UnixTime::new(world.now));
    let gone = world.certificates["a1"].device_id;
    let list = key('a').sign_next_list(&old, &[], &[gone], now).unwrap();
    let list = key('a').sign_next_list(&list, &[], &[], now).unwrap();
    world.lists.insert('a', list);
    assert_eq!(
        world.learn("b1", 'a'),
        json!({ "result": "adopted", "missed": 1 })
    );
    world.refuses("b1", &envelope, ErrorCode::NotInDeviceList);
    world.lists.insert('a', old);
    let rollback = learn(&world, "b1", 'a');
    world.fails(rollback, ErrorCode::DeviceListRollback);
}

#[test]
fn expired_lists_withhold_devices_never_met() {
    let mut world = World::new();
    world.initiate("a1", "b1");
    world.initiate("a1", "a2");
    world.now += 36 * 86_400;
    world.publish("a2");
    world.publish("b1");
    world.initiate("a1", "b1");
    world.initiate("a1", "a2");
    let sent = world.send("a1", 'b', "hello");
    assert_eq!(sent["withheld"], json!([world.id("b2")]));
    assert_eq!(sent["envelopes"].as_array().unwrap().len(), 2);
    let envelope = world.envelope(&sent, "b1");
    world.refuses("b1", &envelope, ErrorCode::DeviceListStale);
}

/// R-SES-12.
#[test]
fn a_renewed_certificate_keeps_the_sessions() {
    let mut world = World::new();
    world.connect("a1", 'b');
    world.connect("b1", 'a');
    world.pass_on("a1", "b1", "ping");
    world.pass_on("b1", "a1", "pong");
    let now = UnixTime::new(world.now + 60);
    let renewed = |seeded: u8| {
        let id = world.certificates["a1"].device_id;
        let mut description = device("a1", now.seconds());
        description["identity_private_key"] = json!(hex::encode([seeded; 32]));
        let draws =
            ["device_id", "signing_seed", "identity_private_key"].map(|name| bytes(&description[name]));
        let mut draws = twotick_vectors::random::Source::script(draws.into());
        let renewed = DeviceKeys::generate(&mut draws).certify(&key('a'), now);
        assert_eq!(renewed.device_id(), id);
        renewed.certificate().clone()
    };
    let identity = bytes(&device("a1", 0)["identity_private_key"])[0];
    let (same, other) = (renewed(identity), renewed(0x44));
    let recertify = |world: &World, of: &str, certificate: &DeviceCertificate| {
        json!({
            "op": "session.recertify", "party": "b1", "account": account(of), "device": world.id(of),
            "certificate": hex::encode(certificate.encode()), "now": world.now,
        })
    };
    let early = recertify(&world, "a1", &same);
    world.fails(early, ErrorCode::NotInDeviceList);
    let base = world.lists[&'a'].clone();
    for (certificate, accepted) in [(&other, false), (&same, true)] {
        let list = key('a').sign_next_list(&base, &[certificate], &[], now).unwrap();
        world.save("b1", "before");
        world.lists.insert('a', list);
        world.learn("b1", 'a');
        let sent = world.send("a1", 'b', "renewed");
        let envelope = world.envelope(&sent, "b1");
        world.refuses("b1", &envelope, ErrorCode::NotInDeviceList);
        let operation = recertify(&world, "a1", certificate);
        if accepted {
            world.ok(operation);
            world.receive("b1", &envelope);
        } else {
            world.fails(operation, ErrorCode::NotInDeviceList);
            world.restore("b1", "before");
        }
    }
}

#[test]
fn a_rotation_is_followed_once() {
    let mut world = World::new();
    let new = AccountKeyPair::from_seed(Secret::from_bytes([0x77; 32]));
    let now = UnixTime::new(world.now);
    let certificate = {
        let mut source = twotick_vectors::random::Source::stream([1; 32]);
        DeviceKeys::generate(&mut source).certify(&new, now)
    };
    let last = world.lists[&'a'].clone();
    let rotation = key('a').rotate(&new, &last, now).unwrap();
    let list = new
        .sign_first_list_after_rotation(&last, &[certificate.certificate()], now)
        .unwrap();
    let follow = |id: String| {
        json!({
            "op": "party.follow", "party": "b1", "account": id, "rotation": hex::encode(rotation.encode()),
            "list": hex::encode(list.encode()), "now": now.seconds(),
        })
    };
    let answer = world.ok(follow(account("a")));
    assert_eq!(
        answer,
        json!({ "account_id": new.account_id().to_string(), "missed": 0 })
    );
    world.faults(follow(account("a")));
    world.fails(follow(new.account_id().to_string()), ErrorCode::AccountRetired);
    let old = learn(&world, "b1", 'a');
    world.fails(old, ErrorCode::AccountRetired);
    world.save("b1", "now");
    let digest = world.digest("b1");
    world.restore("b1", "now");
    assert_eq!(world.digest("b1"), digest);
    world.fails(follow(new.account_id().to_string()), ErrorCode::AccountRetired);
}
