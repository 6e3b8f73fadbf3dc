//! `ml-kem` and libcrux are one ML-KEM-1024: what feature `kem-libcrux` swaps gives the same bytes (SPEC 3.4).

use libcrux_ml_kem::mlkem1024 as libcrux;
use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::ml_kem_1024::{DecapsulationKey, EncapsulationKey};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// R-PRM-6: keys, ciphertexts and secrets, and the secret of a corrupted ciphertext.
#[test]
fn both_crates_agree_on_every_byte() {
    let mut rng = ChaCha20Rng::seed_from_u64(203);
    for case in 0..CASES {
        let (seed, m) = (draw::<64>(&mut rng), draw::<32>(&mut rng));
        let pair = Pair::of(seed);
        let (ours, shared) = pair.ours.encapsulation_key().encapsulate_deterministic(&m.into());
        let (theirs, their_shared) = libcrux::encapsulate(&pair.their_public, m);
        assert_eq!(theirs.as_slice()[..], ours[..], "case {case}");
        assert_eq!(their_shared[..], shared[..], "case {case}");
        assert_eq!(pair.decapsulate(ours.into()), their_shared, "case {case}");

        let mut corrupted: [u8; 1568] = ours.into();
        corrupted[rng.next_u32() as usize % 1568] ^= 1 << (rng.next_u32() % 8);
        assert_ne!(pair.decapsulate(corrupted), their_shared, "case {case}");
    }
}

/// R-PRM-6: a coefficient over the modulus is refused by both, wherever it stands.
#[test]
fn both_crates_refuse_the_same_keys() {
    let mut rng = ChaCha20Rng::seed_from_u64(204);
    let mut refused = 0;
    for case in 0..CASES {
        let mut key = *Pair::of(draw(&mut rng)).their_public.as_slice();
        let at = rng.next_u32() as usize % key.len();
        key[at] |= draw::<1>(&mut rng)[0];
        let ours = EncapsulationKey::new(&key.into()).is_ok();
        assert_eq!(libcrux::validate_public_key(&key.into()), ours, "case {case}");
        refused += usize::from(!ours);
    }
    assert!(
        (1..CASES).contains(&refused),
        "both outcomes must occur: {refused}"
    );
}

const CASES: usize = 200;

/// One key pair in both crates.
struct Pair {
    ours: DecapsulationKey,
    theirs: libcrux::MlKem1024PrivateKey,
    their_public: libcrux::MlKem1024PublicKey,
}

impl Pair {
    fn of(seed: [u8; 64]) -> Self {
        let ours = DecapsulationKey::from_seed(seed.into());
        let (theirs, their_public) = libcrux::generate_key_pair(seed).into_parts();
        assert_eq!(
            their_public.as_slice()[..],
            ours.encapsulation_key().to_bytes()[..]
        );
        Self {
            ours,
            theirs,
            their_public,
        }
    }

    /// The secret, on which both crates must agree.
    fn decapsulate(&self, ciphertext: [u8; 1568]) -> [u8; 32] {
        let shared = libcrux::decapsulate(&self.theirs, &ciphertext.into());
        assert_eq!(self.ours.decapsulate(&ciphertext.into())[..], shared[..]);
        shared
    }
}

fn draw<const N: usize>(rng: &mut ChaCha20Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}
