//! `twotick-relay`: see `--help`.

#![forbid(unsafe_code)]

fn main() {}
