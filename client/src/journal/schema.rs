//! The tables of a journal, and how one is made and opened.

use super::codes::{StoredState, Wish, direction_code, rule_code};
use super::record::JobSpec;
use super::{JournalError, Unusable};
use crate::job::Transfer;
use crate::{random, sys};
use rusqlite::{Connection, OpenFlags, params};
use std::path::Path;
use std::time::Duration;

/// "Fery": tells a journal from other files of the store.
const APPLICATION: i32 = 0x4665_7279;
/// Grows with every change of the tables.
const VERSION: i32 = 2;

/// How long a reader waits for a writer, and the other way round.
const BUSY_WAIT: Duration = Duration::from_secs(5);

const TABLES: &str = "
CREATE TABLE job (
    direction INTEGER NOT NULL, host TEXT NOT NULL, port INTEGER NOT NULL, account TEXT,
    server_key TEXT NOT NULL, connections INTEGER NOT NULL, salt BLOB NOT NULL,
    began INTEGER NOT NULL, rule INTEGER NOT NULL, state INTEGER NOT NULL,
    updated INTEGER NOT NULL, stopped TEXT,
    files_done INTEGER NOT NULL, already_there INTEGER NOT NULL, skipped INTEGER NOT NULL,
    failed INTEGER NOT NULL, files_total INTEGER NOT NULL, bytes_done INTEGER NOT NULL,
    bytes_total INTEGER NOT NULL, wish INTEGER NOT NULL, run INTEGER NOT NULL
) STRICT;
CREATE TABLE transfer (local BLOB NOT NULL, remote BLOB NOT NULL) STRICT;
CREATE TABLE done (keys BLOB NOT NULL) STRICT;
CREATE TABLE under_way (
    target BLOB PRIMARY KEY, size INTEGER NOT NULL, modified INTEGER NOT NULL,
    upload BLOB, part BLOB
) STRICT;
CREATE TABLE failure (source BLOB NOT NULL, target BLOB NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE TABLE conflict (
    target BLOB PRIMARY KEY, present_size INTEGER NOT NULL, present_time INTEGER NOT NULL,
    coming_size INTEGER NOT NULL, coming_time INTEGER NOT NULL, choice INTEGER
) STRICT;
";

/// Makes a journal at a path that is free.
pub(crate) fn create(path: &Path, spec: &JobSpec) -> Result<(), JournalError> {
    let io = |source| JournalError::new(path, Unusable::Io(source));
    // Made first, so that the store takes over who may read it.
    drop(sys::create_private(path).map_err(io)?);
    let salt = random::hex_name().map_err(io)?;
    let failed = |err| JournalError::of_store(path, &err);
    let mut store = open_store(path).map_err(failed)?;
    fill(&mut store, spec, &salt).map_err(failed)
}

fn fill(store: &mut Connection, spec: &JobSpec, salt: &str) -> rusqlite::Result<()> {
    store.pragma_update(None, "journal_mode", "wal")?;
    store.pragma_update(None, "synchronous", "full")?;
    let all = store.transaction()?;
    all.execute_batch(TABLES)?;
    let server = &spec.server;
    let now = sys::now().0;
    all.execute(
        "INSERT INTO job VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?8, NULL,
                                 0, 0, 0, 0, 0, 0, 0, 0, 0)",
        params![
            direction_code(spec.direction),
            server.host,
            server.port,
            server.account,
            server.key.to_string(),
            i64::try_from(spec.connections).unwrap_or(1),
            salt.as_bytes(),
            now,
            rule_code(spec.rule),
        ],
    )?;
    for Transfer { local, remote } in &spec.transfers {
        let local = local.as_os_str().as_encoded_bytes();
        all.execute("INSERT INTO transfer VALUES (?1, ?2)", params![local, remote.to_wire()])?;
    }
    all.pragma_update(None, "application_id", APPLICATION)?;
    all.pragma_update(None, "user_version", VERSION)?;
    all.commit()
}

/// Opens a journal and checks that it is one of ours.
pub(crate) fn open(path: &Path) -> Result<Connection, JournalError> {
    let failed = |err| JournalError::of_store(path, &err);
    let store = open_store(path).map_err(failed)?;
    let number = |name| store.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application, version) =
        (number("application_id").map_err(failed)?, number("user_version").map_err(failed)?);
    let kind = match version {
        _ if application != APPLICATION => Unusable::NoJournal,
        VERSION => return Ok(store),
        older if older < VERSION => Unusable::Older(older),
        newer => Unusable::Newer(newer),
    };
    Err(JournalError::new(path, kind))
}

/// Asks whatever process works on the job to stop.
pub(crate) fn set_wish(path: &Path, wish: Wish) -> Result<(), JournalError> {
    let store = open(path)?;
    let set = store.execute("UPDATE job SET wish = ?1", [wish.code()]);
    set.map(drop).map_err(|err| JournalError::of_store(path, &err))
}

/// Says how a job stands that no process works on.
pub(crate) fn set_state(path: &Path, state: StoredState) -> Result<(), JournalError> {
    let store = open(path)?;
    let set = store.execute("UPDATE job SET state = ?1, stopped = NULL", [state.code()]);
    let forgotten = set.and_then(|_| store.execute("DELETE FROM under_way", []));
    forgotten.map(drop).map_err(|err| JournalError::of_store(path, &err))
}

/// Forgets which files are done, so that all are looked at again.
pub(crate) fn forget_done(path: &Path) -> Result<(), JournalError> {
    let store = open(path)?;
    let forgotten = store.execute("DELETE FROM done", []);
    forgotten.map(drop).map_err(|err| JournalError::of_store(path, &err))
}

fn open_store(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let store = Connection::open_with_flags(path, flags)?;
    store.busy_timeout(BUSY_WAIT)?;
    Ok(store)
}
