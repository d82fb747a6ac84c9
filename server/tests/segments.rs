//! Uploads by segments: verified as they come, over several connections, resumed and repaired.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "helpers of tests may give up, and their files are small"
)]

mod support;

use ferry_protocol::{
    Answer, Digest, IfExists, Put, Request, SegmentRange, SegmentValue, Status, TransferId, feature,
};
use ferry_server::storage::memory::Memory;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use support::{Fixture, RawClient, Received, at, put, serve, serve_storage, status_of};

const SEGMENT: usize = 256 * 1024;
const COUNT: usize = 6;

/// Six segments, the last of them a few bytes.
fn content() -> Vec<u8> {
    let len = (COUNT - 1) * SEGMENT + 1000;
    (0..len as u32).map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect()
}

fn segments(content: &[u8]) -> Vec<&[u8]> {
    content.chunks(SEGMENT).collect()
}

fn client(fixture: &Fixture) -> RawClient {
    fixture.guest_with(feature::SEGMENTS)
}

fn announced(content: &[u8]) -> Put {
    put("/file", content.len() as u64, IfExists::Refuse)
}

fn resumed(put: &Put) -> Put {
    Put { resume: true, ..put.clone() }
}

fn end(client: &mut RawClient, number: u32, content: &[u8]) -> Answer {
    client.send_as(number, &Request::PutEnd(Digest::of(content)));
    client.answer()
}

fn is_stored(answer: &Answer, content: &[u8]) -> bool {
    matches!(answer, Answer::Stored(stored) if stored.digest == Digest::of(content))
}

fn stored(fixture: &Fixture) -> Vec<u8> {
    fs::read(fixture.share.path().join("file")).unwrap()
}

#[test]
fn segments_come_in_any_order_and_give_the_ordinary_digest() {
    let fixture = serve();
    let mut client = client(&fixture);
    let content = content();
    let (number, missing) = client.begin_segments(&announced(&content));
    assert_eq!(missing, [(0, 6)]);
    for index in [5, 0, 3, 1, 4, 2] {
        client.send_segment(number, index, segments(&content)[index as usize]);
    }
    assert!(is_stored(&end(&mut client, number, &content), &content));
    assert_eq!(stored(&fixture), content);
    assert_eq!(fixture.parts(), Vec::<String>::new());
}

#[test]
fn a_wrong_segment_is_named_at_once_and_sent_again() {
    let fixture = serve();
    let mut client = client(&fixture);
    let content = content();
    let pieces = segments(&content);
    let (number, _) = client.begin_segments(&announced(&content));
    client.send_segment(number, 0, pieces[0]);
    let mut altered = pieces[2].to_vec();
    altered[100] ^= 1;
    client.send_segment_as(number, 2, &altered, SegmentValue::of(2, pieces[2]).unwrap());
    assert_eq!(client.missing(), [(2, 1)]);
    client.send_segment(number, 2, pieces[2]);
    for index in [1, 3, 4, 5] {
        client.send_segment(number, index, pieces[index as usize]);
    }
    assert!(is_stored(&end(&mut client, number, &content), &content));
    assert_eq!(stored(&fixture), content);
}

#[test]
fn an_early_end_names_what_is_missing_and_the_put_goes_on() {
    let fixture = serve();
    let mut client = client(&fixture);
    let content = content();
    let (number, _) = client.begin_segments(&announced(&content));
    for index in [0, 3] {
        client.send_segment(number, index, segments(&content)[index as usize]);
    }
    client.send_as(number, &Request::PutEnd(Digest::of(&content)));
    assert_eq!(client.missing(), [(1, 2), (4, 2)]);
    for index in [1, 2, 4, 5] {
        client.send_segment(number, index, segments(&content)[index as usize]);
    }
    assert!(is_stored(&end(&mut client, number, &content), &content));
}

#[test]
fn a_liar_gets_nowhere() {
    let fixture = serve();
    let mut client = client(&fixture);
    let content = content();
    let pieces = segments(&content);
    // Values and content agree with each other, but not with the digest.
    let (number, _) = client.begin_segments(&announced(&content));
    for (index, _) in pieces.iter().enumerate() {
        client.send_segment(number, index as u32, pieces[index]);
    }
    let answer = end(&mut client, number, b"another file");
    assert_eq!(status_of(&answer), Status::DIGEST_MISMATCH);
    assert_eq!(fixture.parts(), Vec::<String>::new());
    // Values that never agree: a bounded number of times.
    let (number, _) = client.begin_segments(&announced(&content));
    let wrong = SegmentValue::from_bytes([7; 32]);
    for _ in 0..ferry_protocol::limits::BAD_SEGMENTS_MAX {
        client.send_segment_as(number, 1, pieces[1], wrong);
        assert_eq!(client.missing(), [(1, 1)]);
    }
    client.send_segment_as(number, 1, pieces[1], wrong);
    assert_eq!(status_of(&client.answer()), Status::BAD_SEGMENT);
    client.send_as(number, &Request::PutCancel);
    // The connection goes on; values of segments that are not there prove nothing.
    let (number, _) = client.begin_segments(&announced(&content));
    client.send_values(number, 4, vec![wrong; 400]);
    assert_eq!(client.missing(), [(4, 2)]);
    client.send_as(number, &Request::PutCancel);
    assert_eq!(status_of(&client.answer()), Status::CANCELLED);
    assert_eq!(fixture.parts(), Vec::<String>::new());
}

#[test]
fn more_than_announced_or_out_of_place_ends_the_connection() {
    let content = content();
    for (offset, len) in [(5 * SEGMENT + 1000, 1), (5 * SEGMENT, 1001), (1, 1), (6 * SEGMENT, 1)] {
        let fixture = serve();
        let mut client = client(&fixture);
        let (number, _) = client.begin_segments(&announced(&content));
        client.send_data(number, offset as u64, &vec![0; len]);
        assert_eq!(status_of(&client.answer()), Status::OUT_OF_ORDER, "{offset} {len}");
        assert_eq!(client.receive(), None);
    }
}

#[test]
fn two_connections_share_one_put_and_one_is_cut() {
    let fixture = serve();
    let content = content();
    let pieces = segments(&content);
    let put = announced(&content);
    let (mut lead, mut other, mut third) = (client(&fixture), client(&fixture), client(&fixture));
    let (number, _) = lead.begin_segments(&put);
    let (other_number, _) = other.begin_segments(&resumed(&put));
    let (third_number, _) = third.begin_segments(&resumed(&put));
    lead.send_segment(number, 0, pieces[0]);
    other.send_segment(other_number, 1, pieces[1]);
    third.send_segment(third_number, 4, pieces[4]);
    third.send_as(third_number, &Request::PutLeave);
    assert_eq!(third.answer(), Answer::Done);
    assert_eq!(third.ask(&Request::Ping), Answer::Pong);
    // Cut inside of a segment.
    other.send_data(other_number, 2 * SEGMENT as u64, &pieces[2][..1000]);
    for index in [3, 5] {
        lead.send_segment(number, index, pieces[index as usize]);
    }
    // Nobody is told when a segment of another connection has come.
    let mut ask_what_is_missing = || {
        lead.send_as(number, &Request::PutEnd(Digest::of(&content)));
        lead.missing()
    };
    while ask_what_is_missing() != [(2, 1)] {}
    drop(other);
    assert_eq!(ask_what_is_missing(), [(2, 1)]);
    lead.send_segment(number, 2, pieces[2]);
    assert!(is_stored(&end(&mut lead, number, &content), &content));
    assert_eq!(stored(&fixture), content);
}

#[test]
fn a_segment_belongs_to_whoever_began_it_last() {
    let fixture = serve();
    let content = content();
    let pieces = segments(&content);
    let put = announced(&content);
    let (mut lost, mut new) = (client(&fixture), client(&fixture));
    let (lost_number, _) = lost.begin_segments(&put);
    lost.send_data(lost_number, 0, &pieces[0][..9000]);
    let (number, _) = new.begin_segments(&resumed(&put));
    for (index, piece) in pieces.iter().enumerate() {
        new.send_segment(number, index as u32, piece);
    }
    assert!(is_stored(&end(&mut new, number, &content), &content));
    // What comes late is nobody's any more.
    lost.send_data(lost_number, 9000, &vec![1; 1000]);
    assert_eq!(stored(&fixture), content);
}

#[test]
fn a_flipped_byte_in_a_part_costs_its_segment_alone() {
    let fixture = serve();
    let content = content();
    let pieces = segments(&content);
    let put = announced(&content);
    let mut first = client(&fixture);
    let (number, _) = first.begin_segments(&put);
    for index in [0, 1, 2, 4] {
        first.send_segment(number, index, pieces[index as usize]);
    }
    first.send_as(number, &Request::PutLeave);
    assert_eq!(first.answer(), Answer::Done);
    let [part] = fixture.parts().try_into().unwrap();
    let part = OpenOptions::new().write(true).open(fixture.share.path().join(part)).unwrap();
    part.write_all_at(&[pieces[1][77] ^ 0x10], SEGMENT as u64 + 77).unwrap();
    let (number, missing) = first.begin_segments(&resumed(&put));
    assert_eq!(missing, [(3, 1), (5, 1)]);
    let values = |from: usize, to: usize| {
        let held = pieces[from..to].iter().zip(from as u32..);
        held.map(|(piece, index)| SegmentValue::of(index, piece).unwrap()).collect()
    };
    first.send_values(number, 0, values(0, 3));
    assert_eq!(first.missing(), [(1, 1)]);
    first.send_values(number, 4, values(4, 5));
    for index in [3, 5, 1] {
        first.send_segment(number, index, pieces[index as usize]);
    }
    assert!(is_stored(&end(&mut first, number, &content), &content));
    assert_eq!(stored(&fixture), content);
}

#[test]
fn what_is_found_is_not_vouched_for_without_the_senders_values() {
    let fixture = serve();
    let content = content();
    let put = announced(&content);
    let mut client = client(&fixture);
    let (number, _) = client.begin_segments(&put);
    for (index, piece) in segments(&content).into_iter().enumerate() {
        client.send_segment(number, index as u32, piece);
    }
    client.send_as(number, &Request::PutLeave);
    assert_eq!(client.answer(), Answer::Done);
    let (number, missing) = client.begin_segments(&resumed(&put));
    assert_eq!(missing, []);
    client.send_as(number, &Request::PutEnd(Digest::of(&content)));
    assert_eq!(client.missing(), [(0, 6)]);
}

#[test]
fn another_file_cannot_be_joined() {
    let fixture = serve();
    let content = content();
    let put = announced(&content);
    let (mut lead, mut other) = (client(&fixture), client(&fixture));
    lead.begin_segments(&put);
    let longer = Put { size: put.size + 1, ..resumed(&put) };
    assert_eq!(status_of(&other.ask(&Request::Put(longer))), Status::NO_PART);
    let unknown = Put { transfer: TransferId([9; 16]), ..resumed(&put) };
    assert_eq!(status_of(&other.ask(&Request::Put(unknown))), Status::NO_PART);
}

#[test]
fn a_store_that_writes_in_runs_gets_them() {
    let fixture = serve_storage(Arc::new(Memory::new()), |_| {});
    let content = content();
    let pieces = segments(&content);
    let put = announced(&content);
    let (mut lead, mut other) = (client(&fixture), client(&fixture));
    let (number, _) = lead.begin_segments(&put);
    let (other_number, _) = other.begin_segments(&resumed(&put));
    other.send_segment(other_number, 4, pieces[4]);
    lead.send_segment(number, 2, pieces[2]);
    let wrong = SegmentValue::from_bytes([7; 32]);
    lead.send_segment_as(number, 3, pieces[3], wrong);
    assert_eq!(lead.missing(), [(2, 2)], "the whole run");
    for index in [2, 3, 0, 1] {
        lead.send_segment(number, index, pieces[index as usize]);
    }
    other.send_segment(other_number, 5, pieces[5]);
    other.send_as(other_number, &Request::PutLeave);
    assert_eq!(other.answer(), Answer::Done);
    assert!(is_stored(&end(&mut lead, number, &content), &content));
    let (back, last) = lead.get("/file", ferry_protocol::Range::ALL);
    assert_eq!(last, Answer::ContentEnd(Digest::of(&content)));
    assert_eq!(back, content);
}

#[test]
fn a_download_by_segments_is_proved_segment_by_segment() {
    let fixture = serve();
    let content = content();
    fs::write(fixture.share.path().join("file"), &content).unwrap();
    fs::write(fixture.share.path().join("small"), b"x").unwrap();
    let mut client = client(&fixture);
    let ask = |path, first, count| Request::GetSegments {
        path: at(path),
        range: SegmentRange { first, count },
    };
    let number = client.send(&ask("/file", 4, 9));
    let Some(Received::Answer(_, Answer::Content(announced))) = client.receive() else {
        panic!("no content");
    };
    assert_eq!(announced.len, (SEGMENT + 1000) as u64);
    let mut came = Vec::new();
    let mut values = Vec::new();
    loop {
        match client.receive().unwrap() {
            Received::Data(offset, piece) => {
                assert_eq!(offset, (4 * SEGMENT + came.len()) as u64);
                came.extend(piece);
            }
            Received::Answer(_, Answer::SegmentValue(value)) => values.push(value),
            last => {
                assert_eq!(last, Received::Answer(number, Answer::Done));
                break;
            }
        }
    }
    assert_eq!(came, content[4 * SEGMENT..]);
    let own = |index: u32| SegmentValue::of(index, segments(&content)[index as usize]).unwrap();
    assert_eq!(values, [own(4), own(5)]);
    assert_eq!(status_of(&client.ask(&ask("/small", 0, 1))), Status::UNSUPPORTED);
    let range = SegmentRange { first: 3, count: 2 };
    let stored = client.ask(&Request::SegmentValues { path: at("/file"), range });
    let Answer::SegmentValuesAre(stored) = stored else { panic!("{stored:?}") };
    assert_eq!((stored.file_size, stored.values), (content.len() as u64, vec![own(3), own(4)]));
    let none = client.ask(&Request::SegmentValues { path: at("/small"), range });
    assert!(matches!(none, Answer::SegmentValuesAre(none) if none.values.is_empty()));
}

#[test]
fn parts_are_listed_to_their_account_and_can_be_abandoned() {
    let fixture = serve();
    let content = content();
    let put = announced(&content);
    let parts = |client: &mut RawClient| match client.ask(&Request::Parts(TransferId([0; 16]))) {
        Answer::PartsAre(page) => page.parts,
        other => panic!("{other:?}"),
    };
    let mut client = client(&fixture);
    assert_eq!(parts(&mut client), []);
    let (number, _) = client.begin_segments(&put);
    client.send_segment(number, 0, segments(&content)[0]);
    let mut other = fixture.guest_with(feature::SEGMENTS);
    // The segment may still be on its way.
    assert!(parts(&mut other)[0].is_open);
    let busy = other.ask(&Request::PartAbandon(put.transfer));
    assert!(matches!(busy, Answer::Busy(_)), "{busy:?}");
    client.send_as(number, &Request::PutLeave);
    assert_eq!(client.answer(), Answer::Done);
    let [part] = parts(&mut other).try_into().unwrap();
    assert_eq!((part.transfer, part.size), (put.transfer, put.size));
    assert_eq!((part.held, part.is_open), (SEGMENT as u64, false));
    assert_eq!(part.target.to_wire(), b"/file");
    assert_eq!(other.ask(&Request::PartAbandon(put.transfer)), Answer::Done);
    assert_eq!(parts(&mut other), []);
    assert_eq!(fixture.parts(), Vec::<String>::new());
    assert_eq!(status_of(&other.ask(&Request::PartAbandon(put.transfer))), Status::NO_PART);
}
