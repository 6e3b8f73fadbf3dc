//! The formats of `twotick-wire` against SPEC sections 2 to 11, 14 and 21.
//!
//! `exact` holds for every format alike; `rules` and `lengths` are about one format each.

mod exact;
mod fixture;
mod format;
mod frame;
mod generate;
mod keys;
mod layout;
mod lengths;
mod padding;
mod registry;
mod round_trip;
mod rules;
mod values;
