//! What is sent (SPEC 9.2, 10.4, 11.4, 11.5, 14.1).

use serde_json::{Value, json};
use twotick_wire::{Envelope, InitialMessage, OneTimePrekeyId, RatchetMessage, Receipt, Sealed, SharedBody};

use super::super::values::hex;
use super::Decoded;
use super::certified::certificate_fields;

pub(super) fn initial_message(bytes: &[u8]) -> Decoded {
    let message = InitialMessage::decode(bytes)?;
    let header = &message.header;
    let one_time = header
        .one_time_prekey_id
        .map_or([0; 16], OneTimePrekeyId::to_bytes);
    let fields = json!({
        "certificate": certificate_fields(&header.certificate),
        "generation": header.generation,
        "signed_prekey_id": hex(header.signed_prekey_id.as_bytes()),
        "one_time_prekey_id": hex(one_time),
        "ephemeral": hex(header.ephemeral.as_bytes()),
        "kem_ciphertext": hex(header.kem_ciphertext),
        "sealed": sealed_fields(&message.sealed),
    });
    // `InitialMessage::encode` copies the header it was read from.
    let mut encoded = header.to_owned().encode();
    encoded.extend_from_slice(&message.encode()[encoded.len()..]);
    Ok((fields, encoded))
}

pub(super) fn ratchet_message(bytes: &[u8]) -> Decoded {
    let message = RatchetMessage::decode(bytes)?;
    Ok((
        json!({ "sealed": sealed_fields(&message.sealed) }),
        message.encode(),
    ))
}

pub(super) fn shared_body(bytes: &[u8]) -> Decoded {
    let body = SharedBody::decode(bytes)?;
    let fields = json!({
        "commitment": hex(body.commitment),
        "sealed": hex(body.sealed),
    });
    Ok((fields, body.encode()))
}

pub(super) fn envelope(bytes: &[u8]) -> Decoded {
    let envelope = Envelope::decode(bytes)?;
    let fields = json!({
        "from": hex(envelope.from.as_bytes()),
        "to": hex(envelope.to.as_bytes()),
        "message_id": hex(envelope.message_id.as_bytes()),
        "message": hex(envelope.message),
        "body": hex(envelope.body),
    });
    Ok((fields, envelope.encode()))
}

pub(super) fn receipt(bytes: &[u8]) -> Decoded {
    let receipt = Receipt::decode(bytes)?;
    let fields = json!({
        "state": receipt.state.byte(),
        "message_id": hex(receipt.message_id.as_bytes()),
        "tag": hex(receipt.tag),
    });
    Ok((fields, receipt.encode().to_vec()))
}

fn sealed_fields(sealed: &Sealed<'_>) -> Value {
    json!({
        "salt": hex(sealed.salt),
        "sealed_header": hex(sealed.header),
        "sealed_body": hex(sealed.body),
    })
}
