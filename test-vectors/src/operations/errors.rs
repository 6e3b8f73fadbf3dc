//! Every error of the reference as the code it has in SPEC 4.4.

use twotick_protocol::{
    BundleError, IdentityError, LinkError, ReceiptError, ReceiveError, SafetyError, SendError, StateError,
};

use crate::answer::Failure;

macro_rules! failures {
    ($($error:ident),*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::Error(error.code())
            }
        }
    )*};
}

failures!(
    BundleError,
    IdentityError,
    LinkError,
    ReceiptError,
    ReceiveError,
    SafetyError,
    SendError,
    StateError
);
