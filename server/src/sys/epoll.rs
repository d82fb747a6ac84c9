//! Linux's own poller, for threads that wait together: each event is told to one of them, the last
//! to come first, and costs one call.

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::io::Errno;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// Sockets, each with a key, that are told once when what was asked for comes true.
#[derive(Debug)]
pub(crate) struct Epoll {
    handle: OwnedFd,
    bell: OwnedFd,
}

/// What a socket is to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ready {
    /// Bytes to read, or the end.
    Read,
    /// Room to write.
    Write,
}

impl Epoll {
    pub(crate) fn new() -> io::Result<Self> {
        let handle = epoll::create(CreateFlags::CLOEXEC)?;
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        // By the edge, each ring is told to one thread, and nobody has to take it back.
        epoll::add(&handle, &bell, EventData::new_u64(BELL), EventFlags::IN | EventFlags::ET)?;
        Ok(Self { handle, bell })
    }

    /// Has a socket that is not known yet tell once; `key` is not [`u64::MAX`]. It must be taken
    /// out before it is closed, lest its number tell of another.
    pub(crate) fn add(&self, socket: impl AsFd, key: u64, ready: Ready) -> io::Result<()> {
        Ok(epoll::add(&self.handle, socket, EventData::new_u64(key), ready.flags())?)
    }

    /// Has a known socket tell once more.
    pub(crate) fn arm(&self, socket: impl AsFd, key: u64, ready: Ready) -> io::Result<()> {
        Ok(epoll::modify(&self.handle, socket, EventData::new_u64(key), ready.flags())?)
    }

    /// Has a known socket tell nothing, but its end or an error once.
    pub(crate) fn disarm(&self, socket: impl AsFd, key: u64) -> io::Result<()> {
        Ok(epoll::modify(&self.handle, socket, EventData::new_u64(key), EventFlags::ONESHOT)?)
    }

    /// Takes a socket out.
    pub(crate) fn delete(&self, socket: impl AsFd) -> io::Result<()> {
        Ok(epoll::delete(&self.handle, socket)?)
    }

    /// Waits for one event; `None` if the bell was rung, or nothing came of it.
    pub(crate) fn wait_for_one(&self) -> io::Result<Option<u64>> {
        let mut room = [MaybeUninit::uninit()];
        let ready = self.fill(&mut room, None)?;
        Ok(ready.first().and_then(key_of))
    }

    /// Waits for events, at most `patience`, and adds their keys to `keys`. Nothing more comes of
    /// a ring of the bell.
    pub(crate) fn wait(&self, patience: Duration, keys: &mut Vec<u64>) -> io::Result<()> {
        let mut room = [MaybeUninit::uninit(); EVENTS_MAX];
        let ready = self.fill(&mut room, Some(patience))?;
        keys.extend(ready.iter().filter_map(key_of));
        Ok(())
    }

    /// Brings one waiting thread back, or the next to wait.
    pub(crate) fn ring(&self) -> io::Result<()> {
        match rustix::io::write(&self.bell, &1_u64.to_ne_bytes()) {
            // Rung so often that it cannot be counted: its edge was told long ago.
            Ok(_) | Err(Errno::AGAIN) => Ok(()),
            Err(err) => Err(err.into()),
        }
    }

    fn fill<'r>(
        &self,
        room: &'r mut [MaybeUninit<Event>],
        patience: Option<Duration>,
    ) -> io::Result<&'r [Event]> {
        let patience = patience.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
        match epoll::wait(&self.handle, room, patience.as_ref()) {
            Ok((ready, _)) => Ok(ready),
            Err(Errno::INTR) => Ok(&[]),
            Err(err) => Err(err.into()),
        }
    }
}

impl Ready {
    /// Of one event, and then of none until it is armed again. Errors and the end are told unasked.
    fn flags(self) -> EventFlags {
        let flags = match self {
            Self::Read => EventFlags::IN | EventFlags::PRI,
            Self::Write => EventFlags::OUT,
        };
        flags | EventFlags::ONESHOT
    }
}

fn key_of(event: &Event) -> Option<u64> {
    let data = event.data;
    Some(data.u64()).filter(|key| *key != BELL)
}

/// The key of the bell.
const BELL: u64 = u64::MAX;

/// Events taken at once.
const EVENTS_MAX: usize = 256;
