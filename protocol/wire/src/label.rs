//! The registry of labels, SPEC 4.1.

macro_rules! labels {
    ($($variant:ident => $label:literal, $purpose:literal;)*) => {
        /// The purpose of a hash, signature, derivation, MAC or seal, SPEC 4.1 (R-PRM-1, R-PRM-10).
        ///
        /// Each one starts with `Twotick/1/`, none is a prefix of another, and none is used for two purposes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Label {
            $(#[doc = concat!("`", $label, "`: ", $purpose, ".")] $variant,)*
        }

        impl Label {
            /// Every label, in the order of SPEC 4.1.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The label itself, `Twotick/1/...`, without its length.
            #[must_use]
            pub const fn as_bytes(self) -> &'static [u8] {
                match self { $(Self::$variant => concat!("Twotick/1/", $label).as_bytes()),* }
            }

            /// `frame(label) = u8(len(label)) || label`, SPEC 3.1: what goes in front of every labelled input.
            #[must_use]
            pub const fn framed(self) -> &'static [u8] {
                match self {
                    $(Self::$variant => {
                        const LABEL: &[u8] = Label::$variant.as_bytes();
                        const FRAMED: &[u8; LABEL.len() + 1] = &frame(LABEL);
                        FRAMED
                    })*
                }
            }
        }
    };
}

labels! {
    Account => "hash/account", "account id, SPEC 5.1";
    Certificate => "hash/certificate", "certificate hash, SPEC 5.2";
    DeviceListHash => "hash/device-list", "list hash, SPEC 5.3";
    SignedPrekeyId => "hash/signed-prekey", "signed prekey id, SPEC 8.1";
    OneTimePrekeyId => "hash/one-time-prekey", "one-time prekey id, SPEC 8.2";
    KemKey => "hash/kem-key", "encapsulation key in the transcript, SPEC 9.3";
    Handshake => "hash/handshake", "handshake transcript, SPEC 9.3";
    InitialMessage => "hash/initial-message", "replay entry, SPEC 9.5";
    BodyHash => "hash/body", "shared body in the payload, SPEC 11.4";
    Content => "hash/content", "content in the history link, SPEC 13.2";
    History => "hash/history", "history link, SPEC 13.2";
    Conversation => "hash/conversation", "conversation id, SPEC 13.1";
    SafetyNumber => "hash/safety-number", "safety number, SPEC 7";
    LinkCommitment => "hash/link-commitment", "linking commitment, SPEC 6.2";
    LinkTranscript => "hash/link-transcript", "linking transcript, SPEC 6.2";
    LinkDigits => "hash/link-digits", "six digits, SPEC 6.2";
    LinkChannel => "hash/link-channel", "channel of a linking at the relay, SPEC 27";
    Capability => "hash/capability", "what the relay keeps of a capability, SPEC 26";
    SignDeviceCertificate => "sign/device-certificate", "account key over a certificate, SPEC 5.2";
    SignDeviceAcceptance => "sign/device-acceptance", "device key over a certificate, SPEC 5.2";
    SignDeviceList => "sign/device-list", "account key over a list, SPEC 5.3";
    SignRotationOld => "sign/rotation-old", "retiring account key, SPEC 5.5";
    SignRotationNew => "sign/rotation-new", "new account key, SPEC 5.5";
    SignSignedPrekey => "sign/signed-prekey", "device key over a signed prekey, SPEC 8.1";
    SignOneTimePrekey => "sign/one-time-prekey", "device key over a one-time prekey, SPEC 8.2";
    SignRelayAttach => "sign/relay-attach", "device key over an Attach, SPEC 22.1";
    DeriveHandshake => "derive/handshake", "first keys of a session, SPEC 9.4";
    DeriveRoot => "derive/root", "root step, SPEC 10.3";
    DeriveSalt => "derive/salt", "salt of a message, SPEC 10.4";
    DeriveMessage => "derive/message", "key of a message, SPEC 10.4";
    DeriveBody => "derive/body", "key of a shared body, SPEC 11.4";
    DeriveLink => "derive/link", "linking channel, SPEC 6.3";
    DeriveRecord => "derive/record", "key of a sealed record, SPEC 15.4";
    MacCommitment => "mac/commitment", "key commitment of a shared body, SPEC 11.4";
    MacReceipt => "mac/receipt", "receipt tag, SPEC 14.1";
    MacLink => "mac/link", "proof of the linking secret, SPEC 6.2";
    SealHeader => "seal/header", "associated data of a header, SPEC 10.4";
    SealMessage => "seal/message", "associated data of a message, SPEC 10.4";
    SealBody => "seal/body", "associated data of a shared body, SPEC 11.4";
    SealLink => "seal/link", "associated data on the linking channel, SPEC 6.3";
    SealRecord => "seal/record", "associated data of a sealed record, SPEC 15.4";
}

/// Puts the length of `label` in front of it; `N` is that length and one.
const fn frame<const N: usize>(label: &[u8]) -> [u8; N] {
    assert!(
        label.len() + 1 == N && label.len() < 256,
        "a label is framed by one byte"
    );
    let mut framed = [0; N];
    framed[0] = label.len() as u8;
    let mut index = 0;
    while index < label.len() {
        framed[index + 1] = label[index];
        index += 1;
    }
    framed
}
