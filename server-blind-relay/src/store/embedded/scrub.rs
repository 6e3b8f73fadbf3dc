//! Reading everything, to find what nobody has asked for yet (R-DUR-1, R-DLV-6).

use std::{collections::BTreeMap, fmt, thread, time::Duration};

use bytes::Bytes;
use twotick_wire::{DeviceId, DeviceList, OneTimePrekey, SignedPrekey};

use super::{
    layout::{
        self, Account, Body, Commit, Ending, EnvelopeKey, LaneRow, ListRow, Mailbox, Number, ReceiptRow,
        SentRow, Table, TakenRow,
    },
    loss::MailboxLoss,
    view::View,
    work,
};
use crate::store::rules::Capability;

/// What a scrub has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScrubReport {
    /// Rows that were read.
    pub rows: u64,
    /// Rows whose checksum or form is wrong, or that the engine cannot give.
    pub damaged: u64,
    /// Rows that belong to nothing: an envelope without a mailbox, say.
    pub strays: u64,
    /// Mailboxes whose numbers do not fit what is there.
    pub mailboxes: Vec<MailboxLoss>,
    /// Envelopes that are there and cannot be read, by mailbox.
    pub lost: BTreeMap<DeviceId, Vec<u64>>,
    /// The first rows of either kind, in words.
    pub examples: Vec<String>,
}

impl ScrubReport {
    /// True if all is well.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.damaged == 0 && self.strays == 0 && self.mailboxes.is_empty()
    }

    fn damage(&mut self, what: String) {
        self.damaged += 1;
        self.example(what);
    }

    fn lose(&mut self, table: Table, key: &[u8]) {
        if let (Table::Envelope, Ok(envelope)) = (table, EnvelopeKey::decode(key)) {
            self.lost.entry(envelope.mailbox).or_default().push(envelope.seq);
        }
    }

    fn stray(&mut self, what: String) {
        self.strays += 1;
        self.example(what);
    }

    fn example(&mut self, what: String) {
        if self.examples.len() < EXAMPLES {
            self.examples.push(what);
        }
    }
}

/// The report for an operator.
impl fmt::Display for ScrubReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rows,
            damaged,
            strays,
            mailboxes,
            examples,
            ..
        } = self;
        write!(
            f,
            "{rows} rows read, {damaged} damaged, {strays} astray, {} mailboxes miscounted",
            mailboxes.len()
        )?;
        for MailboxLoss {
            mailbox,
            expected,
            found,
        } in mailboxes
        {
            write!(f, "\nmailbox {mailbox}: {found} of {expected} envelopes")?;
        }
        examples.iter().try_for_each(|example| write!(f, "\n{example}"))
    }
}

/// Reads every row. Between portions it sleeps for `pause`, so that it takes nobody's time.
pub(super) fn scrub(view: &View<'_>, pause: Duration) -> ScrubReport {
    let mut report = ScrubReport::default();
    let mut counted: BTreeMap<DeviceId, Counted> = BTreeMap::new();
    for table in Table::ALL {
        let (first, last) = layout::under(table, &[]);
        for row in view.rows(&first, &last) {
            let Ok((key, body)) = row else {
                report.damage(format!("{table:?}: a part of the table cannot be read"));
                break;
            };
            report.rows += 1;
            if report.rows.is_multiple_of(PORTION) {
                thread::sleep(pause);
            }
            match body {
                Ok(body) if is_well_formed(table, &key, &body) => {
                    count(table, &key, &body, &mut counted, &mut report);
                }
                _ => {
                    report.damage(format!("{table:?} {}: damaged", hex::encode(&key[1..])));
                    report.lose(table, &key);
                    // What cannot be read is there for all that: it is ended in its own way.
                    if table == Table::Envelope {
                        count(table, &key, &[], &mut counted, &mut report);
                    }
                }
            }
        }
    }
    for (mailbox, counted) in counted {
        if counted.expected != counted.found {
            let Counted { expected, found, .. } = counted;
            report.mailboxes.push(MailboxLoss {
                mailbox,
                expected,
                found,
            });
        }
    }
    report
}

/// What a mailbox says, and what is there. Mailboxes come before envelopes.
#[derive(Default)]
struct Counted {
    acked: u64,
    next: u64,
    expected: u32,
    found: u32,
}

fn count(
    table: Table,
    key: &[u8],
    body: &[u8],
    counted: &mut BTreeMap<DeviceId, Counted>,
    report: &mut ScrubReport,
) {
    if table == Table::Mailbox {
        let device = key[1..].try_into().map(DeviceId::new);
        if let (Ok(device), Ok(mailbox)) = (device, Mailbox::decode(body)) {
            let Mailbox {
                acked,
                next,
                envelopes: expected,
                ..
            } = mailbox;
            counted.insert(
                device,
                Counted {
                    acked,
                    next,
                    expected,
                    found: 0,
                },
            );
        }
    }
    if let (Table::Envelope, Ok(envelope)) = (table, EnvelopeKey::decode(key)) {
        let is_within = |mailbox: &&mut Counted| mailbox.acked < envelope.seq && envelope.seq < mailbox.next;
        match counted.get_mut(&envelope.mailbox).filter(is_within) {
            Some(mailbox) => mailbox.found += 1,
            None => report.stray(format!(
                "envelope {} of mailbox {}",
                envelope.seq, envelope.mailbox
            )),
        }
    }
}

/// Whether a body whose checksum is right is also what its table holds.
fn is_well_formed(table: Table, key: &[u8], body: &Bytes) -> bool {
    match table {
        Table::Commit => Commit::decode(body).is_ok(),
        Table::Ring => Number::decode(body).is_ok_and(|row| layout::ring(row.number) == key),
        Table::Mailbox => Mailbox::decode(body).is_ok() && key.len() == 1 + DeviceId::LENGTH,
        Table::Account => Account::decode(body).is_ok(),
        Table::Capability => Capability::decode(body).is_ok(),
        Table::Sent => SentRow::decode(body).is_ok(),
        Table::Lane => LaneRow::decode(body).is_ok(),
        Table::Receipt => ReceiptRow::decode(body).is_ok(),
        Table::Taken => TakenRow::decode(body).is_ok(),
        Table::Ending => Ending::decode(key).is_ok() && body.is_empty(),
        Table::Envelope => {
            let length = work::accepted(body).map(|(_, envelope)| envelope.len());
            let stated = EnvelopeKey::decode(key).map(|key| key.length as usize);
            matches!((length, stated), (Ok(length), Ok(stated)) if length == stated)
        }
        Table::List => ListRow::decode(body).is_ok_and(|row| DeviceList::decode(&row.list).is_ok()),
        Table::Signed => SignedPrekey::decode(body).is_ok(),
        Table::OneTime => OneTimePrekey::decode(body).is_ok(),
    }
}

/// Rows between two pauses.
const PORTION: u64 = 256;

/// Rows that are named in a report. More: an unreadable report; fewer: nothing to go by.
const EXAMPLES: usize = 100;
