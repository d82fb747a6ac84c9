//! What the server keeps for the account: undo, unfinished uploads, history.

use super::problem;
use super::server::Link;
use crate::action::{Event, KeptEvent};
use crate::request::KeptWork;
use crate::state::kept::{
    Deed, DeedEnd, DeedKind, Fate, Group, IfTaken, KeptId, Part, PartStage, Reason, Tab, Thing,
};
use crate::state::place::{Place, shown};
use crate::state::problem::{Fault, Problem};
use crate::text::problems as text;
use ferry_client::protocol::{
    EntryKind, HistoryAction, HistoryEntry, HistoryResult, IfExists, PartEntry, RemotePath, Status,
    TransferId, UndoEntry, UndoGroup, UndoReason, feature,
};
use ferry_client::{Client, Error};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Things of one group that the window shows one by one.
const THINGS_MAX: usize = 200;
/// Groups that the window shows.
const GROUPS_MAX: usize = 2000;
/// Unfinished uploads that the window shows.
const PARTS_MAX: usize = 2000;
/// Pages of the history that are read at once: one alone may hold nothing but logins.
const HISTORY_PAGES: usize = 4;
/// The window is told no more often of what was brought back.
const PAUSE: Duration = Duration::from_millis(100);

/// Does what was asked, and tells the window. Called by the link's own thread.
pub(super) fn perform(link: &Link, generation: u64, work: KeptWork) {
    let tell = |event| link.outbox.send(Event::Kept { generation, event });
    let told = match work {
        KeptWork::Undo => listed(link, Tab::Undo, |client| Ok(KeptEvent::Undo(undo(client)?))),
        KeptWork::Parts => listed(link, Tab::Parts, |client| Ok(KeptEvent::Parts(parts(client)?))),
        KeptWork::History { before } => {
            listed(link, Tab::History, |client| history(client, before))
        }
        KeptWork::BringBack { group, thing, if_taken } => {
            let is_whole = thing.is_none();
            let mut bringing = Bringing { group, is_whole, fates: Vec::new(), tell: &tell };
            let called = link.with_client(|client| bringing.all(client, thing, if_taken));
            bringing.flush();
            called.map(|called| {
                let problem = of_error(text::CANNOT_BRING_BACK, called);
                KeptEvent::Returned { group, problem }
            })
        }
        KeptWork::Abandon(id) => link
            .with_client(|client| client.abandon_part(TransferId(id)))
            .map(|called| KeptEvent::Abandoned(id, of_error(text::CANNOT_ABANDON, called))),
    };
    // Without a client the window has left this server.
    if let Some(told) = told {
        tell(told);
    }
}

fn of_error(summary: &str, called: Result<(), Error>) -> Option<Problem> {
    called.err().map(|err| problem::of_client(summary.to_owned(), &err))
}

fn listed(
    link: &Link,
    tab: Tab,
    list: impl FnOnce(&mut Client) -> Result<KeptEvent, Error>,
) -> Option<KeptEvent> {
    let listed = link.with_client(list)?;
    Some(listed.unwrap_or_else(|err| failed(tab, &err)))
}

fn failed(tab: Tab, err: &Error) -> KeptEvent {
    let summary = match tab {
        Tab::Undo => text::CANNOT_LIST_UNDO,
        Tab::Parts => text::CANNOT_LIST_PARTS,
        Tab::History => text::CANNOT_LIST_HISTORY,
    };
    KeptEvent::Failed(tab, problem::of_client(summary.to_owned(), err))
}

/// All groups, each with the first of its things.
fn undo(client: &mut Client) -> Result<Vec<Group>, Error> {
    let mut groups: Vec<Group> = Vec::new();
    if !client.can(feature::UNDO) {
        return Ok(groups);
    }
    let mut places = HashMap::new();
    for page in client.undo_pages(None) {
        for entry in page? {
            let at = *places.entry(entry.group).or_insert_with(|| {
                groups.push(group(entry.group));
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(at) {
                add(group, &entry);
            }
        }
        if groups.len() > GROUPS_MAX {
            break;
        }
    }
    Ok(groups)
}

fn group(id: UndoGroup) -> Group {
    Group { id: id.0, things: Vec::new(), count: 0, bytes: 0, is_open: false, returned: None }
}

fn add(group: &mut Group, entry: &UndoEntry) {
    let is_folder = entry.entry.kind == EntryKind::Folder;
    let size = if is_folder { 0 } else { entry.entry.size };
    group.count += 1;
    group.bytes = group.bytes.saturating_add(size);
    if group.things.len() < THINGS_MAX {
        group.things.push(Thing {
            id: entry.id.0,
            place: Place::parse(&entry.entry.name),
            reason: match entry.reason {
                UndoReason::Replaced => Reason::Replaced,
                UndoReason::Removed => Reason::Removed,
            },
            kept_at: entry.kept_at.0,
            is_folder,
            size,
            fate: Fate::Kept,
        });
    }
}

fn parts(client: &mut Client) -> Result<Vec<Part>, Error> {
    if !client.can(feature::SEGMENTS) {
        return Ok(Vec::new());
    }
    let mut parts: Vec<Part> = client.parts()?.iter().map(part).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.touched));
    parts.truncate(PARTS_MAX);
    Ok(parts)
}

fn part(entry: &PartEntry) -> Part {
    Part {
        id: entry.transfer.0,
        place: Place::parse(&entry.target.to_wire()),
        size: entry.size,
        held: entry.held,
        touched: entry.touched.0,
        is_coming: entry.is_open,
        stage: PartStage::Kept,
    }
}

fn history(client: &mut Client, before: u64) -> Result<KeptEvent, Error> {
    if !client.can(feature::HISTORY) {
        return Ok(KeptEvent::History { before, deeds: Vec::new(), older: None });
    }
    let (mut deeds, mut next) = (Vec::new(), before);
    for _ in 0..HISTORY_PAGES {
        let page = client.history(next)?;
        deeds.extend(page.entries.iter().map(deed));
        // A server that tells the same number again would be asked for ever.
        let goes_on = page.next != 0 && (next == 0 || page.next < next);
        if !goes_on {
            return Ok(KeptEvent::History { before, deeds, older: None });
        }
        next = page.next;
    }
    Ok(KeptEvent::History { before, deeds, older: Some(next) })
}

fn deed(entry: &HistoryEntry) -> Deed {
    // The server escapes them; what it failed to is made harmless here.
    let text = |text: &str| shown(text.as_bytes());
    Deed {
        kind: kind(entry.action),
        end: match entry.result {
            HistoryResult::DONE => DeedEnd::Done,
            HistoryResult::INTERRUPTED => DeedEnd::Interrupted,
            _ => DeedEnd::Failed,
        },
        time: entry.time.0,
        size: entry.size,
        peer: text(&entry.peer),
        path: text(&entry.path),
        to: text(&entry.to),
        text: text(&entry.text),
    }
}

fn kind(action: HistoryAction) -> DeedKind {
    match action {
        HistoryAction::LOG_IN => DeedKind::LogIn,
        HistoryAction::LOG_OUT => DeedKind::LogOut,
        HistoryAction::UPLOAD => DeedKind::Upload,
        HistoryAction::DOWNLOAD => DeedKind::Download,
        HistoryAction::REMOVE => DeedKind::Remove,
        HistoryAction::RENAME => DeedKind::Rename,
        HistoryAction::MAKE_DIRECTORY => DeedKind::MakeFolder,
        HistoryAction::SET_ATTRIBUTES => DeedKind::SetAttributes,
        HistoryAction::COPY => DeedKind::Copy,
        HistoryAction::UNDO => DeedKind::BringBack,
        HistoryAction::UNDO_FORGET => DeedKind::Forget,
        _ => DeedKind::Other,
    }
}

/// A group on its way back.
struct Bringing<'a> {
    group: KeptId,
    is_whole: bool,
    fates: Vec<(KeptId, Fate)>,
    tell: &'a dyn Fn(KeptEvent),
}

impl Bringing<'_> {
    /// Brings things back one after the other; one that cannot be stops no other.
    fn all(
        &mut self,
        client: &mut Client,
        only: Option<KeptId>,
        if_taken: IfTaken,
    ) -> Result<(), Error> {
        // All of it is known before anything is done: what is done adds to what is kept.
        let mut wanted = Vec::new();
        for page in client.undo_pages(Some(UndoGroup(self.group))) {
            wanted.extend(page?.into_iter().filter(|entry| only.is_none_or(|id| id == entry.id.0)));
        }
        let mut told = Instant::now();
        for entry in &wanted {
            let fate = match bring_back(client, entry, if_taken) {
                Ok(fate) => fate,
                // The others would wait for the same server again.
                Err(err) if err.is_cancelled() || err.is_retryable() => return Err(err),
                Err(err) => Fate::Failed(problem::of_client(
                    text::cannot_bring_back(&Place::parse(&entry.entry.name).to_string()),
                    &err,
                )),
            };
            self.fates.push((entry.id.0, fate));
            if told.elapsed() > PAUSE {
                self.flush();
                told = Instant::now();
            }
        }
        if let (true, Some(id)) = (wanted.is_empty(), only) {
            self.fates.push((id, Fate::Failed(gone())));
        }
        Ok(())
    }

    fn flush(&mut self) {
        let fates = std::mem::take(&mut self.fates);
        if !fates.is_empty() {
            let (group, is_whole) = (self.group, self.is_whole);
            (self.tell)(KeptEvent::Fates { group, is_whole, fates });
        }
    }
}

fn bring_back(client: &mut Client, entry: &UndoEntry, if_taken: IfTaken) -> Result<Fate, Error> {
    let place = Place::parse(&entry.entry.name);
    let back = match if_taken {
        IfTaken::KeepBoth => {
            let to = client.undo_beside(entry)?;
            return Ok(Fate::Back(Place::parse(&to.to_wire())));
        }
        IfTaken::Ask => client.undo(entry.id, &old_path(entry)?, IfExists::Refuse),
        IfTaken::Replace => client.undo(entry.id, &old_path(entry)?, IfExists::Replace),
    };
    match back {
        Ok(()) => Ok(Fate::Back(place)),
        Err(err) if err.status() == Some(Status::EXISTS) && if_taken == IfTaken::Ask => {
            Ok(Fate::Taken)
        }
        Err(err) => Err(err),
    }
}

fn old_path(entry: &UndoEntry) -> Result<RemotePath, Error> {
    super::server::remote(&Place::parse(&entry.entry.name))
}

/// The server gave it up meanwhile.
fn gone() -> Problem {
    Problem {
        summary: text::KEPT_NO_MORE.to_owned(),
        details: text::KEPT_NO_MORE_DETAILS.to_owned(),
        fault: Fault::Server,
    }
}
