//! Undo: what was replaced or removed comes back as it was.

use super::{by, id, kind, names, over_all, path, publish, put, read};
use crate::storage::{Author, ErrorKind, Storage};
use ferry_protocol::{
    Attributes, EntryKind, IfExists, RemotePath, Timestamp, UndoEntry, UndoGroup, UndoId,
    UndoReason,
};

over_all!(
    what_is_removed_comes_back,
    what_an_upload_replaces_comes_back,
    what_a_rename_replaces_comes_back,
    a_tree_is_one_thing,
    a_taken_name_is_refused_or_kept_in_its_turn,
    a_folder_that_comes_back_replaces_nothing,
    it_comes_back_once_and_where_a_folder_is,
    the_newest_comes_first_and_pages_go_on,
    what_is_given_up_is_gone,
    what_replaces_nothing_keeps_nothing,
);

fn entries(storage: &dyn Storage) -> Vec<UndoEntry> {
    storage.undo().entries(None, 100).unwrap()
}

fn only(storage: &dyn Storage) -> UndoEntry {
    let mut entries = entries(storage);
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

fn replace(storage: &dyn Storage, target: &str, bytes: &[u8]) {
    let mut upload = storage.begin_upload(&path(target), id(1), bytes.len() as u64).unwrap();
    upload.write(0, bytes).unwrap();
    upload.seal(Attributes::default()).unwrap();
    publish(upload, IfExists::Replace).unwrap();
}

fn bring_back(storage: &dyn Storage, id: UndoId, to: &str, how: IfExists) -> Result<(), ErrorKind> {
    storage.undo().bring_back(id, &path(to), how, &by()).map_err(|err| err.kind())
}

fn what_is_removed_comes_back(storage: &dyn Storage) {
    put(storage, &path("file"), b"content");
    let modified = Timestamp(1_234_567_890_123_456_789);
    let attributes = Attributes { modified: Some(modified), permissions: None };
    storage.set_attributes(&path("file"), attributes).unwrap();
    let before = storage.stat(&path("file")).unwrap();
    let someone = Author { account: String::new(), group: UndoGroup([9; 16]) };
    storage.remove_file(&path("file"), &someone).unwrap();
    assert!(names(storage, &RemotePath::root()).is_empty());
    let kept = only(storage);
    assert_eq!((kept.reason, kept.group), (UndoReason::Removed, someone.group));
    assert_eq!((kept.account.as_str(), &kept.entry), ("", &before));
    assert!(kept.kept_at > modified);
    assert_eq!(storage.undo().entry(kept.id).unwrap(), kept);
    bring_back(storage, kept.id, "file", IfExists::Refuse).unwrap();
    assert_eq!(storage.stat(&path("file")).unwrap(), before);
    assert_eq!(read(storage, &path("file")), b"content");
    assert!(entries(storage).is_empty());
}

fn what_an_upload_replaces_comes_back(storage: &dyn Storage) {
    storage.make_directory(&path("a")).unwrap();
    put(storage, &path("a/file"), b"old");
    replace(storage, "a/file", b"newer");
    let kept = only(storage);
    assert_eq!((kept.reason, kept.account.as_str()), (UndoReason::Replaced, "ann"));
    assert_eq!((kept.entry.name.as_slice(), kept.entry.size), (&b"a/file"[..], 3));
    assert_eq!(names(storage, &path("a")), [b"file"]);
    bring_back(storage, kept.id, "a/old", IfExists::Refuse).unwrap();
    assert_eq!(read(storage, &path("a/old")), b"old");
    assert_eq!(read(storage, &path("a/file")), b"newer");
}

fn what_a_rename_replaces_comes_back(storage: &dyn Storage) {
    put(storage, &path("old"), b"old");
    put(storage, &path("new"), b"newer");
    storage.rename(&path("new"), &path("old"), IfExists::Replace, &by()).unwrap();
    assert_eq!(names(storage, &RemotePath::root()), [b"old"]);
    let kept = only(storage);
    assert_eq!((kept.reason, kept.entry.size), (UndoReason::Replaced, 3));
    bring_back(storage, kept.id, "old", IfExists::Replace).unwrap();
    assert_eq!(read(storage, &path("old")), b"old");
    // What came in its place is kept now.
    assert_eq!(only(storage).entry.size, 5);
}

fn a_tree_is_one_thing(storage: &dyn Storage) {
    for folder in ["a", "a/b", "a/empty"] {
        storage.make_directory(&path(folder)).unwrap();
    }
    put(storage, &path("a/b/file"), b"x");
    assert_eq!(kind(storage.remove_tree(&path("a/b/file"), &by())), ErrorKind::NotAFolder);
    assert_eq!(kind(storage.remove_tree(&path("nothing"), &by())), ErrorKind::NotFound);
    assert_eq!(kind(storage.remove_tree(&RemotePath::root(), &by())), ErrorKind::Unsupported);
    if !storage.remove_tree(&path("a"), &by()).unwrap() {
        return;
    }
    assert!(names(storage, &RemotePath::root()).is_empty());
    let kept = only(storage);
    assert_eq!((kept.entry.kind, kept.entry.name.as_slice()), (EntryKind::Folder, &b"a"[..]));
    bring_back(storage, kept.id, "a", IfExists::Refuse).unwrap();
    assert_eq!(names(storage, &path("a")), [&b"b"[..], b"empty"]);
    assert_eq!(read(storage, &path("a/b/file")), b"x");
}

fn a_taken_name_is_refused_or_kept_in_its_turn(storage: &dyn Storage) {
    put(storage, &path("file"), b"1");
    storage.remove_file(&path("file"), &by()).unwrap();
    put(storage, &path("file"), b"22");
    let kept = only(storage);
    let refused = bring_back(storage, kept.id, "file", IfExists::Refuse);
    assert_eq!(refused, Err(ErrorKind::AlreadyExists));
    assert_eq!(only(storage), kept);
    assert_eq!(read(storage, &path("file")), b"22");
    bring_back(storage, kept.id, "file", IfExists::Replace).unwrap();
    assert_eq!(read(storage, &path("file")), b"1");
    let replaced = only(storage);
    assert_eq!((replaced.reason, replaced.entry.size), (UndoReason::Replaced, 2));
}

fn a_folder_that_comes_back_replaces_nothing(storage: &dyn Storage) {
    storage.make_directory(&path("a")).unwrap();
    if !storage.remove_tree(&path("a"), &by()).unwrap() {
        return;
    }
    let kept = only(storage);
    put(storage, &path("file"), b"x");
    storage.make_directory(&path("folder")).unwrap();
    for taken in ["file", "folder"] {
        let refused = bring_back(storage, kept.id, taken, IfExists::Replace);
        assert_eq!(refused, Err(ErrorKind::AlreadyExists), "{taken}");
    }
    bring_back(storage, kept.id, "a", IfExists::Replace).unwrap();
    assert_eq!(storage.stat(&path("a")).unwrap().kind, EntryKind::Folder);
}

fn it_comes_back_once_and_where_a_folder_is(storage: &dyn Storage) {
    put(storage, &path("file"), b"x");
    storage.remove_file(&path("file"), &by()).unwrap();
    let kept = only(storage);
    let nowhere = bring_back(storage, kept.id, "nothing/file", IfExists::Refuse);
    assert_eq!(nowhere, Err(ErrorKind::NotFound));
    bring_back(storage, kept.id, "file", IfExists::Refuse).unwrap();
    let again = bring_back(storage, kept.id, "again", IfExists::Refuse);
    assert_eq!(again, Err(ErrorKind::NotKept));
    assert_eq!(kind(storage.undo().entry(kept.id)), ErrorKind::NotKept);
}

fn the_newest_comes_first_and_pages_go_on(storage: &dyn Storage) {
    let removed: Vec<String> = (0..5).map(|number| format!("file {number}")).collect();
    for name in &removed {
        put(storage, &path(name), b"x");
        storage.remove_file(&path(name), &by()).unwrap();
    }
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = storage.undo().entries(before, 2).unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        before = Some(last.id);
        seen.extend(page.into_iter().map(|kept| String::from_utf8(kept.entry.name).unwrap()));
    }
    seen.reverse();
    assert_eq!(seen, removed);
}

fn what_is_given_up_is_gone(storage: &dyn Storage) {
    storage.make_directory(&path("a")).unwrap();
    put(storage, &path("a/file"), b"x");
    if !storage.remove_tree(&path("a"), &by()).unwrap() {
        storage.remove_file(&path("a/file"), &by()).unwrap();
        storage.remove_directory(&path("a")).unwrap();
    }
    let kept = only(storage);
    storage.undo().forget(kept.id).unwrap();
    assert!(entries(storage).is_empty());
    assert_eq!(kind(storage.undo().forget(kept.id)), ErrorKind::NotKept);
    storage.undo().sweep().unwrap();
    assert!(names(storage, &RemotePath::root()).is_empty());
}

fn what_replaces_nothing_keeps_nothing(storage: &dyn Storage) {
    replace(storage, "file", b"x");
    storage.make_directory(&path("empty")).unwrap();
    storage.remove_directory(&path("empty")).unwrap();
    storage.rename(&path("file"), &path("new"), IfExists::Replace, &by()).unwrap();
    storage.rename(&path("new"), &path("new"), IfExists::Replace, &by()).unwrap();
    assert!(entries(storage).is_empty());
    assert_eq!(kind(storage.remove_file(&path("file"), &by())), ErrorKind::NotFound);
    assert!(entries(storage).is_empty());
}
