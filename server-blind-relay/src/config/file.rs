//! The configuration file: TOML, one table `limits` in it, every value also good as a text.

use std::path::Path;

use super::ConfigurationError;

/// Names and values in a file, `limits.` before those of that table.
pub(super) fn settings(path: &Path) -> Result<Vec<(String, String)>, ConfigurationError> {
    let unreadable = |reason: String| ConfigurationError::UnreadableFile {
        path: path.display().to_string(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        unreadable(
            error
                .to_string()
                .lines()
                .map(str::trim)
                .collect::<Vec<_>>()
                .join(" "),
        )
    })?;
    let mut settings = Vec::new();
    for (name, value) in table {
        match value {
            toml::Value::Table(inner) => {
                for (inner_name, value) in inner {
                    let name = format!("{name}.{inner_name}");
                    settings.push(
                        plain(&name, value)
                            .ok_or_else(|| unreadable(format!("{name} holds no plain value")))?,
                    );
                }
            }
            value => settings
                .push(plain(&name, value).ok_or_else(|| unreadable(format!("{name} holds no plain value")))?),
        }
    }
    Ok(settings)
}

fn plain(name: &str, value: toml::Value) -> Option<(String, String)> {
    let text = match value {
        toml::Value::String(text) => text,
        toml::Value::Integer(number) => number.to_string(),
        _ => return None,
    };
    Some((name.to_owned(), text))
}
