//! The look through the sources of an upload on a thread of its own, so that a connection can be
//! made meanwhile.

use super::finding::Findings;
use super::totals::{self, GoOn};
use crate::job::Walked;
use crate::{Cancel, Error};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

/// A look through local sources that is under way. Dropped, it ends soon.
#[derive(Debug)]
pub struct Survey {
    looked: Receiver<Result<Looked, Error>>,
    is_given_up: Arc<AtomicBool>,
}

/// What a look through the sources found.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) findings: Findings,
    pub(super) walked: Walked,
}

impl Looked {
    /// Looks through the sources now.
    pub(super) fn through(sources: &[PathBuf], go_on: GoOn<'_>) -> Result<Self, Error> {
        let mut looked = Self::default();
        for source in sources {
            totals::count(source, go_on, &mut looked.findings, &mut looked.walked)?;
        }
        Ok(looked)
    }
}

impl Survey {
    /// Begins to look through what an upload is to send.
    pub fn start(sources: Vec<PathBuf>) -> Result<Self, Error> {
        let (sender, looked) = sync_channel(1);
        let is_given_up = Arc::<AtomicBool>::default();
        let told = Arc::clone(&is_given_up);
        let go_on = move || {
            if told.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { Ok(()) }
        };
        std::thread::Builder::new()
            .name("ferry-survey".to_owned())
            // Whoever wanted it may be gone.
            .spawn(move || sender.send(Looked::through(&sources, &go_on)).unwrap_or_default())
            .map_err(|source| Error::local("start", "a thread".as_ref(), source))?;
        Ok(Self { looked, is_given_up })
    }

    /// Waits for its end.
    pub(super) fn finish(self, cancel: &Cancel) -> Result<Looked, Error> {
        loop {
            cancel.check()?;
            match self.looked.recv_timeout(TICK) {
                Ok(looked) => return looked,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let source = io::Error::other("its thread panicked");
                    return Err(Error::local("look through", "the sources".as_ref(), source));
                }
            }
        }
    }
}

impl Drop for Survey {
    fn drop(&mut self) {
        self.is_given_up.store(true, Ordering::Relaxed);
    }
}

/// Longest wait before it is looked whether the job was stopped.
const TICK: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_surveyed_is_counted_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("deep");
        std::fs::create_dir(&deep).unwrap();
        for name in ["a", "A", "b"] {
            std::fs::write(deep.join(name), name.repeat(5)).unwrap();
        }
        let survey = Survey::start(vec![folder.path().to_owned()]).unwrap();
        let Looked { findings, mut walked } = survey.finish(&Cancel::new()).unwrap();
        assert_eq!((findings.files, findings.bytes, findings.count), (3, 15, 1));
        let names = walked.take_folder(&deep).unwrap();
        let names: Vec<_> = names.iter().map(|source| source.name.to_str().unwrap()).collect();
        assert_eq!(names, ["A", "a", "b"]);
        assert!(walked.take_folder(&deep).is_none(), "given out once");
    }

    #[test]
    fn a_survey_ends_with_the_job_that_wanted_it() {
        let survey = Survey::start(vec!["/proc/self".into()]).unwrap();
        let cancel = Cancel::new();
        cancel.cancel();
        assert!(matches!(survey.finish(&cancel), Err(Error::Cancelled)));
    }
}
