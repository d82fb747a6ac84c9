//! The content of an upload that comes from its first byte to its last.

use super::view::View;
use super::write::{Plan, Proven, abandon, hand_over, is_full};
use super::{Error, Result};
use crate::committer::{self, CommitBy, CommitQueue};
use crate::storage::{Reader, Upload};
use crate::wake::{Pending, Waker};
use ferry_protocol::limits::SMALL_PUT_MAX;
use ferry_protocol::{Digest, Hasher};
use std::fmt;
use std::time::Instant;

/// An upload that is being received. Dropped before its commit, one whose size is known to be small
/// is removed, and any other stays as a part to go on with.
pub(crate) struct Incoming {
    upload: Option<Box<dyn Upload>>,
    view: Box<View>,
    commits: CommitQueue,
    content: Taken,
    /// Bytes that were held at the last sync.
    synced: u64,
    plan: Plan,
    /// The file whose content it began with.
    behind: Option<Box<dyn Reader>>,
}

/// What was taken of an upload's content.
pub(super) enum Taken {
    /// Its digest is to be compared.
    Hashed(Hasher),
    /// So many bytes, of which nobody tells a digest: it is computed when somebody asks for it.
    Counted(u64),
}

impl Taken {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Hashed(hasher) => hasher.len(),
            Self::Counted(len) => *len,
        }
    }

    pub(super) fn add(&mut self, content: &[u8]) {
        match self {
            Self::Hashed(hasher) => hasher.update(content),
            Self::Counted(len) => *len += content.len() as u64,
        }
    }

    fn digest(&self) -> Option<Digest> {
        match self {
            Self::Hashed(hasher) => Some(hasher.digest()),
            Self::Counted(_) => None,
        }
    }
}

impl Incoming {
    pub(super) fn new(
        upload: Box<dyn Upload>,
        plan: Plan,
        view: View,
        commits: CommitQueue,
        content: Taken,
    ) -> Self {
        let synced = content.len();
        let (upload, view) = (Some(upload), Box::new(view));
        Self { upload, view, commits, content, synced, plan, behind: None }
    }

    /// It began with the content of this file, which must still have the name at the commit.
    pub(super) fn goes_on_behind(&mut self, file: Box<dyn Reader>) {
        self.behind = Some(file);
    }

    /// Bytes held and their digest, if it is computed.
    pub(crate) fn held(&self) -> Option<(u64, Digest)> {
        Some((self.content.len(), self.content.digest()?))
    }

    /// Bytes that have come.
    pub(crate) fn received(&self) -> u64 {
        self.content.len()
    }

    /// Bytes that are still to come.
    pub(crate) fn remaining(&self) -> u64 {
        self.plan.size.saturating_sub(self.content.len())
    }

    /// When to go on, if the account has sent enough for now.
    pub(crate) fn wait_until(&self, now: Instant) -> Option<Instant> {
        self.view.pace.up()?.wait_until(now)
    }

    /// Takes the next content. After an error the upload is over; what was written is removed if
    /// the disk is full, so that a full disk is not kept full.
    pub(crate) fn write(&mut self, content: &[u8]) -> Result<()> {
        let taken = self.take(content);
        if let Err(err) = &taken {
            self.plan.deed.failed(err);
        }
        taken
    }

    fn take(&mut self, content: &[u8]) -> Result<()> {
        let offset = self.content.len();
        let Some(upload) = self.upload.as_ref() else {
            return Err(Error::Nonsense("the upload is over"));
        };
        if let Err(err) = upload.write(offset, content) {
            if is_full(&err) {
                self.abandon();
            }
            return Err(err.into());
        }
        self.content.add(content);
        if self.content.len() > SMALL_PUT_MAX {
            self.plan.note();
        }
        self.view.promises.came(&self.view.account.name, content.len() as u64);
        if let Some(up) = self.view.pace.up() {
            up.spend(content.len());
        }
        self.sync_sometimes()
    }

    /// Brings a large upload to the disk as it comes: its last sync is short then, its client is
    /// not kept waiting for it, and a part survives a power cut up to here.
    fn sync_sometimes(&mut self) -> Result<()> {
        if !self.commits.is_durable() || self.content.len() - self.synced < SYNC_INTERVAL {
            return Ok(());
        }
        self.synced = self.content.len();
        let synced = self.upload.as_ref().map_or(Ok(()), |upload| upload.sync());
        if synced.is_err() {
            // What the kernel dropped cannot be told from what it wrote.
            self.abandon();
        }
        Ok(synced?)
    }

    /// Ends an upload whose size nobody announced, and has it committed.
    pub(crate) fn finish_here(
        mut self,
        by: CommitBy,
        waker: &Waker,
    ) -> Result<Pending<committer::Outcome>> {
        self.plan.size = self.received();
        self.end(None, by, waker)
    }

    /// Compares the digest and hands the upload to the committer.
    pub(crate) fn finish(
        self,
        digest: Digest,
        waker: &Waker,
    ) -> Result<Pending<committer::Outcome>> {
        self.end(Some(digest), CommitBy::Committer, waker)
    }

    fn end(
        self,
        told: Option<Digest>,
        by: CommitBy,
        waker: &Waker,
    ) -> Result<Pending<committer::Outcome>> {
        let deed = self.plan.deed.clone();
        let committing = self.hand_over(told, by, waker);
        if let Err(err) = &committing {
            deed.failed(err);
        }
        committing
    }

    fn hand_over(
        mut self,
        told: Option<Digest>,
        by: CommitBy,
        waker: &Waker,
    ) -> Result<Pending<committer::Outcome>> {
        if self.remaining() > 0 {
            return Err(Error::Truncated(self.plan.target.clone()));
        }
        let digest = self.content.digest();
        if told != digest {
            self.abandon();
            return Err(Error::DigestMismatch(self.plan.target.clone()));
        }
        let Some(upload) = self.upload.take() else {
            return Err(Error::Nonsense("the upload is over"));
        };
        let proven = Proven { digest, behind: self.behind.take(), ..Proven::default() };
        hand_over(upload, (&self.plan, &*self.view), proven, (&self.commits, by), waker)
    }

    /// Removes what was written.
    pub(crate) fn abandon(&mut self) {
        if let Some(upload) = self.upload.take() {
            abandon(upload, &self.plan);
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.plan.deed.moved(self.content.len());
        if !self.plan.keeps_part || self.content.len() == 0 {
            self.abandon();
        } else if self.upload.is_some() {
            self.plan.note();
        }
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incoming({} of {} bytes)", self.plan.target, self.plan.size)
    }
}

/// Bytes after which a large upload is synced.
const SYNC_INTERVAL: u64 = 256 * 1024 * 1024;
