//! A client of the relay over a WebSocket, as thin as the peers' are.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use twotick_protocol::Device;
use twotick_wire::frame::{
    AccountSend, Ack, Challenge, Ephemeral, Hello, MessageTo, Opaque, Page, RelayFrame, Send,
};
use twotick_wire::{DeviceId, FrameKind, MessageId, RequestId, SendId};

use crate::people::{self, Person};
use crate::process::{Server, free_port};
use crate::socket::{self, Receiver, Sender};
use crate::window::Window;

/// Starts the relay on an embedded store in `directory`, with limits that a load does not meet.
pub(crate) fn start(directory: &Path) -> Server {
    let port = free_port();
    Server::start(&mut command(directory, port), port)
}

/// The same over TLS, with the certificate and key in `directory`.
pub(crate) fn start_tls(directory: &Path) -> Server {
    let port = free_port();
    let mut command = command(directory, port);
    command
        .arg("--tls-cert")
        .arg(directory.join("cert.pem"))
        .arg("--tls-key")
        .arg(directory.join("key.pem"));
    Server::start(&mut command, port)
}

fn command(directory: &Path, port: u16) -> Command {
    let configuration = directory.join("relay.toml");
    std::fs::write(&configuration, LIMITS).expect("a file");
    let mut command = Command::new(program());
    command
        .arg("--config")
        .arg(configuration)
        .arg("--data")
        .arg(directory.join("relay"))
        .arg("--listen")
        .arg(format!("127.0.0.1:{port}"));
    command
}

/// The relay as it ships, which `cargo xtask bench relay` has built beside this bench.
fn program() -> PathBuf {
    let here = std::env::current_exe().expect("a path");
    let program = here
        .ancestors()
        .nth(2)
        .expect("a directory")
        .join("twotick-relay");
    assert!(program.exists(), "run this by `cargo xtask bench relay`");
    program
}

/// What no load meets, so that limits cost their look-up and refuse nothing.
const LIMITS: &str = r#"
log = "warn"
[limits]
envelopes = "1000000"
bytes = "64GiB"
account_sends = "1000000 + 1000000/1s"
sends_to_account = "1000000 + 1000000/1s"
mailbox_envelopes = "1000000 + 1000000/1s"
mailbox_bytes = "64GiB + 64GiB/1s"
receipts = "1000000 + 1000000/1s"
ephemeral = "1000000 + 1000000/1s"
publications = "1000000 + 1000000/1s"
attaches = "1000000 + 1000000/1s"
new_mailboxes = "1000000 + 1000000/1s"
unattached = "1000000"
connects = "1000000 + 1000000/1s"
"#;

/// An attached connection.
pub(crate) struct Client {
    pub(crate) receiver: Receiver,
    pub(crate) sender: Sender,
    names: Names,
}

impl Client {
    /// Connects and attaches; `None` if the relay would not have it.
    pub(crate) async fn attach(port: u16, device: &Device, window: u16) -> Option<Self> {
        Self::attach_over(
            socket::open(port, "/v1/ws", Some("twotick.1")).await?,
            device,
            window,
        )
        .await
    }

    /// Attaches on a WebSocket that is open.
    pub(crate) async fn attach_over(
        (mut receiver, mut sender): (Receiver, Sender),
        device: &Device,
        window: u16,
    ) -> Option<Self> {
        let challenge = receiver.next().await?;
        let challenge = Challenge::decode(&challenge).ok()?;
        sender
            .send(&people::attach(device, &challenge, 0, window))
            .await?;
        let hello = receiver.next().await?;
        let hello = Hello::decode(&hello).ok()?;
        Some(Self {
            receiver,
            sender,
            names: Names::new(hello.session_epoch),
        })
    }

    /// Attaches a new device of a person and makes the account known.
    pub(crate) async fn introduce(port: u16, person: &Person, window: u16) -> Option<Self> {
        let mut client = Self::attach(port, &person.devices[0], window).await?;
        for frame in [person.publish_list(2), person.grant(3)] {
            client.sender.send(&frame).await?;
            client.until_done().await?;
        }
        client.names.request = 3;
        Some(client)
    }

    /// Bytes read and written so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.receiver.bytes + self.sender.bytes
    }

    /// Waits for a Done.
    pub(crate) async fn until_done(&mut self) -> Option<()> {
        loop {
            let bytes = self.receiver.next().await?;
            match RelayFrame::decode(&bytes).ok()? {
                RelayFrame::Done(_) => return Some(()),
                RelayFrame::Error(error) => panic!("the relay refuses the load: {}", error.code),
                _ => {}
            }
        }
    }

    /// Waits for a page and acknowledges it.
    pub(crate) async fn until_page(&mut self) -> Option<()> {
        loop {
            let bytes = self.receiver.next().await?;
            if self.acknowledge(&bytes).await? > 0 {
                return Some(());
            }
        }
    }

    /// Waits for the answer to a Send.
    pub(crate) async fn until_stored(&mut self) -> Option<()> {
        loop {
            let bytes = self.receiver.next().await?;
            match RelayFrame::decode(&bytes).ok()? {
                RelayFrame::SendResult(result) => {
                    let refused = result.results.iter().find(|result| result.status != 0);
                    assert!(refused.is_none(), "the relay refuses the load: {refused:?}");
                    return Some(());
                }
                RelayFrame::Error(error) => panic!("the relay refuses the load: {}", error.code),
                _ => {}
            }
        }
    }

    /// Sends all of a window to people in turn.
    pub(crate) async fn publish(mut self, to: &[&Person], mut window: Window, size: usize) -> Option<Window> {
        let message = vec![0xa5; size];
        let mut turns = to.iter().copied().cycle();
        while !window.is_done() {
            while window.take() {
                let frame = self.message(&[turns.next()?], &message);
                self.sender.put(&frame);
            }
            self.sender.flush().await?;
            self.until_stored().await?;
            window.answered();
        }
        Some(window)
    }

    /// Sends `count` messages to a person, one each `interval`, and says how long each took to be stored.
    pub(crate) async fn publish_paced(
        mut self,
        to: &Person,
        interval: Duration,
        count: usize,
        size: usize,
    ) -> Option<Window> {
        let message = vec![0xa5; size];
        let mut window = Window::new(usize::MAX, count);
        let mut clock = tokio::time::interval(interval);
        while !window.is_done() {
            tokio::select! {
                _ = clock.tick(), if window.has_left() => {
                    window.take();
                    let frame = self.names.message(&[to], &message);
                    self.sender.send(&frame).await?;
                }
                bytes = self.receiver.next() => {
                    if let RelayFrame::SendResult(_) = RelayFrame::decode(&bytes?).ok()? {
                        window.answered();
                    }
                }
            }
        }
        Some(window)
    }

    /// A Send of one message to all devices of each person.
    pub(crate) fn message(&mut self, to: &[&Person], message: &[u8]) -> Vec<u8> {
        self.names.message(to, message)
    }

    /// An ephemeral message to all devices of a person.
    pub(crate) fn ephemeral(&mut self, to: &Person, message: &[u8]) -> Vec<u8> {
        let request = self.names.next();
        Ephemeral {
            request,
            account: to.account,
            capability: to.capability,
            message_id: MessageId::new(self.names.name()),
            messages: messages(to.device_ids(), message),
        }
        .encode()
    }

    /// Takes `count` envelopes and acknowledges each page.
    pub(crate) async fn consume(mut self, count: usize) -> Option<()> {
        let mut taken = 0;
        while taken < count {
            let bytes = self.receiver.next().await?;
            taken += self.acknowledge(&bytes).await?;
        }
        Some(())
    }

    /// Acknowledges what a page holds, and says how many that were.
    pub(crate) async fn acknowledge(&mut self, bytes: &Bytes) -> Option<usize> {
        if bytes.first() != Some(&FrameKind::Page.byte()) {
            return Some(0);
        }
        let page = Page::decode(bytes).ok()?;
        let upto = page.deliveries.last().map_or(0, |delivery| delivery.seq);
        let ack = self.names.ack(upto);
        self.sender.send(&ack).await?;
        Some(page.deliveries.len())
    }
}

/// Requests of one session, and ids that are unique in it.
pub(crate) struct Names {
    session_epoch: u64,
    request: u32,
}

impl Names {
    pub(crate) fn new(session_epoch: u64) -> Self {
        Self {
            session_epoch,
            request: 1,
        }
    }

    /// A Send of one message to all devices of each person.
    pub(crate) fn message(&mut self, to: &[&Person], message: &[u8]) -> Vec<u8> {
        let request = self.next();
        let mut accounts: Vec<AccountSend<'_>> = to
            .iter()
            .map(|person| AccountSend {
                account: person.account,
                capability: person.capability,
                send_id: SendId::new(self.name_for(person)),
                list: person.head(),
                is_partial: false,
                messages: messages(person.device_ids(), message),
            })
            .collect();
        accounts.sort_by_key(|account| account.account);
        Send {
            request,
            message_id: MessageId::new(self.name()),
            lifetime: 86_400,
            body: Opaque::EMPTY,
            accounts,
        }
        .encode()
    }

    /// An Ack of everything up to a number.
    pub(crate) fn ack(&mut self, upto: u64) -> Vec<u8> {
        Ack {
            request: self.next(),
            session_epoch: self.session_epoch,
            upto,
            lane_upto: 0,
            rejected: Vec::new(),
            receipts: Vec::new(),
        }
        .encode()
    }

    fn next(&mut self) -> RequestId {
        self.request += 1;
        RequestId::new(self.request)
    }

    /// The same for one account: a send id names an account's part of a Send.
    fn name_for(&self, person: &Person) -> [u8; 16] {
        let mut name = self.name();
        name[12..].copy_from_slice(&person.account.as_bytes()[..4]);
        name
    }

    fn name(&self) -> [u8; 16] {
        let mut name = [0; 16];
        name[..8].copy_from_slice(&self.session_epoch.to_be_bytes());
        name[8..12].copy_from_slice(&self.request.to_be_bytes());
        name
    }
}

fn messages(to: impl Iterator<Item = DeviceId>, message: &[u8]) -> Vec<MessageTo<'_>> {
    to.map(|to| MessageTo {
        to,
        message: Opaque::new(message),
    })
    .collect()
}
