//! The peer: vodozemac's Olm sessions.

use vodozemac::olm::{Account, OlmMessage, Session, SessionConfig};

/// Two acquainted Olm sessions.
pub(crate) struct Olm {
    pub(crate) alice: Session,
    pub(crate) bob: Session,
}

impl Olm {
    pub(crate) fn acquainted() -> Self {
        let (alice, mut bob) = (Account::new(), Account::new());
        let mut session = outbound(&alice, &mut bob);
        let first = session.encrypt(super::pair::PAYLOAD).expect("a session");
        let OlmMessage::PreKey(first) = first else {
            unreachable!("an unanswered session")
        };
        let inbound = bob.create_inbound_session(SessionConfig::version_1(), alice.curve25519_key(), &first);
        let mut olm = Self {
            alice: session,
            bob: inbound.expect("an honest message").session,
        };
        olm.ping_pong();
        olm
    }

    /// Bob writes, then Alice: each message begins a chain.
    pub(crate) fn ping_pong(&mut self) -> usize {
        let Self { alice, bob } = self;
        pass(bob, alice) + pass(alice, bob)
    }
}

/// Starts a session with a one-time key that `them` publishes.
pub(crate) fn outbound(us: &Account, them: &mut Account) -> Session {
    them.generate_one_time_keys(1);
    let key = *them.one_time_keys().values().next().expect("one key");
    them.mark_keys_as_published();
    us.create_outbound_session(SessionConfig::version_1(), them.curve25519_key(), key)
        .expect("honest keys")
}

fn pass(from: &mut Session, to: &mut Session) -> usize {
    let message = from.encrypt(super::pair::PAYLOAD).expect("a session");
    to.decrypt(&message).expect("an honest message").len()
}
