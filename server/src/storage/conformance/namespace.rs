//! Making, renaming, removing, and attributes.

use super::{by, id, kind, names, over_all, path, put, read};
use crate::storage::{ErrorKind, Storage};
use ferry_protocol::{Attributes, EntryKind, IfExists, Permissions, RemotePath, Timestamp};

over_all!(
    a_folder_is_made_once,
    a_file_is_renamed,
    a_folder_is_renamed_with_all_in_it,
    a_folder_takes_no_place_and_enters_not_itself,
    files_and_folders_are_removed_each_in_its_way,
    unfinished_uploads_go_with_their_folder,
    the_root_stays,
    attributes_are_set_one_by_one,
);

fn a_folder_is_made_once(storage: &dyn Storage) {
    storage.make_directory(&path("a")).unwrap();
    put(storage, &path("file"), b"x");
    let make = |name| kind(storage.make_directory(&path(name)));
    assert_eq!(make("a"), ErrorKind::AlreadyExists);
    assert_eq!(make("file"), ErrorKind::AlreadyExists);
    assert_eq!(make("nothing/b"), ErrorKind::NotFound);
    assert_eq!(make("file/b"), ErrorKind::NotAFolder);
}

fn a_file_is_renamed(storage: &dyn Storage) {
    storage.make_directory(&path("a")).unwrap();
    put(storage, &path("one"), b"1");
    put(storage, &path("a/two"), b"2");
    let rename = |from, to, how| storage.rename(&path(from), &path(to), how, &by());
    assert_eq!(kind(rename("one", "a/two", IfExists::Refuse)), ErrorKind::AlreadyExists);
    assert_eq!(kind(rename("nothing", "b", IfExists::Replace)), ErrorKind::NotFound);
    assert_eq!(kind(rename("one", "nothing/b", IfExists::Replace)), ErrorKind::NotFound);
    assert_eq!(kind(rename("one", "one/b", IfExists::Replace)), ErrorKind::NotAFolder);
    assert_eq!(kind(rename("one", "a", IfExists::Replace)), ErrorKind::IsAFolder);
    assert_eq!(kind(rename("one", "a", IfExists::Refuse)), ErrorKind::AlreadyExists);
    rename("one", "three", IfExists::Refuse).unwrap();
    rename("three", "three", IfExists::Replace).unwrap();
    rename("three", "a/two", IfExists::Replace).unwrap();
    assert_eq!(read(storage, &path("a/two")), b"1");
    assert_eq!(names(storage, &RemotePath::root()), [b"a"]);
}

fn a_folder_is_renamed_with_all_in_it(storage: &dyn Storage) {
    storage.make_directory(&path("a")).unwrap();
    storage.make_directory(&path("b")).unwrap();
    put(storage, &path("a/file"), b"x");
    storage.rename(&path("a"), &path("b/c"), IfExists::Refuse, &by()).unwrap();
    assert_eq!(read(storage, &path("b/c/file")), b"x");
    assert_eq!(kind(storage.stat(&path("a"))), ErrorKind::NotFound);
}

fn a_folder_takes_no_place_and_enters_not_itself(storage: &dyn Storage) {
    for folder in ["a", "a/in", "empty", "full"] {
        storage.make_directory(&path(folder)).unwrap();
    }
    put(storage, &path("full/file"), b"x");
    for how in [IfExists::Refuse, IfExists::Replace] {
        let rename = |to| kind(storage.rename(&path("a"), &path(to), how, &by()));
        assert_eq!(rename("empty"), ErrorKind::AlreadyExists);
        assert_eq!(rename("full"), ErrorKind::AlreadyExists);
        assert_eq!(rename("full/file"), ErrorKind::AlreadyExists);
        assert_eq!(rename("a/b"), ErrorKind::IntoItself);
        assert_eq!(rename("a/in/b"), ErrorKind::IntoItself);
    }
    assert_eq!(names(storage, &path("a")), [b"in"]);
}

fn files_and_folders_are_removed_each_in_its_way(storage: &dyn Storage) {
    storage.make_directory(&path("a")).unwrap();
    put(storage, &path("a/file"), b"x");
    assert_eq!(kind(storage.remove_directory(&path("a"))), ErrorKind::NotEmpty);
    assert_eq!(kind(storage.remove_directory(&path("a/file"))), ErrorKind::NotAFolder);
    assert_eq!(kind(storage.remove_file(&path("a"), &by())), ErrorKind::IsAFolder);
    assert_eq!(kind(storage.remove_file(&path("b"), &by())), ErrorKind::NotFound);
    assert_eq!(kind(storage.remove_directory(&path("b"))), ErrorKind::NotFound);
    storage.remove_file(&path("a/file"), &by()).unwrap();
    storage.remove_directory(&path("a")).unwrap();
    assert!(names(storage, &RemotePath::root()).is_empty());
}

fn unfinished_uploads_go_with_their_folder(storage: &dyn Storage) {
    storage.make_directory(&path("a")).unwrap();
    put(storage, &path("a/file"), b"x");
    drop(storage.begin_upload(&path("a/left"), id(1), 0).unwrap());
    drop(storage.begin_upload(&path("a/left"), id(2), 0).unwrap());
    assert_eq!(kind(storage.remove_directory(&path("a"))), ErrorKind::NotEmpty);
    storage.continue_upload(&path("a/left"), id(1)).unwrap();
    storage.remove_file(&path("a/file"), &by()).unwrap();
    storage.remove_directory(&path("a")).unwrap();
    assert_eq!(kind(storage.continue_upload(&path("a/left"), id(1))), ErrorKind::NotFound);
}

fn the_root_stays(storage: &dyn Storage) {
    let root = RemotePath::root();
    assert_eq!(kind(storage.remove_file(&root, &by())), ErrorKind::IsAFolder);
    assert_eq!(kind(storage.remove_directory(&root)), ErrorKind::Unsupported);
    assert_eq!(kind(storage.make_directory(&root)), ErrorKind::AlreadyExists);
    assert_eq!(
        kind(storage.rename(&root, &path("a"), IfExists::Refuse, &by())),
        ErrorKind::Unsupported
    );
    put(storage, &path("a"), b"x");
    let onto_root = storage.rename(&path("a"), &root, IfExists::Replace, &by());
    assert_eq!(kind(onto_root), ErrorKind::AlreadyExists);
}

fn attributes_are_set_one_by_one(storage: &dyn Storage) {
    storage.make_directory(&path("folder")).unwrap();
    put(storage, &path("file"), b"x");
    let modified = Timestamp(987_654_321_987_654_321);
    for (name, kind) in [("folder", EntryKind::Folder), ("file", EntryKind::File)] {
        let set = |attributes| {
            storage.set_attributes(&path(name), attributes).unwrap();
            storage.stat(&path(name)).unwrap()
        };
        let before = set(Attributes::default());
        let entry = set(Attributes { modified: Some(modified), permissions: None });
        assert_eq!((entry.modified, entry.permissions), (modified, before.permissions));
        let permissions = Permissions::from_mode(0o751);
        let entry = set(Attributes { modified: None, permissions: Some(permissions) });
        assert_eq!((entry.modified, entry.permissions), (modified, permissions));
        assert_eq!(entry.kind, kind);
    }
    let missing = storage.set_attributes(&path("nothing"), Attributes::default());
    assert_eq!(kind(missing), ErrorKind::NotFound);
}
