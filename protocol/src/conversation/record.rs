//! Stored conversations (SPEC 15.2).

use alloc::vec::Vec;

use twotick_wire::{ConversationId, DeviceId, HistoryLink};

use super::author::{Author, Authors, Gap, MOST_AUTHORS};
use super::history::{Awaited, History};
use super::{Conversation, constants};
use crate::error::StateError;
use crate::staged::{Record, RecordKind, Sealed};
use crate::state::{StateReader, StateWriter};

impl Sealed for Conversation {}

impl Record for Conversation {
    fn encode_to(&self, writer: &mut StateWriter) {
        writer.start(RecordKind::Conversation);
        writer.bytes(self.id.as_bytes());
        writer.u64(self.lamport);
        writer.u32(self.sequence);
        self.authors.encode_to(writer);
        self.history.encode_to(writer);
    }
}

impl Conversation {
    /// Reads a stored conversation.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let mut reader = StateReader::start(bytes, RecordKind::Conversation)?;
        let conversation = Self {
            id: ConversationId::new(reader.array()?),
            lamport: reader.u64()?,
            sequence: reader.u32()?,
            authors: Authors::decode_from(&mut reader)?,
            history: History::decode_from(&mut reader)?,
        };
        reader.finish()?;
        Ok(conversation)
    }
}

impl Authors {
    fn encode_to(&self, writer: &mut StateWriter) {
        writer.count(self.0.len());
        for author in &self.0 {
            writer.bytes(author.device.as_bytes());
            writer.u32(author.highest);
            writer.count(author.gaps.len());
            for gap in &author.gaps {
                writer.u32(gap.first);
                writer.u32(gap.last);
                writer.bool(gap.reported);
            }
        }
    }

    fn decode_from(reader: &mut StateReader<'_>) -> Result<Self, StateError> {
        let mut authors = Self::default();
        for _ in 0..reader.count(MOST_AUTHORS)? {
            let author = Author::decode_from(reader)?;
            if authors.find(&author.device).is_some() {
                return Err(StateError::Corrupt);
            }
            authors.0.push(author);
        }
        Ok(authors)
    }
}

impl Author {
    fn decode_from(reader: &mut StateReader<'_>) -> Result<Self, StateError> {
        let device = DeviceId::new(reader.array()?);
        let highest = reader.u32()?;
        let mut gaps = Vec::<Gap>::new();
        for _ in 0..reader.count(constants::GAPS)? {
            let gap = Gap {
                first: reader.u32()?,
                last: reader.u32()?,
                reported: reader.bool()?,
            };
            let after = gaps.last().map_or(0, |previous| previous.last);
            if gap.first <= after || gap.last < gap.first || gap.last >= highest {
                return Err(StateError::Corrupt);
            }
            gaps.push(gap);
        }
        if highest == 0 {
            Err(StateError::Corrupt)
        } else {
            Ok(Self {
                device,
                highest,
                gaps,
            })
        }
    }
}

impl History {
    fn encode_to(&self, writer: &mut StateWriter) {
        for list in [&self.known, &self.frontier] {
            writer.count(list.len());
            list.iter().for_each(|link| writer.bytes(link.as_bytes()));
        }
        writer.count(self.awaited.len());
        for awaited in &self.awaited {
            writer.bytes(awaited.link.as_bytes());
            writer.bool(awaited.reported);
        }
    }

    fn decode_from(reader: &mut StateReader<'_>) -> Result<Self, StateError> {
        Ok(Self {
            known: list(reader, link)?,
            frontier: list(reader, link)?,
            awaited: list(reader, |reader| {
                Ok(Awaited {
                    link: link(reader)?,
                    reported: reader.bool()?,
                })
            })?,
        })
    }
}

fn link(reader: &mut StateReader<'_>) -> Result<HistoryLink, StateError> {
    Ok(HistoryLink::new(reader.array()?))
}

fn list<T>(
    reader: &mut StateReader<'_>,
    read: impl Fn(&mut StateReader<'_>) -> Result<T, StateError>,
) -> Result<Vec<T>, StateError> {
    (0..reader.count(constants::LINKS_KNOWN)?)
        .map(|_| read(reader))
        .collect()
}
