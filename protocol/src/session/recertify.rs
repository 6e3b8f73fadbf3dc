//! A peer device with a new certificate: renewed, or under the key its account was rotated to (SPEC 12.5).

use super::change::Names;
use super::{PeerChange, PeerDevice, PeerTransition};
use crate::error::IdentityError;
use crate::identity::{Account, VerifiedCertificate};
use crate::staged::Staged;

impl PeerDevice {
    /// Takes over a new certificate of the same device; its sessions and generations stay (R-SES-12).
    ///
    /// `account` is the account the certificate is under, which may be the successor of the one we know it by. Errors:
    /// `NotInDeviceList` (not listed, another device, or other device keys), `WrongAccount`.
    pub fn recertify(
        &mut self,
        certificate: &VerifiedCertificate,
        account: &Account,
    ) -> Result<Staged<PeerTransition<'_>, ()>, IdentityError> {
        let keys = certificate.certificate();
        if certificate.device_id() != self.device || keys.device_identity_key != self.identity {
            return Err(IdentityError::NotInDeviceList);
        }
        if !account.contains(&certificate.device_id(), &certificate.hash()) {
            return Err(IdentityError::NotInDeviceList);
        }
        if account.account_id() != self.account && !account.succeeds(&self.account) {
            return Err(IdentityError::WrongAccount);
        }
        let names = Names {
            account: account.account_id(),
            certificate: certificate.hash(),
        };
        let change = PeerChange {
            names: Some(names),
            ..PeerChange::none()
        };
        let transition = PeerTransition {
            peer: self,
            change,
            prekeys: None,
        };
        Ok(Staged {
            transition,
            output: (),
        })
    }
}
