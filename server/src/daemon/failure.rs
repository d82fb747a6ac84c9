//! Why a verb did not do what it was asked for: a text for a person and an exit code.

use super::WRONG_USE;
use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

/// A verb that failed.
#[derive(Debug)]
pub(super) struct Failure {
    text: String,
    code: u8,
}

impl Failure {
    /// Failed or refused: exit code 1. The text names cause and remedy.
    pub(super) fn refused(cause: impl fmt::Display) -> Self {
        Self { text: cause.to_string(), code: 1 }
    }

    /// A command line that makes no sense.
    pub(super) fn wrong_use(cause: &str) -> Self {
        Self { text: cause.to_owned(), code: WRONG_USE }
    }

    /// Tells it on standard error, a line for each mistake.
    pub(super) fn report(&self) -> ExitCode {
        let mut output = std::io::stderr().lock();
        for line in self.text.lines() {
            writeln!(output, "ferry-server: {line}").ok();
        }
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
