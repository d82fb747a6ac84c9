//! Sizes of files and functions.

use super::Finding;
use super::source::{code_only, without_unit_tests};
use super::tree::{SourceFile, Tree};

/// Finds what is too long.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = files_over(tree, FILE_LINES_MAX, "split it by meaning");
    findings.extend(tree.rust().flat_map(long_functions));
    findings
}

/// Files that deserve a second look, which is no fault.
pub(super) fn notes(tree: &Tree) -> Vec<Finding> {
    files_over(tree, FILE_LINES_LOOK, "look at it again")
}

fn files_over(tree: &Tree, max: usize, advice: &str) -> Vec<Finding> {
    let with_lines = tree.rust().map(|file| (file, length(file)));
    with_lines
        .filter(|(_, lines)| *lines > max)
        .map(|(file, lines)| Finding::new(&file.path, 0, format!("{lines} lines: {advice}")))
        .collect()
}

fn length(file: &SourceFile) -> usize {
    without_unit_tests(&file.text).lines().count()
}

fn long_functions(file: &SourceFile) -> Vec<Finding> {
    let code = code_only(&file.text);
    let lines: Vec<&str> = code.lines().collect();
    let mut findings = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else {
            continue;
        };
        let rest = lines.get(index..).unwrap_or_default();
        let len = function_lines(rest);
        if len > FUNCTION_LINES_MAX {
            let text = format!("{name} has {len} lines: split it");
            findings.push(Finding::new(&file.path, index + 1, text));
        }
    }
    findings
}

fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_declaration = before
        .split_whitespace()
        .all(|word| QUALIFIERS.contains(&word) || word.starts_with("pub(") || word == "\"\"");
    let name = after.split(['(', '<']).next()?;
    (is_declaration && !name.is_empty()).then_some(name)
}

/// Lines from the declaration to the brace that closes the body, which rustfmt puts at the
/// declaration's own indent.
fn function_lines(lines: &[&str]) -> usize {
    let Some(first) = lines.first() else {
        return 0;
    };
    let body = lines.iter().position(|line| line.trim_end().ends_with(['{', ';', '}']));
    let Some(body) = body.filter(|at| lines.get(*at).is_some_and(|line| line.ends_with('{')))
    else {
        return 1;
    };
    let indent = first.len() - first.trim_start().len();
    let closing = format!("{:indent$}}}", "");
    let after = lines.iter().skip(body + 1).position(|line| line.trim_end() == closing);
    after.map_or(lines.len(), |at| body + at + 2)
}

const QUALIFIERS: &[&str] = &["pub", "const", "async", "unsafe", "extern"];
/// No file is longer, its unit tests apart.
const FILE_LINES_MAX: usize = 500;
/// Longer files are listed.
const FILE_LINES_LOOK: usize = 300;
/// No function is longer.
const FUNCTION_LINES_MAX: usize = 70;

#[cfg(test)]
mod tests {
    use super::*;

    fn function(lines: usize) -> String {
        format!(
            "impl A {{\n    pub(crate) fn b(\n        c: u8,\n    ) {{\n{}    }}\n}}\n",
            "        d();\n".repeat(lines - 4)
        )
    }

    #[test]
    fn a_long_function_is_found() {
        let check = |text: &str| check(&Tree::of(&[("a.rs", text)]));
        assert!(check(&function(70)).is_empty());
        assert_eq!(check(&function(71)), [Finding::new("a.rs", 2, "b has 71 lines: split it")]);
    }

    #[test]
    fn a_long_file_is_found_and_its_tests_do_not_count() {
        let long = "mod a;\n".repeat(501);
        assert_eq!(check(&Tree::of(&[("a.rs", &long)])).len(), 1);
        let tested = format!("fn a() {{}}\n\n#[cfg(test)]\nmod tests {{\n{long}}}\n");
        assert!(check(&Tree::of(&[("a.rs", &tested)])).is_empty());
    }
}
