//! The FTP door under the programs that people have: each must bring back, byte by byte, what it
//! sent, in plain and over TLS.

mod large;
mod pyftpdlib;
mod resume;
mod single;
mod trees;

use super::{Outcome, Scenario, Stage};
use crate::failure::{During as _, Failure};
use crate::ferry::{Server, Status};
use crate::process;
use crate::tree;
use std::ffi::OsStr;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub(super) const SCENARIOS: &[(&str, Scenario)] = &[
    ("ftp: curl carries files in every way it knows", single::curl),
    ("ftp: wget, aria2 and tnftp fetch what is there", single::others),
    ("ftp: Python's ftplib does what it can", single::python),
    ("ftp: lftp mirrors hard names both ways", trees::lftp),
    ("ftp: an upload that was cut off is gone on with", resume::cut_uploads),
    ("ftp: rclone copies a tree and finds no difference", trees::rclone),
    ("ftp: ncftp carries a tree both ways", trees::ncftp),
    ("ftp: ten thousand small files go both ways", trees::many),
    ("ftp: a file of more than 4 GiB goes both ways", large::over_4_gib),
    ("ftp: a full disk is told and leaves nothing", large::full_disk),
    ("ftp: pyftpdlib's own tests pass", pyftpdlib::functional_tests),
];

/// A server with an open FTP door.
struct Ftp {
    /// Kept for as long as it is to serve.
    _server: Server,
    address: SocketAddr,
    /// Where clients begin with TLS.
    implicit_tls: SocketAddr,
    share: PathBuf,
}

impl Ftp {
    /// Opens the door on loopback.
    fn open(stage: &Stage) -> Result<Self, Failure> {
        Self::open_at(stage, &stage.folder("share")?, "127.0.0.1:0")
    }

    /// The same at another place, for another folder.
    fn open_at(stage: &Stage, share: &Path, place: &str) -> Result<Self, Failure> {
        let state = stage.folder("server-state")?;
        fs::write(state.join("config.toml"), CONFIG).during("configuration")?;
        let arguments = ["--ftp", place].map(OsStr::new);
        let room = stage.room.path();
        let server = Server::serve_with(&stage.programs, share, room, &arguments)?;
        let status = Status::ask(&stage.programs, &state)?;
        let address = |at: usize| -> Result<SocketAddr, Failure> {
            let told = status.json["ftp"][at].as_str().during("status without an FTP address")?;
            told.parse().during("address in status")
        };
        let (address, implicit_tls) = (address(0)?, address(1)?);
        Ok(Self { _server: server, address, implicit_tls, share: share.to_owned() })
    }

    fn url(&self, path: &str) -> String {
        format!("ftp://{}/{path}", self.address)
    }
}

/// Active mode for those who ask for it, and no bans, for some clients try logins that fail.
const CONFIG: &str = "[ftp]\nactive = true\nimplicit_tls = \"127.0.0.1:0\"\n[penalties]\nexempt = [\"127.0.0.1\", \"::1\"]\n";

/// Runs a program that must end well.
fn run(command: &mut Command) -> Result<Vec<u8>, Failure> {
    let name = format!("{command:?}");
    Ok(process::run(command, DEADLINE)?.succeeded(&name)?.stdout)
}

/// Fails unless two files have one digest.
fn same(expected: &Path, found: &Path) -> Result<(), Failure> {
    let digest = |path: &Path| fs::read(path).map(|content| blake3::hash(&content));
    let (one, other) =
        (digest(expected).during(expected.display())?, digest(found).during(found.display())?);
    if one == other {
        return Ok(());
    }
    Err(Failure::new(format!("{} and {} differ", expected.display(), found.display())))
}

/// Fails with the first file whose bytes differ, or that is in one tree only.
fn same_trees(expected: &Path, found: &Path) -> Result<(), Failure> {
    let digests = |root: &Path| -> Result<Vec<(PathBuf, String)>, Failure> {
        let kept = tree::read(root)?.into_iter();
        Ok(kept
            .filter_map(|(path, kept)| match kept {
                tree::Kept::File { digest, .. } => Some((path, digest)),
                tree::Kept::Folder { .. } => None,
            })
            .collect())
    };
    let (one, other) = (digests(expected)?, digests(found)?);
    match one.iter().zip(&other).find(|(one, other)| one != other) {
        Some((one, other)) => Err(Failure::new(format!("{one:?} became {other:?}"))),
        None if one.len() == other.len() => Ok(()),
        None => Err(Failure::new(format!("{} files became {}", one.len(), other.len()))),
    }
}

/// A tree of hard names, but for those that no line of a protocol can hold.
fn line_tree(stage: &Stage) -> Result<PathBuf, Failure> {
    use std::os::unix::ffi::OsStrExt as _;
    let root = stage.folder("tree")?;
    tree::build(&root)?;
    for (path, _) in tree::read(&root)?.into_iter().rev() {
        let is_line = |name: &OsStr| !name.as_bytes().iter().any(u8::is_ascii_control);
        let path = root.join(&path);
        if path.file_name().is_none_or(is_line) {
            continue;
        }
        let removed =
            if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.during(path.display())?;
    }
    Ok(root)
}

const DEADLINE: Duration = Duration::from_mins(4);
