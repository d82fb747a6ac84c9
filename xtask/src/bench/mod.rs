//! Ferry beside its peers, interleaved in one run, with the goals of the project as verdicts.
//! Judge by ratios and processor seconds: the machine may be busy with other things.

pub(crate) mod figures;
mod ftp;
mod gui;
mod idle;
mod jobs;
mod list;
mod peers;
pub(crate) mod plain_loop;
mod resume;
mod small;
mod transfer;

use crate::failure::{During as _, Failure};
use crate::sys;
use crate::workspace::Programs;
use clap::{Args, ValueEnum};
use figures::Report;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Which benchmarks run, and how.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Benchmarks to run; all of them if none is named.
    names: Vec<Name>,
    /// Parts of the FTP benchmark; all of them if none is named.
    #[arg(long = "part", value_enum)]
    ftp_parts: Vec<ftp::Part>,
    /// Rounds of each; every peer has its turn in every round.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// One round of little work: shows that everything runs, and judges nothing.
    #[arg(long)]
    quick: bool,
    /// Folder for the files, best on a file system in memory.
    #[arg(long, default_value = "/dev/shm")]
    dir: PathBuf,
    /// Folder on a disk, for what durability costs.
    #[arg(long, default_value = "/var/tmp")]
    disk: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Name {
    /// One large file, up and down.
    Transfer,
    /// Many small files, up and down.
    Small,
    /// A large folder, listed.
    List,
    /// One large upload, cut and gone on with.
    Resume,
    /// Many silent connections, and small requests beside bulk transfers.
    Idle,
    /// The FTP door beside other FTP servers.
    Ftp,
    /// The desktop app beside FileZilla, and frames over many rows.
    Gui,
    /// A job of a million files, and what durability costs.
    Jobs,
}

/// What every benchmark needs.
#[derive(Debug)]
struct Bench {
    programs: Programs,
    room: TempDir,
    rounds: usize,
    is_quick: bool,
    own_program: PathBuf,
    disk: PathBuf,
}

impl Bench {
    /// A new folder in this run's room.
    fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.room.path().join(name);
        std::fs::create_dir_all(&path).during(path.display())?;
        Ok(path)
    }

    /// The first of both in a full run, the second in a quick one.
    fn size<T>(&self, full: T, quick: T) -> T {
        if self.is_quick { quick } else { full }
    }

    fn path(&self) -> &Path {
        self.room.path()
    }
}

/// Runs what was asked for, prints the figures, and returns whether every goal was reached.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    sys::usual_open_files().during("limit of open files")?;
    let room = tempfile::Builder::new()
        .prefix("ferry-bench-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir_in(&options.dir)
        .during(options.dir.display())?;
    let bench = Bench {
        programs: Programs::build()?,
        room,
        rounds: if options.quick { 1 } else { options.rounds.max(1) },
        is_quick: options.quick,
        own_program: std::env::current_exe().during("own program")?,
        disk: options.disk.clone(),
    };
    let mut report = Report::default();
    for name in Name::value_variants() {
        if !options.names.is_empty() && !options.names.contains(name) {
            continue;
        }
        println!("{name:?}: {} rounds", bench.rounds);
        match name {
            Name::Transfer => transfer::run(&bench, &mut report)?,
            Name::Small => small::run(&bench, &mut report)?,
            Name::List => list::run(&bench, &mut report)?,
            Name::Resume => resume::run(&bench, &mut report)?,
            Name::Idle => idle::run(&bench, &mut report)?,
            Name::Ftp => ftp::run(&bench, &options.ftp_parts, &mut report)?,
            Name::Gui => gui::run(&bench, &mut report)?,
            Name::Jobs => jobs::run(&bench, &mut report)?,
        }
    }
    report.print();
    if options.quick {
        println!("quick run: everything ran; no goal was judged");
    }
    Ok(options.quick || report.is_reached())
}
