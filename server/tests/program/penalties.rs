//! Who is shut out can be seen and cleared.

use crate::place::Place;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

#[test]
fn penalties_are_shown_and_cleared() {
    let place = Place::new();
    place.run_on_share(&["start", "--guest", "read"]).says(&["ferry://127.0.0.1:"]);
    place.run(&["penalties"]).says(&["nothing is held against anyone"]);
    let status = place.status();
    let address: SocketAddr = status["addresses"][0].as_str().unwrap().parse().unwrap();
    for _ in 0..15 {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        socket.read_to_end(&mut Vec::new()).ok();
    }
    assert_eq!(place.status()["banned"], 1);
    place.run(&["penalties"]).says(&["127.0.0.1", "shut out for 30 more minutes"]);
    let report: Value = serde_json::from_str(&place.run(&["penalties", "--json"]).out).unwrap();
    assert_eq!(report["addresses"][0]["bans"], 1);
    place.run(&["penalties", "clear", "127.0.0.9"]).refuses(&["nothing against 127.0.0.9"]);
    place.run(&["penalties", "clear", "127.0.0.1"]).says(&["cleared 127.0.0.1"]);
    assert_eq!(place.status()["banned"], 0);
    place.run(&["penalties", "clear", "all"]).says(&["0 entries"]);
    place.run(&["stop"]).says(&["stopped"]);
    place.run(&["penalties"]).refuses(&["no server runs"]);
}
