//! What is asked and answered before the first byte of a job: whether it would fit.

use super::{TransferId, decode_path, encode_path};
use crate::limits::{NAME_MAX, PAGE_BYTES_SOFT_MAX, PREFLIGHT_NAMES_MAX};
use crate::{DecodeError, Reader, RequestedPath, Status, Writer};

/// Asks whether entries would fit into a folder, and keeps room for the job they belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    /// The job's own random id: what is kept for it is renewed by every question with this id.
    pub job: TransferId,
    /// The folder that the entries are to come into. It need not be there.
    pub folder: RequestedPath,
    /// Bytes of the whole job; zero gives its room back.
    pub bytes: u64,
    /// Some of the entries, at most [`PREFLIGHT_NAMES_MAX`].
    pub entries: Vec<PreflightEntry>,
}

/// One entry that is to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreflightEntry {
    /// Whether it is a folder; else it is a file.
    pub is_folder: bool,
    /// Its name, which may be one that cannot be.
    pub name: Vec<u8>,
}

/// Answers a [`Preflight`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fitness {
    /// Whether the folder is there. What is not there holds nothing that could be in the way.
    pub folder_exists: bool,
    /// Bytes that are free for this job, what other jobs have been promised left out.
    pub available: u64,
    /// What stands in the way. The list is cut where it would not fit a message.
    pub problems: Vec<Problem>,
}

/// One thing that stands in the way of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub status: Status,
    /// Whether the upload would be refused for it; else it can go on, and a person should know.
    pub is_blocking: bool,
    /// The entry that it is about; empty for the folder or the whole job.
    pub name: Vec<u8>,
    /// The entry that it meets, where there is one.
    pub other: Vec<u8>,
}

impl Preflight {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.job.0);
        encode_path(writer, &self.folder);
        let entries = self.entries.get(..PREFLIGHT_NAMES_MAX).unwrap_or(&self.entries);
        writer.u64(self.bytes).u16(u16::try_from(entries.len()).unwrap_or(u16::MAX));
        for entry in entries {
            writer.bool(entry.is_folder).string(&entry.name);
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let job = TransferId(reader.array("job id")?);
        let folder = decode_path(reader)?;
        let bytes = reader.u64("bytes")?;
        let count = usize::from(reader.u16("entry count")?);
        if count > PREFLIGHT_NAMES_MAX {
            return Err(DecodeError::BadValue("entry count"));
        }
        let entry = |_| {
            let is_folder = reader.bool("folder flag")?;
            // Longer than a name may be, so that it can be answered what is wrong with it.
            let name = reader.string(usize::from(u16::MAX), "name")?.to_vec();
            Ok(PreflightEntry { is_folder, name })
        };
        let entries = (0..count).map(entry).collect::<Result<_, DecodeError>>()?;
        Ok(Self { job, folder, bytes, entries })
    }
}

impl Fitness {
    /// Adds a problem if it fits the message.
    pub fn add(&mut self, problem: Problem) {
        let taken: usize = self.problems.iter().map(Problem::encoded_len).sum();
        if self.problems.len() < PREFLIGHT_NAMES_MAX
            && taken.saturating_add(problem.encoded_len()) <= PAGE_BYTES_SOFT_MAX
        {
            self.problems.push(problem);
        }
    }

    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        let count = u16::try_from(self.problems.len()).unwrap_or(u16::MAX);
        writer.bool(self.folder_exists).u64(self.available).u16(count);
        for problem in self.problems.iter().take(usize::from(count)) {
            writer.u16(problem.status.code()).bool(problem.is_blocking);
            writer.string(&problem.name).string(&problem.other);
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let folder_exists = reader.bool("folder flag")?;
        let available = reader.u64("available bytes")?;
        let count = usize::from(reader.u16("problem count")?);
        if count > PREFLIGHT_NAMES_MAX {
            return Err(DecodeError::BadValue("problem count"));
        }
        let problems = (0..count).map(|_| Problem::decode(reader)).collect::<Result<_, _>>()?;
        Ok(Self { folder_exists, available, problems })
    }
}

impl Problem {
    fn encoded_len(&self) -> usize {
        self.name.len().saturating_add(self.other.len()).saturating_add(7)
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            status: Status::new(reader.u16("status")?),
            is_blocking: reader.bool("blocking flag")?,
            name: reader.string(usize::from(u16::MAX), "name")?.to_vec(),
            other: reader.string(NAME_MAX, "name")?.to_vec(),
        })
    }
}
