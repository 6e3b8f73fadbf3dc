//! Limits, SPEC 28: the table, and what happens when there is no memory left.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use twotick_relay::{
    limits::{Limited, Limiter, Rate, RelayLimits},
    store::Admission,
};
use twotick_wire::{AccountId, DeviceId};

const SECOND: Duration = Duration::from_secs(1);

fn limiter(limits: RelayLimits) -> Arc<Limiter> {
    Arc::new(Limiter::new(limits, 2, [1; 32]))
}

fn device(number: u32) -> DeviceId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    DeviceId::new(bytes)
}

fn account(number: u8) -> AccountId {
    AccountId::new([number; 32])
}

/// How often `ask` is granted before it is refused.
fn granted(mut ask: impl FnMut() -> bool) -> u32 {
    let mut count = 0;
    while count < 100_000 && ask() {
        count += 1;
    }
    count
}

/// R-ABU-1: every bucket holds what the table of SPEC 28 says, and gains one each interval.
#[test]
fn buckets_are_those_of_the_table() {
    type Ask = fn(&Limiter, Duration) -> bool;
    let table: [(&str, u32, u64, Ask); 9] = [
        ("account sends", 60, 50, |limiter, now| {
            let to = AccountId::new([u8::try_from(now.subsec_nanos() % 251).unwrap(); 32]);
            limiter.send(device(1), to, now).is_ok()
        }),
        ("sends to an account", 60, 1_000, |limiter, now| {
            limiter.send(device(1), account(1), now).is_ok()
        }),
        ("envelopes into a mailbox", 120, 200, |limiter, now| {
            let _ = limiter.attach_any(now);
            limiter.admit(&device(1), 1).is_ok()
        }),
        ("receipts", 600, 50, |limiter, now| {
            limiter.receipt(device(1), now).is_ok()
        }),
        ("ephemeral", 20, 200, |limiter, now| {
            limiter.ephemeral(device(1), now).is_ok()
        }),
        ("prekeys by an account", 6, 600_000, |limiter, now| {
            limiter.take_prekey(account(1), device(1), now).is_ok()
        }),
        ("publications", 12, 60_000, |limiter, now| {
            limiter.publish(device(1), now).is_ok()
        }),
        ("attaches", 12, 5_000, |limiter, now| {
            limiter.attach(device(1), now).is_ok()
        }),
        ("new mailboxes", 16, 60_000, |limiter, now| {
            limiter
                .new_mailbox(limiter.address(IpAddr::V4(Ipv4Addr::LOCALHOST)), now)
                .is_ok()
        }),
    ];
    for (name, burst, milliseconds, ask) in table {
        let limiter = limiter(RelayLimits::default());
        assert_eq!(granted(|| ask(&limiter, SECOND)), burst, "{name}");
        let interval = Duration::from_millis(milliseconds);
        assert!(
            !ask(&limiter, SECOND + interval - Duration::from_millis(1)),
            "{name}"
        );
        assert!(ask(&limiter, SECOND + interval), "{name}");
        assert!(!ask(&limiter, SECOND + interval), "{name}");
    }
}

/// R-ABU-1: one-time prekeys of a device are limited over all accounts too, and one refused costs no other bucket.
#[test]
fn prekeys_are_limited_over_all_accounts() {
    let limiter = limiter(RelayLimits::default());
    let mut taken = 0;
    for number in 0..20 {
        taken += granted(|| limiter.take_prekey(account(number), device(1), SECOND).is_ok());
    }
    assert_eq!(taken, 60);
    let late = account(30);
    for _ in 0..20 {
        assert!(limiter.take_prekey(late, device(1), SECOND).is_err());
    }
    let later = SECOND + Duration::from_secs(360);
    assert_eq!(
        granted(|| limiter.take_prekey(late, device(1), later).is_ok()),
        6,
        "a refusal cost nothing"
    );
}

/// R-ABU-1: bytes into a mailbox: 4 MiB, then 1 MiB a minute; the refusal says when to come back.
#[test]
fn bytes_into_a_mailbox_are_limited() {
    let limits = RelayLimits {
        mailbox_envelopes: Rate::new(1_000, Duration::from_millis(1)),
        ..RelayLimits::default()
    };
    let limiter = limiter(limits);
    let ask = |now: Duration| {
        let _ = limiter.attach_any(now);
        limiter.admit(&device(1), 1 << 16)
    };
    assert_eq!(granted(|| ask(SECOND).is_ok()), 64);
    let wait = u64::from(ask(SECOND).unwrap_err());
    assert!((3_000..4_000).contains(&wait));
    assert!(ask(SECOND + Duration::from_millis(wait)).is_ok());
}

/// R-SND-4: what one rate refuses is not taken from the other.
#[test]
fn a_refused_send_costs_nothing() {
    let limiter = limiter(RelayLimits::default());
    assert_eq!(
        granted(|| limiter.send(device(1), account(1), SECOND).is_ok()),
        60
    );
    let later = SECOND + Duration::from_millis(500);
    for _ in 0..100 {
        assert!(limiter.send(device(1), account(1), later).is_err());
    }
    assert_eq!(granted(|| limiter.send(device(1), account(2), later).is_ok()), 10);
}

/// R-ABU-1: with no memory left, what moves messages grants and what guards keys refuses; full buckets make room.
#[test]
fn limits_fail_as_the_table_says() {
    let limiter = limiter(RelayLimits {
        buckets: 16,
        ..RelayLimits::default()
    });
    let many = || (0..2_000).map(device);
    let sends = many().filter(|device| limiter.send(*device, account(1), SECOND).is_ok());
    assert_eq!(sends.count(), 2_000, "open");
    let attaches = many()
        .filter(|device| limiter.attach(*device, SECOND).is_ok())
        .count();
    assert!(attaches <= 16, "closed");
    let later = SECOND + Duration::from_secs(10);
    let again = many()
        .filter(|device| limiter.attach(*device, later).is_ok())
        .count();
    assert!((1..=16).contains(&again), "room again once the others are full");
}

/// R-ABU-1: an address is its /32 or its /64, and its hash changes with the key.
#[test]
fn an_address_is_a_keyed_hash_of_its_network() {
    let limiter = limiter(RelayLimits::default());
    let v4 = |last| limiter.address(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
    let v6 = |network, host| {
        limiter.address(IpAddr::V6(Ipv6Addr::new(
            0x2001, 0xdb8, 0, network, 0, 0, 0, host,
        )))
    };
    assert_ne!(v4(1), v4(2));
    assert_eq!(v6(1, 1), v6(1, 2));
    assert_ne!(v6(1, 1), v6(2, 1));
    let mapped = IpAddr::V6(Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped());
    assert_eq!(limiter.address(mapped), v4(1));
    let before = v4(1);
    limiter.rotate_address_key([2; 32]);
    assert_ne!(v4(1), before);
    assert_eq!(format!("{before:?}"), "AddressKey(..)");
}

/// R-ABU-1: connections of an address that have proven nothing: 16 at once, and 64 with 8 each second.
#[test]
fn unattached_connections_of_an_address_are_limited() {
    let limiter = limiter(RelayLimits::default());
    let address = limiter.address(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let other = limiter.address(IpAddr::V4(Ipv4Addr::BROADCAST));
    let held: Vec<_> = (0..16)
        .map(|_| limiter.connect(address, SECOND).unwrap())
        .collect();
    assert!(limiter.connect(address, SECOND).is_err());
    assert!(limiter.connect(other, SECOND).is_ok());
    drop(held);
    assert_eq!(granted(|| limiter.connect(address, SECOND).is_ok()), 48);
    assert_eq!(granted(|| limiter.connect(address, SECOND * 2).is_ok()), 8);
}

/// R-ABU-1: attaches of all devices: 1,000, then 500 a second for each core.
#[test]
fn a_storm_of_attaches_is_spread() {
    let limiter = limiter(RelayLimits::default());
    assert_eq!(granted(|| limiter.attach_any(SECOND).is_ok()), 4_000);
    assert_eq!(limiter.attach_any(SECOND), Err(Limited { retry_after: 1 }));
    assert_eq!(
        granted(|| limiter.attach_any(SECOND * 2).is_ok()),
        4_000,
        "two cores"
    );
}
