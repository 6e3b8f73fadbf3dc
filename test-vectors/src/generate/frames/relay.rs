//! Frames from the relay (SPEC 21.2).

use super::{Good, header, named, prefixed, ranked};

const REQUEST: u32 = 0x0a0b_0c0d;
const TIME: [u8; 8] = [0, 0, 0, 0, 0x6b, 0x49, 0xd2, 0];

pub(super) fn examples() -> Vec<Good> {
    let code = |code: u16| code.to_be_bytes().to_vec();
    vec![
        good("Challenge decodes", challenge()),
        good("Hello decodes", hello()),
        good("Page decodes", page()),
        good(
            "Drained decodes",
            [header(0xc3, 0), vec![0, 0, 0, 0, 0, 0, 1, 1]].concat(),
        ),
        good("Gap decodes", [header(0xc4, 0), number(3), number(3)].concat()),
        good("LanePage decodes", lane_page()),
        good("Done decodes", header(0xc6, REQUEST)),
        good("SendResult decodes", send_result()),
        unknown("A status that is not known is a refusal", send_result_of(0x7fff)),
        good(
            "PrekeysPublished decodes",
            [header(0xc8, REQUEST), vec![0, 100]].concat(),
        ),
        good("Bundles decodes", bundles()),
        good("Lists decodes", lists()),
        good(
            "Token decodes",
            [header(0xcb, 0), TIME.to_vec(), named("token", 64)].concat(),
        ),
        good(
            "EphemeralDelivery decodes",
            [header(0xd0, 0), prefixed(&named("envelope", 409))].concat(),
        ),
        good("LinkDelivery decodes", link_delivery()),
        good(
            "GoAway decodes",
            [
                header(0xd2, 0),
                code(915),
                vec![0, 0, 0, 0],
                vec![0, 0, 0xea, 0x60],
            ]
            .concat(),
        ),
        good(
            "Error decodes",
            [header(0xd3, REQUEST), code(905), vec![0, 0, 0, 50]].concat(),
        ),
        unknown(
            "A code that is not known is a refusal",
            [header(0xd3, 0), code(999), vec![0; 4]].concat(),
        ),
        good("Ping of a relay decodes", header(0xbe, 0)),
        good("Pong of a relay decodes", header(0xbf, REQUEST)),
    ]
}

fn good(title: &'static str, bytes: Vec<u8>) -> Good {
    Good {
        sender: "relay",
        title,
        requirements: &["R-FRM-1", "R-FRM-2", "R-ENC-3"],
        bytes,
    }
}

fn unknown(title: &'static str, bytes: Vec<u8>) -> Good {
    Good {
        requirements: &["R-FRM-5"],
        ..good(title, bytes)
    }
}

fn challenge() -> Vec<u8> {
    [
        header(0xc0, 0),
        named("nonce", 32),
        TIME.to_vec(),
        vec![13],
        b"relay.example".to_vec(),
    ]
    .concat()
}

fn hello() -> Vec<u8> {
    [
        header(0xc1, REQUEST),
        named("store epoch", 16),
        number(5),
        number(0x0102),
        number(0x0105),
        vec![0, 0, 0, 2],
        number(0x0106_0708_090a),
        vec![0, 0, 0, 1],
        vec![0, 99],
        vec![0, 0, 0, 3],
        named("list", 16),
        vec![0, 45],
        TIME.to_vec(),
        vec![2],
    ]
    .concat()
}

fn page() -> Vec<u8> {
    let delivery = |seq| [number(seq), TIME.to_vec(), prefixed(&named("envelope", 409))].concat();
    [header(0xc2, 0), vec![0, 2], delivery(0xff), delivery(0x100)].concat()
}

fn lane_page() -> Vec<u8> {
    [
        header(0xc5, 0),
        vec![0, 2],
        number(7),
        vec![1],
        named("account", 32),
        vec![0x20, 1, 1],
        named("message id", 16),
        named("tag", 16),
        number(9),
        vec![2],
        named("device", 16),
        named("message id", 16),
        920_u16.to_be_bytes().to_vec(),
    ]
    .concat()
}

fn send_result() -> Vec<u8> {
    let refused = [
        ranked(2, "account", 32),
        907_u16.to_be_bytes().to_vec(),
        vec![0, 0, 0, 0],
        vec![0],
        prefixed(&named("device list", 202)),
    ];
    let stored = [ranked(1, "account", 32), vec![0; 6], vec![2], vec![0; 4]];
    [
        header(0xc7, REQUEST),
        vec![0, 2],
        stored.concat(),
        refused.concat(),
    ]
    .concat()
}

fn send_result_of(status: u16) -> Vec<u8> {
    let result = [
        named("account", 32),
        status.to_be_bytes().to_vec(),
        vec![0, 0, 0, 9],
        vec![0; 5],
    ];
    [header(0xc7, REQUEST), vec![0, 1], result.concat()].concat()
}

fn bundles() -> Vec<u8> {
    [
        header(0xc9, REQUEST),
        prefixed(&named("device list", 202)),
        vec![0, 1],
        prefixed(&named("bundle", 1951)),
    ]
    .concat()
}

fn lists() -> Vec<u8> {
    [
        header(0xca, REQUEST),
        prefixed(&named("device list", 202)),
        vec![0, 1],
        named("certificates", 264),
    ]
    .concat()
}

fn link_delivery() -> Vec<u8> {
    let data = named("data", 34);
    [header(0xd1, 0), named("channel", 16), vec![0, 34], data].concat()
}

fn number(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}
