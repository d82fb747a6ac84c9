//! The buttons of the bar.

use super::{Requests, browse, kept, share, transfer};
use crate::action::{Command, KeptAction, Picked};
use crate::request::{Pick, Request, WindowRequest};
use crate::state::State;
use crate::state::connection::Server;
use crate::state::dialog::{Deletion, Dialog, Doomed};
use crate::state::kept::Tab;
use crate::state::pane::Pane;
use crate::state::percent;
use crate::state::picking::{Picking, Task};
use crate::state::place::{Place, shown};
use crate::state::rows::RowKind;
use crate::state::sharing::ShareRequest;
use crate::state::side::Side;
use crate::state::transfers::Direction;
use crate::text::problems;

pub(super) fn update(state: &mut State, command: Command, requests: &mut Requests) {
    match command {
        Command::Connect => state.connection.is_choosing = true,
        Command::Upload => upload(state, requests),
        Command::UploadFiles => pick_upload(state, requests, Pick::UploadFiles),
        Command::UploadFolders => pick_upload(state, requests, Pick::UploadFolders),
        Command::Download => {
            let target = state.here.place.clone();
            transfer::carry_chosen(state, Direction::Download, &target, requests);
        }
        Command::DownloadTo => {
            let sources = state.server.chosen_places();
            pick(state, requests, Task::DownloadTo(sources), Pick::DownloadFolder);
        }
        Command::DownloadAs => download_as(state, requests),
        Command::NewFolder => {
            let side = state.active;
            state.dialog = Some(Dialog::NewFolder { side, name: String::new() });
        }
        Command::Rename => rename(state),
        Command::Delete => delete(state),
        Command::Refresh => {
            for side in Side::BOTH {
                browse::refresh(state, side, requests);
            }
        }
        Command::ShareFolder => match state.sharing.share {
            Some(_) => share::look(state, requests),
            None => pick(state, requests, Task::Share, Pick::ShareFolder),
        },
        Command::CopyPath => copy_path(state, requests),
        Command::CopyLink => copy_link(state, requests),
        Command::BringBack => kept::update(state, KeptAction::Show(Tab::Undo), requests),
        Command::Unfinished => kept::update(state, KeptAction::Show(Tab::Parts), requests),
        Command::History => kept::update(state, KeptAction::Show(Tab::History), requests),
    }
}

/// What is chosen here, else files that a native dialog asks for.
fn upload(state: &mut State, requests: &mut Requests) {
    if state.here.selection.is_empty() {
        pick_upload(state, requests, Pick::UploadFiles);
        return;
    }
    let target = state.server.place.clone();
    transfer::carry_chosen(state, Direction::Upload, &target, requests);
}

fn pick_upload(state: &mut State, requests: &mut Requests, dialog: impl Fn(Place) -> Pick) {
    let task = Task::Upload(state.server.place.clone());
    pick(state, requests, task, dialog);
}

/// Opens a native dialog, one at a time, that begins where the pane of this computer is. What it
/// is about is settled now: the panes may show something else when it is answered.
fn pick(state: &mut State, requests: &mut Requests, task: Task, dialog: impl Fn(Place) -> Pick) {
    if state.picking.is_some() {
        return;
    }
    let whose = state.connection.server().map(Server::whose);
    state.picking = Some(Picking { task, whose });
    requests.push(Request::Pick(dialog(state.here.place.clone())));
}

/// A native dialog was answered.
pub(super) fn picked(state: &mut State, picked: Picked, requests: &mut Requests) {
    let Some(Picking { task, whose }) = state.picking.take() else { return };
    let is_same_server = whose == state.connection.server().map(Server::whose);
    match (task, picked) {
        (_, Picked::Nothing) => {}
        (_, Picked::Failed(problem)) => state.notices.add(problem, None),
        (Task::Share, Picked::Share(folder)) => share(state, &folder, requests),
        _ if !is_same_server => state.notices.add(problems::server_changed(), None),
        (Task::Upload(target), Picked::Upload(places)) => {
            transfer::upload(state, &places, &target, requests);
        }
        (Task::DownloadTo(sources), Picked::DownloadFolder(target)) => {
            transfer::download(state, &sources, &target, requests);
        }
        (Task::DownloadAs(source), Picked::DownloadName(target)) => {
            transfer::download_as(state, source, target, requests);
        }
        _ => {}
    }
}

/// Shares a folder of this computer.
pub(super) fn share(state: &mut State, folder: &Place, requests: &mut Requests) {
    share::ask(state, ShareRequest::Start(folder.to_path()), requests);
}

fn download_as(state: &mut State, requests: &mut Requests) {
    let chosen = state.server.chosen();
    if let [row] = chosen.as_slice() {
        let name = state.server.rows.name(*row).to_vec();
        let task = Task::DownloadAs(state.server.place_of(*row));
        pick(state, requests, task, |folder| Pick::DownloadName(folder.join(&name)));
    }
}

fn rename(state: &mut State) {
    let pane = state.pane(state.active);
    let [row] = *pane.chosen() else { return };
    let name = shown(pane.rows.name(row));
    state.dialog = Some(Dialog::Rename { side: pane.side, place: pane.place_of(row), name });
}

fn delete(state: &mut State) {
    let pane = state.pane(state.active);
    let chosen = pane.chosen();
    if chosen.is_empty() {
        return;
    }
    let places: Vec<(Place, Doomed)> =
        chosen.iter().map(|row| (pane.place_of(*row), doomed(pane, *row))).collect();
    let files = chosen.iter().filter(|row| doomed(pane, **row) == Doomed::File);
    let bytes = files.map(|row| pane.rows.size(*row)).sum();
    state.dialog = Some(Dialog::Delete(Deletion { side: pane.side, places, bytes }));
}

fn doomed(pane: &Pane, row: u32) -> Doomed {
    match pane.rows.kind(row) {
        RowKind::Link => Doomed::Link,
        _ if pane.rows.is_linked(row) => Doomed::Link,
        RowKind::Folder => Doomed::Folder,
        RowKind::File | RowKind::Other => Doomed::File,
    }
}

/// The paths of what is chosen, else of the folder that is shown. Where one of them is no text,
/// nothing is copied: another file may have the name that would be.
fn copy_path(state: &mut State, requests: &mut Requests) {
    let pane = state.pane(state.active);
    let chosen = pane.chosen_places();
    let places = if chosen.is_empty() { vec![pane.place.clone()] } else { chosen };
    let texts: Result<Vec<String>, &Place> =
        places.iter().map(|place| place.to_text().ok_or(place)).collect();
    match texts {
        Ok(texts) => requests.push(Request::Window(WindowRequest::Copy(texts.join("\n")))),
        Err(place) => state.notices.add(problems::no_text(&place.to_string()), None),
    }
}

/// The link of the chosen file or folder of the server, else of the folder that is shown.
fn copy_link(state: &State, requests: &mut Requests) {
    let Some(server) = state.connection.server() else { return };
    let pane = &state.server;
    let place = match *pane.chosen() {
        [row] => pane.place_of(row),
        _ => pane.place.clone(),
    };
    let path = percent::encoded(&place.to_bytes());
    // With the key, whoever opens the link has nothing to compare.
    let key = server.pinned.as_ref().map(|key| format!("#fp={key}")).unwrap_or_default();
    let link = format!("ferry://{}{path}{key}", server.address);
    requests.push(Request::Window(WindowRequest::Copy(link)));
}

/// Uploads the files that a text names as file managers put them on the clipboard: a URI a line.
/// Any other text is none of our business, even where it looks like a path; but where files were
/// copied, the clipboard holds more than the text.
pub(super) fn paste(state: &mut State, text: &str, requests: &mut Requests) {
    let is_said = |line: &&str| !line.starts_with('#') && !NO_FILE.contains(line);
    let lines = text.lines().map(str::trim).filter(is_said);
    let places: Option<Vec<Place>> = lines.map(pasted_place).collect();
    match places {
        Some(places) => upload_here(state, &places, requests),
        None => requests.push(Request::Window(WindowRequest::ReadCopiedFiles)),
    }
}

/// Uploads files of this computer into the folder of the server that is shown.
pub(super) fn upload_here(state: &mut State, files: &[Place], requests: &mut Requests) {
    let target = state.server.place.clone();
    transfer::upload(state, files, &target, requests);
}

/// Lines that file managers put around the files.
const NO_FILE: [&str; 4] = ["", "copy", "cut", "x-special/nautilus-clipboard"];

/// The file of this computer that a URI names; `None` for any other text.
fn pasted_place(line: &str) -> Option<Place> {
    let path = line.strip_prefix("file://")?;
    let path = path.strip_prefix("localhost").unwrap_or(path);
    path.starts_with('/').then(|| Place::parse(&percent::decoded(path)))
}
