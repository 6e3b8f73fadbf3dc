//! Which list may follow another in a relay (SPEC 5.3, R-KEY-1). Signatures and dates were verified before.

use bytes::Bytes;
use twotick_wire::{DeviceEntry, DeviceId, DeviceList, ErrorCode, ListHead, MAX_REVOKED, Revocation};

use super::super::op::PublishedList;

/// The list of an account that a relay has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownList {
    pub(crate) list: DeviceList,
    pub(crate) head: ListHead,
    pub(crate) encoded: Bytes,
}

/// What publishing a list comes to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Succession {
    /// It is the list that is there.
    Same,
    /// It takes the place of the one that is there.
    Next(ListChange),
}

/// What a list changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ListChange {
    /// Devices with a new certificate, or listed for the first time: prekeys under another certificate are void.
    pub(crate) certified: Vec<DeviceEntry>,
    /// Devices that were listed and are not any more.
    pub(crate) removed: Vec<DeviceId>,
}

/// Whether `next` may take the place of `known` (R-KEY-1). A relay that has no list takes any.
pub(crate) fn succession(known: Option<&KnownList>, next: &PublishedList) -> Result<Succession, ErrorCode> {
    let Some(known) = known else {
        let certified = next.list.devices.clone();
        return Ok(Succession::Next(ListChange {
            certified,
            removed: Vec::new(),
        }));
    };
    if next.encoded == known.encoded {
        return Ok(Succession::Same);
    }
    if next.list.epoch <= known.list.epoch {
        return Err(ErrorCode::ListConflict);
    }
    let is_direct = known.list.epoch.checked_add(1) == Some(next.list.epoch);
    if is_direct && next.list.previous.head() != known.head.hash {
        return Err(ErrorCode::DeviceListFork);
    }
    require_continuity(&known.list, &next.list, is_direct)?;
    Ok(Succession::Next(change(&known.list, &next.list)))
}

/// Nothing leaves without a revocation, no revocation is dropped early, nothing returns.
///
/// Over missed epochs a revocation may be of any of them, and dropped only from a full list (R-KEY-1).
fn require_continuity(known: &DeviceList, next: &DeviceList, is_direct: bool) -> Result<(), ErrorCode> {
    let is_full = next.revoked.len() == MAX_REVOKED;
    let is_revoked = |device: &DeviceId| match revocation(next, device) {
        Some(revocation) if is_direct => revocation.epoch == next.epoch,
        Some(revocation) => revocation.epoch > known.epoch,
        None => is_full && !is_direct,
    };
    let is_dropped =
        |entry: &DeviceEntry| next.entry(&entry.device_id).is_none() && !is_revoked(&entry.device_id);
    let is_forgotten = known.revoked.iter().any(|old| !next.revoked.contains(old));
    if known.devices.iter().any(is_dropped) || (is_forgotten && !is_full) {
        return Err(ErrorCode::BrokenListChain);
    }
    let returns = |entry: &DeviceEntry| revocation(known, &entry.device_id).is_some();
    if next.devices.iter().any(returns) {
        Err(ErrorCode::DeviceRevoked)
    } else {
        Ok(())
    }
}

fn change(known: &DeviceList, next: &DeviceList) -> ListChange {
    let is_new = |entry: &&DeviceEntry| known.entry(&entry.device_id) != Some(*entry);
    let is_gone = |entry: &&DeviceEntry| next.entry(&entry.device_id).is_none();
    ListChange {
        certified: next.devices.iter().filter(is_new).copied().collect(),
        removed: known
            .devices
            .iter()
            .filter(is_gone)
            .map(|entry| entry.device_id)
            .collect(),
    }
}

fn revocation<'a>(list: &'a DeviceList, device: &DeviceId) -> Option<&'a Revocation> {
    list.revoked
        .iter()
        .find(|revocation| revocation.device_id == *device)
}

#[cfg(test)]
mod tests {
    use twotick_wire::{AccountId, AccountKey, CertificateHash, ListHash, ListHeadHash, Signature, UnixTime};

    use super::*;

    fn device(byte: u8) -> DeviceId {
        DeviceId::new([byte; 16])
    }

    /// A list whose hash is its epoch, thirty-two times.
    fn published(epoch: u8, devices: &[u8], revoked: &[(u8, u32)]) -> PublishedList {
        let entry = |byte: &u8| DeviceEntry {
            device_id: device(*byte),
            certificate_hash: CertificateHash::new([*byte; 32]),
        };
        let list = DeviceList {
            account_key: AccountKey::new([7; 32]),
            epoch: u32::from(epoch),
            previous: ListHash::new([epoch - 1; 32]),
            issued: UnixTime::new(1),
            expires: UnixTime::new(2),
            devices: devices.iter().map(entry).collect(),
            revoked: revoked
                .iter()
                .map(|(byte, epoch)| Revocation {
                    device_id: device(*byte),
                    epoch: *epoch,
                })
                .collect(),
            signature: Signature::new([0; 64]),
        };
        PublishedList {
            account: AccountId::new([7; 32]),
            head: ListHead {
                epoch: u32::from(epoch),
                hash: ListHeadHash::new([epoch; 16]),
            },
            encoded: list.encode().into(),
            list,
            certificates: Vec::new(),
            now: UnixTime::new(1),
        }
    }

    fn known(list: PublishedList) -> KnownList {
        KnownList {
            list: list.list,
            head: list.head,
            encoded: list.encoded,
        }
    }

    /// R-KEY-1: the rows of SPEC 5.3 as a relay applies them, the first that applies deciding.
    #[test]
    fn a_list_follows_by_the_table_only() {
        let base = known(published(3, &[1, 2], &[(9, 2)]));
        let after = |next: PublishedList| succession(Some(&base), &next).map(|_| ());
        let mut fork = published(4, &[1, 2], &[(9, 2)]);
        fork.list.previous = ListHash::new([8; 32]);
        for (next, expected) in [
            (published(3, &[1, 2], &[(9, 2)]), Ok(())),
            (
                published(3, &[1], &[(2, 3), (9, 2)]),
                Err(ErrorCode::ListConflict),
            ),
            (published(2, &[1], &[(9, 2)]), Err(ErrorCode::ListConflict)),
            (fork, Err(ErrorCode::DeviceListFork)),
            (published(4, &[1], &[(9, 2)]), Err(ErrorCode::BrokenListChain)),
            (published(4, &[1, 2], &[]), Err(ErrorCode::BrokenListChain)),
            (
                published(4, &[1], &[(2, 3), (9, 2)]),
                Err(ErrorCode::BrokenListChain),
            ),
            (published(4, &[1], &[(2, 4), (9, 2)]), Ok(())),
            (published(6, &[1], &[(2, 5), (9, 2)]), Ok(())),
            (published(6, &[1], &[(9, 2)]), Err(ErrorCode::BrokenListChain)),
            (published(6, &[1, 2, 9], &[]), Err(ErrorCode::BrokenListChain)),
        ] {
            assert_eq!(after(next), expected);
        }
    }

    /// R-KEY-1: a device that was revoked does not return while its revocation is kept.
    #[test]
    fn a_revoked_device_does_not_return() {
        let full: Vec<(u8, u32)> = (100..164).map(|byte| (byte, 3)).collect();
        let base = known(published(3, &[1], &full));
        let mut later = full.clone();
        later.remove(0);
        later.push((200, 4));
        let next = published(4, &[1, 100], &later);
        assert_eq!(succession(Some(&base), &next), Err(ErrorCode::DeviceRevoked));
    }

    /// R-KEY-1: what changes is told apart: new and renewed, gone, as it was.
    #[test]
    fn a_change_names_certified_and_removed() {
        let base = known(published(1, &[1, 2, 3], &[]));
        let mut next = published(2, &[1, 2, 4], &[(3, 2)]);
        next.list.devices[1].certificate_hash = CertificateHash::new([99; 32]);
        let Ok(Succession::Next(change)) = succession(Some(&base), &next) else {
            panic!("the list follows");
        };
        assert_eq!(change.certified, next.list.devices[1..]);
        assert_eq!(change.removed, [device(3)]);
    }
}
