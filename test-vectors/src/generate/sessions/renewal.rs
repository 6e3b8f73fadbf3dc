//! Certificates that are renewed (SPEC 12.5).

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::people::Party;
use crate::generate::scene::expect_equal;

fn recertify(bob: &Party, certificate: &str) -> Value {
    json!({ "account": bob.account, "device": bob.id, "certificate": certificate })
}

/// R-SES-12.
pub(super) fn cases(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    cases.reject(
        "A device whose certificate was renewed goes on in its session once its record has the new certificate",
        &["R-SES-12", "R-LST-2"],
        (
            "the record of the sending device has its former certificate",
            "require-listed",
        ),
        |scene| {
            let again = pair.bob_again(scene, None)?;
            let list = pair.of_bob.renewed(&again.certificate, scene.now);
            let sent = scene.send(bob, alice, "with the session as it was")?;
            scene.learn(alice, &list)?;
            scene.refuse(alice, &sent.to(alice)?, ErrorCode::NotInDeviceList)?;
            scene.run("session.recertify", alice, recertify(bob, &again.certificate))?;
            let got = scene.deliver(&sent, alice)?;
            expect_equal("generation", &got["generation"], &json!(1))?;
            scene.talk(alice, bob, "on")?;
            Ok(())
        },
    )?;
    cases.reject(
        "A record takes over no certificate that the account does not list",
        &["R-SES-12"],
        ("the certificate is not in the list", "recertify-listed"),
        |scene| {
            let again = pair.bob_again(scene, None)?;
            let arguments = recertify(bob, &again.certificate);
            scene.run_refused("session.recertify", alice, arguments, ErrorCode::NotInDeviceList)?;
            scene.talk(bob, alice, "on")?;
            Ok(())
        },
    )?;
    cases.reject(
        "A record takes over no certificate with another identity key under the same device id",
        &["R-SES-12"],
        ("the certificate's identity key is another", "recertify-identity"),
        |scene| {
            let again = pair.bob_again(scene, Some([0x33; 32]))?;
            let list = pair.of_bob.renewed(&again.certificate, scene.now);
            scene.learn(alice, &list)?;
            let arguments = recertify(bob, &again.certificate);
            scene.run_refused("session.recertify", alice, arguments, ErrorCode::NotInDeviceList)
        },
    )
}
