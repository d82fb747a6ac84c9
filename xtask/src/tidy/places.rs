//! Paths of one machine and hosts of package registries, which mean nothing to anybody else.

use super::Finding;
use super::tree::Tree;

/// Finds them in every text.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let ours = tree.files().filter(|file| !file.path.starts_with(OWN) && file.path != "Cargo.lock");
    for file in ours {
        for (line, text) in file.lines() {
            if let Some(path) = MACHINE_PATHS.iter().find(|path| names_path(text, path)) {
                let text = format!("{path} is a path of one machine");
                findings.push(Finding::new(&file.path, line, text));
            }
            if let Some(host) = REGISTRIES.iter().find(|host| text.contains(**host)) {
                findings.push(Finding::new(
                    &file.path,
                    line,
                    format!("{host} is a registry's host"),
                ));
            }
        }
    }
    findings
}

/// Whether the text names something below the folder, from the root of the file system.
fn names_path(text: &str, folder: &str) -> bool {
    text.match_indices(folder).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + folder.len()..).and_then(|text| text.chars().next());
        let is_rooted =
            !before.is_some_and(|char| char.is_alphanumeric() || "._-}*".contains(char));
        is_rooted && after.is_some_and(char::is_alphanumeric)
    })
}

/// This folder names what it looks for.
const OWN: &str = "xtask/src/tidy/";
const MACHINE_PATHS: &[&str] = &["/home/", "/root/", "/work/", "/Users/"];
const REGISTRIES: &[&str] = &[
    "crates.io/api",
    "static.crates.io",
    "index.crates.io",
    "registry.npmjs.org",
    "pypi.org",
    "files.pythonhosted.org",
    "proxy.golang.org",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> usize {
        check(&Tree::of(&[("a.md", text)])).len()
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        assert_eq!(findings("see /home/anna/x"), 1);
        assert_eq!(findings("see /work/main"), 1);
        assert_eq!(findings("ferry://host/home/x and target/work/y and /home/"), 0);
    }

    #[test]
    fn registries_are_found() {
        assert_eq!(findings("curl https://static.crates.io/x"), 1);
    }
}
