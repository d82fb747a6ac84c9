//! Files that travel by segments, are left and gone on with, or given up.

use super::support::{Fixture, RawClient, Received, at, operation, put};
use super::{OUTSIDE_LARGE, Tally};
use ferry_protocol::{Answer, Digest, IfExists, Put, Request, SegmentRange, TransferId, feature};

/// A client in the race.
pub(crate) struct Racer {
    client: RawClient,
    pub(crate) tally: Tally,
}

const SEGMENT_LEN: usize = ferry_protocol::limits::SEGMENT_LEN as usize;

impl Racer {
    /// Logs in as the guest.
    pub(crate) fn new(fixture: &Fixture) -> Self {
        Self { client: fixture.guest_with(feature::SEGMENTS), tally: Tally::default() }
    }

    /// A file that is left and gone on with, another that is abandoned, and what is there fetched.
    pub(crate) fn round(&mut self, door: &str) {
        let path = format!("{door}/large");
        let content = vec![7; (1 << 20) + 1];
        let announced = put(&path, content.len() as u64, IfExists::Replace);
        let begun = Put { transfer: TransferId(operation().0), ..announced.clone() };
        let again = Put { resume: true, operation: operation(), ..begun.clone() };
        if self.begin_and_leave(&begun, &content) {
            self.go_on(&again, &content);
        }
        let other = TransferId(operation().0);
        let given_up = Put { transfer: other, operation: operation(), ..announced };
        self.begin_and_leave(&given_up, &content);
        self.client.ask(&Request::Parts(TransferId([0; 16])));
        for transfer in [other, again.transfer] {
            let answer = self.client.ask(&Request::PartAbandon(transfer));
            self.tally.add("abandon", !matches!(answer, Answer::Error(_)));
        }
        self.fetch(&path);
    }

    fn begin_and_leave(&mut self, announced: &Put, content: &[u8]) -> bool {
        let begun = self.begin("begin a part", announced, content);
        if let Some(number) = begun {
            self.client.send_as(number, &Request::PutLeave);
            self.client.answer();
        }
        begun.is_some()
    }

    fn go_on(&mut self, announced: &Put, content: &[u8]) {
        let Some(number) = self.begin("go on with a part", announced, content) else { return };
        for (index, piece) in content.chunks(SEGMENT_LEN).enumerate().skip(1) {
            self.client.send_segment(number, index as u32, piece);
        }
        self.client.send_as(number, &Request::PutEnd(Digest::of(content)));
        let answer = self.client.answer();
        self.tally.add("put by segments", matches!(answer, Answer::Stored(_)));
    }

    /// Announces a put and sends its first segment; nothing where the put is refused.
    fn begin(&mut self, operation: &'static str, put: &Put, content: &[u8]) -> Option<u32> {
        let number = self.client.send(&Request::Put(put.clone()));
        let is_begun = matches!(self.client.answer(), Answer::Missing(_));
        self.tally.add(operation, is_begun);
        is_begun.then(|| {
            self.client.send_segment(number, 0, &content[..SEGMENT_LEN]);
            number
        })
    }

    /// Fetches segments and their values of what has a longer namesake outside.
    fn fetch(&mut self, path: &str) {
        let (path, range) = (at(path), SegmentRange { first: 0, count: 2 });
        let values = self.client.ask(&Request::SegmentValues { path: path.clone(), range });
        let values = if let Answer::SegmentValuesAre(stored) = values {
            assert_ne!(stored.file_size, OUTSIDE_LARGE.len() as u64, "read outside");
            true
        } else {
            false
        };
        self.tally.add("values of segments", values);
        self.client.send(&Request::GetSegments { path, range });
        let mut is_sent = false;
        loop {
            match self.client.receive().unwrap() {
                Received::Answer(_, Answer::Content(_) | Answer::SegmentValue(_)) => {}
                Received::Data(_, piece) => {
                    assert_ne!(piece[0], OUTSIDE_LARGE[0], "sent from outside");
                    is_sent = true;
                }
                Received::Answer(..) => break,
                Received::Unknown(kind) => panic!("unknown {kind}"),
            }
        }
        self.tally.add("get by segments", is_sent);
    }
}
