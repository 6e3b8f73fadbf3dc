//! How a connection begins.

use std::{collections::VecDeque, sync::Arc};

use twotick_wire::frame::Challenge;

use super::{
    AttachedDevice, Connection, Now, Opening, Resumption, Role, Settings, State,
    attach::Greeting,
    delivery::{Delivery, Start},
    liveness::Liveness,
    pending::Requests,
    queue::Queue,
};

impl Connection {
    /// A WebSocket: its first action sends the Challenge (R-ATT-1).
    #[must_use]
    pub fn greet(settings: Arc<Settings>, opening: Opening, now: Now) -> Self {
        let challenge = Challenge {
            nonce: opening.nonce.0,
            now: now.wall,
            name: settings.name.as_bytes(),
        };
        let challenge = challenge.encode();
        let mut connection = Self::unattached(settings, Role::Socket, opening, now);
        connection.queue.answer(challenge);
        connection.settle(now);
        connection
    }

    /// `POST /v1/attach`: the Challenge of `opening` was sent elsewhere; ends once the Attach is answered (R-TRN-1).
    #[must_use]
    pub fn attach_only(settings: Arc<Settings>, opening: Opening, now: Now) -> Self {
        Self::unattached(settings, Role::AttachOnly, opening, now)
    }

    /// A request over HTTP of a device that has attached before (R-TRN-2).
    #[must_use]
    pub fn resume(settings: Arc<Settings>, device: AttachedDevice, what: Resumption, now: Now) -> Self {
        let (role, cursors) = match what {
            Resumption::Requests => (Role::Requests, None),
            Resumption::Poll {
                cursor,
                lane_cursor,
                wait,
            } => {
                let ends = now.monotonic.saturating_add(wait);
                (Role::Poll { ends }, Some((cursor, lane_cursor)))
            }
            Resumption::Events { cursor, lane_cursor } => (Role::Events, Some((cursor, lane_cursor))),
        };
        let mut connection = Self::new(settings, role, State::Attached, 0, now);
        connection.device = Some(device);
        connection.subscribe(&device, cursors.is_some());
        connection.delivery = cursors.map(|(cursor, lane_cursor)| {
            let start = Start {
                cursor: cursor.max(device.acked),
                lane_cursor,
            };
            Delivery::new(
                device.device,
                device.window,
                start,
                matches!(role, Role::Poll { .. }),
            )
        });
        connection.settle(now);
        connection
    }

    fn unattached(settings: Arc<Settings>, role: Role, opening: Opening, now: Now) -> Self {
        let spread = opening.spread;
        let deadline = now.monotonic.saturating_add(settings.limiter.limits().attach);
        let greeting = Greeting::new(opening, deadline);
        Self::new(settings, role, State::Greeted(Box::new(greeting)), spread, now)
    }

    fn new(settings: Arc<Settings>, role: Role, state: State, spread: u32, now: Now) -> Self {
        let limits = settings.limiter.limits();
        let queue = Queue::new(limits.queue_frames, limits.queue_bytes, now.monotonic);
        let liveness = Liveness::new(limits.heartbeat, spread, now.monotonic);
        Self {
            settings,
            role,
            state,
            device: None,
            requests: Requests::default(),
            queue,
            delivery: None,
            liveness,
            refusals: 0,
            actions: VecDeque::new(),
        }
    }
}
