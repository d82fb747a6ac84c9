//! The look through the sources of an upload: their count, their bytes, names that cannot be and
//! names that are twins. What it sees is kept for the job, up to a bound.

use super::finding::{Findings, Trouble};
use crate::job::Walked;
use crate::sources::{self, Source, SourceKind};
use crate::{Error, sys};
use ferry_protocol::{Name, twin_key};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Fails once the look is to end.
pub(super) type GoOn<'a> = &'a dyn Fn() -> Result<(), Error>;

/// Counts what lies at `source`, which may be a file or a tree. What cannot be read is left to
/// the job to tell: it stops nothing else.
pub(super) fn count(
    source: &Path,
    go_on: GoOn<'_>,
    findings: &mut Findings,
    walked: &mut Walked,
) -> Result<(), Error> {
    match fs::metadata(source) {
        Ok(metadata) if metadata.is_dir() => count_tree(source, go_on, findings, walked),
        Ok(metadata) => {
            add_file(findings, metadata.len());
            Ok(())
        }
        Err(_) => Ok(()),
    }
}

fn count_tree(
    root: &Path,
    go_on: GoOn<'_>,
    findings: &mut Findings,
    walked: &mut Walked,
) -> Result<(), Error> {
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        go_on()?;
        let Ok(sources) = sources::read_folder(&folder) else { continue };
        look_for_twins(&folder, &sources, findings);
        // The last one in is the next: in the order in which the job comes to them.
        folders.extend(sources.iter().rev().filter_map(|source| subfolder(&folder, source)));
        for source in &sources {
            if let SourceKind::File(facts) = &source.kind
                && Name::parse(sys::name_bytes(&source.name)).is_ok()
            {
                add_file(findings, facts.size);
            }
        }
        walked.keep_folder(folder, sources);
    }
    Ok(())
}

/// Names that cannot be are skipped with a word when the job comes to them.
fn subfolder(folder: &Path, source: &Source) -> Option<PathBuf> {
    let is_folder = matches!(source.kind, SourceKind::Folder(_));
    let is_fit = is_folder && Name::parse(sys::name_bytes(&source.name)).is_ok();
    is_fit.then(|| folder.join(&*source.name))
}

fn look_for_twins(folder: &Path, sources: &[Source], findings: &mut Findings) {
    let mut keys: HashMap<Vec<u8>, &[u8]> = HashMap::with_capacity(sources.len());
    for source in sources {
        let name = sys::name_bytes(&source.name);
        if Name::parse(name).is_err() {
            continue;
        }
        if let Some(other) = keys.insert(twin_key(name), name) {
            let path = folder.join(&*source.name);
            let trouble = Trouble::Twin { other: other.to_vec() };
            findings.add(path.as_os_str().as_encoded_bytes(), trouble, false);
        }
    }
}

fn add_file(findings: &mut Findings, size: u64) {
    findings.files += 1;
    findings.bytes = findings.bytes.saturating_add(size);
}
