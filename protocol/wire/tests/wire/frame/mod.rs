//! The frames of SPEC 21 and the frame sequence of SPEC 30.

mod exact;
mod generate;
mod generate_relay;
mod layout;
mod lengths;
mod registry;
mod rules;
mod sample;
mod sample_relay;
mod sequence;
mod shown;
