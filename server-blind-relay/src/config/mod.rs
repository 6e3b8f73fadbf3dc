//! The configuration: flags before environment before file before defaults.

mod file;
mod limits;
mod table;
mod value;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tracing::level_filters::LevelFilter;

pub use limits::Limits;
pub use table::Shown;
pub use value::{Bytes, Rate, StoreKind, Value};

use table::{Unset, settings};

settings! {
    /// How a relay runs, except for its limits.
    General {
        /// Address and port on which clients are served.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], DEFAULT_PORT));
        /// The relay's name: the host, with the port if it is not 443, under which clients mean to reach it (R-ATT-1). Empty: the address of listen.
        name: String = String::new();
        /// Directory of the embedded store.
        data: Option<PathBuf> = None;
        /// Where mailboxes are kept: embedded (on this disk) or memory (gone at exit).
        store: StoreKind = StoreKind::Embedded;
        /// Certificate chain in PEM, the relay's own first.
        tls_cert: Option<PathBuf> = None;
        /// Private key of the certificate in PEM.
        tls_key: Option<PathBuf> = None;
        /// Addresses of the TLS terminator in front. Only they may connect then, in clear text, and the last address in X-Forwarded-For counts.
        behind_terminator: Vec<IpAddr> = Vec::new();
        /// Address and port of /healthz, /readyz and /metrics. Empty: on the address of listen, for everyone.
        admin_listen: Option<SocketAddr> = None;
        /// What is logged: off, error, warn, info, debug or trace. Identifiers appear at debug, as keyed hashes.
        log: LevelFilter = LevelFilter::INFO;
        /// How often what was deleted is removed from the files, 24h at most (R-DUR-6). More often: more rewriting.
        purge: Duration = Duration::from_secs(12 * 3_600);
        /// How often everything stored is read, to find damage before it matters.
        scrub: Duration = Duration::from_secs(24 * 3_600);
        /// Time over which clients are asked to come back when the relay stops (R-ATT-8), and which it waits for them to leave.
        drain: Duration = Duration::from_secs(30);
    }
}

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// How it runs.
    pub general: General,
    /// What it refuses beyond.
    pub limits: Limits,
}

/// Why a configuration is not taken. The text names the setting, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// No setting has this name.
    #[error("{origin}: there is no setting {name}")]
    UnknownSetting {
        /// Where it stands.
        origin: String,
        /// The name.
        name: String,
    },
    /// The value is not of the form that the setting has.
    #[error("{origin}: {name} must be {form}")]
    WrongValue {
        /// Where it stands.
        origin: String,
        /// The setting.
        name: String,
        /// What it looks like.
        form: &'static str,
    },
    /// The file cannot be read.
    #[error("{path}: {reason}")]
    UnreadableFile {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// Settings that do not go together, or one that is missing.
    #[error("{what}")]
    Contradiction {
        /// What is wrong.
        what: &'static str,
        /// What to do.
        advice: &'static str,
    },
}

impl ConfigurationError {
    /// One line on what to do.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::UnknownSetting { .. } => "twotick-relay config prints every setting with its meaning",
            Self::WrongValue { .. } => {
                "correct the value; twotick-relay config prints every setting with its default"
            }
            Self::UnreadableFile { .. } => "give --config a TOML file that can be read",
            Self::Contradiction { advice, .. } => advice,
        }
    }
}

impl Configuration {
    /// Reads the settings of a TOML file over these.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or holds anything that is not a setting.
    pub fn read_file(&mut self, path: &std::path::Path) -> Result<(), ConfigurationError> {
        for (name, text) in file::settings(path)? {
            self.set(&path.display().to_string(), &name, &text)?;
        }
        Ok(())
    }

    /// Reads `TWOTICK_RELAY_NAME` variables over these.
    ///
    /// # Errors
    ///
    /// If a variable with that prefix is no setting.
    pub fn read_environment(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), ConfigurationError> {
        for (variable, text) in variables {
            let Some(name) = variable.strip_prefix(ENVIRONMENT_PREFIX) else {
                continue;
            };
            if name == ENVIRONMENT_FILE {
                continue;
            }
            let name = name.to_ascii_lowercase();
            let name = match name.strip_prefix("limits_") {
                Some(limit) => format!("{LIMITS_PREFIX}{limit}"),
                None => name,
            };
            self.set(&format!("environment {variable}"), &name, &text)?;
        }
        Ok(())
    }

    /// Sets one by name; a limit is `limits.NAME`.
    ///
    /// # Errors
    ///
    /// If there is no such setting, or the text is not of its form.
    pub fn set(&mut self, origin: &str, name: &str, text: &str) -> Result<(), ConfigurationError> {
        let outcome = match name.strip_prefix(LIMITS_PREFIX) {
            Some(limit) => self.limits.assign(limit, text),
            None => self.general.assign(name, text),
        };
        outcome.map_err(|unset| match unset {
            Unset::Unknown => ConfigurationError::UnknownSetting {
                origin: origin.to_owned(),
                name: name.to_owned(),
            },
            Unset::NotOfForm(form) => ConfigurationError::WrongValue {
                origin: origin.to_owned(),
                name: name.to_owned(),
                form,
            },
        })
    }

    /// Checks what holds between settings; a temporary store needs no directory.
    ///
    /// # Errors
    ///
    /// If they contradict each other (R-TRN-5: clear text only on loopback or behind a named terminator).
    pub fn check(&self, is_temporary: bool) -> Result<(), ConfigurationError> {
        let contradiction = |what, advice| Err(ConfigurationError::Contradiction { what, advice });
        let general = &self.general;
        if general.tls_cert.is_some() != general.tls_key.is_some() {
            return contradiction("one of tls_cert and tls_key is missing", "give both, or neither");
        }
        let is_clear = general.tls_cert.is_none();
        if !is_clear && !general.behind_terminator.is_empty() {
            return contradiction(
                "behind_terminator means that somebody else does TLS, tls_cert that the relay does",
                "give one of them",
            );
        }
        if is_clear && general.behind_terminator.is_empty() && !general.listen.ip().is_loopback() {
            return contradiction(
                "clear text is served on loopback only",
                "give --tls-cert and --tls-key, or --behind-terminator with the addresses of what does TLS in front",
            );
        }
        if general.store == StoreKind::Embedded && general.data.is_none() && !is_temporary {
            return contradiction(
                "no directory is given for the store",
                "give --data DIR, or --dev for a relay that forgets",
            );
        }
        if general.purge > DAY || general.purge.is_zero() || general.scrub.is_zero() {
            return contradiction(
                "purge must be at most 24h, and purge and scrub more than nothing",
                "correct the value",
            );
        }
        if general.name.len() > 255 {
            return contradiction(
                "name is longer than 255 bytes",
                "give the host name that clients use",
            );
        }
        if !general.listen.ip().is_loopback() && general.name.is_empty() {
            return contradiction(
                "the relay has no name",
                "give --name HOST, the name in the address that clients use",
            );
        }
        Ok(())
    }

    /// The effective configuration as a file that gives it again, with a comment for each setting.
    #[must_use]
    pub fn document(&self) -> String {
        format!(
            "{}[limits]\n\n{}",
            section(self.general.shown()),
            section(self.limits.shown())
        )
    }
}

fn section(settings: Vec<Shown>) -> String {
    let entry =
        |Shown { name, comment, value }| format!("# {comment}\n{name} = {}\n\n", toml::Value::String(value));
    settings.into_iter().map(entry).collect()
}

/// The port of a relay that is told nothing.
pub const DEFAULT_PORT: u16 = 7464;

/// What variables of the environment begin with.
pub const ENVIRONMENT_PREFIX: &str = "TWOTICK_RELAY_";

/// The variable, after the prefix, that names the configuration file.
pub const ENVIRONMENT_FILE: &str = "CONFIG";

const DAY: Duration = Duration::from_secs(86_400);

const LIMITS_PREFIX: &str = "limits.";
