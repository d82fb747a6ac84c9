//! Reads the whole tree as a test would: what a reviewer would otherwise have to look for. Each
//! rule is a function from the tree to findings, in a file of its own.

mod commands;
mod dependencies;
mod faults;
mod homes;
mod imports;
mod links;
mod pictures;
mod places;
mod sizes;
mod source;
mod tree;
mod words;

pub(crate) use commands::{ReadmeCommand, readme_commands};

use crate::failure::Failure;
use crate::workspace;
use std::fmt;
use tree::Tree;

/// Something that must be changed, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    /// Counted from 1; 0 is the file as a whole.
    line: usize,
    text: String,
}

impl Finding {
    fn new(path: &str, line: usize, text: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.text),
            line => write!(f, "{}:{line}: {}", self.path, self.text),
        }
    }
}

/// Reads the workspace, prints what was found and returns whether that was nothing.
pub(crate) fn run() -> Result<bool, Failure> {
    let tree = Tree::read(&workspace::root())?;
    for note in sizes::notes(&tree) {
        println!("note: {note}");
    }
    let findings = check(&tree);
    for finding in &findings {
        println!("{finding}");
    }
    println!("tidy: {} files, {} findings", tree.len(), findings.len());
    Ok(findings.is_empty())
}

fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(tree)).collect();
    findings.sort();
    findings.dedup();
    findings
}

type Rule = fn(&Tree) -> Vec<Finding>;

const RULES: &[Rule] = &[
    imports::check,
    homes::check,
    dependencies::check,
    sizes::check,
    words::check,
    places::check,
    links::check,
    pictures::check,
    commands::check,
    faults::check,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_tidy() {
        let tree = Tree::read(&workspace::root()).unwrap();
        let findings: Vec<String> = check(&tree).iter().map(Finding::to_string).collect();
        assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
    }
}
