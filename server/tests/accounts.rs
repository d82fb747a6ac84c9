//! What the terms of an account mean to its sessions, over real sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use ferry_protocol::{
    Answer, Change, IfExists, Range, RemotePath, Removal, Request, Rights, Status,
};
use ferry_server::accounts::{
    AccountName, Accounts, AccountsFile, Clock, Expiry, Folder, StoredAccount, Terms,
};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};
use support::{Fixture, RawClient, at, operation, serve_on_terms, status_of};

fn path(text: &str) -> RemotePath {
    RemotePath::parse(text.as_bytes()).unwrap()
}

fn folder(at: &str, rights: Rights) -> Folder {
    Folder { path: path(at), rights: Some(rights), mount: None }
}

fn mount(name: &str, from: &Path) -> Folder {
    Folder { path: path(name), rights: None, mount: Some(from.to_owned()) }
}

fn names(client: &mut RawClient, request: &Request) -> Vec<String> {
    let Answer::Page(page) = client.ask(request) else { panic!("no page") };
    assert!(page.is_last);
    let names = page.entries.iter().map(|entry| String::from_utf8_lossy(&entry.name).into());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn change(client: &mut RawClient, change: Change) -> Answer {
    client.ask(&Request::Change { operation: operation(), change })
}

fn rename(from: &str, to: &str) -> Change {
    Change::Rename { from: at(from), to: at(to), replace: false }
}

fn remove(path: &str) -> Change {
    Change::Remove { path: at(path), removal: Removal::Tree }
}

/// Changes the terms of an account while the server runs.
fn set(fixture: &Fixture, accounts: &Accounts, name: &str, act: impl FnOnce(&mut Terms)) {
    let name = AccountName::parse(name).unwrap();
    let change = |stored: &mut StoredAccount| {
        act(&mut stored.terms);
        Ok(())
    };
    AccountsFile::of(fixture.state.path()).change(&name, change).unwrap();
    accounts.reload().unwrap();
}

fn one(terms: Terms) -> (Fixture, Arc<Accounts>) {
    serve_on_terms(&[("anna", terms)], Clock::system())
}

#[test]
fn each_folder_has_its_own_rights() {
    let mut terms = Terms::new(Rights::read_only());
    let put_only = Rights::WRITE.and(Rights::MAKE);
    terms.folders = vec![
        folder("/in", Rights::read_write()),
        folder("/in/kept", Rights::read_only()),
        folder("/box", put_only),
        folder("/secret", Rights::none()),
    ];
    let (fixture, _) = one(terms);
    for name in ["in/kept", "box", "secret", "plain"] {
        fs::create_dir_all(fixture.share.path().join(name)).unwrap();
        fs::write(fixture.share.path().join(name).join("old"), "old").unwrap();
    }
    let mut anna = fixture.user("anna");
    let put = |anna: &mut RawClient, path: &str| anna.put_small(path, b"x", IfExists::Refuse);

    assert!(matches!(put(&mut anna, "/in/new"), Answer::Stored(_)));
    assert_eq!(status_of(&put(&mut anna, "/plain/new")), Status::DENIED);
    assert_eq!(status_of(&put(&mut anna, "/in/kept/new")), Status::DENIED);
    assert!(matches!(put(&mut anna, "/box/new"), Answer::Stored(_)));
    assert_eq!(status_of(&anna.get("/box/old", Range::ALL).1), Status::DENIED);
    assert_eq!(status_of(&anna.ask(&Request::List(at("/box")))), Status::DENIED);

    // What may not be seen is told alike whether it is there or not.
    for hidden in ["/secret/old", "/secret/no"] {
        assert_eq!(status_of(&anna.ask(&Request::Stat(at(hidden)))), Status::DENIED, "{hidden}");
        assert_eq!(status_of(&anna.get(hidden, Range::ALL).1), Status::DENIED, "{hidden}");
    }
    assert_eq!(names(&mut anna, &Request::List(at("/"))), ["box", "in", "plain"]);
    let walked = names(&mut anna, &Request::Walk(at("/")));
    assert!(walked.contains(&"in/kept/old".to_owned()), "{walked:?}");
    assert!(!walked.iter().any(|name| name.contains("secret") || name == "box/old"), "{walked:?}");
}

#[test]
fn no_rename_or_removal_gets_around_the_rights_of_a_folder() {
    let mut terms = Terms::new(Rights::read_write());
    terms.folders = vec![
        folder("/in/kept", Rights::read_only()),
        folder("/blind", Rights::RENAME.and(Rights::WRITE)),
    ];
    let (fixture, _) = one(terms);
    for name in ["in/kept", "blind", "open"] {
        fs::create_dir_all(fixture.share.path().join(name)).unwrap();
        fs::write(fixture.share.path().join(name).join("file"), "x").unwrap();
    }
    let mut anna = fixture.user("anna");
    for denied in [
        rename("/in", "/out"),
        rename("/in/kept", "/out"),
        rename("/in/kept/file", "/out"),
        rename("/open", "/in/kept"),
        rename("/blind/file", "/open/stolen"),
        remove("/in"),
        remove("/in/kept"),
        remove("/in/kept/file"),
        Change::Copy { from: at("/blind/file"), to: at("/c"), if_exists: IfExists::Refuse },
    ] {
        let answer = change(&mut anna, denied.clone());
        assert_eq!(status_of(&answer), Status::DENIED, "{denied:?}");
    }
    assert_eq!(change(&mut anna, rename("/open/file", "/open/moved")), Answer::Done);
    assert!(fixture.share.path().join("in/kept/file").exists());
}

#[test]
fn an_account_has_its_own_root_and_cannot_leave_it() {
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("mine"), "mine").unwrap();
    let mut terms = Terms::new(Rights::read_write());
    terms.root = Some(elsewhere.path().to_owned());
    let (fixture, _) = one(terms);
    fs::write(fixture.share.path().join("theirs"), "theirs").unwrap();
    std::os::unix::fs::symlink(fixture.share.path(), elsewhere.path().join("out")).unwrap();
    let mut anna = fixture.user("anna");
    assert_eq!(anna.get("/mine", Range::ALL).0, b"mine");
    assert_eq!(status_of(&anna.get("/theirs", Range::ALL).1), Status::NOT_FOUND);
    assert_eq!(status_of(&anna.get("/out/theirs", Range::ALL).1), Status::OUTSIDE);
    assert!(matches!(anna.put_small("/new", b"new", IfExists::Refuse), Answer::Stored(_)));
    assert_eq!(fs::read(elsewhere.path().join("new")).unwrap(), b"new");
}

#[test]
fn a_relative_root_lies_below_the_share_and_is_made_by_nobody() {
    let mut terms = Terms::new(Rights::read_write());
    terms.root = Some("anna".into());
    let (fixture, _) = one(terms);
    let mut early = RawClient::connect(fixture.address());
    early.greet();
    assert_eq!(status_of(&early.log_in("anna", "secret")), Status::IO);
    fs::create_dir(fixture.share.path().join("anna")).unwrap();
    let mut anna = fixture.user("anna");
    assert!(matches!(anna.put_small("/x", b"x", IfExists::Refuse), Answer::Stored(_)));
    assert!(fixture.share.path().join("anna/x").exists());
}

#[test]
fn folders_are_mounted_beside_each_other() {
    let (photos, music) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(photos.path().join("2030")).unwrap();
    fs::write(photos.path().join("2030/a.jpg"), "a").unwrap();
    let mut terms = Terms::new(Rights::none());
    terms.folders = vec![mount("/photos", photos.path()), mount("/music", music.path())];
    terms.folders[0].rights = Some(Rights::read_only());
    terms.folders[1].rights = Some(Rights::read_write());
    let (fixture, _) = one(terms);
    fs::write(fixture.share.path().join("not theirs"), "").unwrap();
    let mut anna = fixture.user("anna");
    assert_eq!(names(&mut anna, &Request::List(at("/"))), ["music", "photos"]);
    let all = ["music", "photos", "photos/2030", "photos/2030/a.jpg"];
    assert_eq!(names(&mut anna, &Request::Walk(at("/"))), all);
    assert_eq!(anna.get("/photos/2030/a.jpg", Range::ALL).0, b"a");
    assert!(matches!(anna.put_small("/music/s.ogg", b"s", IfExists::Refuse), Answer::Stored(_)));
    assert_eq!(fs::read(music.path().join("s.ogg")).unwrap(), b"s");
    let refused = anna.put_small("/photos/b.jpg", b"b", IfExists::Refuse);
    assert_eq!(status_of(&refused), Status::DENIED);
    assert_eq!(status_of(&change(&mut anna, remove("/music"))), Status::DENIED);
    assert!(matches!(anna.ask(&Request::Sync), Answer::Synced(_)));
}

#[test]
fn a_quota_holds_over_all_connections_and_what_is_removed_makes_room() {
    let mut terms = Terms::new(Rights::read_write());
    terms.quota = Some(1000);
    let (fixture, _) = one(terms);
    let (mut one, mut other) = (fixture.user("anna"), fixture.user("anna"));
    let kilo = vec![7; 600];
    assert!(matches!(one.put_small("/a", &kilo, IfExists::Refuse), Answer::Stored(_)));
    assert_eq!(status_of(&other.put_small("/b", &kilo, IfExists::Refuse)), Status::QUOTA);
    assert!(!fixture.share.path().join("b").exists());
    let Answer::SpaceIs(space) = one.ask(&Request::Space(at("/"))) else { panic!("no space") };
    assert_eq!((space.total, space.available), (1000, 400));
    assert!(matches!(one.put_small("/a", &kilo[..300], IfExists::Replace), Answer::Stored(_)));
    assert!(matches!(other.put_small("/b", &kilo, IfExists::Refuse), Answer::Stored(_)));
    assert_eq!(change(&mut one, remove_file("/b")), Answer::Done);
    assert!(matches!(other.put_small("/c", &kilo, IfExists::Refuse), Answer::Stored(_)));
}

/// The root alone was counted, so that a mounted folder could be filled without end.
#[test]
fn a_quota_counts_the_mounted_folders_that_the_account_may_fill() {
    let (inbox, films) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(films.path().join("film"), vec![7; 5000]).unwrap();
    let mut terms = Terms::new(Rights::read_write());
    terms.quota = Some(1000);
    terms.folders = vec![mount("/inbox", inbox.path()), mount("/films", films.path())];
    terms.folders[1].rights = Some(Rights::read_only());
    let (fixture, _) = one(terms);
    let mut anna = fixture.user("anna");
    let kilo = vec![7; 600];
    assert!(matches!(anna.put_small("/inbox/a", &kilo, IfExists::Refuse), Answer::Stored(_)));
    for path in ["/inbox/b", "/b"] {
        let answer = anna.put_small(path, &kilo, IfExists::Refuse);
        assert_eq!(status_of(&answer), Status::QUOTA, "{path}");
    }
    let Answer::SpaceIs(space) = anna.ask(&Request::Space(at("/"))) else { panic!("no space") };
    assert_eq!(space.available, 400);
    assert_eq!(change(&mut anna, remove_file("/inbox/a")), Answer::Done);
    assert!(matches!(anna.put_small("/b", &kilo, IfExists::Refuse), Answer::Stored(_)));
}

fn remove_file(path: &str) -> Change {
    Change::Remove { path: at(path), removal: Removal::File }
}

#[test]
fn an_account_ends_by_the_clock_and_its_sessions_with_it() {
    let now = Arc::new(AtomicU64::new(1_000_000));
    let told = Arc::clone(&now);
    let clock = Clock::new(move || UNIX_EPOCH + Duration::from_secs(told.load(Ordering::SeqCst)));
    let mut terms = Terms::new(Rights::read_only());
    terms.expires = Some(Expiry::parse("1970-01-20").unwrap());
    let (fixture, _) = serve_on_terms(&[("anna", terms)], clock);
    let mut anna = fixture.user("anna");
    assert!(names(&mut anna, &Request::List(at("/"))).is_empty());
    now.store(20 * 86_400, Ordering::SeqCst);
    assert_eq!(status_of(&anna.ask(&Request::List(at("/")))), Status::ACCOUNT_ENDED);
    assert!(anna.receive().is_none(), "its session is over");
    let mut late = RawClient::connect(fixture.address());
    late.greet();
    assert_eq!(status_of(&late.log_in("anna", "secret")), Status::ACCOUNT_ENDED);
}

#[test]
fn an_account_is_let_in_only_from_its_networks() {
    let mut terms = Terms::new(Rights::read_only());
    terms.networks = vec!["192.0.2.0/24".parse().unwrap()];
    let (fixture, accounts) = one(terms);
    let mut away = RawClient::connect(fixture.address());
    away.greet();
    assert_eq!(status_of(&away.log_in("anna", "wrong")), Status::LOGIN_REFUSED);
    assert_eq!(status_of(&away.log_in("anna", "secret")), Status::NOT_FROM_HERE);
    set(&fixture, &accounts, "anna", |terms| terms.networks = vec!["127.0.0.0/8".parse().unwrap()]);
    fixture.user("anna");
}

#[test]
fn an_account_has_no_more_connections_than_its_own() {
    let mut terms = Terms::new(Rights::read_only());
    terms.connections = Some(1);
    let (fixture, _) = one(terms);
    let _first = fixture.user("anna");
    let mut second = RawClient::connect(fixture.address());
    second.greet();
    assert!(matches!(second.log_in("anna", "secret"), Answer::Busy(_)));
}

#[test]
fn a_reload_changes_terms_under_open_sessions_and_drops_nobody() {
    let (fixture, accounts) = one(Terms::new(Rights::read_only()));
    let mut anna = RawClient::connect(fixture.address());
    anna.greet();
    let Answer::LoggedIn(login) = anna.log_in("anna", "secret") else { panic!("no login") };
    assert_eq!(status_of(&anna.put_small("/a", b"a", IfExists::Refuse)), Status::DENIED);
    set(&fixture, &accounts, "anna", |terms| terms.rights = Rights::read_write());
    assert!(matches!(anna.put_small("/a", b"a", IfExists::Refuse), Answer::Stored(_)));
    set(&fixture, &accounts, "anna", |terms| terms.quota = Some(1));
    assert_eq!(status_of(&anna.put_small("/b", b"bb", IfExists::Refuse)), Status::QUOTA);
    let mut again = RawClient::connect(fixture.address());
    again.greet();
    let answer = again.ask(&Request::LoginToken(login.token));
    assert!(matches!(answer, Answer::LoggedIn(_)), "its token holds good: {answer:?}");
}

#[test]
fn a_slow_account_rests_parked_and_its_transfers_come_whole() {
    let mut terms = Terms::new(Rights::read_write());
    // A second's worth goes at once; the rest has to wait for a fraction of one.
    terms.up_rate = Some(512 * 1024);
    terms.down_rate = Some(512 * 1024);
    let (fixture, _) = one(terms);
    let content: Vec<u8> = (0..700_000_u32).map(|index| index.to_le_bytes()[1]).collect();
    let mut anna = fixture.user("anna");
    assert!(matches!(anna.put_small("/a", &content, IfExists::Refuse), Answer::Stored(_)));
    let (came, last) = anna.get("/a", Range::ALL);
    assert!(matches!(last, Answer::ContentEnd(_)), "{last:?}");
    assert!(came == content);
}
