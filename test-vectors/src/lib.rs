//! Test vectors of SPEC.md: what makes them, what checks them, what drives other implementations.
//!
//! README.md has the format of the files, OPERATIONS.md the language they are written in.

#![forbid(unsafe_code)]

pub mod allowed;
pub mod answer;
pub mod arguments;
pub mod case;
pub mod check;
pub mod discriminate;
pub mod drive;
pub mod explain;
pub mod files;
pub mod generate;
pub mod grade;
pub mod interop;
pub mod lint;
pub mod mutants;
pub mod operations;
pub mod process;
pub mod random;
pub mod schema;
pub mod spec_sync;
