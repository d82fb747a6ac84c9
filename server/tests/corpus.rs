//! The corpus of the fuzz targets, through the targets' own entry points: what a fuzzer once found
//! stays found without one.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ferry_server::fuzz;
use std::fs;
use std::path::Path;

#[test]
fn the_corpus_of_every_target_passes() {
    for input in corpus("configuration") {
        fuzz::configuration(&input);
    }
    for input in corpus("accounts") {
        fuzz::accounts(&input);
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus")).join(target);
    let inputs: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert!(!inputs.is_empty(), "{target} has no corpus");
    inputs
}
