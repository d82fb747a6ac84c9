//! One upload and its name: whether it still may have it, and what is done where the name is taken.

use crate::storage::{Author, Error, ErrorKind, Metadata, Published, Reader, Storage, Upload};
use crate::sys;
use crate::values::Learned;
use ferry_protocol::{Attributes, Digest, Hasher, IfExists, RemotePath};
use std::fmt;
use std::net::TcpStream;
use std::sync::{Arc, Weak};

/// An upload whose content is complete and verified.
pub(crate) struct Finished {
    /// The sealed upload.
    pub(crate) upload: Box<dyn Upload>,
    /// Where it lies.
    pub(crate) storage: Arc<dyn Storage>,
    /// Where it goes.
    pub(crate) target: RemotePath,
    /// Its length in bytes.
    pub(crate) size: u64,
    /// Its digest, where both ends agreed on one.
    pub(crate) digest: Option<Digest>,
    /// The time and permission bits that were asked for.
    pub(crate) attributes: Attributes,
    /// What to do where the name is taken.
    pub(crate) if_exists: IfExists,
    /// Whose doing it is.
    pub(crate) by: Author,
    /// Whether its content is synced already, as that of a large upload is.
    pub(crate) is_synced: bool,
    /// What is known of its segments, to be kept once it is stored.
    pub(crate) learned: Option<Learned>,
    /// The connection that must still be there, where its end means that content was cut off.
    pub(crate) sender: Option<Weak<TcpStream>>,
    /// Whether somebody can go on with it as a part, if it was cut off.
    pub(crate) keeps_part: bool,
    /// The file that its content goes on behind, and whose place it takes: if that is another by
    /// now, or has changed, what came to it meanwhile would be lost.
    pub(crate) behind: Option<Box<dyn Reader>>,
}

/// Publishes one upload; `None` when the same content has the name already.
pub(super) fn publish(
    finished: Finished,
    with_sync: bool,
) -> Result<Option<Box<dyn Published>>, Error> {
    let keeps_part = finished.keeps_part;
    let replaces_itself = finished.replaces_itself();
    let Finished {
        upload,
        storage,
        target,
        size,
        digest,
        if_exists,
        by,
        is_synced,
        behind,
        sender,
        ..
    } = finished;
    if replaces_itself {
        remove(upload);
        return Ok(None);
    }
    if with_sync
        && !is_synced
        && let Err(err) = upload.sync()
    {
        return Err(abandon(upload, err));
    }
    // As late as may be: its sender may be about to be found gone.
    if sender.as_ref().is_some_and(has_left) {
        let cut = Error::new(ErrorKind::Io, &target);
        tracing::info!(keeps_part, "{target}: its sender left before the commit");
        return Err(if keeps_part { cut } else { abandon(upload, cut) });
    }
    if behind.is_some_and(|base| !stands(base.as_ref(), storage.as_ref(), &target)) {
        return Err(abandon(upload, Error::new(ErrorKind::Changed, &target)));
    }
    let (err, upload) = match upload.publish(if_exists, &by) {
        Ok(published) => return Ok(Some(published)),
        Err(refused) => refused,
    };
    let is_same = err.kind() == ErrorKind::AlreadyExists
        && size <= COMPARE_MAX
        && digest.is_some_and(|digest| holds(storage.as_ref(), &target, (size, digest), |_| true));
    if is_same && storage.failed_syncs() > 0 {
        // What is there may be what that sync lost: it is written anew.
        let replaced = upload.publish(IfExists::Replace, &by);
        return replaced.map(Some).map_err(|(err, upload)| abandon(upload, err));
    }
    let err = abandon(upload, err);
    if is_same { Ok(None) } else { Err(err) }
}

/// Whether an upload's sender left, as far as that is known by now.
fn has_left(sender: &Weak<TcpStream>) -> bool {
    sender.upgrade().is_none_or(|socket| sys::is_closed_by_peer(&socket))
}

/// Whether the file that an upload went on behind still has the name, and is what it was.
fn stands(base: &dyn Reader, storage: &dyn Storage, target: &RemotePath) -> bool {
    let there = storage.file_id(target);
    base.is_unchanged().unwrap_or(false) && there.is_ok_and(|id| id == base.file_id())
}

/// Removes an upload that failed for the reason `err`, and hands the reason on.
pub(super) fn abandon(upload: Box<dyn Upload>, err: Error) -> Error {
    remove(upload);
    err
}

fn remove(upload: Box<dyn Upload>) {
    if let Err(err) = upload.abandon() {
        tracing::warn!("an unfinished upload could not be removed: {err}");
    }
}

/// Whether `target` is a file of this size and digest, and what else is asked of it.
fn holds(
    storage: &dyn Storage,
    target: &RemotePath,
    (size, digest): (u64, Digest),
    is_alike: impl FnOnce(Metadata) -> bool,
) -> bool {
    let Ok(reader) = storage.open(target) else { return false };
    let metadata = reader.metadata();
    if metadata.size != size || !is_alike(metadata) {
        return false;
    }
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 64 * 1024];
    while hasher.len() < size {
        match reader.read_at(hasher.len(), &mut buffer) {
            Ok(0) | Err(_) => return false,
            Ok(count) => hasher.update(buffer.get(..count).unwrap_or_default()),
        }
    }
    hasher.digest() == digest
}

impl Finished {
    /// Whether a small file would replace itself, time and bits included: undo would keep another
    /// of it, and lose something else for that.
    fn replaces_itself(&self) -> bool {
        let Attributes { modified, permissions } = self.attributes;
        let is_alike = |there: Metadata| {
            modified == Some(there.modified)
                && permissions.is_none_or(|wanted| wanted == there.permissions)
        };
        self.if_exists == IfExists::Replace
            && self.size <= COMPARE_MAX
            && self.storage.failed_syncs() == 0
            && self.digest.is_some_and(|digest| {
                holds(self.storage.as_ref(), &self.target, (self.size, digest), is_alike)
            })
    }
}

impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Finished({} of {} bytes)", self.target, self.size)
    }
}

/// Largest file that is compared here with what has its name; clients compare larger ones.
const COMPARE_MAX: u64 = ferry_protocol::limits::SMALL_PUT_MAX;
