//! Reads a TOML text value by value, so that one reading finds every mistake with its line.
//!
//! serde's derived structs stop at the first mistake; here each value is deserialized by itself
//! and every word that nobody asked for is told.

use super::{Mistake, Mistakes};
use serde::Deserialize;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// A file being read, and the mistakes found so far.
pub(crate) struct Reading<'t> {
    file: &'t Path,
    text: &'t str,
    mistakes: Mistakes,
}

impl<'t> Reading<'t> {
    pub(crate) fn new(file: &'t Path, text: &'t str) -> Self {
        Self { file, text, mistakes: Mistakes::default() }
    }

    /// The words outside any section. What is no TOML is told and left out.
    pub(crate) fn root(&mut self) -> Section<'t> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for err in errors {
            let what = format!("this is not TOML: {}", err.message());
            self.mistake(err.span().unwrap_or_default(), what, "mend or remove the line");
        }
        Section { table: table.into_inner(), title: None, asked: Vec::new() }
    }

    pub(crate) fn mistake(
        &mut self,
        at: Range<usize>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let line = self.line(at.start);
        self.mistakes.push(Mistake::at_line(self.file, line, what, remedy));
    }

    pub(crate) fn finish(mut self) -> Mistakes {
        self.mistakes.sort();
        self.mistakes
    }

    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        before.filter(|byte| **byte == b'\n').count() + 1
    }
}

/// A table of the file. Values are taken out of it; what is left at the end is a mistake.
pub(crate) struct Section<'t> {
    table: DeTable<'t>,
    title: Option<&'static str>,
    asked: Vec<&'static str>,
}

impl<'t> Section<'t> {
    /// Takes a value. `expected` finishes the sentence "write `word = …`".
    pub(crate) fn value<T: Deserialize<'t>>(
        &mut self,
        word: &'static str,
        expected: &str,
        reading: &mut Reading<'t>,
    ) -> Option<Spanned<T>> {
        let value = self.take(word)?;
        let span = value.span();
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(value) => Some(Spanned::new(span, value)),
            Err(err) => {
                let what = format!("`{word}` cannot have this value: {}", err.message().trim());
                reading.mistake(span, what, format!("write {word} = {expected}"));
                None
            }
        }
    }

    /// Takes the section `[word]`.
    pub(crate) fn section(
        &mut self,
        word: &'static str,
        reading: &mut Reading<'t>,
    ) -> Option<Self> {
        let value = self.take(word)?;
        let span = value.span();
        if let DeValue::Table(table) = value.into_inner() {
            return Some(Self { table, title: Some(word), asked: Vec::new() });
        }
        let what = format!("`{word}` is a section, not a value");
        reading.mistake(span, what, format!("write [{word}] on a line, its words below it"));
        None
    }

    /// Takes the sections `[[word]]`, each with its place.
    pub(crate) fn sections(
        &mut self,
        word: &'static str,
        reading: &mut Reading<'t>,
    ) -> Vec<Spanned<Self>> {
        let Some(value) = self.take(word) else {
            return Vec::new();
        };
        let span = value.span();
        let DeValue::Array(values) = value.into_inner() else {
            let what = format!("`{word}` is a list of sections");
            reading.mistake(span, what, format!("write [[{word}]] on a line, its words below it"));
            return Vec::new();
        };
        let mut sections = Vec::new();
        for value in values {
            let span = value.span();
            if let DeValue::Table(table) = value.into_inner() {
                let section = Self { table, title: Some(word), asked: Vec::new() };
                sections.push(Spanned::new(span, section));
            } else {
                let what = format!("`{word}` is a list of sections, not of values");
                reading.mistake(span, what, format!("write [[{word}]] on a line"));
            }
        }
        sections
    }

    /// Tells every word that nobody asked for.
    pub(crate) fn end(self, reading: &mut Reading<'t>) {
        let place = self.title.map_or_else(String::new, |title| format!(" in [{title}]"));
        for word in self.table.keys() {
            let shown = ferry_protocol::escape(word.get_ref().as_bytes());
            let what = format!("unknown word `{shown}`{place}");
            let remedy = format!("the words here are: {}", self.asked.join(", "));
            reading.mistake(word.span(), what, remedy);
        }
    }

    fn take(&mut self, word: &'static str) -> Option<Spanned<DeValue<'t>>> {
        self.asked.push(word);
        self.table.remove(word)
    }
}
