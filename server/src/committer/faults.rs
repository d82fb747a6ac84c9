//! Syncs that fail: whoever waited for one is refused, and nothing that it may have lost is
//! vouched for by a later one that succeeds.

use super::{Desk, Finished, Outcome};
use crate::config::{Durability, UndoLimits};
use crate::storage::local::{Disks, LocalFolder};
use crate::storage::{Author, Error, ErrorKind, Storage};
use crate::sys::fault::{Sync, fail_next, synced_folders};
use crate::wake::{ConnectionKey, Pending, Promise, Wake, Waker, promise};
use ferry_protocol::{Attributes, Digest, IfExists, RemotePath, TransferId, UndoGroup};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use tempfile::TempDir;

struct Deaf;

impl Wake for Deaf {
    fn wake(&self, _: ConnectionKey) {}
}

struct Share {
    folder: TempDir,
    disks: Arc<Disks>,
    storage: Arc<dyn Storage>,
}

type Commit = (Finished, Promise<Outcome>);

impl Share {
    fn new() -> Self {
        Self::that_keeps(UndoLimits::default())
    }

    fn that_keeps(limits: UndoLimits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let disks = Arc::default();
        let storage = LocalFolder::open_on(&disks, folder.path(), limits).unwrap();
        Self { folder, disks, storage: Arc::new(storage) }
    }

    /// A folder of it as the root of an account.
    fn root(&self, name: &str) -> Arc<dyn Storage> {
        let path = self.folder.path().join(name);
        Arc::new(LocalFolder::open_on(&self.disks, &path, UndoLimits::default()).unwrap())
    }

    /// An upload whose content is whole, and what will come of it.
    fn finished(&self, name: &str, if_exists: IfExists) -> (Commit, Pending<Outcome>) {
        self.finished_at(name, name, if_exists)
    }

    /// The same, whose content is that of `name`.
    fn finished_at(
        &self,
        target: &str,
        name: &str,
        if_exists: IfExists,
    ) -> (Commit, Pending<Outcome>) {
        let (target, content) = (path(target), content(name));
        let size = content.len() as u64;
        let transfer = TransferId(Digest::of(name.as_bytes()).as_bytes()[..16].try_into().unwrap());
        let mut upload = self.storage.begin_upload(&target, transfer, size).unwrap();
        upload.write(0, &content).unwrap();
        upload.seal(Attributes::default()).unwrap();
        let (promise, pending) =
            promise(&Waker::new(1, Arc::new(Deaf)), Err(Error::new(ErrorKind::Io, &target)));
        let finished = Finished {
            upload,
            storage: Arc::clone(&self.storage),
            target,
            size,
            digest: Some(Digest::of(&content)),
            attributes: Attributes::default(),
            if_exists,
            by: Author { account: String::new(), group: UndoGroup([1; 16]) },
            is_synced: false,
            learned: None,
            sender: None,
            keeps_part: true,
            behind: None,
        };
        ((finished, promise), pending)
    }

    /// Commits uploads to `names` together, and tells which were stored.
    fn commit(&self, durability: Durability, names: &[&str], if_exists: IfExists) -> Vec<bool> {
        let uploads = names.iter().map(|name| self.finished(name, if_exists));
        let (batch, pending): (Vec<_>, Vec<_>) = uploads.unzip();
        settle(durability, batch, &pending)
    }

    fn inode(&self, name: &str) -> Option<u64> {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(self.folder.path().join(name)).ok().map(|metadata| metadata.ino())
    }

    /// Names of parts anywhere.
    fn parts(&self) -> usize {
        let folders = ["", "a", "b"].map(|name| self.folder.path().join(name));
        let names = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
        names
            .filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                name.to_string_lossy().starts_with(".ferry-part-")
            })
            .count()
    }
}

fn settle(durability: Durability, batch: Vec<Commit>, pending: &[Pending<Outcome>]) -> Vec<bool> {
    Desk { durability, metrics: Arc::default() }.settle(batch);
    let outcomes = pending.iter().map(|pending| pending.take().expect("everyone is answered"));
    outcomes
        .map(|outcome| {
            let is_stored = outcome.is_ok();
            assert!(is_stored || outcome.unwrap_err().kind() == ErrorKind::Io);
            is_stored
        })
        .collect()
}

fn path(name: &str) -> RemotePath {
    RemotePath::parse(name.as_bytes()).unwrap()
}

fn content(name: &str) -> Vec<u8> {
    name.as_bytes().repeat(100)
}

const MANY: [&str; 9] = ["a/1", "a/2", "a/3", "a/4", "b/5", "b/6", "b/7", "8", "9"];

#[test]
fn a_file_whose_sync_fails_is_refused_and_sent_again_whole() {
    let share = Share::new();
    fail_next(Sync::File);
    let stored = share.commit(Durability::File, &["a/1", "a/2"], IfExists::Refuse);
    assert_eq!(stored, [false, true]);
    assert_eq!((share.inode("a/1"), share.parts()), (None, 0), "nothing is left to go on with");
    assert_eq!(share.commit(Durability::File, &["a/1"], IfExists::Refuse), [true]);
}

/// The end of the data may come before that of the connection that should have said it is all.
#[test]
fn an_upload_whose_sender_is_gone_at_the_commit_stays_a_part() {
    let share = Share::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let socket = Arc::new(listener.accept().unwrap().0);
    socket.set_nonblocking(true).unwrap();
    let commit = |name, keeps_part| {
        let ((mut finished, promise), pending) = share.finished(name, IfExists::Replace);
        finished.sender = Some(Arc::downgrade(&socket));
        finished.keeps_part = keeps_part;
        settle(Durability::Group, vec![(finished, promise)], &[pending])
    };
    assert_eq!(commit("a/1", true), [true]);
    drop(peer);
    assert_eq!(commit("a/2", true), [false]);
    assert_eq!((share.inode("a/2"), share.parts()), (None, 1));
    assert_eq!(commit("a/3", false), [false]);
    assert_eq!(share.parts(), 1, "nobody could find it again");
}

#[test]
fn everyone_who_waits_for_a_barrier_that_fails_is_refused() {
    let share = Share::new();
    fail_next(Sync::FileSystem);
    let stored = share.commit(Durability::Group, &MANY, IfExists::Refuse);
    assert_eq!(stored, [false; MANY.len()]);
    assert!(MANY.iter().all(|name| share.inode(name).is_none()));
    assert_eq!(share.parts(), 0);
    assert_eq!(share.commit(Durability::Group, &MANY, IfExists::Refuse), [true; MANY.len()]);
}

/// The system tells an error once: to the barrier of others. The next barrier succeeds without
/// the bytes of an upload that was under way meanwhile.
#[test]
fn an_upload_that_was_under_way_when_a_barrier_failed_is_refused_by_the_next() {
    let share = Share::new();
    let (early, pending) = share.finished("early", IfExists::Refuse);
    let part = share.storage.begin_upload(&path("part"), TransferId([7; 16]), 3).unwrap();
    part.write(0, b"par").unwrap();
    fail_next(Sync::FileSystem);
    share.commit(Durability::Group, &MANY, IfExists::Refuse);
    assert_eq!(settle(Durability::Group, vec![early], &[pending]), [false]);
    assert!(share.inode("early").is_none());
    // What is gone on with is read from the disk and vouched for again.
    drop(part);
    let mut part = share.storage.continue_upload(&path("part"), TransferId([7; 16])).unwrap();
    let mut back = [0; 3];
    assert_eq!((part.read_at(0, &mut back).unwrap(), &back), (3, b"par"));
    part.seal(Attributes::default()).unwrap();
    let by = Author { account: String::new(), group: UndoGroup([1; 16]) };
    assert!(part.publish(IfExists::Refuse, &by).is_ok());
}

#[test]
fn a_folder_whose_sync_fails_gives_its_new_names_back() {
    let share = Share::new();
    for durability in [Durability::File, Durability::Group] {
        fail_next(Sync::Folder);
        let stored = share.commit(durability, &MANY, IfExists::Refuse);
        assert_eq!(stored, [false; MANY.len()], "{durability:?}: the batch shares the doubt");
        assert!(MANY.iter().all(|name| share.inode(name).is_none()), "{durability:?}");
    }
    assert_eq!(share.commit(Durability::Group, &MANY, IfExists::Refuse), [true; MANY.len()]);
}

/// A file that was stored in a new folder could be lost with the folder, whose own name nobody had
/// synced.
#[test]
fn a_new_folder_is_synced_where_it_was_made() {
    let share = Share::new();
    for folder in ["new", "new/in"] {
        share.storage.make_directory(&path(folder)).unwrap();
    }
    synced_folders();
    assert_eq!(share.commit(Durability::Group, &["new/in/1"], IfExists::Refuse), [true]);
    let mut synced = synced_folders();
    synced.sort_unstable();
    let mut wanted = ["", "new", "new/in"].map(|name| share.inode(name).unwrap());
    wanted.sort_unstable();
    assert_eq!(synced, wanted);
    assert_eq!(share.commit(Durability::Group, &["new/in/2"], IfExists::Refuse), [true]);
    assert_eq!(synced_folders().len(), 1, "once for each folder that was made");
    share.storage.make_directory(&path("new/more")).unwrap();
    assert_eq!(share.commit(Durability::Group, &MANY, IfExists::Refuse), [true; MANY.len()]);
    assert_eq!(synced_folders().len(), 3, "a barrier reaches them all");
}

/// Roots may overlap, and one that nobody uses goes: what was noted in one of them was not known in
/// the other, nor when it was opened again.
#[test]
fn a_new_folder_is_synced_whoever_made_it_and_by_whichever_root() {
    let share = Share::new();
    let account = share.root("a");
    account.make_directory(&path("new")).unwrap();
    drop(account);
    synced_folders();
    assert_eq!(share.commit(Durability::File, &["a/new/1"], IfExists::Refuse), [true]);
    let parent = share.inode("a").unwrap();
    assert!(synced_folders().contains(&parent), "the folder that the new one lies in");
    share.storage.make_directory(&path("a/other")).unwrap();
    let account = share.root("a/other");
    let uploads = Share { storage: account, ..share };
    assert_eq!(uploads.commit(Durability::File, &["2"], IfExists::Refuse), [true]);
    assert!(synced_folders().contains(&parent), "also if it lies outside the root");
}

/// Whoever takes the note of a folder and fails has to tell all who relied on it.
#[test]
fn a_new_folder_whose_sync_fails_is_in_doubt_in_every_root() {
    let share = Share::new();
    let account = share.root("a");
    share.storage.make_directory(&path("a/new")).unwrap();
    fail_next(Sync::FileSystem);
    assert!(account.barrier().is_err());
    assert_eq!((share.storage.failed_syncs(), account.failed_syncs()), (1, 1));
    drop(account);
    assert_eq!(share.root("a").failed_syncs(), 1, "also when it is opened again");
}

#[test]
fn a_folder_that_was_moved_is_synced_where_it_was_and_where_it_is() {
    let share = Share::new();
    share.storage.make_directory(&path("a/new")).unwrap();
    assert!(share.storage.barrier().is_ok());
    let by = Author { account: String::new(), group: UndoGroup([1; 16]) };
    share.storage.rename(&path("a/new"), &path("b/moved"), IfExists::Refuse, &by).unwrap();
    synced_folders();
    assert_eq!(share.commit(Durability::File, &["b/moved/1"], IfExists::Refuse), [true]);
    let synced = synced_folders();
    assert!(["a", "b"].iter().all(|name| synced.contains(&share.inode(name).unwrap())));
}

#[test]
fn a_new_folder_that_cannot_be_synced_refuses_what_is_in_it() {
    let share = Share::new();
    share.storage.make_directory(&path("new")).unwrap();
    fail_next(Sync::Folder);
    assert_eq!(share.commit(Durability::File, &["new/1", "a/1"], IfExists::Refuse), [false; 2]);
    assert_eq!((share.inode("new/1"), share.inode("a/1")), (None, None));
}

/// More of them than are held open are synced with their file system.
#[test]
fn many_new_folders_share_a_sync() {
    let share = Share::new();
    for folder in (0..70).map(|number| number.to_string()) {
        share.storage.make_directory(&path(&folder)).unwrap();
        share.storage.make_directory(&path(&(folder + "/in"))).unwrap();
    }
    fail_next(Sync::FileSystem);
    assert_eq!(share.commit(Durability::File, &["69/in/1"], IfExists::Refuse), [false]);
    synced_folders();
    assert_eq!(share.commit(Durability::File, &["69/in/1"], IfExists::Refuse), [true]);
    assert_eq!(synced_folders().len(), 1);
}

#[test]
fn what_was_replaced_has_its_name_again_when_the_folders_sync_fails() {
    let share = Share::new();
    fs::write(share.folder.path().join("a/1"), "old").unwrap();
    let before = share.inode("a/1");
    fail_next(Sync::Folder);
    assert_eq!(share.commit(Durability::File, &["a/1"], IfExists::Replace), [false]);
    assert_eq!(share.inode("a/1"), before);
    assert!(share.storage.undo().entries(None, 9).unwrap().is_empty());
    assert_eq!(share.commit(Durability::File, &["a/1"], IfExists::Replace), [true]);
    assert_eq!(fs::read(share.folder.path().join("a/1")).unwrap(), content("a/1"));
}

/// What undo keeps of before is not touched by a replacing that is taken back.
#[test]
fn undo_keeps_what_it_had_when_a_replacing_is_taken_back() {
    let share = Share::new();
    fs::write(share.folder.path().join("a/1"), "first").unwrap();
    assert_eq!(share.commit(Durability::File, &["a/1"], IfExists::Replace), [true]);
    let (second, kept) = (share.inode("a/1"), share.storage.undo().entries(None, 9).unwrap());
    for _ in 0..2 {
        fail_next(Sync::Folder);
        assert_eq!(share.commit(Durability::File, &["a/1"], IfExists::Replace), [false]);
        assert_eq!(share.inode("a/1"), second);
        assert_eq!(share.storage.undo().entries(None, 9).unwrap(), kept);
    }
    let by = Author { account: String::new(), group: UndoGroup([1; 16]) };
    let back = share.storage.undo().bring_back(kept[0].id, &path("b/old"), IfExists::Refuse, &by);
    assert!(back.is_ok());
    assert_eq!(fs::read(share.folder.path().join("b/old")).unwrap(), b"first");
}

/// Two of one batch that replaced each other go back to what was there before both.
#[test]
fn uploads_of_one_name_are_taken_back_in_turn() {
    let share = Share::new();
    fs::write(share.folder.path().join("a/1"), "old").unwrap();
    let before = share.inode("a/1");
    let commits = ["one", "two"].map(|name| share.finished_at("a/1", name, IfExists::Replace));
    let (batch, pending): (Vec<_>, Vec<_>) = commits.into_iter().unzip();
    fail_next(Sync::Folder);
    assert_eq!(settle(Durability::File, batch, &pending), [false; 2]);
    assert_eq!(share.inode("a/1"), before);
    assert!(share.storage.undo().entries(None, 9).unwrap().is_empty());
}

/// Where nothing is kept the new file stays, whole, and its sender is told that it may be lost. Sent
/// again, it is not taken for the one that is there.
#[test]
fn what_nobody_keeps_cannot_come_back_and_what_replaced_it_is_written_anew() {
    let share = Share::that_keeps(UndoLimits { disk_percent: 0, ..UndoLimits::default() });
    fs::write(share.folder.path().join("a/1"), "old").unwrap();
    fail_next(Sync::Folder);
    assert_eq!(share.commit(Durability::File, &["a/1"], IfExists::Replace), [false]);
    assert_eq!(fs::read(share.folder.path().join("a/1")).unwrap(), content("a/1"));
    let doubtful = share.inode("a/1");
    assert_eq!(share.commit(Durability::File, &["a/1"], IfExists::Refuse), [true]);
    assert_ne!(share.inode("a/1"), doubtful);
}

/// The same content is there already, but what is in memory may not be on the disk.
#[test]
fn equal_content_is_written_anew_once_a_sync_has_failed() {
    let share = Share::new();
    assert_eq!(share.commit(Durability::None, &["a/1"], IfExists::Refuse), [true]);
    let first = share.inode("a/1");
    assert_eq!(share.commit(Durability::File, &["a/1"], IfExists::Refuse), [true]);
    assert_eq!(share.inode("a/1"), first, "equal content is success");
    fail_next(Sync::FileSystem);
    assert!(share.storage.barrier().is_err());
    assert_eq!(share.commit(Durability::File, &["a/1"], IfExists::Refuse), [true]);
    assert_ne!(share.inode("a/1"), first);
}
