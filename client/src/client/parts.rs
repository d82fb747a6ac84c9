//! Unfinished uploads, as the server keeps them for this account.

use super::{Client, unexpected};
use crate::Error;
use ferry_protocol::{Answer, PartEntry, RemotePath, Request, Status, TransferId};
use std::time::Duration;

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

    /// Removes what the server holds of uploads that were given up. What is gone already is as it
    /// should be; what a lost connection still seems to write is tried again for two seconds.
    pub fn abandon_parts(&mut self, parts: &[TransferId]) -> Result<(), Error> {
        for part in parts {
            let mut tries = 0;
            loop {
                match self.abandon_part(*part) {
                    Err(err) if err.status() == Some(Status::BUSY) && tries < BUSY_TRIES => {
                        tries += 1;
                        self.cancel.wait(BUSY_PAUSE)?;
                    }
                    Err(err) if is_gone(&err) => break,
                    abandoned => {
                        abandoned?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

fn is_gone(err: &Error) -> bool {
    matches!(err.status(), Some(Status::NO_PART | Status::NOT_FOUND))
}

/// How often an upload that is still open is tried again, and after how long.
const BUSY_TRIES: u32 = 20;
const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// More than this is taken for a hostile server's list.
const PARTS_MAX: usize = 1_000_000;
