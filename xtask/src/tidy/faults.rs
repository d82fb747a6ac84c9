//! `FAULTS.md`: every row is there, and every test that it names.

use super::Finding;
use super::tree::Tree;

/// Rows that the page must have.
const ROWS: usize = 47;
const PAGE: &str = "FAULTS.md";

/// Finds rows that are missing and tests that are not there.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.file(PAGE) else { return Vec::new() };
    let mut findings = Vec::new();
    let mut next_row = 1;
    for (line, text) in page.lines() {
        let number = text.split('|').nth(1).and_then(|cell| cell.trim().parse::<usize>().ok());
        let Some(number) = number else { continue };
        if number != next_row {
            findings.push(Finding::new(PAGE, line, format!("row {next_row} should be here")));
        }
        next_row = number + 1;
        for name in tests_in(text) {
            let head = format!("fn {name}(");
            if !tree.rust().any(|file| file.text.contains(&head)) {
                findings.push(Finding::new(PAGE, line, format!("there is no test {name}")));
            }
        }
    }
    if next_row != ROWS + 1 {
        findings.push(Finding::new(PAGE, 0, format!("it should end with row {ROWS}")));
    }
    findings
}

/// What stands in backticks and reads like the name of a function.
fn tests_in(row: &str) -> impl Iterator<Item = &str> {
    let is_name = |word: &&str| {
        word.contains('_')
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit())
    };
    row.split('`').skip(1).step_by(2).filter(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(last: usize, test: &str) -> String {
        let rows = (1..=last).map(|row| format!("| {row} | a fault | is met | `{test}` |"));
        rows.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_missing_row_and_a_missing_test_are_found() {
        let tests = ("server/tests/a.rs", "#[test]\nfn it_is_met() {}\n");
        let found = |page: &str| check(&Tree::of(&[(PAGE, page), tests])).len();
        assert_eq!(found(&rows(ROWS, "it_is_met")), 0);
        assert_eq!(found(&rows(ROWS - 1, "it_is_met")), 1);
        assert_eq!(found(&rows(ROWS, "it_is_not")), ROWS);
        assert_eq!(found(&rows(ROWS, "it_is_met").replace("| 7 |", "| x |")), 1);
    }
}
