#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ferry_client::fuzz::link(input));
