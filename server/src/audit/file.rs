//! The files of the record: `audit.log` in the state folder, and older ones with a number.

use super::Line;
use super::history::LINES_MAX;
use crate::config::{AuditFormat, AuditSettings};
use crate::state_folder::StateFolder;
use jiff::Timestamp;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The present file, opened when it is needed.
#[derive(Debug)]
pub(super) struct AuditFile {
    state: StateFolder,
    settings: AuditSettings,
    open: Option<Open>,
    /// Whether the last write may have left half a line.
    is_torn: bool,
}

#[derive(Debug)]
struct Open {
    file: File,
    len: u64,
    began_at: SystemTime,
}

const FILE_NAME: &str = "audit.log";
const MIB: u64 = 1024 * 1024;

/// Most bytes that are read back at a start.
const RECALL_MAX: u64 = 8 * MIB;

/// Bytes at the front of a file that hold the time of its first line.
const TIME_MAX: u64 = 64;

impl AuditFile {
    pub(super) fn new(state_dir: &Path, settings: AuditSettings) -> Self {
        Self { state: StateFolder::at(state_dir), settings, open: None, is_torn: false }
    }

    /// Appends lines, beginning a new file where the present one is too long or too old.
    pub(super) fn write(&mut self, lines: &[impl AsRef<Line>]) -> io::Result<()> {
        let as_text = match self.settings.format {
            AuditFormat::Off => return Ok(()),
            AuditFormat::Json => Line::to_json,
            AuditFormat::Text => Line::to_words,
        };
        let mut bytes = if self.is_torn { vec![b'\n'] } else { Vec::new() };
        for line in lines {
            bytes.extend(as_text(line.as_ref()).as_bytes());
            bytes.push(b'\n');
        }
        if self.is_due() {
            self.rotate()?;
        }
        let open = self.opened()?;
        open.len += bytes.len() as u64;
        let written = open.file.write_all(&bytes);
        self.is_torn = written.is_err();
        if written.is_err() {
            // Opened again next time: somebody may have made room, or put the file away.
            self.open = None;
        }
        written
    }

    /// What the newest files tell, the oldest first. What is not a line of ours is left out.
    pub(super) fn recent_lines(&self) -> Vec<Line> {
        if self.settings.format != AuditFormat::Json {
            return Vec::new();
        }
        let texts = [self.numbered(1), self.numbered(0)].map(|path| tail(&path));
        let lines = texts.iter().flat_map(|text| text.lines());
        let mut lines: Vec<Line> =
            lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
        lines.drain(..lines.len().saturating_sub(LINES_MAX));
        lines
    }

    fn opened(&mut self) -> io::Result<&mut Open> {
        let open = match self.open.take() {
            Some(open) => open,
            None => self.open_file()?,
        };
        Ok(self.open.insert(open))
    }

    fn open_file(&self) -> io::Result<Open> {
        let file = self
            .state
            .create()
            .and_then(|()| self.state.append(FILE_NAME))
            .map_err(io::Error::other)?;
        let metadata = file.metadata()?;
        // Not every file system knows when a file was made, and a copy was made later.
        let began_at = match first_time(&self.numbered(0)) {
            Some(time) => time,
            None => metadata.modified()?,
        };
        Ok(Open { len: metadata.len(), file, began_at })
    }

    fn is_due(&self) -> bool {
        self.open.as_ref().is_some_and(|open| {
            let age = SystemTime::now().duration_since(open.began_at).unwrap_or_default();
            let len_max = (self.settings.file_mib as u64).saturating_mul(MIB);
            open.len > 0 && (open.len >= len_max || age >= self.settings.file_age)
        })
    }

    /// Each file takes the next number; the last one goes.
    fn rotate(&mut self) -> io::Result<()> {
        self.open = None;
        let oldest = self.settings.files.saturating_sub(1);
        if oldest == 0 {
            return ignore_missing(fs::remove_file(self.numbered(0)));
        }
        for number in (0..oldest).rev() {
            ignore_missing(fs::rename(self.numbered(number), self.numbered(number + 1)))?;
        }
        Ok(())
    }

    fn numbered(&self, number: usize) -> PathBuf {
        match number {
            0 => self.state.file(FILE_NAME),
            number => self.state.file(&format!("{FILE_NAME}.{number}")),
        }
    }
}

fn ignore_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// When the first line was written, with which either format begins.
fn first_time(path: &Path) -> Option<SystemTime> {
    let head = part(path, |_| 0, TIME_MAX);
    let time = head.trim_start().trim_start_matches("{\"time\":\"").split(['"', ' ']).next()?;
    time.parse::<Timestamp>().ok().map(SystemTime::from)
}

/// The end of a file; nothing where it cannot be read.
fn tail(path: &Path) -> String {
    part(path, |len| len.saturating_sub(RECALL_MAX), RECALL_MAX)
}

/// What a file holds from where `start` says of its length; nothing where it cannot be read.
fn part(path: &Path, start: impl FnOnce(u64) -> u64, len_max: u64) -> String {
    let read = || -> io::Result<Vec<u8>> {
        // A pipe or a device in its place must not be waited for.
        if !fs::metadata(path)?.is_file() {
            return Ok(Vec::new());
        }
        let mut file = File::open(path)?;
        let len = file.metadata()?.len();
        file.seek(SeekFrom::Start(start(len)))?;
        let mut bytes = Vec::new();
        file.take(len_max).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}
