//! Every kind of message, known, reserved and invented, in every state of a connection: each is
//! answered or ends the connection, nothing is done that the state does not allow, and the server
//! goes on serving. Raw bytes, not our client library.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

mod support;

use ferry_protocol::{Answer, Header, IfExists, Kind, Request};
use std::io::{Read as _, Write as _};
use support::{Fixture, RawClient, put, serve_with};

#[derive(Clone, Copy, Debug)]
enum State {
    Connected,
    Greeted,
    LoggedIn,
    InPut,
    AfterRefusal,
}

const STATES: [State; 5] =
    [State::Connected, State::Greeted, State::LoggedIn, State::InPut, State::AfterRefusal];

impl State {
    /// A client in this state, and the number that its next message carries.
    fn reach(self, fixture: &Fixture) -> (RawClient, u32) {
        let mut client = RawClient::connect(fixture.address());
        if matches!(self, Self::Connected) {
            return (client, 1);
        }
        client.greet();
        if matches!(self, Self::Greeted) {
            return (client, 2);
        }
        client.log_in("", "");
        match self {
            Self::InPut => {
                client.send(&Request::Put(put("/open", 4 << 20, IfExists::Replace)));
                assert!(matches!(client.answer(), Answer::GoOn(_)));
                (client, 3)
            }
            Self::AfterRefusal => {
                client.send(&Request::Put(put("/taken", 4 << 20, IfExists::Refuse)));
                assert!(matches!(client.answer(), Answer::Error(_)));
                (client, 3)
            }
            _ => (client, 3),
        }
    }
}

/// Bodies that mean nothing, something, and too much.
fn bodies() -> [Vec<u8>; 4] {
    let path = [&4_u16.to_be_bytes()[..], b"/new"].concat();
    [Vec::new(), path, vec![0xff; 64], vec![0; 1024]]
}

/// Sends one message and takes what comes back, up to the answer to a ping behind it or the end.
fn provoke(client: &mut RawClient, kind: Kind, number: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = Header { kind, request: number, body_len: body.len() as u32 }.encode().to_vec();
    bytes.extend(body);
    // Half a header at the end has the server answer all before it, and wait no longer than that.
    let stream = client.stream();
    if stream.write_all(&bytes).and_then(|()| stream.flush()).is_err() {
        return Vec::new();
    }
    stream.conn.send_close_notify();
    stream.flush().ok();
    let mut told = Vec::new();
    stream.read_to_end(&mut told).ok();
    told
}

#[test]
fn every_message_in_every_state_is_answered_or_ends_the_connection() {
    let fixture = serve_with(|config| {
        config.penalties.threshold = usize::MAX;
        config.limits.message = std::time::Duration::from_secs(1);
    });
    std::fs::write(fixture.share.path().join("taken"), "taken").unwrap();
    let invented = [0, 0x0777, 0x7fff, 0x8777, 0xffff].map(Kind::new);
    let mut count = 0;
    for kind in Kind::ALL.iter().copied().chain(invented) {
        for state in STATES {
            for body in bodies() {
                let (mut client, number) = state.reach(&fixture);
                let told = provoke(&mut client, kind, number, &body);
                if !matches!(state, State::LoggedIn | State::AfterRefusal) {
                    let is_page = told.get(4..6) == Some(&Kind::PAGE.code().to_be_bytes()[..]);
                    assert!(!is_page, "{kind} in {state:?} was served before a login");
                }
                count += 1;
            }
        }
    }
    assert_eq!(fixture.server.counters().panics, 0, "after {count} messages");
    assert_eq!(std::fs::read(fixture.share.path().join("taken")).unwrap(), b"taken");
    assert!(!fixture.share.path().join("open").exists());
    let mut client = fixture.guest();
    assert_eq!(client.ask(&Request::Ping), Answer::Pong);
}
