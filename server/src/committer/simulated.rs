//! The committer under a simulated scheduler: whatever comes when, each upload is published once
//! and each connection hears of its own.

use super::{CommitBy, CommitQueue, Desk, Finished, Jobs, Outcome};
use crate::config::Durability;
use crate::storage::memory::Memory;
use crate::storage::{Author, Error, ErrorKind, Storage};
use crate::sync::simulation::{explore, point};
use crate::wake::{ConnectionKey, Pending, Wake, Waker, promise};
use ferry_protocol::{Attributes, Digest, IfExists, RemotePath, TransferId, UndoGroup};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts how often somebody was woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(&self, _: ConnectionKey) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn commit(
    storage: &Arc<dyn Storage>,
    queue: &CommitQueue,
    waker: &Waker,
    (number, by): (u8, CommitBy),
) -> Pending<Outcome> {
    let target = RemotePath::parse(format!("file {}", number / 2).as_bytes()).unwrap();
    let content = [number; 3];
    let mut upload = storage.begin_upload(&target, TransferId([number; 16]), 3).unwrap();
    upload.write(0, &content).unwrap();
    upload.seal(Attributes::default()).unwrap();
    let lost = Error::new(ErrorKind::Io, &target);
    let (promise, pending) = promise(waker, Err(lost));
    let finished = Finished {
        upload,
        storage: Arc::clone(storage),
        target,
        size: 3,
        digest: Some(Digest::of(&content)),
        attributes: Attributes::default(),
        if_exists: IfExists::Replace,
        by: Author { account: String::new(), group: UndoGroup([1; 16]) },
        is_synced: false,
        learned: None,
        sender: None,
        keeps_part: true,
        behind: None,
    };
    queue.commit(finished, promise, by);
    pending
}

/// Each upload waits for the answer to the one before it.
fn commit_twice(storage: &Arc<dyn Storage>, queue: &CommitQueue, client: u8) {
    let bell = Arc::<Bell>::default();
    let by = if client == 0 { CommitBy::Committer } else { CommitBy::Caller };
    let waker = Waker::new(client.into(), Arc::clone(&bell) as Arc<dyn Wake>);
    for number in [2 * client, 2 * client + 1] {
        let woken_before = bell.0.load(Ordering::SeqCst);
        let pending = commit(storage, queue, &waker, (number, by));
        let is_woken = || bell.0.load(Ordering::SeqCst) > woken_before;
        // Whoever commits by itself finds the outcome there, or is woken like the others.
        let is_here = by == CommitBy::Caller && pending.is_there();
        while !pending.is_there() || !is_here && !is_woken() {
            point();
        }
        pending.take().unwrap().unwrap();
        assert!(pending.take().is_none());
    }
}

#[test]
fn every_commit_is_answered_once_and_its_connection_woken() {
    explore(INTERLEAVINGS, || {
        let storage: Arc<dyn Storage> = Arc::new(Memory::new());
        let jobs = Arc::<Jobs>::default();
        let desk = Arc::new(Desk { durability: Durability::Group, metrics: Arc::default() });
        let queue = CommitQueue::to(&jobs, &desk);
        let desk = shuttle::thread::spawn(move || desk.run(&jobs));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (storage, queue) = (Arc::clone(&storage), queue.clone());
                shuttle::thread::spawn(move || commit_twice(&storage, &queue, client))
            })
            .collect();
        for client in clients {
            client.join().unwrap();
        }
        drop(queue);
        desk.join().unwrap();
        for client in 0..CLIENTS {
            let target = RemotePath::parse(format!("file {client}").as_bytes()).unwrap();
            let mut content = [0; 3];
            storage.open(&target).unwrap().read_at(0, &mut content).unwrap();
            assert_eq!(content, [2 * client + 1; 3]);
        }
        // What each second upload replaced is kept.
        assert_eq!(storage.undo().entries(None, 9).unwrap().len(), usize::from(CLIENTS));
    });
}

const INTERLEAVINGS: usize = 2_000;
const CLIENTS: u8 = 3;
