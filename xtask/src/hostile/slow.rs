//! Clients that do a byte a second: in the handshake, and after their login in a message, in an
//! upload and in a download.

use super::{connect_from, socket_from};
use crate::failure::{During as _, Failure};
use crate::load::Connection;
use crate::random::Random;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};

/// One of them.
pub(super) enum SlowOne {
    /// Sends a handshake.
    Handshake(TcpStream),
    /// Logged in, sends a request, or the content of an upload.
    Sender(Connection),
    /// Logged in, receives a download.
    Receiver(Connection),
}

impl SlowOne {
    /// `count` that are in the handshake, from the addresses that begin with the `first`-th.
    pub(super) fn greeting(
        count: usize,
        first: usize,
        server: SocketAddr,
    ) -> Result<Vec<Self>, Failure> {
        let each = |number| connect_from(first + number / EACH, server).map(Self::Handshake);
        (0..count).map(each).collect()
    }

    /// `count` that are logged in and in a message, as many in an upload, and in a download of
    /// the file `large`.
    pub(super) fn at_work(
        count: usize,
        first: usize,
        server: SocketAddr,
    ) -> Result<Vec<Self>, Failure> {
        let mut random = Random::new(1);
        let mut all = Vec::new();
        for number in 0..count {
            let from = first + number / (EACH / 3);
            all.push(Self::Sender(Connection::log_in_on(connect_from(from, server)?)?));
            all.push(Self::uploading(number, from, server, &mut random)?);
            all.push(Self::downloading(from, server)?);
        }
        Ok(all)
    }

    fn uploading(
        number: usize,
        from: usize,
        server: SocketAddr,
        random: &mut Random,
    ) -> Result<Self, Failure> {
        let mut connection = Connection::log_in_on(connect_from(from, server)?)?;
        connection.begin_upload(&format!("/slow-{number}"), UPLOAD_LEN, random)?;
        connection.begin_data(0, ferry_protocol::limits::SEGMENT_LEN).during("write")?;
        Ok(Self::Sender(connection))
    }

    /// What the system takes in its stead is kept small, or it would take much of the file.
    fn downloading(from: usize, server: SocketAddr) -> Result<Self, Failure> {
        let socket = socket_from(from)?;
        socket.set_recv_buffer_size(RECEIVE_BUFFER).during("socket")?;
        socket.connect_timeout(&server.into(), super::CONNECT_MAX).during("connect")?;
        let mut connection = Connection::log_in_on(socket.into())?;
        connection.begin_download(b"/large")?;
        Ok(Self::Receiver(connection))
    }

    /// Does a byte, the `index`-th. Whom the server has ended already, it has counted.
    pub(super) fn drip(&mut self, index: usize) {
        match self {
            Self::Handshake(socket) => {
                let byte = CLIENT_HELLO.get(index).copied().unwrap_or_default();
                socket.write_all(&[byte]).ok();
            }
            Self::Sender(connection) => {
                let byte = REQUEST.get(index).copied().unwrap_or_default();
                connection.send_bytes(&[byte]).ok();
            }
            Self::Receiver(connection) => {
                connection.sip().ok();
            }
        }
    }
}

/// Connections from each address, below what an address may have before a login.
pub(super) const EACH: usize = 60;
const UPLOAD_LEN: u64 = 2 << 20;
const RECEIVE_BUFFER: usize = 4096;
/// How the first record of a client begins.
const CLIENT_HELLO: [u8; 9] = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc];
/// How a message begins.
const REQUEST: [u8; 3] = [0x46, 0xfe, 1];
