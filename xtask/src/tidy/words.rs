//! Words that say nothing, notes that were left behind, and talk that is not about the project.

use super::Finding;
use super::source::{code_only, identifiers};
use super::tree::{SourceFile, Tree};

/// Finds them in names, in code and in pages.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let ours = tree.files().filter(|file| !file.path.starts_with(OWN) && file.path != "Cargo.lock");
    ours.flat_map(|file| {
        let mut findings: Vec<Finding> = in_name(file).into_iter().collect();
        findings.extend(left_behind(file));
        if file.is_rust() {
            findings.extend(in_identifiers(file));
        }
        findings
    })
    .collect()
}

fn in_name(file: &SourceFile) -> Option<Finding> {
    let parts = file.path.split(['/', '_', '-', '.']);
    let word = parts.into_iter().find(|part| EMPTY_NAMES.contains(part))?;
    Some(Finding::new(
        &file.path,
        0,
        format!("a file named {word} has no meaning: name what it does"),
    ))
}

fn in_identifiers(file: &SourceFile) -> Vec<Finding> {
    let code = code_only(&file.text);
    let mut findings = Vec::new();
    for (index, line) in code.lines().enumerate() {
        for identifier in identifiers(line).filter(|identifier| !THEIRS.contains(identifier)) {
            if let Some(word) =
                words_of(identifier).find(|word| EMPTY_NAMES.contains(&word.as_str()))
            {
                let text = format!("{identifier}: \"{word}\" has no meaning: name what it does");
                findings.push(Finding::new(&file.path, index + 1, text));
            }
        }
        if line.contains("dbg!") {
            findings.push(Finding::new(&file.path, index + 1, "a debugging macro was left behind"));
        }
    }
    findings
}

fn left_behind(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in file.lines() {
        if let Some(mark) = identifiers(text).find(|word| MARKS.contains(word)) {
            findings.push(Finding::new(
                &file.path,
                line,
                format!("{mark}: do it, or write an issue"),
            ));
        }
        let lower = text.to_lowercase();
        if let Some(talk) = TALK.iter().find(|talk| lower.contains(**talk)) {
            findings.push(Finding::new(
                &file.path,
                line,
                format!("\"{talk}\" is not about the project"),
            ));
        }
    }
    findings
}

/// The words of an identifier, whichever way they are joined.
fn words_of(identifier: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for char in identifier.chars() {
        if char == '_' || (char.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = char.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| char != '_') {
            word.extend(char.to_lowercase());
        }
    }
    words.into_iter()
}

/// Names that libraries chose (rustyline, rcgen), which whoever uses it has to write.
const THEIRS: &[&str] = &["Helper", "set_helper", "helper_mut", "CommonName"];

/// This folder names the words that it looks for.
const OWN: &str = "xtask/src/tidy/";
const EMPTY_NAMES: &[&str] = &["manager", "helper", "helpers", "util", "utils", "common", "misc"];
const MARKS: &[&str] = &["TODO", "FIXME", "XXX", "HACK"];
const TALK: &[&str] =
    &["subagent", "sub-agent", "language model", "as an ai", "chatgpt", "ai-generated"];

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn empty_names_are_found_in_code_and_paths() {
        assert_eq!(findings("a.rs", "struct PoolManager;"), 1);
        assert_eq!(findings("a.rs", "fn read_helper() {}"), 1);
        assert_eq!(findings("server/src/util.rs", ""), 1);
        assert_eq!(findings("a.rs", "// the common case\nfn commonly() {}"), 0);
    }

    #[test]
    fn what_was_left_behind_is_found() {
        assert_eq!(findings("a.rs", "// TODO later"), 1);
        assert_eq!(findings("README.md", "FIXME"), 1);
        assert_eq!(findings("a.rs", "fn a() { dbg!(1); }"), 1);
        assert_eq!(findings("a.sh", "mktemp XXXXXX"), 0);
    }

    #[test]
    fn talk_of_other_things_is_found() {
        assert_eq!(findings("README.md", "Written by a Subagent"), 1);
    }
}
