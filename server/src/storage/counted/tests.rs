//! What a quota counts, and what it refuses.

use super::*;
use crate::storage::Usage;
use crate::storage::allowance::Bounded;
use crate::storage::memory::Memory;
use std::time::Duration;

fn by() -> Author {
    Author { account: String::new(), group: ferry_protocol::UndoGroup([1; 16]) }
}

fn path(text: &str) -> RemotePath {
    RemotePath::parse(text.as_bytes()).unwrap()
}

/// Folders of an account, and what lies in them.
fn folders(count: usize) -> Vec<Bounded> {
    (0..count).map(|_| (Arc::default(), Arc::new(Memory::new()) as Arc<dyn Storage>)).collect()
}

/// What an account sees of folders.
fn seen_by(account: &str, folders: &[Bounded], quota: u64) -> Vec<Counted> {
    let allowances = Allowance::shared(account, folders, quota).into_iter();
    let each = allowances.zip(folders);
    each.map(|(allowance, (_, inner))| Counted::new(Arc::clone(inner), allowance)).collect()
}

/// A storage of an account that has another beside it.
fn counted(quota: u64) -> (Counted, Arc<Usage>) {
    let folders = folders(2);
    (seen_by("ann", &folders, quota).remove(0), Arc::clone(&folders[0].0))
}

fn put(storage: &Counted, name: &str, id: u8, len: usize) -> Result<()> {
    let mut upload = storage.begin_upload(&path(name), TransferId([id; 16]), len as u64)?;
    upload.write(0, &vec![7; len])?;
    upload.seal(Attributes::default())?;
    upload.publish(IfExists::Replace, &by()).map(drop).map_err(|(err, _)| err)
}

#[test]
fn what_is_stored_replaced_and_removed_is_counted() {
    let (storage, usage) = counted(100);
    put(&storage, "/a", 1, 60).unwrap();
    assert_eq!(put(&storage, "/b", 2, 41).unwrap_err().kind(), ErrorKind::Quota);
    put(&storage, "/b", 3, 40).unwrap();
    put(&storage, "/a", 4, 50).unwrap();
    assert_eq!(usage.bytes(), 90);
    storage.rename(&path("/b"), &path("/a"), IfExists::Replace, &by()).unwrap();
    assert_eq!(usage.bytes(), 40);
    assert_eq!(storage.space(&path("/")).unwrap().available, 60);
    storage.remove_file(&path("/a"), &by()).unwrap();
    assert_eq!(usage.bytes(), 0);
}

#[test]
fn uploads_under_way_take_their_room_until_they_are_given_up() {
    let (storage, usage) = counted(100);
    let upload = storage.begin_upload(&path("/a"), TransferId([1; 16]), 80).unwrap();
    assert!(storage.begin_upload(&path("/b"), TransferId([2; 16]), 30).is_err());
    upload.abandon().unwrap();
    assert_eq!(usage.bytes(), 0);
    let upload = storage.begin_upload(&path("/b"), TransferId([3; 16]), 10).unwrap();
    assert_eq!(upload.write(0, &[0; 101]).unwrap_err().kind(), ErrorKind::Quota);
    drop(upload);
    assert_eq!(usage.bytes(), 10, "its part is kept");
}

/// An upload that was asked for at another place once took its own part off the count, so that
/// one connection could fill the disk part by part.
#[test]
fn a_part_counts_until_it_is_gone_whatever_is_asked_for_by_its_id() {
    let (storage, usage) = counted(100);
    storage.make_directory(&path("/in")).unwrap();
    storage.make_directory(&path("/d")).unwrap();
    let id = TransferId([1; 16]);
    let kind = |result: Result<Box<dyn Upload>>| result.err().unwrap().kind();
    let upload = storage.begin_upload(&path("/in/a"), id, 80).unwrap();
    upload.write(0, &[7; 80]).unwrap();
    assert_eq!(kind(storage.begin_upload(&path("/in/a"), id, 80)), ErrorKind::InUse);
    drop(upload);
    assert_eq!(kind(storage.continue_upload(&path("/d/b"), id)), ErrorKind::NoPart);
    assert_eq!(kind(storage.begin_upload(&path("/none/b"), id, 9)), ErrorKind::NotFound);
    assert!(storage.remove_part(&path("/d/b"), id).is_err());
    assert_eq!(usage.bytes(), 80);
    storage.rename(&path("/in"), &path("/d/out"), IfExists::Refuse, &by()).unwrap();
    storage.make_directory(&path("/in")).unwrap();
    assert_eq!(kind(storage.continue_upload(&path("/in/a"), id)), ErrorKind::NoPart);
    assert_eq!(usage.bytes(), 80, "it moved with its folder");
    storage.remove_part(&path("/d/out/a"), id).unwrap();
    assert_eq!(usage.bytes(), 0);
}

#[test]
fn a_count_finds_what_was_there() {
    let inner: Arc<dyn Storage> = Arc::new(Memory::new());
    let folders = [(Arc::default(), Arc::clone(&inner))];
    let unlimited = seen_by("ann", &folders, u64::MAX).remove(0);
    unlimited.make_directory(&path("/in")).unwrap();
    put(&unlimited, "/a", 1, 30).unwrap();
    put(&unlimited, "/in/b", 2, 12).unwrap();
    let usage = Usage::default();
    assert_eq!(usage.count(inner.as_ref(), Duration::ZERO).unwrap(), 42);
    assert_eq!(usage.bytes(), 42);
}

/// A quota bound the root alone; a mounted folder could be filled without end.
#[test]
fn all_storages_of_an_account_share_its_quota() {
    let folders = folders(2);
    let storages = seen_by("ann", &folders, 100);
    put(&storages[0], "/a", 1, 60).unwrap();
    assert_eq!(put(&storages[1], "/b", 2, 41).unwrap_err().kind(), ErrorKind::Quota);
    put(&storages[1], "/b", 3, 40).unwrap();
    assert_eq!(put(&storages[0], "/c", 4, 1).unwrap_err().kind(), ErrorKind::Quota);
    for storage in &storages {
        assert_eq!(storage.space(&path("/")).unwrap().available, 0);
    }
    storages[1].remove_file(&path("/b"), &by()).unwrap();
    assert_eq!(storages[0].space(&path("/")).unwrap().available, 40);
    assert_eq!([folders[0].0.bytes(), folders[1].0.bytes()], [60, 0]);
}

/// What was left unfinished took its room until it was swept after days, and what its account
/// sent instead was refused.
#[test]
fn what_an_account_left_unfinished_makes_way_the_oldest_first_and_not_in_vain() {
    let folders = folders(2);
    let storages = seen_by("ann", &folders, 100);
    let left = |storage: &Counted, name: &str, id: u8, len: usize| {
        let upload = storage.begin_upload(&path(name), TransferId([id; 16]), len as u64);
        upload.and_then(|upload| upload.write(0, &vec![7; len])).unwrap();
    };
    let is_there = |storage: &Counted, name: &str, id: u8| {
        storage.part(&path(name), TransferId([id; 16])).is_ok()
    };
    left(&storages[0], "/oldest", 1, 30);
    left(&storages[1], "/older", 2, 30);
    let open = storages[0].begin_upload(&path("/open"), TransferId([3; 16]), 20).unwrap();
    let kind = |result: Result<Box<dyn Upload>>| result.err().unwrap().kind();
    let too_large = storages[0].begin_upload(&path("/huge"), TransferId([4; 16]), 81);
    assert_eq!(kind(too_large), ErrorKind::Quota);
    assert!(is_there(&storages[0], "/oldest", 1), "nothing goes in vain");
    assert_eq!(storages[0].space(&path("/")).unwrap().available, 80);
    put(&storages[1], "/new", 5, 40).unwrap();
    assert!(!is_there(&storages[0], "/oldest", 1) && is_there(&storages[1], "/older", 2));
    put(&storages[0], "/newer", 6, 30).unwrap();
    assert!(!is_there(&storages[1], "/older", 2));
    assert_eq!(put(&storages[0], "/more", 7, 11).unwrap_err().kind(), ErrorKind::Quota);
    drop(open);
    put(&storages[0], "/more", 8, 11).unwrap();
    assert_eq!(storages[0].space(&path("/")).unwrap().available, 19);
}

#[test]
fn what_others_left_unfinished_in_the_same_folder_stays() {
    let folders = folders(1);
    let (ann, ben) = (seen_by("ann", &folders, 100), seen_by("ben", &folders, 100));
    drop(ann[0].begin_upload(&path("/a"), TransferId([1; 16]), 60).unwrap());
    assert_eq!(put(&ben[0], "/b", 2, 50).unwrap_err().kind(), ErrorKind::Quota);
    put(&ann[0], "/b", 3, 50).unwrap();
}

/// Its own part is no reason to refuse an upload that is begun anew or gone on with.
#[test]
fn a_part_does_not_make_way_for_itself() {
    let (storage, usage) = counted(100);
    drop(storage.begin_upload(&path("/a"), TransferId([1; 16]), 80).unwrap());
    let again = storage.continue_upload(&path("/a"), TransferId([1; 16])).unwrap();
    assert_eq!(put(&storage, "/b", 2, 30).unwrap_err().kind(), ErrorKind::Quota);
    drop(again);
    drop(storage.begin_upload(&path("/a"), TransferId([1; 16]), 90).unwrap());
    assert_eq!(usage.bytes(), 90);
}
