//! Libraries that have one home each, so that a change of one touches one place.

use super::Finding;
use super::source::{code_only, identifiers, without_unit_tests};
use super::tree::{SourceFile, Tree};

/// A library's crate name and where it may be named.
struct Home {
    library: &'static str,
    /// Other names by which its use is known.
    also: &'static [&'static str],
    places: &'static [&'static str],
}

const HOMES: &[Home] = &[
    Home {
        library: "rayon",
        also: &["update_rayon"],
        places: &["protocol/src/digest", "server/src/storage/", "client/src/digest"],
    },
    Home {
        library: "rustls",
        also: &[],
        places: &["server/src/transport/tls", "client/src/connector/tls", "xtask/src/tls"],
    },
    Home {
        library: "crossbeam_channel",
        also: &[],
        places: &["server/src/committer", "server/src/audit", "server/src/sync", "gui/src/worker"],
    },
    Home { library: "landlock", also: &[], places: &["server/src/sys/sandbox"] },
    Home { library: "rusqlite", also: &[], places: &["client/src/journal"] },
    Home { library: "fuser", also: &[], places: &["xtask/src/power_cuts/disk"] },
    Home { library: "rfd", also: &[], places: &["gui/src/file_dialog"] },
    Home {
        library: "ferry_client",
        also: &[],
        places: &["client/", "gui/src/worker", "gui/src/start/terminal"],
    },
    Home {
        library: "ferry_server",
        also: &[],
        places: &["server/src/main", "server/fuzz/", "gui/src/share"],
    },
    Home {
        library: "egui",
        also: &["eframe"],
        places: &[
            "gui/src/main",
            "gui/src/app",
            "gui/src/view",
            "gui/src/widgets",
            "gui/src/theme",
            "gui/src/desktop",
            "gui/src/file_dialog",
        ],
    },
];

/// Finds libraries away from home. Integration tests may use what they need.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust().filter(|file| !file.is_test()).flat_map(strangers).collect()
}

fn strangers(file: &SourceFile) -> Vec<Finding> {
    let code = code_only(without_unit_tests(&file.text));
    let mut findings = Vec::new();
    for (index, line) in code.lines().enumerate() {
        for word in identifiers(line) {
            if let Some(place) = not_at_home(&file.path, word) {
                let text = format!("{word} has its home in {place}");
                findings.push(Finding::new(&file.path, index + 1, text));
            }
        }
    }
    findings
}

/// Where the word belongs, if that is not here.
fn not_at_home(path: &str, word: &str) -> Option<String> {
    if word == "rustix" {
        let is_sys = path.split('/').any(|part| part.trim_end_matches(".rs") == "sys");
        return (!is_sys).then(|| "a module named sys".to_owned());
    }
    let home = HOMES.iter().find(|home| home.library == word || home.also.contains(&word))?;
    let is_home = home.places.iter().any(|place| path.starts_with(place));
    (!is_home).then(|| home.places.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn every_library_away_from_home_is_found() {
        for home in HOMES {
            let text = format!("use {}::X;", home.library);
            assert_eq!(findings("server/src/listener.rs", &text), 1, "{}", home.library);
            for place in home.places {
                assert_eq!(findings(&format!("{place}/mod.rs"), &text), 0, "{place}");
            }
        }
    }

    #[test]
    fn system_calls_live_in_modules_named_sys() {
        assert_eq!(findings("server/src/storage/local/mod.rs", "use rustix::fs;"), 1);
        assert_eq!(findings("server/src/storage/local/sys.rs", "use rustix::fs;"), 0);
        assert_eq!(findings("client/src/sys/mod.rs", "use rustix::fs;"), 0);
    }

    #[test]
    fn tests_and_comments_are_free() {
        assert_eq!(findings("server/tests/native.rs", "use rustls::X;"), 0);
        assert_eq!(findings("server/src/lib.rs", "//! rustls is elsewhere\n"), 0);
    }
}
