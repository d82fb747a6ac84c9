//! Everything that can happen, as plain data: what a person does, and what workers come back with.

mod event;
mod kept;
mod share;

pub use event::{AttemptEvent, Event, FilesEnded, JobEnd, Picked};
pub use kept::{KeptAction, KeptEvent};
pub use share::ShareAction;

use crate::state::ThemeChoice;
use crate::state::arrangement::Column;
use crate::state::notice::Remedy;
use crate::state::place::Place;
use crate::state::side::Side;
use crate::state::transfers::{Choice, JobId};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Action {
    /// On the connect screen.
    Connect(ConnectAction),
    /// In a pane.
    Pane(Side, PaneAction),
    /// A button of the bar, or its key.
    Command(Command),
    /// A text came with the clipboard.
    Paste(String),
    /// In the transfers panel.
    Transfer(TransferAction),
    /// In the question over the window.
    Dialog(DialogAction),
    /// On a notice.
    Notice(NoticeAction),
    /// In the dialog of the shared folder.
    Share(ShareAction),
    /// In the dialog of what the server keeps.
    Kept(KeptAction),
    /// Of the window itself.
    Window(WindowAction),
    /// A worker came back.
    Event(Box<Event>),
}

/// On the connect screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectAction {
    /// The address or link is typed.
    Address(String),
    /// The account's name is typed.
    Account(String),
    /// The password is typed.
    Password(String),
    /// What was typed is tried.
    Submit,
    /// A link, from the command line or another program, is tried.
    Open(String),
    /// A saved server is tried; the number is its place in the list.
    OpenSaved(usize),
    /// The attempt is given up.
    Cancel,
    /// The new server's key is right, or not.
    Trust(bool),
    /// From the connect screen back to the panes, or from a failure back to it.
    Back,
    /// The server is left.
    Disconnect,
    /// What the server says on connecting was read.
    CloseWelcome,
    /// A saved server becomes a bookmark, or is one no more.
    Bookmark(usize),
    /// It is asked whether to forget a saved server, and its key with it.
    Forget(usize),
    /// The name of a saved server is typed; the first time opens the field.
    Title(usize, String),
    /// The name is as it should be.
    TitleDone,
}

/// In a pane.
#[derive(Clone, Debug, PartialEq)]
pub enum PaneAction {
    /// The pane is used.
    Focus,
    /// A folder is to be shown.
    Open(Place),
    /// A row is opened: a folder is shown, a file is carried to the other side.
    OpenRow(u32),
    /// What the keyboard is at is opened; among other chosen rows it is carried with all of them.
    OpenChosen,
    /// The folder above is to be shown.
    Up,
    /// The folder before this one.
    Back,
    /// The folder that was left by going back.
    Forward,
    /// The folder is read again.
    Refresh,
    /// Rows are sorted by this, or the other way round.
    SortBy(Column),
    /// The filter is typed.
    Filter(String),
    /// Names that begin with a dot are shown, or not.
    ToggleHidden,
    /// The address field is typed into; `None` closes it.
    Address(Option<String>),
    /// What is in the address field is to be shown.
    AddressDone,
    /// A row is clicked.
    Click(u32, Extend),
    /// A row is clicked for its menu: it is chosen unless it is already.
    ClickForMenu(u32),
    /// The keyboard moves by so many rows.
    Move(i64, Extend),
    /// The keyboard moves to the first or the last row.
    MoveToEnd(End, Extend),
    /// The row under the keyboard is chosen, or not.
    Toggle,
    /// All rows that are shown are chosen.
    SelectAll,
    /// No row is chosen.
    SelectNone,
    /// A rectangle is begun; it may add to what is chosen.
    MarqueeBegin(Extend),
    /// The rectangle covers these rows, by where they are shown.
    MarqueeOver(std::ops::Range<usize>),
    /// The rectangle is done.
    MarqueeEnd,
    /// Rows of the other side are dropped here, or onto a folder's row.
    DropRows(Option<u32>),
    /// Files of another program are dropped here, or onto a folder's row.
    DropFiles(Vec<Place>, Option<u32>),
    /// The row was brought into sight.
    Revealed,
}

/// What a click or key does to what is chosen already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extend {
    /// Chooses this alone.
    No,
    /// Chooses this too, or no more (Ctrl).
    Toggle,
    /// Chooses all from where the range begins (Shift).
    Range,
}

/// An end of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The first row.
    First,
    /// The last row.
    Last,
}

/// A button of the bar, or its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Shows the connect screen.
    Connect,
    /// Uploads what is chosen here, or asks for files.
    Upload,
    /// Asks for files to upload.
    UploadFiles,
    /// Asks for folders to upload.
    UploadFolders,
    /// Downloads what is chosen on the server into the folder that is shown here.
    Download,
    /// Asks for a folder to download to.
    DownloadTo,
    /// Asks for the name to download one file as.
    DownloadAs,
    /// Asks for the name of a new folder.
    NewFolder,
    /// Asks for another name.
    Rename,
    /// Asks whether what is chosen is to be removed.
    Delete,
    /// Reads both folders again.
    Refresh,
    /// Shares a folder of this computer.
    ShareFolder,
    /// Copies the path of what is chosen.
    CopyPath,
    /// Copies a link to what is chosen.
    CopyLink,
    /// Shows what can be brought back.
    BringBack,
    /// Shows uploads that are not finished.
    Unfinished,
    /// Shows what was done.
    History,
}

/// In the transfers panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferAction {
    /// The list is opened or closed.
    TogglePanel,
    /// A job is stopped, to go on later.
    Pause(JobId),
    /// A job goes on.
    Resume(JobId),
    /// A job is given up.
    Cancel(JobId),
    /// What failed in a job, or was given up, is tried again.
    Retry(JobId),
    /// A job that is over leaves the list.
    Dismiss(JobId),
    /// All jobs that are over leave the list.
    DismissAll,
    /// The failures of a job are shown.
    ShowFailures(JobId),
    /// The questions of a job are shown.
    ShowConflicts(JobId),
    /// What stands in the way of a job is shown.
    ShowObstacles(JobId),
    /// A job goes on whatever stands in its way.
    GoOn(JobId),
    /// One question is answered; the number names it.
    Decide(JobId, u64, Choice),
    /// All questions of a job are answered, those that are still to come too.
    DecideAll(JobId, Choice),
}

/// In the question over the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialogAction {
    /// A name is typed.
    Name(String),
    /// It is to be done.
    Confirm,
    /// It is not.
    Cancel,
    /// The window closes and the transfers are stopped.
    CloseNow,
    /// The window closes once the transfers are done.
    CloseWhenDone,
    /// The window goes out of sight, and the transfers go on.
    Hide,
    /// The keys are shown.
    ShowKeys,
}

/// On a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeAction {
    /// It was read.
    Dismiss(u64),
    /// Its button was pressed.
    Remedy(u64, Remedy),
}

/// Of the window itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowAction {
    /// The window is to be closed.
    CloseRequested,
    /// It does not close by itself any more.
    StayOpen,
    /// Files of another program were dropped where they cannot go.
    DroppedInVain,
    /// Light, dark, or as the system wants it.
    Theme(ThemeChoice),
}
