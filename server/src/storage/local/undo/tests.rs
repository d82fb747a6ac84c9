//! What only a folder can get wrong: kills in between, bits that keep out, a full disk.

use super::swap::exchange_in;
use super::*;
use crate::storage::local::{Disks, LocalFolder};
use crate::storage::{Storage as _, Undo as _};
use ferry_protocol::{Attributes, TransferId, UndoGroup};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;
use tempfile::TempDir;

struct Share {
    folder: TempDir,
    storage: LocalFolder,
}

impl Share {
    fn new() -> Self {
        Self::with(UndoLimits::default())
    }

    fn with(limits: UndoLimits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = LocalFolder::open(folder.path(), limits).unwrap();
        Self { folder, storage }
    }

    /// The same folder, as the next process finds it.
    fn opened_again(self) -> Self {
        self.opened_with(UndoLimits::default())
    }

    fn opened_with(self, limits: UndoLimits) -> Self {
        let storage = LocalFolder::open(self.folder.path(), limits).unwrap();
        Self { storage, ..self }
    }

    fn at(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    fn entries(&self) -> Vec<UndoEntry> {
        self.storage.entries(None, 100).unwrap()
    }

    fn replace(&self, name: &str, content: &[u8]) {
        let transfer = TransferId([3; 16]);
        let mut upload =
            self.storage.begin_upload(&path(name), transfer, content.len() as u64).unwrap();
        upload.write(0, content).unwrap();
        upload.seal(Attributes::default()).unwrap();
        assert!(upload.publish(IfExists::Replace, &by()).is_ok());
    }

    fn device(&self) -> u64 {
        fs::metadata(self.folder.path()).unwrap().dev()
    }

    /// Names in the folder of undo.
    fn kept_names(&self) -> Vec<String> {
        let Ok(folder) = fs::read_dir(self.at(".ferry-undo")) else { return Vec::new() };
        folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn path(text: &str) -> RemotePath {
    RemotePath::parse(text.as_bytes()).unwrap()
}

fn by() -> Author {
    Author { account: "ann".to_owned(), group: UndoGroup([5; 16]) }
}

#[test]
fn what_is_kept_outlives_the_process() {
    let share = Share::new();
    fs::write(share.at("file"), "old").unwrap();
    fs::create_dir_all(share.at("tree/in")).unwrap();
    fs::write(share.at("tree/in/file"), "12345").unwrap();
    share.replace("file", b"newer");
    assert!(share.storage.remove_tree(&path("tree"), &by()).unwrap());
    let before = share.entries();
    let share = share.opened_again();
    assert_eq!(share.entries(), before);
    share.storage.sweep().unwrap();
    assert_eq!(share.storage.disks.reclaimable(share.device()), 3 + 5);
    let mode = fs::metadata(share.at(".ferry-undo")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

/// Killed after the link and before the rename: the file has its name, and nothing was replaced.
#[test]
fn a_replacement_that_did_not_come_about_is_forgotten() {
    let share = Share::new();
    fs::write(share.at("other"), "x").unwrap();
    share.storage.remove_file(&path("other"), &by()).unwrap();
    fs::write(share.at("file"), "content").unwrap();
    let id = new_id().unwrap();
    let folder = File::open(share.at(".ferry-undo")).unwrap();
    Record::new(UndoReason::Replaced, &path("file"), &by()).write(&folder, id).unwrap();
    let name = String::from_utf8(id_name(id)).unwrap();
    fs::hard_link(share.at("file"), share.at(".ferry-undo").join(name)).unwrap();
    let share = share.opened_again();
    assert_eq!(share.entries().len(), 1);
    assert_eq!(fs::metadata(share.at("file")).unwrap().nlink(), 1);
    assert_eq!(share.kept_names().len(), 2);
}

/// Killed after the record and before the thing came.
#[test]
fn a_record_without_its_thing_is_removed() {
    let share = Share::new();
    fs::write(share.at("file"), "x").unwrap();
    share.storage.remove_file(&path("file"), &by()).unwrap();
    let folder = File::open(share.at(".ferry-undo")).unwrap();
    let id = new_id().unwrap();
    Record::new(UndoReason::Removed, &path("gone"), &by()).write(&folder, id).unwrap();
    assert_eq!(share.kept_names().len(), 3);
    let share = share.opened_again();
    assert_eq!(share.entries().len(), 1);
    assert_eq!(share.kept_names().len(), 2);
}

#[test]
fn off_keeps_nothing_and_gives_up_what_was_kept() {
    let share = Share::with(UndoLimits::off());
    fs::create_dir(share.at("tree")).unwrap();
    fs::write(share.at("file"), "x").unwrap();
    share.replace("file", b"y");
    share.storage.remove_file(&path("file"), &by()).unwrap();
    assert!(!share.storage.remove_tree(&path("tree"), &by()).unwrap());
    assert!(!share.at(".ferry-undo").exists());
    let share = share.opened_again();
    fs::write(share.at("file"), "x").unwrap();
    share.storage.remove_file(&path("file"), &by()).unwrap();
    assert!(share.storage.remove_tree(&path("tree"), &by()).unwrap());
    let share = share.opened_with(UndoLimits::off());
    assert_eq!(share.storage.sweep().unwrap(), 2);
    assert_eq!(share.kept_names(), ["gone"]);
    assert_eq!(fs::read_dir(share.at(".ferry-undo/gone")).unwrap().count(), 0);
}

#[test]
fn a_tree_that_is_given_up_goes_however_deep_and_closed_it_is() {
    let share = Share::new();
    let deep = (0..200).fold(share.at("tree"), |path, _| path.join("d"));
    fs::create_dir_all(&deep).unwrap();
    for number in 0..600 {
        fs::write(share.at(&format!("tree/d/{number}")), "x").unwrap();
    }
    fs::write(deep.join("file"), "x").unwrap();
    fs::set_permissions(share.at("tree/d"), fs::Permissions::from_mode(0o555)).unwrap();
    assert!(share.storage.remove_tree(&path("tree"), &by()).unwrap());
    let [kept] = share.entries().try_into().unwrap();
    share.storage.forget(kept.id).unwrap();
    share.storage.sweep().unwrap();
    assert_eq!(fs::read_dir(share.at(".ferry-undo/gone")).unwrap().count(), 0);
}

#[test]
fn the_oldest_makes_way_first() {
    let share = Share::new();
    for number in 0..3 {
        let name = format!("file {number}");
        fs::write(share.at(&name), "x").unwrap();
        share.storage.remove_file(&path(&name), &by()).unwrap();
    }
    for left in (0..3).rev() {
        assert!(share.storage.disks.give_way(share.device()));
        let names: Vec<_> = share.entries().into_iter().map(|kept| kept.entry.name).collect();
        assert_eq!(names.len(), left);
        assert!(!names.contains(&format!("file {}", 2 - left).into_bytes()));
    }
    assert!(!share.storage.disks.give_way(share.device()));
    assert!(share.kept_names().is_empty());
}

/// A file whose owner lets nobody link it, or a file system without links: the names are
/// exchanged, and the result is the same.
#[test]
fn what_cannot_be_linked_is_exchanged() {
    let folder = tempfile::tempdir().unwrap();
    let handle = File::open(folder.path()).unwrap();
    for (name, content) in [("new", "new"), ("old", "old")] {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let place = |name: &'static [u8]| (handle.as_fd(), name);
    exchange_in(place(b"new"), place(b"old"), place(b"aside")).unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!((read("old").as_str(), read("aside").as_str()), ("new", "old"));
    assert!(!folder.path().join("new").exists());
}

/// The folder of an upload was removed, and lies in undo: a file that would be stored there would
/// be stored nowhere.
#[test]
fn nothing_is_stored_into_a_tree_that_was_removed() {
    let share = Share::new();
    fs::create_dir(share.at("tree")).unwrap();
    let mut upload =
        share.storage.begin_upload(&path("tree/file"), TransferId([4; 16]), 1).unwrap();
    upload.write(0, b"x").unwrap();
    upload.seal(Attributes::default()).unwrap();
    assert!(share.storage.remove_tree(&path("tree"), &by()).unwrap());
    let (err, upload) = upload.publish(IfExists::Refuse, &by()).err().unwrap();
    assert_eq!(err.kind(), crate::storage::ErrorKind::NotFound);
    upload.abandon().unwrap();
}

/// Two folders of one server on one disk: what they keep counts together, and goes by its age.
#[test]
fn folders_on_one_disk_share_what_may_be_kept_there() {
    let disks = Arc::<Disks>::default();
    let places = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let open = |place: &TempDir| {
        LocalFolder::open_on(&disks, place.path(), UndoLimits::default()).unwrap()
    };
    let folders = [open(&places[0]), open(&places[1])];
    for (number, index) in [(0, 0), (1, 1), (2, 0)] {
        let name = format!("file {number}");
        fs::write(places[index].path().join(&name), "four").unwrap();
        folders[index].remove_file(&path(&name), &by()).unwrap();
    }
    let device = fs::metadata(places[0].path()).unwrap().dev();
    assert_eq!(disks.reclaimable(device), 12);
    let left = || [0, 1].map(|index| folders[index].entries(None, 9).unwrap().len());
    assert_eq!(disks.trim(device, 8, 9), 1);
    assert_eq!(left(), [1, 1]);
    assert_eq!(disks.trim(device, 99, 1), 1);
    assert_eq!(left(), [1, 0]);
    drop(folders);
    assert_eq!(disks.reclaimable(device), 0, "who is gone counts no more");
}

/// A page that came out short was taken for the last one.
#[test]
fn what_lost_its_record_ends_no_list() {
    let share = Share::new();
    for name in ["oldest", "without", "newest"] {
        fs::write(share.at(name), "x").unwrap();
        share.storage.remove_file(&path(name), &by()).unwrap();
    }
    let without = share.entries()[1].id;
    let folder = File::open(share.at(".ferry-undo")).unwrap();
    Record::remove(&folder, without).unwrap();
    let page = share.storage.entries(None, 2).unwrap();
    let names: Vec<_> = page.into_iter().map(|kept| kept.entry.name).collect();
    assert_eq!(names, [&b"newest"[..], b"oldest"]);
}

/// A tree that could not be removed for good was taken as the first of all again and again. Nothing
/// was freed any more, and the whole past went for it.
#[test]
fn what_cannot_be_removed_for_good_keeps_nothing_else_from_going() {
    let share = Share::new();
    for name in ["first", "second"] {
        fs::create_dir_all(share.at(name).join("in")).unwrap();
        fs::write(share.at(name).join("in/file"), "x").unwrap();
        assert!(share.storage.remove_tree(&path(name), &by()).unwrap());
    }
    let [second, first] = share.entries().try_into().unwrap();
    // Nothing that Ferry puts there: it cannot be opened as the folder that is expected.
    let gone = share.at(".ferry-undo/gone");
    fs::create_dir(&gone).unwrap();
    let strays: Vec<_> = (0..64).map(|number| gone.join(format!("stray {number}"))).collect();
    for stray in &strays {
        fs::write(stray, "x").unwrap();
    }
    share.storage.forget(first.id).unwrap();
    while share.storage.undo.clear_some(share.device()).is_ok_and(|has_more| has_more) {}
    let left = || fs::read_dir(&gone).unwrap().count();
    assert_eq!(left(), strays.len());
    assert_eq!(share.entries().len(), 1, "the past is still there");
    share.storage.forget(second.id).unwrap();
    share.storage.sweep().unwrap();
    assert_eq!(left(), strays.len());
}

/// Its size is known to the sweeper only, and then everything older made way for it.
#[test]
fn a_tree_larger_than_all_that_may_be_kept_goes_alone() {
    let share = Share::with(UndoLimits { disk_percent: 1, ..UndoLimits::default() });
    fs::write(share.at("file"), "x").unwrap();
    share.storage.remove_file(&path("file"), &by()).unwrap();
    fs::create_dir(share.at("tree")).unwrap();
    let total = share.storage.space(&RemotePath::root()).unwrap().total;
    File::create(share.at("tree/huge")).unwrap().set_len(total / 50).unwrap();
    assert!(share.storage.remove_tree(&path("tree"), &by()).unwrap());
    assert_eq!(share.storage.sweep().unwrap(), 1);
    let [kept] = share.entries().try_into().unwrap();
    assert_eq!(kept.entry.name, b"file");
    assert_eq!(fs::read_dir(share.at(".ferry-undo/gone")).unwrap().count(), 0);
}

/// The sweeper and a full disk remove what was given up at the same time: neither takes it for an
/// error that the other was faster.
#[test]
fn two_remove_for_good_together() {
    let share = Share::new();
    fs::create_dir(share.at("tree")).unwrap();
    for number in 0..3000 {
        fs::create_dir(share.at(&format!("tree/{number}"))).unwrap();
    }
    assert!(share.storage.remove_tree(&path("tree"), &by()).unwrap());
    let [kept] = share.entries().try_into().unwrap();
    share.storage.forget(kept.id).unwrap();
    let clear = || while share.storage.undo.clear_some(share.device()).unwrap() {};
    std::thread::scope(|scope| {
        for thread in [scope.spawn(clear), scope.spawn(clear), scope.spawn(clear)] {
            thread.join().unwrap();
        }
    });
    assert_eq!(fs::read_dir(share.at(".ferry-undo/gone")).unwrap().count(), 0);
}
