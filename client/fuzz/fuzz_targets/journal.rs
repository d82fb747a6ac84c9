#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let scratch = std::env::temp_dir().join(format!("ferry-fuzz-{}", std::process::id()));
    ferry_client::fuzz::journal(input, &scratch);
});
