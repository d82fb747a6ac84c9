//! Texts of the bar and the two panes.

use super::format::{count, counted, size};
use crate::action::Command;
use crate::state::arrangement::Column;
use crate::state::connection::Retrying;
use crate::state::pane::{Loading, Pane};
use crate::state::side::Side;

/// A side's name.
#[must_use]
pub fn side(side: Side) -> &'static str {
    match side {
        Side::Here => "This computer",
        Side::Server => "Server",
    }
}

/// A side's list, for screen readers.
#[must_use]
pub fn list(side: Side) -> &'static str {
    match side {
        Side::Here => "Files on this computer",
        Side::Server => "Files on the server",
    }
}

/// A button of the bar.
#[must_use]
pub fn command(command: Command) -> &'static str {
    match command {
        Command::Connect => "Connect",
        Command::Upload => "Upload",
        Command::UploadFiles => "Upload files…",
        Command::UploadFolders => "Upload folders…",
        Command::Download => "Download",
        Command::DownloadTo => "Download to a folder…",
        Command::DownloadAs => "Download as…",
        Command::NewFolder => "New folder",
        Command::Rename => "Rename",
        Command::Delete => "Delete",
        Command::Refresh => "Refresh",
        Command::ShareFolder => "Share a folder",
        Command::CopyPath => "Copy path",
        Command::CopyLink => "Copy link",
        Command::BringBack => "Bring back files…",
        Command::Unfinished => "Unfinished uploads…",
        Command::History => "History…",
    }
}

/// What a button of the bar does, with its key.
#[must_use]
pub fn command_hint(command: Command) -> &'static str {
    match command {
        Command::Connect => "Connect to another server",
        Command::Upload => "Send what is chosen on this computer, or choose files to send (Ctrl+U)",
        Command::UploadFiles => "Choose files to send",
        Command::UploadFolders => "Choose folders to send",
        Command::Download => {
            "Fetch what is chosen on the server into the folder on the left (Ctrl+D)"
        }
        Command::DownloadTo => "Fetch it into a folder you choose",
        Command::DownloadAs => "Fetch it under a name you choose",
        Command::NewFolder => "Make a folder on the active side (F7)",
        Command::Rename => "Give what is chosen another name (F2)",
        Command::Delete => "Remove what is chosen (Del)",
        Command::Refresh => "Read both folders again (F5)",
        Command::ShareFolder => "Let others fetch a folder of this computer",
        Command::CopyPath => "Copy the path of what is chosen",
        Command::CopyLink => "Copy a link to it",
        Command::BringBack => "Show what was replaced or deleted on the server (Ctrl+Z)",
        Command::Unfinished => "Show uploads that were cut",
        Command::History => "Show what you did on this server",
    }
}

/// Opens a menu of what has no button.
pub const MORE: &str = "More";
/// Shows the keys.
pub const KEYS: &str = "Keys";
/// Themes to change to.
pub const THEME_LIGHT: &str = "Light theme";
/// The dark one.
pub const THEME_DARK: &str = "Dark theme";
/// As the system wants it.
pub const THEME_SYSTEM: &str = "Theme of the system";

/// Who is connected to which server.
#[must_use]
pub fn who_at(account: &str, server: &str) -> String {
    let account = if account.is_empty() { "guest" } else { account };
    format!("{account} at {server}")
}

/// Why a button does nothing now.
pub const NEEDS_SERVER: &str = "Connect to a server first";
/// Why a download does nothing now.
pub const NEEDS_CHOICE: &str = "Choose files on the server first";
/// Why Rename does nothing now.
pub const NEEDS_ONE: &str = "Choose one file or folder first";
/// Why Delete does nothing now.
pub const NEEDS_SOME: &str = "Choose files or folders first";
/// Why changes of the server are not possible.
pub const READ_ONLY: &str = "This account may only read on this server";

/// A column's title.
#[must_use]
pub fn column(column: Column) -> &'static str {
    match column {
        Column::Name => "Name",
        Column::Size => "Size",
        Column::Modified => "Modified",
    }
}

/// A column's button, for screen readers.
#[must_use]
pub fn sort_by(column: Column, side: Side) -> String {
    let name = self::column(column).to_lowercase();
    format!("Sort {} by {name}", list(side).to_lowercase())
}

/// The filter's field.
#[must_use]
pub fn filter(side: Side) -> &'static str {
    match side {
        Side::Here => "Filter files on this computer",
        Side::Server => "Filter files on the server",
    }
}

/// In the empty filter.
pub const FILTER_HINT: &str = "Filter";
/// Empties the filter.
pub const FILTER_CLEAR: &str = "Clear filter";

/// The address field.
#[must_use]
pub fn address(side: Side) -> &'static str {
    match side {
        Side::Here => "Path on this computer",
        Side::Server => "Path on the server",
    }
}

/// Opens the address field.
#[must_use]
pub fn edit_address(side: Side) -> &'static str {
    match side {
        Side::Here => "Type a path on this computer",
        Side::Server => "Type a path on the server",
    }
}

/// Buttons of a pane's head.
#[must_use]
pub fn up(side: Side) -> &'static str {
    match side {
        Side::Here => "Up one folder on this computer",
        Side::Server => "Up one folder on the server",
    }
}

/// Shows what begins with a dot, or not.
#[must_use]
pub fn hidden(side: Side) -> &'static str {
    match side {
        Side::Here => "Show hidden files on this computer",
        Side::Server => "Show hidden files on the server",
    }
}

/// The topmost crumb where it is the only one.
pub const TOP: &str = "Top";
/// The topmost crumb.
#[must_use]
pub fn root(side: Side) -> &'static str {
    match side {
        Side::Here => "Top of this computer",
        Side::Server => "Top of the server",
    }
}

/// While a folder is read.
pub const LOADING: &str = "Reading the folder…";
/// While many rows are sorted.
pub const SORTING: &str = "Sorting…";

/// A folder that holds nothing, and what one can do there.
#[must_use]
pub fn empty(side: Side, can_write: bool) -> (&'static str, &'static str) {
    match (side, can_write) {
        (Side::Server, true) => (
            "This folder is empty",
            "Drop files here, drag rows over from the left, or press Upload.",
        ),
        (Side::Server, false) => ("This folder is empty", "There is nothing to fetch here."),
        (Side::Here, _) => (
            "This folder is empty",
            "Drag rows over from the right, or press Download, to fetch files into it.",
        ),
    }
}

/// A filter that finds nothing.
#[must_use]
pub fn nothing_found(filter: &str) -> String {
    format!("No name holds “{filter}”")
}
/// What to do about it.
pub const NOTHING_FOUND_REMEDY: &str = "Press Escape to see everything again.";
/// All that a folder holds is hidden.
pub const ALL_HIDDEN: &str = "Only hidden files here";
/// What to do about it.
pub const ALL_HIDDEN_REMEDY: &str = "Press Ctrl+H to see names that begin with a dot.";
/// A folder that could not be read.
pub const TRY_AGAIN: &str = "Try again";
/// Opens a row.
pub const OPEN: &str = "Open";
/// Chooses all.
pub const SELECT_ALL: &str = "Select all";

/// What is chosen, or how much there is, below a list.
#[must_use]
pub fn status(pane: &Pane) -> String {
    let chosen = pane.selection.len() as u64;
    if chosen > 0 {
        let bytes = pane.chosen_bytes;
        let size = if bytes > 0 { format!(", {}", size(bytes)) } else { String::new() };
        return format!("{} of {} chosen{size}", count(chosen), items(pane.shown().len()));
    }
    let mut status = if pane.loading == Loading::Running {
        format!("{} so far", items(pane.rows.len()))
    } else if pane.filter.text.trim().is_empty() {
        items(pane.shown().len())
    } else {
        format!("{} of {}", count(pane.shown().len() as u64), items(pane.rows.len()))
    };
    let hidden = pane.hidden_count() as u64;
    if hidden > 0 && !pane.is_loading() && !pane.is_arranging {
        status = format!("{status}, {} hidden", count(hidden));
    }
    status
}

fn items(number: usize) -> String {
    counted(number as u64, "item", "items")
}

/// What a drag carries.
#[must_use]
pub fn dragged(number: usize) -> String {
    items(number)
}

/// What happens when files of another program are dropped.
#[must_use]
pub fn drop_here(folder: &str) -> String {
    format!("Drop to upload to {folder}")
}

/// There is no connection to the server, and what is done about it.
#[must_use]
pub fn trouble(server: &str, retry: Option<Retrying>) -> String {
    match retry {
        None => format!("No connection to {server}."),
        Some(Retrying { attempt, in_secs }) => {
            let when = if in_secs == 0 { "now".to_owned() } else { format!("in {in_secs} s") };
            format!("No connection to {server}. Trying for the {} time {when}…", nth(attempt))
        }
    }
}
/// What to do once it is not tried any more.
pub const TROUBLE_REMEDY: &str = "It is not tried any more by itself.";

fn nth(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_counted_as_people_do() {
        let shown = [1, 2, 3, 4, 11, 12, 21, 102, 113].map(nth);
        assert_eq!(shown, ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "102nd", "113th"]);
        let retry = Retrying { attempt: 3, in_secs: 4 };
        let text = trouble("harbour:3000", Some(retry));
        assert_eq!(text, "No connection to harbour:3000. Trying for the 3rd time in 4 s…");
    }
}
