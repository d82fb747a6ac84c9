//! Reading a journal, also while another process writes it.

use super::codes::{StoredState, direction_of, rule_of, ruling_of};
use super::done::DoneSet;
use super::record::{
    Counts, JobDetails, JobFailure, JobId, JobRecord, JobServer, JobSpec, JobState,
};
use super::schema;
use super::{Held, JournalError, UnderWay, Unusable};
use crate::job::{Ruling, Transfer};
use crate::{Conflict, sys};
use ferry_protocol::{RemotePath, Timestamp, TransferId};
use rusqlite::{Connection, Row};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What the journal says of its job; `is_held` is whether a process works on it.
pub(crate) fn record(path: &Path, id: &JobId, is_held: bool) -> Result<JobRecord, JournalError> {
    let store = schema::open(path)?;
    read(path, record_in(&store, id, is_held))
}

/// The job with its lists.
pub(crate) fn details(path: &Path, id: &JobId, is_held: bool) -> Result<JobDetails, JournalError> {
    let store = schema::open(path)?;
    read(path, details_in(&store, id, is_held))
}

/// The big files that were begun and are not done.
pub(crate) fn begun(path: &Path) -> Result<Vec<UnderWay>, JournalError> {
    let store = schema::open(path)?;
    read(path, under_way(&store))
}

/// Checks every page of the store, as is done before a job is gone on with.
pub(super) fn check_whole(path: &Path, store: &Connection) -> Result<(), JournalError> {
    let checked = store.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match read(path, checked)?.as_str() {
        "ok" => Ok(()),
        text => Err(JournalError::new(path, Unusable::Damaged(text.to_owned()))),
    }
}

pub(super) fn read<T>(path: &Path, result: rusqlite::Result<T>) -> Result<T, JournalError> {
    result.map_err(|err| JournalError::of_store(path, &err))
}

fn details_in(store: &Connection, id: &JobId, is_held: bool) -> rusqlite::Result<JobDetails> {
    let under_way = under_way(store)?;
    Ok(JobDetails {
        record: record_in(store, id, is_held)?,
        failures: failures(store)?,
        under_way: under_way.into_iter().map(|one| (one.target, one.size)).collect(),
        waiting: waiting(store)?,
    })
}

fn record_in(store: &Connection, id: &JobId, is_held: bool) -> rusqlite::Result<JobRecord> {
    let transfers = transfers(store)?;
    store.query_row("SELECT * FROM job", [], |row| {
        let stored = StoredState::of_code(row.get("state")?).ok_or_else(unreadable)?;
        let state = match stored {
            _ if is_held => JobState::Running,
            StoredState::Open => JobState::Interrupted,
            StoredState::Paused => JobState::Paused,
            StoredState::Failed => JobState::Failed,
            StoredState::Done => JobState::Done,
            StoredState::Cancelled => JobState::Cancelled,
        };
        Ok(JobRecord {
            id: id.clone(),
            spec: spec(row, transfers)?,
            state,
            began: Timestamp(row.get("began")?),
            updated: Timestamp(row.get("updated")?),
            counts: counts(row)?,
            stopped: row.get("stopped")?,
        })
    })
}

fn spec(row: &Row<'_>, transfers: Vec<Transfer>) -> rusqlite::Result<JobSpec> {
    let key: String = row.get("server_key")?;
    let connections: i64 = row.get("connections")?;
    Ok(JobSpec {
        direction: direction_of(row.get("direction")?).ok_or_else(unreadable)?,
        server: JobServer {
            host: row.get("host")?,
            port: row.get("port")?,
            account: row.get("account")?,
            key: key.parse().map_err(|_bad| unreadable())?,
        },
        transfers,
        rule: rule_of(row.get("rule")?).ok_or_else(unreadable)?,
        connections: usize::try_from(connections).map_err(|_negative| unreadable())?,
    })
}

fn counts(row: &Row<'_>) -> rusqlite::Result<Counts> {
    let count = |name| row.get::<_, i64>(name).map(|count| u64::try_from(count).unwrap_or(0));
    Ok(Counts {
        files_done: count("files_done")?,
        already_there: count("already_there")?,
        skipped: count("skipped")?,
        failed: count("failed")?,
        files_total: count("files_total")?,
        bytes_done: count("bytes_done")?,
        bytes_total: count("bytes_total")?,
    })
}

fn transfers(store: &Connection) -> rusqlite::Result<Vec<Transfer>> {
    let mut query = store.prepare("SELECT local, remote FROM transfer ORDER BY rowid")?;
    let rows = query.query_map([], |row| {
        let (local, remote): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let remote = RemotePath::parse(&remote).map_err(|_bad| unreadable())?;
        Ok(Transfer { local: PathBuf::from(sys::name_from_bytes(&local)), remote })
    })?;
    rows.collect()
}

fn failures(store: &Connection) -> rusqlite::Result<Vec<JobFailure>> {
    let mut query = store.prepare("SELECT source, target, reason FROM failure ORDER BY rowid")?;
    let rows = query.query_map([], |row| {
        Ok(JobFailure { source: row.get(0)?, target: row.get(1)?, reason: row.get(2)? })
    })?;
    rows.collect()
}

pub(super) fn under_way(store: &Connection) -> rusqlite::Result<Vec<UnderWay>> {
    let mut query = store.prepare("SELECT target, size, modified, upload, part FROM under_way")?;
    let rows = query.query_map([], |row| {
        let size: i64 = row.get(1)?;
        let held = match (row.get(3)?, row.get::<_, Option<Vec<u8>>>(4)?) {
            (Some(id), None) => Held::ByServer(TransferId(id)),
            (None, Some(part)) => Held::InPart(PathBuf::from(sys::name_from_bytes(&part))),
            _ => return Err(unreadable()),
        };
        Ok(UnderWay {
            target: row.get(0)?,
            size: u64::try_from(size).map_err(|_negative| unreadable())?,
            modified: Timestamp(row.get(2)?),
            held,
        })
    })?;
    rows.collect()
}

/// Conflicts with the code of their decision, `None` while they wait for one.
fn conflicts(store: &Connection) -> rusqlite::Result<Vec<(Conflict, Option<i64>)>> {
    let mut query = store.prepare("SELECT * FROM conflict ORDER BY rowid")?;
    let rows = query.query_map([], |row| {
        let side = |size: &str, time: &str| {
            let size: i64 = row.get(size)?;
            Ok::<_, rusqlite::Error>((u64::try_from(size).unwrap_or(0), Timestamp(row.get(time)?)))
        };
        let conflict = Conflict {
            target: row.get("target")?,
            present: side("present_size", "present_time")?,
            coming: side("coming_size", "coming_time")?,
        };
        Ok((conflict, row.get("choice")?))
    })?;
    rows.collect()
}

/// The files that are done.
pub(super) fn done(store: &Connection) -> rusqlite::Result<DoneSet> {
    let mut done = DoneSet::default();
    let mut query = store.prepare("SELECT keys FROM done")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        done.add_batch(row.get_ref(0)?.as_blob()?);
    }
    Ok(done)
}

/// What was decided about conflicts, by their targets.
pub(super) fn decisions(
    store: &Connection,
) -> rusqlite::Result<HashMap<Vec<u8>, (Conflict, Ruling)>> {
    let all = conflicts(store)?.into_iter();
    all.filter_map(|(conflict, code)| Some((conflict, code?)))
        .map(|(conflict, code)| {
            let ruling = ruling_of(code).ok_or_else(unreadable)?;
            Ok((conflict.target.clone(), (conflict, ruling)))
        })
        .collect()
}

fn waiting(store: &Connection) -> rusqlite::Result<Vec<Conflict>> {
    let all = conflicts(store)?;
    Ok(all.into_iter().filter(|(_, choice)| choice.is_none()).map(|(one, _)| one).collect())
}

/// A value that no journal of ours holds.
fn unreadable() -> rusqlite::Error {
    rusqlite::Error::InvalidQuery
}
