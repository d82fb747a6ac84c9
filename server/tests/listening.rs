//! A server that changes where it listens while clients are connected.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use ferry_protocol::{Answer, Request};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use support::{RawClient, serve};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[test]
fn open_connections_outlive_a_move_and_new_ones_find_the_way() {
    let fixture = serve();
    let (at_first, mut client) = (fixture.address(), fixture.guest());
    fixture.server.move_to(&[]).unwrap();
    let wide = fixture.address();
    assert!(wide.ip().is_unspecified() && wide.port() == at_first.port(), "{wide}");
    assert!(matches!(client.ask(&Request::Ping), Answer::Pong), "the connection of before");
    let mut second = RawClient::connect(at_first);
    second.greet();

    fixture.server.move_to(&[LOOPBACK]).unwrap();
    assert_eq!(fixture.address(), at_first);
    assert!(matches!(client.ask(&Request::Ping), Answer::Pong));
    assert!(matches!(second.log_in("", ""), Answer::LoggedIn(_)));
    RawClient::connect(at_first).greet();
}

#[test]
fn where_it_cannot_listen_it_stays() {
    let fixture = serve();
    let at_first = fixture.address();
    // An address that this host does not have: it is reserved for documentation.
    let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    assert!(fixture.server.move_to(&[elsewhere]).is_err());
    assert_eq!(fixture.address(), at_first);
    assert!(TcpListener::bind(at_first).is_err(), "the port is still held");
    RawClient::connect(at_first).greet();
}
