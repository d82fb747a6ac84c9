//! `[audit]`: how the record of who did what is kept.

use super::file::{plain, seconds, whole_number};
use super::{Reading, Section};
use serde::Deserialize;
use std::time::Duration;

/// How the record is written, and how much of it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditSettings {
    /// What a line looks like.
    pub format: AuditFormat,
    /// MiB after which a new file is begun.
    pub file_mib: usize,
    /// Age after which a new file is begun.
    pub file_age: Duration,
    /// Files that are kept, the present one too.
    pub files: usize,
}

/// What a line of the record looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditFormat {
    /// One JSON object.
    #[default]
    Json,
    /// Words for a person. They are not read back: each start begins every history anew.
    Text,
    /// Nothing is written; each person's own history is kept in memory only, until the server ends.
    Off,
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self {
            format: AuditFormat::Json,
            file_mib: 16,
            file_age: Duration::from_hours(7 * 24),
            files: 8,
        }
    }
}

impl AuditSettings {
    pub(super) fn read<'t>(mut section: Section<'t>, reading: &mut Reading<'t>) -> Self {
        let mut settings = Self::default();
        let format = section.value("format", "\"json\", \"text\" or \"off\"", reading);
        settings.format = plain(format).unwrap_or_default();
        for (word, count) in [("file_mib", &mut settings.file_mib), ("files", &mut settings.files)]
        {
            if let Some(value) = whole_number(&mut section, word, reading) {
                *count = value;
            }
        }
        if let Some(age) = seconds(&mut section, "file_age_secs", reading) {
            settings.file_age = age;
        }
        section.end(reading);
        settings
    }
}
