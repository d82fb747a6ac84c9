//! Verbs that change names on the server: `mkdir`, `mv`, `cp`, `rm`.

use crate::client::{Parents, in_free_place};
use crate::job::Rule;
use crate::terminal::arguments::{MakeFolder, Remove};
use crate::terminal::failure::{Failure, Result};
use crate::terminal::screen::insert_name;
use crate::terminal::session::Session;
use crate::terminal::target::RemoteTarget;
use crate::{Client, Error};
use ferry_protocol::{Entry, EntryKind, IfExists, RemotePath, Removal, Status};
use serde_json::{Map, Value};

/// Renames or copies one thing to a new path.
type Carry = fn(&mut Client, &RemotePath, &RemotePath, IfExists) -> std::result::Result<(), Error>;

/// Makes each folder.
pub(crate) fn make_folders(
    session: &mut Session,
    places: &[RemoteTarget],
    how: &MakeFolder,
) -> Result {
    session.each(places, |session, place| {
        let parents = if how.parents { Parents::Make } else { Parents::Needed };
        match session.client.make_directory(&place.path, parents) {
            Err(err) if how.parents && err.status() == Some(Status::EXISTS) => {
                let there = session.client.stat(&place.path)?;
                if there.kind != EntryKind::Folder {
                    return Err(err.into());
                }
            }
            other => other?,
        }
        done(session, "made", &place.path)
    })
}

/// Renames each source to its place at the target.
pub(crate) fn rename(
    session: &mut Session,
    sources: &[RemoteTarget],
    target: &RemoteTarget,
) -> Result {
    carry(session, sources, target, Client::rename)
}

/// Copies each source to its place at the target, within the server.
pub(crate) fn copy(
    session: &mut Session,
    sources: &[RemoteTarget],
    target: &RemoteTarget,
) -> Result {
    carry(session, sources, target, Client::copy)
}

fn carry(
    session: &mut Session,
    sources: &[RemoteTarget],
    target: &RemoteTarget,
    act: Carry,
) -> Result {
    session.each(sources, |session, source| {
        let name = source.path.names().next_back();
        if name.is_none() {
            let text = "the shared folder itself cannot be moved or copied";
            return Err(Failure::Refused(text.to_owned()));
        }
        let new = target.of(name)?;
        let Some(new) = carry_one(session, &source.path, &new, act)? else { return Ok(()) };
        if session.screen.json {
            let mut fields = Map::new();
            insert_name(&mut fields, "source", &source.path.to_wire());
            insert_name(&mut fields, "target", &new.to_wire());
            session.screen.result(&Value::Object(fields), "")?;
        }
        Ok(())
    })
}

/// Returns where it is now; nothing if it was left where it was because the name is taken.
fn carry_one(
    session: &mut Session,
    source: &RemotePath,
    new: &RemotePath,
    act: Carry,
) -> Result<Option<RemotePath>> {
    let rule = session.settings.rule;
    let client = &mut session.client;
    let refused = match act(client, source, new, IfExists::Refuse) {
        Err(err) if err.status() == Some(Status::EXISTS) => err,
        done => return Ok(done.map(|()| Some(new.clone()))?),
    };
    match rule {
        Rule::Replace => {}
        Rule::Ask if session.person.confirms(&format!("{new} exists. Replace it?")) => {}
        Rule::KeepBoth => {
            let carry = |to: &RemotePath| act(client, source, to, IfExists::Refuse);
            return Ok(Some(in_free_place(new, carry)?));
        }
        Rule::Newer if client.stat(source)?.modified > client.stat(new)?.modified => {}
        Rule::Newer | Rule::Skip => return Ok(None),
        Rule::Ask | Rule::Refuse => {
            let remedy = "choose with --if-exists skip|replace|rename|newer";
            return Err(Failure::Refused(format!("{refused}; {remedy}")));
        }
    }
    act(&mut session.client, source, new, IfExists::Replace)?;
    Ok(Some(new.clone()))
}

/// Removes each place; folders after a question, or with `-r`.
pub(crate) fn remove(session: &mut Session, places: &[RemoteTarget], how: &Remove) -> Result {
    session.each(places, |session, place| {
        if place.path.is_root() {
            let text = "the shared folder itself cannot be removed";
            return Err(Failure::Refused(text.to_owned()));
        }
        let entry = session.client.stat(&place.path)?;
        if is_folder(&entry) {
            remove_folder(session, &place.path, how)?;
        } else {
            session.client.remove(&place.path, Removal::File)?;
        }
        done(session, "removed", &place.path)
    })
}

/// A link to a folder is removed like a file, and what it leads to stays.
fn is_folder(entry: &Entry) -> bool {
    entry.kind == EntryKind::Folder && !entry.flags.linked
}

fn remove_folder(session: &mut Session, path: &RemotePath, how: &Remove) -> Result {
    if how.recursive {
        return Ok(session.client.remove(path, Removal::Tree)?);
    }
    match session.client.remove(path, Removal::EmptyFolder) {
        Err(err) if err.status() == Some(Status::NOT_EMPTY) => {
            if !session.person.confirms(&format!("Remove {path} and all that is in it?")) {
                let text = format!("{err}; to remove all that is in it: rm -r");
                return Err(Failure::Refused(text));
            }
            Ok(session.client.remove(path, Removal::Tree)?)
        }
        other => Ok(other?),
    }
}

/// A program is told of each success; a person sees only what went wrong.
fn done(session: &Session, what: &str, path: &RemotePath) -> Result {
    if !session.screen.json {
        return Ok(());
    }
    let mut fields = Map::new();
    insert_name(&mut fields, what, &path.to_wire());
    Ok(session.screen.result(&Value::Object(fields), "")?)
}
