//! Whoever has no right learns nothing from being told so: neither which right is missing, nor who is there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tempfile::TempDir;
use twotick_protocol::capability_hash;
use twotick_relay::clock::RelayClock;
use twotick_relay::limits::Rate;
use twotick_relay::serve::{self, Options, RunningRelay};
use twotick_relay::store::{EmbeddedOptions, EmbeddedStore};
use twotick_wire::frame::{
    AccountSend, Capability, ChangeCapabilities, Ephemeral, FetchList, Grant, MessageTo, Opaque, ReceiptFor,
    RequestId, Send, SendReceipts, SendResult, TakePrekeys,
};
use twotick_wire::{AccountId, ListHead, MessageId, Receipt, ReceiptState, SendId, UnixTime};

use crate::client::Link as _;
use crate::client::websocket::WebSocketLink;
use crate::counted::{Counted, Work};
use crate::person::{MESSAGE, Person, Terms};
use crate::relay::{EPOCH, Hands, START, Target, generous};

/// R-CAP-1, R-BLD-3: an account that is not there, a capability that was never granted, was revoked, has expired, is
/// used up or bound to another: the same bytes to every request, after the same requests of the store.
#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_of_the_same_bytes_after_the_same_work() {
    let mut scene = Scene::set().await;
    let mut told = BTreeMap::<&str, Vec<(Vec<Bytes>, Work)>>::new();
    for case in Case::REFUSED {
        for (name, frame) in scene.requests(case) {
            told.entry(name).or_default().push(scene.ask(name, frame).await);
        }
    }
    for (name, answers) in &told {
        assert_eq!(answers.len(), Case::REFUSED.len());
        for (case, answer) in Case::REFUSED.iter().zip(answers) {
            assert_eq!(answer, &answers[0], "{name}, {case:?}");
        }
    }
    // The control: a good capability gets another answer, except that receipts never say what became of them.
    for (name, frame) in scene.requests(Case::Good) {
        let (good, refused) = (scene.ask(name, frame).await.0, &told[name][0].0);
        assert_eq!(good == *refused, name == "receipts", "{name}");
    }
}

/// R-CAP-1: how long a refusal takes says little; the greatest distance between the two distributions is printed.
#[tokio::test(flavor = "multi_thread")]
async fn refusals_take_about_the_same_time() {
    let mut scene = Scene::set().await;
    let cases = [Case::Nobody, Case::NeverGranted];
    let mut took = [vec![], vec![]];
    for _ in 0..300 {
        for (case, took) in cases.iter().zip(&mut took) {
            let frame = scene.fetch(*case);
            let began = Instant::now();
            scene.link.ask(frame).await;
            took.push(began.elapsed());
        }
    }
    took.iter_mut().for_each(|took| took.sort_unstable());
    let statistic = kolmogorov_smirnov(&took[0], &took[1]);
    println!(
        "no account against no capability: KS = {statistic:.3} (300 each; 0.133 is p = 0.01), medians {:?} {:?}",
        took[0][150], took[1][150]
    );
    assert_eq!(
        kolmogorov_smirnov(&[Duration::ZERO; 9], &[Duration::MAX; 9]),
        1.0,
        "the control"
    );
}

/// The greatest distance between two empirical distributions.
fn kolmogorov_smirnov(a: &[Duration], b: &[Duration]) -> f64 {
    let share = |of: &[Duration], time: Duration| {
        let under = u32::try_from(of.partition_point(|other| *other <= time)).expect("few");
        f64::from(under) / f64::from(u32::try_from(of.len()).expect("few"))
    };
    a.iter()
        .chain(b)
        .map(|time| (share(a, *time) - share(b, *time)).abs())
        .fold(0.0, f64::max)
}

/// R-ATT-2: an attach is refused with the same bytes whatever is wrong with it.
#[tokio::test(flavor = "multi_thread")]
async fn refused_attaches_are_of_the_same_bytes() {
    let scene = Scene::set().await;
    let stranger = Person::seeded(8, 1, START);
    let wrong = [
        Terms {
            is_forged: true,
            ..Terms::default()
        },
        Terms {
            name: Some("elsewhere"),
            ..Terms::default()
        },
        Terms {
            nonce: Some([1; 32]),
            ..Terms::default()
        },
    ];
    let mut told = vec![];
    for terms in wrong {
        for device in [&scene.bob.devices[0], &stranger.devices[0]] {
            told.push(
                WebSocketLink::attach(&scene.target, device, &terms)
                    .await
                    .err()
                    .expect("a refusal"),
            );
        }
    }
    // A device that the account's list does not name, and one whose mailbox is another's.
    let old = Person::seeded(2, 3, START);
    let unlisted = old.devices.iter().find(|device| {
        !scene
            .bob
            .devices
            .iter()
            .any(|known| known.device_id() == device.device_id())
    });
    let unlisted = unlisted.expect("a third device");
    told.push(
        WebSocketLink::attach(&scene.target, unlisted, &Terms::default())
            .await
            .err()
            .expect("a refusal"),
    );
    assert!(told.iter().all(|refusal| *refusal == told[0]), "{told:?}");
    assert!(
        WebSocketLink::attach(&scene.target, &stranger.devices[0], &Terms::default())
            .await
            .is_ok(),
        "the control"
    );
}

/// R-BLD-3: nobody who sends, asks or types is told whether the other is attached, or has just been.
#[tokio::test(flavor = "multi_thread")]
async fn answers_do_not_say_who_is_attached() {
    let mut scene = Scene::set().await;
    let mut away = vec![];
    for (_, frame) in scene.requests(Case::Good) {
        away.push(scene.link.ask(frame).await);
    }
    let mut bob = WebSocketLink::attach(&scene.target, &scene.bob.devices[0], &Terms::default())
        .await
        .expect("attached");
    scene.number += 1;
    let mut there = vec![];
    for (_, frame) in scene.requests(Case::Good) {
        there.push(scene.link.ask(frame).await);
    }
    assert_eq!(away, there);
    // The control: the relay does know, and sent him what was typed.
    let mut kinds = vec![];
    while !kinds.contains(&0xd0) {
        kinds.push(bob.next().await.expect("a frame")[0]);
    }
}

/// What may be wrong with a request for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Nobody,
    NeverGranted,
    Revoked,
    Expired,
    UsedUp,
    Bound,
    Good,
}

impl Case {
    const REFUSED: [Self; 6] = [
        Self::Nobody,
        Self::NeverGranted,
        Self::Revoked,
        Self::Expired,
        Self::UsedUp,
        Self::Bound,
    ];

    fn capability(self) -> Capability {
        Capability::new([0x70 + self as u8; 16])
    }
}

/// Alice asks; Bob has granted capabilities of all kinds.
struct Scene {
    _relay: RunningRelay,
    _directory: TempDir,
    target: Target,
    bob: Person,
    link: WebSocketLink,
    work: Arc<Mutex<Work>>,
    /// Of the next messages.
    number: u8,
}

impl Scene {
    async fn set() -> Self {
        let directory = TempDir::new().expect("a directory");
        let work = Arc::<Mutex<Work>>::default();
        let mut options = Options::loopback(Arc::new(RelayClock::new(Box::new(Hands::new()))));
        options.limits = generous();
        options.limits.refusals = Rate::new(1_000_000, Duration::from_nanos(1));
        let (path, counted) = (directory.path().join("data"), Arc::clone(&work));
        let relay = serve::start(options, |hints, admission| {
            let store = EmbeddedStore::open(&path, EmbeddedOptions::new(EPOCH), hints, admission)?;
            Ok::<_, twotick_relay::store::OpenError>(Counted::new(store, counted))
        });
        let relay = relay.await.expect("a relay");
        let target = Target {
            address: relay.address,
            tls: None,
        };
        let bob = Person::seeded(2, 2, START);
        prepare(&target, &bob).await;
        let alice = Person::seeded(1, 1, START);
        let carol = Person::seeded(3, 1, START);
        let mut other = WebSocketLink::attach(&target, &carol.devices[0], &Terms::default())
            .await
            .expect("attached");
        for (number, case) in [(91, Case::UsedUp), (92, Case::Bound)] {
            let answer = other.ask(send(&bob, bob.id(), case.capability(), number)).await;
            assert_eq!(
                SendResult::decode(&answer).expect("a result").results[0].status,
                0
            );
        }
        let link = WebSocketLink::attach(&target, &alice.devices[0], &Terms::default())
            .await
            .expect("attached");
        Self {
            _relay: relay,
            _directory: directory,
            target,
            bob,
            link,
            work,
            number: 1,
        }
    }

    fn account(&self, case: Case) -> AccountId {
        if case == Case::Nobody {
            AccountId::new([0x99; 32])
        } else {
            self.bob.id()
        }
    }

    fn fetch(&self, case: Case) -> Vec<u8> {
        let (account, capability) = (self.account(case), case.capability());
        FetchList {
            request: RequestId::new(41),
            account,
            capability,
        }
        .encode()
    }

    fn requests(&self, case: Case) -> Vec<(&'static str, Vec<u8>)> {
        let (account, capability) = (self.account(case), case.capability());
        let devices: Vec<_> = self
            .bob
            .devices
            .iter()
            .map(twotick_protocol::Device::device_id)
            .collect();
        let take = TakePrekeys {
            request: RequestId::new(42),
            account,
            capability,
            devices: devices.clone(),
        };
        let ephemeral = Ephemeral {
            request: RequestId::new(43),
            account,
            capability,
            message_id: MessageId::new([self.number; 16]),
            messages: to_all(&self.bob),
        };
        let receipt = Receipt {
            state: ReceiptState::Delivered,
            message_id: MessageId::new([self.number; 16]),
            tag: [1; 16],
        };
        let receipts = SendReceipts {
            request: RequestId::new(44),
            receipts: vec![ReceiptFor {
                account,
                capability,
                receipt,
            }],
        };
        vec![
            ("send", send(&self.bob, account, capability, self.number)),
            ("fetch", self.fetch(case)),
            ("take", take.encode()),
            ("ephemeral", ephemeral.encode()),
            ("receipts", receipts.encode()),
        ]
    }

    /// Asks; the answer without the account that a SendResult repeats, and what the store had to do.
    async fn ask(&mut self, name: &str, frame: Vec<u8>) -> (Vec<Bytes>, Work) {
        self.work.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let mut answer = self.link.ask(frame).await.to_vec();
        if name == "send" {
            // Header, a count of two bytes, and then the account.
            answer[8..40].fill(0);
        }
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (vec![answer.into()], work)
    }
}

/// Bob publishes what he has and grants what is asked for later.
async fn prepare(target: &Target, bob: &Person) {
    let mut link = WebSocketLink::attach(target, &bob.devices[0], &Terms::default())
        .await
        .expect("attached");
    link.done(bob.publish_list(2)).await;
    // A signed prekey alone: what is handed out does not change.
    link.ask(bob.publish_prekeys(0, 3, 0)).await;
    let grant = |case: Case| Grant {
        hash: capability_hash(case.capability().as_bytes()),
        is_single: case == Case::Bound,
        envelopes: if case == Case::UsedUp { 2 } else { 0 },
        expires: UnixTime::new(if case == Case::Expired {
            START.seconds() - 9
        } else {
            0
        }),
    };
    let mut granted = [
        Case::Revoked,
        Case::Expired,
        Case::UsedUp,
        Case::Bound,
        Case::Good,
    ]
    .map(grant)
    .to_vec();
    granted.sort_by_key(|grant| grant.hash);
    let revoked = vec![grant(Case::Revoked).hash];
    for (request, revoked, granted) in [(4, vec![], granted), (5, revoked, vec![])] {
        let request = RequestId::new(request);
        link.done(
            ChangeCapabilities {
                request,
                revoked,
                granted,
            }
            .encode(),
        )
        .await;
    }
}

fn to_all(bob: &Person) -> Vec<MessageTo<'static>> {
    let devices = bob.devices.iter().map(twotick_protocol::Device::device_id);
    devices
        .map(|to| MessageTo {
            to,
            message: Opaque::new(&MESSAGE),
        })
        .collect()
}

fn send(bob: &Person, account: AccountId, capability: Capability, number: u8) -> Vec<u8> {
    let list: ListHead = bob.head();
    let part = AccountSend {
        account,
        capability,
        send_id: SendId::new([number; 16]),
        list,
        is_partial: false,
        messages: to_all(bob),
    };
    Send {
        request: RequestId::new(40),
        message_id: MessageId::new([number; 16]),
        lifetime: 3_600,
        body: Opaque::EMPTY,
        accounts: vec![part],
    }
    .encode()
}
