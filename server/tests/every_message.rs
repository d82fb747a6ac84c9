//! Every kind of message, known, reserved and invented, in every state of a connection: each is
//! answered as the state allows or ends the connection, and the server goes on serving. Raw bytes,
//! not our client library.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

mod support;

use ferry_protocol::{
    Answer, Device, DeviceKey, Header, IfExists, InvitationSecret, Kind, Range, Redeem, Request,
    Secret, encode_request,
};
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use support::{Fixture, RawClient, at, operation, put, serve_with};

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Connected,
    Greeted,
    LoginPending,
    RedeemPending,
    LoggedIn,
    ListingOpen,
    InPut,
    AfterRefusal,
    DownloadRunning,
    TaskRunning,
    Lingering,
}

use State::*;

const STATES: [State; 11] = [
    Connected,
    Greeted,
    LoginPending,
    RedeemPending,
    LoggedIn,
    ListingOpen,
    InPut,
    AfterRefusal,
    DownloadRunning,
    TaskRunning,
    Lingering,
];

impl State {
    /// A client in this state but for a request that goes ahead in the same record as the next
    /// message, and the number that the next one carries.
    fn reach(self, fixture: &Fixture) -> (RawClient, u32, Option<Request>) {
        let mut client = RawClient::connect(fixture.address());
        if self == Connected {
            return (client, 1, None);
        }
        let Answer::Welcome(welcome) = client.greet_with(u64::MAX) else { panic!("no welcome") };
        assert_ne!(welcome.features, 0);
        if matches!(self, Greeted | LoginPending | RedeemPending) {
            return (client, 2, self.goes_ahead());
        }
        assert!(matches!(client.log_in("", ""), Answer::LoggedIn(_)));
        let number = match self {
            ListingOpen => {
                let Answer::Page(page) = client.ask(&Request::List(at("/many"))) else {
                    panic!("no page")
                };
                assert!(!page.is_last);
                4
            }
            InPut => {
                client.send(&Request::Put(put("/open", 4 << 20, IfExists::Replace)));
                assert!(matches!(client.answer(), Answer::Missing(_)));
                3
            }
            AfterRefusal => {
                client.send(&Request::Put(put("/taken", 4 << 20, IfExists::Refuse)));
                assert!(matches!(client.answer(), Answer::Error(_)));
                3
            }
            _ => 3,
        };
        (client, number, self.goes_ahead())
    }

    fn goes_ahead(self) -> Option<Request> {
        match self {
            // A name of its own each time: one that is tried again has to wait.
            LoginPending => Some(Request::LoginPassword {
                name: format!(
                    "nobody{}",
                    u64::from_be_bytes(*operation().0.first_chunk().unwrap())
                ),
                password: Secret::new(b"x"),
            }),
            RedeemPending => Some(Request::Redeem(Redeem {
                invitation: InvitationSecret::new([7; 16]),
                device: Device { key: DeviceKey([7; 32]), name: "x".to_owned() },
                password: Secret::new(b""),
            })),
            DownloadRunning => Some(Request::Get { path: at("/big"), range: Range::ALL }),
            TaskRunning => Some(Request::Digest { path: at("/big"), range: Range::ALL }),
            Lingering => Some(Request::Bye),
            _ => None,
        }
    }

    /// What may come back in this state for a message of this kind, beside errors.
    fn allows(self, kind: Kind) -> &'static [Kind] {
        match (self, kind) {
            (Connected, Kind::HELLO) => &[Kind::WELCOME],
            (LoggedIn | ListingOpen | AfterRefusal | DownloadRunning | TaskRunning, _)
            | (Greeted | LoginPending | RedeemPending, Kind::PING | Kind::BYE) => of_session(kind),
            (InPut, Kind::PUT_CANCEL | Kind::PUT_LEAVE) => &[Kind::DONE],
            (InPut, Kind::PUT_END | Kind::PUT_VALUES) => &[Kind::MISSING, Kind::SEGMENT_VALUE],
            _ => &[],
        }
    }

    /// What the request that goes ahead is answered with.
    fn answered_ahead(self) -> &'static [Kind] {
        self.goes_ahead().map_or(&[], |request| of_session(request.kind()))
    }
}

/// What a session answers to a request.
fn of_session(kind: Kind) -> &'static [Kind] {
    match kind {
        Kind::LIST | Kind::WALK | Kind::NEXT_PAGE => &[Kind::PAGE],
        Kind::STAT => &[Kind::ENTRY],
        Kind::CHANGE_DIRECTORY | Kind::PRINT_DIRECTORY => &[Kind::DIRECTORY],
        Kind::GET => &[Kind::CONTENT, Kind::DATA, Kind::CONTENT_END],
        Kind::PUT => &[Kind::GO_ON, Kind::MISSING, Kind::STORED],
        Kind::MAKE_DIRECTORY
        | Kind::RENAME
        | Kind::REMOVE
        | Kind::SET_ATTRIBUTES
        | Kind::COPY
        | Kind::UNDO
        | Kind::UNDO_FORGET => &[Kind::DONE, Kind::PROGRESS],
        Kind::DIGEST => &[Kind::DIGEST_IS, Kind::PROGRESS],
        Kind::SPACE => &[Kind::SPACE_IS],
        Kind::PING => &[Kind::PONG],
        Kind::STATUS => &[Kind::STATUS_IS],
        Kind::BYE | Kind::PART_ABANDON | Kind::UNDO_GROUP | Kind::ENROL => &[Kind::DONE],
        Kind::SYNC => &[Kind::SYNCED],
        Kind::SEGMENT_VALUES => &[Kind::SEGMENT_VALUES_ARE, Kind::PROGRESS],
        Kind::PARTS => &[Kind::PARTS_ARE],
        Kind::PREFLIGHT => &[Kind::FITNESS_IS],
        Kind::GET_SEGMENTS => &[Kind::CONTENT, Kind::DATA, Kind::SEGMENT_VALUE, Kind::DONE],
        Kind::UNDO_LIST => &[Kind::UNDO_PAGE],
        Kind::HISTORY => &[Kind::HISTORY_IS],
        _ => &[],
    }
}

/// Bodies that mean nothing, something, and too much.
fn bodies(state: State) -> Vec<Vec<u8>> {
    let path = [&5_u16.to_be_bytes()[..], b"/many"].concat();
    // Each password that is checked costs as much as it should.
    if state == LoginPending {
        return vec![path];
    }
    vec![Vec::new(), path, vec![0xff; 64], vec![0; 1024]]
}

/// Sends bytes and takes the kinds of what comes back, up to the end.
fn provoke(client: &mut RawClient, bytes: &[u8]) -> Vec<Kind> {
    let stream = client.stream();
    if stream.write_all(bytes).and_then(|()| stream.flush()).is_err() {
        return Vec::new();
    }
    // The end of what is sent has the server answer all before it, and wait no longer than that.
    stream.conn.send_close_notify();
    stream.flush().ok();
    let mut told = Vec::new();
    stream.read_to_end(&mut told).ok();
    let (mut rest, mut kinds) = (&told[..], Vec::new());
    while let Some((head, behind)) = rest.split_first_chunk() {
        let header = Header::decode(head).unwrap();
        kinds.push(header.kind);
        rest = behind.get(header.body_len as usize..).unwrap_or_default();
    }
    kinds
}

fn judge(state: State, kind: Kind, came: &[Kind]) {
    let ahead = state.answered_ahead();
    let allowed = [&[Kind::ERROR, Kind::BUSY], state.allows(kind), ahead].concat();
    for answer in came {
        assert!(allowed.contains(answer), "{kind} in {state:?} was answered with {answer}");
    }
}

fn prepare() -> Fixture {
    let fixture = serve_with(|config| {
        config.penalties.threshold = usize::MAX;
        config.limits.message = std::time::Duration::from_secs(1);
    });
    let share = fixture.share.path();
    fs::write(share.join("taken"), "taken").unwrap();
    File::create(share.join("big")).unwrap().set_len(4 << 20).unwrap();
    fs::create_dir(share.join("many")).unwrap();
    for number in 0..=ferry_protocol::limits::PAGE_ENTRIES_MAX {
        File::create(share.join("many").join(number.to_string())).unwrap();
    }
    fixture
}

#[test]
fn every_message_in_every_state_is_answered_or_ends_the_connection() {
    let fixture = prepare();
    let invented = [0, 0x0777, 0x7fff, 0x8777, 0xffff].map(Kind::new);
    let mut served = Vec::new();
    for kind in Kind::ALL.iter().copied().chain(invented) {
        for state in STATES {
            for body in bodies(state) {
                let (mut client, mut number, ahead) = state.reach(&fixture);
                let mut bytes = Vec::new();
                if let Some(request) = ahead {
                    encode_request(&mut bytes, number, &request);
                    number += 1;
                }
                let header = Header { kind, request: number, body_len: body.len() as u32 };
                bytes.extend(header.encode());
                bytes.extend(body);
                let came = provoke(&mut client, &bytes);
                judge(state, kind, &came);
                served.extend(came.into_iter().filter(|kind| *kind != Kind::ERROR));
            }
        }
    }
    for kind in [Kind::PAGE, Kind::ENTRY, Kind::DATA, Kind::DIGEST_IS, Kind::PONG, Kind::DONE] {
        assert!(served.contains(&kind), "nothing was answered with {kind}");
    }
    assert_eq!(fixture.server.counters().panics, 0);
    assert_eq!(fs::read(fixture.share.path().join("taken")).unwrap(), b"taken");
    assert!(!fixture.share.path().join("open").exists());
    let mut client = fixture.guest();
    assert_eq!(client.ask(&Request::Ping), Answer::Pong);
}
