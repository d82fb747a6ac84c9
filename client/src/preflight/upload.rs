//! The preflight of an upload: the sources are counted here, and the server is asked about the
//! folders that are there already.

use super::check;
use super::finding::{Findings, Trouble};
use super::survey::{Looked, Survey};
use crate::client::Client;
use crate::job::{Transfer, Walked};
use crate::sources::{self, SourceKind};
use crate::{Error, sys};
use ferry_protocol::limits::PREFLIGHT_NAMES_MAX;
use ferry_protocol::{
    Fitness, Name, Preflight, PreflightEntry, Problem, RemotePath, RequestedPath, Status,
    TransferId, feature,
};
use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that the server is asked about; a tree that has more is looked at from its top.
const FOLDERS_MAX: usize = 256;

/// Bytes of names in one question, which keep it well within a request.
const NAMES_BYTES_MAX: usize = 12 * 1024;

pub(super) fn look(
    client: &mut Client,
    transfers: &[Transfer],
    job: TransferId,
    survey: Option<Survey>,
) -> Result<Findings, Error> {
    let cancel = client.cancel().clone();
    let Looked { mut findings, walked } = if let Some(survey) = survey {
        survey.finish(&cancel)?
    } else {
        let sources: Vec<_> = transfers.iter().map(|one| one.local.clone()).collect();
        Looked::through(&sources, &|| cancel.check())?
    };
    if client.can(feature::PREFLIGHT) {
        ask_all(client, transfers, job, (&mut findings, &walked))?;
    }
    findings.walked = Some(walked);
    Ok(findings)
}

/// Asks about the folders that the targets are to come into, and then about those of the trees,
/// as far down as the server has them.
fn ask_all(
    client: &mut Client,
    transfers: &[Transfer],
    job: TransferId,
    (findings, walked): (&mut Findings, &Walked),
) -> Result<(), Error> {
    let mut tops: BTreeMap<Vec<u8>, (RemotePath, Vec<PreflightEntry>)> = BTreeMap::new();
    let mut trees = VecDeque::new();
    for Transfer { local, remote } in transfers {
        let is_folder = fs::metadata(local).is_ok_and(|metadata| metadata.is_dir());
        if let (Some(parent), Some(name)) = (remote.parent(), remote.name()) {
            let top = tops.entry(parent.to_wire()).or_insert_with(|| (parent, Vec::new()));
            top.1.push(PreflightEntry { is_folder, name: name.as_bytes().to_vec() });
        }
        if is_folder {
            trees.push_back((local.clone(), remote.clone()));
        }
    }
    for (folder, entries) in tops.into_values() {
        ask(client, job, &folder, entries, findings)?;
    }
    for _ in 0..FOLDERS_MAX {
        let Some((local, remote)) = trees.pop_front() else { break };
        let (entries, below) = entries(&local, &remote, walked);
        if ask(client, job, &remote, entries, findings)? {
            trees.extend(below);
        }
    }
    Ok(())
}

type Below = Vec<(PathBuf, RemotePath)>;

/// What is to come into a folder, and the folders among it.
fn entries(local: &Path, remote: &RemotePath, walked: &Walked) -> (Vec<PreflightEntry>, Below) {
    let read;
    let sources = if let Some(kept) = walked.folder(local) {
        kept
    } else {
        // What cannot be listed is left to the job to tell.
        read = sources::read_folder(local).unwrap_or_default();
        &read
    };
    let (mut entries, mut below) = (Vec::new(), Vec::new());
    for source in sources {
        let is_folder = match source.kind {
            SourceKind::File(_) => false,
            SourceKind::Folder(_) => true,
            SourceKind::Unfit(_) | SourceKind::Unreadable(_) => continue,
        };
        let name = sys::name_bytes(&source.name);
        let path = Name::parse(name).and_then(|name| remote.join(&name));
        let Ok(path) = path else { continue };
        if is_folder {
            below.push((local.join(&*source.name), path));
        }
        entries.push(PreflightEntry { is_folder, name: name.to_vec() });
    }
    (entries, below)
}

/// Asks about one folder. Returns whether it is there.
fn ask(
    client: &mut Client,
    job: TransferId,
    folder: &RemotePath,
    entries: Vec<PreflightEntry>,
    findings: &mut Findings,
) -> Result<bool, Error> {
    let mut entries = entries.into_iter().peekable();
    loop {
        check(client.cancel())?;
        let (mut page, mut bytes) = (Vec::new(), 0);
        while let Some(entry) = entries.next_if(|entry| {
            page.len() < PREFLIGHT_NAMES_MAX && bytes + entry.name.len() < NAMES_BYTES_MAX
        }) {
            bytes += entry.name.len() + 3;
            page.push(entry);
        }
        let path = RequestedPath::from(folder.clone());
        let asked = Preflight { job, folder: path, bytes: findings.bytes, entries: page };
        let fitness = match client.preflight(&asked) {
            Ok(fitness) => fitness,
            // It cannot be asked about; the job will say why.
            Err(Error::Remote { .. }) => return Ok(false),
            Err(err) => return Err(err),
        };
        let is_there = fitness.folder_exists;
        take_note(folder, fitness, findings);
        if !is_there || entries.peek().is_none() {
            return Ok(is_there);
        }
    }
}

/// Room is the whole job's, whichever folder was asked about.
fn is_known(findings: &Findings, path: &[u8], trouble: &Trouble) -> bool {
    findings.found.iter().any(|one| match (&one.trouble, trouble) {
        (Trouble::NoRoom { .. }, Trouble::NoRoom { .. }) => true,
        (known, trouble) => known == trouble && one.path == path,
    })
}

fn take_note(folder: &RemotePath, fitness: Fitness, findings: &mut Findings) {
    let available = fitness.available;
    findings.available = Some(findings.available.map_or(available, |least| least.min(available)));
    for Problem { status, is_blocking, name, other } in fitness.problems {
        let path = Name::parse(&name).and_then(|name| folder.join(&name));
        let path = path.map_or_else(|_| folder.to_wire(), |path| path.to_wire());
        let trouble = match status {
            Status::NO_SPACE => Trouble::NoRoom { needed: findings.bytes, available },
            Status::TWIN => Trouble::Twin { other },
            Status::BAD_NAME | Status::UNFIT_NAME => Trouble::BadName(status.to_string()),
            Status::READ_ONLY | Status::NO_PERMISSION | Status::DENIED => {
                Trouble::NotWritable(status.to_string())
            }
            Status::IS_A_FOLDER => Trouble::InTheWay(
                "a folder has this name; to put it into a folder, end the target with /",
            ),
            Status::NOT_A_FOLDER => Trouble::InTheWay("a file has the name of a folder"),
            other => Trouble::Refused(other),
        };
        if !is_known(findings, &path, &trouble) {
            findings.add(&path, trouble, is_blocking);
        }
    }
}
