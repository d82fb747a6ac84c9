//! A data connection that the client has not made yet: its listening socket, parked.

use super::{DataConnection, Ended, Passive, Prepared};
use crate::door::{Connection, Farewell, Interest, Lane, Next, Turn};
use crate::ftp::reply::Reply;
use socket2::SockRef;
use std::time::Instant;

/// Waits for the client, and gives its place in the pool to the connection that it makes.
#[derive(Debug)]
pub(in crate::ftp) struct Awaited {
    passive: Passive,
    prepared: Option<Prepared>,
}

impl Awaited {
    /// Waits at `passive` for what is prepared.
    pub(in crate::ftp) fn new(passive: Passive, prepared: Prepared) -> Self {
        Self { passive, prepared: Some(prepared) }
    }

    /// Where it goes first.
    pub(in crate::ftp) fn first(&self) -> Next {
        Next::Park(Interest::Readable, self.passive.until())
    }

    fn fail(&mut self, reply: Reply) -> Next {
        if let Some(prepared) = self.prepared.take() {
            prepared.end(Ended::Failed(reply));
        }
        Next::Close
    }
}

impl Connection for Awaited {
    fn step(&mut self, turn: &mut Turn<'_>) -> Next {
        if self.prepared.as_ref().is_some_and(|prepared| prepared.link().is_aborted()) {
            if let Some(prepared) = self.prepared.take() {
                prepared.end(Ended::Aborted);
            }
            return Next::Close;
        }
        match self.passive.accept() {
            Ok(None) => self.first(),
            Ok(Some(socket)) => {
                if let Some(prepared) = self.prepared.take() {
                    DataConnection::begin(prepared, socket, turn);
                }
                Next::Close
            }
            Err(err) => self.fail(Reply::new(425, format!("No data connection: {err}."))),
        }
    }

    fn socket(&self) -> SockRef<'_> {
        self.passive.socket()
    }

    fn lane(&self) -> Lane {
        Lane::Control
    }

    fn is_idle(&self) -> bool {
        false
    }

    fn ends_at(&self, now: Instant) -> bool {
        self.passive.until() <= now
    }

    fn say_farewell(&mut self, _: Farewell) {
        self.fail(Reply::new(425, "The data connection did not come in time."));
    }
}
