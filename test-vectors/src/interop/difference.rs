//! Where two answers first differ.

use serde_json::Value;

/// A place in two values that are not equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `/ok/envelopes/0/envelope`.
    pub path: String,
    /// What should stand there, cut to what shows the difference.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

const NOTHING: &str = "(nothing)";
const SHOWN: usize = 160;

/// The first place where they differ, if they do.
#[must_use]
pub fn first_difference(expected: &Value, found: &Value) -> Option<Difference> {
    if expected == found {
        return None;
    }
    Some(between(String::new(), Some(expected), Some(found)))
}

fn between(path: String, expected: Option<&Value>, found: Option<&Value>) -> Difference {
    match (expected, found) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            let differing = |name: &&String| left.get(*name) != right.get(*name);
            let same_names = left.len() == right.len() && left.keys().all(|name| right.contains_key(name));
            if let Some(name) = left.keys().find(differing).filter(|_| same_names) {
                return between(format!("{path}/{name}"), left.get(name), right.get(name));
            }
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) => {
            let differing = |index: &usize| left.get(*index) != right.get(*index);
            if let Some(index) = (0..left.len().max(right.len())).find(differing) {
                return between(format!("{path}/{index}"), left.get(index), right.get(index));
            }
        }
        (Some(Value::String(left)), Some(Value::String(right))) => return texts(path, left, right),
        _ => {}
    }
    let shown = |value: Option<&Value>| value.map_or(NOTHING.into(), shortened);
    Difference {
        path,
        expected: shown(expected),
        found: shown(found),
    }
}

/// Two texts: hex that is long is shown from shortly before the first byte that differs.
fn texts(path: String, expected: &str, found: &str) -> Difference {
    let same = expected
        .bytes()
        .zip(found.bytes())
        .take_while(|(left, right)| left == right)
        .count();
    let long = expected.len().max(found.len()) > SHOWN;
    let from = if long { same.saturating_sub(16) & !1 } else { 0 };
    let shown = |text: &str| {
        let part: String = text.chars().skip(from).take(SHOWN).collect();
        format!("\"{part}\"")
    };
    let path = if long {
        format!("{path}, from byte {} of {}", from / 2, expected.len() / 2)
    } else {
        path
    };
    Difference {
        path,
        expected: shown(expected),
        found: shown(found),
    }
}

/// The value with long texts cut.
#[must_use]
pub fn shortened(value: &Value) -> String {
    cut(value).to_string()
}

fn cut(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() > SHOWN => {
            let start: String = text.chars().take(48).collect();
            Value::String(format!("{start}… ({} characters)", text.len()))
        }
        Value::Array(items) => items.iter().map(cut).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), cut(value)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}
