//! Relative links of pages that lead nowhere.

use super::Finding;
use super::tree::{SourceFile, Tree};

/// Finds them.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for page in tree.pages() {
        for (line, target) in links(page) {
            if !tree.has(&target) {
                findings.push(Finding::new(&page.path, line, format!("{target} does not exist")));
            }
        }
    }
    findings
}

/// Files that a page links to or shows, as paths below the root, with the lines that do.
pub(super) fn links(page: &SourceFile) -> Vec<(usize, String)> {
    let mut is_fenced = false;
    let mut links = Vec::new();
    for (line, text) in page.lines() {
        if text.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        }
        if is_fenced {
            continue;
        }
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        let shown = text.split("src=\"").skip(1).filter_map(|rest| rest.split_once('"'));
        for (target, _) in targets.chain(shown) {
            if let Some(path) = below_root(&page.path, target) {
                links.push((line, path));
            }
        }
    }
    links
}

/// The path below the root that a link means; none for other hosts and places in the page.
fn below_root(page: &str, target: &str) -> Option<String> {
    let file = target.split(['#', ' ']).next().unwrap_or_default();
    if file.is_empty() || file.contains("://") || file.starts_with("mailto:") {
        return None;
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_nowhere_is_found() {
        let page = "[a](b.md) [c](../d/e.rs#f) <https://g.h> [i](https://j.k/l) [m](#n)\n```\n[o](p)\n```\n";
        let tree = Tree::of(&[("q/r.md", page), ("q/b.md", ""), ("d/e.rs", "")]);
        assert!(check(&tree).is_empty());
        let tree = Tree::of(&[("q/r.md", page), ("d/e.rs", "")]);
        assert_eq!(check(&tree), [Finding::new("q/r.md", 1, "q/b.md does not exist")]);
    }
}
