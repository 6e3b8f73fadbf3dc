//! Accounts, devices, lists, rotations, bundles.

use serde_json::json;
use twotick_vectors::check::Peer;
use twotick_vectors::operations::Program;
use twotick_wire::ErrorCode;

use super::{DAY, NOW, altered, bundle, device, filled, ok, refused, stream, text, with};

#[test]
fn a_generated_device_is_what_its_draws_say() {
    let (description, certificate, _) = device(10);
    let drawn = stream(11, 80);
    assert_eq!(description["device_id"], json!(hex::encode(&drawn[..16])));
    assert_eq!(description["signing_seed"], json!(hex::encode(&drawn[16..48])));
    assert_eq!(
        description["identity_private_key"],
        json!(hex::encode(&drawn[48..]))
    );
    let decoded = ok(json!({ "op": "decode", "object": "DeviceCertificate", "bytes": certificate }));
    assert_eq!(decoded["fields"]["expires"], json!(NOW + 365 * DAY));
    let verify = json!({ "op": "certificate.verify", "certificate": certificate, "now": NOW });
    assert_eq!(ok(verify.clone())["device_id"], description["device_id"]);
    refused(
        with(verify.clone(), "now", json!(NOW + 366 * DAY)),
        ErrorCode::Expired,
    );
    refused(
        with(verify, "certificate", altered(&json!(certificate))),
        ErrorCode::BadDeviceSignature,
    );
}

#[test]
fn an_account_is_the_hash_of_its_key() {
    let made = ok(json!({ "op": "account.generate", "random": [filled(7, 32)] }));
    assert_eq!(made["account_seed"], json!(filled(7, 32)));
    let hash = json!({ "op": "hash", "label": "Twotick/1/hash/account", "data": made["account_key"] });
    assert_eq!(ok(hash)["hash"], made["account_id"]);
}

#[test]
fn a_known_list_is_trusted_though_it_has_expired() {
    let (_, certificate, first) = device(20);
    let later = NOW + 100 * DAY;
    let next = ok(
        json!({ "op": "list.next", "account_seed": filled(20, 32), "list": first, "add": [],
        "remove": [], "now": later }),
    );
    let adopt = json!({ "op": "list.adopt", "known": first, "received": next["list"], "now": later });
    assert_eq!(ok(adopt.clone()), json!({ "result": "adopted", "missed": 0 }));
    let again = with(adopt.clone(), "known", next["list"].clone());
    assert_eq!(ok(again)["result"], json!("unchanged"));
    let back = with(adopt, "known", next["list"].clone());
    refused(
        with(with(back, "received", json!(first)), "now", json!(NOW)),
        ErrorCode::DeviceListRollback,
    );
    let admit = json!({ "op": "list.admit", "list": first, "certificate": certificate, "others": [],
        "us": null, "now": later });
    ok(admit.clone());
    let (_, stranger, _) = device(30);
    refused(
        with(admit, "certificate", json!(stranger)),
        ErrorCode::NotInDeviceList,
    );
}

#[test]
fn heads_are_placed_against_the_list() {
    let (_, _, list) = device(20);
    let verified = ok(json!({ "op": "list.verify", "list": list, "now": NOW }));
    let hash = &text(&verified["head"])[8..];
    let compare = |head: String| json!({ "op": "head.compare", "list": list, "head": head });
    for (epoch, hash, expected) in [
        ("00000000", filled(0, 16).as_str(), "unknown"),
        ("00000001", hash, "same"),
        ("00000001", filled(9, 16).as_str(), "fork"),
        ("00000002", filled(9, 16).as_str(), "newer"),
    ] {
        assert_eq!(
            ok(compare(format!("{epoch}{hash}"))),
            json!({ "comparison": expected })
        );
    }
    refused(compare(format!("00000000{hash}")), ErrorCode::InvalidValue);
}

#[test]
fn a_rotation_leads_to_the_new_account() {
    let (description, _, list) = device(40);
    let renewed = with(description, "account_seed", json!(filled(50, 32)));
    let new = Program::default().answer(&json!({ "op": "device.generate", "account_seed": filled(50, 32),
        "now": NOW, "random": [renewed["device_id"], renewed["signing_seed"],
        renewed["identity_private_key"]] }));
    let made = ok(
        json!({ "op": "rotation.make", "old_seed": filled(40, 32), "list": list,
        "new_seed": filled(50, 32), "certificate": new["ok"]["certificate"], "now": NOW }),
    );
    let step = json!({ "rotation": made["rotation"], "list": made["list"] });
    let mut follow = json!({ "op": "rotation.follow", "known": list, "followed": [], "now": NOW });
    follow["rotation"] = step["rotation"].clone();
    follow["list"] = step["list"].clone();
    let followed = ok(follow.clone());
    let verified = ok(json!({ "op": "list.verify", "list": made["list"], "now": NOW }));
    assert_eq!(
        followed,
        json!({ "account_id": verified["account_id"], "missed": 0 })
    );
    refused(
        with(follow.clone(), "followed", json!([step])),
        ErrorCode::AccountRetired,
    );
    refused(
        with(follow, "rotation", altered(&made["rotation"])),
        ErrorCode::BadRotation,
    );
}

#[test]
fn bundles_verify_for_the_device_meant() {
    let ((us, _, _), (them, certificate, list)) = (device(60), device(70));
    let bundle = bundle(&them, &certificate, 71);
    let verify = json!({ "op": "bundle.verify", "bundle": bundle, "wanted": them["device_id"],
        "list": list, "us": us, "now": NOW });
    assert_eq!(ok(verify.clone()), json!({ "strength": "one_time" }));
    refused(
        with(verify.clone(), "wanted", us["device_id"].clone()),
        ErrorCode::WrongDevice,
    );
    refused(with(verify.clone(), "us", them.clone()), ErrorCode::OwnDevice);
    refused(
        with(verify.clone(), "bundle", altered(&json!(bundle))),
        ErrorCode::BadPrekeySignature,
    );
    refused(
        with(verify, "now", json!(NOW + 15 * DAY)),
        ErrorCode::PrekeyExpired,
    );
}
