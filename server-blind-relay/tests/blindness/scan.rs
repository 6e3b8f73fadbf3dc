//! Finds secrets in what a relay leaves behind, in every form in which a program might write them.

use std::collections::{BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// What must not be found, and what to call it.
#[derive(Default)]
pub(crate) struct Needles {
    /// By their first eight bytes: the whole form, and which secret it is of.
    forms: HashMap<[u8; 8], Vec<(Vec<u8>, usize)>>,
    names: Vec<String>,
    filter: Filter,
}

impl Needles {
    /// Adds a secret of 16 bytes or more. Each half of it is looked for, as a secret may be cut in two by a page or a buffer.
    pub(crate) fn add(&mut self, name: impl Into<String>, secret: &[u8]) {
        assert!(secret.len() >= 16, "too short to be told from chance");
        let number = self.names.len();
        self.names.push(name.into());
        for piece in secret.chunks_exact(16) {
            for form in forms(piece) {
                let mut first = [0; 8];
                first.copy_from_slice(&form[..8]);
                self.filter.add(first);
                self.forms.entry(first).or_default().push((form, number));
            }
        }
    }

    /// How many secrets there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The names of the secrets that are in `haystack`.
    pub(crate) fn found_in(&self, haystack: &[u8]) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for (at, first) in haystack.windows(8).enumerate() {
            let first: [u8; 8] = first.try_into().expect("eight bytes");
            if !self.filter.may_have(first) {
                continue;
            }
            let forms = self.forms.get(&first).into_iter().flatten();
            let is_here = |(form, _): &&(Vec<u8>, usize)| haystack[at..].starts_with(form);
            found.extend(
                forms
                    .filter(is_here)
                    .map(|(_, number)| self.names[*number].as_str()),
            );
        }
        found
    }
}

/// Every form in which sixteen bytes are looked for.
fn forms(piece: &[u8]) -> Vec<Vec<u8>> {
    let mut bytes = vec![piece.to_vec()];
    bytes.push(piece.iter().rev().copied().collect());
    let mut texts = vec![];
    for bytes in &bytes {
        texts.push(hex::encode(bytes));
        texts.push(hex::encode_upper(bytes));
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            // What stands before moves the groups of three; the digits that depend on neighbours are left out.
            for before in 0..3 {
                let padded = [&[0; 2][..before], bytes].concat();
                let text = engine.encode(&padded);
                let first = (before * 8).div_ceil(6);
                let last = padded.len() * 8 / 6;
                texts.push(text[first..last].to_owned());
            }
        }
    }
    // As a list of numbers, which is how a derived `Debug` prints them.
    texts.push(bytes[0].iter().map(u8::to_string).collect::<Vec<_>>().join(", "));
    let wide = |bytes: &[u8]| bytes.iter().flat_map(|byte| [*byte, 0]).collect::<Vec<_>>();
    let widened: Vec<_> = texts.iter().map(|text| wide(text.as_bytes())).collect();
    bytes.push(wide(piece));
    bytes.extend(texts.into_iter().map(String::into_bytes));
    bytes.extend(widened);
    bytes
}

/// Says at once that most bytes begin no form.
struct Filter(Vec<u64>);

impl Default for Filter {
    fn default() -> Self {
        Self(vec![0; 1 << (BITS - 6)])
    }
}

impl Filter {
    fn add(&mut self, first: [u8; 8]) {
        let (word, bit) = Self::place(first);
        self.0[word] |= bit;
    }

    fn may_have(&self, first: [u8; 8]) -> bool {
        let (word, bit) = Self::place(first);
        self.0[word] & bit != 0
    }

    fn place(first: [u8; 8]) -> (usize, u64) {
        let hash = u64::from_ne_bytes(first).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS);
        (usize::try_from(hash >> 6).expect("small"), 1 << (hash & 63))
    }
}

/// Bits of the filter, as a power of two.
const BITS: u32 = 25;

/// The control of all scans: each form of a secret is found, and nothing else is.
#[test]
fn every_form_of_a_secret_is_found() {
    let secret: Vec<u8> = (0..32_u8).map(|byte| byte.wrapping_mul(91) ^ 0x6d).collect();
    let mut needles = Needles::default();
    needles.add("secret", &secret);
    let reversed: Vec<u8> = secret.iter().rev().copied().collect();
    let mut haystacks = vec![
        secret.clone(),
        reversed,
        secret[16..].to_vec(),
        hex::encode(&secret).into_bytes(),
        hex::encode_upper(&secret).into_bytes(),
        format!("{secret:?}").into_bytes(),
    ];
    for before in 0..3 {
        let shifted = [&vec![b'x'; before], &secret[..], b"yz"].concat();
        haystacks.push(STANDARD_NO_PAD.encode(&shifted).into_bytes());
        haystacks.push(URL_SAFE_NO_PAD.encode(&shifted).into_bytes());
    }
    let wide = |bytes: &Vec<u8>| bytes.iter().flat_map(|byte| [*byte, 0]).collect::<Vec<_>>();
    let widened: Vec<_> = haystacks.iter().map(wide).collect();
    for (number, haystack) in haystacks.iter().enumerate() {
        let surrounded = [b"before ", &haystack[..], b" after"].concat();
        assert_eq!(
            needles.found_in(&surrounded),
            BTreeSet::from(["secret"]),
            "form {number}"
        );
    }
    // Reversed and doubled at once is no form that a program writes; each of the others is found when it is widened.
    for (number, haystack) in widened.iter().enumerate().filter(|(number, _)| *number != 1) {
        assert_eq!(
            needles.found_in(haystack),
            BTreeSet::from(["secret"]),
            "wide form {number}"
        );
    }
    assert!(needles.found_in(&[0; 1 << 16]).is_empty());
    let noise: Vec<u8> = (0..1_u32 << 16)
        .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[1])
        .collect();
    assert!(needles.found_in(&noise).is_empty());
}
