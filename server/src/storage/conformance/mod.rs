//! What every storage must do, whatever it is made of. Each check runs over each implementation.

mod namespace;
mod parts;
mod reading;
mod undo;
mod uploads;

use super::local::LocalFolder;
use super::memory::Memory;
use super::{Allowance, Author, Counted, Error, ErrorKind, Mounted, Storage, Upload};
use crate::config::UndoLimits;
use ferry_protocol::{Attributes, Entry, IfExists, RemotePath, TransferId, UndoGroup};
use std::sync::Arc;

/// Runs each named check of a module over all storages, as a test of its own.
macro_rules! over_all {
    ($($check:ident),+ $(,)?) => {
        mod local {
            $(#[test] fn $check() {
                crate::storage::conformance::with_local(super::$check);
            })+
        }
        mod memory {
            $(#[test] fn $check() {
                super::$check(&crate::storage::memory::Memory::new());
            })+
        }
        mod within_a_quota {
            $(#[test] fn $check() {
                crate::storage::conformance::with_quota(super::$check);
            })+
        }
        mod with_a_mount {
            $(#[test] fn $check() {
                crate::storage::conformance::with_mount(super::$check);
            })+
        }
    };
}
use over_all;

fn with_local(check: fn(&dyn Storage)) {
    let root = tempfile::tempdir().unwrap();
    check(&LocalFolder::open(root.path(), UndoLimits::default()).unwrap());
}

fn by() -> Author {
    Author { account: "ann".to_owned(), group: UndoGroup([5; 16]) }
}

fn with_quota(check: fn(&dyn Storage)) {
    let root = tempfile::tempdir().unwrap();
    let local = LocalFolder::open(root.path(), UndoLimits::default()).unwrap();
    let local: Arc<dyn Storage> = Arc::new(local);
    let folders = [(Arc::default(), Arc::clone(&local))];
    let allowance = Allowance::shared("ann", &folders, u64::MAX).remove(0);
    check(&Counted::new(local, allowance));
}

/// Without a mount the checks see their own root; what mounts add has its own tests.
fn with_mount(check: fn(&dyn Storage)) {
    let root = tempfile::tempdir().unwrap();
    let local = Arc::new(LocalFolder::open(root.path(), UndoLimits::default()).unwrap());
    check(&Mounted::new(local, Vec::new()));
}

fn path(text: &str) -> RemotePath {
    RemotePath::parse(text.as_bytes()).unwrap()
}

fn id(number: u8) -> TransferId {
    TransferId([number; 16])
}

/// Bytes that differ from place to place.
fn content(len: usize) -> Vec<u8> {
    (0..len).map(|index| u8::try_from(index % 251).unwrap()).collect()
}

/// Uploads `bytes` to `target` in one go, without waiting for the disk.
fn put(storage: &dyn Storage, target: &RemotePath, bytes: &[u8]) {
    let mut upload = storage.begin_upload(target, id(0xee), bytes.len() as u64).unwrap();
    upload.write(0, bytes).unwrap();
    upload.seal(Attributes::default()).unwrap();
    assert!(upload.publish(IfExists::Refuse, &by()).is_ok());
}

fn publish(upload: Box<dyn Upload>, if_exists: IfExists) -> Result<(), ErrorKind> {
    let published = upload.publish(if_exists, &by()).map_err(|(err, _)| err.kind())?;
    published.sync_folder().map_err(|err| err.kind())
}

fn read(storage: &dyn Storage, file: &RemotePath) -> Vec<u8> {
    let reader = storage.open(file).unwrap();
    let mut bytes = vec![0; usize::try_from(reader.metadata().size).unwrap()];
    assert_eq!(reader.read_at(0, &mut bytes).unwrap(), bytes.len());
    bytes
}

fn list(storage: &dyn Storage, folder: &RemotePath) -> Vec<Entry> {
    let mut listing = storage.list(folder).unwrap();
    let mut all = Vec::new();
    loop {
        let page = listing.next_entries(7).unwrap();
        assert!(page.len() <= 7);
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn names(storage: &dyn Storage, folder: &RemotePath) -> Vec<Vec<u8>> {
    list(storage, folder).into_iter().map(|entry| entry.name).collect()
}

/// The kind of the failure, which must be one and name a path.
fn kind<T>(result: Result<T, Error>) -> ErrorKind {
    let err = result.err().unwrap();
    assert!(err.to_string().starts_with('/'), "{err}");
    err.kind()
}

#[test]
fn both_are_storages_that_threads_share() {
    fn check<T: Storage + 'static>() {}
    check::<LocalFolder>();
    check::<Memory>();
}
