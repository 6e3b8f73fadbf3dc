"""Errors of SPEC 4.4, and the fault of a malformed operation."""

from typing import NoReturn

CODES: dict[str, int] = {
    "Truncated": 100,
    "TrailingBytes": 101,
    "WrongObject": 102,
    "NonZeroReserved": 103,
    "LengthOutOfRange": 104,
    "NotSorted": 105,
    "BadKey": 106,
    "InvalidValue": 107,
    "NotABucket": 108,
    "UnsupportedVersion": 200,
    "UnsupportedSuite": 201,
    "BadAccountSignature": 300,
    "BadDeviceSignature": 301,
    "Expired": 302,
    "NotYetValid": 303,
    "WrongAccount": 304,
    "NotInDeviceList": 305,
    "DeviceListRollback": 306,
    "DeviceListFork": 307,
    "DeviceListStale": 308,
    "BrokenListChain": 309,
    "DeviceRevoked": 310,
    "DuplicateKey": 311,
    "BadRotation": 312,
    "RotationFork": 313,
    "AccountRetired": 314,
    "ValidityTooLong": 315,
    "TooManyDevices": 316,
    "LinkExpired": 320,
    "LinkRefused": 321,
    "LinkDigitsDiffer": 322,
    "BadSafetyCode": 323,
    "BadPrekeySignature": 400,
    "PrekeyExpired": 401,
    "PrekeyNotYetValid": 402,
    "UnknownSignedPrekey": 403,
    "UnknownOneTimePrekey": 404,
    "InitialMessageReplayed": 405,
    "ReplaySetFull": 406,
    "OwnDevice": 407,
    "TooManyHandshakes": 408,
    "WrongDevice": 409,
    "Undecryptable": 500,
    "KeyConsumed": 501,
    "TooFarAhead": 502,
    "ChainExhausted": 503,
    "NoSession": 600,
    "SessionUnanswered": 601,
    "StaleGeneration": 602,
    "LimitReached": 603,
    "WrongConversation": 604,
    "GenerationTooFar": 605,
    "BadReceipt": 700,
    "ReceiptNotDue": 701,
    "CorruptState": 800,
    "UnsupportedState": 801,
    "ContentTooLong": 802,
    "RandomnessFailure": 803,
    "LimitTooHigh": 804,
    "RecordRefused": 805,
    "UnexpectedFrame": 900,
    "AttachRequired": 901,
    "AttachRefused": 902,
    "StaleSession": 903,
    "Refused": 904,
    "RateLimited": 905,
    "MailboxFull": 906,
    "DeviceSetMismatch": 907,
    "OldDeviceList": 908,
    "SendIdReused": 909,
    "StoreUnavailable": 910,
    "ListConflict": 911,
    "TooManyPrekeys": 912,
    "TooManyCapabilities": 913,
    "SlowConsumer": 914,
    "GoingAway": 915,
    "FrameTooLarge": 916,
    "BouncedExpired": 920,
    "BouncedRejected": 921,
    "BouncedDeviceRemoved": 922,
    "BouncedLost": 923,
}


class ProtocolError(Exception):
    """An operation ended with one of the errors of SPEC 4.4, and changed nothing."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.code = CODES[name]
        super().__init__(f"{name} ({self.code})")


class Fault(Exception):
    """The operation itself is malformed: a fault of the caller or of the program."""


def fail(name: str) -> NoReturn:
    """`fail(CODE)` of SPEC 2."""
    raise ProtocolError(name)
