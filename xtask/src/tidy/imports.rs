//! Who may import whom: between packages by their manifests, inside the server by its layers.

use super::Finding;
use super::source::{code_only, without_unit_tests};
use super::tree::{SourceFile, Tree};

/// Finds imports that run upward or sideways.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = packages(tree);
    for layering in LAYERINGS {
        let files = tree.rust().filter(|file| file.path.starts_with(layering.root));
        findings.extend(files.flat_map(|file| layers(layering, file)));
    }
    findings
}

/// What each package may name among its dependencies; those of its tests are free.
const PACKAGES: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("server", &["ferry-protocol"]),
    ("client", &["ferry-protocol"]),
    ("gui", &["ferry-client", "ferry-protocol", "ferry-server"]),
    ("xtask", &["ferry-protocol"]),
];

/// Modules of one folder with their height: an import runs from higher to lower.
struct Layering {
    root: &'static str,
    heights: &'static [(&'static str, u8)],
    /// Modules that know nothing of the layers; among each other they are free.
    leaves: &'static [&'static str],
}

const LAYERINGS: &[Layering] = &[
    Layering {
        root: "server/src/",
        heights: &[
            ("main", 100),
            ("daemon", 90),
            ("lib", 80),
            ("listener", 70),
            ("pool", 60),
            ("native", 50),
            ("ftp", 50),
            ("door", 40),
            ("service", 30),
            ("committer", 20),
            ("storage", 10),
        ],
        leaves: SERVER_LEAVES,
    },
    Layering {
        root: "gui/src/",
        // What stands on one height never meets: the app carries actions and requests between
        // the views, the update, and the workers.
        heights: &[
            ("main", 100),
            ("start", 97),
            ("lib", 95),
            ("app", 90),
            ("view", 50),
            ("update", 50),
            ("worker", 50),
            ("file_dialog", 50),
            ("share", 50),
            ("desktop", 50),
            ("widgets", 20),
            ("text", 15),
            ("action", 10),
            ("request", 10),
            ("state", 5),
        ],
        leaves: &["theme"],
    },
];

const SERVER_LEAVES: &[&str] = &[
    "transport",
    "wake",
    "metrics",
    "accounts",
    "config",
    "identity",
    "admission",
    "penalties",
    "audit",
    "events",
    "stall",
    "sync",
    "values",
];

impl Layering {
    /// Height of a module; leaves are the ground, and what is not in the table is free.
    fn height(&self, module: &str) -> Option<u8> {
        if self.leaves.contains(&module) {
            return Some(0);
        }
        let known = self.heights.iter().find(|(name, _)| *name == module);
        known.map(|(_, height)| *height)
    }
}

fn packages(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (package, allowed) in PACKAGES {
        let path = format!("{package}/Cargo.toml");
        let Some(manifest) = tree.file(&path) else {
            continue;
        };
        let mut is_in_dependencies = false;
        for (line, text) in manifest.lines() {
            if text.starts_with('[') {
                is_in_dependencies = text == "[dependencies]";
            }
            let name = text.split(['.', '=', ' ']).next().unwrap_or_default();
            let is_ours = name.starts_with("ferry-");
            if is_in_dependencies && is_ours && !allowed.contains(&name) {
                let text = format!("{package} must not import {name}");
                findings.push(Finding::new(&path, line, text));
            }
        }
    }
    findings
}

fn layers(layering: &Layering, file: &SourceFile) -> Vec<Finding> {
    let below = file.path.trim_start_matches(layering.root);
    let own = below.split('/').next().unwrap_or_default().trim_end_matches(".rs");
    let Some(own_height) = layering.height(own) else {
        return Vec::new();
    };
    let code = code_only(without_unit_tests(&file.text));
    let mut findings = Vec::new();
    for (line, module) in crate_paths(&code) {
        let target = if module.starts_with(char::is_uppercase) { "lib" } else { module.as_str() };
        let Some(height) = layering.height(target) else {
            continue;
        };
        let is_downward = height < own_height || target == own || (height == 0 && own_height == 0);
        if !is_downward {
            let text = format!("{own} must not import {target}: imports run downward");
            findings.push(Finding::new(&file.path, line, text));
        }
    }
    findings
}

/// Every first segment after `crate::`, groups in braces included, with its line.
fn crate_paths(code: &str) -> Vec<(usize, String)> {
    let mut paths = Vec::new();
    for (at, found) in code.match_indices("crate::") {
        let line = code.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        let rest = code.get(at + found.len()..).unwrap_or_default();
        let heads = match rest.strip_prefix('{') {
            Some(group) => heads_of_group(group),
            None => vec![head(rest)],
        };
        paths.extend(heads.into_iter().map(|module| (line, module)));
    }
    paths
}

/// First segments in a group such as `a::{b, c}, d}`, up to its closing brace.
fn heads_of_group(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let mut depth = 0;
    let mut is_at_start = true;
    for (at, char) in group.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => is_at_start = true,
            _ if is_at_start && !char.is_whitespace() => {
                heads.push(head(group.get(at..).unwrap_or_default()));
                is_at_start = false;
            }
            _ => {}
        }
    }
    heads
}

fn head(path: &str) -> String {
    path.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn storage_imports_nothing_above_it() {
        assert_eq!(findings("server/src/storage/local/mod.rs", "use crate::service::Service;"), 1);
        assert_eq!(findings("server/src/storage/memory.rs", "use crate::{storage::X, pool};"), 1);
        assert_eq!(findings("server/src/storage/memory.rs", "use crate::storage::Error;"), 0);
    }

    #[test]
    fn doors_never_meet() {
        assert_eq!(findings("server/src/native/mod.rs", "fn a() { crate::ftp::b(); }"), 1);
        assert_eq!(findings("server/src/ftp/control.rs", "use crate::native::X;"), 1);
        assert_eq!(findings("server/src/native/mod.rs", "use crate::{service, door};"), 0);
    }

    #[test]
    fn leaves_know_no_layer() {
        assert_eq!(findings("server/src/wake.rs", "use crate::pool::Lot;"), 1);
        assert_eq!(findings("server/src/accounts/mod.rs", "use crate::config::Config;"), 0);
    }

    #[test]
    fn what_the_crate_exports_is_for_the_daemon_only() {
        assert_eq!(findings("server/src/daemon/start.rs", "use crate::Server;"), 0);
        assert_eq!(findings("server/src/pool/mod.rs", "use crate::Server;"), 1);
    }

    #[test]
    fn client_and_server_meet_in_tests_only() {
        let bad = "[dependencies]\nferry-server.workspace = true\n";
        assert_eq!(findings("client/Cargo.toml", bad), 1);
        let good = "[dependencies]\nferry-protocol.workspace = true\n[dev-dependencies]\nferry-server.workspace = true\n";
        assert_eq!(findings("client/Cargo.toml", good), 0);
    }

    #[test]
    fn comments_and_unit_tests_are_free() {
        assert_eq!(findings("server/src/storage/mod.rs", "/// See crate::service::X\n"), 0);
        let tests = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    use crate::service::X;\n}\n";
        assert_eq!(findings("server/src/storage/mod.rs", tests), 0);
    }
}
