//! Any schedule of operations, crashes and restarts: the embedded store answers, shows and wakes as the model does.

use proptest::test_runner::{Config, RngSeed};
use proptest_state_machine::{StateMachineTest, prop_state_machine};
use twotick_relay::store::{
    AccountSend, Answer, Attachment, CapabilityChange, Op, PageBounds, PublishedList, PublishedPrekeys,
    SealedBytes, SendRequest, SessionEpoch, TakePrekeys,
};
use twotick_wire::{Grant, ListHash, OneTimePrekeyId, UnixTime};

use crate::people::{
    Device, account, ack, at, capability, envelope, fetch, grant, granted, message, next_list, send_id,
    strange_head,
};
use crate::steps::{ACCOUNTS, DEVICES, Followed, Part, Step, Steps, Told};
use crate::world::{World, small};

/// The model and the real store, and what both were told last.
pub(crate) struct Both {
    worlds: [World; 2],
    now: u64,
    lists: [Option<PublishedList>; ACCOUNTS as usize],
    sessions: [[u64; DEVICES as usize]; ACCOUNTS as usize],
}

impl StateMachineTest for Both {
    type SystemUnderTest = Self;
    type Reference = Steps;

    fn init_test((): &()) -> Self {
        let mut both = Self {
            worlds: World::both(small()),
            now: 0,
            lists: [None, None, None],
            sessions: [[0; 3]; 3],
        };
        // Without this, most cases would never get as far as sending something.
        for number in 0..2 {
            let list = next_list(number, None, &[(Device(number, 0), 0), (Device(number, 1), 0)]);
            both.publish(number, list);
            both.same(granted(number, vec![grant(0)], at(0)));
        }
        both
    }

    fn apply(mut both: Self, (): &(), step: Step) -> Self {
        both.step(step);
        both.compare();
        both
    }
}

impl Both {
    fn now(&self) -> UnixTime {
        at(self.now)
    }

    /// The same operation on both; the same answer from both.
    fn same(&mut self, op: Op) -> Answer {
        let [model, real] = &self.worlds;
        let expected = model.submit(op.clone());
        assert_eq!(real.submit(op), expected);
        expected
    }

    fn step(&mut self, step: Step) {
        let now = self.now();
        match step {
            Step::Attach {
                device,
                version,
                receives,
                may_create,
            } => self.attach(device, version, (receives, may_create)),
            Step::Send {
                from,
                number,
                lifetime,
                parts,
            } => self.send(from, number, lifetime, &parts),
            Step::Ack {
                device,
                is_stale,
                upto,
                lane_upto,
                rejects,
                receipts,
            } => {
                let session = self.sessions[usize::from(device.0)][usize::from(device.1)];
                let mut ack = ack(device, session.saturating_sub(u64::from(is_stale)), upto, now);
                ack.lane_upto = lane_upto;
                ack.rejected = (1..=upto).filter(|seq| rejects && seq % 2 == 0).collect();
                ack.receipts = receipts.iter().map(Told::receipt).collect();
                self.same(Op::Ack(ack));
            }
            Step::Receipts { from, receipts } => {
                let receipts = receipts.iter().map(Told::receipt).collect();
                self.same(Op::Receipts {
                    from: account(from),
                    receipts,
                    now,
                });
            }
            Step::Expire { budget } => drop(self.same(Op::Expire { now, budget })),
            Step::Pass { seconds } => self.now += seconds,
            Step::GoBack { seconds } => self.now = self.now.saturating_sub(seconds),
            Step::Restart { in_order } => {
                self.worlds.iter_mut().for_each(|world| world.again(in_order));
            }
            step => self.step_keys(step),
        }
    }

    /// The steps that are about keys.
    fn step_keys(&mut self, step: Step) {
        let now = self.now();
        match step {
            Step::Prekeys { device, signed, ids } => {
                let one_time = ids
                    .iter()
                    .map(|id| (OneTimePrekeyId::new([*id; 16]), envelope("one")));
                self.same(Op::PublishPrekeys(PublishedPrekeys {
                    device: device.id(),
                    signed: signed.then(|| envelope("signed")),
                    one_time: one_time.collect(),
                    now,
                }));
            }
            Step::Take {
                of,
                by,
                shown,
                may_take,
            } => {
                let devices = (0..DEVICES)
                    .map(|number| (Device(of, number).id(), may_take))
                    .collect();
                let fetch = fetch(of, by, capability(shown), now);
                self.same(Op::TakePrekeys(TakePrekeys { fetch, devices }));
            }
            Step::List {
                number,
                devices,
                kind,
            } => self.list(number, &devices, kind),
            Step::Look { of, by, shown, reach } => {
                let fetch = fetch(of, by, capability(shown), now);
                self.same(if reach {
                    Op::Reach(fetch)
                } else {
                    Op::FetchList(fetch)
                });
            }
            Step::Capabilities {
                number,
                revoked,
                granted,
            } => self.capabilities(number, &revoked, &granted),
            step => panic!("{step:?} is not about keys"),
        }
    }

    fn capabilities(&mut self, number: u8, revoked: &[u8], granted: &[(u8, bool, u16, bool)]) {
        let now = self.now();
        let granted = granted.iter().map(|(hash, is_single, envelopes, ends)| Grant {
            hash: capability(*hash),
            is_single: *is_single,
            envelopes: *envelopes,
            expires: if *ends {
                now.saturating_add(200)
            } else {
                UnixTime::new(0)
            },
        });
        self.same(Op::ChangeCapabilities(CapabilityChange {
            account: account(number),
            revoked: revoked.iter().map(|hash| capability(*hash)).collect(),
            granted: granted.collect(),
            now,
        }));
    }

    fn attach(&mut self, device: Device, version: u8, (receives, may_create): (bool, bool)) {
        let answer = self.same(Op::Attach(Attachment {
            device: device.id(),
            account: device.account(),
            certificate_hash: device.certificate(version),
            receives,
            may_create,
            now: self.now(),
        }));
        if let Answer::Attached(attached) = answer {
            let SessionEpoch(epoch) = attached.session_epoch;
            self.sessions[usize::from(device.0)][usize::from(device.1)] = epoch;
        }
    }

    fn send(&mut self, from: Device, number: u8, lifetime: u32, parts: &[Part]) {
        let accounts = parts.iter().map(|part| {
            let list = self.lists[usize::from(part.to)].as_ref();
            let listed = list.into_iter().flat_map(|list| &list.list.devices);
            let left_out = Device(part.to, part.leaves_out);
            let devices = listed
                .map(|entry| entry.device_id)
                .filter(|device| *device != from.id() && *device != left_out.id());
            let text = format!("{} {number} {}", part.to, part.text);
            AccountSend {
                account: account(part.to),
                capability: capability(part.shown),
                send_id: send_id(part.id),
                digest: [part.text; 16],
                list: list
                    .filter(|_| !part.is_strange)
                    .map_or(strange_head(), |list| list.head),
                is_partial: part.is_partial,
                envelopes: devices
                    .map(|device| (device, SealedBytes::new(envelope(&text))))
                    .collect(),
            }
        });
        let accounts = accounts.collect();
        let (from, from_account) = (from.id(), from.account());
        let now = self.now();
        self.same(Op::Send(SendRequest {
            from,
            from_account,
            message_id: message(number),
            lifetime,
            accounts,
            now,
        }));
    }

    fn list(&mut self, number: u8, devices: &[(Device, u8)], kind: Followed) {
        let last = self.lists[usize::from(number)].clone();
        let list = match (kind, last) {
            (Followed::Same, Some(last)) => last,
            (Followed::Fork, Some(last)) => {
                let mut fork = next_list(number, Some(&last), devices);
                fork.list.previous = ListHash::new([3; 32]);
                fork.encoded = fork.list.encode().into();
                fork
            }
            (Followed::Skip, Some(last)) => {
                next_list(number, Some(&next_list(number, Some(&last), devices)), devices)
            }
            (_, last) => next_list(number, last.as_ref(), devices),
        };
        self.publish(number, list);
    }

    fn publish(&mut self, number: u8, mut list: PublishedList) {
        list.now = self.now();
        if self.same(Op::PublishList(list.clone())) == Answer::Done {
            self.lists[usize::from(number)] = Some(list);
        }
    }

    /// All that can be seen from outside.
    fn compare(&mut self) {
        let now = self.now();
        // An answer comes after all wake-ups of what was answered before.
        self.same(Op::Reach(fetch(0, 0, capability(0), now)));
        let [model, real] = &self.worlds;
        assert_eq!(real.hints.take(), model.hints.take());
        assert_eq!(real.usage(), model.usage());
        for device in
            (0..ACCOUNTS).flat_map(|account| (0..DEVICES).map(move |number| Device(account, number)))
        {
            let id = device.id();
            assert_eq!(real.all(id), model.all(id));
            for (after, bounds) in [(0, (2, usize::MAX)), (1, (9, 700)), (3, (1, 1)), (50, (9, 9))] {
                let bounds = PageBounds {
                    envelopes: bounds.0,
                    bytes: bounds.1,
                };
                assert_eq!(real.read(id, after, bounds), model.read(id, after, bounds));
            }
            for (after, count) in [(0, 100), (2, 2), (90, 1)] {
                assert_eq!(real.lane(id, after, count), model.lane(id, after, count));
            }
        }
    }
}

prop_state_machine! {
    #![proptest_config(Config {
        cases: std::env::var("TWOTICK_STORE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24),
        max_shrink_iters: 400,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_261_124),
        ..Config::default()
    })]

    /// R-SND-1, R-SND-3, R-SND-6, R-DLV-4, R-LNE-1, R-LNE-2, R-KEY-1, R-KEY-2, R-CAP-2, R-DUR-5: as the model, over
    /// crashes and restarts.
    #[test]
    fn the_embedded_store_is_the_model_over_any_schedule(sequential 1..60 => Both);
}
