//! Listings: LIST, NLST, STAT (RFC 959, section 4.1.3), MLSD, MLST (RFC 3659, section 7).

use crate::door::Turn;
use crate::ftp::command::{Served, done};
use crate::ftp::control::{ControlConnection, shown_name};
use crate::ftp::data::Telling;
use crate::ftp::list_format::{Style, shown};
use crate::ftp::pattern::Pattern;
use crate::ftp::refusal::Refusal;
use crate::ftp::reply::Reply;
use crate::ftp::time;
use crate::ftp::work::Work;
use crate::storage::Identified;
use ferry_protocol::{Entry, EntryKind, RemotePath};

/// LIST, with the options of `ls` passed over.
pub(in crate::ftp) fn list(
    control: &mut ControlConnection,
    argument: &[u8],
    turn: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let telling = open(control, without_options(argument), |_| Style::Long(time::now()))?;
    control.carry(
        Box::new(telling),
        &Reply::new(150, "Here comes the listing."),
        "LIST".to_owned(),
        turn,
    )
}

/// NLST: names as they can be given to RETR, behind the path that was asked for.
pub(in crate::ftp) fn nlst(
    control: &mut ControlConnection,
    argument: &[u8],
    turn: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let telling = open(control, without_options(argument), |prefix| Style::Names(prefix.to_vec()))?;
    control.carry(
        Box::new(telling),
        &Reply::new(150, "Here come the names."),
        "NLST".to_owned(),
        turn,
    )
}

/// MLSD.
pub(in crate::ftp) fn mlsd(
    control: &mut ControlConnection,
    argument: &[u8],
    turn: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let path = control.path(argument)?;
    let style = facts_style(control, &path)?;
    let session = control.session()?;
    if control.door.service.stat(session, &path)?.kind != EntryKind::Folder {
        return done(501, "MLSD is for folders; MLST is for the rest.");
    }
    let telling = Telling::folder(control.door.service.list(session, &path)?, style, None);
    control.carry(
        Box::new(telling),
        &Reply::new(150, "Here come the facts."),
        "MLSD".to_owned(),
        turn,
    )
}

/// MLST: the facts of one path, over the control connection.
pub(in crate::ftp) fn mlst(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let path = control.path(argument)?;
    let mut identified = control.entry(&path)?;
    identified.0.name = path.to_wire();
    let line = shown(&facts_style(control, &path)?, &identified);
    Ok(Served::Reply(Reply::lines(250, "Facts:", [line], "End.")))
}

/// STAT: of the server, of a transfer that runs, or of a path, which costs no data connection.
pub(in crate::ftp) fn stat(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    if argument.is_empty() {
        return Ok(Served::Reply(status(control)?));
    }
    let telling = open(control, without_options(argument), |_| Style::Long(time::now()))?;
    control.work = Work::Telling { telling: Box::new(telling), has_begun: false };
    Ok(Served::Later)
}

fn status(control: &ControlConnection) -> Result<Reply, Refusal> {
    let session = control.session()?;
    let account = shown_name(session.account_name());
    let protection = |is_on: bool| if is_on { "encrypted" } else { "plain" };
    let transfer = match &control.work {
        Work::Carrying(carrying) => {
            format!("A transfer runs: {}, {} bytes so far", carrying.what, carrying.link.moved())
        }
        _ => "No transfer runs".to_owned(),
    };
    let lines = [
        format!("Logged in as {account} from {}", control.peer.ip().to_canonical()),
        format!("The folder is {}", session.directory),
        format!(
            "The control connection is {}, data connections are {}",
            protection(control.channel.is_encrypted()),
            protection(control.dialogue.is_private)
        ),
        transfer,
    ];
    Ok(Reply::lines(211, "Status of the server:", lines, "End of status."))
}

fn facts_style(control: &ControlConnection, path: &RemotePath) -> Result<Style, Refusal> {
    Ok(Style::Facts(control.dialogue.facts, control.session()?.rights_at(path)))
}

/// Opens what an argument means: a folder, one entry, or the names in a folder that match a
/// pattern. `style` is told the path to put before names.
fn open(
    control: &ControlConnection,
    argument: &[u8],
    style: impl Fn(&[u8]) -> Style,
) -> Result<Telling, Refusal> {
    let (service, session) = (&control.door.service, control.session()?);
    let (above, name) = split(argument);
    let matching = |pattern| {
        let pages = service.list(session, &control.path(above)?)?;
        Ok(Telling::folder(pages, style(above), Some(pattern)))
    };
    let path = match (control.path(argument), Pattern::parse(name)) {
        (Ok(path), _) => path,
        // A pattern need not be a legal name.
        (Err(_), Some(pattern)) => return matching(pattern),
        (Err(refusal), None) => return Err(refusal),
    };
    match service.stat(session, &path) {
        Ok(entry) if entry.kind == EntryKind::Folder => {
            let mut prefix = argument.to_vec();
            if !prefix.is_empty() && !prefix.ends_with(b"/") {
                prefix.push(b'/');
            }
            let prefix = if argument == b"." { &b""[..] } else { &prefix };
            Ok(Telling::folder(service.list(session, &path)?, style(prefix), None))
        }
        Ok(entry) => Ok(Telling::one((entry, None), style(above))),
        Err(err) => Pattern::parse(name).map_or(Err(err.into()), matching),
    }
}

/// The path up to and with its last slash, and what follows.
fn split(argument: &[u8]) -> (&[u8], &[u8]) {
    let at = argument.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    argument.split_at(at)
}

/// Options such as `-la`, as old clients send them before the path.
fn without_options(argument: &[u8]) -> &[u8] {
    let mut rest = argument;
    while let Some(letters) = rest.strip_prefix(b"-") {
        let end = letters.iter().position(|byte| *byte == b' ').unwrap_or(letters.len());
        let (options, behind) = letters.split_at(end);
        if !options.iter().all(|letter| LS_OPTIONS.contains(letter)) {
            break;
        }
        rest = behind.trim_ascii_start();
    }
    rest
}

impl ControlConnection {
    /// What lies at a path: if nothing does, an upload of this account that was cut off.
    pub(in crate::ftp) fn entry(&self, path: &RemotePath) -> Result<Identified, Refusal> {
        let (door, session) = (&self.door, self.session()?);
        match door.service.stat_identified(session, path) {
            Ok(identified) => Ok(identified),
            Err(missing) => {
                let part = door.service.part_of(session, path, &door.part_names);
                match part.ok().flatten() {
                    Some(size) => Ok((part_entry(path, size), None)),
                    None => Err(missing.into()),
                }
            }
        }
    }
}

fn part_entry(path: &RemotePath, size: u64) -> Entry {
    Entry {
        name: path.name().map(|name| name.as_bytes().to_vec()).unwrap_or_default(),
        kind: EntryKind::File,
        flags: ferry_protocol::EntryFlags::default(),
        size,
        modified: time::now(),
        permissions: ferry_protocol::Permissions::from_mode(0o600),
    }
}

/// Letters of options that change nothing here.
const LS_OPTIONS: &[u8] = b"1aAbBcCdfFghiklLnNopqrRsStTuUvxX";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_passed_over_and_names_are_not() {
        for (argument, rest) in [
            (&b"-la"[..], &b""[..]),
            (b"-a -l x y", b"x y"),
            (b"-la /a", b"/a"),
            (b"a -l", b"a -l"),
            (b"-my file", b"-my file"),
            (b"-", b""),
        ] {
            assert_eq!(without_options(argument), rest, "{argument:?}");
        }
    }
}
