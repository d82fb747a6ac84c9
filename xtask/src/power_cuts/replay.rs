//! The disk as it is after a cut: mounted, and looked at.

use super::content::Version;
use super::disk::{Event, Recording, SHARE, copy_sparse};
use super::history::{History, Lying, Place};
use crate::failure::{During as _, Failure};
use crate::mount::Mounted;
use crate::random::Random;
use crate::tree;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// What was wrong after all cuts.
#[derive(Debug, Default)]
pub(super) struct Damage {
    /// Files that are not, or not as, what was acknowledged last.
    lost: usize,
    /// Files that are there under two names.
    doubled: usize,
    /// Files under both names of a move that was not answered, on a file system that keeps no order
    /// of names. That is no damage.
    half_moved: usize,
    /// Files that are visible, or kept by undo, and not whole.
    torn: usize,
    /// Replaced and removed versions that undo lost.
    not_kept: usize,
    /// Disks that could not be mounted.
    unmountable: usize,
    /// Of one of them.
    example: Option<String>,
}

impl Damage {
    pub(super) fn is_none(&self) -> bool {
        self.lost + self.doubled + self.torn + self.not_kept + self.unmountable == 0
    }

    fn note(&mut self, count: impl FnOnce(&mut Self) -> &mut usize, example: String) {
        *count(self) += 1;
        self.example.get_or_insert(example);
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.half_moved > 0 {
            write!(f, "{} under both names of a move that was not answered; ", self.half_moved)?;
        }
        if self.is_none() {
            return f.write_str("nothing lost, nothing torn");
        }
        write!(
            f,
            "{} lost, {} doubled, {} torn, {} not kept by undo, {} disks that do not mount; for example {}",
            self.lost,
            self.doubled,
            self.torn,
            self.not_kept,
            self.unmountable,
            self.example.as_deref().unwrap_or("nothing")
        )
    }
}

/// Cuts at `points` random moments after the first acknowledgement.
pub(super) fn look(
    recording: &Recording,
    points: u32,
    random: &mut Random,
) -> Result<Damage, Failure> {
    let mut damage = Damage::default();
    for _ in 0..points {
        recording.log.with(|events| {
            let first = events.iter().position(|event| matches!(event, Event::Durable(_)));
            let first = first.during("nothing was acknowledged")?;
            let cut = first + 1 + random.index(events.len() - first);
            look_after(recording, events.get(..cut).unwrap_or(events), random, &mut damage)
        })?;
    }
    Ok(damage)
}

fn look_after(
    recording: &Recording,
    events: &[Event],
    random: &mut Random,
    damage: &mut Damage,
) -> Result<(), Failure> {
    let image = recording.path("image");
    copy_sparse(&recording.first(), &image)?;
    write_out(&image, events, random)?;
    let place = recording.folder("look")?;
    let options = recording.file_system.mount_options();
    let arguments = [OsStr::new("-o"), OsStr::new(options), image.as_os_str()];
    let Ok(mounted) = Mounted::mount(&arguments, &place) else {
        damage.note(|damage| &mut damage.unmountable, format!("a cut after {}", events.len()));
        return Ok(());
    };
    let expected = Expected {
        history: &recording.history,
        reached: Reached::of(events),
        keeps_order: recording.file_system.keeps_order_of_names(),
    };
    judge(&place.join(SHARE), &expected, damage)?;
    mounted.unmount()
}

/// What came before the last flush is there. Of what came after it everything may be, or any part.
fn write_out(image: &Path, events: &[Event], random: &mut Random) -> Result<(), Failure> {
    let disk = File::options().write(true).open(image).during("image")?;
    let last_flush = events.iter().rposition(|event| matches!(event, Event::Flush)).unwrap_or(0);
    let may_drop = !random.once_in(3);
    for (index, event) in events.iter().enumerate() {
        if let Event::Write { offset, content } = event {
            let is_dropped = index > last_flush && may_drop && random.once_in(2);
            if !is_dropped {
                disk.write_all_at(content, *offset).during("image")?;
            }
        }
    }
    Ok(())
}

/// How far each file got before the cut: the numbers of its last steps.
#[derive(Default)]
struct Reached {
    durable: BTreeMap<u32, usize>,
    begun: BTreeMap<u32, usize>,
}

impl Reached {
    fn of(events: &[Event]) -> Self {
        let mut reached = Self::default();
        for event in events {
            match event {
                Event::Begun(step) => drop(reached.begun.insert(step.file, step.number)),
                Event::Durable(step) => drop(reached.durable.insert(step.file, step.number)),
                Event::Write { .. } | Event::Flush => {}
            }
        }
        reached
    }
}

/// What may be found.
struct Expected<'a> {
    history: &'a History,
    reached: Reached,
    keeps_order: bool,
}

fn judge(share: &Path, expected: &Expected<'_>, damage: &mut Damage) -> Result<(), Failure> {
    let Expected { history, reached, keeps_order } = expected;
    let visible = whole_files(share, damage)?;
    let (kept, unrecorded): (Vec<_>, Vec<_>) =
        whole_files(&share.join(UNDO), damage)?.into_iter().partition(|(path, _)| has_record(path));
    let versions = |things: Vec<(PathBuf, Version)>| -> BTreeSet<Version> {
        things.into_iter().map(|(_, version)| version).collect()
    };
    let (kept, unrecorded) = (versions(kept), versions(unrecorded));
    for life in history.lives() {
        let step_in = |steps: &BTreeMap<u32, usize>| steps.get(&life.file()).copied().unwrap_or(0);
        let (durable, begun) = (step_in(&reached.durable), step_in(&reached.begun));
        let own = visible.iter().filter(|(_, version)| version.file == life.file());
        let own: Vec<_> = own.map(|(path, version)| lying(share, path, *version)).collect();
        let found = own.first().copied();
        let is_a_state = |at: &Option<Lying>| at.is_some() && life.may_be(*at, durable, begun);
        if own.len() == 2 && !keeps_order && own.iter().all(is_a_state) {
            damage.half_moved += 1;
        } else if own.len() > 1 {
            damage.note(|damage| &mut damage.doubled, format!("file {}", life.file()));
        }
        // One under a name that it never had is not what was acknowledged either.
        let is_expected = found.is_none_or(|found| found.is_some())
            && life.may_be(found.flatten(), durable, begun);
        if !is_expected {
            let (file, expected) = (life.file(), life.after(durable));
            let example = format!("file {file}: {expected:?} acknowledged, {found:?} there");
            damage.note(|damage| &mut damage.lost, example);
        }
        for version in life.stored_in(durable) {
            let is_visible = visible.iter().any(|(_, found)| *found == version);
            if !is_visible && !kept.contains(&version) {
                let is_there = unrecorded.contains(&version);
                let why = if is_there { "without its record" } else { "gone" };
                damage.note(|damage| &mut damage.not_kept, format!("{version:?} is {why}"));
            }
        }
    }
    Ok(())
}

/// Where a version lies; `None` if that is no place of its file.
fn lying(share: &Path, path: &Path, version: Version) -> Option<Lying> {
    let places = [Place::Home, Place::Away];
    let is_at = |place: &Place| {
        let below = place.path(version.file);
        share.join(below.trim_start_matches('/')) == path
    };
    places.into_iter().find(is_at).map(|place| (place, version.version))
}

/// Whether undo can bring a thing back: it knows where that was by a link beside it.
fn has_record(thing: &Path) -> bool {
    fs::read_link(thing.with_extension("0")).is_ok()
}

/// The versions that lie below a folder, and where; what is not whole is noted. Parts may be in any
/// state.
fn whole_files(folder: &Path, damage: &mut Damage) -> Result<Vec<(PathBuf, Version)>, Failure> {
    let mut versions = Vec::new();
    for path in tree::files(folder)? {
        // The records of undo are links.
        if !path.symlink_metadata().during(path.display())?.is_file() {
            continue;
        }
        let content = fs::read(&path).unwrap_or_default();
        if let Some(version) = Version::read(&content) {
            versions.push((path, version));
        } else {
            let example = format!("{} is not whole", path.display());
            damage.note(|damage| &mut damage.torn, example);
        }
    }
    Ok(versions)
}

/// Where undo keeps things.
const UNDO: &str = ".ferry-undo";
