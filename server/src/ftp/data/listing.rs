//! A listing on its way to the client, page by page: memory does not grow with the folder.

use super::{Cargo, Carried, Ended, Failure};
use crate::door::{Quantum, Turn};
use crate::ftp::list_format::Style;
use crate::ftp::pattern::Pattern;
use crate::service::Pages;
use crate::storage::Identified;
use crate::transport::Channel;
use crate::wake::Waker;

/// A listing.
#[derive(Debug)]
pub(in crate::ftp) struct Telling {
    source: Source,
    style: Style,
    /// Only names that match are told.
    pattern: Option<Pattern>,
}

#[derive(Debug)]
enum Source {
    Folder(Pages),
    One(Option<Identified>),
}

impl Telling {
    /// Tells what is in a folder.
    pub(in crate::ftp) fn folder(pages: Pages, style: Style, pattern: Option<Pattern>) -> Self {
        Self { source: Source::Folder(pages), style, pattern }
    }

    /// Tells one entry.
    pub(in crate::ftp) fn one(entry: Identified, style: Style) -> Self {
        Self { source: Source::One(Some(entry)), style, pattern: None }
    }

    /// Appends the next lines, and spends what looking at names that are not told costs. Returns
    /// whether there may be more.
    pub(in crate::ftp) fn next_lines(
        &mut self,
        out: &mut Vec<u8>,
        quantum: &mut Quantum,
    ) -> Result<bool, Failure> {
        let entries = match &mut self.source {
            Source::Folder(pages) => pages.next_identified()?,
            Source::One(entry) => entry.take().into_iter().collect(),
        };
        out.reserve(entries.len() * LINE_LEN_USUAL);
        for (entry, id) in &entries {
            if let Some(pattern) = &self.pattern {
                quantum.spend_bytes(LINE_LEN_USUAL + pattern.steps(&entry.name));
                if !pattern.matches(&entry.name) {
                    continue;
                }
            }
            self.style.push(out, entry, *id);
            out.extend_from_slice(b"\r\n");
        }
        Ok(!entries.is_empty())
    }
}

impl Cargo for Telling {
    fn carry(&mut self, channel: &mut Channel, turn: &mut Turn<'_>) -> Result<Carried, Failure> {
        let mut lines = Vec::new();
        if !self.next_lines(&mut lines, &mut turn.quantum)? {
            return Ok(Carried::Done);
        }
        channel.write(&lines)?;
        Ok(Carried::Moved(lines.len()))
    }

    fn finish(&mut self, _: &Waker, _: &Turn<'_>) -> Result<Ended, Failure> {
        Ok(Ended::Sent)
    }

    fn is_bulk(&self) -> bool {
        false
    }

    fn is_incoming(&self) -> bool {
        false
    }
}

/// Bytes of a usual line, for making room.
const LINE_LEN_USUAL: usize = 100;
