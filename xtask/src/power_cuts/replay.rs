//! The disk as it is after a cut: mounted, and looked at.

use super::content::Version;
use super::disk::{Event, Recording, SHARE, copy_sparse};
use crate::failure::{During as _, Failure};
use crate::mount::Mounted;
use crate::random::Random;
use crate::tree;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// What was wrong after all cuts.
#[derive(Debug, Default)]
pub(super) struct Damage {
    /// Acknowledged files that are not there, or older than acknowledged.
    lost: usize,
    /// Files that are visible, or kept by undo, and not whole.
    torn: usize,
    /// Replaced versions that undo lost.
    not_kept: usize,
    /// Disks that could not be mounted.
    unmountable: usize,
    /// Of one of them.
    example: Option<String>,
}

impl Damage {
    pub(super) fn is_none(&self) -> bool {
        self.lost + self.torn + self.not_kept + self.unmountable == 0
    }

    fn note(&mut self, count: impl FnOnce(&mut Self) -> &mut usize, example: String) {
        *count(self) += 1;
        self.example.get_or_insert(example);
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return f.write_str("nothing lost, nothing torn");
        }
        write!(
            f,
            "{} lost, {} torn, {} not kept by undo, {} disks that do not mount; for example {}",
            self.lost,
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
            let first = events.iter().position(|event| matches!(event, Event::Acknowledged(_)));
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
    judge(&place.join(SHARE), &acknowledged(events), damage)?;
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

/// The newest acknowledged version of each file.
fn acknowledged(events: &[Event]) -> BTreeMap<u32, u32> {
    let mut newest = BTreeMap::new();
    for event in events {
        if let Event::Acknowledged(version) = event {
            newest.insert(version.file, version.version);
        }
    }
    newest
}

fn judge(
    share: &Path,
    acknowledged: &BTreeMap<u32, u32>,
    damage: &mut Damage,
) -> Result<(), Failure> {
    let mut visible = BTreeMap::new();
    for version in whole_files(share, damage)? {
        visible.insert(version.file, version.version);
    }
    let kept: BTreeSet<Version> = whole_files(&share.join(".ferry-undo"), damage)?.collect();
    for (file, version) in acknowledged {
        let found = visible.get(file).copied();
        if found.is_none_or(|found| found < *version) {
            let example = format!("file {file}: version {version} acknowledged, {found:?} there");
            damage.note(|damage| &mut damage.lost, example);
        }
        // All but the newest acknowledged one were replaced, and the server said so.
        for version in (0..*version).map(|version| Version { file: *file, version }) {
            if !kept.contains(&version) && found != Some(version.version) {
                damage.note(|damage| &mut damage.not_kept, format!("{version:?}"));
            }
        }
    }
    Ok(())
}

/// The versions that lie below a folder; what is not whole is noted. Parts may be in any state.
fn whole_files(
    folder: &Path,
    damage: &mut Damage,
) -> Result<impl Iterator<Item = Version> + use<>, Failure> {
    let mut versions = Vec::new();
    for path in tree::files(folder)? {
        // The records of undo are links.
        if !path.symlink_metadata().during(path.display())?.is_file() {
            continue;
        }
        let content = fs::read(&path).unwrap_or_default();
        if let Some(version) = Version::read(&content) {
            versions.push(version);
        } else {
            let example = format!("{} is not whole", path.display());
            damage.note(|damage| &mut damage.torn, example);
        }
    }
    Ok(versions.into_iter())
}
