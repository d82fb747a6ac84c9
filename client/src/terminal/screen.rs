//! Where results and failures are written: lines for a person, or JSON objects for a program.
//!
//! Results go to standard output; failures, notices and bars to standard error.

use super::failure::Failure;
use super::time::Clock;
use crate::Error;
use ferry_protocol::Side;
use serde_json::{Map, Value, json};
use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write as _};

/// How the output is written.
#[derive(Clone, Debug)]
pub(crate) struct Screen {
    /// One JSON object a line.
    pub(crate) json: bool,
    /// Whether a person reads standard output as it comes.
    pub(crate) is_terminal: bool,
    /// The time zone of what is shown.
    pub(crate) clock: Clock,
}

impl Screen {
    /// The output of this process.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, is_terminal: io::stdout().is_terminal(), clock: Clock::local() }
    }

    /// Standard output with a buffer, for results of many lines.
    pub(crate) fn buffered() -> BufWriter<StdoutLock<'static>> {
        BufWriter::with_capacity(BUFFER_LEN, io::stdout().lock())
    }

    /// Writes one line of a result.
    pub(crate) fn line(text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")?;
        out.flush()
    }

    /// Writes one result: an object for a program, a line for a person.
    pub(crate) fn result(&self, object: &Value, text: &str) -> io::Result<()> {
        if self.json { Self::line(&object.to_string()) } else { Self::line(text) }
    }

    /// Tells a failure: to a person on standard error, to a program on standard output too.
    pub(crate) fn failure(&self, failure: &Failure) {
        let Some(text) = failure.text() else { return };
        if self.json {
            let mut object = failure_fields(&text, failure);
            object.insert("exit".to_owned(), json!(failure.exit().code()));
            // A failure that cannot be told here still has its exit code.
            drop(Self::line(&Value::Object(object).to_string()));
        }
        complain(&text);
    }
}

/// Writes a line to standard error; where nobody reads it, that is no failure.
pub(crate) fn complain(text: &str) {
    drop(writeln!(io::stderr().lock(), "ferry: {text}"));
}

/// The fields `error`, `status` and `side` of a failure.
fn failure_fields(text: &str, failure: &Failure) -> Map<String, Value> {
    if let Failure::Client(err) = failure {
        return error_fields(text, err);
    }
    let mut fields = Map::new();
    fields.insert("error".to_owned(), json!(text));
    fields.insert("side".to_owned(), json!("client"));
    fields
}

/// The fields `error`, `status` and `side` of an error.
pub(crate) fn error_fields(text: &str, err: &Error) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("error".to_owned(), json!(text));
    if let Some(status) = err.status() {
        fields.insert("status".to_owned(), json!(status.to_string()));
    }
    let side = match err {
        Error::Remote { fault, .. } | Error::GoneAway(fault) => match fault.side {
            Side::Client => "client",
            Side::Server => "server",
        },
        Error::Decode(_) | Error::Misbehaved(_) | Error::Busy { .. } | Error::NotFerry { .. } => {
            "server"
        }
        Error::Resolve { .. }
        | Error::Connect { .. }
        | Error::TimedOut { .. }
        | Error::ConnectionLost { .. }
        | Error::Tls { .. } => "connection",
        _ => "client",
    };
    fields.insert("side".to_owned(), json!(side));
    fields
}

/// A name under `key`, or under `key_hex` in hexadecimal digits when it is not UTF-8.
pub(crate) fn insert_name(fields: &mut Map<String, Value>, key: &str, name: &[u8]) {
    if let Ok(text) = str::from_utf8(name) {
        fields.insert(key.to_owned(), json!(text));
    } else {
        let digits = data_encoding::HEXLOWER.encode(name);
        fields.insert(format!("{key}_hex"), json!(digits));
    }
}

const BUFFER_LEN: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use ferry_protocol::{Fault, Status};

    #[test]
    fn names_that_are_no_text_are_told_in_hexadecimal() {
        let mut fields = Map::new();
        insert_name(&mut fields, "name", "\u{e9}\n".as_bytes());
        insert_name(&mut fields, "target", b"a\xff");
        assert_eq!(
            Value::Object(fields).to_string(),
            "{\"name\":\"\u{e9}\\n\",\"target_hex\":\"61ff\"}"
        );
    }

    #[test]
    fn a_refusal_names_its_status_and_side() {
        let fault = Fault::new(Status::NO_SPACE, "disk full");
        let err = Error::Remote { path: "/a".to_owned(), fault };
        let fields = error_fields("/a: disk full", &err);
        assert_eq!(fields["status"], "no space left");
        assert_eq!(fields["side"], "server");
    }
}
