//! TLS 1.3 and nothing else (R-TRN-5).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use twotick_relay::limits::RelayLimits;
use twotick_relay::metrics::Refusal;
use twotick_relay::serve::{self, Options, StartError, TlsError, TlsFiles};
use twotick_relay::store::MemoryStore;

use crate::client::events::EventsLink;
use crate::client::poll::PollLink;
use crate::client::websocket::WebSocketLink;
use crate::client::{Link, soon};
use crate::conformance::{attached, known, numbers, status};
use crate::relay::{EPOCH, World, generous};

/// R-TRN-5: all transports run under TLS 1.3.
#[tokio::test]
async fn all_transports_run_under_tls() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut world, certificate) = secured(directory.path(), generous()).await;
    world.target.tls = Some(client(&certificate, &version::TLS13));
    conversation::<WebSocketLink>(&world, 1).await;
    conversation::<EventsLink>(&world, 3).await;
    conversation::<PollLink>(&world, 5).await;
    world.relay.shutdown().await;
}

async fn conversation<L: Link>(world: &World, seed: u64) {
    let (alice, bob) = (
        known::<L>(world, seed, 1).await,
        known::<L>(world, seed + 1, 1).await,
    );
    let mut sender: L = attached(world, &alice).await;
    let mut receiver: L = attached(world, &bob).await;
    assert_eq!(status(&sender.ask(bob.letter(1, 1)).await), 0, "{}", L::NAME);
    assert_eq!(numbers(&mut receiver, 1).await, [1], "{}", L::NAME);
}

/// R-TRN-5: TLS 1.2 is refused, and ALPN is HTTP/1.1.
#[tokio::test]
async fn only_tls_1_3_is_spoken() {
    let directory = tempfile::tempdir().expect("a directory");
    let (world, certificate) = secured(directory.path(), generous()).await;
    let handshake = async |version, protocols: &[&str]| {
        let mut config = Arc::unwrap_or_clone(client(&certificate, version));
        config.alpn_protocols = protocols
            .iter()
            .map(|protocol| protocol.as_bytes().to_vec())
            .collect();
        let socket = TcpStream::connect(world.target.address).await.expect("a socket");
        TlsConnector::from(Arc::new(config))
            .connect("localhost".try_into().expect("a name"), socket)
            .await
    };
    assert!(handshake(&version::TLS12, &[]).await.is_err());
    assert!(handshake(&version::TLS13, &["h2"]).await.is_err());
    let stream = handshake(&version::TLS13, &["h2", "http/1.1"])
        .await
        .expect("TLS 1.3");
    let (_, session) = stream.get_ref();
    assert_eq!(session.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert_eq!(session.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
    assert_eq!(world.relay.metrics().connections_refused.value(Refusal::Tls), 2);
}

/// R-ABU-1: a handshake that does not come is cut off, and clear text is not answered.
#[tokio::test]
async fn a_handshake_that_does_not_come_is_cut_off() {
    let directory = tempfile::tempdir().expect("a directory");
    let tls_handshake = Duration::from_millis(200);
    let (world, _) = secured(
        directory.path(),
        RelayLimits {
            tls_handshake,
            ..generous()
        },
    )
    .await;
    let mut silent = TcpStream::connect(world.target.address).await.expect("a socket");
    let mut bytes = Vec::new();
    soon("the end", silent.read_to_end(&mut bytes))
        .await
        .expect("closed");
    assert!(bytes.is_empty());
    let refused = || world.relay.metrics().connections_refused.value(Refusal::Tls);
    soon("the count", async {
        while refused() == 0 {
            tokio::task::yield_now().await
        }
    })
    .await;
}

/// A certificate that is not there, not PEM, or not of the key keeps the relay from starting, and says which.
#[tokio::test]
async fn wrong_files_are_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let files = self_signed(directory.path(), "good").0;
    let other = self_signed(directory.path(), "other").0;
    let missing = directory.path().join("missing.pem");
    let garbage = directory.path().join("garbage.pem");
    std::fs::write(&garbage, "garbage").expect("written");
    let unreadable = [
        TlsFiles {
            certificate: missing.clone(),
            ..files.clone()
        },
        TlsFiles {
            certificate: garbage.clone(),
            ..files.clone()
        },
        TlsFiles {
            key: missing,
            ..files.clone()
        },
        TlsFiles {
            key: garbage,
            ..files.clone()
        },
    ];
    for files in unreadable {
        assert!(matches!(refusal(files).await, TlsError::UnreadableFile { .. }));
    }
    assert!(matches!(
        refusal(TlsFiles {
            key: other.key,
            ..files
        })
        .await,
        TlsError::Mismatch { .. }
    ));
}

async fn refusal(files: TlsFiles) -> TlsError {
    let clock = Arc::new(twotick_relay::clock::RelayClock::new(Box::new(
        crate::relay::Hands::new(),
    )));
    let options = Options {
        tls: Some(files),
        ..Options::loopback(clock)
    };
    let limits = options.limits.store;
    let open = |hints, admission| {
        Ok::<_, std::convert::Infallible>(MemoryStore::new(limits, EPOCH, hints, admission))
    };
    match serve::start(options, open).await.expect_err("a refusal") {
        StartError::Tls(error) => error,
        other => panic!("{other}"),
    }
}

async fn secured(directory: &Path, limits: RelayLimits) -> (World, CertificateDer<'static>) {
    let (files, certificate) = self_signed(directory, "relay");
    let change = |options: &mut Options| {
        options.tls = Some(files);
        options.limits = limits;
    };
    (World::with(change).await, certificate)
}

fn self_signed(directory: &Path, name: &str) -> (TlsFiles, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let files = TlsFiles {
        certificate: directory.join(format!("{name}.pem")),
        key: directory.join(format!("{name}.key")),
    };
    std::fs::write(&files.certificate, made.cert.pem()).expect("written");
    std::fs::write(&files.key, made.signing_key.serialize_pem()).expect("written");
    (files, made.cert.der().clone())
}

fn client(
    certificate: &CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .expect("a version");
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}
