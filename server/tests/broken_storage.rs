//! A storage that fails, hangs or panics: what it costs, and whom.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

mod support;

use ferry_protocol::{Answer, Epoch, IfExists, Range, Request, Status};
use ferry_server::config::Durability;
use ferry_server::storage::{Error, ErrorKind, Storage as _};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use support::faulty::Faulty;
use support::{at, put, serve_storage, status_of};

/// The call that fails from now on, if one does.
type Broken = Arc<Mutex<Option<&'static str>>>;

fn broken_disk() -> (Arc<Faulty>, Broken) {
    let broken = Broken::default();
    let present = Arc::clone(&broken);
    let storage = Faulty::new(move |call, path| match *present.lock() {
        Some(broken) if broken == call => Err(Error::new(ErrorKind::Io, path)),
        _ => Ok(()),
    });
    (storage, broken)
}

#[test]
fn a_disk_that_fails_refuses_and_stores_nothing() {
    let (storage, broken) = broken_disk();
    let inner = storage.inner().clone();
    let fixture = serve_storage(storage, |config| config.durability = Durability::File);
    let mut client = fixture.guest();
    for call in ["begin_upload", "write", "seal", "sync", "publish"] {
        *broken.lock() = Some(call);
        let answer = client.put_small("/x", b"content", IfExists::Refuse);
        assert_eq!(status_of(&answer), Status::IO, "{call}");
        let names = inner.list(&ferry_protocol::RemotePath::root()).unwrap().next_entries(9);
        assert!(names.unwrap().is_empty(), "{call}: something is visible");
    }
    *broken.lock() = None;
    let answer = client.put_small("/x", b"content", IfExists::Refuse);
    assert!(matches!(answer, Answer::Stored(_)), "{answer:?}");
    *broken.lock() = Some("read_at");
    assert_eq!(status_of(&client.get("/x", Range::ALL).1), Status::IO);
    *broken.lock() = Some("open");
    assert_eq!(status_of(&client.get("/x", Range::ALL).1), Status::IO);
    assert_eq!(fixture.server.counters().panics, 0);
}

/// Nobody knows whether a name outlives a power cut that could not be synced: it is taken back and
/// not acknowledged, and the same upload again is.
#[test]
fn a_folder_that_cannot_be_synced_acknowledges_nothing_until_the_upload_is_repeated() {
    let (storage, broken) = broken_disk();
    let fixture = serve_storage(storage, |config| config.durability = Durability::File);
    let mut client = fixture.guest();
    *broken.lock() = Some("sync_folder");
    let answer = client.put_small("/x", b"content", IfExists::Refuse);
    assert_eq!(status_of(&answer), Status::IO);
    *broken.lock() = None;
    assert_eq!(status_of(&client.ask(&Request::Stat(at("/x")))), Status::NOT_FOUND);
    let answer = client.put_small("/x", b"content", IfExists::Refuse);
    assert!(matches!(answer, Answer::Stored(stored) if !stored.was_there), "{answer:?}");
    let other = client.put_small("/x", b"another", IfExists::Refuse);
    assert_eq!(status_of(&other), Status::EXISTS);
}

/// A later barrier succeeds without what one that failed has lost, and the error is told once: to
/// somebody else.
#[test]
fn whoever_asks_for_a_barrier_learns_that_one_failed_before() {
    let (storage, broken) = broken_disk();
    let fixture = serve_storage(storage, |config| config.durability = Durability::None);
    let (mut one, mut other) = (fixture.guest(), fixture.guest());
    let Answer::Synced(before) = one.ask(&Request::Sync) else { panic!() };
    *broken.lock() = Some("barrier");
    assert_eq!(status_of(&other.ask(&Request::Sync)), Status::IO);
    *broken.lock() = None;
    let after = Epoch { failed_syncs: before.failed_syncs + 1, ..before };
    assert_eq!(one.ask(&Request::Sync), Answer::Synced(after));
}

#[test]
fn a_worker_that_panics_costs_its_connection_and_nothing_else() {
    let storage = Faulty::new(|call, path| {
        assert!(call != "stat" || path.to_string() != "/boom", "injected");
        Ok(())
    });
    let fixture = serve_storage(storage, |config| config.workers = 2);
    let mut at_work = fixture.guest();
    // More often than there are workers.
    for count in 1..=5 {
        let mut victim = fixture.guest();
        victim.send(&Request::Stat(at("/boom")));
        assert!(victim.receive().is_none(), "the connection goes on");
        assert_eq!(fixture.server.counters().panics, count);
        assert_eq!(at_work.ask(&Request::Ping), Answer::Pong);
    }
    while fixture.server.counters().connections > 1 {
        std::thread::yield_now();
    }
    let answer = fixture.guest().put_small("/x", b"content", IfExists::Refuse);
    assert!(matches!(answer, Answer::Stored(_)), "{answer:?}");
}

/// The committer was one thread without a fence: after a panic nothing was stored until a restart.
#[test]
fn a_committer_that_panics_refuses_what_it_had_and_goes_on() {
    let storage = Faulty::new(|call, path| {
        assert!(call != "publish" || path.to_string() != "/boom", "injected");
        assert!(call != "barrier", "injected");
        Ok(())
    });
    let fixture = serve_storage(storage, |_| {});
    let mut client = fixture.guest();
    for count in 1..=2 {
        let answer = client.put_small("/boom", b"content", IfExists::Refuse);
        assert_eq!(status_of(&answer), Status::IO);
        // The promise is broken first, and the panic counted then.
        while fixture.server.counters().panics < count {
            std::thread::yield_now();
        }
        let answer = client.put_small(&format!("/{count}"), b"content", IfExists::Refuse);
        assert!(matches!(answer, Answer::Stored(_)), "{answer:?}");
    }
    assert_eq!(status_of(&client.ask(&Request::Sync)), Status::IO);
    let answer = client.put_small("/last", b"content", IfExists::Refuse);
    assert!(matches!(answer, Answer::Stored(_)), "{answer:?}");
}

/// A gate before the reads of a file, closed until the test opens it.
#[derive(Default)]
struct Gate {
    is_open: Mutex<bool>,
    changed: Condvar,
    waiting: AtomicU64,
}

impl Gate {
    fn pass(&self) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut is_open = self.is_open.lock();
        while !*is_open {
            self.changed.wait(&mut is_open);
        }
    }

    fn open(&self) {
        *self.is_open.lock() = true;
        self.changed.notify_all();
    }
}

/// Opens the gate before the server ends, also where the test fails.
struct Opener(Arc<Gate>);

impl Drop for Opener {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// The workers that are kept for small requests began the transfers of others in their turns, so
/// that a disk that hung took them too.
#[test]
fn a_disk_that_hangs_holds_transfers_and_small_requests_keep_their_workers() {
    let gate = Arc::<Gate>::default();
    let closed = Arc::clone(&gate);
    let storage = Faulty::new(move |call, _| {
        if call == "read_at" {
            closed.pass();
        }
        Ok(())
    });
    let fixture = serve_storage(storage, |config| config.workers = 4);
    let opener = Opener(Arc::clone(&gate));
    let content = vec![7; 2 << 20];
    let mut client = fixture.guest();
    let number = client.send(&Request::Put(put("/large", content.len() as u64, IfExists::Refuse)));
    assert!(matches!(client.answer(), Answer::GoOn(_)));
    for (index, piece) in content.chunks(256 * 1024).enumerate() {
        client.send_data(number, index as u64 * 256 * 1024, piece);
    }
    client.send_as(number, &Request::PutEnd(ferry_protocol::Digest::of(&content)));
    assert!(matches!(client.answer(), Answer::Stored(_)));

    // Far more than there are workers; all but the one that is kept hang.
    let mut stuck: Vec<_> = (0..12).map(|_| fixture.guest()).collect();
    for client in &mut stuck {
        client.send(&Request::Get { path: at("/large"), range: Range::ALL });
    }
    while gate.waiting.load(Ordering::SeqCst) < 3 {
        std::thread::yield_now();
    }
    for _ in 0..20 {
        assert_eq!(client.ask(&Request::Ping), Answer::Pong);
        assert!(matches!(client.ask(&Request::Stat(at("/large"))), Answer::Entry(_)));
        assert_eq!(fixture.guest().ask(&Request::Ping), Answer::Pong, "a newcomer gets in");
    }
    drop(opener);
    for client in &mut stuck {
        assert!(matches!(client.receive(), Some(support::Received::Answer(_, _))));
    }
}
