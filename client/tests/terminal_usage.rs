//! The program `ferry` without a server: wrong use, and servers that are not there.
#![expect(clippy::unwrap_used, reason = "helpers of tests may give up")]

use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Runs `ferry` without a terminal, with nothing on its standard input.
fn ferry(arguments: &[&str]) -> Output {
    let state = TempDir::new().unwrap();
    Command::new(env!("CARGO_BIN_EXE_ferry"))
        .args(arguments)
        .env("FERRY_STATE_DIR", state.path())
        .env_remove("FERRY_PASSWORD")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn exit_and_error(arguments: &[&str]) -> (i32, String) {
    let output = ferry(arguments);
    let error = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), error)
}

#[test]
fn wrong_use_exits_64_and_says_how_it_is_right() {
    for (arguments, said) in [
        (&["ls"][..], "ferry ls URL"),
        (&["put", "x"], "put FILE... URL"),
        (&["get", "x"], "get URL"),
        (&["put", "a", "b", "ferry://h/new-name"], "end it with /"),
        (&["get", "ferry://h/a", "ferry://h/b", "c"], "end it with /"),
        (&["mv", "ferry://h/a", "ferry://i/b"], "one server"),
        (&["ls", "http://h/"], "ferry://"),
        (&["ls", "ferry://anna:secret@h/"], "--password-file"),
        (&["ls", "ferry://h/", "--retry-for", "soon"], "30s"),
        (&["ls", "ferry://h/", "--fingerprint", "abc"], "--fingerprint"),
        (&["ls", "ferry://h/", "--if-exists", "perhaps"], "replace"),
        (&["frobnicate", "x"], "Usage"),
        (&[], "no host"),
    ] {
        let (exit, error) = exit_and_error(arguments);
        assert_eq!(exit, 64, "{arguments:?}: {error}");
        assert!(error.contains(said), "{arguments:?}: {error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn help_and_version_are_no_failure() {
    let help = ferry(&["--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(help.status.success() && text.contains("130 interrupted"), "{text}");
    assert!(ferry(&["--version"]).status.success());
    let help = ferry(&["help", "put"]);
    assert!(help.status.success() && String::from_utf8(help.stdout).unwrap().contains("Usage"));
}

#[test]
fn a_path_above_the_share_is_refused() {
    let (exit, error) = exit_and_error(&["ls", "ferry://127.0.0.1/../etc"]);
    assert_eq!((exit, error.contains("above")), (1, true), "{error}");
}

#[test]
fn nobody_there_exits_3() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let (exit, error) = exit_and_error(&["ls", &format!("ferry://127.0.0.1:{port}/")]);
    assert_eq!(exit, 3, "{error}");
    assert!(error.contains("nothing listens") && error.lines().count() == 1, "{error}");
}

#[test]
fn something_else_that_answers_is_no_ferry_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ferry://{}/", listener.local_addr().unwrap());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut socket, _) = listener.accept().unwrap();
            let mut hello = [0; 512];
            let _count = socket.read(&mut hello).unwrap();
            std::io::Write::write_all(&mut socket, b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        });
        let output = ferry(&["ls", &url, "--json"]);
        assert_eq!(output.status.code(), Some(3));
        let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(object["error"].as_str().unwrap().contains("no Ferry server"), "{object}");
        assert_eq!(object["exit"], 3);
    });
}

#[test]
fn forgetting_who_was_never_met_is_refused() {
    let (exit, error) = exit_and_error(&["forget", "host"]);
    assert_eq!((exit, error.contains("\"host\"")), (1, true), "{error}");
}

#[test]
fn a_password_in_a_misplaced_url_is_not_repeated() {
    let (exit, error) = exit_and_error(&["ferry://anna:secret@host/", "ls"]);
    assert_eq!(exit, 64);
    assert!(error.contains("before the verb") && !error.contains("secret"), "{error}");
}
