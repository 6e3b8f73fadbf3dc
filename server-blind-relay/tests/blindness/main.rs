//! What a relay shows of what it carries (SPEC 29). Every test has a control: the same look at something that does show.

mod scan;
mod types;
