//! The state of SPEC 10.1 without the skipped keys, and the steps of 10.2 and 10.3.

use rand_core::CryptoRng;
use twotick_wire::{Label, X25519PublicKey};

use crate::error::StateError;
use crate::primitive::agreement::{BadKey, KeyPair};
use crate::primitive::derive::{Expander, piece};
use crate::secret::{Blank, Maybe, Secret};
use crate::state::StateReader;

/// One live chain: header key, chain key, next number.
pub(crate) struct Chain {
    pub(crate) header_key: Secret<32>,
    pub(crate) chain_key: Secret<32>,
    pub(crate) number: u32,
}

/// Root, chains and header keys: about 400 bytes.
///
/// It is swapped in place, never moved out of the heap, so it leaves no keys behind.
pub(crate) struct Core {
    pub(crate) root: Secret<32>,
    pub(crate) own: Maybe<KeyPair>,
    /// Our ratchet key of the last turn, public half: a generator that repeats it is noticed (R-PRM-9).
    pub(crate) former: Maybe<X25519PublicKey>,
    pub(crate) peer: Maybe<X25519PublicKey>,
    /// Absent when the sending half of a DH step is due.
    pub(crate) sending: Maybe<Chain>,
    pub(crate) receiving: Maybe<Chain>,
    pub(crate) next_sending_header: Secret<32>,
    pub(crate) next_receiving_header: Secret<32>,
    pub(crate) previous_length: u32,
}

impl Core {
    /// The initiator's start: the responder's signed prekey is its first ratchet key (SPEC 10.2).
    pub(crate) fn initiator(
        root: Secret<32>,
        ours: Secret<32>,
        theirs: Secret<32>,
        peer: X25519PublicKey,
    ) -> Self {
        Self {
            peer: Maybe::of(peer),
            ..Self::start(root, ours, theirs)
        }
    }

    /// The responder's start.
    pub(crate) fn responder(root: Secret<32>, ours: Secret<32>, theirs: Secret<32>, own: KeyPair) -> Self {
        Self {
            own: Maybe::of(own),
            ..Self::start(root, ours, theirs)
        }
    }

    fn start(root: Secret<32>, next_sending_header: Secret<32>, next_receiving_header: Secret<32>) -> Self {
        Self {
            root,
            own: Maybe::absent(),
            former: Maybe::absent(),
            peer: Maybe::absent(),
            sending: Maybe::absent(),
            receiving: Maybe::absent(),
            next_sending_header,
            next_receiving_header,
            previous_length: 0,
        }
    }

    /// The sending half of a DH step; draws `RAND(32)`. `None` if no peer key is known yet.
    pub(crate) fn start_sending(&self, rng: &mut impl CryptoRng) -> Option<Result<Self, BadKey>> {
        let peer = *self.peer.as_ref()?;
        let own = KeyPair::generate(rng);
        Some(own.agree(&peer).map(|shared| {
            let step = root_step(&self.root, &shared);
            Self {
                root: step.root,
                own: Maybe::of(own),
                former: self.former.duplicate(|key| *key),
                peer: Maybe::of(peer),
                sending: Maybe::of(Chain {
                    header_key: self.next_sending_header.duplicate(),
                    chain_key: step.chain,
                    number: 0,
                }),
                receiving: self.receiving.duplicate(Chain::duplicate),
                next_sending_header: step.next_header,
                next_receiving_header: self.next_receiving_header.duplicate(),
                previous_length: self.previous_length,
            }
        }))
    }

    /// The receiving half of a DH step to the key of an authenticated header. `None` if we have no key pair yet.
    pub(crate) fn start_receiving(&self, peer: X25519PublicKey) -> Option<Result<Self, BadKey>> {
        let own = self.own.as_ref()?;
        Some(own.agree(&peer).map(|shared| {
            let step = root_step(&self.root, &shared);
            Self {
                root: step.root,
                // Used up: the peer cannot turn again before it has our next key (R-DR-11).
                own: Maybe::absent(),
                former: Maybe::of(*own.public()),
                peer: Maybe::of(peer),
                sending: Maybe::absent(),
                receiving: Maybe::of(Chain {
                    header_key: self.next_receiving_header.duplicate(),
                    chain_key: step.chain,
                    number: 0,
                }),
                next_sending_header: self.next_sending_header.duplicate(),
                next_receiving_header: step.next_header,
                previous_length: self
                    .sending
                    .as_ref()
                    .map_or(self.previous_length, |chain| chain.number),
            }
        }))
    }

    pub(crate) fn decode_from(reader: &mut StateReader<'_>) -> Result<Self, StateError> {
        Ok(Self {
            root: reader.secret()?,
            own: reader
                .option(|reader| Ok(KeyPair::from_parts(reader.secret()?, reader.x25519()?)))?
                .into(),
            former: reader.option(StateReader::x25519)?.into(),
            peer: reader.option(StateReader::x25519)?.into(),
            sending: reader.option(Chain::decode_from)?.into(),
            receiving: reader.option(Chain::decode_from)?.into(),
            next_sending_header: reader.secret()?,
            next_receiving_header: reader.secret()?,
            previous_length: reader.u32()?,
        })
    }
}

impl Blank for Chain {
    fn blank() -> Self {
        Self {
            header_key: Secret::blank(),
            chain_key: Secret::blank(),
            number: 0,
        }
    }
}

impl Chain {
    pub(crate) fn duplicate(&self) -> Self {
        Self {
            header_key: self.header_key.duplicate(),
            chain_key: self.chain_key.duplicate(),
            number: self.number,
        }
    }

    fn decode_from(reader: &mut StateReader<'_>) -> Result<Self, StateError> {
        Ok(Self {
            header_key: reader.secret()?,
            chain_key: reader.secret()?,
            number: reader.u32()?,
        })
    }
}

/// What a root step gives.
pub(super) struct RootStep {
    pub(super) root: Secret<32>,
    pub(super) chain: Secret<32>,
    pub(super) next_header: Secret<32>,
}

/// `root_step(dh)`: `RK || CK || NHK = Expand(HKDF-Extract(RK, dh), "derive/root", "", 96)`, SPEC 10.3.
fn root_step(root: &Secret<32>, shared: &Secret<32>) -> RootStep {
    RootStep::expand(&Expander::extract(root.expose(), &[shared.expose()]))
}

impl RootStep {
    pub(super) fn expand(expander: &Expander) -> Self {
        let keys: Secret<96> = expander.expand(Label::DeriveRoot, &[]);
        Self {
            root: piece(&keys, 0),
            chain: piece(&keys, 1),
            next_header: piece(&keys, 2),
        }
    }
}
