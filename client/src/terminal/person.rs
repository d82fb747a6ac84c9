//! The person at the terminal, if there is one: asked for passwords, trust and what to do with
//! names that are taken. Without a terminal every question is answered by a refusal.

use super::size::human;
use super::time::Clock;
use crate::questions::{Choice, Conflict, Questions, Resolution};
use crate::trust::Fingerprint;
use ferry_protocol::{Secret, escape};
use indicatif::MultiProgress;
use parking_lot::Mutex;
use rustyline::error::ReadlineError;
use rustyline::{Behavior, Config, DefaultEditor};
use std::cmp::Ordering;
use std::io::{self, IsTerminal as _, Write as _};

/// Whoever answers questions.
#[derive(Debug)]
pub struct Person {
    is_there: bool,
    /// A password that was given beforehand; it is tried once.
    given_password: Mutex<Option<Secret>>,
    /// Bars that stand aside while something is asked or told.
    bars: Mutex<Option<MultiProgress>>,
    /// What was told while a question is open; it is shown after the answer, so that no thread
    /// of a job waits for the person.
    held_back: Mutex<Option<Vec<String>>>,
}

impl Person {
    /// The person at this process's terminal, and a password that was given beforehand.
    #[must_use]
    pub fn at_terminal(password: Option<Secret>) -> Self {
        Self {
            is_there: io::stdin().is_terminal() && io::stderr().is_terminal(),
            given_password: Mutex::new(password),
            bars: Mutex::new(None),
            held_back: Mutex::new(None),
        }
    }

    /// Whether there is somebody to ask.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.is_there
    }

    /// Asks for a line; `None` when there is nobody, or no answer.
    pub(crate) fn ask(&self, question: &str) -> Option<String> {
        if !self.is_there {
            return None;
        }
        self.asking(|| read_line(question).ok())
    }

    /// Asks, while what is told meanwhile is held back.
    fn asking<T>(&self, ask: impl FnOnce() -> T) -> T {
        self.held_back.lock().get_or_insert_default();
        let answer = self.aside(ask);
        let told = self.held_back.lock().take();
        told.into_iter().flatten().for_each(|text| self.tell(&text));
        answer
    }

    /// Asks yes or no; anything but a clear yes is a no.
    pub(crate) fn confirms(&self, question: &str) -> bool {
        self.ask(&format!("{question} [y/N] "))
            .is_some_and(|answer| matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// Bars stand aside for questions from now on.
    pub(crate) fn set_bars(&self, bars: Option<MultiProgress>) {
        *self.bars.lock() = bars;
    }

    /// Writes a line to standard error, above the bars.
    pub(crate) fn tell(&self, text: &str) {
        if let Some(held_back) = self.held_back.lock().as_mut() {
            if held_back.len() < HELD_BACK_MAX {
                held_back.push(text.to_owned());
            }
            return;
        }
        self.aside(|| drop(writeln!(io::stderr().lock(), "{text}")));
    }

    fn aside<T>(&self, act: impl FnOnce() -> T) -> T {
        let bars = self.bars.lock().clone();
        match bars {
            Some(bars) => bars.suspend(act),
            None => act(),
        }
    }
}

impl Questions for Person {
    fn trust_new_server(&self, server: &str, presented: &Fingerprint) -> bool {
        if !self.is_there {
            return false;
        }
        self.tell(&format!(
            "The server {server} is not known here yet. The fingerprint of its key is\n  \
             {presented}\nCompare it with what the server printed."
        ));
        self.confirms("Trust it from now on?")
    }

    fn password(&self, account: &str, server: &str) -> Option<Secret> {
        if let Some(password) = self.given_password.lock().take() {
            return Some(password);
        }
        if !self.is_there {
            return None;
        }
        let question = format!("Password of {} at {server}: ", escape(account.as_bytes()));
        let password = self.asking(|| rpassword::prompt_password(question)).ok()?;
        Some(Secret::new(password.as_bytes()))
    }

    fn conflict(&self, conflict: &Conflict) -> Option<Resolution> {
        if !self.is_there {
            return None;
        }
        self.tell(&describe(conflict, &Clock::local()));
        loop {
            match self.asking(|| read_line(CONFLICT_QUESTION)) {
                Ok(answer) => {
                    if let Some(resolution) = parse_resolution(answer.trim()) {
                        return Some(resolution);
                    }
                }
                Err(_) => {
                    return Some(Resolution { choice: Choice::Stop, for_all: true });
                }
            }
        }
    }

    fn notice(&self, text: &str) {
        self.tell(&format!("ferry: {text}"));
    }
}

/// Lines that wait for an answer; what comes beyond them is in the summary.
const HELD_BACK_MAX: usize = 1000;

/// A line from the terminal itself, whatever standard output is.
fn read_line(question: &str) -> Result<String, ReadlineError> {
    let config = Config::builder().behavior(Behavior::PreferTerm).build();
    DefaultEditor::with_config(config)?.readline(question)
}

fn describe(conflict: &Conflict, clock: &Clock) -> String {
    let side = |(size, time)| {
        let mut text = format!("{} of ", human(size));
        clock.push_long(time, &mut text);
        text
    };
    let ((_, present), (_, coming)) = (conflict.present, conflict.coming);
    let which = match coming.cmp(&present) {
        Ordering::Greater => ", newer",
        Ordering::Less => ", older",
        Ordering::Equal => "",
    };
    format!(
        "{} exists with other content\n  there:  {}\n  coming: {}{which}",
        escape(&conflict.target),
        side(conflict.present),
        side(conflict.coming)
    )
}

/// A letter; a capital one holds for all that follow.
fn parse_resolution(answer: &str) -> Option<Resolution> {
    let mut letters = answer.chars();
    let letter = letters.next()?;
    let choice = match letter.to_ascii_lowercase() {
        's' => Choice::Skip,
        'r' => Choice::Replace,
        'k' => Choice::KeepBoth,
        'n' => Choice::Newer,
        'q' => Choice::Stop,
        _ => return None,
    };
    let is_alone = letters.next().is_none();
    is_alone.then_some(Resolution { choice, for_all: letter.is_ascii_uppercase() })
}

const CONFLICT_QUESTION: &str =
    "s skip, r replace, k keep both, n replace if newer, q stop; a capital for all: ";

#[cfg(test)]
mod tests {
    use super::*;
    use ferry_protocol::Timestamp;

    #[test]
    fn capitals_hold_for_all() {
        assert_eq!(
            parse_resolution("R"),
            Some(Resolution { choice: Choice::Replace, for_all: true })
        );
        assert_eq!(
            parse_resolution("k"),
            Some(Resolution { choice: Choice::KeepBoth, for_all: false })
        );
        assert_eq!(parse_resolution(""), None);
        assert_eq!(parse_resolution("replace"), None);
    }

    #[test]
    fn a_conflict_shows_both_sides() {
        let conflict = Conflict {
            target: b"/a\n".to_vec(),
            present: (10, Timestamp(0)),
            coming: (2048, Timestamp::from_parts(60, 0)),
        };
        let text = describe(&conflict, &Clock::utc());
        assert_eq!(
            text,
            "/a\\n exists with other content\n  there:  10 B of 1970-01-01 00:00:00\n  \
             coming: 2.0 KiB of 1970-01-01 00:01:00, newer"
        );
    }
}
