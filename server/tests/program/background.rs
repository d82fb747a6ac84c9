//! A server that comes and goes, in fore- and background.

use crate::place::{Foreground, Place};
use rustix::process::Signal;
use std::fs;
use std::io::Read as _;
use std::process::Stdio;

#[test]
fn start_status_and_stop() {
    let place = Place::new();
    let started = place.run_on_share(&["start", "--guest", "read", "--workers", "3"]);
    started.says(&["ferry://127.0.0.1:", "/#fp=", "ferry-server stop", "share"]);

    let status = place.status();
    let link = status["link"].as_str().unwrap();
    assert!(started.out.contains(link));
    assert!(link.ends_with(status["fingerprint"].as_str().unwrap()));
    assert_eq!(status["fingerprint"].as_str().unwrap().len(), 52);
    assert!(status["addresses"][0].as_str().unwrap().starts_with("127.0.0.1:"));
    assert_eq!(status["workers"], 3);
    assert_eq!(status["guest"], "read");
    let share = place.share().canonicalize().unwrap();
    assert_eq!(status["share"].as_str().unwrap(), share.to_str().unwrap());
    for count in ["connections", "bytes_in", "bytes_out", "pid", "uptime_secs"] {
        assert!(status[count].is_u64(), "{count} in {status}");
    }
    place.run(&["status"]).says(&[link, "Connections  "]);
    place.run(&["reload"]).says(&["0 accounts"]);

    let again = place.run_on_share(&["start", "--guest", "read"]);
    again.refuses(&["already runs", &status["pid"].to_string(), "--state-dir"]);
    let beside = place.run_on_share(&["serve", "--guest", "read"]);
    beside.refuses(&["already runs", &format!("process {}", status["pid"])]);

    place.run(&["stop"]).says(&["stopped"]);
    assert!(!place.state().join("running.json").exists());
    for verb in ["stop", "status", "reload"] {
        place.run(&[verb]).refuses(&["no server runs", "ferry-server start"]);
    }
}

#[test]
fn start_keeps_no_stream_of_its_caller_open() {
    let place = Place::new();
    let mut command = place.command(&["start", "--guest", "read", "--listen", "127.0.0.1:0"]);
    command.arg(place.share()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut told = String::new();
    // Both streams come to their end although the server runs on.
    child.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{told}");
    let log = fs::read_to_string(place.state().join("server.log")).unwrap();
    assert!(log.contains("INFO serving "), "{log}");
    place.run(&["stop"]).says(&["stopped"]);
}

#[test]
fn a_server_that_was_killed_is_no_obstacle() {
    let place = Place::new();
    let mut killed = Foreground::serve(&place, &["--guest", "read"]);
    killed.signal(Signal::KILL);
    killed.exit_code();
    assert!(place.state().join("running.json").exists());
    place.run(&["status"]).refuses(&["no server runs"]);
    place.run_on_share(&["start", "--guest", "read"]).says(&["ferry://"]);
    place.run(&["stop"]).says(&["stopped"]);
}

#[test]
fn sigterm_and_ctrl_c_drain_and_end_with_zero() {
    for signal in [Signal::TERM, Signal::INT] {
        let place = Place::new();
        let mut server = Foreground::serve(&place, &["--guest", "read"]);
        assert!(server.told.contains("ferry://127.0.0.1:"), "{}", server.told);
        assert_eq!(place.status()["pid"], server.child.id());
        server.signal(signal);
        assert_eq!(server.exit_code(), Some(0));
        assert!(!place.state().join("running.json").exists());
    }
}

#[test]
fn stop_ends_a_server_in_the_foreground_too() {
    let place = Place::new();
    let mut server = Foreground::serve(&place, &["--guest", "write"]);
    place.run(&["stop"]).says(&["stopped"]);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn the_key_is_kept_over_restarts() {
    let place = Place::new();
    let mut fingerprints = Vec::new();
    for _ in 0..2 {
        let server = Foreground::serve(&place, &["--guest", "read"]);
        fingerprints.push(place.status()["fingerprint"].clone());
        drop(server);
    }
    assert_eq!(fingerprints[0], fingerprints[1]);
}
