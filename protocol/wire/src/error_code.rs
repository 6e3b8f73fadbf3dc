//! The registry of error codes, SPEC 4.4.

use core::fmt;

macro_rules! error_codes {
    ($($number:literal $name:ident $meaning:literal)*) => {
        /// A stable code of the protocol, SPEC 4.4. A released code never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = concat!(stringify!($number), ": ", $meaning, ".")] $name = $number,)*
        }

        impl ErrorCode {
            /// Every code, ascending.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The number in SPEC 4.4.
            #[must_use]
            pub const fn number(self) -> u16 {
                self as u16
            }

            /// The name in SPEC 4.4.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }

            /// What happened, in the words of SPEC 4.4.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning),* }
            }

            /// The code with this number, if there is one.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }
        }
    };
}

error_codes! {
    100 Truncated "input ends inside a field"
    101 TrailingBytes "input goes on after the last field"
    102 WrongObject "first byte is another object's"
    103 NonZeroReserved "a reserved byte or bit is set"
    104 LengthOutOfRange "a length or count is over its maximum or under its minimum"
    105 NotSorted "a sorted list has equal or descending neighbours"
    106 BadKey "a public key, or the result of using it, is refused (3.3, 3.4)"
    107 InvalidValue "a field has a value outside its closed set, or contradicts another field"
    108 NotABucket "a sealed length is not a bucket of 11.2"
    200 UnsupportedVersion "version byte other than 1"
    201 UnsupportedSuite "suite other than `0x0001`, or a certificate without it"
    300 BadAccountSignature "the account key did not sign this"
    301 BadDeviceSignature "the device key did not counter-sign this certificate"
    302 Expired "certificate or list is past its end"
    303 NotYetValid "certificate or list starts later than now plus the tolerated skew"
    304 WrongAccount "belongs to another account than the trusted one"
    305 NotInDeviceList "the device is not in the account's current list"
    306 DeviceListRollback "epoch lower than the one known"
    307 DeviceListFork "same epoch, another list: evidence of two histories"
    308 DeviceListStale "the last verified list has expired; no device may be added from it"
    309 BrokenListChain "successor does not name its predecessor, or drops a device or revocation silently"
    310 DeviceRevoked "the device was revoked and may not return"
    311 DuplicateKey "a key stands twice, or is one of our own"
    312 BadRotation "an account rotation does not verify"
    313 RotationFork "the retired account named two successors"
    314 AccountRetired "the account key has been rotated away"
    315 ValidityTooLong "a validity period is over its limit, or ends before it starts"
    316 TooManyDevices "the list is full"
    320 LinkExpired "the linking offer is too old"
    321 LinkRefused "linking message does not verify: secret, commitment or channel"
    322 LinkDigitsDiffer "the six digits are not equal"
    323 BadSafetyCode "a scanned safety code is not of this pair"
    400 BadPrekeySignature "a prekey is not signed by its device"
    401 PrekeyExpired "signed prekey is past its end"
    402 PrekeyNotYetValid "signed prekey starts later than now plus the tolerated skew"
    403 UnknownSignedPrekey "the private key is not, or no longer, here"
    404 UnknownOneTimePrekey "the private key is not, or no longer, here"
    405 InitialMessageReplayed "this handshake was accepted before"
    406 ReplaySetFull "no more handshakes on this signed prekey; it must be renewed"
    407 OwnDevice "a device may not open a session with itself"
    408 TooManyHandshakes "the peer device used up its budget of failing handshakes"
    409 WrongDevice "bundle or message is of another device than the one meant"
    500 Undecryptable "see R-ERR-2"
    501 KeyConsumed "authenticated header, but its key was used, evicted or has expired"
    502 TooFarAhead "authenticated header, over the forward jump"
    503 ChainExhausted "no message number is left until the peer replies"
    600 NoSession "there is no session to send in; a bundle is needed"
    601 SessionUnanswered "the session waited over its limit for a first answer; a bundle is needed"
    602 StaleGeneration "authenticated handshake of an older generation: a clone or a restored copy"
    603 LimitReached "retry or reset refused by its limit"
    604 WrongConversation "an authenticated payload names a conversation its sender has no part in"
    605 GenerationTooFar "a handshake jumps over more generations than allowed"
    700 BadReceipt "the tag does not verify"
    701 ReceiptNotDue "no receipt may be made for this message"
    800 CorruptState "a stored record does not decode"
    801 UnsupportedState "a stored record is of a later version"
    802 ContentTooLong "content does not fit the largest bucket"
    803 RandomnessFailure "see R-PRM-9"
    804 LimitTooHigh "a configured limit is over the table of 4.3"
    805 RecordRefused "a sealed record does not open"
    900 UnexpectedFrame "a frame of the other direction, or not allowed in this state"
    901 AttachRequired "not attached, or the token is not good any more"
    902 AttachRefused "the relay does not accept the proof of a device"
    903 StaleSession "a later attach of the same device took over"
    904 Refused "no such account, or the capability is not good: not told apart"
    905 RateLimited "too many; again after the time given"
    906 MailboxFull "a mailbox of the account has no room"
    907 DeviceSetMismatch "the devices are not those of the list that comes with this"
    908 OldDeviceList "right devices, but another list than the one that comes with this"
    909 SendIdReused "the send id was used for other bytes"
    910 StoreUnavailable "the relay cannot store at the moment"
    911 ListConflict "the relay has a list of this epoch or a later one"
    912 TooManyPrekeys "more one-time prekeys than may wait"
    913 TooManyCapabilities "more capabilities than an account may grant"
    914 SlowConsumer "the connection took nothing for too long"
    915 GoingAway "the relay stops"
    916 FrameTooLarge "over 262,144 bytes"
    920 BouncedExpired "bounce: nobody fetched it in its lifetime"
    921 BouncedRejected "bounce: the device could not open it"
    922 BouncedDeviceRemoved "bounce: the device left its account's list"
    923 BouncedLost "bounce: the relay lost it"
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.name())
    }
}
