//! The native door over real sockets: every request, as a stranger's client would send it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::large_stack_arrays,
    reason = "a test may panic"
)]

mod support;

use ferry_protocol::{
    Answer, Attributes, Change, Digest, EntryKind, IfExists, Permissions, Range, Removal, Request,
    Status, Timestamp,
};
use std::os::unix::fs::PermissionsExt as _;
use support::{Fixture, RawClient, Received, at, operation, put, serve, status_of};

fn change(client: &mut RawClient, change: Change) -> Answer {
    client.ask(&Request::Change { operation: operation(), change })
}

fn names(client: &mut RawClient, request: &Request) -> Vec<String> {
    let mut names = Vec::new();
    let mut answer = client.ask(request);
    loop {
        let Answer::Page(page) = answer else { panic!("{answer:?}") };
        names.extend(page.entries.iter().map(|entry| String::from_utf8_lossy(&entry.name).into()));
        if page.is_last {
            names.sort();
            return names;
        }
        answer = client.ask(&Request::NextPage);
    }
}

fn read(fixture: &Fixture, name: &str) -> Vec<u8> {
    std::fs::read(fixture.share.path().join(name)).unwrap()
}

#[test]
fn the_welcome_comes_before_anything_else() {
    let fixture = serve();
    let mut client = RawClient::connect(fixture.address());
    let Answer::Welcome(welcome) = client.greet() else { panic!("no welcome") };
    assert_eq!(welcome.text, "Welcome aboard");
    assert_eq!(welcome.limits.segment_len, 256 * 1024);
    let Answer::LoggedIn(account) = client.log_in("", "") else { panic!("no login") };
    assert_eq!(account.name, "");
    let mut second = RawClient::connect(fixture.address());
    second.greet();
    let answer = second.ask(&Request::LoginToken(account.token));
    let Answer::LoggedIn(again) = answer else { panic!("a token logs in again: {answer:?}") };
    assert!(again.token == account.token, "each login by a token would use up another");
}

#[test]
fn a_small_upload_is_stored_with_time_and_permissions_and_comes_back() {
    let fixture = serve();
    let mut client = fixture.guest();
    let content = b"hello, ferry".to_vec();
    let Answer::Stored(stored) = client.put_small("/a.txt", &content, IfExists::Refuse) else {
        panic!("not stored")
    };
    assert_eq!(stored.digest, Digest::of(&content));
    assert!(stored.is_durable && !stored.was_there);
    let metadata = std::fs::metadata(fixture.share.path().join("a.txt")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o640);
    let (back, last) = client.get("a.txt", Range::ALL);
    assert_eq!(back, content);
    assert_eq!(last, Answer::ContentEnd(Digest::of(&content)));
    let Answer::Entry(entry) = client.ask(&Request::Stat(at("/a.txt"))) else { panic!() };
    assert_eq!(entry.modified, Timestamp::from_parts(1_600_000_000, 123_456_789));
    assert_eq!((entry.kind, entry.size), (EntryKind::File, 12));
    assert!(fixture.parts().is_empty());
}

#[test]
fn a_large_upload_waits_for_go_on_and_is_hidden_until_it_is_whole() {
    let fixture = serve();
    let mut client = fixture.guest();
    let content: Vec<u8> = (0..3_000_001_u32).map(|i| (i % 251) as u8).collect();
    let number = client.send(&Request::Put(put("/big", content.len() as u64, IfExists::Refuse)));
    assert!(matches!(client.answer(), Answer::GoOn(go_on) if go_on.held == 0));
    for (index, piece) in content.chunks(256 * 1024).enumerate() {
        client.send_data(number, index as u64 * 256 * 1024, piece);
    }
    assert_eq!(names(&mut fixture.guest(), &Request::List(at("/"))), Vec::<String>::new());
    client.send_as(number, &Request::PutEnd(Digest::of(&content)));
    assert!(matches!(client.answer(), Answer::Stored(_)));
    assert_eq!(read(&fixture, "big"), content);
    let range = Range { offset: 1_000_000, len: 5 };
    let (piece, last) = client.get("/big", range);
    assert_eq!(piece, content[1_000_000..1_000_005]);
    assert_eq!(last, Answer::ContentEnd(Digest::of(&piece)));
    assert!(fixture.parts().is_empty());
}

#[test]
fn an_interrupted_upload_goes_on_from_its_proven_part() {
    let fixture = serve();
    let content: Vec<u8> = (0..2_000_000_u32).map(|i| (i / 7 % 253) as u8).collect();
    let mut announced = put("/big", content.len() as u64, IfExists::Refuse);
    {
        let mut client = fixture.guest();
        let number = client.send(&Request::Put(announced.clone()));
        assert!(matches!(client.answer(), Answer::GoOn(_)));
        for (index, piece) in content[..1_048_576].chunks(256 * 1024).enumerate() {
            client.send_data(number, index as u64 * 256 * 1024, piece);
        }
        // The answer to a second put in the middle of the first ends the connection; by then the
        // content above was written.
        client.send(&Request::Ping);
        while client.receive().is_some() {}
    }
    assert_eq!((fixture.parts().len(), fixture.noted_parts()), (1, 1));
    let mut client = fixture.guest();
    announced.resume = true;
    let go_on = loop {
        let number = client.send(&Request::Put(announced.clone()));
        match client.answer() {
            Answer::GoOn(go_on) => break (number, go_on),
            // The server may still be letting go of the first connection.
            answer => assert!(matches!(answer, Answer::Busy(_)), "{answer:?}"),
        }
    };
    let (number, go_on) = go_on;
    assert_eq!(go_on.held, 1_048_576);
    assert_eq!(go_on.held_digest, Digest::of(&content[..1_048_576]));
    for (index, piece) in content[1_048_576..].chunks(256 * 1024).enumerate() {
        client.send_data(number, 1_048_576 + index as u64 * 256 * 1024, piece);
    }
    client.send_as(number, &Request::PutEnd(Digest::of(&content)));
    assert!(matches!(client.answer(), Answer::Stored(_)));
    assert_eq!(read(&fixture, "big"), content);
    assert!(fixture.parts().is_empty());
    assert_eq!(fixture.noted_parts(), 0, "notes of stored uploads would fill the state folder");
}

#[test]
fn pipelined_uploads_are_answered_in_order_and_all_are_there() {
    let fixture = serve();
    let mut client = fixture.guest();
    let mut numbers = Vec::new();
    for index in 0..100 {
        let content = format!("content of {index}");
        let name = format!("/f{index}");
        numbers.push(client.send_small(&name, content.as_bytes(), IfExists::Refuse));
    }
    let list = client.send(&Request::List(at("/")));
    for number in numbers {
        let received = client.receive();
        assert!(
            matches!(received, Some(Received::Answer(n, Answer::Stored(_))) if n == number),
            "{received:?}"
        );
    }
    let Some(Received::Answer(number, Answer::Page(page))) = client.receive() else { panic!() };
    assert_eq!((number, page.entries.len()), (list, 100), "a listing sees the uploads before it");
    assert_eq!(read(&fixture, "f99"), b"content of 99");
}

#[test]
fn a_taken_name_is_success_only_for_equal_content() {
    let fixture = serve();
    let mut client = fixture.guest();
    client.put_small("/a", b"one", IfExists::Refuse);
    let again = client.put_small("/a", b"one", IfExists::Refuse);
    assert!(matches!(again, Answer::Stored(stored) if stored.was_there));
    let other = client.put_small("/a", b"two", IfExists::Refuse);
    assert_eq!(status_of(&other), Status::EXISTS);
    assert_eq!(read(&fixture, "a"), b"one");
    let replaced = client.put_small("/a", b"two", IfExists::Replace);
    assert!(matches!(replaced, Answer::Stored(stored) if !stored.was_there));
    assert_eq!(read(&fixture, "a"), b"two");
    let number = client.send(&Request::Put(put("/a", 2 << 20, IfExists::Refuse)));
    assert_eq!(status_of(&client.answer()), Status::EXISTS, "put {number} is refused at once");
    assert!(matches!(client.ask(&Request::Ping), Answer::Pong));
    assert!(fixture.parts().is_empty());
}

#[test]
fn altered_short_and_cancelled_uploads_leave_nothing() {
    let fixture = serve();
    let mut client = fixture.guest();
    let number = client.send(&Request::Put(put("/a", 4, IfExists::Refuse)));
    client.send_data(number, 0, b"abcd");
    client.send_as(number, &Request::PutEnd(Digest::of(b"abce")));
    assert_eq!(status_of(&client.answer()), Status::DIGEST_MISMATCH);
    let number = client.send(&Request::Put(put("/b", 4, IfExists::Refuse)));
    client.send_data(number, 0, b"ab");
    client.send_as(number, &Request::PutEnd(Digest::of(b"ab")));
    assert_eq!(status_of(&client.answer()), Status::TRUNCATED);
    let number = client.send(&Request::Put(put("/c", 4, IfExists::Refuse)));
    client.send_data(number, 0, b"ab");
    client.send_as(number, &Request::PutCancel);
    assert_eq!(status_of(&client.answer()), Status::CANCELLED);
    let number = client.send(&Request::Put(put("/d", 2 << 20, IfExists::Refuse)));
    assert!(matches!(client.answer(), Answer::GoOn(_)));
    client.send_as(number, &Request::PutCancel);
    assert_eq!(status_of(&client.answer()), Status::CANCELLED);
    assert!(matches!(client.ask(&Request::Ping), Answer::Pong));
    assert_eq!(std::fs::read_dir(fixture.share.path()).unwrap().count(), 0);
    assert_eq!(fixture.noted_parts(), 0);
}

#[test]
fn a_refused_small_upload_is_read_to_its_end() {
    let fixture = serve();
    let mut client = fixture.guest();
    let answer = client.put_small("/missing/x", &[7; 300_000], IfExists::Refuse);
    assert_eq!(status_of(&answer), Status::NOT_FOUND);
    let mut announced = put("/made/on/the/way/x", 1, IfExists::Refuse);
    announced.with_parents = true;
    let number = client.send(&Request::Put(announced));
    client.send_data(number, 0, b"x");
    client.send_as(number, &Request::PutEnd(Digest::of(b"x")));
    assert!(matches!(client.answer(), Answer::Stored(_)));
    assert_eq!(read(&fixture, "made/on/the/way/x"), b"x");
}

#[test]
fn names_change_as_asked() {
    let fixture = serve();
    let mut client = fixture.guest();
    let make = |path, with_parents| Change::MakeDirectory { path: at(path), with_parents };
    assert_eq!(change(&mut client, make("/d", false)), Answer::Done);
    assert_eq!(status_of(&change(&mut client, make("/d", false))), Status::EXISTS);
    assert_eq!(change(&mut client, make("/d/e/f", true)), Answer::Done);
    client.put_small("/d/e/one", b"1", IfExists::Refuse);
    client.put_small("/d/two", b"2", IfExists::Refuse);
    let rename = |from, to, replace| Change::Rename { from: at(from), to: at(to), replace };
    assert_eq!(
        status_of(&change(&mut client, rename("/d/two", "/d/e/one", false))),
        Status::EXISTS
    );
    assert_eq!(change(&mut client, rename("/d/two", "/d/e/one", true)), Answer::Done);
    assert_eq!(read(&fixture, "d/e/one"), b"2");
    let copy = Change::Copy { from: at("/d/e/one"), to: at("/c"), if_exists: IfExists::Refuse };
    assert_eq!(change(&mut client, copy), Answer::Done);
    assert_eq!(read(&fixture, "c"), b"2");
    let walked = names(&mut client, &Request::Walk(at("/")));
    assert_eq!(walked, ["c", "d", "d/e", "d/e/f", "d/e/one"]);
    let remove = |path, removal| Change::Remove { path: at(path), removal };
    let answer = change(&mut client, remove("/d", Removal::EmptyFolder));
    assert_eq!(status_of(&answer), Status::NOT_EMPTY);
    assert_eq!(status_of(&change(&mut client, remove("/d", Removal::File))), Status::IS_A_FOLDER);
    assert_eq!(change(&mut client, remove("/d", Removal::Tree)), Answer::Done);
    assert_eq!(change(&mut client, remove("/c", Removal::File)), Answer::Done);
    assert!(names(&mut client, &Request::Walk(at("/"))).is_empty());
}

#[test]
fn a_repeated_operation_is_answered_as_the_first_was() {
    let fixture = serve();
    let mut client = fixture.guest();
    client.put_small("/a", b"1", IfExists::Refuse);
    let change = Change::Rename { from: at("/a"), to: at("/b"), replace: false };
    let request = Request::Change { operation: operation(), change };
    assert_eq!(client.ask(&request), Answer::Done);
    assert_eq!(client.ask(&request), Answer::Done);
    assert_eq!(fixture.guest().ask(&request), Answer::Done);
    let announced = Request::Put(put("/c", 1, IfExists::Refuse));
    for _ in 0..2 {
        let number = client.send(&announced);
        client.send_data(number, 0, b"x");
        client.send_as(number, &Request::PutEnd(Digest::of(b"x")));
        assert!(matches!(client.answer(), Answer::Stored(stored) if !stored.was_there));
    }
}

#[test]
fn the_session_has_a_folder() {
    let fixture = serve();
    let mut client = fixture.guest();
    change(&mut client, Change::MakeDirectory { path: at("/sub"), with_parents: false });
    let answer = client.ask(&Request::ChangeDirectory(at("sub")));
    assert!(matches!(answer, Answer::Directory(path) if path.to_wire() == b"/sub"));
    client.put_small("inside", b"x", IfExists::Refuse);
    assert_eq!(read(&fixture, "sub/inside"), b"x");
    let answer = client.ask(&Request::PrintDirectory);
    assert!(matches!(answer, Answer::Directory(path) if path.to_wire() == b"/sub"));
    assert_eq!(names(&mut client, &Request::List(at(""))), ["inside"]);
    let answer = client.ask(&Request::ChangeDirectory(at("/sub/inside")));
    assert_eq!(status_of(&answer), Status::NOT_A_FOLDER);
}

#[test]
fn attributes_digest_space_status_and_sync_work() {
    let fixture = serve();
    let mut client = fixture.guest();
    client.put_small("/a", b"0123456789", IfExists::Refuse);
    let attributes = Attributes {
        modified: Some(Timestamp::from_parts(5, 6)),
        permissions: Some(Permissions::from_mode(0o751)),
    };
    let set = Change::SetAttributes { path: at("/a"), attributes };
    assert_eq!(change(&mut client, set), Answer::Done);
    let Answer::Entry(entry) = client.ask(&Request::Stat(at("/a"))) else { panic!() };
    assert_eq!(entry.modified, Timestamp::from_parts(5, 6));
    assert_eq!(entry.permissions.mode(), 0o751);
    let digest = Request::Digest { path: at("/a"), range: Range { offset: 2, len: 3 } };
    let Answer::DigestIs(digest) = client.ask(&digest) else { panic!() };
    assert_eq!((digest.file_size, digest.digest), (10, Digest::of(b"234")));
    let Answer::SpaceIs(space) = client.ask(&Request::Space(at("/"))) else { panic!() };
    assert!(space.available > 0 && space.available <= space.total);
    let Answer::StatusIs(status) = client.ask(&Request::Status) else { panic!() };
    assert_eq!((status.connections, status.account.as_str()), (1, ""));
    assert!(matches!(client.ask(&Request::Sync), Answer::Synced(_)));
    assert_eq!(client.ask(&Request::Bye), Answer::Done);
    assert_eq!(client.receive(), None);
}

#[test]
fn a_folder_of_many_entries_comes_in_pages() {
    let fixture = serve();
    for index in 0..2500 {
        std::fs::write(fixture.share.path().join(format!("n{index:04}")), "").unwrap();
    }
    let mut client = fixture.guest();
    let Answer::Page(first) = client.ask(&Request::List(at("/"))) else { panic!() };
    assert!(!first.is_last && first.entries.len() <= 1000);
    let listed = names(&mut client, &Request::List(at("/")));
    let expected: Vec<String> = (0..2500).map(|index| format!("n{index:04}")).collect();
    assert_eq!(listed, expected);
    client.ask(&Request::List(at("/")));
    client.ask(&Request::Ping);
    assert!(matches!(client.ask(&Request::Stat(at("/n0000"))), Answer::Entry(_)));
    let Answer::Page(second) = client.ask(&Request::NextPage) else { panic!() };
    assert!(second.entries.iter().all(|entry| !first.entries.contains(entry)));
    assert_eq!(status_of(&client.ask(&Request::List(at("/missing")))), Status::NOT_FOUND);
    let answer = client.ask(&Request::NextPage);
    assert_eq!(status_of(&answer), Status::OUT_OF_ORDER, "asking for another gave it up");
}

/// What lies behind a file's end is left out of a range; it is no error.
#[test]
fn ranges_end_with_the_file() {
    let fixture = serve();
    let mut client = fixture.guest();
    client.put_small("/a", b"0123456789", IfExists::Refuse);
    let mut digest = |offset, len| {
        let asked = Request::Digest { path: at("/a"), range: Range { offset, len } };
        let Answer::DigestIs(digest) = client.ask(&asked) else { panic!() };
        digest.digest
    };
    assert_eq!(digest(8, 100), Digest::of(b"89"));
    assert_eq!(digest(11, 5), Digest::of(b""));
    assert_eq!(digest(u64::MAX, u64::MAX), Digest::of(b""));
    for (offset, len, expected) in [(8, 100, &b"89"[..]), (11, 5, b""), (u64::MAX, u64::MAX, b"")] {
        let (content, last) = client.get("/a", Range { offset, len });
        assert_eq!(content, expected);
        assert_eq!(last, Answer::ContentEnd(Digest::of(expected)));
    }
}

/// A part that is longer than the file announced was stored whole, under the digest of its front.
#[test]
fn a_part_of_a_longer_file_is_not_gone_on_with() {
    let fixture = serve();
    let longer = vec![5; 3 << 20];
    let mut announced = put("/x", longer.len() as u64, IfExists::Refuse);
    let mut client = fixture.guest();
    let number = client.send(&Request::Put(announced.clone()));
    assert!(matches!(client.answer(), Answer::GoOn(_)));
    for (index, piece) in longer.chunks(256 * 1024).enumerate() {
        client.send_data(number, index as u64 * 256 * 1024, piece);
    }
    drop(client);
    announced.size = 2 << 20;
    announced.resume = true;
    let answer = (0..1000)
        .map(|_| fixture.guest().ask(&Request::Put(announced.clone())))
        .find(|answer| !matches!(answer, Answer::Busy(_)));
    assert_eq!(status_of(&answer.unwrap()), Status::NO_PART);
    assert!(!fixture.share.path().join("x").exists());
}

/// The answer of a commit whose connection was lost meanwhile was forgotten: its repeat was taken
/// for another upload.
#[test]
fn an_upload_whose_answer_was_lost_is_answered_when_it_is_repeated() {
    let fixture = serve();
    for round in 0..20 {
        let announced = Request::Put(put(&format!("/f{round}"), 1, IfExists::Refuse));
        let mut client = fixture.guest();
        let number = client.send(&announced);
        client.send_data(number, 0, b"x");
        client.send_as(number, &Request::PutEnd(Digest::of(b"x")));
        drop(client);
        let stored = loop {
            let mut client = fixture.guest();
            let number = client.send(&announced);
            client.send_data(number, 0, b"x");
            client.send_as(number, &Request::PutEnd(Digest::of(b"x")));
            match client.answer() {
                Answer::Stored(stored) => break stored,
                answer => assert!(matches!(answer, Answer::Busy(_)), "{answer:?}"),
            }
        };
        assert!(!stored.was_there, "round {round} was done twice");
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_sent_ends_in_an_error() {
    let fixture = serve();
    let path = fixture.share.path().join("shrinking");
    let file = std::fs::File::create(&path).unwrap();
    // Far more than the sockets between the two can hold.
    file.set_len(256 << 20).unwrap();
    let mut client = fixture.guest();
    client.send(&Request::Get { path: at("/shrinking"), range: Range::ALL });
    assert!(matches!(client.answer(), Answer::Content(_)));
    file.set_len(1 << 20).unwrap();
    let last = loop {
        match client.receive().unwrap() {
            Received::Data(..) => {}
            Received::Answer(_, last) => break last,
            Received::Unknown(kind) => panic!("unknown {kind}"),
        }
    };
    assert_eq!(status_of(&last), Status::CHANGED);
    assert_eq!(client.ask(&Request::Ping), Answer::Pong);
}
