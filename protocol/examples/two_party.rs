//! Alice writes to Bob, Bob answers, Alice sees her tick. One device each; the relay is a variable.
//!
//! `cargo run --release --example two_party -p twotick-protocol`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use twotick_protocol::wire::{Envelope, PrekeyBundle, Receipt, ReceiptState, UnixTime};
use twotick_protocol::{
    Account, AccountKeyPair, Conversation, Device, DeviceKeys, Outgoing, PeerDevice, Prekeys,
    ReceivedContent, SafetyNumber, Sender, Sent, Staged, Transition, VerifiedBundle, VerifiedCertificate,
    conversation_id, make_receipt, receive, send,
};

type Outcome<T> = Result<T, Box<dyn Error>>;
const NOW: UnixTime = UnixTime::new(1_800_000_000);

fn main() -> Outcome<()> {
    // An application passes the operating system's generator; the seed makes this run the same each time.
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (alice, alice_prekeys) = Person::new(rng)?;
    let (bob, bob_prekeys) = Person::new(rng)?;
    let number = SafetyNumber::of(&alice.account.account_key(), &bob.account.account_key());
    println!("both   safety number {number}");

    // Alice trusts Bob's account. The relay has a bundle of his device, which proves itself or is refused.
    let (bundle, wanted) = (bob.bundle.clone(), bob.device.device_id());
    let bundle = VerifiedBundle::verify(bundle, wanted, &bob.account, &alice.device, NOW)?;
    let mut to_bob = PeerDevice::new(bundle.certificate());
    let (strength, _) = commit(to_bob.initiate(&alice.device, &bob.account, &bundle, NOW, rng)?);
    println!("alice  bundle verified, session begun: {strength:?}");
    let mut alices = Chat::new(&alice, &bob.account, to_bob, alice_prekeys);
    let first = alices.write("Are you there?", rng)?;

    // Bob meets Alice's device, opens the message, and with it accepts the session.
    let certificate = VerifiedCertificate::verify(alice.device.certificate().clone(), NOW)?;
    let mut bobs = Chat::new(&bob, &alice.account, PeerDevice::new(&certificate), bob_prekeys);
    let (text, receipt) = bobs.read(&first)?;
    println!("bob    reads {text:?}");

    // The receipt is made with a key that was inside the message: who cannot read it cannot make one.
    let mut ticks = first.receipts.ok_or("receipts were asked for")?;
    let change = commit(ticks.verify(&receipt)?);
    println!("alice  ticks: {:?} -> {:?}", change.before, change.after);
    let state = ReceiptState::Read;
    let refused = ticks.verify(&Receipt { state, ..receipt }).err();
    println!("alice  the relay claims {state:?}: {refused:?}");

    // Bob's answer confirms the session: from here on no message carries a handshake.
    let answer = bobs.write("I am.", rng)?;
    println!("alice  reads {:?}", alices.read(&answer)?.0);
    let last = alices.write("Good.", rng)?;
    println!("bob    reads {:?}", bobs.read(&last)?.0);
    println!("bob    gets it once more: {:?}", bobs.read(&last).err());
    Ok(())
}

/// An account with one device, and what it has published.
struct Person {
    account: Account,
    device: Device,
    bundle: PrekeyBundle,
}

impl Person {
    /// An account key, a device it certifies, the first device list, and prekeys.
    fn new(rng: &mut ChaCha20Rng) -> Outcome<(Self, Prekeys)> {
        let key = AccountKeyPair::generate(rng);
        let device = DeviceKeys::generate(rng).certify(&key, NOW);
        let list = key.sign_first_list(device.certificate(), NOW)?;
        let account = Account::trust(key.account_id(), list, NOW)?;
        let mut prekeys = Prekeys::new();
        let published = commit(prekeys.generate(&device, true, 1, NOW, rng)?);
        let bundle = PrekeyBundle {
            certificate: device.certificate().clone(),
            signed_prekey: published.signed.ok_or("a signed prekey was asked for")?,
            one_time_prekey: published.one_time.into_iter().next(),
        };
        let person = Self {
            account,
            device,
            bundle,
        };
        Ok((person, prekeys))
    }
}

/// One end of a conversation.
struct Chat<'a> {
    us: &'a Person,
    them: &'a Account,
    peer: PeerDevice,
    prekeys: Prekeys,
    conversation: Conversation,
}

impl<'a> Chat<'a> {
    fn new(us: &'a Person, them: &'a Account, peer: PeerDevice, prekeys: Prekeys) -> Self {
        Self {
            us,
            them,
            peer,
            prekeys,
            conversation: Conversation::new(conversation_id(&us.account.account_id(), &them.account_id())),
        }
    }

    /// Seals text for the other's device; the envelope in the result is what the relay gets.
    fn write(&mut self, text: &str, rng: &mut ChaCha20Rng) -> Outcome<Sent> {
        let sender = Sender {
            us: &self.us.device,
            own: &self.us.account,
            recipient: self.them,
        };
        let outgoing = Outgoing {
            content: text.as_bytes(),
            receipts: true,
            sent_at: 1000 * NOW.seconds(),
        };
        let peers = vec![&mut self.peer];
        let sent = commit(send(&sender, &mut self.conversation, peers, &outgoing, NOW, rng)?);
        println!("relay  {} opaque bytes", sent.envelopes[0].1.len());
        Ok(sent)
    }

    /// Opens what was sent; returns the text and the receipt for it.
    fn read(&mut self, sent: &Sent) -> Outcome<(String, Receipt)> {
        let envelope = Envelope::decode(&sent.envelopes[0].1)?;
        let (us, accounts) = (&self.us.device, (&self.us.account, self.them));
        let staged = receive(us, accounts, &mut self.peer, &mut self.prekeys, &envelope, NOW)?;
        let (received, _history) = commit(staged.in_conversation(&mut self.conversation));
        let ReceivedContent::Message(received) = received.content else {
            return Err("a message was expected".into());
        };
        let key = received.message.receipt_key.ok_or("receipts are wanted")?;
        let account = self.us.account.account_id();
        let receipt = make_receipt(&key, ReceiptState::Delivered, &envelope.message_id, &account);
        Ok((String::from_utf8(received.content.to_vec())?, receipt))
    }
}

/// Stores nothing. An application writes the changes in one transaction of its store; only then the result comes out.
fn commit<X: Transition, T>(staged: Staged<X, T>) -> T {
    let Ok(result) = staged.commit(|_changes| Ok::<(), std::convert::Infallible>(()));
    result
}
