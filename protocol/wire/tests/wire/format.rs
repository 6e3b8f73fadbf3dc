//! Every format in one table, so that what holds for all is tested for all.

use twotick_wire::{
    AccountRotation, DecodeError, DeviceCertificate, DeviceList, DeviceMessage, Envelope, InitialHeader,
    InitialMessage, LinkAcceptance, LinkCommitment, LinkCompletion, LinkHello, LinkNonce, LinkOffer,
    LinkProposal, LinkRequest, LinkReveal, LinkSealed, LinkStep, Object, OneTimePrekey, PrekeyBundle,
    RatchetMessage, Receipt, ReceiptState, SafetyCode, SharedBody, Signature, SignedPrekey,
};

use crate::fixture::{self, bytes, many, x25519};

/// A format with a value of it.
pub(crate) struct Format {
    pub(crate) name: &'static str,
    /// The object of its first byte; the steps of linking have none.
    pub(crate) object: Option<Object>,
    /// True if the second byte is a version.
    pub(crate) versioned: bool,
    /// Where its suite is, if it has one.
    pub(crate) suite_at: Option<usize>,
    /// From where on the end of the input, not a length, ends the last field.
    pub(crate) open_from: Option<usize>,
    pub(crate) sample: Vec<u8>,
    /// Decodes, and encodes what came out.
    pub(crate) recode: fn(&[u8]) -> Result<Vec<u8>, DecodeError>,
}

macro_rules! recode {
    ($type:ty) => {
        |bytes| <$type>::decode(bytes).map(|value| value.encode().to_vec())
    };
}

pub(crate) fn all() -> Vec<Format> {
    [identity(), prekeys(), messages(), linking()]
        .into_iter()
        .flatten()
        .collect()
}

fn identity() -> Vec<Format> {
    vec![
        object(
            "certificate",
            Object::DeviceCertificate,
            fixture::certificate().encode(),
            recode!(DeviceCertificate),
        ),
        object(
            "smallest list",
            Object::DeviceList,
            fixture::list(1, 0).encode(),
            recode!(DeviceList),
        ),
        object(
            "list",
            Object::DeviceList,
            fixture::list(3, 2).encode(),
            recode!(DeviceList),
        ),
        object(
            "largest list",
            Object::DeviceList,
            fixture::list(16, 64).encode(),
            recode!(DeviceList),
        ),
        object(
            "rotation",
            Object::AccountRotation,
            fixture::rotation().encode(),
            recode!(AccountRotation),
        ),
        object(
            "safety code",
            Object::SafetyCode,
            safety_code().encode(),
            recode!(SafetyCode),
        ),
        object("receipt", Object::Receipt, receipt().encode(), recode!(Receipt)),
    ]
}

fn prekeys() -> Vec<Format> {
    let [without, with] = [None, Some(fixture::one_time_prekey())].map(fixture::bundle);
    vec![
        Format {
            suite_at: Some(2),
            ..object(
                "signed prekey",
                Object::SignedPrekey,
                fixture::signed_prekey().encode(),
                recode!(SignedPrekey),
            )
        },
        Format {
            suite_at: Some(2),
            ..object(
                "one-time prekey",
                Object::OneTimePrekey,
                fixture::one_time_prekey().encode(),
                recode!(OneTimePrekey),
            )
        },
        object(
            "bundle without one-time prekey",
            Object::PrekeyBundle,
            without.encode(),
            recode!(PrekeyBundle),
        ),
        object(
            "bundle",
            Object::PrekeyBundle,
            with.encode(),
            recode!(PrekeyBundle),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table, one entry a format")]
fn messages() -> Vec<Format> {
    let [initial, ratchet, body] = [
        fixture::initial_message(256),
        fixture::ratchet_message(256),
        fixture::shared_body(256),
    ];
    let message = |name, object, sample: &[u8], open_from, recode| Format {
        versioned: false,
        suite_at: Some(1),
        open_from: Some(open_from),
        ..self::object(name, object, sample, recode)
    };
    vec![
        Format {
            versioned: false,
            suite_at: Some(1),
            ..object(
                "initial header",
                Object::InitialMessage,
                fixture::initial_header(None).encode(),
                recode!(InitialHeader),
            )
        },
        message(
            "initial message",
            Object::InitialMessage,
            &initial,
            1903 + 76,
            recode!(InitialMessage<'_>),
        ),
        message(
            "ratchet message",
            Object::RatchetMessage,
            &ratchet,
            3 + 76,
            recode!(RatchetMessage<'_>),
        ),
        message(
            "device message",
            Object::RatchetMessage,
            &ratchet,
            3 + 76,
            recode!(DeviceMessage<'_>),
        ),
        message(
            "first device message",
            Object::InitialMessage,
            &initial,
            1979,
            recode!(DeviceMessage<'_>),
        ),
        Format {
            suite_at: Some(2),
            open_from: Some(36),
            ..object("shared body", Object::SharedBody, &body, recode!(SharedBody<'_>))
        },
        object(
            "envelope",
            Object::Envelope,
            fixture::envelope(&ratchet, &body).encode(),
            recode!(Envelope<'_>),
        ),
        object(
            "bare envelope",
            Object::Envelope,
            fixture::envelope(&initial, &[]).encode(),
            recode!(Envelope<'_>),
        ),
    ]
}

fn linking() -> Vec<Format> {
    let sealed = many(70, 64 + 16);
    let sealed = LinkSealed {
        step: LinkStep::Acceptance,
        sealed: &sealed,
    };
    let proposal = LinkProposal {
        certificate_without_device_signature: fixture::certificate().device_signing_input(),
    };
    let acceptance = LinkAcceptance {
        device_signature: Signature::new(bytes(71)),
    };
    let nonce = LinkNonce { nonce: bytes(72) };
    let commitment = LinkCommitment {
        commitment: bytes(73),
    };
    let hello = LinkHello {
        ephemeral: x25519(74),
        mac: bytes(75),
    };
    let reveal = LinkReveal {
        ephemeral: x25519(76),
        nonce: bytes(77),
    };
    vec![
        object(
            "offer",
            Object::LinkOffer,
            fixture::link_offer().encode(),
            recode!(LinkOffer),
        ),
        object("hello", Object::LinkHello, hello.encode(), recode!(LinkHello)),
        object(
            "commitment",
            Object::LinkCommitment,
            commitment.encode(),
            recode!(LinkCommitment),
        ),
        object("nonce", Object::LinkNonce, nonce.encode(), recode!(LinkNonce)),
        object("reveal", Object::LinkReveal, reveal.encode(), recode!(LinkReveal)),
        object(
            "sealed step",
            Object::LinkSealed,
            sealed.encode(),
            recode!(LinkSealed<'_>),
        ),
        step("request", fixture::link_request().encode(), recode!(LinkRequest)),
        step("proposal", proposal.encode(), recode!(LinkProposal)),
        step("acceptance", acceptance.encode(), recode!(LinkAcceptance)),
        step(
            "completion",
            fixture::link_completion(2, 1).encode(),
            recode!(LinkCompletion),
        ),
    ]
}

fn safety_code() -> SafetyCode {
    SafetyCode {
        shown_by: fixture::account_id(78),
        shown_to: fixture::account_id(79),
    }
}

fn receipt() -> Receipt {
    Receipt {
        state: ReceiptState::Read,
        message_id: twotick_wire::MessageId::new(bytes(80)),
        tag: bytes(81),
    }
}

type Recode = fn(&[u8]) -> Result<Vec<u8>, DecodeError>;

/// An object with a version and neither suite nor open end.
fn object(name: &'static str, object: Object, sample: impl AsRef<[u8]>, recode: Recode) -> Format {
    Format {
        object: Some(object),
        versioned: true,
        ..step(name, sample, recode)
    }
}

/// Neither object nor version.
fn step(name: &'static str, sample: impl AsRef<[u8]>, recode: Recode) -> Format {
    Format {
        name,
        object: None,
        versioned: false,
        suite_at: None,
        open_from: None,
        sample: sample.as_ref().to_vec(),
        recode,
    }
}
