//! `decode(encode(value)) = value`, for any value of each type, R-ENC-3.

use proptest::{collection::vec, prelude::*};
use twotick_wire::{
    AccountRotation, DeviceCertificate, DeviceId, DeviceList, DeviceMessage, DeviceSigningKey, Envelope,
    InitialHeader, InitialMessage, LinkAcceptance, LinkCommitment, LinkCompletion, LinkHello, LinkNonce,
    LinkOffer, LinkRequest, LinkReveal, LinkSealed, MessageId, OneTimePrekey, PrekeyBundle, RatchetMessage,
    Receipt, ReceiptState, SafetyCode, Sealed, SharedBody, SignedPrekey, UnixTime,
};

use crate::generate::{
    array, bundle, certificate, initial_header, link_step, list, one_time_prekey, rotation, sealed,
    signature, signed_prekey, x25519,
};

/// One property for each type: `name: Type = strategy`.
macro_rules! round_trips {
    ($($name:ident: $type:ident = $values:expr;)*) => {
        proptest! {
            $(
                /// R-ENC-3.
                #[test]
                fn $name(value in $values) {
                    prop_assert_eq!($type::decode(&value.encode()), Ok(value));
                }
            )*
        }
    };
}

round_trips! {
    certificates: DeviceCertificate = certificate();
    lists: DeviceList = list();
    rotations: AccountRotation = rotation();
    signed_prekeys: SignedPrekey = signed_prekey();
    one_time_prekeys: OneTimePrekey = one_time_prekey();
    bundles: PrekeyBundle = bundle();
    initial_headers: InitialHeader = initial_header();
    receipts: Receipt = (
        prop::sample::select(vec![ReceiptState::Delivered, ReceiptState::Read]),
        any::<[u8; 16]>(),
        any::<[u8; 16]>(),
    )
        .prop_map(|(state, id, tag)| Receipt { state, message_id: MessageId::new(id), tag });
    safety_codes: SafetyCode = (any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(|(by, to)| SafetyCode {
        shown_by: twotick_wire::AccountId::new(by),
        shown_to: twotick_wire::AccountId::new(to),
    });
    hellos: LinkHello = (x25519(), any::<[u8; 32]>()).prop_map(|(ephemeral, mac)| LinkHello { ephemeral, mac });
    commitments: LinkCommitment = any::<[u8; 32]>().prop_map(|commitment| LinkCommitment { commitment });
    nonces: LinkNonce = any::<[u8; 32]>().prop_map(|nonce| LinkNonce { nonce });
    reveals: LinkReveal = (x25519(), any::<[u8; 32]>()).prop_map(|(ephemeral, nonce)| LinkReveal { ephemeral, nonce });
    requests: LinkRequest = (any::<[u8; 16]>(), any::<[u8; 32]>(), x25519(), any::<u16>(), any::<u32>()).prop_map(
        |(id, signing, device_identity_key, suites, capabilities)| LinkRequest {
            device_id: DeviceId::new(id),
            device_signing_key: DeviceSigningKey::new(signing),
            device_identity_key,
            suites,
            capabilities,
        },
    );
    acceptances: LinkAcceptance = signature().prop_map(|device_signature| LinkAcceptance { device_signature });
    completions: LinkCompletion = (list(), vec(certificate(), 1..=16))
        .prop_map(|(device_list, siblings)| LinkCompletion { device_list, siblings });
}

proptest! {
    /// R-ENC-3.
    #[test]
    fn offers(secret in any::<[u8; 32]>(), account in any::<[u8; 32]>(), expires in any::<u64>()) {
        let offer = LinkOffer {
            secret,
            account_id: twotick_wire::AccountId::new(account),
            expires: UnixTime::new(expires),
        };
        let decoded = LinkOffer::decode(&offer.encode()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(decoded.secret, secret);
        prop_assert_eq!(decoded.encode(), offer.encode());
    }

    /// R-ENC-3.
    #[test]
    fn sealed_steps(step in link_step(), sealed in vec(any::<u8>(), 16..6449)) {
        let value = LinkSealed { step, sealed: &sealed };
        let bytes = value.encode();
        prop_assert_eq!(LinkSealed::decode(&bytes), Ok(value));
    }

    /// R-ENC-3, R-MSG-3.
    #[test]
    fn ratchet_messages(salt in any::<[u8; 12]>(), header in array::<64>(), body in sealed(4096)) {
        let value = RatchetMessage { sealed: Sealed { salt, header: &header, body: &body } };
        let bytes = value.encode();
        prop_assert_eq!(RatchetMessage::decode(&bytes), Ok(value));
        prop_assert_eq!(DeviceMessage::decode(&bytes), Ok(DeviceMessage::Ratchet(value)));
    }

    /// R-ENC-3, R-MSG-3.
    #[test]
    fn initial_messages(header in initial_header(), rest in array::<76>(), body in sealed(4096)) {
        let bytes = [header.encode(), rest.to_vec(), body].concat();
        let value = InitialMessage::decode(&bytes).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(value.header.to_owned(), header);
        prop_assert_eq!(value.encode(), bytes.clone());
        prop_assert_eq!(DeviceMessage::decode(&bytes), Ok(DeviceMessage::Initial(value)));
    }

    /// R-ENC-3, R-MSG-3.
    #[test]
    fn shared_bodies(commitment in any::<[u8; 32]>(), sealed in sealed(65_536)) {
        let value = SharedBody { commitment, sealed: &sealed };
        let bytes = value.encode();
        prop_assert_eq!(SharedBody::decode(&bytes), Ok(value));
        prop_assert_eq!(&value.header_bytes(), &bytes[..36]);
    }

    /// R-ENC-3.
    #[test]
    fn envelopes(
        ids in (1..=u128::MAX, 1..=u128::MAX).prop_filter("two devices", |(from, to)| from != to),
        id in any::<[u8; 16]>(),
        message in vec(any::<u8>(), 351..6092),
        body in prop_oneof![Just(Vec::new()), vec(any::<u8>(), 308..5000)],
    ) {
        let value = Envelope {
            from: DeviceId::new(ids.0.to_be_bytes()),
            to: DeviceId::new(ids.1.to_be_bytes()),
            message_id: MessageId::new(id),
            message: &message,
            body: &body,
        };
        let bytes = value.encode();
        prop_assert_eq!(Envelope::decode(&bytes), Ok(value));
    }
}
