//! A download is done once its folders are on stable storage, which only this crate can see.

#[path = "../../../tests/support/place.rs"]
mod place;

use crate::job::{self, JobOptions, Transfer};
use crate::sys::synced;
use crate::trust::Fingerprint;
use crate::{Conflict, Questions, Resolution};
use ferry_protocol::Secret;
use place::{Place, remote};
use std::fs;
use std::path::{Path, PathBuf};

struct TrustsAll;

impl Questions for TrustsAll {
    fn trust_new_server(&self, _: &str, _: &Fingerprint) -> bool {
        true
    }
    fn password(&self, _: &str, _: &str) -> Option<Secret> {
        None
    }
    fn conflict(&self, _: &Conflict) -> Option<Resolution> {
        None
    }
    fn notice(&self, _: &str) {}
}

/// Downloads `/up` to `target`, and tells what was synced.
fn download(place: &Place, target: &Path) -> Vec<PathBuf> {
    let mut client = place.client(place.port());
    let transfer = Transfer { local: target.to_path_buf(), remote: remote("/up") };
    synced::take();
    let report = job::download(&mut client, &[transfer], &JobOptions::default());
    assert!(report.is_success(), "{report} {:?}", report.stopped);
    synced::take()
}

/// The folders of a tree were left to the file system, and could be gone after a power cut with
/// all that was said to be stored in them.
#[test]
fn a_download_is_done_once_its_folders_are_on_stable_storage() {
    let place = Place::new();
    let there = place.path("there");
    fs::create_dir(&there).unwrap();
    for folder in ["a/b", "empty"] {
        fs::create_dir_all(place.path("share/up").join(folder)).unwrap();
    }
    fs::write(place.path("share/up/a/b/file"), "content").unwrap();
    let synced = download(&place, &there.join("new/deep"));
    for folder in ["", "new", "new/deep", "new/deep/a", "new/deep/a/b", "new/deep/empty"] {
        // An empty name would end in a separator.
        let path = if folder.is_empty() { there.clone() } else { there.join(folder) };
        assert!(synced.contains(&path), "{folder}: {synced:?}");
    }
    let again = download(&place, &there.join("new/deep"));
    assert!(again.contains(&there.join("new/deep/empty")), "its maker may have been killed");
}

#[test]
fn many_folders_share_a_sync() {
    let place = Place::new();
    for index in 0..100 {
        fs::create_dir_all(place.path("share/up").join(index.to_string())).unwrap();
    }
    let synced = download(&place, &place.path("there"));
    assert!(synced.len() <= 3, "{synced:?}");
}
