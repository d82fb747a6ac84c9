//! Uploads before and after their content: rights, what is in the way, the hidden part, the commit.

use super::incoming::{Incoming, Taken};
use super::namespace::make_parents;
use super::parts::{Note, Noted};
use super::preflight::leaves_promised_room;
use super::shared::{Announced, SharedUpload};
use super::task::{Proof, Survey, Task};
use super::view::View;
use super::{Error, Result, Service, Session, Share};
use crate::audit::{Action, Deed};
use crate::committer::{self, CommitBy, CommitQueue, Finished};
use crate::storage::{self, Author, ErrorKind, Reader, Upload};
use crate::values::Learned;
use crate::wake::{Pending, Waker, promise};
use ferry_protocol::limits::SMALL_PUT_MAX;
use ferry_protocol::{
    Attributes, Digest, Entry, EntryKind, Hasher, IfExists, Put, RemotePath, Rights, SegmentValues,
    TransferId,
};
use std::net::TcpStream;
use std::sync::{Arc, Weak};

/// What a put begins with.
#[derive(Debug)]
pub(crate) enum Begun {
    /// Content can come.
    Receive(Incoming),
    /// Segments can come, from other connections too.
    Share(Share),
    /// A part is there; it has to be read again before it is vouched for.
    Prove(Task),
}

/// How the content of a large put comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PutBy {
    /// From its first byte to its last, on one connection.
    Stream,
    /// By segments, on one connection or several.
    Segments,
}

/// What is known of an upload before its content.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) target: RemotePath,
    pub(super) size: u64,
    pub(super) attributes: Attributes,
    pub(super) if_exists: IfExists,
    /// Whether what came of an upload that is cut off is kept, to go on with.
    pub(super) keeps_part: bool,
    /// The note of it, where there is one; it goes as soon as there is no part any more.
    pub(super) noted: Option<Noted>,
    pub(super) by: Author,
    pub(super) deed: Deed,
    /// The connection that must still be there at the commit, where its end means that content
    /// was cut off.
    pub(super) sender: Option<Weak<TcpStream>>,
}

impl Plan {
    /// Whether another put of this transfer id means the same file.
    pub(super) fn is_same_file(&self, other: &Self) -> bool {
        self.by.account == other.by.account
            && self.target == other.target
            && self.size == other.size
    }

    fn forget_note(&self) {
        if let Some(Noted { book, transfer, .. }) = &self.noted {
            book.forget(*transfer);
        }
    }

    /// Notes the upload, if that is due.
    pub(super) fn note(&mut self) {
        if let Some(noted) = &mut self.noted {
            noted.note();
        }
    }
}

impl Service {
    /// Begins the upload that a put announces, or joins it.
    pub(crate) fn upload(&self, session: &Session, put: &Put, by: PutBy) -> Result<Begun> {
        let target = put.path.resolve(&session.directory)?;
        let deed = session.view.deed(Action::Upload, &target);
        deed.moved(put.size);
        let begun = self.begin(session, put, by, (target, deed.clone()));
        if let Err(err) = &begun {
            deed.failed(err);
        }
        begun
    }

    fn begin(
        &self,
        session: &Session,
        put: &Put,
        by: PutBy,
        (target, deed): (RemotePath, Deed),
    ) -> Result<Begun> {
        let view = &session.view;
        view.may(Rights::WRITE, "write", &target)?;
        if target.is_root() {
            return Err(storage::Error::new(ErrorKind::IsAFolder, &target).into());
        }
        let attributes =
            Attributes { modified: Some(put.modified), permissions: Some(put.permissions) };
        let (size, if_exists, keeps_part) = (put.size, put.if_exists, put.size > SMALL_PUT_MAX);
        let author = session.author(put.operation);
        let book = Arc::clone(&self.part_book);
        let noted = keeps_part.then_some(Noted { book, transfer: put.transfer, due: None });
        let plan = Plan {
            target,
            size,
            attributes,
            if_exists,
            keeps_part,
            noted,
            by: author,
            deed,
            sender: None,
        };
        let by = if put.size > SMALL_PUT_MAX { by } else { PutBy::Stream };
        if put.size > SMALL_PUT_MAX {
            look_in_the_way(view, &plan)?;
            if put.resume {
                return self.resume(plan, view, put.transfer, by);
            }
            leaves_promised_room(view, &plan.target, put.size)?;
        }
        let begin = || view.storage.begin_upload(&plan.target, put.transfer, put.size);
        let upload = match begin() {
            Err(err) if put.with_parents && err.kind() == ErrorKind::NotFound => {
                make_parents(view, &plan.target)?;
                begin()
            }
            begun => begun,
        }?;
        if keeps_part {
            let (owner, target) = (session.account_id(), plan.target.to_wire());
            self.part_book.note(put.transfer, Note { owner, target, size });
        }
        let commits = self.commits.clone();
        if by == PutBy::Stream {
            let content = Taken::Hashed(Hasher::new());
            let incoming = Incoming::new(upload, plan, view.clone(), commits, content);
            return Ok(Begun::Receive(incoming));
        }
        let announced = self.announced(put.transfer, plan, view);
        let shared = SharedUpload::new(announced, upload, SegmentValues::new())?;
        Ok(Begun::Share(Share::new(self.open_uploads.add(shared))))
    }

    /// Joins an upload that is open, or goes on with the part of one that is not.
    fn resume(&self, plan: Plan, view: &View, transfer: TransferId, by: PutBy) -> Result<Begun> {
        if by == PutBy::Segments
            && let Some(open) = self.open_uploads.find(transfer, &plan)?
        {
            // It is told once, of the put that opened it.
            plan.deed.belongs_to_another();
            return Ok(Begun::Share(Share::new(open)));
        }
        let upload = view.storage.continue_upload(&plan.target, transfer)?;
        if upload.held() > plan.size {
            // Another file's part: cut to size it would prove true and be stored too long.
            return Err(storage::Error::new(ErrorKind::NoPart, &plan.target).into());
        }
        Ok(Begun::Prove(match by {
            PutBy::Stream => {
                let (view, commits) = (view.clone(), self.commits.clone());
                Proof::new(upload, plan, view, commits, Taken::Hashed(Hasher::new())).into()
            }
            PutBy::Segments => Survey::open(self.announced(transfer, plan, view), upload)?,
        }))
    }

    fn announced(&self, transfer: TransferId, plan: Plan, view: &View) -> Announced {
        let (view, commits) = (view.clone(), self.commits.clone());
        let open = Arc::clone(&self.open_uploads);
        Announced { transfer, plan, view, commits, open }
    }
}

/// Refuses before any content what would be refused after it. What cannot be known yet, a race
/// for the name, is decided by the commit. Returns what has the name, as far as that can be told.
pub(super) fn look_in_the_way(view: &View, plan: &Plan) -> Result<Option<Entry>> {
    match view.storage.stat(&plan.target) {
        Ok(entry) if entry.kind == EntryKind::Folder => {
            Err(storage::Error::new(ErrorKind::IsAFolder, &plan.target).into())
        }
        Ok(_) if plan.if_exists == IfExists::Refuse => {
            Err(storage::Error::new(ErrorKind::AlreadyExists, &plan.target).into())
        }
        found => Ok(found.ok()),
    }
}

/// What is known of an upload's content.
#[derive(Default)]
pub(super) struct Proven {
    /// Its digest, where both ends agreed on one.
    pub(super) digest: Option<Digest>,
    /// What is known of its segments.
    pub(super) learned: Option<Learned>,
    /// The file that it goes on behind.
    pub(super) behind: Option<Box<dyn Reader>>,
}

/// Seals an upload whose digest agreed, and hands it to the committer.
pub(super) fn hand_over(
    mut upload: Box<dyn Upload>,
    (plan, view): (&Plan, &View),
    Proven { digest, learned, behind }: Proven,
    (commits, by): (&CommitQueue, CommitBy),
    waker: &Waker,
) -> Result<Pending<committer::Outcome>> {
    if upload.held() != plan.size {
        // What lies behind the end, or is missing before it, came from elsewhere.
        abandon(upload, plan);
        return Err(Error::Truncated(plan.target.clone()));
    }
    let is_synced = plan.size > SMALL_PUT_MAX && commits.is_durable();
    let sealed = upload.seal(plan.attributes).and_then(|()| {
        // A large file takes its time to sync: here, so that no small one waits behind it.
        if is_synced { upload.sync() } else { Ok(()) }
    });
    if let Err(err) = sealed {
        abandon(upload, plan);
        return Err(err.into());
    }
    plan.forget_note();
    let lost = storage::Error::new(ErrorKind::Io, &plan.target);
    let (promise, pending) = promise(waker, Err(lost));
    let deed = plan.deed.clone();
    if let Some(digest) = digest {
        deed.is_of(digest);
    }
    let promise = promise.seen_by(move |outcome| deed.came_to(outcome));
    let finished = Finished {
        upload,
        storage: Arc::clone(&view.storage),
        target: plan.target.clone(),
        size: plan.size,
        digest,
        attributes: plan.attributes,
        if_exists: plan.if_exists,
        by: plan.by.clone(),
        is_synced,
        learned,
        sender: plan.sender.clone(),
        keeps_part: plan.keeps_part,
        behind,
    };
    commits.commit(finished, promise, by);
    Ok(pending)
}

/// Whether there is no room for an upload, so that what came of it only takes room away.
pub(super) fn is_full(err: &storage::Error) -> bool {
    matches!(err.kind(), ErrorKind::NoSpace | ErrorKind::Quota | ErrorKind::TooLarge)
}

/// Removes what came of an upload, and its note.
pub(super) fn abandon(upload: Box<dyn Upload>, plan: &Plan) {
    plan.forget_note();
    if let Err(err) = upload.abandon() {
        tracing::warn!("an unfinished upload could not be removed: {err}");
    }
}
