//! One line of the record.

use super::Who;
use ferry_protocol::escape;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Who did what, when, from where, with what result. All texts are escaped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// When it was over.
    #[serde(with = "as_text")]
    pub(crate) time: Timestamp,
    /// The account: `guest` for the guest, nothing before a login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// Address and port of the peer; nothing for what the server did itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) peer: Option<String>,
    /// The door, in a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) door: Option<String>,
    /// What was done.
    pub(crate) action: Action,
    /// What it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    /// The new name, or the copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
    /// Bytes of content that went over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<u64>,
    /// BLAKE3 of the content, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<String>,
    /// What came of it.
    pub(crate) result: Result,
    /// Why it failed, or what else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Action {
    /// A session began.
    LogIn,
    /// A session ended.
    LogOut,
    /// An address was shut out.
    ShutOut,
    /// Content came.
    Upload,
    /// Content went.
    Download,
    /// A name was removed.
    Remove,
    /// A name was changed.
    Rename,
    /// A folder was made.
    MakeDirectory,
    /// Time or permission bits were set.
    SetAttributes,
    /// A file was copied.
    Copy,
    /// What was replaced or removed was brought back.
    Undo,
    /// What was kept for undo was given up.
    UndoForget,
    /// Accounts were added, changed or removed.
    Accounts,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Result {
    /// It is done.
    Done,
    /// It was refused or failed.
    Failed,
    /// Its connection ended first.
    Interrupted,
}

impl Line {
    /// Something that somebody did just now, done unless more is said.
    pub(crate) fn new(who: &Who, action: Action) -> Self {
        let account = who.account.as_deref();
        Self {
            account: account.map(|name| if name.is_empty() { GUEST } else { name }.to_owned()),
            peer: Some(who.origin.peer.to_string()),
            door: Some(who.origin.door.to_owned()),
            ..Self::of_server(action)
        }
    }

    /// Something that the server did of its own accord.
    pub(crate) fn of_server(action: Action) -> Self {
        Self {
            time: Timestamp::now(),
            account: None,
            peer: None,
            door: None,
            action,
            path: None,
            to: None,
            size: None,
            digest: None,
            result: Result::Done,
            text: None,
        }
    }

    /// The same, failed for this reason.
    pub(crate) fn failed(self, why: &str) -> Self {
        Self { result: Result::Failed, text: Some(escape(why.as_bytes())), ..self }
    }

    /// The same with a word more.
    pub(crate) fn with_text(self, text: &str) -> Self {
        Self { text: Some(escape(text.as_bytes())), ..self }
    }

    /// As one JSON object.
    pub(super) fn to_json(&self) -> String {
        // Plain strings and numbers always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// In words.
    pub(super) fn to_words(&self) -> String {
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let mut words = format!(
            "{} {} {} {} {}",
            self.time,
            or_dash(&self.account),
            or_dash(&self.peer),
            word(self.action),
            word(self.result)
        );
        if let Some(path) = &self.path {
            write!(words, " {}", quoted(path)).ok();
        }
        if let Some(to) = &self.to {
            write!(words, " to {}", quoted(to)).ok();
        }
        if let Some(size) = self.size {
            write!(words, " {size} bytes").ok();
        }
        if let Some(digest) = &self.digest {
            write!(words, " {digest}").ok();
        }
        if let Some(text) = &self.text {
            write!(words, ": {text}").ok();
        }
        words
    }
}

/// The name that the guest has in the record.
pub(super) const GUEST: &str = "guest";

/// An escaped text in quotes that it cannot end itself.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

mod as_text {
    use jiff::Timestamp;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        time: &Timestamp,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(
        deserializer: D,
    ) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
