//! Everything that can be done with a path by Ferry's own messages, and by the plain stream.

use super::support::{Fixture, RawClient, at, operation, put};
use super::{OUTSIDE, Tally, is_outside};
use ferry_protocol::{
    Answer, Attributes, Change, Digest, IfExists, Permissions, Preflight, PreflightEntry, Range,
    Removal, Request, RequestedPath, Status, Timestamp, TransferId, UndoGroup, feature,
};

/// A client in the race.
pub(crate) struct Racer {
    client: RawClient,
    pub(crate) tally: Tally,
}

impl Racer {
    /// Logs in as the guest.
    pub(crate) fn new(fixture: &Fixture) -> Self {
        let client = fixture.guest_with(feature::UNDO | feature::PREFLIGHT);
        Self { client, tally: Tally::default() }
    }

    /// One of everything on names behind a door, and on the file. What is read must not be what
    /// lies outside.
    pub(crate) fn round(&mut self, door: &str) {
        let behind = |name: &str| format!("{door}/{name}");
        self.look(door);
        for (name, if_exists) in [("new", IfExists::Replace), ("secret", IfExists::Refuse)] {
            self.put_small(&behind(name), if_exists);
        }
        for name in ["new", "secret", "inner", "inner/deep"] {
            self.read(&behind(name));
        }
        for name in ["new", "inner"] {
            self.set_attributes(&behind(name));
        }
        self.carry(door);
        self.put_large(&behind("large"));
        self.undo(door);
        self.replace_file();
    }

    fn ask(&mut self, operation: &'static str, request: &Request) -> Answer {
        let answer = self.client.ask(request);
        self.tally.add(operation, !matches!(answer, Answer::Error(_)));
        answer
    }

    fn change(&mut self, name: &'static str, change: Change) {
        self.ask(name, &Request::Change { operation: operation(), change });
    }

    /// All that names what lies in a folder, asked from here and from within.
    fn look(&mut self, door: &str) {
        self.ask("enter", &Request::ChangeDirectory(at(door)));
        let [top, inner, here] = ["/", "inner", ""].map(at);
        let listings = [
            ("list", Request::List(at(door))),
            ("walk", Request::Walk(top)),
            ("list from within", Request::List(here)),
        ];
        for (name, listing) in listings {
            if let Answer::Page(page) = self.ask(name, &listing) {
                assert!(!page.entries.iter().any(is_outside), "listed from outside: {page:?}");
            }
        }
        self.ask("space", &Request::Space(at(door)));
        let room = self.client.ask(&Request::Space(inner));
        assert!(!matches!(room, Answer::SpaceIs(_)), "measured outside: {room:?}");
        let deeper = Request::ChangeDirectory(at(&format!("{door}/inner")));
        let entered = self.client.ask(&deeper);
        assert!(!matches!(entered, Answer::Directory(_)), "entered outside: {entered:?}");
        self.ask("enter", &Request::ChangeDirectory(at("/")));
        self.preflight(door);
    }

    fn preflight(&mut self, door: &str) {
        let files = [&b"inner"[..], b"hollow"];
        let entries = files.map(|name| PreflightEntry { is_folder: false, name: name.to_vec() });
        let asked = Preflight {
            job: TransferId(operation().0),
            folder: at(door),
            bytes: 1,
            entries: entries.to_vec(),
        };
        if let Answer::FitnessIs(fitness) = self.ask("preflight", &Request::Preflight(asked)) {
            let mut problems = fitness.problems.iter();
            let is_seen = problems.any(|problem| problem.status == Status::IS_A_FOLDER);
            assert!(!is_seen, "seen outside: {fitness:?}");
        }
    }

    fn put_small(&mut self, path: &str, if_exists: IfExists) {
        let answer = self.client.put_small(path, b"from the client", if_exists);
        self.tally.add("put", matches!(answer, Answer::Stored(_)));
    }

    fn read(&mut self, path: &str) {
        if let Answer::Entry(entry) = self.ask("stat", &Request::Stat(at(path))) {
            assert!(!is_outside(&entry), "seen outside: {entry:?}");
        }
        let digest = Request::Digest { path: at(path), range: Range::ALL };
        if let Answer::DigestIs(stored) = self.ask("digest", &digest) {
            assert_ne!(stored.digest, Digest::of(OUTSIDE), "{path} was read outside");
        }
        let (content, last) = self.client.get(path, Range::ALL);
        assert_ne!(content, OUTSIDE, "{path} was sent from outside");
        self.tally.add("get", matches!(last, Answer::ContentEnd(_)));
    }

    fn set_attributes(&mut self, path: &str) {
        let permissions = Some(Permissions::from_mode(0o711));
        let attributes = Attributes { modified: Some(Timestamp(0)), permissions };
        self.change("set attributes", Change::SetAttributes { path: at(path), attributes });
    }

    /// Makes, moves, copies and removes, out of the door and into it.
    fn carry(&mut self, door: &str) {
        let behind = |name: &str| at(&format!("{door}/{name}"));
        let rename = |from, to, replace| Change::Rename { from, to, replace };
        let copy = |from, to| Change::Copy { from, to, if_exists: IfExists::Replace };
        let remove = |path: RequestedPath, removal| Change::Remove { path, removal };
        let made = Change::MakeDirectory { path: behind("made/deep"), with_parents: true };
        self.change("make folder", made);
        self.put_small("/plain", IfExists::Replace);
        for (name, change) in [
            ("remove file", remove(behind("secret"), Removal::File)),
            ("take out", rename(behind("plain"), at("/taken"), true)),
            ("bring in", rename(at("/plain"), behind("plain"), true)),
            ("copy out", copy(behind("new"), at("/copy"))),
            ("copy out", copy(behind("inner/deep"), at("/copy"))),
            ("copy in", copy(at("/copy"), behind("copy"))),
            ("remove empty folder", remove(behind("hollow"), Removal::EmptyFolder)),
            ("remove empty folder", remove(behind("made/deep"), Removal::EmptyFolder)),
            ("remove tree", remove(behind("inner"), Removal::Tree)),
            ("remove tree", remove(behind("made"), Removal::Tree)),
        ] {
            self.change(name, change);
        }
        // Nothing of this name is ever made inside.
        let stolen = rename(behind("inner"), at("/stolen"), false);
        let answer = self.client.ask(&Request::Change { operation: operation(), change: stolen });
        assert!(matches!(answer, Answer::Error(_)), "taken from outside: {answer:?}");
    }

    /// A large put is opened, filled and committed in steps, each of which can be raced.
    fn put_large(&mut self, path: &str) {
        let content = vec![7; (1 << 20) + 1];
        let mut announced = put(path, content.len() as u64, IfExists::Replace);
        announced.transfer = TransferId(operation().0);
        let number = self.client.send(&Request::Put(announced));
        if !matches!(self.client.answer(), Answer::GoOn(_)) {
            return self.tally.add("large put", false);
        }
        for (index, piece) in content.chunks(256 * 1024).enumerate() {
            self.client.send_data(number, index as u64 * 256 * 1024, piece);
        }
        self.client.send_as(number, &Request::PutEnd(Digest::of(&content)));
        let answer = self.client.answer();
        self.tally.add("large put", matches!(answer, Answer::Stored(_)));
    }

    /// What was replaced or removed comes back behind the door, over what lies there, or is given
    /// up.
    fn undo(&mut self, door: &str) {
        let group = Some(UndoGroup(operation().0));
        self.client.ask(&Request::UndoGroup(group));
        for name in ["new", "large", "secret"] {
            let path = at(&format!("{door}/{name}"));
            self.change("remove file", Change::Remove { path, removal: Removal::File });
        }
        self.client.ask(&Request::UndoGroup(None));
        let listed = self.ask("list undo", &Request::UndoList { group, before: None });
        let Answer::UndoPage(page) = listed else { panic!("undo is not listed: {listed:?}") };
        let targets = ["secret", "large", "back"];
        for (kept, name) in page.entries.into_iter().zip(targets) {
            assert!(!is_outside(&kept.entry), "kept from outside: {kept:?}");
            let to = at(&format!("{door}/{name}"));
            let back = Change::Undo { id: kept.id, to, if_exists: IfExists::Replace };
            self.change("undo", back);
            self.change("forget", Change::UndoForget { id: kept.id });
        }
    }

    /// The file whose own name is swapped.
    fn replace_file(&mut self) {
        self.read("/file");
        self.set_attributes("/file");
        let copy =
            Change::Copy { from: at("/file"), to: at("/file-copy"), if_exists: IfExists::Replace };
        self.change("copy a swapped file", copy);
        self.read("/file-copy");
        let answer = self.client.put_small("/file", b"from the client", IfExists::Replace);
        self.tally.add("put over a swapped file", matches!(answer, Answer::Stored(_)));
        let moved = Change::Rename { from: at("/file"), to: at("/file-moved"), replace: true };
        self.change("move a swapped file", moved);
        self.read("/file-moved");
    }
}
