//! What every poller promises, of the system's own and of the portable one.

use super::Poll;
use super::single::SinglePoller;
use crate::door::{Connection, Farewell, Interest, Lane, Next, Turn};
use crate::pool::slot::Slot;
use crate::wake::{ConnectionKey, Wake, Waker};
use socket2::SockRef;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

struct Talker(TcpStream);

impl Connection for Talker {
    fn step(&mut self, _: &mut Turn<'_>) -> Next {
        Next::Close
    }

    fn socket(&self) -> SockRef<'_> {
        SockRef::from(&self.0)
    }

    fn lane(&self) -> Lane {
        Lane::Control
    }

    fn is_idle(&self) -> bool {
        true
    }

    fn say_farewell(&mut self, _: Farewell) {}
}

struct Nobody;

impl Wake for Nobody {
    fn wake(&self, _: ConnectionKey) {}
}

/// A connection and its peer's end.
fn connection(key: ConnectionKey) -> (Slot, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (socket, _) = listener.accept().unwrap();
    (Slot::new(Box::new(Talker(socket)), Waker::new(key, Arc::new(Nobody))), peer)
}

fn pollers() -> Vec<Box<dyn Poll>> {
    vec![Box::new(super::SystemPoller::new().unwrap()), Box::new(SinglePoller::new().unwrap())]
}

const LONG: Duration = Duration::from_secs(30);
const NONE: [ConnectionKey; 0] = [];

#[test]
fn what_is_armed_is_told_once_whether_it_came_before_or_after() {
    for poller in pollers() {
        let (mut slot, mut peer) = connection(7);
        peer.write_all(b"early").unwrap();
        poller.arm(&mut slot, Interest::Readable).unwrap();
        assert_eq!(poller.wait(LONG).unwrap(), [7], "{poller:?}");
        assert_eq!(poller.wait(Duration::ZERO).unwrap(), NONE, "told once: {poller:?}");
        poller.arm(&mut slot, Interest::Writable).unwrap();
        assert_eq!(poller.wait(LONG).unwrap(), [7], "{poller:?}");
        poller.forget(&slot).unwrap();
        peer.write_all(b"late").unwrap();
        assert_eq!(poller.wait(Duration::ZERO).unwrap(), NONE, "forgotten: {poller:?}");
        let mut there = [0; 9];
        slot.connection.socket().set_nonblocking(false).unwrap();
        (&*slot.connection.socket()).read_exact(&mut there).unwrap();
        assert_eq!(&there, b"earlylate", "{poller:?}");
    }
}

#[test]
fn a_notification_brings_back_who_waits_now_or_next() {
    for poller in pollers() {
        poller.notify().unwrap();
        assert_eq!(poller.wait(LONG).unwrap(), NONE, "{poller:?}");
        std::thread::scope(|scope| {
            scope.spawn(|| poller.notify().unwrap());
            assert_eq!(poller.wait(LONG).unwrap(), NONE, "{poller:?}");
        });
    }
}

#[test]
fn a_shared_poller_tells_each_event_to_one_thread_and_each_ring() {
    for poller in pollers().into_iter().filter(|poller| poller.is_shared()) {
        let connections = [1, 2, 3].map(connection);
        let (mut slots, mut peers): (Vec<_>, Vec<_>) = connections.into_iter().unzip();
        for slot in &mut slots {
            poller.arm(slot, Interest::Readable).unwrap();
        }
        let mut told: Vec<_> = std::thread::scope(|scope| {
            let wait = || poller.wait_for_one().unwrap();
            let waiting = [(); 4].map(|()| scope.spawn(wait));
            for peer in &mut peers {
                peer.write_all(b"x").unwrap();
            }
            poller.notify().unwrap();
            waiting.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        told.sort_unstable();
        assert_eq!(told, [None, Some(1), Some(2), Some(3)]);
    }
}
