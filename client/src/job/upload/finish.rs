//! The end of an upload: times and permission bits of folders, deepest first, and the barrier
//! that brings names, times, and what the server has not synced to stable storage.

use crate::client::Backoff;
use crate::connection::{Connection, Received};
use crate::job::lanes::Job;
use crate::job::report::FinalOutcome;
use crate::{Error, Stage, random};
use ferry_protocol::{
    Answer, Attributes, Change, OperationId, PeerMisbehaved, RemotePath, Request, Status,
};
use std::collections::VecDeque;

type Folder = (RemotePath, Attributes, OperationId);

/// Returns whether all is on stable storage. If not, the server may have lost what it answered,
/// and that has to be proved again.
pub(super) fn finish(job: &Job<'_>, folders: Vec<(RemotePath, Attributes)>) -> Result<bool, Error> {
    job.check()?;
    job.check_proved()?;
    let mut left = folders
        .into_iter()
        .rev()
        .filter(|(path, _)| !path.is_root())
        .map(|(path, attributes)| Ok((path, attributes, random::operation_id()?)))
        .collect::<Result<VecDeque<Folder>, Error>>()?;
    let mut backoff = Backoff::new(&job.site, &job.cancel);
    loop {
        let finished = job.open().and_then(|mut connection| {
            if job.is_in_doubt() {
                return Ok(false);
            }
            set_all(job, &mut connection, &mut left)?;
            let Answer::Synced(epoch) = connection.ask(&Request::Sync, b"")? else {
                return Err(PeerMisbehaved::UnexpectedAnswer.into());
            };
            job.give_back(connection);
            Ok(job.synced(epoch))
        });
        match finished {
            Err(err) if err.is_retryable() => backoff.wait(err)?,
            other => {
                backoff.succeeded();
                return other;
            }
        }
    }
}

fn set_all(
    job: &Job<'_>,
    connection: &mut Connection,
    left: &mut VecDeque<Folder>,
) -> Result<(), Error> {
    let mut sent = 0;
    while !left.is_empty() {
        while let Some((path, attributes, operation)) = left.get(sent)
            && connection.has_room()
        {
            connection.send(&Request::Change {
                operation: *operation,
                change: Change::SetAttributes {
                    path: path.clone().into(),
                    attributes: *attributes,
                },
            })?;
            sent += 1;
        }
        connection.flush()?;
        let Received::Answer { is_final, answer } = connection.receive(Stage::Answer)? else {
            return Err(PeerMisbehaved::UnexpectedAnswer.into());
        };
        if !is_final {
            continue;
        }
        if let Answer::Busy(_) = answer {
            connection.judged(answer, b"")?;
            continue;
        }
        if let Some((path, ..)) = left.pop_front() {
            sent -= 1;
            told(job, connection.judged(answer, &path.to_wire()), &path);
        }
    }
    Ok(())
}

fn told(job: &Job<'_>, answered: Result<Answer, Error>, path: &RemotePath) {
    match answered {
        Ok(_) => job.add_folders(1),
        // It never came to be, for a reason that was told already. Where nothing failed, it was
        // made and is gone: the server has lost it, or somebody removed it.
        Err(err) if err.status() == Some(Status::NOT_FOUND) && job.has_failures() => {}
        Err(err) => {
            job.options.progress.add_planned(1, 0);
            let wire = path.to_wire();
            job.finish(&wire, &wire, 0, FinalOutcome::Failed(err));
        }
    }
}
