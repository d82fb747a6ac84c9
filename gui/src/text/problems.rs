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
/// The journal of a job cannot be changed.
pub const CANNOT_NOTE: &str = "The transfer's journal cannot be changed";
/// No native dialog.
pub const NO_DIALOG: &str = "No file dialog can be opened";
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

/// What the system or a server said, as a sentence.
#[must_use]
pub fn sentence(text: &str) -> String {
    let mut chars = text.trim().trim_end_matches('.').chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
