//! Unfinished uploads, as the server keeps them for this account.

use super::{Client, unexpected};
use crate::Error;
use ferry_protocol::{Answer, PartEntry, RemotePath, Request, TransferId};

impl Client {
    /// The account's unfinished uploads, in the order of their ids. A server without segments
    /// keeps no list.
    pub fn parts(&mut self) -> Result<Vec<PartEntry>, Error> {
        let mut parts: Vec<PartEntry> = Vec::new();
        loop {
            let after = parts.last().map_or(TransferId([0; 16]), |part| part.transfer);
            let answer = self.call(&Request::Parts(after), &RemotePath::root())?;
            let Answer::PartsAre(page) = answer else { return Err(unexpected()) };
            let goes_on = page.parts.first().is_some_and(|part| part.transfer.0 > after.0);
            parts.extend(page.parts);
            if page.is_last {
                return Ok(parts);
            }
            if !goes_on || parts.len() > PARTS_MAX {
                let subject = "unfinished uploads".to_owned();
                let what = "the list has no end";
                return Err(Error::Untrustworthy { subject, what });
            }
        }
    }

    /// Removes an unfinished upload that nobody is sending.
    pub fn abandon_part(&mut self, transfer: TransferId) -> Result<(), Error> {
        self.call(&Request::PartAbandon(transfer), &RemotePath::root()).map(drop)
    }
}

/// More than this is taken for a hostile server's list.
const PARTS_MAX: usize = 1_000_000;
