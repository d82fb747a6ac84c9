//! Uploads whose size nobody announces: they end when their sender says so. Their parts are found
//! again by whoever began them, since the id of such an upload follows from its account and path.

use super::incoming::{Incoming, Taken};
use super::part_names::PartNames;
use super::parts::{Note, Noted};
use super::task::{Prefix, Proof, Task};
use super::view::View;
use super::write::{Plan, look_in_the_way};
use super::{Error, Result, Service, Session};
use crate::audit::{Action, Deed};
use crate::committer::CommitQueue;
use crate::storage::{self, ErrorKind, Upload};
use ferry_protocol::{
    Attributes, Entry, EntryKind, IfExists, OperationId, RemotePath, Rights, TransferId,
};
use std::net::TcpStream;
use std::sync::{Arc, Weak};
use std::time::Instant;

/// An upload of unknown size.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    /// Where it goes.
    pub(crate) target: RemotePath,
    /// Where it begins.
    pub(crate) start: Start,
    /// What to do where the name is taken.
    pub(crate) if_exists: IfExists,
    /// The id of what is done, for undoing it.
    pub(crate) operation: OperationId,
    /// Bytes that its sender expects to send, for setting room aside; 0 if it said nothing.
    pub(crate) expected: u64,
    /// The connection whose end says that nobody meant what came to be all.
    pub(crate) sender: Option<Weak<TcpStream>>,
}

/// Where an upload of unknown size begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// With nothing.
    Empty,
    /// Behind what there is: the file of this name, or the part that an earlier upload left.
    End,
    /// At this offset of the file, or at the end of the part, which must be there.
    At(u64),
}

/// What an upload of unknown size begins with.
#[derive(Debug)]
pub(crate) enum Opened {
    /// Content can come.
    Ready(Incoming),
    /// Content can come, and takes the place of what an earlier upload left.
    Replacing(Replacing),
    /// What is there has to be read first; the task yields the upload.
    Preparing(Task),
}

/// An upload that begins with its first content, or with its end: until then the part that an
/// earlier one left can still be gone on with.
#[derive(Debug)]
pub(crate) struct Replacing {
    plan: Plan,
    id: TransferId,
    expected: u64,
    view: View,
    commits: CommitQueue,
}

impl Replacing {
    /// When to go on, if the account has sent enough for now.
    pub(crate) fn wait_until(&self, now: Instant) -> Option<Instant> {
        self.view.pace.up()?.wait_until(now)
    }

    /// Begins it; the earlier part is lost.
    pub(crate) fn begin(self) -> Result<Incoming> {
        let deed = self.plan.deed.clone();
        let (upload, plan) = begin(&self.view, self.plan, self.id, self.expected)
            .inspect_err(|err| deed.failed(err))?;
        Ok(Incoming::new(upload, plan, self.view, self.commits, Taken::Counted(0)))
    }
}

impl Service {
    /// Begins an upload of unknown size.
    pub(crate) fn upload_stream(
        &self,
        session: &Session,
        stream: &Stream,
        names: &PartNames,
    ) -> Result<Opened> {
        let deed = session.view.deed(Action::Upload, &stream.target);
        let opened = self.open_stream(session, stream, names, deed.clone());
        if let Err(err) = &opened {
            deed.failed(err);
        }
        opened
    }

    fn open_stream(
        &self,
        session: &Session,
        stream: &Stream,
        names: &PartNames,
        deed: Deed,
    ) -> Result<Opened> {
        let (view, target) = (&session.view, &stream.target);
        view.may(Rights::WRITE, "write", target)?;
        if target.is_root() {
            return Err(storage::Error::new(ErrorKind::IsAFolder, target).into());
        }
        let id = names.name(&session.account_id(), target);
        let mut plan = Plan {
            target: target.clone(),
            size: u64::MAX,
            attributes: Attributes { modified: None, permissions: None },
            if_exists: stream.if_exists,
            keeps_part: true,
            noted: Some(self.noted_later(session, target, id)),
            by: session.author(stream.operation),
            deed,
            sender: stream.sender.clone(),
        };
        let found = look_in_the_way(view, &plan)?;
        if found.as_ref().is_some_and(|entry| entry.kind != EntryKind::File) {
            return Err(storage::Error::new(ErrorKind::NotAFile, target).into());
        }
        // Nobody says what bits the new content is to have: it has those of the old.
        plan.attributes.permissions = found.as_ref().map(|entry| entry.permissions);
        match (stream.start, found) {
            (Start::Empty | Start::At(0), _) => self.begin_empty(view, plan, id, stream.expected),
            (start, Some(file)) => self.go_on_beside(view, plan, id, (start, &file)),
            (start, None) => match (start, earlier(view, target, id)?) {
                (Start::At(offset), Earlier::Left(part)) if offset != part.held() => {
                    Err(Error::Nonsense(NOT_THE_PARTS_END))
                }
                (_, Earlier::Left(part)) => Ok(self.go_on_with_part(view, plan, part)),
                (_, Earlier::Open) => Err(storage::Error::new(ErrorKind::InUse, target).into()),
                (Start::At(_), Earlier::None) => Err(Error::Nonsense(BEHIND_THE_END)),
                (_, Earlier::None) => self.begin_empty(view, plan, id, stream.expected),
            },
        }
    }

    /// Goes on where a file has the name, with it or with a part that was to take its place.
    ///
    /// SIZE tells of the file, so that its length is no sign that the part is meant; but what goes
    /// on behind a file that is older than the part would make one of both.
    fn go_on_beside(
        &self,
        view: &View,
        plan: Plan,
        id: TransferId,
        (start, file): (Start, &Entry),
    ) -> Result<Opened> {
        let touched = view.storage.part(&plan.target, id).ok().map(|part| part.touched);
        let offset = if let Start::At(offset) = start { offset } else { file.size };
        match earlier(view, &plan.target, id)? {
            Earlier::Left(part) if offset == part.held() && offset != file.size => {
                Ok(self.go_on_with_part(view, plan, part))
            }
            Earlier::Left(_) if touched >= Some(file.modified) => {
                Err(Error::Nonsense(PART_OF_ANOTHER))
            }
            _ if offset > file.size => Err(Error::Nonsense(BEHIND_THE_END)),
            _ => self.go_on_behind(view, plan, offset),
        }
    }

    /// A note that is written once the upload is large, or left: of most nobody ever hears.
    fn noted_later(&self, session: &Session, target: &RemotePath, transfer: TransferId) -> Noted {
        let (owner, target) = (session.account_id(), target.to_wire());
        let due = Some(Box::new(Note { owner, target, size: 0 }));
        Noted { book: Arc::clone(&self.part_book), transfer, due }
    }

    /// Bytes of the part that an earlier upload of this account left for `target`, if there is one.
    pub(crate) fn part_of(
        &self,
        session: &Session,
        target: &RemotePath,
        names: &PartNames,
    ) -> Result<Option<u64>> {
        session.view.may_see(target)?;
        match earlier(&session.view, target, names.name(&session.account_id(), target))? {
            Earlier::Left(part) => Ok(Some(part.held())),
            Earlier::Open | Earlier::None => Ok(None),
        }
    }

    fn begin_empty(
        &self,
        view: &View,
        plan: Plan,
        id: TransferId,
        expected: u64,
    ) -> Result<Opened> {
        let is_replacing = view.storage.part(&plan.target, id).is_ok();
        let (view, commits) = (view.clone(), self.commits.clone());
        let replacing = Replacing { plan, id, expected, view, commits };
        if is_replacing {
            return Ok(Opened::Replacing(replacing));
        }
        Ok(Opened::Ready(replacing.begin()?))
    }

    /// Begins with the first `len` bytes of the file that has the name; it stays until the commit.
    /// Cut off, nothing is kept of it: its sender is told that file's length, and goes on there.
    fn go_on_behind(&self, view: &View, mut plan: Plan, len: u64) -> Result<Opened> {
        let reader = view.storage.open(&plan.target)?;
        let upload = begin_spare(view, &mut plan, len)?;
        let (view, commits) = (view.clone(), self.commits.clone());
        let incoming = Incoming::new(upload, plan, view, commits, Taken::Counted(0));
        Ok(Opened::Preparing(Prefix::open(reader, len, incoming)))
    }

    fn go_on_with_part(&self, view: &View, plan: Plan, part: Box<dyn Upload>) -> Opened {
        let (view, commits) = (view.clone(), self.commits.clone());
        Opened::Preparing(Proof::new(part, plan, view, commits, Taken::Counted(0)).into())
    }
}

/// What an earlier upload of one account to one name left.
enum Earlier {
    /// Nothing that could be gone on with.
    None,
    /// Its connection writes it.
    Open,
    /// A part, opened; dropped, it stays.
    Left(Box<dyn Upload>),
}

fn earlier(view: &View, target: &RemotePath, id: TransferId) -> Result<Earlier> {
    match view.storage.continue_upload(target, id) {
        Ok(part) if part.held() == 0 => Ok(Earlier::None),
        Ok(part) => Ok(Earlier::Left(part)),
        Err(err) => match err.kind() {
            ErrorKind::InUse => Ok(Earlier::Open),
            ErrorKind::NoPart | ErrorKind::NotFound => Ok(Earlier::None),
            _ => Err(err.into()),
        },
    }
}

/// Opens the part. While another connection fills it, this upload gets one of its own, which
/// nobody could find again and which is not kept.
fn begin(
    view: &View,
    mut plan: Plan,
    id: TransferId,
    expected: u64,
) -> Result<(Box<dyn Upload>, Plan)> {
    match view.storage.begin_upload(&plan.target, id, expected) {
        Err(err) if err.kind() == ErrorKind::InUse => {
            Ok((begin_spare(view, &mut plan, expected)?, plan))
        }
        begun => Ok((begun?, plan)),
    }
}

/// Opens a part that nobody could find again, and that is not kept.
fn begin_spare(view: &View, plan: &mut Plan, expected: u64) -> Result<Box<dyn Upload>> {
    (plan.keeps_part, plan.noted) = (false, None);
    let mut spare = [0; 16];
    getrandom::fill(&mut spare).map_err(|err| storage::Error::from_io(err.into(), &plan.target))?;
    Ok(view.storage.begin_upload(&plan.target, TransferId(spare), expected)?)
}

const BEHIND_THE_END: &str = "there is nothing to go on with at this offset";
const NOT_THE_PARTS_END: &str =
    "an unfinished upload is gone on with at its end; SIZE tells where that is";
const PART_OF_ANOTHER: &str = "the file here is an older one, and an upload that was to take its \
                               place was cut off: send it again from its beginning";
