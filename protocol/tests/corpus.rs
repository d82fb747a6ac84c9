//! The corpus of the fuzz targets, and every example of `PROTOCOL.md`, through the targets' own
//! entry points: what a fuzzer once found stays found without one.

#![expect(clippy::unwrap_used, reason = "a test's own tools")]

mod wire;

use ferry_protocol::fuzz;
use std::fs;
use std::path::Path;

type Target = (&'static str, fn(&[u8]));

const TARGETS: &[Target] = &[
    ("header", fuzz::header),
    ("request", fuzz::request),
    ("answer", fuzz::answer),
    ("deframer", fuzz::deframer),
    ("server_session_ops", fuzz::server_session_ops),
];

#[test]
fn the_corpus_of_every_target_passes() {
    for (name, target) in TARGETS {
        let inputs = corpus(name);
        assert!(!inputs.is_empty(), "{name} has no corpus");
        for input in &inputs {
            target(input);
        }
    }
}

#[test]
fn every_target_has_its_file_and_no_other() {
    let mut files = names_in(&fuzz_folder().join("fuzz_targets"));
    files.sort();
    let mut targets: Vec<String> = TARGETS
        .iter()
        .map(|(name, _)| format!("{name}.rs"))
        .collect();
    targets.sort();
    assert_eq!(files, targets);
}

#[test]
fn every_example_passes_every_target() {
    for vector in wire::vectors() {
        let kind_and_body = [&vector.bytes[4..6], &vector.bytes[16..]].concat();
        let stream = [&[3], vector.bytes.as_slice()].concat();
        fuzz::header(&vector.bytes);
        fuzz::request(&kind_and_body);
        fuzz::answer(&kind_and_body);
        fuzz::deframer(&stream);
        fuzz::server_session_ops(&stream);
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = fuzz_folder().join("corpus").join(target);
    let names = names_in(&folder);
    names
        .iter()
        .map(|name| fs::read(folder.join(name)).unwrap())
        .collect()
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn fuzz_folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz"))
}
