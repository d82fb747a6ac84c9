//! Entries as lines. A listing may have a hundred thousand of them, so a line is put together in
//! one buffer that is used again and again.

use super::size::push_human;
use super::time::{Clock, push_rfc3339};
use ferry_protocol::{Entry, EntryKind, Permissions, escape};
use std::fmt::{Display, Write as _};

/// Turns entries into lines.
#[derive(Clone, Debug)]
pub(crate) struct EntryLines {
    pub(crate) form: Form,
    pub(crate) clock: Clock,
    /// What is listed, which JSON objects tell beside the name where it is one of several.
    pub(crate) listed: Option<Vec<u8>>,
}

/// What a line tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Permissions, a short size, time and name, folders marked by a slash.
    Person,
    /// Permissions, size in bytes, time and name.
    Exact,
    /// The name.
    Name,
    /// A JSON object.
    Json,
}

impl EntryLines {
    /// Lines of one folder.
    pub(crate) fn new(form: Form, clock: Clock) -> Self {
        Self { form, clock, listed: None }
    }

    /// Appends the entry's line with its line end.
    pub(crate) fn push(&self, entry: &Entry, text: &mut String) {
        match self.form {
            Form::Json => self.push_json(entry, text),
            Form::Name => push_escaped(&entry.name, text),
            Form::Person | Form::Exact => self.push_long(entry, text),
        }
        text.push('\n');
    }

    fn push_long(&self, entry: &Entry, text: &mut String) {
        text.push(kind_letter(entry));
        push_permissions(entry.permissions, text);
        text.push(' ');
        self.push_size(entry, text);
        text.push_str("  ");
        self.clock.push_short(entry.modified, text);
        text.push_str("  ");
        push_escaped(&entry.name, text);
        if entry.kind == EntryKind::Folder && self.form == Form::Person {
            text.push('/');
        }
        if entry.flags.unreadable {
            text.push_str("  (the server may not read it)");
        }
    }

    fn push_json(&self, entry: &Entry, text: &mut String) {
        text.push('{');
        push_json_name("name", &entry.name, text);
        if let Some(listed) = &self.listed {
            text.push(',');
            push_json_name("listed", listed, text);
        }
        text.push_str(",\"kind\":\"");
        text.push_str(kind_name(entry.kind));
        text.push_str("\",\"size\":");
        push_display(entry.size, text);
        text.push_str(",\"modified\":\"");
        push_rfc3339(entry.modified, text);
        text.push_str("\",\"permissions\":\"");
        push_display(format_args!("{:04o}\"", entry.permissions.mode()), text);
        if entry.flags.linked {
            text.push_str(",\"linked\":true");
        }
        if entry.flags.unreadable {
            text.push_str(",\"unreadable\":true");
        }
        text.push('}');
    }

    fn push_size(&self, entry: &Entry, text: &mut String) {
        let start = text.len();
        match (entry.kind, self.form) {
            (EntryKind::File, Form::Person) => push_human(entry.size, text),
            (EntryKind::File, _) => push_display(entry.size, text),
            _ => text.push('-'),
        }
        let width = if self.form == Form::Person { HUMAN_WIDTH } else { EXACT_WIDTH };
        let missing = width.saturating_sub(text.len() - start);
        text.insert_str(start, SPACES.get(..missing).unwrap_or_default());
    }
}

/// The kind as a program reads it.
pub(crate) fn kind_name(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::File => "file",
        EntryKind::Folder => "folder",
        EntryKind::Link => "link",
        EntryKind::Other => "other",
    }
}

/// Appends a name as it is shown: escaped where it could do or pretend something.
pub(crate) fn push_escaped(name: &[u8], text: &mut String) {
    match str::from_utf8(name) {
        Ok(plain) if name.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'\\') => {
            text.push_str(plain);
        }
        _ => text.push_str(&escape(name)),
    }
}

/// Appends `rwxr-xr-x`.
pub(crate) fn push_permissions(permissions: Permissions, text: &mut String) {
    for bit in (0..9).rev() {
        let letter = ['x', 'w', 'r'].get(bit % 3).copied().unwrap_or('-');
        text.push(if permissions.mode() & (1 << bit) == 0 { '-' } else { letter });
    }
}

fn push_display(value: impl Display, text: &mut String) {
    let _strings_take_all = write!(text, "{value}");
}

fn kind_letter(entry: &Entry) -> char {
    match entry.kind {
        EntryKind::File => '-',
        EntryKind::Folder => 'd',
        EntryKind::Link => 'l',
        EntryKind::Other => '?',
    }
}

/// Appends a name under its key.
fn push_json_name(key: &str, name: &[u8], text: &mut String) {
    text.push('"');
    text.push_str(key);
    match str::from_utf8(name) {
        Ok(plain)
            if name.iter().all(|byte| matches!(byte, b' '..=b'~') && !b"\\\"".contains(byte)) =>
        {
            text.push_str("\":\"");
            text.push_str(plain);
            text.push('"');
        }
        Ok(plain) => {
            text.push_str("\":");
            text.push_str(&serde_json::Value::from(plain).to_string());
        }
        Err(_) => {
            text.push_str("_hex\":\"");
            data_encoding::HEXLOWER.encode_append(name, text);
            text.push('"');
        }
    }
}

const HUMAN_WIDTH: usize = 8;
const EXACT_WIDTH: usize = 12;
const SPACES: &str = "            ";

#[cfg(test)]
mod tests {
    use super::*;
    use ferry_protocol::{EntryFlags, Timestamp};

    fn entry(name: &[u8], kind: EntryKind) -> Entry {
        Entry {
            name: name.to_vec(),
            kind,
            flags: EntryFlags::default(),
            size: 1536,
            modified: Timestamp::from_parts(1_700_000_000, 7),
            permissions: Permissions::from_mode(0o754),
        }
    }

    fn line(form: Form, entry: &Entry) -> String {
        let mut text = String::new();
        EntryLines::new(form, Clock::utc()).push(entry, &mut text);
        text
    }

    #[test]
    fn a_person_reads_columns() {
        assert_eq!(
            line(Form::Person, &entry(b"a b", EntryKind::File)),
            "-rwxr-xr--  1.5 KiB  2023-11-14 22:13  a b\n"
        );
        assert_eq!(
            line(Form::Person, &entry(b"d\n", EntryKind::Folder)),
            "drwxr-xr--        -  2023-11-14 22:13  d\\n/\n"
        );
        assert_eq!(
            line(Form::Exact, &entry(b"d", EntryKind::File)),
            "-rwxr-xr--         1536  2023-11-14 22:13  d\n"
        );
        assert_eq!(line(Form::Name, &entry(b"\xff", EntryKind::File)), "\\xff\n");
    }

    #[test]
    fn a_program_reads_objects() {
        let object = line(Form::Json, &entry(b"a\"\n", EntryKind::Folder));
        let value: serde_json::Value = serde_json::from_str(&object).unwrap();
        assert_eq!(value["name"], "a\"\n");
        assert_eq!(value["kind"], "folder");
        assert_eq!(value["modified"], "2023-11-14T22:13:20.000000007Z");
        assert_eq!(value["permissions"], "0754");
        assert_eq!(value["size"], 1536);
        let hex = line(Form::Json, &entry(b"a\xff", EntryKind::File));
        assert!(hex.starts_with("{\"name_hex\":\"61ff\",\"kind\":\"file\","), "{hex}");
    }
}
