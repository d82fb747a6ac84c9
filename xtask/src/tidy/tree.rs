//! The files of the workspace, read once.

use crate::failure::{During as _, Failure};
use std::fs;
use std::path::Path;

/// One file. What is not UTF-8 has no text.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// Path below the root, with slashes.
    pub(super) path: String,
    /// Its text; empty for pictures and the like.
    pub(super) text: String,
}

impl SourceFile {
    /// Whether it is Rust.
    pub(super) fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    /// Whether it is a page.
    pub(super) fn is_page(&self) -> bool {
        self.has_extension("md")
    }

    /// Whether it lies among integration tests.
    pub(super) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.stem() == "tests"
    }

    /// Its lines with their numbers, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// File name without its last extension.
    pub(super) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    }

    fn has_extension(&self, wanted: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, extension)| extension == wanted)
    }
}

/// All files, ordered by path.
#[derive(Debug, Default)]
pub(super) struct Tree {
    files: Vec<SourceFile>,
}

impl Tree {
    /// Reads everything below the root but what is built or belongs to git.
    pub(super) fn read(root: &Path) -> Result<Self, Failure> {
        let mut tree = Self::default();
        tree.read_folder(root, "")?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    /// A tree made of texts.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() });
        Self { files: files.collect() }
    }

    /// Every file.
    pub(super) fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }

    /// Every Rust file.
    pub(super) fn rust(&self) -> impl Iterator<Item = &SourceFile> {
        self.files().filter(|file| file.is_rust())
    }

    /// Every page.
    pub(super) fn pages(&self) -> impl Iterator<Item = &SourceFile> {
        self.files().filter(|file| file.is_page())
    }

    /// The file with this path.
    pub(super) fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files().find(|file| file.path == path)
    }

    /// Whether a file or folder of this path exists.
    pub(super) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.files().any(|file| file.path == path || file.path.starts_with(&folder))
    }

    /// How many files there are.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    fn read_folder(&mut self, root: &Path, below: &str) -> Result<(), Failure> {
        let folder = root.join(below);
        let shown = folder.display().to_string();
        for entry in fs::read_dir(&folder).during(&shown)? {
            let entry = entry.during(&shown)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
            if entry.file_type().during(&shown)?.is_dir() {
                if !SKIPPED.contains(&name.as_str()) {
                    self.read_folder(root, &path)?;
                }
            } else {
                let bytes = fs::read(entry.path()).during(&path)?;
                let text = String::from_utf8(bytes).unwrap_or_default();
                self.files.push(SourceFile { path, text });
            }
        }
        Ok(())
    }
}

/// Folders that are built, fetched or made by tools.
const SKIPPED: &[&str] = &[".git", "target", "corpus", "artifacts", "node_modules"];
