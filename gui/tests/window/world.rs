//! Doubles for all that lies behind the window, and a small world for them.

use ferry_gui::action::{AttemptEvent, Event, Picked};
use ferry_gui::file_dialog::FileDialogs;
use ferry_gui::request::{Login, Pick, Work};
use ferry_gui::share::{Sharing, Wake};
use ferry_gui::state::connection::{Retrying, Server, Trouble};
use ferry_gui::state::place::Place;
use ferry_gui::state::problem::{Fault, Problem};
use ferry_gui::state::rows::{Row, RowKind, Rows};
use ferry_gui::state::servers::SavedServer;
use ferry_gui::state::sharing::{ShareEvent, ShareRequest};
use ferry_gui::state::side::Side;
use ferry_gui::worker::Backend;
use parking_lot::Mutex;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// 2026-11-26 04:15 UTC, in nanoseconds.
pub(crate) const TIME: i64 = 1_795_666_500_000_000_000;

/// What the doubles hold and were told.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) folders: BTreeMap<(u8, Place), Vec<FakeRow>>,
    pub(crate) works: Vec<Work>,
    pub(crate) events: VecDeque<Event>,
    pub(crate) picks: Vec<Pick>,
    pub(crate) picked: VecDeque<Picked>,
    pub(crate) saved: Vec<SavedServer>,
    /// Whether a connection is made at once; else the test sends the event.
    pub(crate) connects: bool,
    pub(crate) can_write: bool,
    /// Folders that cannot be read.
    pub(crate) refused: Vec<Place>,
}

#[derive(Clone, Debug)]
pub(crate) struct FakeRow {
    pub(crate) name: Vec<u8>,
    pub(crate) kind: RowKind,
    pub(crate) is_linked: bool,
    pub(crate) size: u64,
}

pub(crate) fn file(name: &str, size: u64) -> FakeRow {
    FakeRow { name: name.into(), kind: RowKind::File, is_linked: false, size }
}

pub(crate) fn folder(name: &str) -> FakeRow {
    FakeRow { name: name.into(), kind: RowKind::Folder, is_linked: false, size: 0 }
}

pub(crate) fn place(path: &str) -> Place {
    Place::parse(path.as_bytes())
}

pub(crate) fn problem(summary: &str) -> Problem {
    let details = "The reason, and what to do.".to_owned();
    Problem { summary: summary.to_owned(), details, fault: Fault::Server }
}

fn side_key(side: Side) -> u8 {
    u8::from(side == Side::Server)
}

impl World {
    pub(crate) fn put(&mut self, side: Side, path: &str, rows: Vec<FakeRow>) {
        self.folders.insert((side_key(side), place(path)), rows);
    }

    fn perform(&mut self, work: Work) {
        match &work {
            Work::Load => {
                self.events.push_back(Event::Servers(self.saved.clone()));
                self.events.push_back(Event::Home(place("/here")));
            }
            Work::Connect(login) if self.connects => self.connect(login),
            Work::List { side, place, generation } => self.list(*side, place, *generation),
            Work::Arrange { side, generation, arranging } => {
                let arranged = arranging.arrange();
                let (side, generation) = (*side, *generation);
                self.events.push_back(Event::Arranged { side, generation, arranged });
            }
            Work::MakeFolder(side, made) => {
                let name = made.name().unwrap().to_vec();
                let row = FakeRow { name, kind: RowKind::Folder, is_linked: false, size: 0 };
                self.rows_of(*side, &made.parent().unwrap()).push(row);
                self.changed(*side, Some(made.clone()));
            }
            Work::Rename { side, from, to } => {
                let rows = self.rows_of(*side, &from.parent().unwrap());
                let row = rows.iter_mut().find(|row| Some(&*row.name) == from.name()).unwrap();
                row.name = to.name().unwrap().to_vec();
                self.changed(*side, Some(to.clone()));
            }
            Work::Remove(side, places) => {
                for (gone, _) in places {
                    let rows = self.rows_of(*side, &gone.parent().unwrap());
                    rows.retain(|row| Some(&*row.name) != gone.name());
                }
                self.changed(*side, None);
            }
            _ => {}
        }
        self.works.push(work);
    }

    fn connect(&mut self, login: &Login) {
        let connected = AttemptEvent::Connected {
            server: server(&login.account, self.can_write),
            address: login.address.clone(),
            place: Place::root(),
            now_unix_secs: TIME / 1_000_000_000,
        };
        self.events.push_back(Event::Attempt(login.attempt, connected));
    }

    fn list(&mut self, side: Side, place: &Place, generation: u64) {
        if self.refused.contains(place) {
            let problem = problem("Cannot read this folder");
            self.events.push_back(Event::ListFailed { side, generation, problem });
            return;
        }
        let mut rows = Rows::new();
        for row in self.rows_of(side, place).iter() {
            let FakeRow { name, kind, is_linked, size } = row;
            let (kind, is_linked, size, modified) = (*kind, *is_linked, *size, Some(TIME));
            rows.push(&Row { name, kind, is_linked, size, modified });
        }
        self.events.push_back(Event::Listed { side, generation, rows, is_complete: true });
    }

    fn rows_of(&mut self, side: Side, place: &Place) -> &mut Vec<FakeRow> {
        self.folders.entry((side_key(side), place.clone())).or_default()
    }

    fn changed(&mut self, side: Side, made: Option<Place>) {
        self.events.push_back(Event::Changed { side, made, problem: None });
    }
}

/// A server that does not answer, and is tried for the third time.
pub(crate) fn trouble(problem: Problem) -> Event {
    let retry = Some(Retrying { attempt: 3, in_secs: 4 });
    let trouble = Some(Trouble { problem, retry });
    Event::Trouble { server: "harbour:3000".to_owned(), trouble }
}

/// It answers again.
pub(crate) fn no_trouble() -> Event {
    Event::Trouble { server: "harbour:3000".to_owned(), trouble: None }
}

pub(crate) fn server(account: &str, can_write: bool) -> Server {
    Server {
        address: "harbour:3000".to_owned(),
        pinned: Some("k2x".to_owned()),
        name: "harbour".to_owned(),
        welcome: String::new(),
        account: account.to_owned(),
        can_write,
        start: Place::root(),
        trouble: None,
    }
}

pub(crate) type Shared = Rc<RefCell<World>>;

pub(crate) struct FakeBackend(pub(crate) Shared);

impl Backend for FakeBackend {
    fn start(&mut self, _state_folder: Option<PathBuf>, _wake: Wake) {}

    fn perform(&mut self, work: Work) {
        self.0.borrow_mut().perform(work);
    }

    fn try_next(&mut self) -> Option<Event> {
        self.0.borrow_mut().events.pop_front()
    }
}

pub(crate) struct FakeDialogs(pub(crate) Shared);

impl FileDialogs for FakeDialogs {
    fn start(&mut self, _wake: Wake) {}

    fn open(&mut self, pick: Pick, _frame: &eframe::Frame) {
        self.0.borrow_mut().picks.push(pick);
    }

    fn try_next(&mut self) -> Option<Picked> {
        self.0.borrow_mut().picked.pop_front()
    }
}

/// The embedded server's double, which other threads could use, too.
#[derive(Clone, Default)]
pub(crate) struct FakeSharing {
    pub(crate) requests: Arc<Mutex<Vec<ShareRequest>>>,
    pub(crate) events: Arc<Mutex<VecDeque<ShareEvent>>>,
}

impl Sharing for FakeSharing {
    fn start(&mut self, _wake: Wake) {}

    fn perform(&mut self, request: ShareRequest) {
        self.requests.lock().push(request);
    }

    fn try_next(&mut self) -> Option<ShareEvent> {
        self.events.lock().pop_front()
    }
}

/// Two folders with a few rows each.
pub(crate) fn world() -> World {
    let mut world = World { can_write: true, ..World::default() };
    let here = vec![
        folder("photos"),
        file("letter.txt", 1200),
        file("notes 2.md", 80),
        file("notes 10.md", 90),
        file(".hidden", 5),
        file("song.mp3", 5_000_000),
    ];
    world.put(Side::Here, "/here", here);
    world.put(Side::Here, "/here/photos", vec![file("sea.jpg", 900)]);
    let there = vec![folder("inbox"), folder("old"), file("report.pdf", 64_000), file("a.bin", 1)];
    world.put(Side::Server, "/", there);
    world.put(Side::Server, "/inbox", vec![file("mail.txt", 10)]);
    world
}
