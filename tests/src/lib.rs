//! What the whole-system tests share: the bodies of the fuzz targets, and the seeds of their corpora.

#![forbid(unsafe_code)]

pub mod fuzz;
