//! A file on its way to the client.

use super::{Cargo, Carried, Ended, Failure};
use crate::door::{Interest, Turn};
use crate::ftp::text::ToClient;
use crate::service::Download;
use crate::transport::{Channel, Flow};
use crate::wake::Waker;
use ferry_protocol::limits::SMALL_PUT_MAX;

/// A download.
#[derive(Debug)]
pub(in crate::ftp) struct Sending {
    download: Download,
    /// TYPE A.
    text: Option<ToClient>,
}

impl Sending {
    /// Sends a download as it is, or as text.
    pub(in crate::ftp) fn new(download: Download, text: Option<ToClient>) -> Self {
        Self { download, text }
    }
}

impl Sending {
    /// What goes out as it lies in its file need not come through here.
    fn carry_within_kernel(&mut self, channel: &Channel) -> Result<Option<Carried>, Failure> {
        let Some((file, offset, len)) = self.download.rest_of_file() else { return Ok(None) };
        if self.text.is_some() {
            return Ok(None);
        }
        let len = usize::try_from(len).unwrap_or(usize::MAX).min(KERNEL_LEN);
        let Some(sent) = channel.send_file(file, offset, len) else { return Ok(None) };
        let count = match sent? {
            Flow::Blocked => return Ok(Some(Carried::Blocked(Interest::Writable))),
            Flow::Ended => 0,
            Flow::Count(count) => count,
        };
        self.download.sent(count)?;
        Ok(Some(Carried::Moved(count)))
    }
}

impl Cargo for Sending {
    fn carry(&mut self, channel: &mut Channel, turn: &mut Turn<'_>) -> Result<Carried, Failure> {
        if let Some(until) = self.download.wait_until(turn.now) {
            return Ok(Carried::Resting(until));
        }
        if let Some(carried) = self.carry_within_kernel(channel)? {
            return Ok(carried);
        }
        let len = self.download.read(turn.content, PIECE_LEN)?;
        if len == 0 {
            return Ok(Carried::Done);
        }
        let piece = turn.content.get(..len).unwrap_or_default();
        match &mut self.text {
            Some(text) => channel.write(&text.convert(piece))?,
            None => channel.write(piece)?,
        }
        Ok(Carried::Moved(len))
    }

    fn finish(&mut self, _: &Waker, _: &Turn<'_>) -> Result<Ended, Failure> {
        Ok(Ended::Sent)
    }

    fn is_incoming(&self) -> bool {
        false
    }

    fn is_bulk(&self) -> bool {
        self.download.remaining() > SMALL_PUT_MAX
    }
}

/// Bytes that the kernel is asked to send at once, which ends the turn. It copies none of them, so
/// that they take no longer than a turn's worth of what comes through here.
const KERNEL_LEN: usize = 16 * 1024 * 1024;

/// Bytes sent at a time: what a slow client makes the server hold.
const PIECE_LEN: u64 = 256 * 1024;
