use super::*;

/// What a test does to a message and its content.
type Change = dyn Fn(&mut Sent, &mut Vec<u8>);

/// R-CON-6: both ends compute one link, and everything it is said to cover changes it.
#[test]
fn a_link_covers_content_place_and_parents() {
    let (mut alice, mut bob) = (Participant::new(1), Participant::new(2));
    let hello = alice.says("hello");
    assert_eq!(bob.gets(&hello).link, hello.link);
    let link = |change: &Change| {
        let mut other = made_up(1, 1, 1, Vec::new());
        let mut content = b"hello".to_vec();
        change(&mut other, &mut content);
        let carol = Participant::new(3).conversation;
        carol
            .plan_receive(other.author, &other.id, &other.message, &content)
            .1
            .link
    };
    assert_eq!(link(&|_, _| ()), hello.link);
    let changes: [&Change; 6] = [
        &|_, content| content.push(0),
        &|sent, _| sent.id = MessageId::new([0; 16]),
        &|sent, _| sent.author = DeviceId::new([9; 16]),
        &|sent, _| sent.message.lamport = 2,
        &|sent, _| sent.message.sequence = 2,
        &|sent, _| sent.message.parents.push(HistoryLink::new([0; 16])),
    ];
    for change in changes {
        assert_ne!(link(change), hello.link);
    }
    let elsewhere = Conversation::new(ConversationId::new([0; 16]));
    assert_ne!(
        elsewhere
            .plan_receive(hello.author, &hello.id, &hello.message, b"hello")
            .1
            .link,
        hello.link
    );
}

/// R-CON-4: a withheld message is found out by the next one that passes, and the report shrinks when it arrives.
#[test]
fn a_withheld_message_is_found_out_by_its_successor() {
    let (mut alice, mut bob, mut carol) = (Participant::new(1), Participant::new(2), Participant::new(3));
    for sent in [alice.says("a"), carol.says("c")] {
        [&mut alice, &mut bob, &mut carol]
            .into_iter()
            .for_each(|reader| drop(reader.gets(&sent)));
    }
    let withheld = alice.says("withheld from bob");
    carol.gets(&withheld);
    let answer = carol.says("an answer to it");
    assert_eq!(answer.message.parents, [withheld.link]);
    let report = bob.gets(&answer);
    assert_eq!(
        (report.missing.unknown_parents, report.missing.gaps.len()),
        (1, 0)
    );
    let report = bob.gets(&withheld);
    assert!(report.found && report.missing.is_empty());
    assert_eq!(bob.says("all here").message.parents, [answer.link]);
}

/// R-CON-4: parents are missed only if their author has been received from before; a new device starts quietly.
#[test]
fn a_first_message_reports_no_parents() {
    let (mut alice, mut bob) = (Participant::new(1), Participant::new(2));
    alice.says("before bob");
    let second = alice.says("first for bob");
    assert!(bob.gets(&second).missing.is_empty());
    let unknown = HistoryLink::new([7; 16]);
    let named_first = made_up(3, 1, 1, [unknown].into());
    assert_eq!(bob.gets(&named_first).missing.unknown_parents, 0);
    let named_again = made_up(3, 2, 2, [unknown].into());
    assert_eq!(bob.gets(&named_again).missing.unknown_parents, 1);
    let named_thrice = made_up(3, 3, 3, [unknown].into());
    assert_eq!(bob.gets(&named_thrice).missing.unknown_parents, 1);
}

/// SPEC 13.2: parents are the ends of the history, the newest 4, ascending; a message joins them.
#[test]
fn branches_are_joined_by_the_next_message() {
    let mut bob = Participant::new(2);
    let links = (10..16)
        .map(|author| bob.gets_numbered(author, 1).link)
        .collect::<Vec<_>>();
    let mut newest = links[2..].to_vec();
    newest.sort();
    let joined = bob.says("joined");
    assert_eq!(joined.message.parents, newest);
    assert_eq!(bob.says("then").message.parents, [joined.link]);
}

/// SPEC 13.2: a message that a known one names as its parent is not an end of the history.
#[test]
fn a_late_parent_does_not_become_an_end() {
    let (mut alice, mut bob) = (Participant::new(1), Participant::new(2));
    let [first, second, third] = ["1", "2", "3"].map(|text| alice.says(text));
    [&first, &third, &second]
        .into_iter()
        .for_each(|sent| drop(bob.gets(sent)));
    assert_eq!(bob.says("on").message.parents, [third.link]);
}

/// R-LIM-1: parents and ends of the history over the limit are forgotten, the oldest first, and reported.
#[test]
fn hostile_parents_stay_within_the_limit_and_are_reported() {
    let mut bob = Participant::new(2);
    bob.gets_numbered(1, 1);
    let mut dropped = Dropped::default();
    for sequence in 2u32..=200 {
        let parents = (0..4).map(|parent| {
            let mut link = [0; 16];
            link[..5].copy_from_slice(&[sequence.to_be_bytes().as_slice(), &[parent]].concat());
            HistoryLink::new(link)
        });
        let report = bob.gets(&made_up(1, 1, sequence, parents.collect()));
        dropped.unknown_parents += report.dropped.unknown_parents;
        assert!(report.missing.unknown_parents <= 512);
    }
    assert_eq!(dropped.unknown_parents, 199 * 4 - 512);
    for sequence in 201..=600 {
        dropped.frontier += bob.gets_numbered(1, sequence).dropped.frontier;
    }
    assert_eq!(dropped.frontier, 600 - 512);
    assert!(bob.conversation.encode().len() < 30_000);
}
