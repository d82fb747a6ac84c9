//! Whoever misbehaves is shut out for a time and told so; nobody else notices, and the person
//! whose name was tried gets in.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

mod support;

use ferry_protocol::{Answer, Busy, Hello, Request, Status, Token};
use std::net::Ipv4Addr;
use std::time::Duration;
use support::{Fixture, RawClient, Received, serve_accounts, status_of};

fn loopback(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, last)
}

fn from(fixture: &Fixture, last: u8) -> RawClient {
    RawClient::connect_from(loopback(last), fixture.address())
}

/// One wrong login on a connection of its own.
fn try_wrong(fixture: &Fixture, last: u8, name: &str) {
    let mut client = from(fixture, last);
    client.greet();
    client.log_in(name, "not it");
}

/// What a client hears that is turned away at its hello.
fn turned_away(fixture: &Fixture, last: u8) -> Option<Busy> {
    let mut client = from(fixture, last);
    client.send(&Request::Hello(Hello { program: String::new(), features: 0 }));
    match client.receive() {
        Some(Received::Answer(0, Answer::Busy(busy))) => Some(busy),
        _ => None,
    }
}

fn gets_in(fixture: &Fixture, last: u8) -> bool {
    let mut client = from(fixture, last);
    matches!(client.greet(), Answer::Welcome(_))
        && matches!(client.log_in("ann", "the right one"), Answer::LoggedIn(_))
}

#[test]
fn who_guesses_is_shut_out_and_told_until_when_and_others_are_not() {
    let fixture = serve_accounts(&[("ann", "the right one")]);
    for number in 0..8 {
        try_wrong(&fixture, 2, &format!("guess{number}"));
    }
    let busy = turned_away(&fixture, 2).unwrap();
    assert!(busy.retry_after_ms > 1_700_000, "{busy:?}");
    assert!(busy.text.contains("minutes") && busy.text.contains("your address"), "{busy:?}");
    assert!(gets_in(&fixture, 3));
}

/// After a restart each client comes with a token that is good no more, many from one address.
#[test]
fn a_token_of_an_earlier_run_shuts_nobody_out() {
    let fixture = serve_accounts(&[("ann", "the right one")]);
    for number in 0..20 {
        let mut client = from(&fixture, 5);
        client.greet();
        let answer = client.ask(&Request::LoginToken(Token::new([number; 32])));
        assert_eq!(status_of(&answer), Status::LOGIN_REFUSED);
        assert!(matches!(client.log_in("ann", "the right one"), Answer::LoggedIn(_)));
    }
    assert!(gets_in(&fixture, 5));
}

#[test]
fn the_person_whose_name_is_tried_from_everywhere_gets_in() {
    let fixture = serve_accounts(&[("ann", "the right one")]);
    for last in 10..17 {
        try_wrong(&fixture, last, "ann");
    }
    assert!(gets_in(&fixture, 3));
    // Not even on the address from which someone mistyped a few times.
    assert!(gets_in(&fixture, 10));
}

#[test]
fn existing_and_other_names_are_refused_alike() {
    let fixture = serve_accounts(&[("ann", "the right one")]);
    let answers = ["ann", "bob", "ann ", ""].map(|name| {
        let mut client = from(&fixture, 4);
        client.greet();
        client.log_in(name, "not it")
    });
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

#[test]
fn garbage_before_a_login_costs_an_address_its_welcome() {
    let fixture = serve_accounts(&[("ann", "the right one")]);
    for _ in 0..5 {
        let mut client = from(&fixture, 5);
        client.send_bytes(b"GET / HTTP/1.1\r\n\r\n");
        while client.receive().is_some() {}
    }
    assert!(turned_away(&fixture, 5).is_some());
    assert!(gets_in(&fixture, 6));
}

#[test]
fn an_exempt_address_is_only_refused() {
    let fixture = support::serve_accounts_with(&[("ann", "the right one")], |config| {
        config.penalties.exempt = vec!["127.0.0.7".parse().unwrap()];
    });
    for number in 0..20 {
        try_wrong(&fixture, 7, &format!("guess{number}"));
    }
    assert!(gets_in(&fixture, 7));
}

#[test]
fn those_at_work_stay_when_their_address_is_shut_out() {
    let fixture = serve_accounts(&[("ann", "the right one")]);
    let mut at_work = from(&fixture, 8);
    at_work.greet();
    assert!(matches!(at_work.log_in("ann", "the right one"), Answer::LoggedIn(_)));
    for number in 0..8 {
        try_wrong(&fixture, 8, &format!("guess{number}"));
    }
    assert!(turned_away(&fixture, 8).is_some());
    assert_eq!(at_work.ask(&Request::Ping), Answer::Pong);
}

/// A hundred logins at once from one address: those beyond its share of the lane are told to come
/// back, and nobody waits behind them.
#[test]
fn a_flood_of_logins_is_sent_away_with_a_time() {
    let fixture = serve_accounts(&[("ann", "the right one")]);
    let mut clients: Vec<RawClient> = (0..60).map(|_| from(&fixture, 9)).collect();
    for client in &mut clients {
        client.greet();
    }
    for client in &mut clients {
        client.send(&Request::LoginPassword {
            name: "ann".to_owned(),
            password: ferry_protocol::Secret::new(b"the right one"),
        });
    }
    let answers: Vec<Answer> = clients.iter_mut().map(RawClient::answer).collect();
    let sent_away = answers.iter().filter(|answer| matches!(answer, Answer::Busy(_))).count();
    let let_in = answers.iter().filter(|answer| matches!(answer, Answer::LoggedIn(_))).count();
    assert_eq!(sent_away + let_in, 60, "{answers:?}");
    assert!(let_in >= 16, "{let_in}");
    assert!(gets_in(&fixture, 3));
}

#[test]
fn a_stalled_reader_is_ended_and_holds_no_worker() {
    let fixture = support::serve_with(|config| {
        config.workers = 2;
        config.limits.stall = Duration::from_millis(300);
    });
    std::fs::write(fixture.share.path().join("large"), vec![7; 64 << 20]).unwrap();
    let mut stalled = fixture.guest();
    stalled.send(&Request::Get { path: support::at("/large"), range: ferry_protocol::Range::ALL });
    let mut client = fixture.guest();
    assert_eq!(client.ask(&Request::Ping), Answer::Pong);
    while fixture.server.counters().timed_out == 0 {
        std::thread::yield_now();
    }
    assert_eq!(client.ask(&Request::Ping), Answer::Pong);
    assert_eq!(fixture.server.counters().connections, 1);
}
