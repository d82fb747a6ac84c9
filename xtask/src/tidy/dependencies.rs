//! Dependencies that a manifest names and no source uses.

use super::Finding;
use super::source::{code_only, identifiers};
use super::tree::{SourceFile, Tree};

/// Finds them in every package's manifest.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let manifests = tree.files().filter(|file| file.path.ends_with("/Cargo.toml"));
    manifests.flat_map(|manifest| unused(tree, manifest)).collect()
}

fn unused(tree: &Tree, manifest: &SourceFile) -> Vec<Finding> {
    let folder = manifest.path.trim_end_matches("Cargo.toml");
    let sources: Vec<String> = tree
        .rust()
        .filter(|file| file.path.starts_with(folder))
        .map(|file| code_only(&file.text))
        .collect();
    let is_used = |name: &str| {
        let name = library(name);
        sources.iter().any(|code| identifiers(code).any(|word| word == name))
    };
    named(manifest)
        .into_iter()
        .filter(|(_, name)| !is_used(name))
        .map(|(line, name)| Finding::new(&manifest.path, line, format!("{name} is not used")))
        .collect()
}

/// Names in the tables of dependencies, with their lines.
fn named(manifest: &SourceFile) -> Vec<(usize, &str)> {
    let mut is_inside = false;
    let mut names = Vec::new();
    for (line, text) in manifest.lines() {
        if text.starts_with('[') {
            is_inside = text.ends_with("dependencies]");
            continue;
        }
        let name = text.split(['.', '=', ' ']).next().unwrap_or_default();
        if is_inside && !name.is_empty() && !name.starts_with('#') {
            names.push((line, name));
        }
    }
    names
}

/// The name by which sources know a package.
fn library(package: &str) -> String {
    let own = [("rustls-webpki", "webpki"), ("libfuzzer-sys", "libfuzzer_sys")];
    let known = own.iter().find(|(name, _)| *name == package);
    known.map_or_else(|| package.replace('-', "_"), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unused_dependency_is_found() {
        let manifest = "[package]\nname = \"a\"\n\n[dependencies]\nserde-json = \"1\"\ntoml.workspace = true\n\n[lints]\nworkspace = true\n";
        let source = "use toml::Value; // serde_json is only named here\n";
        let tree = Tree::of(&[("a/Cargo.toml", manifest), ("a/src/lib.rs", source)]);
        let findings = check(&tree);
        assert_eq!(findings, [Finding::new("a/Cargo.toml", 5, "serde-json is not used")]);
    }
}
