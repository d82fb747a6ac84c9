//! Lines of listings: as `ls -l` prints them, which is what programs parse, bare names, and facts
//! (RFC 3659, section 7).

use super::reply::push_shown;
use super::time::{civil, time_value};
use crate::storage::{FileId, Identified};
use ferry_protocol::{Entry, EntryKind, Rights, Timestamp};
use std::fmt;
use std::io::Write as _;

/// How entries are written.
#[derive(Clone, Debug)]
pub(super) enum Style {
    /// `ls -l`, seen at this moment.
    Long(Timestamp),
    /// Names alone, each behind this path.
    Names(Vec<u8>),
    /// Facts, for someone with these rights.
    Facts(Facts, Rights),
}

/// Which facts a client wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts([bool; FACTS.len()]);

/// The facts that are known, in the order in which they are written.
const FACTS: [&str; 6] = ["type", "size", "modify", "perm", "unique", "UNIX.mode"];

impl Default for Facts {
    fn default() -> Self {
        Self([true; FACTS.len()])
    }
}

impl Facts {
    /// Those that a client names (OPTS MLST); others are passed over. `None` if that is no list
    /// (RFC 3659, section 7.9).
    pub(super) fn named(list: &[u8]) -> Option<Self> {
        let is_list = !list.contains(&b' ');
        let named = |fact: &str| {
            list.split(|byte| *byte == b';').any(|name| name.eq_ignore_ascii_case(fact.as_bytes()))
        };
        is_list.then(|| Self(FACTS.map(named)))
    }

    /// The list as OPTS MLST answers it.
    pub(super) fn list(self) -> String {
        let chosen = FACTS.iter().zip(self.0).filter(|(_, is_on)| *is_on);
        chosen.flat_map(|(fact, _)| [*fact, ";"]).collect()
    }

    /// The list as FEAT shows it: what is on has a star.
    pub(super) fn feature(self) -> String {
        let known = FACTS.iter().zip(self.0);
        known.flat_map(|(fact, is_on)| [*fact, if is_on { "*;" } else { ";" }]).collect()
    }
}

impl Style {
    /// Appends an entry's line without its end.
    pub(super) fn push(&self, out: &mut Vec<u8>, entry: &Entry, id: Option<FileId>) {
        match self {
            Self::Long(now) => push_long(out, entry, *now),
            Self::Names(prefix) => {
                push_name(out, prefix);
                push_name(out, &entry.name);
            }
            Self::Facts(facts, rights) => {
                push_facts(out, (entry, id), *facts, *rights);
                out.push(b' ');
                push_name(out, &entry.name);
            }
        }
    }
}

/// A name in a listing. What is no UTF-8 stays as it is; what could end the line does not.
fn push_name(out: &mut Vec<u8>, name: &[u8]) {
    out.extend(name.iter().map(|byte| if byte.is_ascii_control() { b'?' } else { *byte }));
}

fn push_long(out: &mut Vec<u8>, entry: &Entry, now: Timestamp) {
    out.push(match entry.kind {
        EntryKind::File => b'-',
        EntryKind::Folder => b'd',
        EntryKind::Link => b'l',
        EntryKind::Other => b'p',
    });
    let mode = entry.permissions.mode();
    for (shift, letter) in (0..9).rev().zip(b"rwxrwxrwx") {
        out.push(if mode >> shift & 1 == 1 { *letter } else { b'-' });
    }
    let at = civil(entry.modified);
    let month = MONTHS.get(usize::from(at.month().unsigned_abs()) - 1).unwrap_or(&"Jan");
    let (size, day) = (entry.size, at.day());
    // Writing to memory cannot fail.
    let written = if is_recent(entry.modified, now) {
        let (hour, minute) = (at.hour(), at.minute());
        write!(out, "   1 ferry    ferry    {size:>12} {month} {day:>2} {hour:02}:{minute:02} ")
    } else {
        write!(out, "   1 ferry    ferry    {size:>12} {month} {day:>2}  {:04} ", at.year())
    };
    debug_assert!(written.is_ok(), "memory takes what is written");
    push_name(out, &entry.name);
}

/// Whether `ls` shows the time of day instead of the year: for the last six months.
fn is_recent(moment: Timestamp, now: Timestamp) -> bool {
    let age = now.0.saturating_sub(moment.0);
    (-NANOS_PER_HOUR..RECENT_HOURS * NANOS_PER_HOUR).contains(&age)
}

/// Appends facts, each with its semicolon.
fn push_facts(
    out: &mut Vec<u8>,
    (entry, id): (&Entry, Option<FileId>),
    facts: Facts,
    rights: Rights,
) {
    let [kind, size, modify, perm, unique, mode] = facts.0;
    if kind {
        push_fact(out, "type=", type_of(entry.kind).bytes());
    }
    if size && entry.kind == EntryKind::File {
        push_number(out, format_args!("size={};", entry.size));
    }
    if modify {
        push_fact(out, "modify=", time_value(entry.modified).bytes());
    }
    if perm {
        push_fact(out, "perm=", permitted(entry.kind, rights));
    }
    if let Some(FileId { device, number }) = id.filter(|_| unique) {
        push_number(out, format_args!("unique={device:x}g{number:x};"));
    }
    if mode {
        push_number(out, format_args!("UNIX.mode={:04o};", entry.permissions.mode()));
    }
}

fn push_fact(out: &mut Vec<u8>, fact: &str, value: impl Iterator<Item = u8>) {
    out.extend_from_slice(fact.as_bytes());
    out.extend(value);
    out.push(b';');
}

fn push_number(out: &mut Vec<u8>, fact: fmt::Arguments<'_>) {
    // Writing to memory cannot fail.
    let written = out.write_fmt(fact);
    debug_assert!(written.is_ok(), "memory takes what is written");
}

fn type_of(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::File => "file",
        EntryKind::Folder => "dir",
        EntryKind::Link => "OS.unix=symlink",
        EntryKind::Other => "OS.unix=special",
    }
}

/// What this client may do with the entry (RFC 3659, section 7.5.5).
fn permitted(kind: EntryKind, rights: Rights) -> impl Iterator<Item = u8> {
    let letters: &[(u8, Rights)] = match kind {
        EntryKind::File => &[
            (b'a', Rights::WRITE),
            (b'd', Rights::DELETE),
            (b'f', Rights::RENAME),
            (b'r', Rights::READ),
            (b'w', Rights::WRITE),
        ],
        EntryKind::Folder => &[
            (b'c', Rights::WRITE),
            (b'd', Rights::DELETE),
            (b'e', Rights::LIST),
            (b'f', Rights::RENAME),
            (b'l', Rights::LIST),
            (b'm', Rights::MAKE),
            (b'p', Rights::DELETE),
        ],
        EntryKind::Link | EntryKind::Other => &[(b'd', Rights::DELETE), (b'f', Rights::RENAME)],
    };
    letters.iter().filter(move |(_, right)| rights.includes(*right)).map(|(letter, _)| *letter)
}

/// A line of STAT or MLST for the control connection.
pub(super) fn shown(style: &Style, (entry, id): &Identified) -> Vec<u8> {
    let mut line = Vec::new();
    style.push(&mut line, entry, *id);
    let mut shown = Vec::with_capacity(line.len());
    push_shown(&mut shown, &line);
    shown
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const NANOS_PER_HOUR: i64 = 3600 * 1_000_000_000;
const RECENT_HOURS: i64 = 182 * 24;

#[cfg(test)]
mod tests {
    use super::*;
    use ferry_protocol::{EntryFlags, Permissions};

    fn entry(name: &[u8], kind: EntryKind, secs: i64) -> Entry {
        Entry {
            name: name.to_vec(),
            kind,
            flags: EntryFlags::default(),
            size: 5_000_000_000,
            modified: Timestamp::from_parts(secs, 0),
            permissions: Permissions::from_mode(0o640),
        }
    }

    fn line(style: &Style, entry: &Entry) -> String {
        let mut out = Vec::new();
        style.push(&mut out, entry, Some(FileId { device: 0xfe, number: 10 }));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_long_line_reads_as_ls_writes_it() {
        let now = Timestamp::from_parts(1_000_000_000, 0);
        let style = Style::Long(now);
        assert_eq!(
            line(&style, &entry(b"a b", EntryKind::File, 999_900_000)),
            "-rw-r-----   1 ferry    ferry      5000000000 Sep 07 22:00 a b".replace(" 07", "  7")
        );
        assert_eq!(
            line(&style, &entry(b"old", EntryKind::Folder, 951_827_696)),
            "drw-r-----   1 ferry    ferry      5000000000 Feb 29  2000 old"
        );
        let tomorrow = entry(b"x", EntryKind::File, 1_000_100_000);
        assert!(line(&style, &tomorrow).contains("  2001 "));
    }

    #[test]
    fn facts_are_those_that_were_asked_for() {
        let file = entry(b"f", EntryKind::File, 951_827_696);
        let all = Style::Facts(Facts::default(), Rights::read_only());
        assert_eq!(
            line(&all, &file),
            "type=file;size=5000000000;modify=20000229123456;perm=r;unique=fega;UNIX.mode=0640; f"
        );
        assert_eq!(Facts::named(b"Size TYPE"), None);
        let some = Facts::named(b"Size;unknown;TYPE;").unwrap();
        assert_eq!(some.list(), "type;size;");
        assert_eq!(some.feature(), "type*;size*;modify;perm;unique;UNIX.mode;");
        let style = Style::Facts(some, Rights::read_write());
        assert_eq!(line(&style, &entry(b"d", EntryKind::Folder, 0)), "type=dir; d");
    }

    #[test]
    fn a_name_with_line_ends_forges_no_line() {
        let evil = entry(b"a\r\n-rw", EntryKind::File, 0);
        for style in [
            Style::Long(Timestamp::default()),
            Style::Names(b"x\n/".to_vec()),
            Style::Facts(Facts::default(), Rights::read_only()),
        ] {
            let line = line(&style, &evil);
            assert!(line.ends_with("a??-rw") && !line.contains(['\r', '\n']), "{line}");
        }
    }
}
