//! Following an account to its new key (SPEC 5.5).

use alloc::boxed::Box;

use twotick_wire::{AccountId, AccountRotation, DeviceList, Label, UnixTime};

use super::account::Account;
use super::account_id;
use super::list::{VerifiedList, require_continuity};
use super::update::{AccountTransition, ListUpdate};
use crate::error::{ForkEvidence, IdentityError, RotationEvidence};
use crate::limits::constants::ROTATIONS_REMEMBERED;
use crate::primitive::sign;
use crate::staged::Staged;

/// An account has another key, hence another id and safety number: the person must be verified again (R-IDN-6).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RotationFollowed {
    /// The id the account had.
    pub former: AccountId,
    /// What its list changed.
    pub list: ListUpdate,
    /// The oldest former id, when there were too many to remember: its lists are a stranger's now (R-LIM-1).
    pub forgotten: Option<AccountId>,
}

impl Account {
    /// Follows `rotation` to the account key it names, whose first list is `list` (R-IDN-5).
    pub fn follow(
        &mut self,
        rotation: AccountRotation,
        list: DeviceList,
        now: UnixTime,
    ) -> Result<Staged<AccountTransition<'_>, RotationFollowed>, IdentityError> {
        let rotation = AccountRotation::decode(&rotation.encode())?;
        self.require_successor(&rotation)?;
        self.require_known_list(&rotation, &list)?;
        let received = verify_first_list(&rotation, list, now)?;
        require_continuity(&self.list, &received.list)?;

        let missed_epochs = rotation.last_epoch - self.list.epoch;
        let update = ListUpdate::between(&self.list, &received.list, missed_epochs);
        let mut followed = self.followed.clone();
        let excess = (followed.len() + 1).saturating_sub(ROTATIONS_REMEMBERED);
        let forgotten = followed
            .drain(..excess)
            .next()
            .map(|oldest| account_id(&oldest.old_account_key));
        followed.push(rotation);
        let output = RotationFollowed {
            former: self.account_id,
            list: update,
            forgotten,
        };
        let next = Self::new(received, followed);
        Ok(Staged {
            transition: AccountTransition {
                account: self,
                next: Some(next),
            },
            output,
        })
    }

    /// Both signatures, by the trusted key and to a key that was not retired before (R-IDN-5, R-IDN-6).
    fn require_successor(&self, rotation: &AccountRotation) -> Result<(), IdentityError> {
        let retired = self
            .followed
            .iter()
            .find(|followed| followed.old_account_key == rotation.old_account_key);
        if retired.is_none() && rotation.old_account_key != self.list.account_key {
            return Err(IdentityError::WrongAccount);
        }
        require_signatures(rotation)?;
        match retired {
            Some(followed) if followed.new_account_key == rotation.new_account_key => {
                Err(IdentityError::AccountRetired)
            }
            Some(followed) => Err(IdentityError::RotationFork(Box::new(RotationEvidence {
                followed: followed.clone(),
                received: rotation.clone(),
            }))),
            None if self.is_retired(&rotation.new_account_key) => Err(IdentityError::AccountRetired),
            None => Ok(()),
        }
    }

    /// The last list of the old key is not before the known one, and is the known one if of its epoch (R-IDN-5).
    fn require_known_list(&self, rotation: &AccountRotation, list: &DeviceList) -> Result<(), IdentityError> {
        let (known, received) = (self.list.epoch, rotation.last_epoch);
        if received < known {
            return Err(IdentityError::DeviceListRollback { known, received });
        }
        if received == known && rotation.last_list_hash != self.list_hash {
            let evidence = ForkEvidence {
                known: self.list.clone(),
                received: list.clone(),
                rotation: Some(rotation.clone()),
            };
            return Err(IdentityError::DeviceListFork(Box::new(evidence)));
        }
        Ok(())
    }
}

fn require_signatures(rotation: &AccountRotation) -> Result<(), IdentityError> {
    let old = sign::verify(
        rotation.old_account_key.as_bytes(),
        Label::SignRotationOld,
        &[&rotation.old_signing_input()],
        &rotation.old_signature,
    );
    let new = sign::verify(
        rotation.new_account_key.as_bytes(),
        Label::SignRotationNew,
        &[&rotation.new_signing_input()],
        &rotation.new_signature,
    );
    if old && new {
        Ok(())
    } else {
        Err(IdentityError::BadRotation)
    }
}

/// The new account's list continues the old account's last one (R-IDN-5).
fn verify_first_list(
    rotation: &AccountRotation,
    list: DeviceList,
    now: UnixTime,
) -> Result<VerifiedList, IdentityError> {
    if list.account_key != rotation.new_account_key {
        return Err(IdentityError::WrongAccount);
    }
    let follows = rotation.last_epoch.checked_add(1) == Some(list.epoch);
    if !follows || list.previous != rotation.last_list_hash {
        return Err(IdentityError::BrokenListChain);
    }
    VerifiedList::verify(list, now)
}
