#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| twotick_e2e::fuzz::frame(data));
