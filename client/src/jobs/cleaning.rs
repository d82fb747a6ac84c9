//! Removing what a job that was given up has only begun.

use crate::client::Client;
use crate::job::Transfer;
use crate::journal::{self, Held, JobId};
use crate::{Cancel, Error};
use ferry_protocol::TransferId;
use std::fs;
use std::path::Path;

/// Removes the staged files of a job below its targets, those of killed processes included. What
/// cannot be removed stays, hidden by its name.
pub(super) fn remove_parts(journal: &Path, id: &JobId, transfers: &[Transfer]) {
    for begun in journal::begun(journal).unwrap_or_default() {
        if let Held::InPart(part) = begun.held
            && is_part_of(id, &part)
        {
            drop(fs::remove_file(part));
        }
    }
    let prefix = format!(".ferry-part-{id}");
    for transfer in transfers {
        if let Some(folder) = transfer.local.parent() {
            remove_in(folder, &prefix, Depth::This);
        }
        remove_in(&transfer.local, &prefix, Depth::All);
    }
}

/// Uploads of a job of which its server holds a part.
pub(super) fn server_parts(journal: &Path) -> Vec<TransferId> {
    let begun = journal::begun(journal).unwrap_or_default().into_iter();
    begun
        .filter_map(|begun| match begun.held {
            Held::ByServer(transfer) => Some(transfer),
            Held::InPart(_) => None,
        })
        .collect()
}

/// Has the server remove its parts of a job whose client was stopped.
pub(super) fn abandon_at_server(client: &Client, parts: &[TransferId]) -> Result<(), Error> {
    if parts.is_empty() {
        return Ok(());
    }
    client.another(Cancel::new())?.abandon_parts(parts)
}

/// That a server keeps parts of a job that was given up.
pub(super) fn stay_text(server: &str, count: usize, why: &Error) -> String {
    let uploads = if count == 1 { "an unfinished upload" } else { "unfinished uploads" };
    format!("{server} keeps {uploads} of this job until it sweeps them: {why}")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    This,
    All,
}

fn remove_in(folder: &Path, prefix: &str, depth: Depth) {
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && depth == Depth::All {
                folders.push(entry.path());
            } else if entry.file_name().as_encoded_bytes().starts_with(prefix.as_bytes()) {
                drop(fs::remove_file(entry.path()));
            }
        }
    }
}

fn is_part_of(id: &JobId, part: &Path) -> bool {
    let name = part.file_name().unwrap_or_default().as_encoded_bytes();
    name.starts_with(format!(".ferry-part-{id}").as_bytes())
}
