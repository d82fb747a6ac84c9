//! Somebody swaps a folder of the share for a link that leads out of it, as fast as the system
//! lets them, while a client does everything that can be done with a path. Nothing outside is
//! read, listed, made, changed or removed. `FERRY_RACE_SECS` makes it last (`cargo xtask hostile`).
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

mod support;

use ferry_protocol::{
    Answer, Attributes, Change, Digest, Entry, IfExists, Preflight, PreflightEntry, Put, Range,
    Removal, Request, SegmentRange, Status, Timestamp, TransferId, UndoGroup, feature,
};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use support::{Fixture, RawClient, Received, at, operation, put, serve};

/// Rounds where no time is given: enough for many thousand swaps.
const ROUNDS: u32 = 150;

/// Swaps `share/door`, a folder, with `share/spare`, a link to a folder outside.
struct Swapper {
    is_over: Arc<AtomicBool>,
    swaps: Arc<AtomicU64>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Swapper {
    fn start(share: &Path) -> Self {
        let (is_over, swaps) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let (door, spare) = (share.join("door"), share.join("spare"));
        let (over, count) = (Arc::clone(&is_over), Arc::clone(&swaps));
        let swap = move || {
            while !over.load(Ordering::Relaxed) {
                // What the client removed meanwhile is put back, so that the race goes on.
                if renameat_with(CWD, &door, CWD, &spare, RenameFlags::EXCHANGE).is_ok() {
                    count.fetch_add(1, Ordering::Relaxed);
                } else {
                    fs::create_dir(&door).or_else(|_| fs::create_dir(&spare)).ok();
                }
            }
        };
        let thread = std::thread::Builder::new().name("swapper".to_owned()).spawn(swap).unwrap();
        Self { is_over, swaps, thread: Some(thread) }
    }

    fn stop(mut self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
        self.swaps.load(Ordering::Relaxed)
    }
}

/// Everything outside that an escape would change: names, content, bits and times.
fn picture(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32, i64, u64)> {
    let paths =
        ["", "secret", "large", "hollow", "inner", "inner/deep"].map(|name| folder.join(name));
    let facts = paths.into_iter().map(|path| {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let content = if metadata.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        (path, (content, metadata.mode(), metadata.mtime(), metadata.nlink()))
    });
    let names = fs::read_dir(folder).unwrap().count();
    let count = (folder.join("*"), (Vec::new(), 0, 0, names as u64));
    facts.chain([count]).collect()
}

/// What lies outside is known by this: nothing inside has its length or its names.
const OUTSIDE: &[u8] = b"outside";

/// What lies outside under the name of a file that is sent by segments: longer than that.
static OUTSIDE_LARGE: [u8; 2 << 20] = [9; 2 << 20];

fn is_outside(entry: &Entry) -> bool {
    let is_named = [&b"inner"[..], b"hollow"].iter().any(|name| entry.name.ends_with(name));
    is_named || [OUTSIDE.len(), OUTSIDE_LARGE.len()].contains(&(entry.size as usize))
}

/// One of everything on names behind the door. What is read must not be what lies outside.
fn round(client: &mut RawClient) {
    look(client);
    for path in ["/door/secret", "/door/inner", "/door/inner/deep"] {
        if let Answer::Entry(entry) = client.ask(&Request::Stat(at(path))) {
            assert!(!is_outside(&entry), "seen outside: {entry:?}");
        }
        let digest = client.ask(&Request::Digest { path: at(path), range: Range::ALL });
        if let Answer::DigestIs(stored) = digest {
            assert_ne!(stored.digest, Digest::of(OUTSIDE), "{path} was read outside");
        }
        let (content, _) = client.get(path, Range::ALL);
        assert_ne!(content, OUTSIDE, "{path} was sent from outside");
    }
    client.put_small("/door/new", b"from the client", IfExists::Replace);
    client.put_small("/door/secret", b"from the client", IfExists::Refuse);
    let attributes = Attributes { modified: Some(Timestamp(0)), permissions: None };
    let changes = [
        Change::Remove { path: at("/door/secret"), removal: Removal::File },
        Change::MakeDirectory { path: at("/door/made/deep"), with_parents: true },
        Change::Rename { from: at("/door/inner"), to: at("/taken"), replace: false },
        Change::Rename { from: at("/plain"), to: at("/door/plain"), replace: true },
        Change::Rename { from: at("/door/plain"), to: at("/plain"), replace: true },
        Change::SetAttributes { path: at("/door/inner"), attributes },
        Change::Copy {
            from: at("/door/inner/deep"),
            to: at("/copy"),
            if_exists: IfExists::Replace,
        },
        Change::Copy { from: at("/plain"), to: at("/door/copy"), if_exists: IfExists::Replace },
        Change::Remove { path: at("/door/hollow"), removal: Removal::EmptyFolder },
        Change::Remove { path: at("/door/inner"), removal: Removal::Tree },
        Change::Remove { path: at("/door/made"), removal: Removal::Tree },
    ];
    for change in changes {
        client.ask(&Request::Change { operation: operation(), change });
    }
    large(client);
    undo(client);
}

/// All that names what lies in a folder, asked from here and from within.
fn look(client: &mut RawClient) {
    client.ask(&Request::ChangeDirectory(at("/door")));
    let [door, top, inner, here] = ["/door", "/", "inner", ""].map(at);
    for listing in [Request::List(door), Request::Walk(top), Request::List(here)] {
        if let Answer::Page(page) = client.ask(&listing) {
            assert!(!page.entries.iter().any(is_outside), "listed from outside: {page:?}");
        }
    }
    let room = client.ask(&Request::Space(inner));
    assert!(!matches!(room, Answer::SpaceIs(_)), "measured outside: {room:?}");
    let entered = client.ask(&Request::ChangeDirectory(at("/door/inner")));
    assert!(!matches!(entered, Answer::Directory(_)), "entered outside: {entered:?}");
    client.ask(&Request::ChangeDirectory(at("/")));
    let files = [&b"inner"[..], b"hollow"];
    let entries = files.map(|name| PreflightEntry { is_folder: false, name: name.to_vec() });
    let asked = Preflight {
        job: TransferId(operation().0),
        folder: at("/door"),
        bytes: 1,
        entries: entries.to_vec(),
    };
    if let Answer::FitnessIs(fitness) = client.ask(&Request::Preflight(asked)) {
        let is_seen = fitness.problems.iter().any(|problem| problem.status == Status::IS_A_FOLDER);
        assert!(!is_seen, "seen outside: {fitness:?}");
    }
}

/// What was replaced or removed comes back behind the door, over what lies there, or is given up.
fn undo(client: &mut RawClient) {
    let group = Some(UndoGroup(operation().0));
    client.ask(&Request::UndoGroup(group));
    for name in ["/door/new", "/door/large", "/door/secret"] {
        let change = Change::Remove { path: at(name), removal: Removal::File };
        client.ask(&Request::Change { operation: operation(), change });
    }
    client.ask(&Request::UndoGroup(None));
    let Answer::UndoPage(page) = client.ask(&Request::UndoList { group, before: None }) else {
        panic!("undo is not listed")
    };
    let targets = ["/door/secret", "/door/large", "/door/back"];
    for (kept, to) in page.entries.into_iter().zip(targets) {
        assert!(!is_outside(&kept.entry), "kept from outside: {kept:?}");
        let back = Change::Undo { id: kept.id, to: at(to), if_exists: IfExists::Replace };
        for change in [back, Change::UndoForget { id: kept.id }] {
            client.ask(&Request::Change { operation: operation(), change });
        }
    }
}

/// The same file by segments, left and gone on with; and another part, which is abandoned.
fn segments(client: &mut RawClient) {
    let content = vec![7; (1 << 20) + 1];
    let announced = put("/door/large", content.len() as u64, IfExists::Replace);
    let begun = Put { transfer: TransferId(operation().0), ..announced.clone() };
    let again = Put { resume: true, operation: operation(), ..begun.clone() };
    if let Some(number) = begin(client, &begun, &content) {
        client.send_as(number, &Request::PutLeave);
        client.answer();
        if let Some(number) = begin(client, &again, &content) {
            for (index, piece) in content.chunks(SEGMENT_LEN).enumerate().skip(1) {
                client.send_segment(number, index as u32, piece);
            }
            client.send_as(number, &Request::PutEnd(Digest::of(&content)));
            client.answer();
        }
    }
    let given_up = Put { transfer: TransferId(operation().0), operation: operation(), ..announced };
    if let Some(number) = begin(client, &given_up, &content) {
        client.send_as(number, &Request::PutLeave);
        client.answer();
    }
    client.ask(&Request::Parts(TransferId([0; 16])));
    for transfer in [given_up.transfer, again.transfer] {
        client.ask(&Request::PartAbandon(transfer));
    }
    fetch(client);
}

const SEGMENT_LEN: usize = ferry_protocol::limits::SEGMENT_LEN as usize;

/// Announces a put and sends its first segment; nothing where the put is refused.
fn begin(client: &mut RawClient, announced: &Put, content: &[u8]) -> Option<u32> {
    let number = client.send(&Request::Put(announced.clone()));
    if !matches!(client.answer(), Answer::Missing(_)) {
        return None;
    }
    client.send_segment(number, 0, &content[..SEGMENT_LEN]);
    Some(number)
}

/// Fetches segments and their values of what has a longer namesake outside.
fn fetch(client: &mut RawClient) {
    let (path, range) = (at("/door/large"), SegmentRange { first: 0, count: 2 });
    let values = client.ask(&Request::SegmentValues { path: path.clone(), range });
    if let Answer::SegmentValuesAre(stored) = values {
        assert_ne!(stored.file_size, OUTSIDE_LARGE.len() as u64, "read outside");
    }
    client.send(&Request::GetSegments { path, range });
    loop {
        match client.receive().unwrap() {
            Received::Answer(_, Answer::Content(_) | Answer::SegmentValue(_)) => {}
            Received::Data(_, piece) => assert_ne!(piece[0], OUTSIDE_LARGE[0], "sent from outside"),
            Received::Answer(..) => break,
            Received::Unknown(kind) => panic!("unknown {kind}"),
        }
    }
}

/// A large put is opened, filled and committed in steps, each of which can be raced.
fn large(client: &mut RawClient) {
    let content = vec![7; (1 << 20) + 1];
    let mut announced = put("/door/large", content.len() as u64, IfExists::Replace);
    announced.transfer = TransferId(operation().0);
    let number = client.send(&Request::Put(announced));
    if !matches!(client.answer(), Answer::GoOn(_)) {
        return;
    }
    for (index, piece) in content.chunks(256 * 1024).enumerate() {
        client.send_data(number, index as u64 * 256 * 1024, piece);
    }
    client.send_as(number, &Request::PutEnd(Digest::of(&content)));
    client.answer();
}

fn prepare(fixture: &Fixture) -> tempfile::TempDir {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), OUTSIDE).unwrap();
    fs::write(outside.path().join("large"), &OUTSIDE_LARGE[..]).unwrap();
    fs::create_dir(outside.path().join("hollow")).unwrap();
    fs::create_dir(outside.path().join("inner")).unwrap();
    fs::write(outside.path().join("inner/deep"), OUTSIDE).unwrap();
    let share = fixture.share.path();
    fs::create_dir(share.join("door")).unwrap();
    fs::write(share.join("plain"), "inside").unwrap();
    symlink(outside.path(), share.join("spare")).unwrap();
    outside
}

#[test]
fn a_swapped_folder_leads_nowhere_whatever_is_done_with_it() {
    let fixture = serve();
    let outside = prepare(&fixture);
    let before = picture(outside.path());
    let swapper = Swapper::start(fixture.share.path());
    let secs = std::env::var("FERRY_RACE_SECS").ok().and_then(|secs| secs.parse().ok());
    let until = secs.map(|secs| Instant::now() + Duration::from_secs(secs));
    let mut client = fixture.guest_with(feature::UNDO | feature::PREFLIGHT);
    let mut by_segments = fixture.guest_with(feature::SEGMENTS);
    let mut rounds = 0_u64;
    loop {
        round(&mut client);
        segments(&mut by_segments);
        rounds += 1;
        let is_over = match until {
            Some(until) => Instant::now() >= until,
            None => rounds >= u64::from(ROUNDS),
        };
        if is_over {
            break;
        }
    }
    let swaps = swapper.stop();
    assert_eq!(picture(outside.path()), before, "something outside was changed");
    assert_eq!(fixture.server.counters().panics, 0);
    println!("race: {rounds} rounds of every operation, {swaps} swaps, 0 escapes");
}
