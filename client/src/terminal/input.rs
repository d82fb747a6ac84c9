//! Where lines come from: an editor on a terminal, or a script.

use super::completion::Completion;
use super::person::Person;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Behavior, CompletionType, Config, Editor};
use std::fmt;
use std::fs;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where lines come from.
pub struct Input {
    from: Origin,
}

enum Origin {
    Person(Arc<Person>),
    Editor { editor: Box<Editor<Completion, FileHistory>>, history: PathBuf, person: Arc<Person> },
    Script(Box<dyn BufRead>),
}

/// One line, or why there is none.
#[derive(Debug)]
pub(crate) enum Line {
    Text(Vec<u8>),
    /// Ctrl-C: the line was given up.
    Interrupted,
    End,
}

impl Input {
    /// The person at the terminal, or else standard input as a script.
    #[must_use]
    pub fn new(person: &Arc<Person>) -> Self {
        if person.is_there() {
            Self { from: Origin::Person(Arc::clone(person)) }
        } else {
            Self::script(Box::new(io::stdin().lock()))
        }
    }

    /// A script that is run line by line.
    #[must_use]
    pub fn script(lines: Box<dyn BufRead>) -> Self {
        Self { from: Origin::Script(lines) }
    }

    /// Whether nobody is there and lines come from a script.
    pub(crate) fn is_script(&self) -> bool {
        matches!(self.from, Origin::Script(_))
    }

    /// Gives the terminal completion, and the history in this file.
    pub(crate) fn start_editor(&mut self, completion: Completion, history: &Path) {
        let Origin::Person(person) = &self.from else {
            return;
        };
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .history_ignore_space(true)
            .auto_add_history(true)
            .behavior(Behavior::PreferTerm)
            .build();
        let Ok(mut editor) = Editor::with_config(config) else {
            return;
        };
        editor.set_helper(Some(completion));
        // The first run has no history.
        drop(editor.load_history(history));
        self.from = Origin::Editor {
            editor: Box::new(editor),
            history: history.to_path_buf(),
            person: Arc::clone(person),
        };
    }

    /// Names on the server may have changed since Tab was pressed last.
    pub(crate) fn forget_names(&mut self) {
        if let Origin::Editor { editor, .. } = &mut self.from
            && let Some(completion) = editor.helper_mut()
        {
            completion.forget();
        }
    }

    /// The next line.
    pub(crate) fn line(&mut self, prompt: &str) -> io::Result<Line> {
        match &mut self.from {
            Origin::Person(person) => Ok(person.ask(prompt).map_or(Line::End, into_text)),
            Origin::Editor { editor, .. } => match editor.readline(prompt) {
                Ok(text) => Ok(into_text(text)),
                Err(ReadlineError::Interrupted) => Ok(Line::Interrupted),
                Err(ReadlineError::Eof) => Ok(Line::End),
                Err(err) => Err(io::Error::other(err)),
            },
            Origin::Script(lines) => next_line(lines.as_mut()),
        }
    }

    /// The answer to a question: the next line of a script. `None` when it was given up or there
    /// are no more lines.
    pub(crate) fn answer(&mut self, question: &str) -> Option<Vec<u8>> {
        match &mut self.from {
            Origin::Person(person) | Origin::Editor { person, .. } => {
                person.ask(question).map(String::into_bytes)
            }
            Origin::Script(lines) => match next_line(lines.as_mut()) {
                Ok(Line::Text(text)) => Some(text),
                _ => None,
            },
        }
    }

    /// Keeps the history for the next time, readable by its owner alone.
    pub(crate) fn save_history(&mut self) -> io::Result<()> {
        let Origin::Editor { editor, history, .. } = &mut self.from else {
            return Ok(());
        };
        if let Some(folder) = history.parent() {
            fs::create_dir_all(folder)?;
        }
        editor.append_history(history.as_path()).map_err(io::Error::other)
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("is_script", &self.is_script()).finish_non_exhaustive()
    }
}

fn into_text(text: String) -> Line {
    Line::Text(text.into_bytes())
}

/// Lines of a script are bytes: names in it need not be text.
fn next_line(lines: &mut dyn BufRead) -> io::Result<Line> {
    let mut line = Vec::new();
    if lines.read_until(b'\n', &mut line)? == 0 {
        return Ok(Line::End);
    }
    if line.ends_with(b"\n") {
        line.pop();
    }
    if line.ends_with(b"\r") {
        line.pop();
    }
    Ok(Line::Text(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &'static [u8]) -> Input {
        Input::script(Box::new(text))
    }

    #[test]
    fn a_script_gives_lines_and_answers_in_order() {
        let mut input = script(b"get\r\na\xff b\n\nls");
        assert!(matches!(input.line("> ").unwrap(), Line::Text(text) if text == b"get"));
        assert_eq!(input.answer("File: ").as_deref(), Some(&b"a\xff b"[..]));
        assert_eq!(input.answer("File: ").as_deref(), Some(&b""[..]));
        assert!(matches!(input.line("> ").unwrap(), Line::Text(text) if text == b"ls"));
        assert!(matches!(input.line("> ").unwrap(), Line::End));
        assert_eq!(input.answer("File: "), None);
    }
}
