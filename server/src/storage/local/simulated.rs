//! Uploads, undo and the sweeper under a simulated scheduler, over a real folder: whoever comes
//! when, the name always stands for a whole file, and what was stored once is there or kept.

use super::LocalFolder;
use crate::config::UndoLimits;
use crate::storage::{Author, ErrorKind, Storage as _, Undo as _, Upload};
use crate::sync::simulation::{explore, point};
use ferry_protocol::{Attributes, IfExists, RemotePath, TransferId, UndoGroup};
use std::collections::BTreeSet;
use std::sync::Arc;

fn target() -> RemotePath {
    RemotePath::parse(b"file").unwrap()
}

fn by() -> Author {
    Author { account: String::new(), group: UndoGroup([1; 16]) }
}

/// An upload that loses its connection after the first half, and goes on or begins again.
fn upload(storage: &LocalFolder, number: u8) {
    let transfer = TransferId([number; 16]);
    let first = storage.begin_upload(&target(), transfer, 4).unwrap();
    first.write(0, &[number; 2]).unwrap();
    drop(first);
    point();
    let mut second: Box<dyn Upload> = loop {
        match storage.continue_upload(&target(), transfer) {
            Ok(upload) => break upload,
            // The sweeper was faster.
            Err(err) if err.kind() == ErrorKind::NoPart => {
                break storage.begin_upload(&target(), transfer, 4).unwrap();
            }
            // The sweeper is looking at it.
            Err(err) => assert_eq!(err.kind(), ErrorKind::InUse),
        }
        point();
    };
    let held = usize::try_from(second.held()).unwrap();
    second.write(held as u64, &[number; 4][held..]).unwrap();
    second.seal(Attributes::default()).unwrap();
    let published = second.publish(IfExists::Replace, &by());
    published.map_err(|(err, _)| err).unwrap().sync_folder().unwrap();
}

fn content(storage: &LocalFolder) -> Option<[u8; 4]> {
    let reader = storage.open(&target()).ok()?;
    let mut content = [0; 4];
    assert_eq!((reader.metadata().size, reader.read_at(0, &mut content).unwrap()), (4, 4));
    assert_eq!(content, [content[0]; 4], "half of one and half of another");
    Some(content)
}

#[test]
fn what_was_stored_is_there_or_kept() {
    let room = Arc::new(tempfile::tempdir().unwrap());
    explore(INTERLEAVINGS, move || {
        let share = tempfile::tempdir_in(room.path()).unwrap();
        let storage = Arc::new(LocalFolder::open(share.path(), UndoLimits::default()).unwrap());
        let uploads: Vec<_> = (1..=UPLOADS)
            .map(|number| {
                let storage = Arc::clone(&storage);
                shuttle::thread::spawn(move || upload(&storage, number))
            })
            .collect();
        let sweeping = Arc::clone(&storage);
        let sweeper = shuttle::thread::spawn(move || {
            for _ in 0..2 {
                sweeping.sweep_parts(0).unwrap();
                sweeping.undo().sweep().unwrap();
                content(&sweeping);
            }
        });
        uploads.into_iter().chain([sweeper]).for_each(|thread| thread.join().unwrap());
        let mut seen = BTreeSet::new();
        while let Some(content) = content(&storage) {
            seen.insert(content[0]);
            storage.remove_file(&target(), &Author { account: "x".to_owned(), ..by() }).unwrap();
            // What was removed just now is the newest; the next older one comes back.
            let kept = storage.entries(None, 9).unwrap();
            let Some(next) = kept.iter().find(|kept| kept.account.is_empty()) else { break };
            storage.bring_back(next.id, &target(), IfExists::Refuse, &by()).unwrap();
        }
        assert_eq!(seen, (1..=UPLOADS).collect());
        assert_eq!(storage.sweep_parts(0).unwrap(), 0, "no part is left");
    });
}

const INTERLEAVINGS: usize = 1_000;
const UPLOADS: u8 = 3;
