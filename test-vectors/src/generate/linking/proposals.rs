//! Proposals sealed well that the new device does not accept (R-LNK-4).

use anyhow::Result;
use twotick_wire::ErrorCode::{
    BadAccountSignature, Expired, LinkRefused, NotYetValid, UnsupportedSuite, ValidityTooLong,
};

use super::super::Draft;
use super::super::sign::{Certificate, agreement_key};
use super::super::workshop::{DAY, NOW};
use super::Flow;
use super::sealed::{Refusal, device, sealed_steps};

pub(super) fn write(draft: &mut Draft, flow: &Flow) -> Result<()> {
    proposals(draft, flow)?;
    permissions(draft, flow)?;
    dates(draft, flow)
}

/// The new device refuses proposals that are not of what it asked.
fn proposals(draft: &mut Draft, flow: &Flow) -> Result<()> {
    let other = device("other");
    let identity = agreement_key(&other.identity_private_key);
    let cases = [
        (
            "A proposal for another device id is refused",
            "the certificate has another device id",
            changed(&|certificate| certificate.device_id = other.device_id),
        ),
        (
            "A proposal for another signing key is refused",
            "the certificate has another device signing key",
            changed(&|certificate| certificate.signing_seed = other.signing_seed),
        ),
        (
            "A proposal for another identity key is refused",
            "the certificate has another device identity key",
            changed(&|certificate| certificate.identity_key = identity),
        ),
    ];
    let refusals = cases.into_iter().map(|(title, defect, text)| {
        Refusal(title, defect, "R-LNK-4", "link-proposal-keys", LinkRefused, text)
    });
    sealed_steps(draft, "requested", flow, 2, refusals.collect())
}

/// Nor those that give it more than it asked, or are not of the account in the offer.
fn permissions(draft: &mut Draft, flow: &Flow) -> Result<()> {
    let other = device("other");
    let mut unsigned = changed(&|_| ());
    unsigned[136] ^= 1;
    let cases = [
        (
            "A proposal with a suite that was not asked for is refused",
            "bit 1 of suites is set",
            ("link-proposal-suites", LinkRefused),
            changed(&|certificate| certificate.suites = 3),
        ),
        (
            "A proposal with a capability that was not asked for is refused",
            "bit 0 of the capabilities is set",
            ("link-proposal-capabilities", LinkRefused),
            changed(&|certificate| certificate.capabilities = 1),
        ),
        (
            "A proposal of another account than the offer's is refused",
            "another account made and signed the certificate",
            ("link-proposal-account", LinkRefused),
            changed(&|certificate| certificate.account_seed = other.signing_seed),
        ),
        (
            "A proposal that the account did not sign is refused",
            "a bit of the account signature is flipped",
            ("certificate-account-signature", BadAccountSignature),
            unsigned,
        ),
        (
            "A proposal without suite 1 is refused",
            "bit 0 of suites is clear",
            ("certificate-suite-bit", UnsupportedSuite),
            changed(&|certificate| certificate.suites = 2),
        ),
    ];
    let refusals = cases
        .into_iter()
        .map(|(title, defect, (mutant, code), text)| Refusal(title, defect, "R-LNK-4", mutant, code, text));
    sealed_steps(draft, "requested", flow, 2, refusals.collect())
}

/// The new device's certificate with a change, as it is proposed.
fn changed(change: &dyn Fn(&mut Certificate)) -> Vec<u8> {
    let mut certificate = device("new").draft();
    change(&mut certificate);
    certificate.signed()[..200].to_vec()
}

fn dates(draft: &mut Draft, flow: &Flow) -> Result<()> {
    let between = |created: u64, expires: u64| {
        let certificate = Certificate {
            created,
            expires,
            ..device("new").draft()
        };
        certificate.signed()[..200].to_vec()
    };
    let cases = [
        (
            "A proposal that ends before it starts is refused",
            "expires is a second before created",
            ValidityTooLong,
            between(NOW, NOW - 1),
        ),
        (
            "A proposal over 366 days is refused",
            "it is valid for 366 days and a second",
            ValidityTooLong,
            between(NOW, NOW + 366 * DAY + 1),
        ),
        (
            "A proposal that starts after tomorrow is refused",
            "created is a day and a second from now",
            NotYetValid,
            between(NOW + DAY + 1, NOW + 300 * DAY),
        ),
        (
            "A proposal past its end is refused",
            "expires was a second ago",
            Expired,
            between(NOW - DAY, NOW - 1),
        ),
    ];
    let refusals = cases.into_iter().map(|(title, defect, code, text)| {
        Refusal(title, defect, "R-LNK-4", "link-proposal-validity", code, text)
    });
    sealed_steps(draft, "requested", flow, 2, refusals.collect())
}
