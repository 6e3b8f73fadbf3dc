//! Each format field by field, written out as SPEC has it, R-ENC-1.
//!
//! A round trip would not notice two fields that changed places in both directions; these do.

use twotick_wire::{
    LinkAcceptance, LinkCommitment, LinkHello, LinkNonce, LinkProposal, LinkReveal, LinkSealed, LinkStep,
    MessageId, OneTimePrekeyId, RatchetMessage, Receipt, ReceiptState, SafetyCode, Sealed, SharedBody,
    Signature,
};

use crate::fixture::{self, bytes, many, x25519};

/// R-ENC-1, SPEC 5.2.
#[test]
fn certificate() {
    let certificate = fixture::certificate();
    let account_input = [
        &[0x01, 0x01, 0x00, 0x01],
        certificate.account_key.as_bytes().as_slice(),
        certificate.device_id.as_bytes(),
        certificate.device_signing_key.as_bytes(),
        certificate.device_identity_key.as_bytes(),
        &1_700_000_000_u64.to_be_bytes(),
        &1_731_536_000_u64.to_be_bytes(),
        &[0x80, 0x00, 0x00, 0x01],
    ]
    .concat();
    let device_input = [account_input.as_slice(), certificate.account_signature.as_bytes()].concat();
    assert_eq!(certificate.account_signing_input().as_slice(), account_input);
    assert_eq!(certificate.device_signing_input().as_slice(), device_input);
    assert_eq!(
        certificate.encode().to_vec(),
        [&device_input, certificate.device_signature.as_bytes().as_slice()].concat()
    );
}

/// R-ENC-1, SPEC 5.3.
#[test]
fn device_list() {
    let list = fixture::list(2, 1);
    let input = [
        &[0x02, 0x01],
        list.account_key.as_bytes().as_slice(),
        &[0, 0, 0, 7],
        list.previous.as_bytes(),
        &1_700_000_000_u64.to_be_bytes(),
        &1_703_024_000_u64.to_be_bytes(),
        &[0, 2],
        list.devices[0].device_id.as_bytes(),
        list.devices[0].certificate_hash.as_bytes(),
        list.devices[1].device_id.as_bytes(),
        list.devices[1].certificate_hash.as_bytes(),
        &[0, 1],
        list.revoked[0].device_id.as_bytes(),
        &[0, 0, 0, 1],
    ]
    .concat();
    assert_eq!(list.signing_input(), input);
    assert_eq!(
        list.encode(),
        [&input, list.signature.as_bytes().as_slice()].concat()
    );
}

/// R-ENC-1, SPEC 5.5.
#[test]
fn rotation() {
    let rotation = fixture::rotation();
    let old_input = [
        &[0x03, 0x01],
        rotation.old_account_key.as_bytes().as_slice(),
        rotation.new_account_key.as_bytes(),
        &[0, 0, 0, 3],
        rotation.last_list_hash.as_bytes(),
        &1_700_000_001_u64.to_be_bytes(),
    ]
    .concat();
    let new_input = [old_input.as_slice(), rotation.old_signature.as_bytes()].concat();
    assert_eq!(rotation.old_signing_input().as_slice(), old_input);
    assert_eq!(rotation.new_signing_input().as_slice(), new_input);
    assert_eq!(
        rotation.encode().to_vec(),
        [&new_input, rotation.new_signature.as_bytes().as_slice()].concat()
    );
}

/// R-ENC-1, R-PRE-1, SPEC 8: a prekey is signed with its certificate hash in front, and named by its two keys.
#[test]
fn prekeys() {
    let hash = twotick_wire::CertificateHash::new(bytes(90));
    let signed = fixture::signed_prekey();
    let keys = [signed.diffie_hellman.as_bytes().as_slice(), signed.kem.as_bytes()].concat();
    let times = [1_700_000_002_u64.to_be_bytes(), 1_701_209_602_u64.to_be_bytes()].concat();
    let input = [&[0x04, 0x01, 0x00, 0x01], keys.as_slice(), &times].concat();
    assert_eq!(signed.id_input(), keys);
    assert_eq!(
        signed.signing_input(&hash),
        [hash.as_bytes().as_slice(), &input].concat()
    );
    assert_eq!(
        signed.encode(),
        [&input, signed.signature.as_bytes().as_slice()].concat()
    );

    let one_time = fixture::one_time_prekey();
    let keys = [
        one_time.diffie_hellman.as_bytes().as_slice(),
        one_time.kem.as_bytes(),
    ]
    .concat();
    let input = [&[0x05, 0x01, 0x00, 0x01], keys.as_slice()].concat();
    assert_eq!(one_time.id_input(), keys);
    assert_eq!(
        one_time.signing_input(&hash),
        [hash.as_bytes().as_slice(), &input].concat()
    );
    assert_eq!(
        one_time.encode(),
        [&input, one_time.signature.as_bytes().as_slice()].concat()
    );
}

/// R-ENC-1, SPEC 8.3.
#[test]
fn bundle() {
    let without = fixture::bundle(None);
    let both = [
        without.certificate.encode().as_slice(),
        &without.signed_prekey.encode(),
    ]
    .concat();
    assert_eq!(without.encode(), [&[0x06, 0x01], both.as_slice(), &[0]].concat());
    let with = fixture::bundle(Some(fixture::one_time_prekey()));
    let one_time = fixture::one_time_prekey().encode();
    assert_eq!(
        with.encode(),
        [&[0x06, 0x01], both.as_slice(), &[1], &one_time].concat()
    );
}

/// R-ENC-1, SPEC 9.2.
#[test]
fn initial_header() {
    let expected = |header: &twotick_wire::InitialHeader, one_time: [u8; 16]| {
        [
            &[0x10, 0x00, 0x01],
            header.certificate.encode().as_slice(),
            &[0, 0, 0, 2],
            header.signed_prekey_id.as_bytes(),
            &one_time,
            header.ephemeral.as_bytes(),
            header.kem_ciphertext.as_slice(),
        ]
        .concat()
    };
    let with = fixture::initial_header(Some(OneTimePrekeyId::new(bytes(53))));
    assert_eq!(with.encode(), expected(&with, bytes(53)));
    let without = fixture::initial_header(None);
    assert_eq!(without.encode(), expected(&without, [0; 16]));
}

/// R-ENC-1, SPEC 10.4 and 11.4.
#[test]
fn sealed_parts() {
    let (header, body) = (bytes(2), many(3, 256 + 16));
    let message = RatchetMessage {
        sealed: Sealed {
            salt: bytes(1),
            header: &header,
            body: &body,
        },
    };
    let expected = [&[0x11, 0x00, 0x01], bytes::<12>(1).as_slice(), &header, &body].concat();
    assert_eq!(message.encode(), expected);
    let shared = SharedBody {
        commitment: bytes(4),
        sealed: &body,
    };
    let expected = [&[0x12, 0x01, 0x00, 0x01], bytes::<32>(4).as_slice()].concat();
    assert_eq!(shared.header_bytes().as_slice(), expected);
    assert_eq!(shared.encode(), [expected, body].concat());
}

/// R-ENC-1, SPEC 11.5.
#[test]
fn envelope() {
    let (message, body) = (fixture::ratchet_message(256), fixture::shared_body(256));
    let envelope = fixture::envelope(&message, &body);
    let expected = [
        &[0x13, 0x01],
        envelope.from.as_bytes().as_slice(),
        envelope.to.as_bytes(),
        envelope.message_id.as_bytes(),
        &[0, 0, 0x01, 0x5f],
        &message,
        &[0, 0, 0x01, 0x34],
        &body,
    ]
    .concat();
    assert_eq!(envelope.encode(), expected);
}

/// R-ENC-1, SPEC 14.1 and 7.
#[test]
fn receipt_and_safety_code() {
    let receipt = Receipt {
        state: ReceiptState::Read,
        message_id: MessageId::new(bytes(1)),
        tag: bytes(2),
    };
    let expected = [&[0x20, 0x01, 0x02], bytes::<16>(1).as_slice(), &bytes::<16>(2)].concat();
    assert_eq!(receipt.encode().to_vec(), expected);
    let code = SafetyCode {
        shown_by: fixture::account_id(3),
        shown_to: fixture::account_id(4),
    };
    let expected = [&[0x38, 0x01], bytes::<32>(3).as_slice(), &bytes::<32>(4)].concat();
    assert_eq!(code.encode().to_vec(), expected);
}

/// R-ENC-1, SPEC 6.1.
#[test]
fn linking() {
    let (ephemeral, nonce) = (x25519(1), bytes::<32>(2));
    let expected = |object, parts: &[&[u8]]| [&[object, 0x01], parts.concat().as_slice()].concat();
    let offer = fixture::link_offer().encode().to_vec();
    let seconds = 1_700_000_060_u64.to_be_bytes();
    assert_eq!(
        offer,
        expected(0x30, &[&bytes::<32>(63), &bytes::<32>(64), &seconds])
    );
    let hello = LinkHello {
        ephemeral,
        mac: nonce,
    }
    .encode()
    .to_vec();
    assert_eq!(hello, expected(0x31, &[ephemeral.as_bytes(), &nonce]));
    assert_eq!(
        LinkCommitment { commitment: nonce }.encode().to_vec(),
        expected(0x32, &[&nonce])
    );
    assert_eq!(LinkNonce { nonce }.encode().to_vec(), expected(0x33, &[&nonce]));
    let reveal = LinkReveal { ephemeral, nonce }.encode().to_vec();
    assert_eq!(reveal, expected(0x34, &[ephemeral.as_bytes(), &nonce]));
    let sealed = LinkSealed {
        step: LinkStep::Proposal,
        sealed: &nonce,
    }
    .encode();
    assert_eq!(sealed, expected(0x35, &[&[2], &[0, 0, 0, 32], &nonce]));
}

/// R-ENC-1, SPEC 6.3.
#[test]
fn linking_steps() {
    let request = fixture::link_request();
    let expected = [
        request.device_id.as_bytes().as_slice(),
        request.device_signing_key.as_bytes(),
        request.device_identity_key.as_bytes(),
        &[0, 1],
        &[0, 0, 0, 0],
    ]
    .concat();
    assert_eq!(request.encode().to_vec(), expected);
    let proposal = LinkProposal {
        certificate_without_device_signature: bytes(1),
    };
    assert_eq!(proposal.encode(), bytes::<200>(1));
    let acceptance = LinkAcceptance {
        device_signature: Signature::new(bytes(2)),
    };
    assert_eq!(acceptance.encode(), bytes::<64>(2));
    let completion = fixture::link_completion(2, 0);
    let certificate = fixture::certificate().encode();
    let expected = [
        &[0, 0, 0, 250],
        completion.device_list.encode().as_slice(),
        &[0, 2],
        &certificate,
        &certificate,
    ]
    .concat();
    assert_eq!(completion.encode(), expected);
}
