//! `undo`: shows and brings back what was replaced or removed.

use crate::client::old_path;
use crate::job::Rule;
use crate::terminal::arguments::Undo;
use crate::terminal::failure::{Failure, Result};
use crate::terminal::screen::{Screen, insert_name};
use crate::terminal::session::{Parts, Session};
use crate::terminal::size::human;
use crate::terminal::target::RemoteTarget;
use crate::terminal::time::push_rfc3339;
use ferry_protocol::{
    EntryKind, IfExists, RemotePath, Status, UndoEntry, UndoGroup, UndoId, UndoReason, escape,
};
use serde_json::{Map, Value, json};

/// Lists, brings back or gives up what was at each place, or below it.
pub(crate) fn undo(session: &mut Session, places: &[RemoteTarget], how: &Undo) -> Result {
    session.each(places, |session, place| {
        let chosen = Chosen::new(place, how)?;
        match (how.list, how.forget) {
            (true, _) => list(session, &chosen),
            (_, true) => each_chosen(session, &chosen, forget),
            _ => each_chosen(session, &chosen, bring_back),
        }
    })
}

/// Which of the kept things are meant.
struct Chosen {
    place: RemotePath,
    /// A folder stands for all that was in it, a path for the newest thing that was there.
    is_below: bool,
    group: Option<UndoGroup>,
    id: Option<UndoId>,
}

impl Chosen {
    fn new(place: &RemoteTarget, how: &Undo) -> Result<Self> {
        let digits = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).ok();
        let parse = |text: &String| {
            digits(text).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()).ok_or_else(|| {
                let shown = escape(text.as_bytes());
                Failure::Usage(format!("\"{shown}\" is no id; ferry undo --list shows them"))
            })
        };
        Ok(Self {
            place: place.path.clone(),
            is_below: place.is_folder || place.path.is_root() || how.list || how.job.is_some(),
            group: how.job.as_ref().map(parse).transpose()?.map(UndoGroup),
            id: how.id.as_ref().map(parse).transpose()?.map(UndoId),
        })
    }

    fn includes(&self, entry: &UndoEntry, old: &RemotePath) -> bool {
        match self.id {
            Some(id) => id == entry.id,
            None if self.is_below => old.starts_with(&self.place),
            None => *old == self.place,
        }
    }

    /// Whether one thing is all that is meant.
    fn is_one(&self) -> bool {
        self.id.is_some() || !self.is_below
    }
}

fn list(session: &mut Session, chosen: &Chosen) -> Result {
    let screen = session.screen.clone();
    for page in session.client.undo_pages(chosen.group) {
        for entry in page? {
            let old = old_path(&entry)?;
            if chosen.includes(&entry, &old) {
                screen.result(&object(&entry, &old), &line(&screen, &entry, &old))?;
            }
        }
    }
    Ok(())
}

fn each_chosen(
    session: &mut Session,
    chosen: &Chosen,
    act: fn(&mut Session, &UndoEntry, &RemotePath) -> Result,
) -> Result {
    let wanted = choose(session, chosen)?;
    if let [(entry, old)] = wanted.as_slice() {
        return act(session, entry, old);
    }
    let mut parts = Parts::default();
    for (entry, old) in &wanted {
        let result = act(session, entry, old);
        parts.add(&session.screen, result)?;
    }
    parts.end()
}

/// All of it is known before anything is done: what is done adds to what is kept.
fn choose(session: &mut Session, chosen: &Chosen) -> Result<Vec<(UndoEntry, RemotePath)>> {
    let mut wanted = Vec::new();
    for page in session.client.undo_pages(chosen.group) {
        for entry in page? {
            let old = old_path(&entry)?;
            if chosen.includes(&entry, &old) {
                wanted.push((entry, old));
                if chosen.is_one() {
                    return Ok(wanted);
                }
            }
        }
    }
    if wanted.is_empty() {
        let text = format!("nothing of {} is kept; see ferry undo --list", chosen.place);
        return Err(Failure::Refused(text));
    }
    Ok(wanted)
}

fn bring_back(session: &mut Session, entry: &UndoEntry, old: &RemotePath) -> Result {
    let refused = match session.client.undo(entry.id, old, IfExists::Refuse) {
        Err(err) if err.status() == Some(Status::EXISTS) => err,
        done => {
            done?;
            return tell(session, "restored", entry, old);
        }
    };
    match session.settings.rule {
        Rule::Replace => {}
        Rule::KeepBoth => {
            let to = session.client.undo_beside(entry)?;
            return tell(session, "restored", entry, &to);
        }
        Rule::Skip => return Ok(()),
        Rule::Ask if session.person.confirms(&format!("{old} exists. Replace it?")) => {}
        Rule::Ask | Rule::Refuse | Rule::Newer => {
            let remedy = "to replace what is there, which is kept in its turn: --if-exists replace; \
                          to keep both: --if-exists rename";
            return Err(Failure::Refused(format!("{refused}; {remedy}")));
        }
    }
    session.client.undo(entry.id, old, IfExists::Replace)?;
    tell(session, "restored", entry, old)
}

fn forget(session: &mut Session, entry: &UndoEntry, old: &RemotePath) -> Result {
    session.client.forget_undo(entry.id)?;
    tell(session, "forgotten", entry, old)
}

fn tell(session: &Session, what: &str, entry: &UndoEntry, path: &RemotePath) -> Result {
    let mut fields = Map::new();
    insert_name(&mut fields, what, &path.to_wire());
    fields.insert("id".to_owned(), json!(hex(&entry.id.0)));
    Ok(session.screen.result(&Value::Object(fields), &format!("{what} {path}"))?)
}

fn object(entry: &UndoEntry, old: &RemotePath) -> Value {
    let mut fields = Map::new();
    insert_name(&mut fields, "path", &old.to_wire());
    fields.insert("id".to_owned(), json!(hex(&entry.id.0)));
    fields.insert("job".to_owned(), json!(hex(&entry.group.0)));
    fields.insert("reason".to_owned(), json!(reason(entry.reason)));
    let mut kept_at = String::new();
    push_rfc3339(entry.kept_at, &mut kept_at);
    fields.insert("kept_at".to_owned(), json!(kept_at));
    fields.insert("account".to_owned(), json!(entry.account));
    fields.insert("is_folder".to_owned(), json!(entry.entry.kind == EntryKind::Folder));
    fields.insert("size".to_owned(), json!(entry.entry.size));
    Value::Object(fields)
}

fn line(screen: &Screen, entry: &UndoEntry, old: &RemotePath) -> String {
    let mut kept_at = String::new();
    screen.clock.push_long(entry.kept_at, &mut kept_at);
    let size = match entry.entry.kind {
        EntryKind::Folder => "folder".to_owned(),
        _ => human(entry.entry.size),
    };
    let (reason, id, job) = (reason(entry.reason), hex(&entry.id.0), hex(&entry.group.0));
    format!("{kept_at}  {reason:8}  {size:>9}  {old}\n    --id {id} --job {job}")
}

fn reason(reason: UndoReason) -> &'static str {
    match reason {
        UndoReason::Replaced => "replaced",
        UndoReason::Removed => "removed",
    }
}

fn hex(id: &[u8; 16]) -> String {
    data_encoding::HEXLOWER.encode(id)
}
