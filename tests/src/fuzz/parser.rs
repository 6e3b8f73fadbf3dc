//! Each wire parser: no panic, and what decodes encodes to the same bytes.

use twotick_protocol::Payload;
use twotick_wire::frame::{FrameSequence, FrameSequenceWriter};
use twotick_wire::{
    AccountRotation, ClientFrame, DeviceCertificate, DeviceList, DeviceMessage, Envelope, InitialHeader,
    InitialMessage, LinkAcceptance, LinkCommitment, LinkCompletion, LinkHello, LinkNonce, LinkOffer,
    LinkProposal, LinkRequest, LinkReveal, LinkSealed, OneTimePrekey, PrekeyBundle, RatchetMessage, Receipt,
    RelayFrame, SafetyCode, SharedBody, SignedPrekey,
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

/// Frames of both directions, one alone and several in a sequence (SPEC 21, 30).
///
/// The code that a refusal is answered with is of SPEC 4.4 whatever the bytes are.
pub fn frame(data: &[u8]) {
    canonical!(data; ClientFrame, RelayFrame);
    if let Err(error) = ClientFrame::decode(data) {
        assert!(ClientFrame::refusal(data, error).number() > 0);
    }
    if let Err(error) = RelayFrame::decode(data) {
        assert!(RelayFrame::refusal(data, error).number() > 0);
    }
    let Ok(frames) = FrameSequence::decode(data, FrameSequence::MAX_REQUEST) else {
        return;
    };
    let mut writer = FrameSequenceWriter::new(FrameSequence::MAX_REQUEST);
    for frame in frames {
        canonical!(frame; ClientFrame, RelayFrame);
        assert_eq!(writer.push(frame), Ok(()));
    }
    assert_eq!(writer.into_vec(), data, "a sequence");
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
