//! A stream that is plain or encrypted, and may become encrypted while it is open.

use super::tls::TlsConfig;
use super::{CipherBuffer, Flow, PlainStream, TlsStream};
use crate::metrics::Metrics;
use std::fs::File;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Weak};

/// One connection of a door that does not always encrypt.
#[derive(Debug)]
pub(crate) enum Channel {
    /// Without encryption.
    Plain(PlainStream),
    /// With it.
    Tls(TlsStream),
}

impl Channel {
    /// A plain channel over a non-blocking socket.
    pub(crate) fn plain(socket: TcpStream, metrics: &Arc<Metrics>) -> Self {
        Self::Plain(PlainStream::new(socket, metrics))
    }

    /// A channel over a non-blocking socket whose peer begins with a TLS handshake.
    pub(crate) fn encrypted(
        socket: impl Into<Arc<TcpStream>>,
        config: &TlsConfig,
        metrics: &Arc<Metrics>,
    ) -> io::Result<Self> {
        Ok(Self::Tls(TlsStream::new(socket, config, metrics)?))
    }

    /// Encrypts the channel from now on, beginning with the peer's handshake.
    pub(crate) fn encrypt(&mut self, config: &TlsConfig, metrics: &Arc<Metrics>) -> io::Result<()> {
        if let Self::Plain(stream) = self {
            *self = Self::encrypted(Arc::clone(stream.shared_socket()), config, metrics)?;
        }
        Ok(())
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The socket, for looking at it for as long as the channel has it open.
    pub(crate) fn watched_socket(&self) -> Weak<TcpStream> {
        match self {
            Self::Plain(stream) => Arc::downgrade(stream.shared_socket()),
            Self::Tls(stream) => Arc::downgrade(stream.shared_socket()),
        }
    }

    /// The socket.
    pub(crate) fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream.socket(),
            Self::Tls(stream) => stream.socket(),
        }
    }

    /// Whether a TLS handshake still runs.
    pub(crate) fn is_handshaking(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(stream) => stream.is_handshaking(),
        }
    }

    /// Takes a handshake further. `Count` means that it is done, or that there is none.
    pub(crate) fn handshake(&mut self, cipher: &mut CipherBuffer) -> io::Result<Flow> {
        match self {
            Self::Plain(_) => Ok(Flow::Count(1)),
            Self::Tls(stream) => stream.handshake(cipher),
        }
    }

    /// The session that the peer of an encrypted channel resumed, as its ticket proves.
    pub(crate) fn resumed(&self) -> Option<u64> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(stream) => stream.resumed(),
        }
    }

    /// Whether an end of what the peer sends is one that it meant. A plain one always passes for
    /// that: TCP has a reset for the others.
    pub(crate) fn has_said_goodbye(&mut self) -> bool {
        match self {
            Self::Plain(_) => true,
            Self::Tls(stream) => stream.has_said_goodbye(),
        }
    }

    /// Reads into `out`.
    pub(crate) fn read(&mut self, out: &mut [u8], cipher: &mut CipherBuffer) -> io::Result<Flow> {
        match self {
            Self::Plain(_) if cipher.is_stopped() => Ok(Flow::Blocked),
            Self::Plain(stream) => stream.read(out),
            Self::Tls(stream) => stream.read(out, cipher),
        }
    }

    /// Sends or keeps `bytes`; [`Channel::flush`] sends what was kept.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    /// Sends bytes of a file within the kernel, once all before them is out; `None` where that
    /// cannot be, as with encryption.
    pub(crate) fn send_file(
        &self,
        file: &File,
        offset: u64,
        len: usize,
    ) -> Option<io::Result<Flow>> {
        match self {
            Self::Plain(stream) if !stream.has_unsent() => stream.send_file(file, offset, len),
            _ => None,
        }
    }

    /// Sends what is left. Returns whether all of it is out.
    pub(crate) fn flush(&mut self) -> io::Result<bool> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }

    /// Whether bytes wait to be sent.
    pub(crate) fn has_unsent(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.has_unsent(),
            Self::Tls(stream) => stream.has_unsent(),
        }
    }

    /// Says that nothing more will be sent. Returns whether all before it is out.
    pub(crate) fn send_close(&mut self) -> io::Result<bool> {
        match self {
            Self::Plain(stream) => stream.send_close(),
            Self::Tls(stream) => {
                let is_out = stream.send_close()?;
                if is_out {
                    stream.socket().shutdown(Shutdown::Write)?;
                }
                Ok(is_out)
            }
        }
    }

    /// Begins a turn: what the last one left unread comes first.
    pub(crate) fn unstow(&mut self, cipher: &mut CipherBuffer) {
        match self {
            Self::Plain(_) => cipher.begin_turn(),
            Self::Tls(stream) => stream.unstow(cipher),
        }
    }

    /// Ends a turn: keeps what the worker's buffer still holds.
    pub(crate) fn stow(&mut self, cipher: &CipherBuffer) {
        if let Self::Tls(stream) = self {
            stream.stow(cipher);
        }
    }

    /// Whether bytes wait here that the poller cannot see.
    pub(crate) fn has_hidden_input(&mut self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(stream) => stream.has_hidden_input(),
        }
    }

    /// Reads and forgets what the peer still sends.
    pub(crate) fn discard_input(&self, cipher: &mut CipherBuffer) -> io::Result<Flow> {
        match self {
            Self::Plain(stream) => stream.discard_input(cipher),
            Self::Tls(stream) => stream.discard_input(cipher),
        }
    }
}
