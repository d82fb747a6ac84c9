//! Texts of what the server keeps: undo, unfinished uploads, history.

use super::format::{count, counted, files, size};
use crate::state::kept::{
    Deed, DeedEnd, DeedKind, Fate, Group, Part, Reason, Returned, Tab, Thing,
};
use crate::state::place::Place;

/// Above the dialog.
pub const TITLE: &str = "Kept on the server";
/// Reads the list again.
pub const RELOAD: &str = "Read this list again";
/// While a list is read.
pub const LOADING: &str = "Asking the server…";
/// Reads it after it could not be read.
pub const TRY_AGAIN: &str = "Try again";

/// A list's name.
#[must_use]
pub fn tab(tab: Tab) -> &'static str {
    match tab {
        Tab::Undo => "Bring back",
        Tab::Parts => "Unfinished uploads",
        Tab::History => "History",
    }
}

/// What a list is about.
#[must_use]
pub fn about(tab: Tab) -> &'static str {
    match tab {
        Tab::Undo => {
            "What uploads replaced and what was deleted, for 7 days or as its owner set, while there \
             is room."
        }
        Tab::Parts => {
            "Uploads that were cut. Send the same files again, and they go on from there."
        }
        Tab::History => "What you did on this server, from every device.",
    }
}

/// An empty list: what it is, and what will be in it.
#[must_use]
pub fn empty(tab: Tab, is_guest: bool) -> (&'static str, &'static str) {
    match (tab, is_guest) {
        (Tab::Undo, _) => (
            "Nothing to bring back",
            "When you delete something here, or an upload replaces a file, the old one waits here, \
             unless the server's owner has turned that off.",
        ),
        (Tab::Parts, _) => (
            "Every upload came to its end",
            "One that is cut waits here until the same file is sent again, or until you give it up.",
        ),
        (Tab::History, true) => (
            "A guest has no history",
            "Anybody can be the guest. Connect with an account of your own, and what you do is \
             written down for you.",
        ),
        (Tab::History, false) => {
            ("Nothing was done yet", "Uploads, downloads and changes will be listed here.")
        }
    }
}

/// Brings something back.
pub const BRING_BACK: &str = "Bring back";
/// Brings a whole group back.
pub const BRING_ALL_BACK: &str = "Bring all back";
/// Takes the place of what is there.
pub const REPLACE: &str = "Replace it";
/// Takes the places of all that are there.
pub const REPLACE_ALL: &str = "Replace them";
/// Says what becomes of what is replaced.
pub const REPLACE_HINT: &str = "What is there now is kept in its turn";
/// Gets a name of its own.
pub const KEEP_BOTH: &str = "Keep both";
/// Shows what a group holds.
pub const OPEN_GROUP: &str = "Show what it was";
/// Hides what a group holds.
pub const CLOSE_GROUP: &str = "Hide what it was";

/// A button about one thing, for screen readers.
#[must_use]
pub fn button_for(button: &str, what: &str) -> String {
    format!("{button}: {what}")
}

/// A group's title, as in "12 items deleted".
#[must_use]
pub fn group_title(group: &Group) -> String {
    let is_all = |reason| group.things.iter().all(|thing| thing.reason == reason);
    if is_all(Reason::Removed) {
        format!("{} deleted", counted(group.count, "item", "items"))
    } else if is_all(Reason::Replaced) {
        format!("{} replaced", files(group.count))
    } else {
        format!("{} replaced or deleted", counted(group.count, "item", "items"))
    }
}

/// Below a group's title.
#[must_use]
pub fn group_details(group: &Group, folder: &Place, time: &str) -> String {
    let bytes = if group.bytes > 0 { format!(" · {}", size(group.bytes)) } else { String::new() };
    format!("in {folder} · {time}{bytes}")
}

/// How far bringing a group back is.
#[must_use]
pub fn returned(returned: &Returned) -> String {
    let mut parts = Vec::new();
    if returned.back > 0 || (returned.taken == 0 && returned.failed == 0) {
        parts.push(format!("{} brought back", count(returned.back)));
    }
    if returned.taken > 0 {
        let names = counted(returned.taken, "name is", "names are");
        parts.push(format!("{names} taken by something else now"));
    }
    if returned.failed > 0 {
        parts.push(format!("{} failed", count(returned.failed)));
    }
    if let Some(problem) = &returned.problem {
        parts.push(problem.details.clone());
    }
    let dots = if returned.is_running { "…" } else { "" };
    format!("{}{dots}", parts.join(" · "))
}

/// Below a thing's place.
#[must_use]
pub fn thing(thing: &Thing, time: &str) -> String {
    match &thing.fate {
        Fate::Kept => {
            let reason = match thing.reason {
                Reason::Replaced => "Replaced",
                Reason::Removed => "Deleted",
            };
            let what = if thing.is_folder {
                "folder with all that was in it".to_owned()
            } else {
                size(thing.size)
            };
            format!("{reason} {time} · {what}")
        }
        Fate::Returning => "Bringing it back…".to_owned(),
        Fate::Back(place) if *place == thing.place => "It is back".to_owned(),
        Fate::Back(place) => format!("It is back as {place}"),
        Fate::Taken => "Something else has this name now".to_owned(),
        Fate::Failed(problem) => problem.details.clone(),
    }
}

/// Things of a group that are not listed.
#[must_use]
pub fn more(more: u64) -> String {
    format!("and {} more, which come back with all of them", count(more))
}

/// Gives an unfinished upload up.
pub const ABANDON: &str = "Give up";
/// Does so for good.
pub const ABANDON_NOW: &str = "Give up for good";
/// Does not.
pub const KEEP: &str = "Keep it";
/// Why it cannot be given up now.
pub const IS_COMING: &str = "It is being sent right now";

/// Below an unfinished upload's place.
#[must_use]
pub fn part(part: &Part, time: &str) -> String {
    let now =
        if part.is_coming { "being sent now".to_owned() } else { format!("last touched {time}") };
    format!("{} of {} are there · {now}", size(part.held), size(part.size))
}

/// The question whether to give one up.
#[must_use]
pub fn abandon(part: &Part) -> String {
    format!("Remove {} from the server? Its upload would begin anew.", size(part.held))
}

/// Shows older deeds.
pub const OLDER: &str = "Show older";
/// Nothing but logins was done.
pub const ONLY_LOGINS: (&str, &str) =
    ("Nothing but logins", "Tick “Show logins” below to see them, or show older entries.");
/// Shows logins.
pub const SHOW_LOGINS: &str = "Show logins";

/// What was done, as in "Renamed /a".
#[must_use]
pub fn deed(deed: &Deed) -> String {
    let verb = match deed.kind {
        DeedKind::LogIn => "Logged in",
        DeedKind::LogOut => "Logged out",
        DeedKind::Upload => "Uploaded",
        DeedKind::Download => "Downloaded",
        DeedKind::Remove => "Deleted",
        DeedKind::Rename => "Renamed",
        DeedKind::MakeFolder => "Made folder",
        DeedKind::SetAttributes => "Changed time or rights of",
        DeedKind::Copy => "Copied",
        DeedKind::BringBack => "Brought back",
        DeedKind::Forget => "Gave up for good",
        DeedKind::Other => "Did something this version has no word for",
    };
    let to = if deed.to.is_empty() { String::new() } else { format!(" → {}", deed.to) };
    let path = if deed.path.is_empty() { String::new() } else { format!(" {}", deed.path) };
    format!("{verb}{path}{to}")
}

/// Below it: how it ended, when, how much, from where.
#[must_use]
pub fn deed_details(deed: &Deed, time: &str) -> String {
    let mut parts = Vec::new();
    match deed.end {
        DeedEnd::Done => {}
        DeedEnd::Failed => parts.push("failed".to_owned()),
        DeedEnd::Interrupted => parts.push("interrupted".to_owned()),
    }
    if !deed.text.is_empty() {
        parts.push(deed.text.clone());
    }
    parts.push(time.to_owned());
    if matches!(deed.kind, DeedKind::Upload | DeedKind::Download) {
        parts.push(size(deed.size));
    }
    if !deed.peer.is_empty() {
        parts.push(format!("from {}", host(&deed.peer)));
    }
    parts.join(" · ")
}

/// The address without its port, which says nothing to a person.
fn host(peer: &str) -> &str {
    peer.rsplit_once(':').map_or(peer, |(host, _)| host)
}
