//! `ls`: a folder or a tree, page by page.

use crate::terminal::arguments::List;
use crate::terminal::entry_lines::{EntryLines, Form};
use crate::terminal::failure::Result;
use crate::terminal::screen::Screen;
use crate::terminal::session::Session;
use crate::terminal::target::RemoteTarget;
use crate::{Client, Error};
use ferry_protocol::{Entry, RemotePath, Status};
use std::io::{self, Write};

/// Lists each place.
pub(crate) fn list(session: &mut Session, places: &[RemoteTarget], how: &List) -> Result {
    let mut lines = lines(&session.screen, how);
    let is_json = lines.form == Form::Json;
    let has_headings = places.len() > 1 && !is_json;
    session.each(places, |session, place| {
        if places.len() > 1 && is_json {
            lines.listed = Some(place.path.to_wire());
        }
        let mut out = Lines::new(Screen::buffered(), &lines);
        if has_headings {
            out.raw(&format!("{}:\n", place.path))?;
        }
        list_one(&mut session.client, &place.path, how.recursive, &mut out)?;
        if has_headings {
            out.raw("\n")?;
        }
        Ok(out.end()?)
    })
}

fn lines(screen: &Screen, how: &List) -> EntryLines {
    let form = match (screen.json, how.names, screen.is_terminal) {
        (true, ..) => Form::Json,
        (_, true, _) => Form::Name,
        (_, _, true) => Form::Person,
        _ => Form::Exact,
    };
    EntryLines::new(form, screen.clock.clone())
}

fn list_one<W: Write>(
    client: &mut Client,
    path: &RemotePath,
    is_recursive: bool,
    out: &mut Lines<'_, W>,
) -> Result {
    let listed = if is_recursive {
        client.walk(path).and_then(|pages| push_pages(pages, out))
    } else {
        client.list(path).and_then(|pages| push_pages(pages, out))
    };
    match listed {
        Err(err) if err.status() == Some(Status::NOT_A_FOLDER) => {
            let mut entry = client.stat(path)?;
            if out.form.form != Form::Json {
                entry.name = path.as_relative_bytes().to_vec();
            }
            Ok(out.entries(&[entry])?)
        }
        other => Ok(other??),
    }
}

/// The inner result is the output's, the outer one the server's.
fn push_pages<W: Write>(
    pages: impl Iterator<Item = std::result::Result<Vec<Entry>, Error>>,
    out: &mut Lines<'_, W>,
) -> std::result::Result<io::Result<()>, Error> {
    // A folder is shown in order of names, unless it is so large that to hold it would cost more
    // than its order is worth.
    let mut held: Vec<Entry> = Vec::new();
    let mut is_streaming = false;
    for page in pages {
        held.append(&mut page?);
        is_streaming |= held.len() > SORTED_MAX;
        if is_streaming {
            if let Err(err) = out.entries(&held) {
                return Ok(Err(err));
            }
            held.clear();
        }
    }
    held.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(out.entries(&held))
}

/// Entries on their way out.
struct Lines<'a, W: Write> {
    out: W,
    form: &'a EntryLines,
    text: String,
}

impl<'a, W: Write> Lines<'a, W> {
    fn new(out: W, form: &'a EntryLines) -> Self {
        Self { out, form, text: String::with_capacity(TEXT_LEN) }
    }

    fn entries(&mut self, entries: &[Entry]) -> io::Result<()> {
        for entry in entries {
            self.form.push(entry, &mut self.text);
            if self.text.len() >= TEXT_LEN {
                self.write()?;
            }
        }
        self.write()
    }

    fn raw(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    fn write(&mut self) -> io::Result<()> {
        self.out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }

    fn end(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Most entries that are held to be sorted: some tens of megabytes.
const SORTED_MAX: usize = 200_000;
const TEXT_LEN: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::time::Clock;
    use ferry_protocol::{EntryFlags, EntryKind, Permissions, Timestamp};

    fn page(names: &[usize]) -> Vec<Entry> {
        let entry = |name: &usize| Entry {
            name: format!("{name:07}").into_bytes(),
            kind: EntryKind::File,
            flags: EntryFlags::default(),
            size: 0,
            modified: Timestamp(0),
            permissions: Permissions::from_mode(0),
        };
        names.iter().map(entry).collect()
    }

    fn names(pages: Vec<Vec<Entry>>) -> Vec<String> {
        let lines = EntryLines::new(Form::Name, Clock::utc());
        let mut text = Vec::new();
        let mut out = Lines::new(&mut text, &lines);
        push_pages(pages.into_iter().map(Ok), &mut out).unwrap().unwrap();
        out.end().unwrap();
        String::from_utf8(text).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn folders_are_sorted_across_pages() {
        assert_eq!(names(vec![page(&[3, 1]), page(&[2])]), ["0000001", "0000002", "0000003"]);
    }

    #[test]
    fn huge_folders_are_shown_whole_as_they_come() {
        let first: Vec<usize> = (1..=SORTED_MAX + 1).collect();
        let shown = names(vec![page(&first), page(&[0])]);
        assert_eq!(shown.len(), SORTED_MAX + 2);
        assert_eq!(shown.last().map(String::as_str), Some("0000000"));
    }
}
