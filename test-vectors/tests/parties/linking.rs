//! Linking, step by step.

use serde_json::{Value, json};
use twotick_protocol::wire::{DeviceCertificate, DeviceList, ErrorCode};
use twotick_vectors::answer::error_json;

use crate::world::{World, bytes, device};

fn step(world: &World, role: &str, input: Value) -> Value {
    json!({ "op": "link.step", "link": "one", "role": role, "input": input, "now": world.now })
}

fn go(world: &mut World, role: &str, input: Value) -> Value {
    let step = step(world, role, input);
    world.ok(step)
}

fn begin(world: &World) -> Value {
    let certificates: Vec<_> = ["a1", "a2"]
        .iter()
        .map(|name| hex::encode(world.certificates[*name].encode()))
        .collect();
    json!({
        "account_seed": hex::encode([b'a'; 32]),
        "list": hex::encode(world.lists[&'a'].encode()),
        "certificates": certificates,
    })
}

/// Up to the digits; returns those of the existing and of the new device.
fn digits(world: &mut World) -> (Value, Value) {
    let input = begin(world);
    let offer = go(world, "existing", input);
    let hello = go(world, "new", offer["output"].clone());
    let commitment = go(world, "existing", hello["output"].clone());
    let nonce = go(world, "new", commitment["output"].clone());
    let reveal = go(world, "existing", nonce["output"].clone());
    let shown = go(world, "new", reveal["output"].clone());
    assert_eq!(shown["output"], json!(null));
    (reveal["digits"].clone(), shown["digits"].clone())
}

fn new_keys(digits: &Value) -> Value {
    let mut keys = device("a3", 0);
    keys["digits"] = digits.clone();
    keys
}

#[test]
fn a_device_is_linked() {
    let mut world = World::new();
    let (existing, new) = digits(&mut world);
    assert_eq!(existing, new);
    assert_eq!(
        go(&mut world, "existing", new),
        json!({ "output": null, "digits": null })
    );
    let request = go(&mut world, "new", new_keys(&existing));
    let proposal = go(&mut world, "existing", request["output"].clone());
    let acceptance = go(&mut world, "new", proposal["output"].clone());
    let completion = go(&mut world, "existing", acceptance["output"].clone());
    let linked = go(&mut world, "new", completion["output"].clone());
    assert_eq!(linked["output"], json!(null));
    assert_eq!(
        (&linked["list"], &linked["certificate"]),
        (&completion["list"], &completion["certificate"])
    );
    let certificate = DeviceCertificate::decode(&bytes(&linked["certificate"])).unwrap();
    let list = DeviceList::decode(&bytes(&linked["list"])).unwrap();
    assert_eq!(list.devices.len(), 3);
    assert!(list.entry(&certificate.device_id).is_some());
    assert_eq!(list.epoch, world.lists[&'a'].epoch + 1);
    for role in ["existing", "new"] {
        let after = step(&world, role, json!("00"));
        world.faults(after);
    }
    world.lists.insert('a', list);
    assert_eq!(world.learn("b1", 'a')["result"], json!("adopted"));
}

#[test]
fn wrong_digits_end_the_attempt() {
    let mut world = World::new();
    let (existing, _) = digits(&mut world);
    let typed = existing.as_str().unwrap();
    let wrong = typed.replacen(&typed[..1], if typed.starts_with('0') { "1" } else { "0" }, 1);
    for (role, input) in [("existing", json!(wrong)), ("new", new_keys(&json!(wrong)))] {
        let wrong = step(&world, role, input.clone());
        assert_eq!(
            world.answer(wrong.clone()),
            error_json(ErrorCode::LinkDigitsDiffer)
        );
        world.faults(wrong);
    }
}

#[test]
fn a_late_hello_and_a_forged_one_are_refused() {
    for (late, code) in [(61, ErrorCode::LinkExpired), (0, ErrorCode::LinkRefused)] {
        let mut world = World::new();
        let input = begin(&world);
        let offer = go(&mut world, "existing", input);
        let hello = go(&mut world, "new", offer["output"].clone());
        let mut hello = bytes(&hello["output"]);
        *hello.last_mut().unwrap() ^= 1;
        world.now += late;
        let hello = step(&world, "existing", json!(hex::encode(hello)));
        assert_eq!(world.answer(hello.clone()), error_json(code));
        world.faults(hello);
    }
}
