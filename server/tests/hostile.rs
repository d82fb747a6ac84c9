//! Peers that do not play by the rules: each gets its own clear answer or a closed connection,
//! and the server goes on serving.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::large_stack_arrays,
    reason = "a test may panic"
)]

mod support;

use ferry_protocol::{
    Answer, Header, IfExists, Kind, Request, RequestedPath, Status, encode_data_header,
};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;
use support::{Fixture, RawClient, Received, at, put, serve, serve_with, status_of};

/// Sends raw bytes of a message with any kind, number and body.
fn send_raw(client: &mut RawClient, kind: Kind, request: u32, body: &[u8]) {
    let header = Header { kind, request, body_len: body.len() as u32 };
    let mut bytes = header.encode().to_vec();
    bytes.extend_from_slice(body);
    client.send_bytes(&bytes);
}

/// The server tells of a fault of order or form, and closes.
fn assert_thrown_out(client: &mut RawClient, status: Status) {
    match client.receive() {
        Some(Received::Answer(0, Answer::Error(fault))) => assert_eq!(fault.status, status),
        other => panic!("expected {status}, got {other:?}"),
    }
    assert_eq!(client.receive(), None);
}

fn assert_still_serving(fixture: &Fixture) {
    let mut client = fixture.guest();
    assert_eq!(client.ask(&Request::Ping), Answer::Pong);
    assert_eq!(fixture.server.counters().panics, 0);
}

#[test]
fn nothing_is_served_before_hello_and_login() {
    let fixture = serve();
    let mut early = RawClient::connect(fixture.address());
    early.send(&Request::List(at("/")));
    assert_thrown_out(&mut early, Status::OUT_OF_ORDER);
    let requests = [
        Request::List(at("/")),
        Request::Get { path: at("/x"), range: ferry_protocol::Range::ALL },
        Request::Put(put("/x", 1, IfExists::Refuse)),
        Request::Status,
        Request::Sync,
    ];
    // Each from an address of its own, which is not shut out yet.
    for (request, last) in requests.into_iter().zip(2..) {
        let own = std::net::Ipv4Addr::new(127, 0, 0, last);
        let mut client = RawClient::connect_from(own, fixture.address());
        client.greet();
        client.send(&request);
        assert_thrown_out(&mut client, Status::LOGIN_REQUIRED);
    }
    assert_still_serving(&fixture);
}

#[test]
fn three_wrong_passwords_end_the_connection() {
    let fixture = serve_with(|config| config.guest = None);
    let mut client = RawClient::connect(fixture.address());
    client.greet();
    assert_eq!(status_of(&client.log_in("", "")), Status::LOGIN_REFUSED);
    assert_eq!(status_of(&client.log_in("nobody", "x")), Status::LOGIN_REFUSED);
    assert_eq!(status_of(&client.log_in("nobody", "y")), Status::LOGIN_REFUSED);
    assert_eq!(client.receive(), None);
}

#[test]
fn messages_out_of_order_are_named_and_end_the_connection() {
    let fixture = serve();
    let mut client = fixture.guest();
    client.send(&Request::Hello(ferry_protocol::Hello { program: String::new(), features: 0 }));
    assert_thrown_out(&mut client, Status::OUT_OF_ORDER);
    let mut client = fixture.guest();
    client.send_bytes(&[&encode_data_header(3, 0, 1)[..], b"x"].concat());
    assert_thrown_out(&mut client, Status::OUT_OF_ORDER);
    let mut client = fixture.guest();
    client.send_as(77, &Request::Ping);
    assert_thrown_out(&mut client, Status::OUT_OF_ORDER);
    let mut client = fixture.guest();
    let number = client.send(&Request::Put(put("/x", 10, IfExists::Refuse)));
    client.send_data(number, 5, b"later");
    assert_thrown_out(&mut client, Status::OUT_OF_ORDER);
    let mut client = fixture.guest();
    let number = client.send(&Request::Put(put("/x", 3, IfExists::Refuse)));
    client.send_data(number, 0, b"too much");
    assert_thrown_out(&mut client, Status::OUT_OF_ORDER);
    assert_still_serving(&fixture);
    assert_eq!(fixture.parts().len(), 0);
}

#[test]
fn what_is_no_message_is_refused_before_anything_is_allocated() {
    let fixture = serve();
    let mut client = fixture.guest();
    client.send_bytes(b"GET / HTTP/1.1\r\n\r\n");
    assert_thrown_out(&mut client, Status::MALFORMED);
    let mut client = fixture.guest();
    client.send_bytes(&Header { kind: Kind::STAT, request: 3, body_len: u32::MAX }.encode());
    assert_thrown_out(&mut client, Status::TOO_LARGE);
    let mut client = fixture.guest();
    let mut reserved = Header { kind: Kind::PING, request: 3, body_len: 0 }.encode();
    reserved[3] = 1;
    client.send_bytes(&reserved);
    assert_thrown_out(&mut client, Status::MALFORMED);
    let mut stranger = RawClient::connect(fixture.address());
    stranger.send_bytes(&Header { kind: Kind::HELLO, request: 1, body_len: 3000 }.encode());
    assert_thrown_out(&mut stranger, Status::TOO_LARGE);
    assert_still_serving(&fixture);
}

#[test]
fn unknown_kinds_and_bad_bodies_are_answered_and_the_connection_goes_on() {
    let fixture = serve();
    let mut client = fixture.guest();
    let unknown = client.send(&Request::Ping);
    assert_eq!(client.answer(), Answer::Pong);
    send_raw(&mut client, Kind::new(0x0777), unknown + 1, b"what is this");
    send_raw(&mut client, Kind::SEARCH, unknown + 2, b"reserved");
    send_raw(&mut client, Kind::STAT, unknown + 3, b"\x00\x05..");
    send_raw(&mut client, Kind::STAT, unknown + 4, b"\x00\x02..");
    send_raw(&mut client, Kind::PUT, unknown + 5, b"\x00");
    client.send_bytes(&encode_data_header(unknown + 5, 0, 4));
    client.send_bytes(b"data");
    send_raw(&mut client, Kind::PUT_CANCEL, unknown + 5, b"");
    send_raw(&mut client, Kind::PING, unknown + 6, b"");
    let expected = [Status::UNSUPPORTED, Status::UNSUPPORTED, Status::MALFORMED];
    let expected = expected.into_iter().chain([Status::BAD_NAME, Status::MALFORMED]);
    for (status, number) in expected.zip(unknown + 1..) {
        let header = raw_answer(&mut client);
        assert_eq!(header, (number, status));
    }
}

/// The next answer without the client's own judgement of its order.
fn raw_answer(client: &mut RawClient) -> (u32, Status) {
    let mut head = [0; 16];
    client.stream().read_exact(&mut head).unwrap();
    let header = Header::decode(&head).unwrap();
    let mut body = vec![0; header.body_len as usize];
    client.stream().read_exact(&mut body).unwrap();
    let answer = Answer::decode(header.kind, &body).unwrap().unwrap();
    (header.request, status_of(&answer))
}

#[test]
fn names_that_cannot_be_are_refused_before_the_disk_is_asked() {
    for name in ["..", "a/../b", "a//b", "a/", "/x\0y", ".ferry-part-0", &"n".repeat(256)] {
        assert!(RequestedPath::parse(name.as_bytes()).is_err(), "{name:?}");
    }
    let fixture = serve();
    let mut client = fixture.guest();
    for (index, body) in [&b"\x00\x02.."[..], b"\x00\x04/a/.", b"\x00\x03a\0b"].iter().enumerate() {
        let number = 3 + index as u32;
        send_raw(&mut client, Kind::STAT, number, body);
        assert_eq!(raw_answer(&mut client), (number, Status::BAD_NAME));
    }
}

#[test]
fn a_peer_that_speaks_no_tls_is_dropped() {
    let fixture = serve();
    let mut socket = TcpStream::connect(fixture.address()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // An alert of TLS, or nothing; never a page.
    socket.read_to_end(&mut answer).ok();
    assert!(answer.len() < 16, "{answer:?}");
    assert_still_serving(&fixture);
}

#[test]
fn a_client_of_another_protocol_on_tls_is_turned_away() {
    let fixture = serve();
    let name = "ferry".try_into().unwrap();
    let config = support::tls_config(b"http/1.1");
    let mut tls = rustls::ClientConnection::new(config, name).unwrap();
    let mut socket = TcpStream::connect(fixture.address()).unwrap();
    let failed = tls.complete_io(&mut socket).and_then(|_| tls.complete_io(&mut socket));
    assert!(failed.is_err());
    assert_still_serving(&fixture);
}

/// Short enough for a test to wait for; whoever has to be in time has the usual limits.
const SHORT: Duration = Duration::from_millis(300);

#[test]
fn a_stranger_who_says_nothing_is_dropped_before_the_handshake_and_before_the_login() {
    let fixture = serve_with(|config| config.limits.handshake = SHORT);
    let mut silent = TcpStream::connect(fixture.address()).unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert_eq!(silent.read(&mut [0; 1]).unwrap_or(0), 0, "no handshake");
    let fixture = serve_with(|config| config.limits.login = SHORT);
    // The handshake is made by the wait for an answer, late or not.
    assert_thrown_out(&mut RawClient::connect(fixture.address()), Status::TIMED_OUT);
}

#[test]
fn a_guest_who_falls_silent_is_sent_off_and_one_who_halts_is_thrown_out() {
    let fixture = serve_with(|config| config.limits.idle = SHORT);
    let mut idle = fixture.guest();
    assert!(matches!(idle.receive(), Some(Received::Answer(0, Answer::GoAway(_)))));
    let fixture = serve_with(|config| config.limits.message = SHORT);
    let mut halting = fixture.guest();
    halting.send_bytes(&[0x46, 0xFE, 1]);
    assert_thrown_out(&mut halting, Status::TIMED_OUT);
}

#[test]
fn more_silent_clients_than_workers_hold_nobody_up() {
    let fixture = serve_with(|config| config.workers = 2);
    let silent: Vec<RawClient> = (0..60).map(|_| fixture.guest()).collect();
    let unshaken: Vec<TcpStream> =
        (0..20).map(|_| TcpStream::connect(fixture.address()).unwrap()).collect();
    let mut client = fixture.guest();
    assert!(matches!(client.put_small("/x", b"x", IfExists::Refuse), Answer::Stored(_)));
    assert_eq!(fixture.server.counters().connections, 60 + 20 + 1);
    drop((silent, unshaken));
}

#[test]
fn an_address_over_its_cap_is_told_when_to_come_back() {
    let fixture = serve_with(|config| config.limits.connections_per_address = 2);
    let _first = fixture.guest();
    let second = fixture.guest();
    let mut third = RawClient::connect(fixture.address());
    third.send(&Request::Hello(ferry_protocol::Hello { program: String::new(), features: 0 }));
    let Some(Received::Answer(0, Answer::Busy(busy))) = third.receive() else {
        panic!("expected busy about the connection as a whole")
    };
    assert!(busy.retry_after_ms > 0 && busy.text.contains("your address"));
    assert_eq!(third.receive(), None);
    drop(second);
    // The permit ends with the connection: a third is welcome as soon as the server has noticed.
    let welcomed = (0..1000).any(|_| {
        let mut again = RawClient::connect(fixture.address());
        matches!(again.greet(), Answer::Welcome(_))
    });
    assert!(welcomed);
}

#[test]
fn eight_requests_in_one_record_are_all_answered() {
    let fixture = serve();
    let mut client = fixture.guest();
    for round in 0..50 {
        let mut bytes = Vec::new();
        let first = 3 + round * 8;
        for number in first..first + 8 {
            ferry_protocol::encode_request(&mut bytes, number, &Request::Ping);
        }
        client.send_bytes(&bytes);
        for number in first..first + 8 {
            let mut head = [0; 16];
            client.stream().read_exact(&mut head).unwrap();
            let header = Header::decode(&head).unwrap();
            assert_eq!((header.kind, header.request), (Kind::PONG, number));
        }
    }
}

#[test]
fn one_request_over_many_records_is_answered() {
    let fixture = serve();
    let mut client = fixture.guest();
    let mut bytes = Vec::new();
    ferry_protocol::encode_request(&mut bytes, 3, &Request::Stat(at("/")));
    for byte in bytes {
        client.send_bytes(&[byte]);
    }
    let mut head = [0; 16];
    client.stream().read_exact(&mut head).unwrap();
    assert_eq!(Header::decode(&head).unwrap().kind, Kind::ENTRY);
}

#[test]
fn an_account_over_its_cap_is_told_so() {
    let fixture = serve_with(|config| config.limits.connections_per_account = 1);
    let _first = fixture.guest();
    let mut second = RawClient::connect(fixture.address());
    second.greet();
    second.send(&Request::LoginPassword {
        name: String::new(),
        password: ferry_protocol::Secret::new(b""),
    });
    let Some(Received::Answer(0, Answer::Busy(busy))) = second.receive() else {
        panic!("expected busy")
    };
    assert!(busy.text.contains("your account"));
    assert_eq!(second.receive(), None);
}
