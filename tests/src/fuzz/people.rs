//! Two people with one device each, as the records a database would hold.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::OnceLock;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use twotick_protocol::{
    Account, AccountKeyPair, Change, Changes, Device, DeviceKeys, Prekeys, Record, RecordKey, RecordKind,
    Staged, Transition,
};
use twotick_wire::{OneTimePrekey, PrekeyBundle, UnixTime};

/// When everything starts.
pub(super) const START: UnixTime = UnixTime::new(1_800_000_000);

/// One-time prekeys of each device.
const ONE_TIME_PREKEYS: usize = 2;

/// The last value of each record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Records(pub(super) BTreeMap<RecordKey, Vec<u8>>);

impl Records {
    /// Stores the changes and takes the result.
    pub(super) fn commit<X: Transition, T>(&mut self, staged: Staged<X, T>) -> T {
        let Ok(output) = staged.commit(|changes| self.store(changes));
        output
    }

    fn store(&mut self, changes: &Changes<'_>) -> Result<(), Infallible> {
        changes.for_each(|change| match change {
            Change::Put { key, value } => drop(self.0.insert(key, value.encode().to_vec())),
            Change::Delete { key } => drop(self.0.remove(&key)),
        });
        Ok(())
    }

    /// Every value of a kind.
    pub(super) fn of(&self, kind: RecordKind) -> impl Iterator<Item = (&RecordKey, &[u8])> {
        let of_kind = self.0.iter().filter(move |(key, _)| key.kind() == kind);
        of_kind.map(|(key, value)| (key, value.as_slice()))
    }
}

/// A person's account and one device, before anything was said.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) key: Vec<u8>,
    pub(super) account: Vec<u8>,
    pub(super) device: Vec<u8>,
    /// The prekeys; everything else that is stored joins them here.
    pub(super) records: Records,
    pub(super) bundle: PrekeyBundle,
    pub(super) one_time: Vec<OneTimePrekey>,
}

/// The same two people each time; made once, since signatures and keys take longer than most inputs.
pub(super) fn people() -> &'static [Person; 2] {
    static PEOPLE: OnceLock<[Person; 2]> = OnceLock::new();
    PEOPLE.get_or_init(|| [Person::seeded(1), Person::seeded(2)])
}

impl Person {
    fn seeded(seed: u64) -> Self {
        let rng = &mut ChaCha20Rng::seed_from_u64(seed);
        let key = AccountKeyPair::generate(rng);
        let device = DeviceKeys::generate(rng).certify(&key, START);
        let list = key
            .sign_first_list(device.certificate(), START)
            .expect("our own device");
        let account = Account::trust(key.account_id(), list, START).expect("our own list");
        let (mut prekeys, mut records) = (Prekeys::new(), Records::default());
        let staged = prekeys.generate(&device, true, ONE_TIME_PREKEYS, START, rng);
        let published = records.commit(staged.expect("fresh keys"));
        Self {
            key: key.encode().to_vec(),
            account: account.encode().to_vec(),
            device: device.encode().to_vec(),
            records,
            bundle: PrekeyBundle {
                certificate: device.certificate().clone(),
                signed_prekey: published.signed.expect("one was asked for"),
                one_time_prekey: None,
            },
            one_time: published.one_time,
        }
    }

    pub(super) fn account(&self) -> Account {
        Account::decode(&self.account).expect("our own record")
    }

    pub(super) fn device(&self) -> Device {
        Device::decode(&self.device).expect("our own record")
    }
}
