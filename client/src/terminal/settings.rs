//! What the options mean, worked out once.

use super::arguments::{IfExistsRule, Options};
use super::failure::{Failure, Result};
use crate::job::{JobOptions, Rule};
use crate::state_folder;
use crate::trust::Fingerprint;
use ferry_protocol::Secret;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What holds for the whole run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether a program reads the output: one JSON object a line.
    pub json: bool,
    /// The key that the server must have, if it was named.
    pub fingerprint: Option<Fingerprint>,
    /// A password that need not be asked for.
    pub password: Option<Secret>,
    /// What to do where another file has the name.
    pub rule: Rule,
    /// How long lost connections are tried again.
    pub retry_for: Duration,
    /// Whether a new key of this device may go to the system's keyring.
    pub uses_keyring: bool,
    /// Folder for known servers, journals and the history.
    pub state_folder: PathBuf,
    /// Connections of a transfer.
    pub connections: usize,
}

impl Settings {
    /// The usual settings with this state folder.
    #[must_use]
    pub fn new(state_folder: PathBuf) -> Self {
        let job = JobOptions::default();
        Self {
            json: false,
            fingerprint: None,
            password: None,
            rule: job.rule,
            retry_for: Duration::from_mins(10),
            uses_keyring: false,
            state_folder,
            connections: job.connections,
        }
    }

    /// What the command line and the environment say.
    pub(crate) fn from_options(options: &Options) -> Result<Self> {
        let named = options.state_dir.clone().or_else(state_folder::client);
        let state_folder = named.ok_or_else(no_state_folder)?;
        let mut settings = Self::new(state_folder);
        // Whoever moves all state means all of it.
        settings.uses_keyring = options.state_dir.is_none() && !state_folder::is_moved();
        settings.json = options.json;
        settings.retry_for = options.retry_for;
        settings.fingerprint = parse_fingerprint(options.fingerprint.as_deref())?;
        settings.password = read_password(options.password_file.as_deref())?;
        if let Some(rule) = options.if_exists {
            settings.rule = rule.into();
        }
        if let Some(count) = options.connections {
            settings.connections = usize::from(count);
        }
        Ok(settings)
    }
}

pub(super) fn no_state_folder() -> Failure {
    let text = "there is no home to keep known servers in; set FERRY_STATE_DIR";
    Failure::Refused(text.to_owned())
}

impl From<IfExistsRule> for Rule {
    fn from(rule: IfExistsRule) -> Self {
        match rule {
            IfExistsRule::Ask => Self::Ask,
            IfExistsRule::Refuse => Self::Refuse,
            IfExistsRule::Skip => Self::Skip,
            IfExistsRule::Replace => Self::Replace,
            IfExistsRule::Rename => Self::KeepBoth,
            IfExistsRule::Newer => Self::Newer,
        }
    }
}

fn parse_fingerprint(typed: Option<&str>) -> Result<Option<Fingerprint>> {
    let parsed = typed.map(Fingerprint::parse).transpose();
    parsed.map_err(|err| Failure::Usage(format!("--fingerprint: {err}")))
}

/// The first line of the file, or else the environment's password.
fn read_password(file: Option<&Path>) -> Result<Option<Secret>> {
    let Some(file) = file else {
        let password = std::env::var_os("FERRY_PASSWORD").filter(|given| !given.is_empty());
        return Ok(password.map(|password| Secret::new(password.as_encoded_bytes())));
    };
    let content = std::fs::read(file)
        .map_err(|source| crate::Error::local("read the password in", file, source))?;
    let line = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(Some(Secret::new(line.strip_suffix(b"\r").unwrap_or(line))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_file_gives_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "s\u{e9}cret \r\nnot this").unwrap();
        let password = read_password(Some(&file)).unwrap().unwrap();
        assert_eq!(password.expose(), "s\u{e9}cret ".as_bytes());
        let missing = read_password(Some(&folder.path().join("none"))).unwrap_err();
        let text = missing.text().unwrap();
        assert!(text.contains("password") && text.contains("none"), "{text}");
    }

    #[test]
    fn a_wrong_fingerprint_is_wrong_use() {
        let err = parse_fingerprint(Some("abc")).unwrap_err();
        assert_eq!(err.exit(), super::super::exit::Exit::Usage);
        assert!(err.text().unwrap().starts_with("--fingerprint"));
    }
}
