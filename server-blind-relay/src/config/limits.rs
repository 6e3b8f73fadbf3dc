//! Every limit of SPEC 28, by the name it has in a configuration.

use std::time::Duration;

use super::table::settings;
use super::value::{Bytes, Rate};

settings! {
    /// The limits of SPEC 28, with its defaults. What is larger costs an attacked relay more; what is smaller refuses honest devices sooner.
    Limits {
        /// Most envelopes that wait in a mailbox; more is MailboxFull.
        mailbox_envelopes: u64 = 1_000;
        /// Most bytes that wait in a mailbox; more is MailboxFull.
        mailbox_bytes: Bytes = Bytes(16 << 20);
        /// Accounts a device sends to, all together.
        sends: Rate = rate(60, 1, 50);
        /// Sends of one device to one account.
        sends_to_account: Rate = rate(60, 1, 1_000);
        /// Envelopes into one mailbox.
        mailbox_envelope_rate: Rate = rate(120, 1, 200);
        /// Bytes into one mailbox.
        mailbox_byte_rate: Rate = rate(4 << 20, 1 << 20, 60_000);
        /// Receipts of a device.
        receipts: Rate = rate(600, 1, 50);
        /// Ephemeral messages of a device.
        ephemeral: Rate = rate(20, 1, 200);
        /// One-time prekeys of one device, taken by one account.
        prekeys_by_account: Rate = rate(6, 1, 600_000);
        /// One-time prekeys of one device, taken by anyone.
        prekeys_by_anyone: Rate = rate(60, 1, 60_000);
        /// Prekeys and lists published by a device.
        publications: Rate = rate(12, 1, 60_000);
        /// Attaches of one device.
        attaches_of_device: Rate = rate(12, 1, 5_000);
        /// New mailboxes from one address.
        new_mailboxes: Rate = rate(16, 1, 60_000);
        /// Connections from one address that have not attached, at once.
        unattached_at_once: u64 = 16;
        /// Connections from one address that have not attached, over time.
        unattached: Rate = rate(64, 8, 1_000);
        /// Attaches of all devices; what comes back is for each core.
        attaches: Rate = rate(1_000, 500, 1_000);
        /// Connections in all; 0 means 90 % of the files that the process may open.
        connections: u64 = 0;
        /// Time for the TLS handshake.
        tls_handshake: Duration = Duration::from_secs(10);
        /// Time for the header of a request, also for the next one on an idle connection.
        request_header: Duration = Duration::from_secs(5);
        /// Size of the header of a request.
        request_header_size: Bytes = Bytes(8 << 10);
        /// Time for the upgrade to WebSocket after the request.
        upgrade: Duration = Duration::from_secs(5);
        /// Time for the Attach after the Challenge.
        attach: Duration = Duration::from_secs(10);
        /// Bytes of a request body that must come each second.
        body_progress: Bytes = Bytes(1 << 10);
        /// Time after which body_progress counts.
        body_grace: Duration = Duration::from_secs(5);
        /// Time after which a reader that takes nothing is closed.
        reader_progress: Duration = Duration::from_secs(30);
        /// Frames in the send queue of a connection; then delivery waits.
        queue_frames: u64 = 32;
        /// Bytes in the send queue of a connection; then delivery waits.
        queue_bytes: Bytes = Bytes(1 << 20);
        /// Refusals that one connection may get; then it is closed.
        refusals: Rate = rate(64, 1, 1_000);
        /// Seconds without a word after which the relay asks with Ping (22.4), varied by a fifth.
        heartbeat: Duration = Duration::from_secs(45);
        /// HTTP sessions kept at once: a device that polls needs one.
        http_sessions: u64 = 20_000;
        /// How long a token of the HTTP transports is good (R-TRN-1).
        token: Duration = Duration::from_secs(15 * 60);
        /// How long a Challenge is good (R-ATT-2).
        challenge: Duration = Duration::from_secs(60);
    }
}

const fn rate(burst: u64, amount: u64, interval_millis: u64) -> Rate {
    Rate {
        burst,
        amount,
        interval: Duration::from_millis(interval_millis),
    }
}
