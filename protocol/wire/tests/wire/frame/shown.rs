//! What `Debug` shows of frames, R-BLD-1.

use twotick_wire::Capability;
use twotick_wire::frame::{Certificates, Opaque, TokenBytes};

use super::{sample, sample_relay};

/// R-BLD-1.
#[test]
fn credentials_are_not_shown() {
    assert_eq!(format!("{:?}", Capability::new([0x5a; 16])), "Capability(hidden)");
    assert_eq!(format!("{:?}", TokenBytes::new([0x5a; 64])), "TokenBytes(hidden)");
}

/// R-BLD-1.
#[test]
fn sealed_bytes_are_shown_by_their_length() {
    assert_eq!(format!("{:?}", Opaque::new(&[0x5a; 409])), "Opaque(409 bytes)");
    assert_eq!(
        format!("{:?}", Certificates::new(&[[0x5a; 264]; 2])),
        "Certificates(2)"
    );
}

/// R-BLD-1: five bytes of a message, a capability or a token in a row would be seen in any of these.
#[test]
fn no_frame_shows_what_it_carries() {
    let send = format!("{:?}", sample::send());
    let page = format!("{:?}", sample_relay::page());
    let token = format!("{:?}", sample_relay::token());
    for (shown, hidden) in [
        (&send, sample::send().body.as_bytes()),
        (&send, sample::send().accounts[0].capability.as_bytes().as_slice()),
        (&send, sample::messages(1)[0].message.as_bytes()),
        (&page, sample_relay::page().deliveries[0].envelope.as_bytes()),
        (&token, sample_relay::token().token.as_bytes()),
    ] {
        let hex: String = hidden[..5].iter().map(|byte| format!("{byte:02x}")).collect();
        let list = format!("{:?}", &hidden[..5]);
        let list = list.trim_matches(['[', ']']);
        assert!(!shown.contains(&hex) && !shown.contains(list), "{shown}");
    }
}
