//! A stream without encryption, with the same manners as the encrypted one.

use super::tls::{CipherBuffer, Flow, read_socket};
use crate::metrics::Metrics;
use crate::sys;
use std::fs::File;
use std::io::{self, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

/// One plain connection at the server's end.
#[derive(Debug)]
pub(crate) struct PlainStream {
    socket: Arc<TcpStream>,
    /// What the socket did not take yet, from `sent` on.
    unsent: Vec<u8>,
    sent: usize,
    metrics: Arc<Metrics>,
}

impl PlainStream {
    /// Wraps a socket, which must be non-blocking.
    pub(crate) fn new(socket: TcpStream, metrics: &Arc<Metrics>) -> Self {
        Self { socket: socket.into(), unsent: Vec::new(), sent: 0, metrics: Arc::clone(metrics) }
    }

    /// The socket.
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// The socket, to be encrypted or looked at.
    pub(super) fn shared_socket(&self) -> &Arc<TcpStream> {
        &self.socket
    }

    /// Reads into `out`.
    pub(crate) fn read(&self, out: &mut [u8]) -> io::Result<Flow> {
        let flow = read_socket(&self.socket, out)?;
        if let Flow::Count(count) = flow {
            self.metrics.bytes_in.add(count as u64);
        }
        Ok(flow)
    }

    /// Sends `bytes` as far as that goes without waiting; [`PlainStream::flush`] sends the rest.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !self.has_unsent() && !rest.is_empty() {
            match self.send(rest)? {
                Some(count) => rest = rest.get(count..).unwrap_or_default(),
                None => break,
            }
        }
        self.unsent.extend_from_slice(rest);
        Ok(())
    }

    /// Sends bytes of a file within the kernel, once all before them is out; `None` where the
    /// system cannot. `Ended` says that the file has no such bytes.
    pub(crate) fn send_file(
        &self,
        file: &File,
        offset: u64,
        len: usize,
    ) -> Option<io::Result<Flow>> {
        let sent = sys::send_file(&*self.socket, file, offset, len)?;
        Some(match sent {
            Ok(0) => Ok(Flow::Ended),
            Ok(count) => {
                self.metrics.bytes_out.add(count as u64);
                Ok(Flow::Count(count))
            }
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => Ok(Flow::Blocked),
            Err(err) => Err(err),
        })
    }

    /// Sends what is left. Returns whether all of it is out.
    pub(crate) fn flush(&mut self) -> io::Result<bool> {
        while self.has_unsent() {
            let unsent = std::mem::take(&mut self.unsent);
            let sent = self.send(unsent.get(self.sent..).unwrap_or_default());
            self.unsent = unsent;
            match sent? {
                Some(count) => self.sent += count,
                None => return Ok(false),
            }
        }
        if self.sent > 0 {
            // An idle connection keeps no memory for what it sent.
            self.unsent = Vec::new();
            self.sent = 0;
        }
        Ok(true)
    }

    /// Whether bytes wait to be sent.
    pub(crate) fn has_unsent(&self) -> bool {
        self.sent < self.unsent.len()
    }

    /// Says that nothing more will be sent. Returns whether all before it is out.
    pub(crate) fn send_close(&mut self) -> io::Result<bool> {
        let is_out = self.flush()?;
        if is_out {
            self.socket.shutdown(Shutdown::Write)?;
        }
        Ok(is_out)
    }

    /// Reads and forgets what the peer still sends.
    pub(crate) fn discard_input(&self, cipher: &mut CipherBuffer) -> io::Result<Flow> {
        read_socket(&self.socket, cipher.room())
    }

    fn send(&self, bytes: &[u8]) -> io::Result<Option<usize>> {
        loop {
            match (&*self.socket).write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.metrics.bytes_out.add(count as u64);
                    return Ok(Some(count));
                }
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => return Err(err),
            }
        }
    }
}
