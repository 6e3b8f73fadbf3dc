//! The command line: what was asked, and the configuration that comes of it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{Configuration, ConfigurationError, ENVIRONMENT_FILE, ENVIRONMENT_PREFIX, StoreKind};

/// The blind relay of Twotick: it routes what it cannot read.
#[derive(Debug, Parser)]
#[command(name = "twotick-relay", version, args_conflicts_with_subcommands = true)]
pub struct Command {
    /// Something else than serving.
    #[command(subcommand)]
    pub task: Option<Task>,
    /// How to serve.
    #[command(flatten)]
    pub serving: Serving,
}

/// What the program does besides serving.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Prints everything that a stopped relay's directory holds, field by field
    Inspect {
        /// The directory of the store
        directory: PathBuf,
    },
    /// Reads every stored value of a stopped relay's directory, and says whether all is well
    Verify {
        /// The directory of the store
        directory: PathBuf,
    },
    /// Prints the configuration that would be used, with what each setting means
    Config(Box<Serving>),
}

/// Flags: each counts over the environment, which counts over the file.
#[derive(Args, Clone, Debug, Default)]
pub struct Serving {
    /// Serves on loopback in clear text, from a store that is deleted at exit
    #[arg(long, conflicts_with_all = ["data", "store"])]
    pub dev: bool,
    /// Directory of the store
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Address and port to serve clients on [default: 127.0.0.1:7464]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The host, with the port if it is not 443, under which clients mean to reach the relay
    #[arg(long)]
    name: Option<String>,
    /// Certificate chain in PEM
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,
    /// Private key in PEM
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// Addresses of what does TLS in front, separated by commas; only they may connect then
    #[arg(long, value_name = "ADDRS")]
    behind_terminator: Option<String>,
    /// Address and port of /healthz, /readyz and /metrics, if not that of clients
    #[arg(long, value_name = "ADDR")]
    admin_listen: Option<String>,
    /// Where mailboxes are kept: embedded or memory [default: embedded]
    #[arg(long, value_name = "KIND")]
    store: Option<String>,
    /// Serves although the store has lost what it had confirmed; clients are told (R-DUR-2)
    #[arg(long)]
    pub accept_loss: bool,
    /// Configuration file in TOML
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Any setting by name, such as limits.envelopes=5000; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// What is logged: off, error, warn, info, debug or trace [default: info]
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
}

impl Serving {
    /// The configuration: defaults, then the file, then the environment, then these flags.
    ///
    /// # Errors
    ///
    /// If anything in any of them is not understood, or they contradict each other.
    pub fn configuration(
        &self,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Configuration, ConfigurationError> {
        let configuration = self.read(environment)?;
        configuration.check(self.dev)?;
        Ok(configuration)
    }

    /// The same, whether or not a relay can be served with it.
    ///
    /// # Errors
    ///
    /// If anything in any of them is not understood.
    pub fn read(
        &self,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Configuration, ConfigurationError> {
        let environment: Vec<_> = environment.into_iter().collect();
        let named =
            |(name, _): &&(String, String)| name.strip_prefix(ENVIRONMENT_PREFIX) == Some(ENVIRONMENT_FILE);
        let in_environment = environment
            .iter()
            .find(named)
            .map(|(_, path)| PathBuf::from(path));
        let mut configuration = Configuration::default();
        if let Some(file) = self.config.clone().or(in_environment) {
            configuration.read_file(&file)?;
        }
        configuration.read_environment(environment)?;
        for (flag, name, text) in self.given() {
            configuration.set(flag, name, text)?;
        }
        for setting in &self.settings {
            let (name, text) = setting.split_once('=').unwrap_or((setting, ""));
            configuration.set("--set", name.trim(), text.trim())?;
        }
        if self.dev {
            // It has a directory of its own, whatever is configured for the relay that is meant to last.
            configuration.general.store = StoreKind::Embedded;
            configuration.general.data = None;
        }
        Ok(configuration)
    }

    fn given(&self) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
        [
            ("--data", "data", &self.data),
            ("--listen", "listen", &self.listen),
            ("--name", "name", &self.name),
            ("--tls-cert", "tls_cert", &self.tls_cert),
            ("--tls-key", "tls_key", &self.tls_key),
            (
                "--behind-terminator",
                "behind_terminator",
                &self.behind_terminator,
            ),
            ("--admin-listen", "admin_listen", &self.admin_listen),
            ("--store", "store", &self.store),
            ("--log", "log", &self.log),
        ]
        .into_iter()
        .filter_map(|(flag, name, value)| value.as_deref().map(|value| (flag, name, value)))
    }
}
