//! What went wrong, in plain words: a summary, and what to do.

use crate::state::problem::{Fault, Problem};

/// The address cannot be one.
pub const BAD_ADDRESS: &str = "This is no address of a server";
/// What an address looks like.
#[must_use]
pub fn bad_address(why: &str) -> String {
    format!("{}. An address looks like ferry://host or host:3000.", sentence(why))
}

/// Files were dropped and there is no server.
#[must_use]
pub fn needs_server() -> Problem {
    Problem {
        summary: "There is no server to send these to".to_owned(),
        details: "Connect to one first, then drop them again.".to_owned(),
        fault: Fault::Here,
    }
}

/// Files were dropped behind a question.
#[must_use]
pub fn answer_first() -> Problem {
    Problem {
        summary: "Nothing was sent yet".to_owned(),
        details: "Answer the question that is open, then drop the files again.".to_owned(),
        fault: Fault::Here,
    }
}

/// Files were dropped on the connect screen while a server is connected.
#[must_use]
pub fn go_back_first() -> Problem {
    Problem {
        summary: "Nothing was sent yet".to_owned(),
        details: "Go back to the server, then drop the files again.".to_owned(),
        fault: Fault::Here,
    }
}

/// A path was to be copied that no text can name.
#[must_use]
pub fn no_text(place: &str) -> Problem {
    Problem {
        summary: format!("The path of {place} cannot be copied"),
        details: "Its name holds what is no text, or cannot be seen, so that what is copied would \
                  name something else. Rename it first."
            .to_owned(),
        fault: Fault::Here,
    }
}

/// The window was to close, but transfers ended otherwise than well.
#[must_use]
pub fn window_stays() -> Problem {
    Problem {
        summary: "The window stays open".to_owned(),
        details: "The transfers have ended, but not all files got through. See what failed or \
                  asks, below."
            .to_owned(),
        fault: Fault::Here,
    }
}

/// Files were dropped on a server where the account may only read.
#[must_use]
pub fn may_only_read() -> Problem {
    Problem {
        summary: "This account may only read on this server".to_owned(),
        details: "Nothing was sent. Ask its owner for the right to write, or connect with \
                  another account."
            .to_owned(),
        fault: Fault::Server,
    }
}

/// The server was changed while a native dialog was open.
#[must_use]
pub fn server_changed() -> Problem {
    Problem {
        summary: "Another server is connected by now".to_owned(),
        details: "Nothing was carried, since the dialog was opened for the server before. Choose \
                  once more."
            .to_owned(),
        fault: Fault::Here,
    }
}

/// The server of the shared folder has ended and nobody had asked for it.
#[must_use]
pub fn sharing_ended() -> Problem {
    Problem {
        summary: super::sharing::ENDED.to_owned(),
        details: super::sharing::ENDED_REMEDY.to_owned(),
        fault: Fault::Here,
    }
}

/// No connection.
#[must_use]
pub fn no_connection(server: &str) -> String {
    format!("No connection to {server}")
}
/// The login was refused.
pub const LOGIN_REFUSED: &str = "The server refused this login";
/// What to do then.
pub const LOGIN_REMEDY: &str =
    "Check the name and the password. A server that has no guest needs both.";
/// A password is missing.
#[must_use]
pub fn password_needed(account: &str) -> String {
    format!("The account “{account}” needs its password")
}
/// What to do then.
pub const PASSWORD_REMEDY: &str = "Type it below and connect again. Ferry never keeps it.";
/// The guest is refused.
pub const GUEST_REFUSED: &str = "This server lets no guest in";
/// What to do then.
pub const GUEST_REMEDY: &str = "Type the name and the password of an account and connect again.";
/// Not trusted.
pub const NOT_TRUSTED: &str = "Not connected";
/// What happened then.
pub const NOT_TRUSTED_DETAILS: &str =
    "You said that this is not the right server. Nothing was sent to it.";
/// The connection was lost.
#[must_use]
pub fn lost(server: &str) -> String {
    format!("The connection to {server} was lost")
}
/// The server asks to come back later.
#[must_use]
pub fn busy(server: &str) -> String {
    format!("{server} lets a connection wait")
}
/// What is done about it.
pub const BUSY_REMEDY: &str = "Ferry does so by itself; what waits for it can be cancelled.";
/// A folder cannot be read.
#[must_use]
pub fn cannot_list(place: &str) -> String {
    format!("Cannot read {place}")
}
/// A folder cannot be made.
#[must_use]
pub fn cannot_make(place: &str) -> String {
    format!("Cannot make {place}")
}
/// Something cannot be renamed.
#[must_use]
pub fn cannot_rename(place: &str) -> String {
    format!("Cannot rename {place}")
}
/// Something cannot be removed.
#[must_use]
pub fn cannot_remove(place: &str) -> String {
    format!("Cannot delete {place}")
}
/// What can be brought back cannot be listed.
pub const CANNOT_LIST_UNDO: &str = "Cannot read what can be brought back";
/// Unfinished uploads cannot be listed.
pub const CANNOT_LIST_PARTS: &str = "Cannot read the list of unfinished uploads";
/// The history cannot be listed.
pub const CANNOT_LIST_HISTORY: &str = "Cannot read your history";
/// A group cannot be brought back.
pub const CANNOT_BRING_BACK: &str = "Not all of it was brought back";
/// Something cannot be brought back.
#[must_use]
pub fn cannot_bring_back(place: &str) -> String {
    format!("Cannot bring {place} back")
}
/// It is kept no more.
pub const KEPT_NO_MORE: &str = "The server keeps this no more";
/// Why.
pub const KEPT_NO_MORE_DETAILS: &str = "It was brought back or given up meanwhile.";
/// An unfinished upload cannot be given up.
pub const CANNOT_ABANDON: &str = "Cannot give this upload up";
/// A file failed.
#[must_use]
pub fn file_failed(name: &str) -> String {
    format!("{name} was not transferred")
}
/// A job stopped.
pub const JOB_STOPPED: &str = "The transfer stopped";
/// Saved servers cannot be written.
pub const CANNOT_SAVE: &str = "The list of servers cannot be saved";
/// Saved servers cannot be read.
pub const CANNOT_READ_SAVED: &str = "The list of servers cannot be read";
/// What to do then.
#[must_use]
pub fn saved_damaged(file: &str, why: &str) -> String {
    format!("{file}: {why}. It is left as it is; remove it to begin with an empty list.")
}
/// Journals of jobs cannot be read or used.
pub const UNUSABLE_JOURNALS: &str = "Transfers of earlier windows cannot be gone on with";
/// A journal was renamed, because it cannot be used.
#[must_use]
pub fn set_aside(path: &std::path::Path, why: &str) -> String {
    format!("A journal cannot be used: {why}. It was kept as {}.", path.display())
}
/// A server's key cannot be forgotten.
pub const CANNOT_FORGET: &str = "The server cannot be forgotten";
/// The journal of a job cannot be changed.
pub const CANNOT_NOTE: &str = "The transfer's journal cannot be changed";
/// No native dialog.
pub const NO_DIALOG: &str = "No file dialog can be opened";
/// Why not, where the desktop has nothing that draws one.
pub const NO_DIALOG_PROVIDER: &str =
    "This desktop has neither a portal with file dialogs nor the program zenity.";
/// What to do then.
pub const NO_DIALOG_REMEDY: &str = "Install the package xdg-desktop-portal-gtk or zenity, or drop the files on the window instead.";
/// A name is taken.
pub const NAME_TAKEN: &str = "Something of this name is there already. Choose another name.";
/// The disk is full.
pub const DISK_FULL_HERE: &str = "The disk of this computer is full. Make room and try again.";
/// The server's disk is full.
pub const DISK_FULL_SERVER: &str =
    "The server's disk is full. Its owner has to make room; then try again.";
/// The target exists.
pub const EXISTS: &str = "A different file of this name is there already.";

/// The server has another key than before.
pub const KEY_CHANGED: &str =
    "The server shows another key than before. Disconnect and connect again to see both.";
/// The connection was lost on the way.
pub const LOST_REMEDY: &str = "Nothing that was complete is lost. Try again; if it stays so, check \
                               the network and that the server runs.";
/// No connection came about.
#[must_use]
pub fn cannot_connect(server: &str, why: &str) -> String {
    with_remedy(
        &format!("{server} cannot be reached: {why}"),
        "Check the address, this computer's network, and that the server runs.",
    )
}
/// What the two programs say to each other does not fit.
pub const OTHER_VERSION: &str =
    "Check that Ferry is as new here as it is there, and that the address is right.";
/// A journal cannot be used.
pub const JOURNAL_REMEDY: &str =
    "Begin the transfer anew; files that are complete are not sent twice.";
/// This user may not do that.
pub const NOT_ALLOWED_HERE: &str =
    "This user may not do that there. Choose another folder, or change its permissions.";
/// It is gone.
pub const GONE_HERE: &str = "It is not there any more. Refresh to see what is.";
/// The file system takes no changes.
pub const READ_ONLY_HERE: &str = "This disk can only be read. Choose a folder on another one.";
/// A folder holds something.
pub const NOT_EMPTY_HERE: &str =
    "Something was put into the folder meanwhile. Refresh and try again.";
/// A name cannot be.
pub const BAD_NAME_HERE: &str = "This disk cannot hold that name. Choose another one.";
/// A folder was expected.
pub const NO_FOLDER_HERE: &str =
    "That is a file by now, not a folder. Refresh to see what is there.";
/// Renaming does not reach another disk.
pub const OTHER_DISK_HERE: &str = "That is another disk. Copy it there instead.";
/// Another program uses it.
pub const BUSY_HERE: &str = "Another program uses it. Close that, then try again.";
/// Whatever else the system says.
pub const SYSTEM_REMEDY: &str = "Try again; if it stays so, look at the disk.";

/// Why a path cannot be on the server.
pub const NAME_RESERVED: &str =
    "names that begin with .ferry- belong to Ferry itself; give it another one";
/// The same.
pub const NAME_TOO_LONG: &str = "this name is too long for the server; shorten it";
/// The same.
pub const PATH_TOO_LONG: &str = "this path is too long for the server; choose a folder further up";
/// The same.
pub const NAME_IMPOSSIBLE: &str = "the server cannot hold this name; give it another one";

/// What was said as a sentence, and what to do.
#[must_use]
pub fn with_remedy(said: &str, remedy: &str) -> String {
    format!("{}. {remedy}", sentence(said))
}

/// A password is in the address.
pub const PASSWORD_IN_ADDRESS: &str =
    "An address may not hold a password, which others could see; type it into its own field";

/// So many things wait for a server already that this was not done.
#[must_use]
pub fn too_much(summary: String) -> Problem {
    Problem {
        summary,
        details: "Too much waits to be done already, since something does not answer. Try again \
                  once it does."
            .to_owned(),
        fault: Fault::Here,
    }
}

/// Above what the client library has to say.
#[must_use]
pub fn server_says(server: &str) -> String {
    format!("About the connection to {server}")
}

/// A reason that holds for more than what it was said of.
#[must_use]
pub fn and_others(details: &str, others: u64) -> String {
    let others = super::format::counted(others, "other was", "others were");
    format!("{details} {others} not deleted either.")
}

/// What the system or a server said, as a sentence.
#[must_use]
pub fn sentence(text: &str) -> String {
    let mut chars = text.trim().trim_end_matches('.').chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
