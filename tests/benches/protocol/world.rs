//! Alice and Bob: accounts, devices, and both ends of their sessions.

use std::convert::Infallible;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use twotick_protocol::wire::{
    DeviceCertificate, DeviceId, DeviceMessage, MessageId, OneTimePrekey, PrekeyBundle, SignedPrekey,
    UnixTime,
};
use twotick_protocol::{
    Account, AccountKeyPair, Device, DeviceKeys, Incoming, PeerDevice, Prekeys, ReceiveError, Record, Staged,
    Transition, VerifiedBundle, VerifiedCertificate,
};

/// When everything happens.
pub(crate) const NOW: UnixTime = UnixTime::new(1_800_000_000);

pub(crate) fn seeded(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Commits without a store.
pub(crate) fn commit<X: Transition, T>(staged: Staged<X, T>) -> T {
    let Ok(output) = staged.commit(|_| Ok::<(), Infallible>(()));
    output
}

/// An account with its devices.
pub(crate) struct Person {
    pub(crate) account: Account,
    pub(crate) devices: Vec<Own>,
}

/// A device with what it has published.
pub(crate) struct Own {
    pub(crate) device: Device,
    pub(crate) prekeys: Prekeys,
    pub(crate) signed: SignedPrekey,
    pub(crate) one_time: Vec<OneTimePrekey>,
}

impl Person {
    pub(crate) fn new(devices: usize, one_time: usize, rng: &mut ChaCha20Rng) -> Self {
        let key = AccountKeyPair::generate(rng);
        let devices: Vec<Own> = (0..devices)
            .map(|_| Own::new(DeviceKeys::generate(rng).certify(&key, NOW), one_time, rng))
            .collect();
        let (first, others) = devices.split_first().expect("a first device");
        let list = key
            .sign_first_list(first.device.certificate(), NOW)
            .expect("own device");
        let mut account = Account::trust(key.account_id(), list, NOW).expect("own list");
        let others: Vec<&DeviceCertificate> = others.iter().map(|own| own.device.certificate()).collect();
        if !others.is_empty() {
            let list = key.sign_next_list(account.list(), &others, &[], NOW);
            commit(account.adopt(list.expect("room"), NOW).expect("own list"));
        }
        Self { account, devices }
    }
}

impl Own {
    fn new(device: Device, one_time: usize, rng: &mut ChaCha20Rng) -> Self {
        let mut prekeys = Prekeys::new();
        let staged = prekeys.generate(&device, true, one_time, NOW, rng);
        let published = commit(staged.expect("fresh keys"));
        Self {
            device,
            prekeys,
            signed: published.signed.expect("asked for"),
            one_time: published.one_time,
        }
    }

    /// A bundle as a relay hands it out; mode 1 as long as there are one-time prekeys.
    pub(crate) fn take_bundle(&mut self) -> PrekeyBundle {
        PrekeyBundle {
            certificate: self.device.certificate().clone(),
            signed_prekey: self.signed.clone(),
            one_time_prekey: self.one_time.pop(),
        }
    }

    pub(crate) fn id(&self) -> DeviceId {
        self.device.device_id()
    }

    /// Its certificate, as others know it.
    pub(crate) fn verified(&self) -> VerifiedCertificate {
        VerifiedCertificate::verify(self.device.certificate().clone(), NOW).expect("own certificate")
    }
}

/// A sealed message on its way.
#[derive(Clone)]
pub(crate) struct Letter {
    pub(crate) from: DeviceId,
    pub(crate) to: DeviceId,
    pub(crate) message_id: MessageId,
    pub(crate) bytes: Vec<u8>,
}

/// Initiates from `us` to a device of `them`.
pub(crate) fn initiate(
    us: &Device,
    peer: &mut PeerDevice,
    (them, bundle): (&Account, PrekeyBundle),
    rng: &mut ChaCha20Rng,
) {
    let bundle = VerifiedBundle::verify(bundle, peer.device_id(), them, us, NOW).expect("honest bundle");
    commit(
        peer.initiate(us, them, &bundle, NOW, rng)
            .expect("a verified bundle"),
    );
}

/// Seals and commits.
pub(crate) fn seal(
    us: &Device,
    peer: &mut PeerDevice,
    (them, message_id, payload): (&Account, MessageId, &[u8]),
    rng: &mut ChaCha20Rng,
) -> Vec<u8> {
    commit(
        peer.seal(us, them, (message_id, payload), NOW, rng)
            .expect("a session"),
    )
}

/// Decodes, opens and commits; returns the length of the payload.
pub(crate) fn open(
    us: &Device,
    prekeys: &mut Prekeys,
    (them, peer): (&Account, &mut PeerDevice),
    letter: &Letter,
) -> Result<usize, ReceiveError> {
    let incoming = Incoming {
        from: letter.from,
        to: letter.to,
        message_id: letter.message_id,
        message: DeviceMessage::decode(&letter.bytes)?,
    };
    let opened = commit(peer.open(us, them, prekeys, &incoming, NOW)?);
    Ok(opened.payload().len())
}

/// A copy by way of the stored form.
pub(crate) fn restored(peer: &PeerDevice) -> PeerDevice {
    PeerDevice::decode(&peer.encode()).expect("own encoding")
}
