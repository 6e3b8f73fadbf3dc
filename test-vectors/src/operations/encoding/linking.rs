//! Linking and the safety code (SPEC 6.1, 7).

use serde_json::json;
use twotick_wire::{LinkCommitment, LinkHello, LinkNonce, LinkOffer, LinkReveal, LinkSealed, SafetyCode};

use super::super::values::hex;
use super::Decoded;

pub(super) fn offer(bytes: &[u8]) -> Decoded {
    let offer = LinkOffer::decode(bytes)?;
    let fields = json!({
        "secret": hex(offer.secret),
        "account_id": hex(offer.account_id.as_bytes()),
        "expires": offer.expires.seconds(),
    });
    Ok((fields, offer.encode().to_vec()))
}

pub(super) fn hello(bytes: &[u8]) -> Decoded {
    let hello = LinkHello::decode(bytes)?;
    let fields = json!({
        "ephemeral": hex(hello.ephemeral.as_bytes()),
        "mac": hex(hello.mac),
    });
    Ok((fields, hello.encode().to_vec()))
}

pub(super) fn commitment(bytes: &[u8]) -> Decoded {
    let commitment = LinkCommitment::decode(bytes)?;
    let fields = json!({ "commitment": hex(commitment.commitment) });
    Ok((fields, commitment.encode().to_vec()))
}

pub(super) fn nonce(bytes: &[u8]) -> Decoded {
    let nonce = LinkNonce::decode(bytes)?;
    Ok((json!({ "nonce": hex(nonce.nonce) }), nonce.encode().to_vec()))
}

pub(super) fn reveal(bytes: &[u8]) -> Decoded {
    let reveal = LinkReveal::decode(bytes)?;
    let fields = json!({
        "ephemeral": hex(reveal.ephemeral.as_bytes()),
        "nonce": hex(reveal.nonce),
    });
    Ok((fields, reveal.encode().to_vec()))
}

pub(super) fn sealed(bytes: &[u8]) -> Decoded {
    let sealed = LinkSealed::decode(bytes)?;
    let fields = json!({
        "step": sealed.step.number(),
        "sealed": hex(sealed.sealed),
    });
    Ok((fields, sealed.encode()))
}

pub(super) fn safety_code(bytes: &[u8]) -> Decoded {
    let code = SafetyCode::decode(bytes)?;
    let fields = json!({
        "shown_by": hex(code.shown_by.as_bytes()),
        "shown_to": hex(code.shown_to.as_bytes()),
    });
    Ok((fields, code.encode().to_vec()))
}
