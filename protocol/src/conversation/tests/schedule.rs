use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;

use proptest::prelude::*;

use super::*;

/// One thing that happens among three devices and a relay that does what it likes.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// A device writes.
    Says { author: usize },
    /// A device gets any message written so far, perhaps again, perhaps much too late.
    Gets { reader: usize, which: usize },
    /// A device stops and starts again from its store.
    Restarts { reader: usize },
}

/// What a reader should know, by sets.
#[derive(Default)]
struct Expected {
    arrived: BTreeSet<(DeviceId, u32)>,
    first: BTreeMap<DeviceId, u32>,
    links: BTreeSet<HistoryLink>,
    named: BTreeSet<HistoryLink>,
}

impl Expected {
    fn note(&mut self, sent: &Sent) {
        if self.first.contains_key(&sent.author) {
            self.named.extend(&sent.message.parents);
        }
        self.first.entry(sent.author).or_insert(sent.message.sequence);
        self.arrived.insert((sent.author, sent.message.sequence));
        self.links.insert(sent.link);
    }

    fn missing(&self) -> BTreeSet<(DeviceId, u32)> {
        let between = self.arrived.iter().flat_map(|&(author, highest)| {
            (self.first[&author]..highest).map(move |sequence| (author, sequence))
        });
        between.filter(|place| !self.arrived.contains(place)).collect()
    }
}

proptest! {
    /// R-CON-2 to R-CON-6: any schedule of writing, delivering, withholding, repeating and restarting.
    #[test]
    fn any_schedule_keeps_order_and_finds_what_is_missing(events in proptest::collection::vec(event(), 1..120)) {
        let mut devices = [1, 2, 3].map(Participant::new);
        let mut expected = [(); 3].map(|()| Expected::default());
        let mut written = Vec::<Sent>::new();
        for event in events {
            match event {
                Event::Says { author } => {
                    let lamport = devices[author].conversation.lamport();
                    let sent = devices[author].says(&format!("message {}", written.len()));
                    prop_assert!(sent.message.lamport == lamport + 1);
                    prop_assert!(sent.message.parents.is_sorted() && sent.message.parents.len() <= 4);
                    for parent in written.iter().filter(|parent| sent.message.parents.contains(&parent.link)) {
                        prop_assert!(place(parent) < place(&sent));
                    }
                    expected[author].note(&sent);
                    written.push(sent);
                }
                Event::Gets { reader, which } if !written.is_empty() => {
                    let sent = &written[which % written.len()];
                    let lamport = devices[reader].conversation.lamport();
                    let known = expected[reader].arrived.contains(&(sent.author, sent.message.sequence));
                    let report = devices[reader].gets(sent);
                    prop_assert_eq!(report.duplicate, known);
                    prop_assert_eq!(report.link, sent.link);
                    prop_assert!(report.dropped.is_empty());
                    prop_assert!(devices[reader].conversation.lamport() >= lamport.max(sent.message.lamport));
                    if !known {
                        expected[reader].note(sent);
                    }
                }
                Event::Gets { .. } => {}
                Event::Restarts { reader } => {
                    let stored = devices[reader].conversation.encode();
                    devices[reader].conversation = Conversation::decode(&stored).unwrap();
                }
            }
            for (device, expected) in devices.iter().zip(&expected) {
                check(device, expected)?;
            }
        }
        for device in &mut devices {
            written.iter().for_each(|sent| drop(device.gets(sent)));
            prop_assert!(device.conversation.missing().is_empty());
        }
    }
}

fn check(device: &Participant, expected: &Expected) -> Result<(), TestCaseError> {
    let missing = device.conversation.missing();
    let gaps = missing
        .gaps
        .into_iter()
        .flat_map(|(author, range)| range.map(move |sequence| (author, sequence)));
    prop_assert_eq!(gaps.collect::<BTreeSet<_>>(), expected.missing());
    prop_assert_eq!(
        missing.unknown_parents,
        expected.named.difference(&expected.links).count()
    );
    Ok(())
}

fn place(sent: &Sent) -> OrderKey {
    OrderKey {
        lamport: sent.message.lamport,
        author: sent.author,
        sequence: sent.message.sequence,
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0..3usize).prop_map(|author| Event::Says { author }),
        8 => (0..3usize, any::<usize>()).prop_map(|(reader, which)| Event::Gets { reader, which }),
        1 => (0..3usize).prop_map(|reader| Event::Restarts { reader }),
    ]
}
