//! Power cuts: a server works on a disk that remembers every write and every flush, and then that
//! disk is looked at as it would have been after a cut at any moment. What was acknowledged must
//! be there, whole and under one name; what was removed or replaced must be kept by undo, and
//! nothing may be visible that is not whole.
//!
//! The disk is a file of a FUSE file system, mounted by a loop device. A cut keeps what was
//! written up to the last flush before it, and of what came after an arbitrary part.

mod content;
mod disk;
mod history;
mod replay;
mod workload;

use crate::failure::Failure;
use crate::random::Random;
use crate::sys;
use crate::workspace::Programs;
use clap::{Args, ValueEnum};
use disk::Recording;
use replay::Damage;

/// Which disks are cut, and how often.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// File systems to try [default: ext4]
    #[arg(long, value_enum, value_name = "NAME")]
    file_system: Vec<FileSystem>,
    /// Cuts for each file system
    #[arg(long, value_name = "N", default_value_t = 50)]
    points: u32,
    /// All file systems, with 200 cuts each
    #[arg(long, conflicts_with_all = ["file_system", "points"])]
    all: bool,
    /// Repeats an earlier run
    #[arg(long)]
    seed: Option<u64>,
}

/// A file system that the disk is formatted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FileSystem {
    Ext4,
    Xfs,
    Btrfs,
}

/// What the server does before it says that something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Recipe {
    /// What it promises: for the first half of the work by groups of files, and after a restart
    /// file by file. Names are synced when somebody asks.
    Promised,
    /// No sync at all.
    Unsynced,
}

/// Cuts the power and judges. With the server's promise nothing may be lost; without it something
/// must be, or the rig finds nothing.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    if !sys::is_root() {
        return Err(Failure::new("power cuts need root: they mount disks of their own"));
    }
    let programs = Programs::build()?;
    let seed = options.seed.unwrap_or_else(Random::fresh_seed);
    println!("power cuts with --seed {seed}");
    let (file_systems, points) = match (options.all, options.file_system.as_slice()) {
        (true, _) => (FileSystem::value_variants(), POINTS_ALL),
        (false, []) => (&[FileSystem::Ext4][..], options.points),
        (false, chosen) => (chosen, options.points),
    };
    let mut is_good = true;
    for file_system in file_systems {
        let damage = cut(&programs, *file_system, Recipe::Promised, points, seed)?;
        is_good &= damage.is_none();
    }
    let unsynced = cut(&programs, FileSystem::Ext4, Recipe::Unsynced, POINTS_UNSYNCED, seed)?;
    if unsynced.is_none() {
        println!("the rig finds nothing: without a single sync, something must be lost");
        is_good = false;
    }
    println!("power cuts: {}", if is_good { "passed" } else { "FAILED" });
    Ok(is_good)
}

fn cut(
    programs: &Programs,
    file_system: FileSystem,
    recipe: Recipe,
    points: u32,
    seed: u64,
) -> Result<Damage, Failure> {
    let mut random = Random::new(seed);
    let recording = Recording::make(file_system, |share, log| {
        workload::run(programs, share, recipe, log, &mut random)
    })?;
    let damage = replay::look(&recording, points, &mut random)?;
    println!(
        "{file_system:?}, durability {}: {} writes, {} flushes, {} steps acknowledged; \
         {points} cuts: {damage}",
        recipe.durabilities().join(" and "),
        recording.log.writes(),
        recording.log.flushes(),
        recording.log.durable_steps(),
    );
    Ok(damage)
}

impl Recipe {
    /// What the configuration says, of one server after the other.
    fn durabilities(self) -> &'static [&'static str] {
        match self {
            Self::Promised => &["group", "file"],
            Self::Unsynced => &["none"],
        }
    }
}

impl FileSystem {
    /// The program that formats, and how it is told to be quiet and to overwrite.
    fn format(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Ext4 => ("mkfs.ext4", &["-q", "-F"]),
            Self::Xfs => ("mkfs.xfs", &["-q", "-f"]),
            Self::Btrfs => ("mkfs.btrfs", &["-q", "-f"]),
        }
    }

    /// Whether what is done to names in two folders reaches the disk in its order.
    fn keeps_order_of_names(self) -> bool {
        self != Self::Btrfs
    }

    /// Enough for the file system and all that is kept: where room is short, the past makes way.
    fn disk_len(self) -> u64 {
        let mib = match self {
            Self::Ext4 => 96,
            Self::Xfs => 320,
            Self::Btrfs => 400,
        };
        mib * 1024 * 1024
    }

    /// An image has the identity of the disk it was made of, which xfs minds.
    fn mount_options(self) -> &'static str {
        match self {
            Self::Xfs => "loop,nouuid",
            Self::Ext4 | Self::Btrfs => "loop",
        }
    }
}

/// Cuts of a thorough run.
const POINTS_ALL: u32 = 200;
/// Cuts that are enough to find what is never synced.
const POINTS_UNSYNCED: u32 = 20;
