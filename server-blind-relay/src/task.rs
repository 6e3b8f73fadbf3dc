//! What the program does.

use std::convert::Infallible;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::signal::unix::{Signal, SignalKind, signal};
use twotick_relay::clock::{RelayClock, SystemClock};
use twotick_relay::command::Serving;
use twotick_relay::config::{Configuration, StoreKind, Value as _};
use twotick_relay::log;
use twotick_relay::metrics::Metrics;
use twotick_relay::serve::{self, Options, RunningRelay, TlsFiles};
use twotick_relay::store::{self, EmbeddedOptions, EmbeddedStore, InspectError, MemoryStore};
use twotick_wire::StoreEpoch;

use crate::Failure;

/// Serves until a signal.
pub(crate) fn serve(serving: &Serving) -> Result<(), Failure> {
    let configuration = serving.configuration(environment())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Failure::other(error, "look at the limits of processes and files"))?;
    let outcome = runtime.block_on(run(configuration, serving));
    // A scrub that is under way changes nothing and is not waited for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

/// Prints the effective configuration.
pub(crate) fn print_configuration(serving: &Serving) -> Result<(), Failure> {
    say(serving.read(environment())?.document().trim_end())
}

/// Prints all that a directory holds: what an operator, or a court, could see.
pub(crate) fn inspect(directory: &Path) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match store::inspect(directory, &mut out) {
        Ok(()) => out.flush().map_err(|error| Failure::other(error, OUTPUT)),
        Err(InspectError::Output(error)) => Err(Failure::other(error, OUTPUT)),
        Err(InspectError::Open(error)) => Err(error.into()),
    }
}

/// Reads everything in a directory, and says whether it is sound.
pub(crate) fn verify(directory: &Path) -> Result<(), Failure> {
    let (loss, report) = store::verify(directory)?;
    if loss.is_any() {
        return Err(Failure::store(
            format!("{loss}\n{report}"),
            "restore a copy, or start with --accept-loss",
        ));
    }
    if !report.is_clean() {
        return Err(Failure::store(
            report,
            "start the relay: what is damaged is announced, and senders send again",
        ));
    }
    say(&report.to_string())
}

async fn run(configuration: Configuration, serving: &Serving) -> Result<(), Failure> {
    let unsignalled = |error| Failure::other(error, "the system takes no signal handlers");
    let mut interrupt = signal(SignalKind::interrupt()).map_err(unsignalled)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(unsignalled)?;
    let (relay, _temporary) = start(&configuration, serving).await?;
    say(&announcement(&configuration, &relay))?;
    tracing::info!(
        name: "started",
        listen = %relay.address,
        admin = %relay.admin_address,
        store = %configuration.general.store.show(),
        version = env!("CARGO_PKG_VERSION"),
    );
    let outcome = tokio::select! {
        () = either(&mut interrupt, &mut terminate) => Ok(()),
        () = relay.failed() => Err(Failure::store("the store failed to write", "look at the disk, then start again")),
    };
    tracing::info!(name: "stopping", seconds = configuration.general.drain.as_secs());
    tokio::select! {
        () = relay.shutdown() => outcome,
        () = either(&mut interrupt, &mut terminate) => {
            Err(Failure::other("stopped by a second signal", "give clients the time of --set drain=TIME to leave"))
        }
    }
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

fn announcement(configuration: &Configuration, relay: &RunningRelay) -> String {
    let scheme = if configuration.general.tls_cert.is_some() {
        "wss"
    } else {
        "ws"
    };
    format!("twotick-relay serves {scheme}://{}", relay.name)
}

fn environment() -> impl Iterator<Item = (String, String)> {
    // A variable that is not text cannot be one of ours.
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

fn say(line: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|error| Failure::other(error, "the output is closed"))
}

/// A relay, and the directory that goes with it when it is a temporary one.
async fn start(
    configuration: &Configuration,
    serving: &Serving,
) -> Result<(RunningRelay, Option<TempDir>), Failure> {
    let metrics = Arc::new(Metrics::default());
    let clock = Arc::new(RelayClock::new(Box::new(SystemClock::default())));
    let lines = log::subscriber(
        configuration.general.log,
        Arc::clone(&clock),
        Arc::clone(&metrics),
        io::stderr(),
    );
    tracing::subscriber::set_global_default(lines).map_err(|error| Failure::other(error, "start it once"))?;
    let options = options(configuration, clock, metrics);
    let limits = options.limits.store;
    let epoch = fresh_epoch()?;
    if configuration.general.store == StoreKind::Memory {
        let open = |hints, admission| Ok::<_, Infallible>(MemoryStore::new(limits, epoch, hints, admission));
        return Ok((serve::start(options, open).await?, None));
    }
    let (directory, temporary) = directory(configuration)?;
    let embedded = EmbeddedOptions {
        limits,
        accept_loss: serving.accept_loss,
        ..EmbeddedOptions::new(epoch)
    };
    let relay = serve::start(options, |hints, admission| {
        EmbeddedStore::open(&directory, embedded, hints, admission)
    });
    Ok((relay.await?, temporary))
}

/// The configured directory, or one that is deleted at exit.
fn directory(configuration: &Configuration) -> Result<(PathBuf, Option<TempDir>), Failure> {
    let refused = |error| Failure::other(error, "give --data a directory that can be written");
    match &configuration.general.data {
        Some(directory) => {
            std::fs::create_dir_all(directory).map_err(refused)?;
            Ok((directory.clone(), None))
        }
        None => {
            let temporary = tempfile::Builder::new()
                .prefix("twotick-relay-")
                .tempdir()
                .map_err(refused)?;
            Ok((temporary.path().to_owned(), Some(temporary)))
        }
    }
}

fn fresh_epoch() -> Result<StoreEpoch, Failure> {
    let mut epoch = [0; StoreEpoch::LENGTH];
    getrandom::fill(&mut epoch).map_err(|error| Failure::other(error, "the system has no randomness"))?;
    Ok(StoreEpoch::new(epoch))
}

fn options(configuration: &Configuration, clock: Arc<RelayClock>, metrics: Arc<Metrics>) -> Options {
    let general = &configuration.general;
    let tls = general.tls_cert.clone().zip(general.tls_key.clone());
    Options {
        listen: general.listen,
        name: Some(general.name.clone()).filter(|name| !name.is_empty()),
        tls: tls.map(|(certificate, key)| TlsFiles { certificate, key }),
        terminators: general.behind_terminator.clone(),
        admin_listen: general.admin_listen,
        limits: configuration.limits.relay(),
        token: configuration.limits.token,
        drain: general.drain,
        purge: general.purge,
        scrub: general.scrub,
        clock,
        metrics,
    }
}

const OUTPUT: &str = "nobody takes the output";
