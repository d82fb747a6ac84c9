//! Texts of the questions over the window, and of notices.

use super::format::{counted, files, size};
use crate::state::dialog::{Deletion, Doomed, NameMistake};
use crate::state::problem::{Fault, Problem};
use crate::state::side::Side;
use crate::state::transfers::{Choice, Direction};

/// Closes a dialog and changes nothing.
pub const CANCEL: &str = "Cancel";
/// Closes a dialog that only tells.
pub const CLOSE: &str = "Close";
/// Above the name of a new folder.
pub const NEW_FOLDER: &str = "New folder";
/// The field for it.
pub const FOLDER_NAME: &str = "Folder name";
/// Makes it.
pub const MAKE: &str = "Make folder";
/// Above another name.
pub const RENAME: &str = "Rename";
/// The field for it.
pub const NEW_NAME: &str = "New name";
/// Removes. What a server removes it may keep for a while.
#[must_use]
pub fn delete(side: Side) -> &'static str {
    match side {
        Side::Here => "Delete for good",
        Side::Server => "Delete from the server",
    }
}

/// Where a new folder is made.
#[must_use]
pub fn new_folder_in(side: Side, folder: &str) -> String {
    match side {
        Side::Here => format!("In {folder} on this computer"),
        Side::Server => format!("In {folder} on the server"),
    }
}

/// What is wrong with a typed name.
#[must_use]
pub fn name_mistake(mistake: NameMistake) -> &'static str {
    match mistake {
        NameMistake::Empty => "",
        NameMistake::Slash => "A name cannot hold a slash.",
        NameMistake::Dots => "This name is taken by the system.",
        NameMistake::TooLong => "This name is too long: 255 bytes are the most.",
        NameMistake::Reserved => "Names that begin with .ferry- belong to Ferry itself.",
    }
}

/// The question whether to remove.
#[must_use]
pub fn delete_title(deletion: &Deletion) -> String {
    match deletion.places.as_slice() {
        [(place, _)] => {
            let name = crate::state::place::shown(place.name().unwrap_or_default());
            format!("Delete “{name}”?")
        }
        places => format!("Delete {}?", counted(places.len() as u64, "item", "items")),
    }
}

/// What will happen.
#[must_use]
pub fn delete_details(deletion: &Deletion) -> String {
    let [folders, plain, links] =
        [Doomed::Folder, Doomed::File, Doomed::Link].map(|kind| deletion.count(kind) as u64);
    let mut what = Vec::new();
    if plain > 0 {
        what.push(format!("{} ({})", files(plain), size(deletion.bytes)));
    }
    if folders > 0 {
        what.push(format!("{} with everything in them", counted(folders, "folder", "folders")));
    }
    if links > 0 {
        what.push(counted(links, "link", "links"));
    }
    let stays = match links {
        0 => "",
        1 => " What the link leads to stays.",
        _ => " What the links lead to stays.",
    };
    let (side, after) = match deletion.side {
        Side::Here => ("this computer", "This cannot be undone."),
        Side::Server => (
            "the server",
            "Where the server keeps what is removed, Ctrl+Z shows it, to be brought back.",
        ),
    };
    format!("{} will be removed from {side}.{stays} {after}", listed(&what))
}

/// Things in a sentence, as in "a, b and c".
fn listed(things: &[String]) -> String {
    match things {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        _ => things.concat(),
    }
}

/// Whether to forget a server.
#[must_use]
pub fn forget_title(server: &str) -> String {
    format!("Forget {server}?")
}
/// What will happen.
pub const FORGET_DETAILS: &str = "It leaves the list, and this computer forgets the server's key and that it is let in there without a password. Nothing changes on the server, and nothing is connected.";
/// And after that.
pub const FORGET_THEN: &str = "If you connect again, you compare the fingerprint as at first.";
/// Forgets it.
pub const FORGET: &str = "Forget it";

/// Above the question at closing.
pub const CLOSE_TITLE: &str = "Transfers are still running";
/// What will happen.
pub const CLOSE_DETAILS: &str = "If you stop them, files that are complete stay; the others can be sent again later and go on where they stopped.";
/// Waits.
pub const CLOSE_WAIT: &str = "Close when done";
/// Goes on in the background.
pub const CLOSE_HIDE: &str = "Go on in the background";
/// Stops.
pub const CLOSE_NOW: &str = "Stop and close";
/// The window waits.
pub const CLOSES_WHEN_DONE: &str = "The window closes when the transfers are done";
/// It closes no more.
pub const STAY_OPEN: &str = "Stay open";

/// Above the conflicts of files that go that way.
#[must_use]
pub fn conflicts_title(open: u64, direction: Direction) -> String {
    let place = place_of(direction.source().other());
    match open {
        1 => format!("One file exists already {place}"),
        open => format!("{} exist already {place}", files(open)),
    }
}
/// Says what is asked, and what replacing means.
#[must_use]
pub fn conflicts_details(direction: Direction) -> &'static str {
    match direction {
        Direction::Upload => {
            "Same name, other content. Replace puts yours in the place of the server's; where the \
             server keeps what is replaced, Ctrl+Z shows it. Everything else goes on meanwhile."
        }
        Direction::Download => {
            "Same name, other content. Replace puts the server's in the place of yours, which is \
             gone for good then. Everything else goes on meanwhile."
        }
    }
}

/// What a choice does with a file, by the way that files go.
#[must_use]
pub fn choice_hint(choice: Choice, direction: Direction) -> String {
    let [from, to] = [direction.source(), direction.source().other()].map(place_of);
    match choice {
        Choice::Replace => format!("The file {to} is replaced by the one {from}"),
        Choice::Newer => format!("The file {to} is replaced only by a newer one {from}"),
        Choice::KeepBoth => {
            format!("Both are kept {to}; the one {from} gets a number, as in “name (1)”")
        }
        Choice::Skip => format!("The file {to} stays as it is"),
    }
}

fn place_of(side: Side) -> &'static str {
    match side {
        Side::Here => "on this computer",
        Side::Server => "on the server",
    }
}
/// The file on this computer.
pub const HERE: &str = "This computer";
/// The file on the server.
pub const SERVER: &str = "Server";
/// Marks the newer of two files.
pub const NEWER: &str = "newer";
/// Leaves the questions open.
pub const LATER: &str = "Decide later";

/// Above the failures.
#[must_use]
pub fn failures_title(failed: u64) -> String {
    format!("{} failed", files(failed))
}
/// Tries again.
pub const RETRY: &str = "Try these again";

/// The side that a problem lies on.
#[must_use]
pub fn fault(fault: Fault) -> &'static str {
    match fault {
        Fault::Here => "On this computer",
        Fault::Server => "On the server",
        Fault::Network => "On the way",
        Fault::Untold => "",
    }
}

/// Why a file failed, with the side where it is known.
#[must_use]
pub fn reason(problem: &Problem) -> String {
    match fault(problem.fault) {
        "" => problem.details.clone(),
        side => format!("{side}: {}", problem.details),
    }
}

/// Buttons of a notice.
pub const NOTICE_DISMISS: &str = "Dismiss";
/// Reads the folders again.
pub const NOTICE_REFRESH: &str = "Refresh";
/// Shows the connect screen.
pub const NOTICE_RECONNECT: &str = "Connect again";

/// How often it happened.
#[must_use]
pub fn times(count: u32) -> String {
    format!("{count} times")
}

/// Titles of native dialogs.
pub const PICK_FILES: &str = "Choose files to upload";
/// For folders to upload.
pub const PICK_FOLDERS: &str = "Choose folders to upload";
/// For a folder to download to.
pub const PICK_TARGET: &str = "Choose a folder to download to";
/// For a name to download one file as.
pub const PICK_NAME: &str = "Download as";
/// For a folder to share.
pub const PICK_SHARE: &str = "Choose a folder to share";

/// Above the keys.
pub const KEYS_TITLE: &str = "Keys";
/// The keys and what they do.
pub const KEYS: &[(&str, &str)] = &[
    ("Tab", "go to the next control"),
    ("↑ ↓ Page Home End", "move; with Shift choose a range"),
    ("Space", "choose or leave out the row"),
    ("Ctrl+A", "choose all"),
    ("Enter", "open a folder; carry a file, or all that is chosen, to the other side"),
    ("Backspace", "up one folder"),
    ("Alt+← Alt+→", "back and forward"),
    ("any letter", "filter; Escape shows all again"),
    ("Ctrl+L", "type a path"),
    ("Ctrl+H", "show hidden files"),
    ("F2 · F7 · Del", "rename, new folder, delete"),
    ("F5", "refresh"),
    ("Ctrl+U · Ctrl+D", "upload, download"),
    ("Ctrl+Z", "show what was replaced or deleted, to bring it back"),
    ("Ctrl+C · Ctrl+V", "copy the path; send copied files"),
    ("F6", "go to the other side"),
];

/// How many more there are than are listed.
#[must_use]
pub fn and_more(more: u64) -> String {
    format!("and {} more", super::format::count(more))
}
