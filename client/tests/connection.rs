//! Connections against a scripted server: greeting, trust, deadlines, pages.

mod support;

use ferry_client::trust::{Authorities, Fingerprint, KnownServers};
use ferry_client::{Client, Deadlines, Error, NoQuestions, Stage};
use ferry_protocol::{Answer, EntryKind, Fault, RemotePath, Request, Status};
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;
use support::authority::Authority;
use support::{FakeServer, entry, page};

#[test]
fn the_welcome_is_kept_and_the_key_is_pinned() {
    let state = tempfile::tempdir().unwrap();
    let server = FakeServer::start(1, |_, peer| peer.greet());
    let client = server.connect(state.path()).unwrap();
    assert_eq!(client.welcome().text, "mind the gap");
    let pinned = KnownServers::in_folder(state.path()).lookup(client.server());
    assert_eq!(pinned.unwrap(), Some(client.fingerprint()));
    drop(client);
    server.join();
}

#[test]
fn a_listing_is_paged_and_a_refusal_names_the_path() {
    let state = tempfile::tempdir().unwrap();
    let server = FakeServer::start(1, |_, peer| {
        peer.greet();
        let (number, request) = peer.request();
        assert!(matches!(request, Request::List(_)));
        peer.answer(number, &page(vec![entry(b"a", EntryKind::File, 1)], false));
        let (number, request) = peer.request();
        assert!(matches!(request, Request::NextPage));
        peer.answer(number, &page(vec![entry(b"b", EntryKind::Folder, 0)], true));
        let (number, _) = peer.request();
        peer.answer(number, &Answer::Error(Fault::new(Status::NOT_FOUND, "not there")));
    });
    let mut client = server.connect(state.path()).unwrap();
    let root = RemotePath::root();
    let pages = client.list(&root).unwrap().collect::<Result<Vec<_>, _>>();
    let names: Vec<Vec<u8>> =
        pages.unwrap().into_iter().flatten().map(|entry| entry.name).collect();
    assert_eq!(names, [b"a", b"b"]);
    let missing = RemotePath::parse(b"/no\nsuch").unwrap();
    let err = client.stat(&missing).unwrap_err();
    assert_eq!(err.status(), Some(Status::NOT_FOUND));
    assert_eq!(err.to_string(), "/no\\nsuch: not there");
    server.join();
}

#[test]
fn a_changed_key_is_a_hard_stop_before_anything_is_sent() {
    let state = tempfile::tempdir().unwrap();
    let server = FakeServer::start(2, |_, peer| {
        // Not even a hello comes through.
        assert!(peer.next().is_none());
    });
    let known = KnownServers::in_folder(state.path());
    let other = Fingerprint::of_public_key(b"another key");
    let name = format!("127.0.0.1:{}", server.address.port());
    known.pin(&name, other).unwrap();
    let err = server.connect(state.path()).unwrap_err();
    assert!(err.is_key_changed() && !err.is_retryable(), "{err}");
    assert!(err.to_string().contains("ferry forget 127.0.0.1"), "{err}");

    let mut options = server.options(&state.path().join("fresh"));
    options.fingerprint = Some(other);
    let err = Client::connect(options, Arc::new(NoQuestions)).unwrap_err();
    assert!(matches!(err, Error::KeyChanged { was_given: true, .. }));
    server.join();
}

#[test]
fn nothing_of_a_link_is_sent_to_a_man_in_the_middle() {
    let state = tempfile::tempdir().unwrap();
    let server = FakeServer::start(1, |_, peer| assert!(peer.next().is_none()));
    let meant = Fingerprint::of_public_key(b"the server that is meant");
    let invitation = "aaaqeayeaudaocajbifqydiob4";
    let port = server.address.port();
    let link = format!("ferry://anna@127.0.0.1:{port}/#fp={meant}&i={invitation}");
    let address = ferry_client::Address::parse(&link).unwrap();
    assert!(address.invitation.is_some() && !address.to_string().contains(invitation));
    let known = KnownServers::in_folder(state.path());
    let options = ferry_client::ConnectOptions::of_address(&address, known);
    let Err(err) = Client::connect(options, Arc::new(NoQuestions)) else { panic!("trusted") };
    let told = err.to_string();
    let Error::KeyChanged { known, presented, .. } = err else { panic!("{told}") };
    assert!(told.contains(&known.to_string()) && told.contains(&presented.to_string()), "{told}");
    server.join();
}

/// Whoever stands in between can write a link that names the own key: it opened without a word
/// where another key was pinned, and the password was asked for and given away.
#[test]
fn a_link_does_not_override_the_key_that_is_pinned() {
    let state = tempfile::tempdir().unwrap();
    let server = FakeServer::start(2, |index, peer| {
        if index == 0 {
            peer.greet();
        } else {
            assert!(peer.next().is_none());
        }
    });
    let elsewhere = server.connect(&state.path().join("elsewhere")).unwrap();
    let presented = elsewhere.fingerprint();
    let mut options = server.options(state.path());
    let known = KnownServers::in_folder(state.path());
    let before = Fingerprint::of_public_key(b"pinned before");
    known.pin(&options.server(), before).unwrap();
    options.fingerprint = Some(presented);
    let err = Client::connect(options.clone(), Arc::new(NoQuestions)).unwrap_err();
    let told = err.to_string();
    assert!(matches!(err, Error::KeyChanged { was_given: false, .. }), "{told}");
    assert!(told.contains(&before.to_string()) && told.contains(&presented.to_string()), "{told}");
    assert_eq!(known.lookup(&options.server()).unwrap(), Some(before));
    drop(elsewhere);
    server.join();
}

#[test]
fn a_key_that_an_authority_vouches_for_needs_no_question_and_is_not_pinned() {
    let authority = Authority::new();
    let roots = Authorities::These(vec![authority.der()]);
    let state = tempfile::tempdir().unwrap();
    for (name, is_taken) in [("127.0.0.1", true), ("192.0.2.1", false)] {
        let server = FakeServer::start_as(authority.vouch_for(name), 1, move |_, peer| {
            if is_taken {
                peer.greet();
            } else {
                assert!(peer.next().is_none());
            }
        });
        let mut options = server.options(state.path());
        options.authorities = roots.clone();
        let connected = Client::connect(options, Arc::new(NoQuestions));
        match connected {
            Ok(client) => {
                assert!(is_taken);
                let known = KnownServers::in_folder(state.path());
                assert_eq!(known.lookup(client.server()).unwrap(), None);
            }
            Err(err) => assert!(!is_taken && matches!(err, Error::KeyUnknown { .. }), "{err}"),
        }
        server.join();
    }
}

/// A link carries the key of its day; the certificate is renewed some weeks later.
#[test]
fn a_key_of_a_link_that_an_authority_vouches_for_is_not_pinned_either() {
    let authority = Authority::new();
    let roots = Authorities::These(vec![authority.der()]);
    let state = tempfile::tempdir().unwrap();
    let certificate = authority.vouch_for("127.0.0.1");
    let server = FakeServer::start_as(certificate, 2, |_, peer| {
        peer.greet();
    });
    let mut options = server.options(state.path());
    options.authorities = roots;
    let told = Client::connect(options.clone(), Arc::new(NoQuestions)).unwrap();
    options.fingerprint = Some(told.fingerprint());
    let client = Client::connect(options, Arc::new(NoQuestions)).unwrap();
    let known = KnownServers::in_folder(state.path());
    assert_eq!(known.lookup(client.server()).unwrap(), None);
    server.join();
}

#[test]
fn a_pinned_key_is_not_replaced_by_one_that_an_authority_vouches_for() {
    let authority = Authority::new();
    let state = tempfile::tempdir().unwrap();
    let certificate = authority.vouch_for("127.0.0.1");
    let server = FakeServer::start_as(certificate, 1, |_, peer| assert!(peer.next().is_none()));
    let mut options = server.options(state.path());
    options.authorities = Authorities::These(vec![authority.der()]);
    let known = KnownServers::in_folder(state.path());
    known.pin(&options.server(), Fingerprint::of_public_key(b"pinned before")).unwrap();
    let err = Client::connect(options, Arc::new(NoQuestions)).unwrap_err();
    assert!(err.is_key_changed(), "{err}");
    server.join();
}

#[test]
fn a_new_key_that_nobody_vouches_for_is_refused() {
    let state = tempfile::tempdir().unwrap();
    let server = FakeServer::start(1, |_, peer| assert!(peer.next().is_none()));
    let options = server.options(state.path());
    let err = Client::connect(options, Arc::new(NoQuestions)).unwrap_err();
    assert!(matches!(err, Error::KeyUnknown { .. }), "{err}");
    server.join();
}

#[test]
fn a_silent_server_times_out_in_the_right_stage() {
    let state = tempfile::tempdir().unwrap();
    let silent_tcp = FakeServer::raw(1, |_, mut socket| {
        drop(socket.read_to_end(&mut Vec::new()));
    });
    let silent_tls = FakeServer::start(1, |_, peer| while peer.next().is_some() {});
    let silent_login = FakeServer::start(1, |_, peer| {
        let (number, _) = peer.request();
        peer.answer(number, &Answer::Welcome(support::welcome()));
        while peer.next().is_some() {}
    });
    // What a real handshake has to fit in leaves room for a busy machine.
    let (short, long) = (Duration::from_millis(100), Duration::from_secs(3));
    for (server, wanted, deadline) in [
        (silent_tcp, Stage::Handshake, short),
        (silent_tls, Stage::Hello, long),
        (silent_login, Stage::Login, long),
    ] {
        let mut options = server.options(state.path());
        options.deadlines =
            Deadlines { greeting: deadline, answer: deadline, ..Deadlines::default() };
        let err = Client::connect(options, Arc::new(support::TrustsAll)).unwrap_err();
        match err {
            Error::TimedOut { stage, .. } => assert_eq!(stage, wanted),
            other => panic!("{other}"),
        }
        server.join();
    }
}

#[test]
fn what_is_no_ferry_server_is_named_as_such() {
    let state = tempfile::tempdir().unwrap();
    let web: fn(_, std::net::TcpStream) = |_, mut socket| {
        let mut buffer = [0; 64];
        drop(socket.read(&mut buffer));
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").unwrap();
        // Read on, so that the answer is not destroyed by a reset.
        drop(socket.shutdown(std::net::Shutdown::Write));
        drop(socket.read_to_end(&mut Vec::new()));
    };
    let closing: fn(_, std::net::TcpStream) = |_, socket| drop(socket);
    for (script, wanted) in [(web, "web server"), (closing, "closed")] {
        let server = FakeServer::raw(1, script);
        let err = server.connect(state.path()).unwrap_err();
        assert!(err.to_string().contains(wanted), "{err:?}");
        server.join();
    }
}

#[test]
fn a_request_is_repeated_with_its_operation_id_after_a_lost_connection() {
    let state = tempfile::tempdir().unwrap();
    let operations = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let seen = Arc::clone(&operations);
    let server = FakeServer::start(2, move |index, peer| {
        let (number, _) = peer.request();
        peer.answer(number, &Answer::Welcome(support::welcome()));
        let (number, login) = peer.request();
        // The second login needs no password.
        assert_eq!(index == 1, matches!(login, Request::LoginToken(_)));
        peer.answer(number, &Answer::LoggedIn(support::account()));
        let (number, request) = peer.request();
        let Request::Change { operation, .. } = request else {
            panic!("{request:?}");
        };
        seen.lock().push(operation);
        if index == 1 {
            peer.answer(number, &Answer::Done);
        }
    });
    let mut client = server.connect(state.path()).unwrap();
    let path = RemotePath::parse(b"/new").unwrap();
    client.make_directory(&path, ferry_client::Parents::Needed).unwrap();
    server.join();
    let operations = operations.lock();
    assert_eq!(operations.len(), 2);
    assert_eq!(operations[0], operations[1]);
}
