//! What is noted while a job runs, and how each note is written.

use super::codes::{StoredState, rule_code, ruling_code};
use super::record::Counts;
use super::{DoneKey, Held, UnderWay};
use crate::Conflict;
use crate::job::{Rule, Ruling};
use rusqlite::{Connection, params};
use std::sync::mpsc::SyncSender;

const FAILURES_MAX: u64 = crate::job::JobReport::LISTED_MAX as u64;

/// How a file ended, as its journal takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Done,
    /// An earlier run did it.
    DoneBefore,
    /// It is there still, and was counted when it was sent.
    Again,
    AlreadyThere,
    Skipped,
    Failed(String),
}

#[derive(Debug)]
pub(super) enum Note {
    /// A file ended that has rows of its own, or is to get one.
    Ended {
        key: Option<DoneKey>,
        source: Vec<u8>,
        target: Vec<u8>,
        has_rows: bool,
        ended: Ended,
    },
    /// Files that ended before are done now.
    Synced(Vec<DoneKey>),
    /// Whoever sends it waits until it is committed.
    Begun(UnderWay, SyncSender<()>),
    Waiting(Conflict),
    Decided(Conflict, Ruling),
    Rule(Rule),
    Over(StoredState, Option<String>),
}

/// Writes one note. Returns whoever waits for its commit.
pub(super) fn write(
    store: &Connection,
    note: Note,
    counts: &mut Counts,
    keys: &mut Vec<u8>,
) -> rusqlite::Result<Option<SyncSender<()>>> {
    let mut awaited = None;
    match note {
        Note::Ended { key, source, target, has_rows, ended } => {
            keys.extend(key.iter().flat_map(|key| key.0));
            if has_rows {
                // What came of a file that failed is gone on with in the next run.
                if !matches!(ended, Ended::Failed(_)) {
                    store.execute("DELETE FROM under_way WHERE target = ?1", [&target])?;
                }
                store.execute("DELETE FROM conflict WHERE target = ?1", [&target])?;
            }
            counts.count(&ended);
            if let Ended::Failed(reason) = ended
                && counts.failed <= FAILURES_MAX
            {
                let row = params![source, target, reason];
                store.execute("INSERT INTO failure VALUES (?1, ?2, ?3)", row)?;
            }
        }
        Note::Synced(files) => keys.extend(files.iter().flat_map(|key| key.0)),
        Note::Begun(UnderWay { target, size, modified, held }, committed) => {
            awaited = Some(committed);
            let (upload, part) = match held {
                Held::ByServer(transfer) => (Some(transfer.0), None),
                Held::InPart(path) => (None, Some(path.into_os_string().into_encoded_bytes())),
            };
            let row = params![target, signed(size), modified.0, upload, part];
            let sql = "INSERT OR REPLACE INTO under_way VALUES (?1, ?2, ?3, ?4, ?5)";
            store.execute(sql, row)?;
        }
        Note::Waiting(conflict) => write_conflict(store, &conflict, None)?,
        Note::Decided(conflict, ruling) => write_conflict(store, &conflict, Some(ruling))?,
        Note::Rule(rule) => {
            store.execute("UPDATE job SET rule = ?1", [rule_code(rule)])?;
        }
        Note::Over(state, stopped) => {
            let row = params![state.code(), stopped];
            store.execute("UPDATE job SET state = ?1, stopped = ?2", row)?;
        }
    }
    Ok(awaited)
}

fn write_conflict(
    store: &Connection,
    conflict: &Conflict,
    ruling: Option<Ruling>,
) -> rusqlite::Result<()> {
    let Conflict { target, present, coming } = conflict;
    let row = params![
        target,
        signed(present.0),
        present.1.0,
        signed(coming.0),
        coming.1.0,
        ruling.map(ruling_code),
    ];
    let sql = "INSERT OR REPLACE INTO conflict VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    store.execute(sql, row).map(drop)
}

pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Direction, JobServer, JobSpec, read, schema};
    use crate::trust::{Fingerprint, ServerKey};
    use ferry_protocol::{Timestamp, TransferId};
    use std::sync::mpsc::sync_channel;

    /// What failed at a disk was begun under another id or in another part, and what had come of it
    /// stayed, the server's share of it for a week.
    #[test]
    fn a_file_that_failed_is_gone_on_with_under_its_id_or_in_its_part() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.journal");
        let server = JobServer {
            host: "nas".to_owned(),
            port: 3000,
            account: None,
            key: ServerKey::Pinned(Fingerprint::of_public_key(b"key")),
        };
        let (direction, rule) = (Direction::Upload, Rule::Ask);
        let spec = JobSpec { direction, server, transfers: Vec::new(), rule, connections: 1 };
        schema::create(&path, &spec).unwrap();
        let store = schema::open(&path).unwrap();
        let tell = |note| {
            write(&store, note, &mut Counts::default(), &mut Vec::new()).unwrap();
        };
        let held = [Held::ByServer(TransferId([7; 16])), Held::InPart("/part".into())];
        for (target, held) in [b"/up".to_vec(), b"/down".to_vec()].into_iter().zip(held) {
            let under_way = UnderWay { target, size: 9, modified: Timestamp(1), held };
            tell(Note::Begun(under_way, sync_channel(1).0));
        }
        let end = |target: &[u8], ended| {
            let (source, target) = (Vec::new(), target.to_vec());
            tell(Note::Ended { key: None, source, target, has_rows: true, ended });
        };
        end(b"/up", Ended::Failed("disk error".to_owned()));
        end(b"/down", Ended::Failed("disk error".to_owned()));
        assert_eq!(read::under_way(&store).unwrap().len(), 2);
        end(b"/up", Ended::Done);
        end(b"/down", Ended::Skipped);
        assert!(read::under_way(&store).unwrap().is_empty());
    }
}
