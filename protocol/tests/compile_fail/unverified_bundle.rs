//! A bundle is verified before a session can be started with it.

use twotick_protocol::VerifiedBundle;
use twotick_protocol::wire::PrekeyBundle;

fn trust(bundle: PrekeyBundle) -> VerifiedBundle {
    VerifiedBundle { bundle }
}

fn main() {}
