//! Values that the server keeps: they spare a second reading, over restarts, and are never those of
//! a file that changed.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "helpers of tests may give up, and their files are small"
)]

mod support;

use ferry_protocol::{
    Answer, Digest, IfExists, Range, Request, SegmentRange, SegmentValue, StoredDigest, feature,
};
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use support::ftp::{FtpClient, serve_ftp};
use support::{Fixture, RawClient, Received, at, put, serve};

const SEGMENT: usize = 256 * 1024;

/// Five segments, the last of them a few bytes.
fn content(seed: u8) -> Vec<u8> {
    let len = 4 * SEGMENT + 1000;
    (0..len as u32).map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0] ^ seed).collect()
}

fn client(fixture: &Fixture) -> RawClient {
    fixture.guest_with(feature::SEGMENTS)
}

fn digest(client: &mut RawClient) -> StoredDigest {
    match client.ask(&Request::Digest { path: at("/file"), range: Range::ALL }) {
        Answer::DigestIs(digest) => digest,
        other => panic!("{other:?}"),
    }
}

fn values(client: &mut RawClient) -> Vec<SegmentValue> {
    let range = SegmentRange { first: 0, count: 99 };
    match client.ask(&Request::SegmentValues { path: at("/file"), range }) {
        Answer::SegmentValuesAre(stored) => stored.values,
        other => panic!("{other:?}"),
    }
}

fn values_of(content: &[u8]) -> Vec<SegmentValue> {
    let segments = (0..).zip(content.chunks(SEGMENT));
    segments.map(|(index, segment)| SegmentValue::of(index, segment).unwrap()).collect()
}

/// The values that come with the content.
fn values_sent(client: &mut RawClient) -> Vec<SegmentValue> {
    let range = SegmentRange { first: 0, count: 99 };
    client.send(&Request::GetSegments { path: at("/file"), range });
    let mut values = Vec::new();
    loop {
        match client.receive().unwrap() {
            Received::Answer(_, Answer::SegmentValue(value)) => values.push(value),
            Received::Answer(_, Answer::Done) => return values,
            Received::Answer(_, Answer::Content(_)) | Received::Data(..) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn upload(client: &mut RawClient, content: &[u8]) {
    let (number, _) = client.begin_segments(&put("/file", content.len() as u64, IfExists::Replace));
    for (index, segment) in (0..).zip(content.chunks(SEGMENT)) {
        client.send_segment(number, index, segment);
    }
    client.send_as(number, &Request::PutEnd(Digest::of(content)));
    assert!(matches!(client.answer(), Answer::Stored(_)));
}

fn file(fixture: &Fixture) -> PathBuf {
    fixture.share.path().join("file")
}

fn log(fixture: &Fixture) -> PathBuf {
    fixture.state.path().join("values.log")
}

/// Changes the last value that the log of one record holds, so that an answer tells whether it came
/// from there, and returns the values that the log holds then.
fn poison(log: &Path) -> Vec<SegmentValue> {
    const HEADER: usize = 20;
    const CHECK: usize = 16;
    const PREFIX: usize = CHECK + 4 + 49;
    let mut content = fs::read(log).unwrap();
    *content.last_mut().unwrap() ^= 1;
    let check = Digest::of(&content[HEADER + CHECK..]);
    content[HEADER..HEADER + CHECK].copy_from_slice(&check.as_bytes()[..CHECK]);
    fs::write(log, &content).unwrap();
    let (values, _) = content[HEADER + PREFIX..].as_chunks::<32>();
    values.iter().copied().map(SegmentValue::from_bytes).collect()
}

#[test]
fn an_upload_needs_no_second_reading_even_after_a_restart() {
    let fixture = serve();
    upload(&mut client(&fixture), &content(0));
    assert_eq!(values(&mut client(&fixture)), values_of(&content(0)));
    // Were the file read again, its own values would come.
    let held = poison(&log(&fixture));
    let fixture = fixture.restart(|_| {});
    let mut client = client(&fixture);
    assert_ne!(held, values_of(&content(0)));
    assert_eq!(values(&mut client), held);
    assert_eq!(values_sent(&mut client), held);
    assert_ne!(digest(&mut client).digest, Digest::of(&content(0)));
    // A range is read, and so is what FTP asks for.
    let range = Range { offset: 1, len: u64::MAX };
    let rest = client.ask(&Request::Digest { path: at("/file"), range });
    let expected = Digest::of(&content(0)[1..]);
    assert!(matches!(rest, Answer::DigestIs(rest) if rest.digest == expected));
}

#[test]
fn a_file_that_changed_is_read_again() {
    let fixture = serve();
    let mut client = client(&fixture);
    let is_other = |client: &mut RawClient, now: &[u8]| {
        assert_eq!(digest(client).digest, Digest::of(now));
        assert_eq!(values(client), values_of(now));
        assert_eq!(values_sent(client), values_of(now));
    };
    // Written to in place.
    upload(&mut client, &content(1));
    is_other(&mut client, &content(1));
    let in_place = OpenOptions::new().write(true).open(file(&fixture)).unwrap();
    in_place.write_all_at(&[0x55], 77).unwrap();
    let mut now = content(1);
    now[77] = 0x55;
    is_other(&mut client, &now);
    // Replaced by another of the same length and time.
    upload(&mut client, &content(2));
    let modified = fs::metadata(file(&fixture)).unwrap().modified().unwrap();
    fs::write(fixture.share.path().join("other"), content(3)).unwrap();
    let other = File::options().write(true).open(fixture.share.path().join("other")).unwrap();
    other.set_modified(modified).unwrap();
    fs::rename(fixture.share.path().join("other"), file(&fixture)).unwrap();
    is_other(&mut client, &content(3));
    // Replaced by an upload.
    upload(&mut client, &content(4));
    is_other(&mut client, &content(4));
}

/// The time of modification can be set back; that of the last change cannot.
#[test]
fn a_modification_that_was_set_back_hides_nothing() {
    let fixture = serve();
    let mut client = client(&fixture);
    upload(&mut client, &content(1));
    let before = fs::metadata(file(&fixture)).unwrap();
    wait_for_the_next_tick(fixture.state.path(), &before);
    fs::write(file(&fixture), content(2)).unwrap();
    let changed = File::options().write(true).open(file(&fixture)).unwrap();
    changed.set_modified(before.modified().unwrap()).unwrap();
    assert_eq!(changed.metadata().unwrap().modified().unwrap(), before.modified().unwrap());
    assert_eq!(digest(&mut client).digest, Digest::of(&content(2)));
    assert_eq!(values(&mut client), values_of(&content(2)));
}

/// The clock that stamps files moves in ticks of some milliseconds.
fn wait_for_the_next_tick(folder: &Path, since: &fs::Metadata) {
    use std::os::unix::fs::MetadataExt as _;
    let stamp = |of: &fs::Metadata| (of.ctime(), of.ctime_nsec());
    let probe = folder.join("probe");
    while {
        fs::write(&probe, b"x").unwrap();
        stamp(&fs::metadata(&probe).unwrap()) <= stamp(since)
    } {
        std::thread::yield_now();
    }
}

/// A file that is changed over and over within one tick of the clock that stamps it: what is asked
/// in between must teach nothing.
#[test]
fn changes_within_one_tick_are_seen() {
    let fixture = serve_ftp();
    let mut client = client(&fixture);
    let mut ftp = FtpClient::guest(&fixture);
    for round in 0..20 {
        let now = content(round);
        fs::write(file(&fixture), &now).unwrap();
        assert_eq!(digest(&mut client).digest, Digest::of(&now), "{round}");
        fs::write(file(&fixture), content(!round)).unwrap();
        assert_eq!(values(&mut client), values_of(&content(!round)), "{round}");
        fs::write(file(&fixture), &now).unwrap();
        assert_eq!(values_sent(&mut client), values_of(&now), "{round}");
        let one = ftp.ask("HASH file");
        fs::write(file(&fixture), content(!round)).unwrap();
        assert_ne!(ftp.ask("HASH file"), one, "{round}");
    }
}

#[test]
fn a_damaged_log_is_set_aside_and_the_file_read_again() {
    let fixture = serve();
    upload(&mut client(&fixture), &content(0));
    let mut damaged = fs::read(log(&fixture)).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(log(&fixture), &damaged).unwrap();
    let fixture = fixture.restart(|_| {});
    assert_eq!(values(&mut client(&fixture)), values_of(&content(0)));
    assert_eq!(digest(&mut client(&fixture)).digest, Digest::of(&content(0)));
    assert_eq!(fs::read(log(&fixture).with_extension("set-aside")).unwrap(), damaged);
    fs::write(log(&fixture), b"no log at all").unwrap();
    let fixture = fixture.restart(|_| {});
    assert_eq!(digest(&mut client(&fixture)).digest, Digest::of(&content(0)));
}

#[test]
fn nothing_of_it_is_in_the_share() {
    let fixture = serve();
    upload(&mut client(&fixture), &content(0));
    digest(&mut client(&fixture));
    let names = fs::read_dir(fixture.share.path()).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| name == "file" || name == ".ferry-undo"), "{names:?}");
}
