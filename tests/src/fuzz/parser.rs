//! Each wire parser: no panic, and what decodes encodes to the same bytes.

use twotick_protocol::Payload;
use twotick_wire::{
    AccountRotation, DeviceCertificate, DeviceList, DeviceMessage, Envelope, InitialHeader, InitialMessage,
    LinkAcceptance, LinkCommitment, LinkCompletion, LinkHello, LinkNonce, LinkOffer, LinkProposal,
    LinkRequest, LinkReveal, LinkSealed, OneTimePrekey, PrekeyBundle, RatchetMessage, Receipt, SafetyCode,
    SharedBody, SignedPrekey,
};

/// Decodes as each of the types, and encodes again.
macro_rules! canonical {
    ($data:expr; $($type:ident),+ $(,)?) => {
        $(
            if let Ok(value) = $type::decode($data) {
                assert_eq!(value.encode()[..], $data[..], stringify!($type));
            }
        )+
    };
}

/// Certificates.
pub fn certificate(data: &[u8]) {
    canonical!(data; DeviceCertificate);
}

/// Device lists.
pub fn list(data: &[u8]) {
    canonical!(data; DeviceList);
}

/// Rotations of the account key.
pub fn rotation(data: &[u8]) {
    canonical!(data; AccountRotation);
}

/// Prekeys and bundles.
pub fn prekey(data: &[u8]) {
    canonical!(data; SignedPrekey, OneTimePrekey, PrekeyBundle);
}

/// Envelopes, what is inside them, and both kinds of message by themselves.
pub fn message(data: &[u8]) {
    canonical!(data; InitialHeader, InitialMessage, RatchetMessage, DeviceMessage, Envelope);
    if let Ok(envelope) = Envelope::decode(data) {
        canonical!(envelope.message; DeviceMessage);
        canonical!(envelope.body; SharedBody);
    }
}

/// Shared bodies.
pub fn shared_body(data: &[u8]) {
    canonical!(data; SharedBody);
}

/// Receipts and safety codes.
pub fn receipt(data: &[u8]) {
    canonical!(data; Receipt, SafetyCode);
}

/// Linking: the messages, and the steps inside the sealed ones.
pub fn linking(data: &[u8]) {
    canonical!(data; LinkOffer, LinkHello, LinkCommitment, LinkNonce, LinkReveal, LinkSealed);
    canonical!(data; LinkRequest, LinkProposal, LinkAcceptance, LinkCompletion);
}

/// Payloads, which arrive only inside the ratchet.
pub fn payload(data: &[u8]) {
    canonical!(data; Payload);
}
