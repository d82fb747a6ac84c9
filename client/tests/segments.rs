//! Downloads by segments, against scripted servers: what is wrong is fetched again, what changed is
//! fetched anew, and a server that lies is refused.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "helpers of tests may give up, and their files are small"
)]

mod support;

use ferry_client::job::{self, JobOptions, JobReport, Rule, Transfer};
use ferry_client::{Client, Error};
use ferry_protocol::{
    Answer, Content, Digest, Entry, EntryKind, Fault, Permissions, RemotePath, Request,
    SegmentRange, SegmentValue, Status, StoredDigest, Timestamp, feature,
};
use parking_lot::Mutex;
use std::fs;
use std::sync::Arc;
use std::time::Duration;
use support::place::noise;
use support::{FakeServer, Peer, Sent, TrustsAll, entry};

const SEGMENT: usize = 256 * 1024;

/// Six segments, the last of them short.
const SIZE: usize = 5 * SEGMENT + 1000;

/// A server's file, and what it says of it.
struct Served {
    content: Vec<u8>,
    modified: Timestamp,
    /// Segments that were asked for.
    asked: Mutex<Vec<u32>>,
}

impl Served {
    fn new(content: Vec<u8>) -> Self {
        Self { content, modified: Timestamp(1_000_000_000), asked: Mutex::default() }
    }

    fn segment(&self, index: u32) -> &[u8] {
        self.content.chunks(SEGMENT).nth(index as usize).unwrap()
    }

    fn value(&self, index: u32) -> SegmentValue {
        SegmentValue::of(index, self.segment(index)).unwrap()
    }

    fn entry(&self) -> Entry {
        let size = self.content.len() as u64;
        Entry { modified: self.modified, ..entry(b"f", EntryKind::File, size) }
    }

    fn announce(&self, peer: &mut Peer, number: u32, range: SegmentRange) {
        let start = range.first as usize * SEGMENT;
        let end = (start + range.count as usize * SEGMENT).min(self.content.len());
        peer.answer(number, &content(self.content.len() as u64, (end - start) as u64));
    }

    /// Sends one segment with this value behind it.
    fn send_as(&self, peer: &mut Peer, number: u32, index: u32, value: SegmentValue) {
        self.asked.lock().push(index);
        let start = index as usize * SEGMENT;
        for (piece, bytes) in self.segment(index).chunks(100_000).enumerate() {
            peer.data(number, (start + piece * 100_000) as u64, bytes);
        }
        peer.answer(number, &Answer::SegmentValue(value));
    }

    fn digest(&self) -> StoredDigest {
        let (file_size, digest) = (self.content.len() as u64, Digest::of(&self.content));
        StoredDigest { file_size, modified: self.modified, digest }
    }

    /// Answers as an honest server does.
    fn serve(&self, peer: &mut Peer, number: u32, request: &Request) {
        match request {
            Request::Stat(_) => peer.answer(number, &Answer::Entry(self.entry())),
            Request::GetSegments { range, .. } => {
                self.announce(peer, number, *range);
                for index in range.first..range.first + range.count {
                    self.send_as(peer, number, index, self.value(index));
                }
                peer.answer(number, &Answer::Done);
            }
            Request::Digest { .. } => peer.answer(number, &Answer::DigestIs(self.digest())),
            Request::Get { .. } => {
                peer.content(number, &self.content, Digest::of(&self.content));
            }
            other => panic!("{other:?}"),
        }
    }
}

fn content(file_size: u64, len: u64) -> Answer {
    let (modified, permissions) = (Timestamp(1_000_000_000), Permissions::from_mode(0o644));
    Answer::Content(Content { file_size, len, modified, permissions })
}

/// Fetches `/f` from a server that answers by a script. Returns what became of it and what then
/// lies under its name; the target folder holds nothing else.
fn fetch(
    script: impl Fn(&mut Peer, u32, &Request) + Send + Sync + 'static,
) -> (JobReport, Option<Vec<u8>>) {
    fetch_over(1, script)
}

/// The same over so many connections, one after another.
fn fetch_over(
    connections: usize,
    script: impl Fn(&mut Peer, u32, &Request) + Send + Sync + 'static,
) -> (JobReport, Option<Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    fs::create_dir(&target).unwrap();
    let server = FakeServer::start(connections, move |_, peer| {
        peer.greet_with(feature::SEGMENTS);
        while let Some(sent) = peer.next() {
            match sent {
                Sent::Request(number, request) => script(peer, number, &request),
                Sent::Data(..) => panic!("a client that sends content"),
            }
        }
    });
    let mut options = server.options(&folder.path().join("state"));
    options.retry_for = Duration::ZERO;
    let mut client = Client::connect(options, Arc::new(TrustsAll)).unwrap();
    let local = target.join("f");
    let transfers =
        vec![Transfer { local: local.clone(), remote: RemotePath::parse(b"/f").unwrap() }];
    let options = JobOptions { rule: Rule::Refuse, connections: 1, ..JobOptions::default() };
    let report = job::download(&mut client, &transfers, &options);
    drop(client);
    server.join();
    let names: Vec<_> =
        fs::read_dir(&target).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let is_there = report.files_done == 1;
    assert_eq!(names.len(), usize::from(is_there), "{names:?} {report}");
    let found = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(found, 2, "the state and the target alone");
    (report, fs::read(local).ok())
}

fn serve(served: &Arc<Served>) -> impl Fn(&mut Peer, u32, &Request) + Send + Sync + use<> {
    let served = Arc::clone(served);
    move |peer, number, request| served.serve(peer, number, request)
}

#[test]
fn a_big_file_comes_by_segments_each_once() {
    let served = Arc::new(Served::new(noise(SIZE as u32)));
    let (report, found) = fetch(serve(&served));
    assert!(report.is_success(), "{report} {:?}", report.stopped);
    assert_eq!(found.as_ref(), Some(&served.content));
    assert_eq!(*served.asked.lock(), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_bad_segment_is_fetched_again_and_no_other() {
    let served = Arc::new(Served::new(noise(SIZE as u32)));
    let (own, honest) = (Arc::clone(&served), serve(&served));
    let failures = Mutex::new(2);
    let (report, found) = fetch(move |peer, number, request| match request {
        Request::GetSegments { range, .. } => {
            own.announce(peer, number, *range);
            for index in range.first..range.first + range.count {
                let mut left = failures.lock();
                let is_bad = index == 3 && *left > 0;
                *left -= i32::from(is_bad);
                drop(left);
                let value = own.value(if is_bad { 2 } else { index });
                own.send_as(peer, number, index, value);
            }
            peer.answer(number, &Answer::Done);
        }
        _ => honest(peer, number, request),
    });
    assert!(report.is_success(), "{report} {:?}", report.stopped);
    assert_eq!(found.as_ref(), Some(&served.content));
    assert_eq!(*served.asked.lock(), [0, 1, 2, 3, 4, 5, 3, 3]);
}

#[test]
fn a_segment_that_is_always_bad_is_named_after_three_more_attempts() {
    let served = Arc::new(Served::new(noise(SIZE as u32)));
    let (own, honest) = (Arc::clone(&served), serve(&served));
    let (report, found) = fetch(move |peer, number, request| match request {
        Request::GetSegments { range, .. } => {
            own.announce(peer, number, *range);
            for index in range.first..range.first + range.count {
                own.send_as(peer, number, index, own.value(if index == 4 { 0 } else { index }));
            }
            peer.answer(number, &Answer::Done);
        }
        _ => honest(peer, number, request),
    });
    assert_eq!(found, None);
    let [(_, Error::BadSegment { offset, .. })] = &report.failed[..] else {
        panic!("{report} {:?}", report.failed)
    };
    assert_eq!(*offset, 4 * SEGMENT as u64);
    assert_eq!(served.asked.lock().iter().filter(|index| **index == 4).count(), 4);
}

/// Two states of the file of one size and one time, as after a change that was hidden on purpose.
#[test]
fn segments_of_two_states_are_never_mixed() {
    let old = Arc::new(Served::new(noise(SIZE as u32)));
    let new = Arc::new(Served::new(old.content.iter().map(|byte| !byte).collect()));
    let (before, after) = (Arc::clone(&old), serve(&new));
    let is_first = Mutex::new(true);
    let (report, found) = fetch(move |peer, number, request| match request {
        Request::GetSegments { range, .. } if std::mem::take(&mut *is_first.lock()) => {
            before.serve(
                peer,
                number,
                &Request::GetSegments {
                    path: RemotePath::parse(b"/f").unwrap().into(),
                    range: *range,
                },
            );
        }
        _ => after(peer, number, request),
    });
    assert!(report.is_success(), "{report} {:?}", report.stopped);
    assert_eq!(found.as_ref(), Some(&new.content));
}

#[test]
fn a_file_that_changed_meanwhile_is_fetched_anew_whatever_became_of_it() {
    for size in [0, 5, SEGMENT, SEGMENT + 1, SIZE + 1, 9 * SEGMENT] {
        let old = Arc::new(Served::new(noise(SIZE as u32)));
        let later = Timestamp(2_000_000_000);
        let new = Served { modified: later, ..Served::new(noise(size as u32 + 7)[7..].to_vec()) };
        let new = Arc::new(new);
        let (before, after) = (Arc::clone(&old), Arc::clone(&new));
        let is_first = Mutex::new(true);
        // What is not wanted any more is not read to its end.
        let connections = if size > SEGMENT { 2 } else { 1 };
        let (report, found) = fetch_over(connections, move |peer, number, request| match request {
            Request::Stat(_) if std::mem::take(&mut *is_first.lock()) => {
                peer.answer(number, &Answer::Entry(before.entry()));
            }
            Request::GetSegments { range, .. } if after.content.len() <= SEGMENT => {
                assert_eq!(range.first, 0);
                let fault = Fault::new(Status::UNSUPPORTED, "only a file of two segments or more");
                peer.answer(number, &Answer::Error(fault));
            }
            Request::GetSegments { range, .. } => {
                let count = after.content.len().div_ceil(SEGMENT) as u32;
                let size = after.content.len() as u64;
                let range = SegmentRange { count: range.count.min(count), ..*range };
                let end = (u64::from(range.first + range.count) * SEGMENT as u64).min(size);
                let len = end - u64::from(range.first) * SEGMENT as u64;
                let permissions = Permissions::from_mode(0o600);
                let content =
                    Content { file_size: size, len, modified: after.modified, permissions };
                peer.answer(number, &Answer::Content(content));
                for index in range.first..range.first + range.count {
                    after.send_as(peer, number, index, after.value(index));
                }
                peer.answer(number, &Answer::Done);
            }
            Request::Get { .. } => {
                let len = after.content.len() as u64;
                let content = Content {
                    file_size: len,
                    len,
                    modified: after.modified,
                    permissions: Permissions::from_mode(0o600),
                };
                peer.answer(number, &Answer::Content(content));
                for (piece, bytes) in after.content.chunks(100_000).enumerate() {
                    let offset = piece * 100_000;
                    let border = SEGMENT - offset % SEGMENT;
                    let (one, other) = bytes.split_at(border.min(bytes.len()));
                    peer.data(number, offset as u64, one);
                    if !other.is_empty() {
                        peer.data(number, (offset + border) as u64, other);
                    }
                }
                peer.answer(number, &Answer::ContentEnd(Digest::of(&after.content)));
            }
            _ => after.serve(peer, number, request),
        });
        assert!(report.is_success(), "{size}: {report} {:?}", report.stopped);
        assert_eq!(found.as_ref(), Some(&new.content), "{size}");
    }
}

type Lie = fn(&Served, &mut Peer, u32, SegmentRange);

#[test]
fn a_server_that_lies_about_segments_is_refused() {
    let lies: [(&str, Lie); 9] = [
        ("more of a segment than there is", |served, peer, number, range| {
            served.announce(peer, number, range);
            peer.data(number, 0, &vec![7; SEGMENT]);
            peer.data(number, SEGMENT as u64, b"more");
            peer.answer(number, &Answer::Done);
        }),
        ("more than a segment at once", |served, peer, number, range| {
            served.announce(peer, number, range);
            peer.data(number, 0, &vec![7; SEGMENT + 1]);
        }),
        ("another offset", |served, peer, number, range| {
            served.announce(peer, number, range);
            peer.data(number, 1 << 40, b"far away");
        }),
        ("another segment", |served, peer, number, range| {
            served.announce(peer, number, range);
            peer.data(number, SEGMENT as u64, &vec![7; SEGMENT]);
        }),
        ("less than was announced", |served, peer, number, range| {
            served.announce(peer, number, range);
            served.send_as(peer, number, range.first, served.value(range.first));
            peer.answer(number, &Answer::Done);
        }),
        ("a value before its content", |served, peer, number, range| {
            served.announce(peer, number, range);
            peer.answer(number, &Answer::SegmentValue(served.value(0)));
        }),
        ("no content at all", |_, peer, number, _| peer.answer(number, &Answer::Done)),
        ("an endless file", |_, peer, number, _| {
            peer.answer(number, &content(u64::MAX, u64::MAX));
            peer.data(number, 0, b"on and on");
        }),
        ("values of something else", |served, peer, number, range| {
            served.announce(peer, number, range);
            for index in range.first..range.first + range.count {
                served.send_as(peer, number, index, SegmentValue::from_bytes([7; 32]));
            }
            peer.answer(number, &Answer::Done);
        }),
    ];
    for (what, lie) in lies {
        let served = Arc::new(Served::new(noise(SIZE as u32)));
        let (own, honest) = (Arc::clone(&served), serve(&served));
        let (report, found) = fetch(move |peer, number, request| match request {
            Request::GetSegments { range, .. } => lie(&own, peer, number, *range),
            _ => honest(peer, number, request),
        });
        assert_eq!((report.files_done, found), (0, None), "{what}: {report}");
        let is_told = report.stopped.is_some() || report.failed_count == 1;
        assert!(is_told, "{what}: {report}");
    }
}

#[test]
fn a_file_whose_digest_is_another_is_refused_in_the_end() {
    let served = Arc::new(Served::new(noise(SIZE as u32)));
    let (own, honest) = (Arc::clone(&served), serve(&served));
    let (report, found) = fetch(move |peer, number, request| match request {
        Request::Digest { .. } => {
            let digest = Digest::of(b"something else");
            peer.answer(number, &Answer::DigestIs(StoredDigest { digest, ..own.digest() }));
        }
        _ => honest(peer, number, request),
    });
    assert_eq!(found, None);
    assert!(matches!(&report.failed[..], [(_, Error::Corrupt { .. })]), "{:?}", report.failed);
}
