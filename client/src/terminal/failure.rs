//! Why a verb did not do all it was asked, and how that is told.

use super::exit::Exit;
use super::line::LineError;
use crate::Error;
use crate::address::AddressError;
pub(crate) use crate::error::with_causes;
use std::io;

/// Result of a verb.
pub(crate) type Result<T = ()> = std::result::Result<T, Failure>;

/// Why a verb did not do all it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The library or the server failed.
    Client(Error),
    /// The command was wrong; how it would be right.
    Usage(String),
    /// Refused or failed here; what, why and the remedy.
    Refused(String),
    /// The output could not be written.
    Output(io::Error),
    /// Parts failed, and each was told when it did.
    Told(Exit),
}

impl Failure {
    /// What this means for the whole run. Nobody reads a broken pipe any more: all is well.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Client(err) => Exit::of(err),
            Self::Usage(_) => Exit::Usage,
            Self::Output(err) if err.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Self::Refused(_) | Self::Output(_) => Exit::Failed,
            Self::Told(exit) => *exit,
        }
    }

    /// Whether what comes next would fail as well.
    pub(crate) fn stops_all(&self) -> bool {
        match self {
            Self::Output(_) => true,
            _ => matches!(self.exit(), Exit::Interrupted | Exit::KeyChanged | Exit::NoConnection),
        }
    }

    /// The text for a person: what failed and its chain of causes. `None` when it was told.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Client(err) => Some(with_causes(err)),
            Self::Usage(text) | Self::Refused(text) => Some(text.clone()),
            Self::Output(err) if err.kind() == io::ErrorKind::BrokenPipe => None,
            Self::Output(err) => Some(format!("cannot write the output: {err}")),
            Self::Told(_) => None,
        }
    }
}

impl From<Error> for Failure {
    fn from(err: Error) -> Self {
        Self::Client(err)
    }
}

impl From<io::Error> for Failure {
    /// Only for output: files fail as [`Error::Local`].
    fn from(err: io::Error) -> Self {
        Self::Output(err)
    }
}

impl From<AddressError> for Failure {
    fn from(err: AddressError) -> Self {
        match err {
            // A path that cannot be is refused like one that is not there.
            AddressError::BadPath(_) | AddressError::AboveRoot => Self::Refused(err.to_string()),
            _ => Self::Usage(err.to_string()),
        }
    }
}

impl From<LineError> for Failure {
    fn from(err: LineError) -> Self {
        Self::Usage(err.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_follow_what_failed() {
        let err = Error::ConnectionLost {
            server: "host:3000".to_owned(),
            source: io::Error::other("cable cut"),
        };
        let text = with_causes(&err);
        assert!(text.contains("host:3000") && text.ends_with(": cable cut"), "{text}");
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let closed = Failure::Output(io::ErrorKind::BrokenPipe.into());
        assert_eq!(closed.exit(), Exit::Done);
        assert!(closed.stops_all() && closed.text().is_none());
        assert_eq!(Failure::Output(io::ErrorKind::StorageFull.into()).exit(), Exit::Failed);
    }

    #[test]
    fn wrong_use_differs_from_a_refusal() {
        assert_eq!(Failure::from(AddressError::NoHost).exit(), Exit::Usage);
        assert_eq!(Failure::from(AddressError::AboveRoot).exit(), Exit::Failed);
    }
}
