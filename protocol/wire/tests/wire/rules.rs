//! The rules of single formats, and the order in which they are checked.

use twotick_wire::{
    AccountRotation, DecodeError, DeviceCertificate, DeviceId, DeviceList, DeviceMessage, Envelope,
    InitialHeader, LinkCompletion, LinkProposal, LinkSealed, LinkStep, ListHash, OneTimePrekeyId,
    PrekeyBundle, Receipt, ReceiptState,
};

use crate::fixture::{self, bytes, device};

/// R-IDN-1.
#[test]
fn a_certificate_needs_the_bit_of_the_first_suite() {
    let decode = |suites| {
        DeviceCertificate::decode(
            &DeviceCertificate {
                suites,
                ..fixture::certificate()
            }
            .encode(),
        )
        .map(|certificate| certificate.suites)
    };
    assert_eq!(decode(0x0001), Ok(0x0001));
    assert_eq!(decode(0xffff), Ok(0xffff));
    assert_eq!(
        decode(0x0000),
        Err(DecodeError::UnsupportedSuite { found: 0x0000 })
    );
    assert_eq!(
        decode(0xfffe),
        Err(DecodeError::UnsupportedSuite { found: 0xfffe })
    );
}

/// SPEC 2.1: fields in order, then left-over bytes, then the rules across fields.
#[test]
fn one_input_has_one_error() {
    let mut bytes = DeviceCertificate {
        suites: 0,
        ..fixture::certificate()
    }
    .encode()
    .to_vec();
    assert_eq!(
        DeviceCertificate::decode(&bytes),
        Err(DecodeError::UnsupportedSuite { found: 0 })
    );
    bytes.push(0);
    assert_eq!(
        DeviceCertificate::decode(&bytes),
        Err(DecodeError::TrailingBytes { count: 1 })
    );
    bytes[84..116].fill(0);
    assert_eq!(DeviceCertificate::decode(&bytes), Err(DecodeError::BadKey));
    bytes.truncate(100);
    assert_eq!(DeviceCertificate::decode(&bytes), Err(DecodeError::Truncated));
    bytes[1] = 2;
    assert_eq!(
        DeviceCertificate::decode(&bytes),
        Err(DecodeError::UnsupportedVersion { found: 2 })
    );
    bytes[0] = 2;
    assert_eq!(
        DeviceCertificate::decode(&bytes),
        Err(DecodeError::WrongObject { found: 2 })
    );
}

/// R-IDN-1: the rules of an inner structure run at its end, before the fields that follow it.
#[test]
fn an_inner_structure_is_checked_where_it_ends() {
    let mut bundle = fixture::bundle(None);
    bundle.certificate.suites = 2;
    let mut bytes = bundle.encode();
    bytes[2 + 264] = 0xff;
    assert_eq!(
        PrekeyBundle::decode(&bytes),
        Err(DecodeError::UnsupportedSuite { found: 2 })
    );
}

/// R-LST-1.
#[test]
fn contradictions_in_a_list_are_refused() {
    let decode = |change: fn(&mut DeviceList)| {
        let mut list = fixture::list(3, 2);
        change(&mut list);
        DeviceList::decode(&list.encode()).map(|_| ())
    };
    assert_eq!(decode(|_| ()), Ok(()));
    assert_eq!(
        decode(|list| (list.epoch, list.previous, list.revoked) = (1, ZERO, vec![])),
        Ok(())
    );
    assert_eq!(decode(|list| list.revoked[1].epoch = 7), Ok(()));
    for refused in [
        (|list| list.epoch = 0) as fn(&mut DeviceList),
        |list| (list.epoch, list.previous, list.revoked) = (0, ZERO, vec![]),
        |list| (list.epoch, list.revoked) = (0, vec![]),
        |list| list.devices[0].device_id = DeviceId::new([0; 16]),
        |list| list.previous = ZERO,
        |list| (list.epoch, list.revoked) = (1, vec![]),
        |list| list.revoked[1].epoch = 8,
        |list| list.revoked[1].device_id = list.devices[2].device_id,
    ] {
        assert_eq!(decode(refused), Err(DecodeError::InvalidValue));
    }
}

/// R-ENC-7.
#[test]
fn lists_out_of_order_are_refused() {
    let decode = |change: fn(&mut DeviceList)| {
        let mut list = fixture::list(3, 3);
        change(&mut list);
        DeviceList::decode(&list.encode()).map(|_| ())
    };
    for refused in [
        (|list| list.devices.swap(0, 1)) as fn(&mut DeviceList),
        |list| list.devices.swap(1, 2),
        |list| list.devices[1].device_id = list.devices[0].device_id,
        |list| list.devices[2] = list.devices[1],
        |list| list.revoked.swap(1, 2),
        |list| list.revoked[1].device_id = list.revoked[0].device_id,
        |list| list.revoked[0].device_id = device(0xff),
    ] {
        assert_eq!(decode(refused), Err(DecodeError::NotSorted));
    }
}

#[test]
fn a_list_finds_its_devices() {
    let list = fixture::list(3, 1);
    assert_eq!(list.entry(&device(4)), Some(&list.devices[2]));
    assert_eq!(list.entry(&device(1)), None);
}

/// R-IDN-5, what can be seen in the bytes.
#[test]
fn a_rotation_to_the_same_key_or_from_no_list_is_refused() {
    let decode = |rotation: &AccountRotation| AccountRotation::decode(&rotation.encode());
    let rotation = fixture::rotation();
    assert_eq!(decode(&rotation), Ok(rotation.clone()));
    let same = AccountRotation {
        new_account_key: rotation.old_account_key,
        ..rotation.clone()
    };
    assert_eq!(decode(&same), Err(DecodeError::InvalidValue));
    let none = AccountRotation {
        last_epoch: 0,
        ..rotation.clone()
    };
    assert_eq!(decode(&none), Err(DecodeError::InvalidValue));
}

/// R-HS-1.
#[test]
fn generation_zero_is_refused() {
    let mut header = fixture::initial_header(None);
    header.generation = 0;
    assert_eq!(
        InitialHeader::decode(&header.encode()),
        Err(DecodeError::InvalidValue)
    );
    header.generation = u32::MAX;
    assert_eq!(InitialHeader::decode(&header.encode()), Ok(header));
}

#[test]
fn an_initial_message_without_one_time_prekey_names_zero() {
    let header = fixture::initial_header(None);
    assert_eq!(header.encode()[287..303], [0; 16]);
    assert_eq!(
        InitialHeader::decode(&header.encode()).map(|header| header.one_time_prekey_id),
        Ok(None)
    );
}

#[test]
fn an_initial_message_keeps_the_bytes_of_its_header() {
    let bytes = fixture::initial_message(512);
    let Ok(DeviceMessage::Initial(message)) = DeviceMessage::decode(&bytes) else {
        panic!("an initial message");
    };
    assert_eq!(message.header.bytes, &bytes[..1903]);
    assert_eq!(message.header.to_owned().encode(), bytes[..1903]);
    assert_eq!(
        message.header.one_time_prekey_id,
        Some(OneTimePrekeyId::new(fixture::bytes(53)))
    );
    assert_eq!(message.sealed.salt, bytes[1903..1915]);
    assert_eq!(message.sealed.header, &bytes[1915..1979]);
    assert_eq!(message.sealed.body, &bytes[1979..]);
}

/// R-MSG-8.
#[test]
fn an_envelope_needs_two_named_devices() {
    let message = fixture::ratchet_message(256);
    let envelope = fixture::envelope(&message, &[]);
    let (from, to, zero) = (envelope.from, envelope.to, DeviceId::new([0; 16]));
    let decode = |from, to| Envelope::decode(&Envelope { from, to, ..envelope }.encode()).map(|_| ());
    assert_eq!(decode(from, to), Ok(()));
    assert_eq!(decode(to, from), Ok(()));
    for (from, to) in [(zero, to), (from, zero), (zero, zero), (from, from)] {
        assert_eq!(decode(from, to), Err(DecodeError::InvalidValue));
    }
}

/// R-ENC-8.
#[test]
fn closed_sets_refuse_every_other_value() {
    let receipt = Receipt {
        state: ReceiptState::Delivered,
        message_id: twotick_wire::MessageId::new(bytes(91)),
        tag: bytes(92),
    };
    let sealed = LinkSealed {
        step: LinkStep::Request,
        sealed: &[0; 16],
    };
    let bundle = fixture::bundle(None);
    let (mut receipt, mut sealed, mut bundle) = (receipt.encode(), sealed.encode(), bundle.encode());
    for value in 0..=0xff {
        receipt[2] = value;
        let expected = (!(1..=2).contains(&value)).then_some(DecodeError::InvalidValue);
        assert_eq!(Receipt::decode(&receipt).err(), expected, "state {value}");
        sealed[2] = value;
        let expected = (!(1..=4).contains(&value)).then_some(DecodeError::InvalidValue);
        assert_eq!(LinkSealed::decode(&sealed).err(), expected, "step {value}");
        bundle[1950] = value;
        let expected = match value {
            0 => None,
            1 => Some(DecodeError::Truncated),
            _ => Some(DecodeError::InvalidValue),
        };
        assert_eq!(
            PrekeyBundle::decode(&bundle).err(),
            expected,
            "one-time prekey {value}"
        );
    }
    assert!(ReceiptState::Delivered < ReceiptState::Read);
}

/// R-ENC-2: a list inside a completion ends where its length says.
#[test]
fn a_length_that_cuts_the_inner_list_wrong_is_refused() {
    let mut bytes = fixture::link_completion(2, 1).encode();
    let length = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    bytes[..4].copy_from_slice(&(length + 1).to_be_bytes());
    assert_eq!(
        LinkCompletion::decode(&bytes),
        Err(DecodeError::TrailingBytes { count: 1 })
    );
    bytes[..4].copy_from_slice(&(length - 1).to_be_bytes());
    assert_eq!(LinkCompletion::decode(&bytes), Err(DecodeError::Truncated));
}

#[test]
fn a_proposal_and_a_signature_make_a_certificate() {
    let certificate = fixture::certificate();
    let proposal = LinkProposal {
        certificate_without_device_signature: certificate.device_signing_input(),
    };
    assert_eq!(
        proposal.with_signature(&certificate.device_signature),
        Ok(certificate)
    );
    let nothing = LinkProposal {
        certificate_without_device_signature: [0; 200],
    };
    assert_eq!(
        nothing.with_signature(&fixture::certificate().device_signature),
        Err(DecodeError::WrongObject { found: 0 })
    );
}

const ZERO: ListHash = ListHash::new([0; 32]);
