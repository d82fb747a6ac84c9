//! What the hex examples of `PROTOCOL.md` mean, written out by hand.

#![expect(clippy::unwrap_used, reason = "a test's own tools")]

use super::{Body, Message};
use ferry_protocol::{
    Account, Answer, Attributes, Busy, Change, Content, Device, DeviceKey, DeviceLogin, Digest,
    Entry, EntryFlags, EntryKind, Epoch, Fault, Fitness, GoOn, Hello, History, HistoryAction,
    HistoryEntry, HistoryResult, IfExists, InvitationSecret, Kind, Missing, OperationId, Page,
    PartEntry, PartPage, Permissions, Preflight, PreflightEntry, Problem, Progress, Put, PutValues,
    Range, Redeem, RemotePath, Removal, Request, RequestedPath, Rights, Secret, SegmentRange,
    SegmentValue, ServerStatus, Side, Space, Status, Stored, StoredDigest, StoredValues, Timestamp,
    Token, TransferId, UndoEntry, UndoGroup, UndoId, UndoPage, UndoReason, Welcome, WireLimits,
};

const HELLO_TXT: &[u8] = b"Hello, Ferry!\n";
const MODIFIED: Timestamp = Timestamp(1_700_000_000_123_456_789);
const JUST_BEFORE_1970: Timestamp = Timestamp(-1);

/// The message that the example with this name is.
pub(crate) fn message(name: &str) -> Option<Message> {
    let found = greeting(name)
        .or_else(|| upload(name))
        .or_else(|| download(name))
        .or_else(|| listing(name))
        .or_else(|| change(name))
        .or_else(|| segments(name))
        .or_else(|| undo(name))
        .or_else(|| fitness(name))
        .or_else(|| failure(name))
        .or_else(|| plain(name));
    found.map(|(number, body)| Message { number, body })
}

fn greeting(name: &str) -> Option<(u32, Body)> {
    Some(match name {
        "hello" => {
            request(1, Request::Hello(Hello { program: "example 1.0".to_owned(), features: 0 }))
        }
        "welcome" => answer(
            1,
            Answer::Welcome(Welcome {
                name: "harbour".to_owned(),
                program: "ferry-server 0.1.0".to_owned(),
                text: "Welcome aboard.".to_owned(),
                features: 0,
                limits: WireLimits::with_idle_ms(300_000),
            }),
        ),
        "login-password" => login("ada", b"countess"),
        "login-guest" => login("", b""),
        "login-token" => request(2, Request::LoginToken(token())),
        "login-device" => {
            let account = "ada".to_owned();
            let signature = std::array::from_fn(|index| u8::try_from(index).unwrap());
            request(2, Request::LoginDevice(DeviceLogin { account, key: device().key, signature }))
        }
        "redeem" => {
            let invitation = InvitationSecret::new(id(0xc0));
            let password = Secret::new(b"countess");
            request(2, Request::Redeem(Redeem { invitation, device: device(), password }))
        }
        "enrol" => request(28, Request::Enrol(device())),
        "logged-in" => answer(
            2,
            Answer::LoggedIn(Account {
                name: "ada".to_owned(),
                rights: Rights::read_write(),
                token: token(),
                directory: RemotePath::root(),
                epoch: Epoch { run: id(0x70), failed_syncs: 0 },
            }),
        ),
        "history" => request(27, Request::History { before: 0 }),
        "history-is" => answer(
            27,
            Answer::HistoryIs(History {
                entries: vec![HistoryEntry {
                    time: MODIFIED,
                    action: HistoryAction::UPLOAD,
                    result: HistoryResult::DONE,
                    size: 14,
                    peer: "192.0.2.7:51234".to_owned(),
                    path: "/notes.txt".to_owned(),
                    to: String::new(),
                    text: String::new(),
                }],
                next: 41,
            }),
        ),
        "status-is" => answer(
            26,
            Answer::StatusIs(ServerStatus {
                account: "ada".to_owned(),
                directory: RemotePath::root(),
                now: MODIFIED,
                uptime_ms: 86_400_000,
                connections: 3,
            }),
        ),
        _ => return None,
    })
}

fn upload(name: &str) -> Option<(u32, Body)> {
    Some(match name {
        "put-small" => request(
            4,
            Request::Put(Put {
                operation: operation(0),
                transfer: transfer(0),
                path: path("/hello.txt"),
                size: 14,
                modified: MODIFIED,
                permissions: Permissions::from_mode(0o644),
                if_exists: IfExists::Refuse,
                resume: false,
                with_parents: false,
            }),
        ),
        "put-large" => request(
            5,
            Request::Put(Put {
                operation: operation(1),
                transfer: transfer(1),
                path: path("/zeros.bin"),
                size: 1_048_577,
                modified: JUST_BEFORE_1970,
                permissions: Permissions::from_mode(0o600),
                if_exists: IfExists::Replace,
                resume: true,
                with_parents: true,
            }),
        ),
        "data-small" => data(4, 0, HELLO_TXT),
        "data-large" => data(5, 1_048_576, b"\0"),
        "put-end-small" => request(4, Request::PutEnd(Digest::of(HELLO_TXT))),
        "put-end-large" => request(5, Request::PutEnd(zeros(1_048_577))),
        "put-cancel" => request(15, Request::PutCancel),
        "go-on" => answer(5, Answer::GoOn(GoOn { held: 1_048_576, held_digest: zeros(1_048_576) })),
        "progress" => answer(5, Answer::Progress(Progress { done: 524_288, total: 1_048_577 })),
        "stored-small" => stored(4, Digest::of(HELLO_TXT)),
        "stored-large" => stored(5, zeros(1_048_577)),
        _ => return None,
    })
}

fn download(name: &str) -> Option<(u32, Body)> {
    Some(match name {
        "get" => request(6, Request::Get { path: path("/hello.txt"), range: Range::from(7) }),
        "get-missing" => {
            request(7, Request::Get { path: path("/no such file"), range: Range::ALL })
        }
        "content" => answer(
            6,
            Answer::Content(Content {
                file_size: 14,
                len: 7,
                modified: MODIFIED,
                permissions: Permissions::from_mode(0o644),
            }),
        ),
        "data-get" => data(6, 7, b"Ferry!\n"),
        "content-end" => answer(6, Answer::ContentEnd(Digest::of(b"Ferry!\n"))),
        "digest" => request(22, Request::Digest { path: path("/hello.txt"), range: Range::ALL }),
        "digest-is" => answer(
            22,
            Answer::DigestIs(StoredDigest {
                file_size: 14,
                modified: MODIFIED,
                digest: Digest::of(HELLO_TXT),
            }),
        ),
        _ => return None,
    })
}

fn listing(name: &str) -> Option<(u32, Body)> {
    Some(match name {
        "list" => request(3, Request::List(path("/"))),
        "walk" => request(10, Request::Walk(path("music"))),
        "next-page" => request(11, Request::NextPage),
        "stat" => request(12, Request::Stat(path(""))),
        "page" => answer(
            3,
            Answer::Page(Page {
                entries: vec![
                    entry(EntryKind::Folder, "music", 0, MODIFIED, 0o755),
                    entry(EntryKind::File, "hello.txt", 14, MODIFIED, 0o644),
                ],
                is_last: true,
            }),
        ),
        "page-walk" => answer(10, Answer::Page(walk_page())),
        "page-empty" => answer(11, Answer::Page(Page { entries: Vec::new(), is_last: true })),
        "entry" => answer(12, Answer::Entry(entry(EntryKind::Link, "日本", 0, MODIFIED, 0o777))),
        _ => return None,
    })
}

fn walk_page() -> Page {
    let unreadable = EntryFlags { linked: false, unreadable: true };
    let linked = EntryFlags { linked: true, unreadable: false };
    Page {
        entries: vec![
            Entry { flags: unreadable, ..entry(EntryKind::Folder, "live", 0, MODIFIED, 0o700) },
            Entry {
                flags: linked,
                ..entry(EntryKind::File, "live/a b.ogg", 3, JUST_BEFORE_1970, 0o444)
            },
            entry(EntryKind::Other, "pipe", 0, Timestamp(0), 0o600),
        ],
        is_last: false,
    }
}

fn change(name: &str) -> Option<(u32, Body)> {
    let hello = || path("/hello.txt");
    let (number, change) = match name {
        "make-directory" => (16, Change::MakeDirectory { path: path("/a/b"), with_parents: true }),
        "rename" => (17, Change::Rename { from: path("/a/b"), to: path("/a/c"), replace: false }),
        "remove" => (18, Change::Remove { path: path("/a"), removal: Removal::Tree }),
        "set-attributes" => {
            let attributes = Attributes {
                modified: Some(MODIFIED),
                permissions: Some(Permissions::from_mode(0o640)),
            };
            (19, Change::SetAttributes { path: hello(), attributes })
        }
        "set-time" => {
            let attributes = Attributes { modified: Some(Timestamp(0)), permissions: None };
            (20, Change::SetAttributes { path: hello(), attributes })
        }
        "copy" => {
            let if_exists = IfExists::Refuse;
            (21, Change::Copy { from: hello(), to: path("/copy.txt"), if_exists })
        }
        _ => return None,
    };
    let operation = operation(u8::try_from(number).ok()?.checked_sub(14)?);
    Some(request(number, Request::Change { operation, change }))
}

fn undo(name: &str) -> Option<(u32, Body)> {
    let (undo_id, group) = (UndoId(id(0xc0)), UndoGroup(id(0xd0)));
    Some(match name {
        "undo-group" => request(28, Request::UndoGroup(Some(group))),
        "undo-list" => request(29, Request::UndoList { group: Some(group), before: None }),
        "undo-page" => {
            let kept = UndoEntry {
                id: undo_id,
                group,
                reason: UndoReason::Replaced,
                kept_at: MODIFIED,
                account: "ada".to_owned(),
                entry: entry(EntryKind::File, "hello.txt", 14, JUST_BEFORE_1970, 0o644),
            };
            answer(29, Answer::UndoPage(UndoPage { entries: vec![kept], next: Some(undo_id) }))
        }
        "undo" => {
            let (to, if_exists) = (path("/hello.txt"), IfExists::Refuse);
            let change = Change::Undo { id: undo_id, to, if_exists };
            request(30, Request::Change { operation: operation(0x10), change })
        }
        "undo-forget" => {
            let change = Change::UndoForget { id: undo_id };
            request(31, Request::Change { operation: operation(0x11), change })
        }
        _ => return None,
    })
}

fn segments(name: &str) -> Option<(u32, Body)> {
    let range = |first, count| SegmentRange { first, count };
    Some(match name {
        "missing" => answer(
            28,
            Answer::Missing(Missing { run_len: 1, ranges: vec![range(0, 2), range(4, 1)] }),
        ),
        "put-values" => request(
            28,
            Request::PutValues(PutValues { first: 4, values: vec![value(4, b"Hello, Ferry!\n")] }),
        ),
        "put-leave" => request(28, Request::PutLeave),
        "get-segments" => {
            request(29, Request::GetSegments { path: path("/zeros.bin"), range: range(4, 1) })
        }
        "segment-value" => answer(29, Answer::SegmentValue(value(4, &[0]))),
        "segment-values" => {
            request(30, Request::SegmentValues { path: path("/zeros.bin"), range: range(3, 9) })
        }
        "segment-values-are" => answer(
            30,
            Answer::SegmentValuesAre(StoredValues {
                file_size: 1_048_577,
                modified: JUST_BEFORE_1970,
                values: vec![value(3, &[0; 262_144]), value(4, &[0])],
            }),
        ),
        "parts" => request(31, Request::Parts(TransferId([0; 16]))),
        "parts-are" => answer(31, Answer::PartsAre(parts())),
        "part-abandon" => request(32, Request::PartAbandon(transfer(1))),
        _ => return None,
    })
}

fn parts() -> PartPage {
    let part = PartEntry {
        transfer: transfer(1),
        target: RemotePath::parse(b"/zeros.bin").unwrap(),
        size: 1_048_577,
        held: 786_432,
        touched: MODIFIED,
        is_open: false,
    };
    PartPage { parts: vec![part], is_last: true }
}

fn value(index: u32, content: &[u8]) -> SegmentValue {
    SegmentValue::of(index, content).unwrap()
}

fn failure(name: &str) -> Option<(u32, Body)> {
    Some(match name {
        "error" => fault(7, Status::NOT_FOUND, "/no such file: nothing has this name"),
        "error-unknown" => fault(8, Status::UNSUPPORTED, "this server does not know \"search\""),
        "error-connection" => fault(0, Status::OUT_OF_ORDER, "content without an open transfer"),
        "unknown" => (8, Body::Unknown(Kind::SEARCH, b"\x00\x05ferry".to_vec())),
        "busy" => answer(
            9,
            Answer::Busy(Busy {
                retry_after_ms: 1500,
                text: "Too much to do; try again in a moment.".to_owned(),
            }),
        ),
        "go-away" => answer(
            0,
            Answer::GoAway(Fault {
                status: Status::STOPPING,
                side: Side::Server,
                may_retry: true,
                text: "The server is stopping.".to_owned(),
            }),
        ),
        _ => return None,
    })
}

fn fitness(name: &str) -> Option<(u32, Body)> {
    let name_of = |name: &str| name.as_bytes().to_vec();
    Some(match name {
        "preflight" => request(
            28,
            Request::Preflight(Preflight {
                job: TransferId([0xa7; 16]),
                folder: path("/music"),
                bytes: 3_000_000,
                entries: vec![
                    PreflightEntry { is_folder: false, name: name_of("a.txt") },
                    PreflightEntry { is_folder: true, name: name_of("B") },
                ],
            }),
        ),
        "fitness-is" => answer(
            28,
            Answer::FitnessIs(Fitness {
                folder_exists: true,
                available: 250_000_000_000,
                problems: vec![Problem {
                    status: Status::TWIN,
                    is_blocking: false,
                    name: name_of("a.txt"),
                    other: name_of("A.txt"),
                }],
            }),
        ),
        _ => return None,
    })
}

fn plain(name: &str) -> Option<(u32, Body)> {
    Some(match name {
        "change-directory" => request(13, Request::ChangeDirectory(path("music/new"))),
        "directory" => answer(13, Answer::Directory(RemotePath::parse(b"/music/new").ok()?)),
        "print-directory" => request(14, Request::PrintDirectory),
        "done" => answer(21, Answer::Done),
        "space" => request(23, Request::Space(path("/"))),
        "space-is" => {
            let space = Space { total: 1_000_000_000_000, available: 250_000_000_000 };
            answer(23, Answer::SpaceIs(space))
        }
        "sync" => request(24, Request::Sync),
        "synced" => answer(24, Answer::Synced(Epoch { run: id(0x70), failed_syncs: 1 })),
        "ping" => request(25, Request::Ping),
        "pong" => answer(25, Answer::Pong),
        "status" => request(26, Request::Status),
        "bye" => request(27, Request::Bye),
        _ => return None,
    })
}

fn request(number: u32, request: Request) -> (u32, Body) {
    (number, Body::Request(request))
}

fn answer(number: u32, answer: Answer) -> (u32, Body) {
    (number, Body::Answer(answer))
}

fn data(number: u32, offset: u64, content: &[u8]) -> (u32, Body) {
    (number, Body::Data { offset, content: content.to_vec() })
}

fn login(name: &str, password: &[u8]) -> (u32, Body) {
    let (name, password) = (name.to_owned(), Secret::new(password));
    request(2, Request::LoginPassword { name, password })
}

fn stored(number: u32, digest: Digest) -> (u32, Body) {
    answer(number, Answer::Stored(Stored { digest, was_there: false, is_durable: true }))
}

fn fault(number: u32, status: Status, text: &str) -> (u32, Body) {
    let (side, may_retry, text) = (Side::Client, false, text.to_owned());
    answer(number, Answer::Error(Fault { status, side, may_retry, text }))
}

fn entry(kind: EntryKind, name: &str, size: u64, modified: Timestamp, mode: u32) -> Entry {
    Entry {
        name: name.as_bytes().to_vec(),
        kind,
        flags: EntryFlags::default(),
        size,
        modified,
        permissions: Permissions::from_mode(mode),
    }
}

fn path(wire: &str) -> RequestedPath {
    RequestedPath::parse(wire.as_bytes()).unwrap()
}

fn zeros(len: usize) -> Digest {
    Digest::of(&vec![0; len])
}

fn token() -> Token {
    Token::new(std::array::from_fn(|index| 0x40 + u8::try_from(index).unwrap()))
}

fn device() -> Device {
    let key = std::array::from_fn(|index| 0x80 + u8::try_from(index).unwrap());
    Device { key: DeviceKey(key), name: "laptop".to_owned() }
}

fn operation(index: u8) -> OperationId {
    OperationId(id(0xa0 + index))
}

fn transfer(index: u8) -> TransferId {
    TransferId(id(0xb0 + index))
}

fn id(first: u8) -> [u8; 16] {
    std::array::from_fn(|index| if index == 0 { first } else { u8::try_from(index).unwrap() })
}
