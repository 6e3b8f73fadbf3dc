//! What an account signs (SPEC 5).

use serde_json::{Value, json};
use twotick_wire::{AccountRotation, DeviceCertificate, DeviceList};

use super::super::values::hex;
use super::Decoded;

pub(super) fn certificate(bytes: &[u8]) -> Decoded {
    let certificate = DeviceCertificate::decode(bytes)?;
    Ok((certificate_fields(&certificate), certificate.encode().to_vec()))
}

pub(super) fn certificate_fields(certificate: &DeviceCertificate) -> Value {
    json!({
        "suites": certificate.suites,
        "account_key": hex(certificate.account_key.as_bytes()),
        "device_id": hex(certificate.device_id.as_bytes()),
        "device_signing_key": hex(certificate.device_signing_key.as_bytes()),
        "device_identity_key": hex(certificate.device_identity_key.as_bytes()),
        "created": certificate.created.seconds(),
        "expires": certificate.expires.seconds(),
        "capabilities": certificate.capabilities,
        "account_signature": hex(certificate.account_signature.as_bytes()),
        "device_signature": hex(certificate.device_signature.as_bytes()),
    })
}

pub(super) fn list(bytes: &[u8]) -> Decoded {
    let list = DeviceList::decode(bytes)?;
    let devices = list.devices.iter().map(|entry| {
        json!({
            "device_id": hex(entry.device_id.as_bytes()),
            "certificate_hash": hex(entry.certificate_hash.as_bytes()),
        })
    });
    let revoked = list.revoked.iter().map(|revocation| {
        json!({
            "device_id": hex(revocation.device_id.as_bytes()),
            "epoch": revocation.epoch,
        })
    });
    let fields = json!({
        "account_key": hex(list.account_key.as_bytes()),
        "epoch": list.epoch,
        "previous": hex(list.previous.as_bytes()),
        "issued": list.issued.seconds(),
        "expires": list.expires.seconds(),
        "devices": devices.collect::<Vec<_>>(),
        "revoked": revoked.collect::<Vec<_>>(),
        "signature": hex(list.signature.as_bytes()),
    });
    Ok((fields, list.encode()))
}

pub(super) fn rotation(bytes: &[u8]) -> Decoded {
    let rotation = AccountRotation::decode(bytes)?;
    let fields = json!({
        "old_account_key": hex(rotation.old_account_key.as_bytes()),
        "new_account_key": hex(rotation.new_account_key.as_bytes()),
        "last_epoch": rotation.last_epoch,
        "last_list_hash": hex(rotation.last_list_hash.as_bytes()),
        "issued": rotation.issued.seconds(),
        "old_signature": hex(rotation.old_signature.as_bytes()),
        "new_signature": hex(rotation.new_signature.as_bytes()),
    });
    Ok((fields, rotation.encode().to_vec()))
}
