//! What only a folder of this computer can get wrong: links, pipes, races, leftovers.

use super::*;
use crate::storage::{ErrorKind, Result};
use ferry_protocol::{EntryKind, Permissions, Timestamp};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

struct Share {
    /// Holds `share` and, beside it, what must not be reached.
    around: TempDir,
    storage: LocalFolder,
}

fn share() -> Share {
    let around = tempfile::tempdir().unwrap();
    fs::create_dir(around.path().join("share")).unwrap();
    fs::create_dir(around.path().join("secret")).unwrap();
    fs::write(around.path().join("secret/file"), "secret").unwrap();
    let storage = LocalFolder::open(&around.path().join("share"), UndoLimits::off()).unwrap();
    Share { around, storage }
}

impl Share {
    fn at(&self, below: &str) -> std::path::PathBuf {
        self.around.path().join("share").join(below)
    }

    fn names(&self) -> Vec<Entry> {
        let mut listing = self.storage.list(&RemotePath::root()).unwrap();
        let mut entries = listing.next_entries(100).unwrap();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }
}

fn path(text: &str) -> RemotePath {
    RemotePath::parse(text.as_bytes()).unwrap()
}

fn by() -> Author {
    Author { account: "ann".to_owned(), group: ferry_protocol::UndoGroup([5; 16]) }
}

fn kind<T>(result: Result<T>) -> ErrorKind {
    result.err().unwrap().kind()
}

fn upload(storage: &LocalFolder, target: &str) -> Box<dyn Upload> {
    let mut upload = storage.begin_upload(&path(target), TransferId([9; 16]), 3).unwrap();
    upload.write(0, b"new").unwrap();
    upload.seal(Attributes::default()).unwrap();
    upload
}

#[test]
fn links_inside_are_followed_and_told() {
    let share = share();
    fs::create_dir_all(share.at("folder/deep")).unwrap();
    fs::write(share.at("folder/file"), "content").unwrap();
    symlink("folder", share.at("to folder")).unwrap();
    symlink("../file", share.at("folder/deep/to file")).unwrap();
    let entry = share.storage.stat(&path("folder/deep/to file")).unwrap();
    assert_eq!((entry.kind, entry.size, entry.flags.linked), (EntryKind::File, 7, true));
    let linked = &share.names()[1];
    assert_eq!((linked.kind, linked.flags.linked), (EntryKind::Folder, true));
    for by_link in ["folder/deep/to file", "to folder/file", "to folder/deep/to file"] {
        assert_eq!(share.storage.open(&path(by_link)).unwrap().metadata().size, 7, "{by_link}");
    }
    assert_eq!(share.storage.list(&path("to folder")).unwrap().next_entries(9).unwrap().len(), 2);
}

#[test]
fn links_that_lead_out_or_nowhere_are_entries_and_never_followed() {
    let share = share();
    let secret = share.around.path().join("secret");
    for (name, target, reason) in [
        ("absolute", secret.as_path(), ErrorKind::Outside),
        ("dangling", Path::new("nothing"), ErrorKind::NotFound),
        ("loop", Path::new("loop"), ErrorKind::NotFound),
        ("relative", Path::new("../secret"), ErrorKind::Outside),
        ("to itself", share.around.path(), ErrorKind::Outside),
        ("up and in", Path::new("../share"), ErrorKind::Outside),
    ] {
        symlink(target, share.at(name)).unwrap();
        let entry = share.storage.stat(&path(name)).unwrap();
        assert_eq!((entry.kind, entry.flags.linked), (EntryKind::Link, false), "{name}");
        let below = path(&format!("{name}/file"));
        assert_eq!(kind(share.storage.stat(&below)), reason, "{name}");
        assert_eq!(kind(share.storage.open(&below)), reason, "{name}");
        assert_eq!(kind(share.storage.list(&path(name))), reason, "{name}");
        assert_eq!(kind(share.storage.make_directory(&below)), reason, "{name}");
        assert_eq!(kind(share.storage.remove_file(&below, &by())), reason, "{name}");
        assert_eq!(kind(share.storage.space(&path(name))), reason, "{name}");
        let begun = share.storage.begin_upload(&below, TransferId([1; 16]), 0);
        assert_eq!(kind(begun), reason, "{name}");
        let attributes = Attributes { modified: Some(Timestamp(0)), permissions: None };
        assert_eq!(kind(share.storage.set_attributes(&path(name), attributes)), reason, "{name}");
        let renamed = share.storage.rename(&below, &path("stolen"), IfExists::Refuse, &by());
        assert_eq!(kind(renamed), reason, "{name}");
        assert_eq!(kind(share.storage.remove_directory(&path(name))), ErrorKind::NotAFolder);
    }
    assert!(share.names().iter().all(|entry| entry.kind == EntryKind::Link));
    assert_eq!(fs::read(secret.join("file")).unwrap(), b"secret");
    assert!(fs::metadata(&secret).unwrap().modified().unwrap() > std::time::UNIX_EPOCH);
}

#[test]
fn a_link_itself_is_removed_renamed_and_replaced() {
    let share = share();
    let target = share.around.path().join("secret/file");
    for name in ["removed", "renamed", "replaced"] {
        symlink(&target, share.at(name)).unwrap();
    }
    share.storage.remove_file(&path("removed"), &by()).unwrap();
    share.storage.rename(&path("renamed"), &path("new"), IfExists::Refuse, &by()).unwrap();
    assert!(fs::symlink_metadata(share.at("new")).unwrap().is_symlink());
    let (err, upload) =
        upload(&share.storage, "replaced").publish(IfExists::Refuse, &by()).err().unwrap();
    assert_eq!(err.kind(), ErrorKind::AlreadyExists);
    assert!(upload.publish(IfExists::Replace, &by()).is_ok());
    assert!(fs::symlink_metadata(share.at("replaced")).unwrap().is_file());
    assert_eq!(fs::read(target).unwrap(), b"secret");
}

#[test]
fn pipes_and_sockets_are_listed_and_not_waited_for() {
    let share = share();
    sys::make_pipe(fs::File::open(share.at("")).unwrap(), b"pipe").unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(share.at("socket")).unwrap();
    for entry in share.names() {
        assert_eq!((entry.kind, entry.size), (EntryKind::Other, 0));
        let at = RemotePath::parse(&entry.name).unwrap();
        assert_eq!(kind(share.storage.open(&at)), ErrorKind::NotAFile);
        let set = share.storage.set_attributes(&at, Attributes::default());
        assert_eq!(kind(set), ErrorKind::NotAFile);
        share.storage.remove_file(&at, &by()).unwrap();
    }
    // A pipe that poses as a part.
    let transfer = TransferId([7; 16]);
    let root = fs::File::open(share.at("")).unwrap();
    sys::make_pipe(&root, &name::part_name(transfer)).unwrap();
    let continued = share.storage.continue_upload(&path("file"), transfer);
    assert_eq!(kind(continued), ErrorKind::NoPart);
}

#[test]
fn a_folder_swapped_for_a_link_lets_nobody_out() {
    const OPENS: u32 = 20_000;
    let share = share();
    fs::create_dir(share.at("folder")).unwrap();
    fs::write(share.at("folder/file"), "public").unwrap();
    symlink(share.around.path().join("secret"), share.at("link")).unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let [folder, link, aside] = ["folder", "link", "aside"].map(|name| share.at(name));
            while !is_over.load(Ordering::Relaxed) {
                for (from, to) in
                    [(&folder, &aside), (&link, &folder), (&folder, &link), (&aside, &folder)]
                {
                    fs::rename(from, to).unwrap();
                }
            }
        });
        let mut opened = 0;
        for _ in 0..OPENS {
            if let Ok(reader) = share.storage.open(&path("folder/file")) {
                let mut content = [0; 6];
                reader.read_at(0, &mut content).unwrap();
                assert_eq!(&content, b"public");
                opened += 1;
            }
            if let Ok(entry) = share.storage.stat(&path("folder/file")) {
                assert_eq!(entry.kind, EntryKind::File);
            }
            drop(share.storage.make_directory(&path("folder/made")));
        }
        is_over.store(true, Ordering::Relaxed);
        assert!(opened > 0);
    });
    assert!(!share.around.path().join("secret/made").exists());
}

#[test]
fn reserved_names_are_hidden_and_removed_with_care() {
    let share = share();
    fs::create_dir(share.at("folder")).unwrap();
    fs::write(share.at("folder/.ferry-undo"), "kept").unwrap();
    fs::write(share.at(".ferry-other"), "kept").unwrap();
    drop(upload(&share.storage, "folder/file"));
    assert_eq!(share.names().len(), 1);
    let mut listing = share.storage.list(&path("folder")).unwrap();
    assert!(listing.next_entries(9).unwrap().is_empty());
    assert_eq!(kind(share.storage.remove_directory(&path("folder"))), ErrorKind::NotEmpty);
    assert_eq!(share.storage.sweep_parts(0).unwrap(), 1);
    assert!(share.at("folder/.ferry-undo").exists() && share.at(".ferry-other").exists());
}

#[test]
fn a_part_lies_beside_its_target_for_its_owner_alone() {
    let share = share();
    let transfer = TransferId([0xab; 16]);
    let mut upload = share.storage.begin_upload(&path("file"), transfer, 3).unwrap();
    let part = share.at(&format!(".ferry-part-{}", "ab".repeat(16)));
    assert_eq!(fs::metadata(&part).unwrap().permissions().mode() & 0o777, 0o600);
    upload.write(0, b"abc").unwrap();
    let permissions = Some(Permissions::from_mode(0o755));
    upload.seal(Attributes { modified: None, permissions }).unwrap();
    assert!(upload.publish(IfExists::Refuse, &by()).is_ok());
    assert!(!part.exists());
    assert_eq!(fs::metadata(share.at("file")).unwrap().permissions().mode() & 0o777, 0o755);
}

#[test]
fn what_lies_behind_the_end_is_cut_off_once_it_is_forgotten() {
    let share = share();
    let upload = share.storage.begin_upload(&path("file"), TransferId([1; 16]), 4 << 20).unwrap();
    upload.write(1 << 20, b"an island").unwrap();
    upload.write(0, &vec![7; 300_000]).unwrap();
    drop(upload);
    let mut upload = share.storage.continue_upload(&path("file"), TransferId([1; 16])).unwrap();
    let held = upload.held();
    // A file system that tells no holes vouches for all; the digest proves it wrong later.
    assert!(held <= 300_000 || held == (1 << 20) + 9, "{held}");
    if held <= 300_000 {
        assert!(upload.holds(1 << 20, (1 << 20) + 9));
        upload.write(held, b"end").unwrap();
        assert!(upload.seal(Attributes::default()).is_err(), "there is a gap");
        upload.forget_chunk(1 << 20).unwrap();
        upload.seal(Attributes::default()).unwrap();
        assert!(upload.publish(IfExists::Refuse, &by()).is_ok());
        assert_eq!(fs::metadata(share.at("file")).unwrap().len(), held + 3);
    }
}

#[test]
fn a_sealed_part_that_nobody_may_write_still_goes_on() {
    let share = share();
    let mut sealed = upload(&share.storage, "file");
    let permissions = Some(Permissions::from_mode(0o000));
    sealed.seal(Attributes { modified: None, permissions }).unwrap();
    drop(sealed);
    let mut sealed = share.storage.continue_upload(&path("file"), TransferId([9; 16])).unwrap();
    assert_eq!(sealed.held(), 3);
    sealed.seal(Attributes { modified: None, permissions }).unwrap();
    assert!(sealed.publish(IfExists::Refuse, &by()).is_ok());
    assert_eq!(fs::metadata(share.at("file")).unwrap().permissions().mode() & 0o777, 0);
}

#[test]
fn a_file_too_large_for_the_disk_is_refused_at_once() {
    let share = share();
    let available = share.storage.space(&RemotePath::root()).unwrap().available;
    for (size, reason) in [
        (available.saturating_mul(2).max(1 << 40), ErrorKind::NoSpace),
        (u64::MAX, ErrorKind::TooLarge),
    ] {
        let begun = share.storage.begin_upload(&path("file"), TransferId([1; 16]), size);
        assert_eq!(kind(begun), reason);
    }
    assert_eq!(fs::read_dir(share.at("")).unwrap().count(), 0);
}

#[test]
fn room_is_set_aside_and_given_back() {
    use std::os::unix::fs::MetadataExt as _;
    let share = share();
    let part = share.at(&format!(".ferry-part-{}", "01".repeat(16)));
    let upload = share.storage.begin_upload(&path("file"), TransferId([1; 16]), 8 << 20).unwrap();
    let set_aside = fs::metadata(&part).unwrap().blocks();
    upload.write(0, b"short").unwrap();
    drop(upload);
    let kept = fs::metadata(&part).unwrap();
    assert_eq!(kept.len(), 5);
    // A file system that cannot set room aside has none to give back.
    assert!(set_aside == 0 || kept.blocks() < set_aside);
    let upload = share.storage.continue_upload(&path("file"), TransferId([1; 16])).unwrap();
    assert_eq!(upload.held(), 5);
}

#[test]
fn a_file_that_changes_while_it_is_read_is_noticed() {
    let share = share();
    fs::write(share.at("file"), "content").unwrap();
    let reader = share.storage.open(&path("file")).unwrap();
    assert!(reader.is_unchanged().unwrap());
    fs::OpenOptions::new().write(true).open(share.at("file")).unwrap().set_len(3).unwrap();
    assert!(!reader.is_unchanged().unwrap());
    assert_eq!(reader.read_at(0, &mut [0; 10]).unwrap(), 3);
}

#[test]
fn a_folder_behind_a_link_cannot_be_moved_into_itself() {
    let share = share();
    fs::create_dir(share.at("folder")).unwrap();
    symlink("folder", share.at("link")).unwrap();
    let renamed = share.storage.rename(&path("folder"), &path("link/in"), IfExists::Refuse, &by());
    assert_eq!(kind(renamed), ErrorKind::IntoItself);
}

#[test]
fn only_a_folder_can_be_the_root() {
    let share = share();
    assert!(LocalFolder::open(&share.at("nothing"), UndoLimits::off()).is_err());
    fs::write(share.at("file"), "x").unwrap();
    assert!(LocalFolder::open(&share.at("file"), UndoLimits::off()).is_err());
}
