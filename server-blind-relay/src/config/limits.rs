//! Every limit of SPEC 28, by the name it has in a configuration.

use std::time::Duration;

use super::table::settings;
use super::value::{Bytes, Rate};
use crate::limits::{self, RelayLimits};
use crate::store::StoreLimits;

settings! {
    /// The limits of SPEC 28, with its defaults. What is larger costs an attacked relay more, what is smaller refuses
    /// honest devices sooner.
    Limits {
        /// Most envelopes that wait in a mailbox; more is MailboxFull.
        envelopes: u64 = 1_000;
        /// Most bytes that wait in a mailbox; more is MailboxFull.
        bytes: Bytes = Bytes(16 << 20);
        /// Receipts, and as many bounces, in the lane of a device.
        lane: u64 = 4_096;
        /// Capabilities of an account.
        capabilities: u64 = 4_096;
        /// One-time prekeys of a device that wait.
        prekeys: u64 = 100;
        /// How long a send id is remembered (R-SND-3).
        send_id: Duration = hours(72);
        /// How long a receipt or a bounce is kept (R-LNE-2).
        lane_lifetime: Duration = hours(7 * 24);
        /// How long a mailbox that no list names and that has no prekeys is kept (R-ATT-3).
        orphan: Duration = hours(24);
        /// Sends of a device, counted for each account.
        account_sends: Rate = rate(60, 1, 50);
        /// Sends of a device to one account.
        sends_to_account: Rate = rate(60, 1, 1_000);
        /// Envelopes into a mailbox.
        mailbox_envelopes: Rate = rate(120, 1, 200);
        /// Bytes into a mailbox.
        mailbox_bytes: Rate = rate(4 << 20, 1 << 20, 60_000);
        /// Receipts of a device; more are dropped.
        receipts: Rate = rate(600, 1, 50);
        /// Ephemeral messages of a device; more are dropped.
        ephemeral: Rate = rate(20, 1, 200);
        /// One-time prekeys of a device taken by one account.
        prekeys_by_account: Rate = rate(6, 1, 600_000);
        /// One-time prekeys of a device taken by anyone.
        prekeys_by_anyone: Rate = rate(60, 1, 60_000);
        /// Prekeys and lists published by a device.
        publications: Rate = rate(12, 1, 60_000);
        /// Attaches of a device.
        attaches: Rate = rate(12, 1, 5_000);
        /// New mailboxes from an address.
        new_mailboxes: Rate = rate(16, 1, 60_000);
        /// Connections from an address that have not attached, at once.
        unattached: u64 = 16;
        /// Connections from an address.
        connects: Rate = rate(64, 8, 1_000);
        /// Attaches of all devices; what comes back is for each core.
        attaches_of_all: Rate = rate(4_000, 2_000, 1_000);
        /// Connections in all, in percent of the files that the process may open.
        connections_percent: u64 = 90;
        /// Time for the TLS handshake.
        tls_handshake: Duration = seconds(10);
        /// Time for the headers of a request, and for the next one on a connection that has proven nothing.
        request_headers: Duration = seconds(5);
        /// Time for the next request on an HTTP connection that has proven itself.
        idle: Duration = seconds(75);
        /// Bytes of the headers of a request.
        request_header_bytes: Bytes = Bytes(8 << 10);
        /// Time for the upgrade to a WebSocket.
        upgrade: Duration = seconds(5);
        /// Time from Challenge to Attach.
        attach: Duration = seconds(10);
        /// Bytes of a request body each second.
        body_rate: Bytes = Bytes(1 << 10);
        /// Time before body_rate counts.
        body_grace: Duration = seconds(5);
        /// A reader that takes nothing for so long is closed.
        no_progress: Duration = seconds(30);
        /// Frames that wait to be written on a connection; then delivery waits.
        queue_frames: u64 = 32;
        /// Bytes of those.
        queue_bytes: Bytes = Bytes(1 << 20);
        /// Refusals of a connection; more close it.
        refusals: Rate = rate(64, 1, 1_000);
        /// Requests of a connection whose answer is due; then nothing more is read.
        requests: u64 = 64;
        /// Bytes of envelopes that those requests may hold.
        request_bytes: Bytes = Bytes(4 << 20);
        /// Link channels at once.
        link_channels: u64 = 1_024;
        /// Devices that are attached over HTTP at once.
        sessions: u64 = 1 << 16;
        /// Buckets remembered for each limit of a device or an address.
        buckets: u64 = 1 << 16;
        /// Time without a word after which a Ping is due, varied by a fifth (R-ATT-7).
        heartbeat: Duration = seconds(45);
        /// How long a token of the HTTP transports is good (R-TRN-1).
        token: Duration = seconds(900);
    }
}

impl Limits {
    /// As the relay takes them; what is larger than it can count is the most that it can.
    #[must_use]
    pub fn relay(&self) -> RelayLimits {
        RelayLimits {
            store: self.store(),
            account_sends: bucket(self.account_sends),
            sends_to_account: bucket(self.sends_to_account),
            mailbox_envelopes: bucket(self.mailbox_envelopes),
            mailbox_bytes: bucket(self.mailbox_bytes),
            receipts: bucket(self.receipts),
            ephemeral: bucket(self.ephemeral),
            prekeys_by_account: bucket(self.prekeys_by_account),
            prekeys_by_anyone: bucket(self.prekeys_by_anyone),
            publications: bucket(self.publications),
            attaches: bucket(self.attaches),
            new_mailboxes: bucket(self.new_mailboxes),
            unattached: saturated(self.unattached),
            connects: bucket(self.connects),
            attaches_of_all: bucket(self.attaches_of_all),
            connections_percent: u8::try_from(self.connections_percent.min(100)).unwrap_or(100),
            tls_handshake: self.tls_handshake,
            request_headers: self.request_headers,
            idle: self.idle,
            request_header_bytes: size(self.request_header_bytes.0),
            upgrade: self.upgrade,
            attach: self.attach,
            body_rate: saturated(self.body_rate.0),
            body_grace: self.body_grace,
            no_progress: self.no_progress,
            queue_frames: size(self.queue_frames),
            queue_bytes: size(self.queue_bytes.0),
            refusals: bucket(self.refusals),
            requests: size(self.requests),
            request_bytes: size(self.request_bytes.0),
            link_channels: size(self.link_channels),
            sessions: size(self.sessions),
            buckets: size(self.buckets),
            heartbeat: self.heartbeat,
        }
    }

    fn store(&self) -> StoreLimits {
        StoreLimits {
            envelopes: saturated(self.envelopes),
            bytes: self.bytes.0,
            lane: saturated(self.lane),
            capabilities: saturated(self.capabilities),
            prekeys: u16::try_from(self.prekeys).unwrap_or(u16::MAX),
            send_id: self.send_id.as_secs(),
            lane_lifetime: self.lane_lifetime.as_secs(),
            orphan: self.orphan.as_secs(),
        }
    }
}

/// A bucket of the relay gains one at a time.
fn bucket(rate: Rate) -> limits::Rate {
    let nanoseconds = rate.interval.as_nanos() / u128::from(rate.amount.max(1));
    let interval = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
    limits::Rate::new(saturated(rate.burst), interval)
}

fn saturated(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

const fn rate(burst: u64, amount: u64, interval_millis: u64) -> Rate {
    Rate {
        burst,
        amount,
        interval: Duration::from_millis(interval_millis),
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3_600)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-ABU-1: a relay that is told nothing has the limits of SPEC 28.
    #[test]
    fn the_defaults_are_those_of_the_relay() {
        assert_eq!(Limits::default().relay(), RelayLimits::default());
    }
}
