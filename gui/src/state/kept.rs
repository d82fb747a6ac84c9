//! What the server keeps for the account: files that can be brought back, uploads that are not
//! finished, and what was done.

use super::pane::Loading;
use super::place::Place;
use super::problem::Problem;

/// All of it, as far as it was asked for.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// What is looked at.
    pub tab: Tab,
    /// What can be brought back, the latest first.
    pub undo: Shelf<Group>,
    /// Uploads that are not finished.
    pub parts: Shelf<Part>,
    /// What was done, the latest first.
    pub history: Shelf<Deed>,
    /// What to ask with for deeds that are older; `None` where there are none.
    pub older: Option<u64>,
    /// Whether logins are shown among the deeds.
    pub shows_logins: bool,
    /// Names one server: what comes of an earlier one is dropped.
    pub generation: u64,
}

/// One of the things that the server keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// What can be brought back.
    #[default]
    Undo,
    /// Uploads that are not finished.
    Parts,
    /// What was done.
    History,
}

impl Tab {
    /// All of them, as they stand beside each other.
    pub const ALL: [Self; 3] = [Self::Undo, Self::Parts, Self::History];
}

/// A list that is read from the server.
#[derive(Clone, Debug)]
pub struct Shelf<T> {
    /// What was read.
    pub list: Vec<T>,
    /// How far that is; `None` before it was asked for.
    pub loading: Option<Loading>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { list: Vec::new(), loading: None }
    }
}

impl<T> Shelf<T> {
    /// It is asked for. What was read before is shown until the answer comes.
    pub fn ask(&mut self) {
        let is_first = self.list.is_empty();
        self.loading = Some(if is_first { Loading::Running } else { Loading::Again });
    }

    /// It came.
    pub fn fill(&mut self, list: Vec<T>) {
        self.list = list;
        self.loading = Some(Loading::Done);
    }

    /// It did not come. What was read before stays.
    pub fn fail(&mut self, problem: Problem) {
        self.loading = Some(Loading::Failed(problem));
    }

    /// Whether an answer is awaited.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        matches!(self.loading, Some(Loading::Running | Loading::Again))
    }
}

/// Names a group of kept things, or one of them.
pub type KeptId = [u8; 16];

/// What one job replaced, or one deletion removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Names it.
    pub id: KeptId,
    /// The first of its things.
    pub things: Vec<Thing>,
    /// How many there are in all.
    pub count: u64,
    /// Bytes of the files among them.
    pub bytes: u64,
    /// Whether its things are shown one by one.
    pub is_open: bool,
    /// How far bringing all of it back is.
    pub returned: Option<Returned>,
}

/// One thing that can be brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// Names it.
    pub id: KeptId,
    /// Where it was.
    pub place: Place,
    /// Why it is kept.
    pub reason: Reason,
    /// Since when, in nanoseconds since 1970.
    pub kept_at: i64,
    /// Whether it is a folder, with all that was in it.
    pub is_folder: bool,
    /// Its length in bytes; 0 for a folder.
    pub size: u64,
    /// What became of it.
    pub fate: Fate,
}

/// Why a thing is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Another file took its name.
    Replaced,
    /// It was removed.
    Removed,
}

/// What became of a thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// The server keeps it.
    #[default]
    Kept,
    /// It is being brought back.
    Returning,
    /// It is back, at this place.
    Back(Place),
    /// Something else has its name by now.
    Taken,
    /// It could not be brought back.
    Failed(Problem),
}

/// How far bringing a group back is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Returned {
    /// Whether it goes on.
    pub is_running: bool,
    /// Things that are back.
    pub back: u64,
    /// Things whose name is taken.
    pub taken: u64,
    /// Things that could not be brought back.
    pub failed: u64,
    /// Why the first of them could not.
    pub problem: Option<Problem>,
}

impl Returned {
    /// Counts what became of one thing.
    pub fn count(&mut self, fate: &Fate) {
        match fate {
            Fate::Kept | Fate::Returning => {}
            Fate::Back(_) => self.back += 1,
            Fate::Taken => self.taken += 1,
            Fate::Failed(problem) => {
                self.failed += 1;
                self.problem.get_or_insert_with(|| problem.clone());
            }
        }
    }
}

/// What is done where something else has the name of what is brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfTaken {
    /// Nothing; it is told.
    Ask,
    /// It is replaced, and kept in its turn.
    Replace,
    /// What is brought back gets a name of its own.
    KeepBoth,
}

/// An upload that is not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Names it.
    pub id: KeptId,
    /// The file to be.
    pub place: Place,
    /// Its length in bytes.
    pub size: u64,
    /// Bytes that it takes on the server.
    pub held: u64,
    /// When something of it came last, in nanoseconds since 1970.
    pub touched: i64,
    /// Whether something of it is coming now.
    pub is_coming: bool,
    /// What is done with it.
    pub stage: PartStage,
}

/// What is done with an unfinished upload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PartStage {
    /// Nothing.
    #[default]
    Kept,
    /// Whether it is to be given up is asked.
    Asked,
    /// It is being given up.
    Going,
    /// It could not be given up.
    Failed(Problem),
}

/// Something that the account did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What.
    pub kind: DeedKind,
    /// What came of it.
    pub end: DeedEnd,
    /// When it was over, in nanoseconds since 1970.
    pub time: i64,
    /// Bytes of content that went over.
    pub size: u64,
    /// Where it was done from.
    pub peer: String,
    /// What it was done to; may be empty.
    pub path: String,
    /// The new name, or the copy; may be empty.
    pub to: String,
    /// Why it failed, or what else there is to say; may be empty.
    pub text: String,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeedKind {
    /// A session began.
    LogIn,
    /// A session ended.
    LogOut,
    /// A file was uploaded.
    Upload,
    /// A file was downloaded.
    Download,
    /// Something was removed.
    Remove,
    /// Something was renamed.
    Rename,
    /// A folder was made.
    MakeFolder,
    /// Time or permission bits were set.
    SetAttributes,
    /// A file was copied.
    Copy,
    /// Something was brought back.
    BringBack,
    /// What could have been brought back was given up.
    Forget,
    /// Something that this version has no word for.
    Other,
}

impl DeedKind {
    /// Whether it is about coming and going alone.
    #[must_use]
    pub fn is_login(self) -> bool {
        matches!(self, Self::LogIn | Self::LogOut)
    }
}

/// What came of a deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeedEnd {
    /// It is done.
    Done,
    /// It was refused or failed.
    Failed,
    /// Its connection ended first.
    Interrupted,
}

impl Kept {
    /// Nothing was asked of the server that is connected now.
    pub fn forget(&mut self) {
        *self = Self { generation: self.generation + 1, tab: self.tab, ..Self::default() };
    }

    /// A group.
    pub fn group_mut(&mut self, id: KeptId) -> Option<&mut Group> {
        self.undo.list.iter_mut().find(|group| group.id == id)
    }

    /// An unfinished upload.
    pub fn part_mut(&mut self, id: KeptId) -> Option<&mut Part> {
        self.parts.list.iter_mut().find(|part| part.id == id)
    }

    /// The deeds that are shown.
    pub fn deeds(&self) -> impl Iterator<Item = &Deed> {
        let is_shown = |deed: &&Deed| self.shows_logins || !deed.kind.is_login();
        self.history.list.iter().filter(is_shown)
    }
}

impl Group {
    /// A thing of it.
    pub fn thing_mut(&mut self, id: KeptId) -> Option<&mut Thing> {
        self.things.iter_mut().find(|thing| thing.id == id)
    }

    /// Whether something of it is being brought back.
    #[must_use]
    pub fn is_returning(&self) -> bool {
        self.returned.as_ref().is_some_and(|returned| returned.is_running)
            || self.things.iter().any(|thing| thing.fate == Fate::Returning)
    }
}
