//! Where things stand in the stored record of a peer device, for tests that look for keys or edit numbers.

use twotick_protocol::wire::InitialHeader;

/// Offsets of one session's parts.
#[derive(Debug)]
pub struct SessionAt {
    pub id: usize,
    pub root: usize,
    pub own: Option<usize>,
    pub sending: Option<ChainAt>,
    pub receiving: Option<ChainAt>,
    pub next_sending_header: usize,
    pub next_receiving_header: usize,
    pub previous_length: usize,
    pub skipped: Vec<SkippedAt>,
}

/// Offsets of one live chain.
#[derive(Clone, Copy, Debug)]
pub struct ChainAt {
    pub header_key: usize,
    pub chain_key: usize,
    pub number: usize,
}

/// One chain of skipped keys; a finished one has a header key. Keys: number, offset.
#[derive(Debug)]
pub struct SkippedAt {
    pub header_key: Option<usize>,
    pub keys: Vec<(u32, usize)>,
}

impl SessionAt {
    /// Offsets of every 32-byte secret.
    pub fn secrets(&self) -> Vec<usize> {
        let chains = self.sending.into_iter().chain(self.receiving);
        let mut all = vec![
            self.id,
            self.root,
            self.next_sending_header,
            self.next_receiving_header,
        ];
        all.extend(self.own);
        all.extend(chains.flat_map(|chain| [chain.header_key, chain.chain_key]));
        for chain in &self.skipped {
            all.extend(chain.header_key);
            all.extend(chain.keys.iter().map(|(_, at)| *at));
        }
        all
    }
}

/// The 32 bytes at an offset.
pub fn key(record: &[u8], at: usize) -> [u8; 32] {
    record[at..at + 32].try_into().unwrap()
}

/// The number at an offset.
pub fn number(record: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(record[at..at + 4].try_into().unwrap())
}

/// Whether `needle` stands anywhere in `record`.
pub fn holds(record: &[u8], needle: &[u8]) -> bool {
    record.windows(needle.len()).any(|window| window == needle)
}

/// Reads the layout of a PeerDevice record; panics if it is another.
pub fn sessions(record: &[u8]) -> Vec<SessionAt> {
    let mut walk = Walk { record, at: 0 };
    walk.skip(2 + 16 + 32 + 32 + 32);
    walk.skip(4 + 4 + 12);
    walk.option(|walk| walk.skip(8));
    walk.skip(1);
    for _ in 0..2 {
        let ids = walk.u32() as usize;
        walk.skip(16 * ids);
    }
    let count = walk.u32();
    let sessions = (0..count).map(|_| walk.session()).collect();
    assert_eq!(walk.at, record.len());
    sessions
}

struct Walk<'a> {
    record: &'a [u8],
    at: usize,
}

impl Walk<'_> {
    fn skip(&mut self, length: usize) -> usize {
        let at = self.at;
        self.at += length;
        at
    }

    fn u8(&mut self) -> u8 {
        let at = self.skip(1);
        self.record[at]
    }

    fn u32(&mut self) -> u32 {
        let at = self.skip(4);
        number(self.record, at)
    }

    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        match self.u8() {
            0 => None,
            _ => Some(read(self)),
        }
    }

    fn session(&mut self) -> SessionAt {
        let id = self.skip(32);
        self.skip(4 + 32 + 8 + 1);
        self.option(|walk| walk.skip(8));
        self.skip(8);
        self.option(|walk| walk.skip(InitialHeader::LENGTH));
        SessionAt {
            id,
            root: self.skip(32),
            own: self.option(|walk| walk.skip(64)),
            sending: {
                self.option(|walk| walk.skip(32));
                self.option(|walk| walk.skip(32));
                self.option(Self::chain)
            },
            receiving: self.option(Self::chain),
            next_sending_header: self.skip(32),
            next_receiving_header: self.skip(32),
            previous_length: self.skip(4),
            skipped: {
                let chains = self.u8();
                (0..chains).map(|_| self.skipped()).collect()
            },
        }
    }

    fn chain(&mut self) -> ChainAt {
        ChainAt {
            header_key: self.skip(32),
            chain_key: self.skip(32),
            number: self.skip(4),
        }
    }

    fn skipped(&mut self) -> SkippedAt {
        let live = self.u8() == 1;
        let header_key = if live { None } else { Some(self.skip(32)) };
        let count = self.u32();
        let keys = (0..count)
            .map(|_| {
                let number = self.u32();
                self.skip(8);
                (number, self.skip(32))
            })
            .collect();
        SkippedAt { header_key, keys }
    }
}
