//! Arguments that may be changed without effect, and why.

/// (operation, argument, reason). `*` stands for every operation; an argument is the beginning of a path.
const ALLOWED: [(&str, &str, &str); 0] = [];

/// Why this argument may be without effect, if it may.
#[must_use]
pub fn reason(operation: &str, path: &str) -> Option<&'static str> {
    let matches = |(of, argument, _): &&(&str, &str, &str)| {
        (*of == "*" || *of == operation) && path.starts_with(argument)
    };
    ALLOWED.iter().find(matches).map(|(_, _, reason)| *reason)
}
