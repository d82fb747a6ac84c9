//! Files of the state folder that are a list of sections of one kind: read with every mistake told.

use super::Error;
use crate::config::{Reading, Section};
use crate::state_folder::StateFolder;
use data_encoding::HEXLOWER;
use jiff::Timestamp;

/// All sections `[[word]]` of a file; none where there is no file.
pub(super) fn read<T>(
    state: &StateFolder,
    name: &'static str,
    word: &'static str,
    parse: impl for<'t> Fn(&mut Section<'t>, &mut Reading<'t>) -> Option<T>,
) -> Result<Vec<T>, Error> {
    let Some(text) = state.read(name)? else {
        return Ok(Vec::new());
    };
    let path = state.file(name);
    let mut reading = Reading::new(&path, &text);
    let mut root = reading.root();
    let mut all = Vec::new();
    for section in root.sections(word, &mut reading) {
        let span = section.span();
        let mut section = section.into_inner();
        match parse(&mut section, &mut reading) {
            Some(one) => all.push(one),
            None => reading.mistake(span, "this section is damaged or lacks a word", "remove it"),
        }
        section.end(&mut reading);
    }
    root.end(&mut reading);
    let mistakes = reading.finish();
    if mistakes.is_empty() { Ok(all) } else { Err(Error::Mistakes(mistakes)) }
}

/// A value that has a text of its own.
pub(super) fn value<'t, T>(
    section: &mut Section<'t>,
    word: &'static str,
    reading: &mut Reading<'t>,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let text = section.value::<String>(word, "\"…\", as the command wrote it", reading)?;
    parse(text.get_ref())
}

/// 32 bytes as hexadecimal digits.
pub(super) fn hex32(text: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// An RFC 3339 time.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}
