//! Pictures that no page shows. Pages that show missing pictures are found with the links.

use super::Finding;
use super::links::links;
use super::tree::Tree;
use std::collections::BTreeSet;

/// Finds them.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let shown: BTreeSet<String> = tree.pages().flat_map(links).map(|(_, target)| target).collect();
    tree.files()
        .filter(|file| file.path.starts_with("screenshots/") && !file.stem().starts_with('.'))
        .filter(|file| !file.is_page() && !shown.contains(&file.path))
        .map(|file| Finding::new(&file.path, 0, "no page shows this picture"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_no_page_shows_is_found() {
        let tree = Tree::of(&[
            ("README.md", "![a](screenshots/a.png) <img src=\"screenshots/b.png\">"),
            ("screenshots/a.png", ""),
            ("screenshots/b.png", ""),
            ("screenshots/c.png", ""),
        ]);
        assert_eq!(
            check(&tree),
            [Finding::new("screenshots/c.png", 0, "no page shows this picture")]
        );
    }
}
