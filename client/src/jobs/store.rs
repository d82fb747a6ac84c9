//! The folder of journals: one `ID.journal` and one `ID.lock` for each job.

use super::OpenJob;
use super::cleaning;
use crate::journal::{
    self, JobDetails, JobId, JobRecord, JobSpec, JobState, JournalError, Lock, Unusable, Wish,
};
use crate::{Error, sys};
use ferry_protocol::TransferId;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The jobs of a user. Any number of processes may use the same folder at once.
#[derive(Clone, Debug)]
pub struct Jobs {
    folder: PathBuf,
}

/// All jobs of a folder.
#[derive(Debug, Default)]
pub struct JobList {
    /// The jobs, newest first.
    pub jobs: Vec<JobRecord>,
    /// Journals that could not be used and were set aside just now.
    pub set_aside: Vec<SetAside>,
    /// Journals that could not be read for another reason, and stay where they are.
    pub unread: Vec<JournalError>,
}

impl JobList {
    /// The newest unfinished job that is the same work as `spec` and that no process works on. A
    /// server whose key is pinned is found under a new address too; rule and connections may
    /// differ.
    #[must_use]
    pub fn unfinished_like(&self, spec: &JobSpec) -> Option<&JobRecord> {
        self.jobs.iter().find(|job| {
            matches!(job.state, JobState::Interrupted | JobState::Paused)
                && job.spec.direction == spec.direction
                && job.spec.server.is_same(&spec.server)
                && job.spec.transfers == spec.transfers
        })
    }
}

/// A journal that could not be used. It was renamed, never deleted.
#[derive(Debug)]
pub struct SetAside {
    /// Where it is now.
    pub path: PathBuf,
    /// What was wrong with it.
    pub why: Unusable,
}

/// What became of a job that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancelled {
    /// Whether it has stopped.
    pub stopped: Stopped,
    /// Uploads of which the job's server may hold a part, for [`Client::abandon_parts`]. Whoever
    /// works on the job sees to them itself.
    ///
    /// [`Client::abandon_parts`]: crate::Client::abandon_parts
    pub server_parts: Vec<TransferId>,
}

impl Cancelled {
    /// That the server keeps the parts, in words for a person.
    #[must_use]
    pub fn stay_text(&self, server: &str, why: &Error) -> String {
        cleaning::stay_text(server, self.server_parts.len(), why)
    }
}

/// What became of the wish that a job stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It is stopped.
    Now,
    /// The process that works on it was asked, and will within a second or so.
    Asked,
}

/// Whether a file is there. A disk that does not tell hides no job, which would be begun anew and leave
/// what it had begun.
fn is_there(path: &Path) -> Result<bool, Error> {
    path.try_exists().map_err(|source| Error::local("look at", path, source))
}

impl Jobs {
    /// The jobs in the client's state folder. The folder for them is made if it is not there.
    pub fn open(state_folder: &Path) -> Result<Self, Error> {
        let folder = state_folder.join("jobs");
        sys::create_private_folder(&folder)
            .map_err(|source| Error::local("make", &folder, source))?;
        Ok(Self { folder })
    }

    /// All jobs, those that other processes work on included. A journal that cannot be used is
    /// set aside and told, and hides no other.
    pub fn list(&self) -> Result<JobList, Error> {
        let mut list = JobList::default();
        for id in self.ids()? {
            match self.record(&id) {
                Ok(record) => list.jobs.push(record),
                Err(err) if err.is_bad_file() => self.set_aside(&id, &mut list),
                // Cleared by another process meanwhile.
                Err(JournalError { kind: Unusable::Missing, .. }) => {}
                Err(err) => list.unread.push(err),
            }
        }
        list.jobs.sort_by_key(|job| std::cmp::Reverse(job.began));
        Ok(list)
    }

    /// One job with its lists of failures, unfinished files and conflicts.
    pub fn details(&self, id: &JobId) -> Result<JobDetails, Error> {
        let is_held = Lock::is_held(&self.lock_file(id))?;
        Ok(journal::details(&self.journal_file(id), id, is_held)?)
    }

    /// Begins a job: its journal is on stable storage before anything is moved.
    pub fn begin(&self, spec: JobSpec) -> Result<OpenJob, Error> {
        loop {
            let id = JobId::random()
                .map_err(|source| Error::local("name a job in", &self.folder, source))?;
            let path = self.journal_file(&id);
            if is_there(&path)? {
                continue;
            }
            let lock = Lock::take(&self.lock_file(&id))?;
            journal::create(&path, &spec)?;
            sys::sync_folder(&self.folder)
                .map_err(|source| Error::local("sync", &self.folder, source))?;
            return Ok(OpenJob::new(self.clone(), id, spec, JobState::Interrupted, lock));
        }
    }

    /// Takes a job to go on with it. Fails with [`Unusable::InUse`] while a process works on it.
    pub fn take(&self, id: &JobId) -> Result<OpenJob, Error> {
        let path = self.journal_file(id);
        if !is_there(&path)? {
            return Err(JournalError::new(&path, Unusable::Missing).into());
        }
        let lock = Lock::take(&self.lock_file(id))?;
        let record = journal::record(&path, id, false)?;
        Ok(OpenJob::new(self.clone(), id.clone(), record.spec, record.state, lock))
    }

    /// Stops a job for now, whichever process works on it; it can be resumed.
    pub fn pause(&self, id: &JobId) -> Result<Stopped, Error> {
        self.stop(id, Wish::Pause, |_| Ok(()))
    }

    /// Gives a job up: what it moved stays, what it only began is removed here. What its server
    /// holds of unfinished files is told.
    pub fn cancel(&self, id: &JobId) -> Result<Cancelled, Error> {
        let mut server_parts = Vec::new();
        let stopped = self.stop(id, Wish::Cancel, |job| {
            let journal = self.journal_file(id);
            server_parts = cleaning::server_parts(&journal);
            cleaning::remove_parts(&journal, id, &job.spec().transfers);
            job.set_cancelled()
        })?;
        Ok(Cancelled { stopped, server_parts })
    }

    /// Forgets a job that is over. One that is not has to be cancelled first.
    pub fn clear(&self, id: &JobId) -> Result<(), Error> {
        let job = self.take(id)?;
        if !job.state().is_over() {
            let path = self.journal_file(id);
            let what = "its job is not over; resume or cancel it first";
            return Err(Error::LocalRefused { path, what });
        }
        self.remove(id)?;
        drop(job);
        Ok(())
    }

    pub(super) fn journal_file(&self, id: &JobId) -> PathBuf {
        self.folder.join(format!("{id}.{JOURNAL}"))
    }

    fn lock_file(&self, id: &JobId) -> PathBuf {
        self.folder.join(format!("{id}.lock"))
    }

    fn record(&self, id: &JobId) -> Result<JobRecord, JournalError> {
        let is_held = Lock::is_held(&self.lock_file(id))?;
        journal::record(&self.journal_file(id), id, is_held)
    }

    fn ids(&self) -> Result<Vec<JobId>, Error> {
        let failed = |source| Error::local("list", &self.folder, source);
        let mut ids = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(JOURNAL)?.strip_suffix('.'));
            ids.extend(id.and_then(|id| id.parse().ok()));
        }
        Ok(ids)
    }

    fn stop(
        &self,
        id: &JobId,
        wish: Wish,
        here: impl FnOnce(&OpenJob) -> Result<(), Error>,
    ) -> Result<Stopped, Error> {
        match self.take(id) {
            Ok(job) => here(&job).map(|()| Stopped::Now),
            Err(Error::Journal(JournalError { kind: Unusable::InUse, .. })) => {
                journal::set_wish(&self.journal_file(id), wish)?;
                Ok(Stopped::Asked)
            }
            Err(err) => Err(err),
        }
    }

    /// Renames a journal that cannot be used, unless a process is just about to make it.
    fn set_aside(&self, id: &JobId, list: &mut JobList) {
        let Ok(_lock) = Lock::take(&self.lock_file(id)) else {
            return;
        };
        // Whoever had the lock until now may have been making the journal, or clearing it.
        let err = match journal::record(&self.journal_file(id), id, false) {
            Err(again) if again.is_bad_file() => again,
            Err(JournalError { kind: Unusable::Missing, .. }) => return,
            Err(again) => return list.unread.push(again),
            Ok(record) => return list.jobs.push(record),
        };
        match self.rename_aside(id) {
            Ok(path) => list.set_aside.push(SetAside { path, why: err.kind }),
            Err(_) => list.unread.push(err),
        }
    }

    /// Renames a journal that cannot be used; this process has its lock. Returns its new name.
    pub(super) fn rename_aside(&self, id: &JobId) -> io::Result<PathBuf> {
        let mut names =
            (1..).map(|count| self.folder.join(format!("{id}.{JOURNAL}.set-aside-{count}")));
        let to = loop {
            let to = names.next().ok_or(io::ErrorKind::AlreadyExists)?;
            if !to.try_exists()? {
                break to;
            }
        };
        let from = self.journal_file(id);
        fs::rename(&from, &to)?;
        for beside in BESIDE {
            // Most journals have none of these.
            drop(fs::rename(with_suffix(&from, beside), with_suffix(&to, beside)));
        }
        Ok(to)
    }

    fn remove(&self, id: &JobId) -> Result<(), Error> {
        let journal = self.journal_file(id);
        let beside = BESIDE.iter().map(|suffix| with_suffix(&journal, suffix));
        for path in beside.chain([journal.clone(), self.lock_file(id)]) {
            match fs::remove_file(&path) {
                Err(err) if err.kind() == io::ErrorKind::NotFound => {}
                other => other.map_err(|source| Error::local("remove", &path, source))?,
            }
        }
        Ok(())
    }
}

const JOURNAL: &str = "journal";
/// What the store keeps beside its file while it is open, and after a process was killed.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Rule;
    use crate::jobs::{Direction, JobServer};
    use crate::trust::{Fingerprint, ServerKey};

    /// As when it was read while another process made it, which is done since.
    #[test]
    fn a_journal_that_is_whole_by_now_is_not_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = Jobs::open(folder.path()).unwrap();
        let server = JobServer {
            host: "nas".to_owned(),
            port: 3000,
            account: None,
            key: ServerKey::Pinned(Fingerprint::of_public_key(b"key")),
        };
        let (direction, rule) = (Direction::Upload, Rule::Ask);
        let spec = JobSpec { direction, server, transfers: Vec::new(), rule, connections: 1 };
        let id = jobs.begin(spec).unwrap().id().clone();
        let mut list = JobList::default();
        jobs.set_aside(&id, &mut list);
        assert!(list.set_aside.is_empty() && list.unread.is_empty());
        assert_eq!(list.jobs.len(), 1);
        jobs.take(&id).unwrap();
    }
}
