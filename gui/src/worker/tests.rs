//! The workers, without a window.

use super::server::Link;
use super::{Backend as _, EVENTS_MAX, Outbox, Workers};
use crate::action::Event;
use crate::request::{Login, Work};
use crate::state::secret::Password;
use crossbeam_channel::{Receiver, bounded};
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn link_in(folder: &Path) -> (Arc<Link>, Receiver<Event>) {
    let (sender, events) = bounded(EVENTS_MAX);
    let outbox = Outbox { events: sender, wake: Arc::new(|| {}) };
    (Arc::new(Link::new(folder.to_owned(), outbox)), events)
}

/// A link and its cancel, or another link, can both come before the thread takes up the first.
#[test]
fn an_attempt_that_was_given_up_before_its_turn_is_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let login = |attempt| Login {
        attempt,
        address: server.local_addr().unwrap().to_string(),
        account: String::new(),
        password: Password::default(),
    };
    for meanwhile in [Work::CancelConnect, Work::Connect(login(2))] {
        let (link, events) = link_in(folder.path());
        link.look_ahead(&Work::Connect(login(1)));
        link.look_ahead(&meanwhile);
        link.perform(Work::Connect(login(1)));
        assert_eq!(server.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(events.is_empty(), "nobody asks for it any more");
    }
}

/// A dead network mount, or a huge folder that is removed, keeps this computer's thread; jobs are
/// noted and given up all the same.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_hangs_lets_no_journal_wait() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let folder = tempfile::tempdir().unwrap();
    let hanging = folder.path().join("servers.json");
    mknodat(CWD, &hanging, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let mut workers = Workers::default();
    workers.start(Some(folder.path().to_owned()), Arc::new(|| {}));
    workers.perform(Work::Load);
    workers.perform(Work::ForgetJob("01234567".to_owned()));
    let told = workers.events.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(matches!(told, Event::Changed { problem: Some(_), .. }), "{told:?}");
    // The thread that hangs goes on, and ends.
    drop(std::fs::File::options().write(true).open(&hanging).unwrap());
}
