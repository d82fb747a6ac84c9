//! A mistake that a person made, told so that the person can mend it.

use std::fmt;
use std::path::{Path, PathBuf};

/// One mistake: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    file: Option<PathBuf>,
    line: Option<usize>,
    what: String,
    remedy: String,
}

impl Mistake {
    /// A mistake at a line of a file; lines are counted from 1.
    pub fn at_line(
        file: &Path,
        line: usize,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { line: Some(line), ..Self::in_file(file, what, remedy) }
    }

    /// A mistake with a file as a whole.
    pub fn in_file(file: &Path, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { file: Some(file.to_owned()), ..Self::general(what, remedy) }
    }

    /// What is wrong, and what to do.
    pub(crate) fn into_parts(self) -> (String, String) {
        (self.what, self.remedy)
    }

    /// A mistake that is in no file.
    pub fn general(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { file: None, line: None, what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(formatter, "{}:", file.display())?;
            if let Some(line) = self.line {
                write!(formatter, "{line}:")?;
            }
            formatter.write_str(" ")?;
        }
        write!(formatter, "{}; {}", self.what, self.remedy)
    }
}

/// All mistakes that were found, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }

    pub(crate) fn push(&mut self, mistake: Mistake) {
        self.0.push(mistake);
    }

    pub(crate) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    pub(super) fn sort(&mut self) {
        self.0.sort_by_key(|mistake| mistake.line);
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self(vec![mistake])
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            mistake.fmt(formatter)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}
