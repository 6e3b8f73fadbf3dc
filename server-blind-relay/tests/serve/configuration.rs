//! Flags before environment before file before defaults; and whatever is not understood is named.

use std::path::Path;
use std::time::Duration;

use clap::Parser as _;
use twotick_relay::command::Command;
use twotick_relay::config::{
    Bytes, Configuration, ConfigurationError, ENVIRONMENT_PREFIX, General, Limits, StoreKind,
};

#[test]
fn flags_count_over_environment_over_file_over_defaults() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("relay.toml");
    std::fs::write(
        &file,
        "data = 'file'\nname = 'file'\nlog = 'warn'\n[limits]\nenvelopes = 5\nbytes = '1MiB'\n",
    )
    .expect("written");
    let environment = [
        ("TWOTICK_RELAY_NAME", "environment"),
        ("TWOTICK_RELAY_LOG", "debug"),
        ("TWOTICK_RELAY_LIMITS_ENVELOPES", "6"),
        ("OTHER_NAME", "other"),
    ];
    let file = file.to_str().expect("text");
    let flags = ["--config", file, "--name", "flag", "--set", "limits.lane = 7"];
    let Configuration { general, limits } = configuration(&flags, &environment).expect("a configuration");
    assert_eq!(general.name, "flag");
    assert_eq!(general.log.to_string(), "debug");
    assert_eq!(general.data.as_deref(), Some(Path::new("file")));
    assert_eq!(general.drain, Duration::from_secs(30));
    assert_eq!(
        (limits.envelopes, limits.bytes, limits.lane, limits.prekeys),
        (6, Bytes(1 << 20), 7, 100)
    );
}

#[test]
fn the_environment_may_name_the_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("relay.toml");
    std::fs::write(&file, "store = 'memory'").expect("written");
    let environment = [("TWOTICK_RELAY_CONFIG", file.to_str().expect("text"))];
    let configuration = configuration(&[], &environment).expect("a configuration");
    assert_eq!(configuration.general.store, StoreKind::Memory);
}

#[test]
fn what_is_no_setting_is_named_with_where_it_stands() {
    let directory = tempfile::tempdir().expect("a directory");
    let of_file = |text: &str| {
        let file = directory.path().join("relay.toml");
        std::fs::write(&file, text).expect("written");
        configuration(&["--config", file.to_str().expect("text")], &[])
            .expect_err("an error")
            .to_string()
    };
    assert!(of_file("lisen = '127.0.0.1:1'").ends_with("relay.toml: there is no setting lisen"));
    assert!(of_file("[limits]\nenvelope = 1").ends_with("there is no setting limits.envelope"));
    assert!(of_file("[limit]\nenvelopes = 1").ends_with("there is no setting limit.envelopes"));
    assert!(of_file("listen = 'here'").contains("listen must be an IP address and a port"));
    assert!(of_file("[limits]\nrefusals = '60'").contains("limits.refusals must be a burst"));
    assert!(of_file("listen = [1]").ends_with("listen holds no plain value"));
    assert!(of_file("listen = ").contains("relay.toml: "));
    assert!(of_file("name = 'a'\nname = 'b'").contains("relay.toml: "));
    let error = configuration(&[], &[("TWOTICK_RELAY_LISTN", "x")]).expect_err("an error");
    assert_eq!(
        error.to_string(),
        "environment TWOTICK_RELAY_LISTN: there is no setting listn"
    );
    let error = configuration(&["--set", "limits.tokens=1"], &[]).expect_err("an error");
    assert_eq!(error.to_string(), "--set: there is no setting limits.tokens");
    let error = configuration(&["--listen", "1"], &[]).expect_err("an error");
    assert!(
        error.to_string().starts_with("--listen: listen must be"),
        "{error}"
    );
    let error = configuration(&["--config", "/nowhere.toml"], &[]).expect_err("an error");
    assert!(matches!(error, ConfigurationError::UnreadableFile { .. }) && !error.advice().is_empty());
}

/// R-TRN-5: clear text is for loopback, or for a terminator that is named.
#[test]
fn clear_text_is_for_loopback_or_a_terminator() {
    let public = [
        "--data",
        "d",
        "--listen",
        "0.0.0.0:443",
        "--name",
        "relay.example",
    ];
    let with = |more: &[&str]| configuration(&[&public, more].concat(), &[]);
    let error = with(&[]).expect_err("an error");
    assert_eq!(error.to_string(), "clear text is served on loopback only");
    assert!(with(&["--behind-terminator", "10.0.0.1"]).is_ok());
    assert!(with(&["--tls-cert", "c", "--tls-key", "k"]).is_ok());
    let error = with(&["--tls-cert", "c"]).expect_err("an error");
    assert!(error.to_string().contains("tls_key is missing"));
    assert!(
        with(&[
            "--tls-cert",
            "c",
            "--tls-key",
            "k",
            "--behind-terminator",
            "10.0.0.1"
        ])
        .is_err()
    );
    assert!(configuration(&["--dev", "--listen", "0.0.0.0:1"], &[]).is_err());
    assert!(configuration(&["--data", "d", "--listen", "[::1]:1"], &[]).is_ok());
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let error = configuration(&[], &[]).expect_err("an error");
    assert_eq!(error.to_string(), "no directory is given for the store");
    assert_eq!(
        error.advice(),
        "give --data DIR, or --dev for a relay that forgets"
    );
    assert!(configuration(&["--store", "memory"], &[]).is_ok());
    let nameless = [
        "--data",
        "d",
        "--listen",
        "0.0.0.0:1",
        "--behind-terminator",
        "10.0.0.1",
    ];
    assert_eq!(
        configuration(&nameless, &[]).expect_err("an error").to_string(),
        "the relay has no name"
    );
    let long = "n".repeat(256);
    assert!(configuration(&["--data", "d", "--name", &long], &[]).is_err());
}

/// R-ABU-1: what is printed is a file that gives the same configuration, with every setting and what it means.
#[test]
fn the_printed_configuration_gives_itself_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("relay.toml");
    let flags = [
        "--data",
        "a directory",
        "--name",
        "relay.example",
        "--set",
        "limits.bytes=12345",
        "--set",
        "drain=90s",
    ];
    let first = configuration(&flags, &[]).expect("a configuration");
    std::fs::write(&file, first.document()).expect("written");
    let second = configuration(&["--config", file.to_str().expect("text")], &[]).expect("a configuration");
    assert_eq!(first, second);
    let document = first.document();
    for name in [General::NAMES, Limits::NAMES].concat() {
        let at = document
            .find(&format!("\n{name} = "))
            .unwrap_or_else(|| panic!("{name} is not printed"));
        assert!(
            document[..at]
                .lines()
                .last()
                .is_some_and(|line| line.starts_with("# ")),
            "{name} is not explained"
        );
    }
}

/// Each setting can be set by the environment under its name.
#[test]
fn every_setting_is_in_the_environment() {
    let expected = configuration(&["--store", "memory"], &[]).expect("a configuration");
    let general = expected
        .general
        .shown()
        .into_iter()
        .map(|shown| (shown.name.to_uppercase(), shown.value));
    let limits = expected.limits.shown().into_iter();
    let limits = limits.map(|shown| (format!("LIMITS_{}", shown.name.to_uppercase()), shown.value));
    let environment: Vec<_> = general
        .chain(limits)
        .map(|(name, value)| (format!("{ENVIRONMENT_PREFIX}{name}"), value))
        .collect();
    let environment: Vec<_> = environment
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(configuration(&[], &environment), Ok(expected));
}

pub(crate) fn configuration(
    flags: &[&str],
    environment: &[(&str, &str)],
) -> Result<Configuration, ConfigurationError> {
    let command = Command::try_parse_from([&["twotick-relay"], flags].concat()).expect("flags that exist");
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    command.serving.configuration(environment)
}
