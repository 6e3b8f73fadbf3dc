//! Steps of a schedule, drawn at random.

use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;
use twotick_relay::store::ReceiptFor;
use twotick_wire::ReceiptState;

use crate::people::{Device, capability, receipt};

/// One step, by numbers that mean something whatever came before.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Attach {
        device: Device,
        version: u8,
        receives: bool,
        may_create: bool,
    },
    Send {
        from: Device,
        number: u8,
        lifetime: u32,
        parts: Vec<Part>,
    },
    Ack {
        device: Device,
        is_stale: bool,
        upto: u64,
        lane_upto: u64,
        rejects: bool,
        receipts: Vec<Told>,
    },
    Receipts {
        from: u8,
        receipts: Vec<Told>,
    },
    Prekeys {
        device: Device,
        signed: bool,
        ids: Vec<u8>,
    },
    Take {
        of: u8,
        by: u8,
        shown: u8,
        may_take: bool,
    },
    List {
        number: u8,
        devices: Vec<(Device, u8)>,
        kind: Followed,
    },
    Look {
        of: u8,
        by: u8,
        shown: u8,
        reach: bool,
    },
    Capabilities {
        number: u8,
        revoked: Vec<u8>,
        granted: Vec<(u8, bool, u16, bool)>,
    },
    Expire {
        budget: usize,
    },
    Pass {
        seconds: u64,
    },
    GoBack {
        seconds: u64,
    },
    Restart {
        in_order: bool,
    },
}

/// One account's part of a Send.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) to: u8,
    pub(crate) shown: u8,
    pub(crate) id: u8,
    pub(crate) text: u8,
    pub(crate) is_strange: bool,
    pub(crate) is_partial: bool,
    pub(crate) leaves_out: u8,
}

/// A receipt.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) to: u8,
    pub(crate) shown: u8,
    pub(crate) number: u8,
    pub(crate) is_read: bool,
}

/// Which list is published.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Followed {
    Next,
    Same,
    Fork,
    Skip,
}

pub(crate) const ACCOUNTS: u8 = 3;
pub(crate) const DEVICES: u8 = 3;

/// Draws steps; what they meet is the stores' business.
pub(crate) struct Steps;

impl ReferenceStateMachine for Steps {
    type State = ();
    type Transition = Step;

    fn init_state() -> BoxedStrategy<()> {
        Just(()).boxed()
    }

    fn transitions((): &()) -> BoxedStrategy<Step> {
        prop_oneof![
            4 => (device(), 0..2_u8, any::<bool>(), prop::bool::weighted(0.8)).prop_map(|(device, version, receives, may_create)| Step::Attach { device, version, receives, may_create }),
            10 => (device(), 0..6_u8, 1..900_u32, prop::collection::vec(part(), 1..3))
                .prop_map(|(from, number, lifetime, parts)| Step::Send { from, number, lifetime, parts }),
            5 => (device(), prop::bool::weighted(0.1), 0..8_u64, 0..8_u64, any::<bool>(), prop::collection::vec(told(), 0..3))
                .prop_map(|(device, is_stale, upto, lane_upto, rejects, receipts)| {
                    Step::Ack { device, is_stale, upto, lane_upto, rejects, receipts }
                }),
            3 => (0..ACCOUNTS, prop::collection::vec(told(), 1..4))
                .prop_map(|(from, receipts)| Step::Receipts { from, receipts }),
            3 => (device(), any::<bool>(), prop::collection::vec(0..9_u8, 0..5))
                .prop_map(|(device, signed, ids)| Step::Prekeys { device, signed, ids }),
            3 => (0..ACCOUNTS, 0..ACCOUNTS, 0..4_u8, prop::bool::weighted(0.8))
                .prop_map(|(of, by, shown, may_take)| Step::Take { of, by, shown, may_take }),
            6 => list(),
            1 => (0..ACCOUNTS, 0..ACCOUNTS, 0..4_u8, any::<bool>())
                .prop_map(|(of, by, shown, reach)| Step::Look { of, by, shown, reach }),
            4 => capabilities(),
            2 => prop_oneof![0..4_usize, Just(1_000)].prop_map(|budget| Step::Expire { budget }),
            3 => (1..400_u64).prop_map(|seconds| Step::Pass { seconds }),
            1 => (1..400_u64).prop_map(|seconds| Step::GoBack { seconds }),
            2 => any::<bool>().prop_map(|in_order| Step::Restart { in_order }),
        ]
        .boxed()
    }

    fn apply(state: (), _: &Step) -> Self::State {
        state
    }
}

fn device() -> impl Strategy<Value = Device> {
    (0..ACCOUNTS, 0..DEVICES).prop_map(|(account, number)| Device(account, number))
}

fn part() -> impl Strategy<Value = Part> {
    let flag = || prop::bool::weighted(0.15);
    (
        0..ACCOUNTS,
        0..4_u8,
        0..12_u8,
        0..3_u8,
        flag(),
        flag(),
        prop_oneof![8 => Just(9_u8), 1 => 0..DEVICES],
    )
        .prop_map(|(to, shown, id, text, is_strange, is_partial, leaves_out)| Part {
            to,
            shown,
            id,
            text,
            is_strange,
            is_partial,
            leaves_out,
        })
}

fn told() -> impl Strategy<Value = Told> {
    (0..ACCOUNTS, 0..4_u8, 0..6_u8, any::<bool>()).prop_map(|(to, shown, number, is_read)| Told {
        to,
        shown,
        number,
        is_read,
    })
}

fn list() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        8 => Just(Followed::Next),
        1 => Just(Followed::Same),
        1 => Just(Followed::Fork),
        1 => Just(Followed::Skip),
    ];
    // Now and then a list names a device of the account after it.
    let member = (0..DEVICES, prop::bool::weighted(0.05), prop::bool::weighted(0.2));
    (0..ACCOUNTS, prop::collection::vec(member, 1..4), kind).prop_map(|(number, members, kind)| {
        let mut devices: Vec<(Device, u8)> = members
            .into_iter()
            .map(|(device, is_strange, is_renewed)| {
                (
                    Device((number + u8::from(is_strange)) % ACCOUNTS, device),
                    u8::from(is_renewed),
                )
            })
            .collect();
        devices.sort();
        devices.dedup_by_key(|(device, _)| *device);
        Step::List {
            number,
            devices,
            kind,
        }
    })
}

fn capabilities() -> impl Strategy<Value = Step> {
    let granted = (
        0..5_u8,
        prop::bool::weighted(0.3),
        0..4_u16,
        prop::bool::weighted(0.2),
    );
    (
        0..ACCOUNTS,
        prop::collection::vec(0..5_u8, 0..2),
        prop::collection::vec(granted, 0..4),
    )
        .prop_map(|(number, mut revoked, mut granted)| {
            revoked.sort_unstable();
            revoked.dedup();
            granted.sort_by_key(|grant| grant.0);
            granted.dedup_by_key(|grant| grant.0);
            Step::Capabilities {
                number,
                revoked,
                granted,
            }
        })
}

impl Told {
    pub(crate) fn receipt(&self) -> ReceiptFor {
        let state = if self.is_read {
            ReceiptState::Read
        } else {
            ReceiptState::Delivered
        };
        receipt(self.to, capability(self.shown), self.number, state)
    }
}
