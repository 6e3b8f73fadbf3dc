//! The table of SPEC 28 as one value.

use std::time::Duration;

use super::Rate;
use crate::store::StoreLimits;

/// Every limit of a relay (SPEC 28). Each says what breaks when it is larger, and when it is smaller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayLimits {
    /// What a mailbox, a lane and an account hold.
    pub store: StoreLimits,
    /// Sends of a device, counted per account. Larger: one device fills disks; smaller: people in many groups wait.
    pub account_sends: Rate,
    /// Sends of a device to one account. Larger: one contact can flood; smaller: quick typists wait.
    pub sends_to_account: Rate,
    /// Envelopes into a mailbox. Larger: many senders together flood it; smaller: busy groups wait.
    pub mailbox_envelopes: Rate,
    /// Bytes into a mailbox. Larger: it is full sooner; smaller: long texts wait.
    pub mailbox_bytes: Rate,
    /// Receipts of a device. Larger: lanes churn; smaller: ticks are lost after a long absence.
    pub receipts: Rate,
    /// Ephemeral messages of a device. Larger: a device costs others battery; smaller: typing flickers.
    pub ephemeral: Rate,
    /// One-time prekeys of a device taken by an account. Larger: one account drains a pool; smaller: repairs go without.
    pub prekeys_by_account: Rate,
    /// One-time prekeys of a device taken by anyone. Larger: many accounts drain a pool; smaller: popular people go without.
    pub prekeys_by_anyone: Rate,
    /// Prekeys and lists published by a device. Larger: signatures cost the relay; smaller: a set-up takes longer.
    pub publications: Rate,
    /// Attaches of a device. Larger: each costs a flush; smaller: bad networks lock a device out.
    pub attaches: Rate,
    /// New mailboxes from an address. Larger: rows for nothing; smaller: people behind one address wait to join.
    pub new_mailboxes: Rate,
    /// Unattached connections from an address at once. Larger: sockets for nothing; smaller: offices wait.
    pub unattached: u32,
    /// Connections from an address that are not attached yet. Larger: handshakes cost; smaller: offices wait.
    pub connects: Rate,
    /// Attaches of all devices, for each core. Larger: a storm starves the attached; smaller: it takes longer to pass.
    pub attaches_of_all: Rate,
    /// Connections, in percent of the file limit. Larger: the store lacks files; smaller: fewer people.
    pub connections_percent: u8,
    /// For a TLS handshake. Longer: half-open sockets pile up; shorter: slow networks fail.
    pub tls_handshake: Duration,
    /// For the headers of a request. Longer and shorter as above.
    pub request_headers: Duration,
    /// Between two requests on a connection that has proven itself. Longer: sockets for nothing; shorter: handshakes.
    pub idle: Duration,
    /// Bytes of those headers. More: memory per socket; fewer: proxies that add headers fail.
    pub request_header_bytes: usize,
    /// For the upgrade to a WebSocket. Longer and shorter as above.
    pub upgrade: Duration,
    /// From Challenge to Attach. Longer and shorter as above.
    pub attach: Duration,
    /// Bytes of a request body each second, after `body_grace`. More: slow phones fail; fewer: slow loris pays off.
    pub body_rate: u32,
    /// Before `body_rate` counts.
    pub body_grace: Duration,
    /// A reader that takes nothing for so long is closed. Longer: memory is held; shorter: tunnels cost a reconnect.
    pub no_progress: Duration,
    /// Frames that wait to be written on a connection. More: memory of slow readers; fewer: fast ones stall.
    pub queue_frames: usize,
    /// Bytes of those. More and fewer as above.
    pub queue_bytes: usize,
    /// Refusals of a connection. Larger: guessing is cheap; smaller: a client out of step is cut off.
    pub refusals: Rate,
    /// Requests of a connection whose answer is due. More: memory; fewer: slow disks stall fast clients.
    pub requests: usize,
    /// Bytes of envelopes that those requests may hold. More: memory; fewer: large messages go one by one.
    pub request_bytes: usize,
    /// Link channels at once. More: memory (200 KiB each at most); fewer: a flood keeps people from linking.
    pub link_channels: usize,
    /// Devices remembered for their tokens. More: memory (300 bytes each); fewer: they attach again for each request.
    pub sessions: usize,
    /// Buckets remembered for each limit, 40 bytes each. More: memory; fewer: limits fail as SPEC 28 says.
    pub buckets: usize,
    /// Heartbeat (R-ATT-7). Longer: dead connections linger; shorter: radios wake for nothing.
    pub heartbeat: Duration,
}

impl Default for RelayLimits {
    fn default() -> Self {
        let rate = |burst, milliseconds| Rate::new(burst, Duration::from_millis(milliseconds));
        Self {
            store: StoreLimits::default(),
            account_sends: rate(60, 50),
            sends_to_account: rate(60, 1_000),
            mailbox_envelopes: rate(120, 200),
            mailbox_bytes: Rate::new(4 << 20, Duration::from_nanos(60_000_000_000 >> 20)),
            receipts: rate(600, 50),
            ephemeral: rate(20, 200),
            prekeys_by_account: rate(6, 600_000),
            prekeys_by_anyone: rate(60, 60_000),
            publications: rate(12, 60_000),
            attaches: rate(12, 5_000),
            new_mailboxes: rate(16, 60_000),
            unattached: 16,
            connects: rate(64, 125),
            attaches_of_all: Rate::new(4_000, Duration::from_micros(500)),
            connections_percent: 90,
            tls_handshake: Duration::from_secs(10),
            request_headers: Duration::from_secs(5),
            idle: Duration::from_secs(75),
            request_header_bytes: 8 << 10,
            upgrade: Duration::from_secs(5),
            attach: Duration::from_secs(10),
            body_rate: 1 << 10,
            body_grace: Duration::from_secs(5),
            no_progress: Duration::from_secs(30),
            queue_frames: 32,
            queue_bytes: 1 << 20,
            refusals: rate(64, 1_000),
            requests: 64,
            request_bytes: 4 << 20,
            link_channels: 1_024,
            sessions: 1 << 16,
            buckets: 1 << 16,
            heartbeat: Duration::from_secs(45),
        }
    }
}
