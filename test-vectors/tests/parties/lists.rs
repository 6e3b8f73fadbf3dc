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

/// The program of a device whose certificate was renewed, under another name; `b1` has learnt its list.
fn renewed(world: &mut World, identity: Option<u8>) {
    let created = world.now + 60;
    let mut description = device("a1", created);
    if let Some(byte) = identity {
        description["identity_private_key"] = json!(hex::encode([byte; 32]));
    }
    let made = world.ok(json!({ "op": "party.create", "party": "a1 renewed", "device": description }));
    let certificate = DeviceCertificate::decode(&bytes(&made["certificate"])).unwrap();
    let now = UnixTime::new(created);
    let list = key('a')
        .sign_next_list(&world.lists[&'a'], &[&certificate], &[], now)
        .unwrap();
    world.certificates.insert("a1 renewed".into(), certificate);
    world.lists.insert('a', list);
    world.publish("a1 renewed");
    for (party, person) in [("a1 renewed", 'a'), ("a1 renewed", 'b'), ("b1", 'a')] {
        world.learn(party, person);
    }
    for to in ["a2", "b1", "b2"] {
        world.initiate("a1 renewed", to);
    }
}

/// R-SES-12: sessions and generations stay.
#[test]
fn a_renewed_certificate_is_taken_over() {
    let mut world = World::new();
    world.connect("a1", 'b');
    world.pass_on("a1", "b1", "before");
    world.save("b1", "before");
    renewed(&mut world, None);
    let sent = world.send("a1 renewed", 'b', "after");
    let envelope = world.envelope(&sent, "b1");
    world.receive("b1", &envelope);
    assert_eq!(world.inspect("b1", "a1")["sessions"].as_array().unwrap().len(), 2);
    world.restore("b1", "before");
    world.learn("b1", 'a');
    assert_eq!(world.initiate("b1", "a1 renewed")["generation"], json!(2));
    world.receive("b1", &envelope);
}

#[test]
fn other_keys_under_the_same_id_are_not_taken_over() {
    let mut world = World::new();
    world.connect("a1", 'b');
    world.pass_on("a1", "b1", "before");
    renewed(&mut world, Some(0x44));
    let sent = world.send("a1 renewed", 'b', "after");
    let envelope = world.envelope(&sent, "b1");
    world.refuses("b1", &envelope, ErrorCode::NotInDeviceList);
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
    world.fails(follow(account("a")), ErrorCode::AccountRetired);
    world.fails(follow(new.account_id().to_string()), ErrorCode::AccountRetired);
    let old = learn(&world, "b1", 'a');
    world.fails(old, ErrorCode::AccountRetired);
    world.save("b1", "now");
    let digest = world.digest("b1");
    world.restore("b1", "now");
    assert_eq!(world.digest("b1"), digest);
    world.fails(follow(new.account_id().to_string()), ErrorCode::AccountRetired);
}

/// R-SES-12, R-IDN-6: the record of a device goes along with its account.
#[test]
fn a_rotated_account_keeps_its_sessions() {
    let mut world = World::new();
    world.connect("a1", 'b');
    world.pass_on("a1", "b1", "before");
    let mut description = device("a1", world.now);
    description["account_seed"] = json!(hex::encode([b'z'; 32]));
    let made = world.ok(json!({ "op": "party.create", "party": "z1", "device": description }));
    let certificate = DeviceCertificate::decode(&bytes(&made["certificate"])).unwrap();
    let (now, last) = (UnixTime::new(world.now), world.lists[&'a'].clone());
    let rotation = key('a').rotate(&key('z'), &last, now).unwrap();
    let list = key('z')
        .sign_first_list_after_rotation(&last, &[&certificate], now)
        .unwrap();
    world.ok(json!({
        "op": "party.follow", "party": "b1", "account": account("a"), "list": hex::encode(list.encode()),
        "rotation": hex::encode(rotation.encode()), "now": world.now,
    }));
    world.certificates.insert("z1".into(), certificate);
    world.lists.insert('z', list);
    world.learn("z1", 'z');
    world.learn("z1", 'b');
    assert_eq!(world.inspect("b1", "z1")["sessions"].as_array().unwrap().len(), 1);
    world.initiate("z1", "b1");
    world.initiate("z1", "b2");
    let sent = world.send("z1", 'b', "after");
    let envelope = world.envelope(&sent, "b1");
    assert_eq!(world.receive("b1", &envelope)["account"], json!(account("z")));
    let (digest, peer) = (world.digest("b1"), world.inspect("b1", "z1"));
    assert_eq!(peer["sessions"].as_array().unwrap().len(), 2);
    world.save("b1", "after");
    world.restore("b1", "after");
    assert_eq!(world.inspect("b1", "z1"), peer);
    assert_eq!(world.digest("b1"), digest);
}
