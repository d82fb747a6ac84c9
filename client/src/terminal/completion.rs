//! What Tab offers at the prompt: verbs, names on the server, names on this computer.

use super::line::{last_word_start, os_string, quote, split};
use super::prompt_line::{self, Offers};
use super::session::Session;
use super::verbs::local;
use crate::address::resolve;
use ferry_protocol::{EntryKind, RemotePath};
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};
use std::cell::RefCell;
use std::rc::Rc;

/// Completes a line against the session that it is typed for.
#[derive(Debug)]
pub(crate) struct Completion {
    session: Rc<RefCell<Session>>,
    /// The folder that was looked at last: Tab is pressed several times in a row.
    last_listed: RefCell<Option<(RemotePath, Vec<Vec<u8>>)>>,
}

impl Completion {
    pub(crate) fn new(session: &Rc<RefCell<Session>>) -> Self {
        Self { session: Rc::clone(session), last_listed: RefCell::new(None) }
    }

    /// Forgets what the server's folders held: the last verb may have changed them.
    pub(crate) fn forget(&self) {
        self.last_listed.borrow_mut().take();
    }

    fn offers(&self, verb: &str, folder: &[u8]) -> Vec<Vec<u8>> {
        match prompt_line::offers(verb) {
            Offers::Local => {
                let Ok(session) = self.session.try_borrow() else {
                    return Vec::new();
                };
                local::names(&session.local.join(os_string(folder)))
            }
            Offers::Remote => self.remote_names(folder).unwrap_or_default(),
            Offers::Nothing => Vec::new(),
        }
    }

    /// Without an answer there is nothing to offer.
    fn remote_names(&self, folder: &[u8]) -> Option<Vec<Vec<u8>>> {
        let mut session = self.session.try_borrow_mut().ok()?;
        let path = resolve(&session.remote, folder).ok()?;
        if let Some((listed, names)) = self.last_listed.borrow().as_ref()
            && *listed == path
        {
            return Some(names.clone());
        }
        let mut names = Vec::new();
        for page in session.client.list(&path).ok()? {
            for mut entry in page.ok()? {
                if entry.kind == EntryKind::Folder {
                    entry.name.push(b'/');
                }
                names.push(entry.name);
            }
            if names.len() >= OFFERED_MAX {
                break;
            }
        }
        *self.last_listed.borrow_mut() = Some((path, names.clone()));
        Some(names)
    }
}

impl Completer for Completion {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let typed = line.get(..pos).unwrap_or(line);
        let start = last_word_start(typed);
        let (before, word) = typed.split_at(start);
        let Some(verb) = before.split_whitespace().next() else {
            return Ok((start, verbs(word)));
        };
        let word = unfinished(word);
        let name_start = word.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
        let (folder, prefix) = word.split_at(name_start);
        let mut names = self.offers(verb, folder);
        names.retain(|name| name.starts_with(prefix));
        names.sort_unstable();
        let pairs = names.iter().map(|name| Pair {
            display: quote(name),
            replacement: quote(&[folder, name].concat()),
        });
        Ok((start, pairs.collect()))
    }
}

impl Helper for Completion {}
impl Highlighter for Completion {}
impl Validator for Completion {}
impl Hinter for Completion {
    type Hint = String;
}

fn verbs(prefix: &str) -> Vec<Pair> {
    let prefix = prefix.to_lowercase();
    prompt_line::verb_names()
        .into_iter()
        .filter(|name| name.starts_with(&prefix))
        .map(|name| Pair { display: name.clone(), replacement: format!("{name} ") })
        .collect()
}

/// The bytes of a word whose quote may still be open.
fn unfinished(word: &str) -> Vec<u8> {
    ["", "'", "\""]
        .iter()
        .find_map(|end| split(format!("{word}{end}").as_bytes()).ok())
        .and_then(|words| words.into_iter().next())
        .unwrap_or_default()
}

/// Most names that are fetched for one Tab.
const OFFERED_MAX: usize = 5000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_offered_by_their_beginning() {
        let names: Vec<_> = verbs("L").into_iter().map(|pair| pair.display).collect();
        assert_eq!(names, ["lcd", "lls", "lpwd", "ls"]);
    }

    #[test]
    fn open_quotes_do_not_hide_what_is_typed() {
        assert_eq!(unfinished("'a b"), b"a b");
        assert_eq!(unfinished("\"a b"), b"a b");
        assert_eq!(unfinished("a\\ b"), b"a b");
        assert_eq!(unfinished(""), b"");
    }
}
