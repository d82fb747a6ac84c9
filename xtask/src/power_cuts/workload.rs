//! What the server does while its disk is recorded: files come, and are replaced, one after the
//! other and many at once, some into new folders. Every "stored" is noted at once.

use super::Durability;
use super::content::Version;
use super::disk::{Event, Log};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::load::Connection;
use crate::random::Random;
use crate::sys;
use crate::workspace::Programs;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// Serves `share` and uploads.
pub(super) fn run(
    programs: &Programs,
    share: &Path,
    durability: Durability,
    log: &Log,
    random: &mut Random,
) -> Result<(), Failure> {
    let room = tempfile::tempdir().during("no temporary folder")?;
    let config = room.path().join("config.toml");
    let durability = match durability {
        Durability::Group => "group",
        Durability::None => "none",
    };
    // Nothing that is kept may be given up meanwhile.
    let text = format!("durability = \"{durability}\"\n[undo]\ndisk_percent = 90\n");
    fs::write(&config, text).during("configuration")?;
    let arguments = [OsStr::new("--config"), config.as_os_str()];
    let server = Server::serve_with(programs, share, room.path(), &arguments)?;
    let mut connection = Connection::log_in(server.address)?;
    for version in 0..VERSIONS {
        let mut files: Vec<u32> = (0..FILES).collect();
        while !files.is_empty() {
            let count = 1 + random.index(BATCH_MAX.min(files.len()));
            let batch: Vec<Version> = (0..count)
                .map(|_| Version { file: files.swap_remove(random.index(files.len())), version })
                .collect();
            upload(&mut connection, &batch, log, random)?;
        }
    }
    drop(connection);
    server.end(sys::TERMINATE).map(drop)
}

fn upload(
    connection: &mut Connection,
    batch: &[Version],
    log: &Log,
    random: &mut Random,
) -> Result<(), Failure> {
    for folder in batch.iter().filter(|first| first.version == 0).filter_map(|file| file.folder()) {
        connection.make_folder(&folder, random)?;
    }
    let (large, small): (Vec<Version>, Vec<Version>) =
        batch.iter().partition(|version| version.is_large());
    for version in &small {
        connection.send_small(&version.path(), &version.content(), random)?;
    }
    for version in small {
        connection.stored()?;
        log.note(Event::Acknowledged(version));
    }
    for version in large {
        connection.upload_large(&version.path(), &version.content(), random)?;
        log.note(Event::Acknowledged(version));
    }
    Ok(())
}

/// Files, and how often each is uploaded.
const FILES: u32 = 40;
const VERSIONS: u32 = 4;
/// Uploads on their way at once: some share a barrier, some do not.
const BATCH_MAX: usize = 20;
