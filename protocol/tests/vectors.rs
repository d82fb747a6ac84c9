//! The hex examples of `PROTOCOL.md`: each means what the page says, and nothing else.

mod wire;

use ferry_protocol::{Answer, Kind, Request};
use std::collections::HashSet;
use wire::{Body, Decoded, Message, Rest, decode, expected, vectors};

#[test]
fn every_example_decodes_to_its_value_and_encodes_back() {
    for vector in vectors() {
        let message = expected::message(vector.name)
            .unwrap_or_else(|| panic!("no value is written for {}", vector.name));
        assert_eq!(decode_whole(&vector.bytes), whole(message.clone()), "{}", vector.name);
        assert_eq!(message.encode(), vector.bytes, "{}", vector.name);
    }
}

#[test]
fn every_example_has_a_name_of_its_own_and_says_what_it_is() {
    let mut names = HashSet::new();
    for vector in vectors() {
        assert!(names.insert(vector.name), "{} is there twice", vector.name);
        let kind = kind_of(&vector.bytes);
        assert_eq!(kind.name(), Some(vector.kind), "{}", vector.name);
        let is_right = match vector.direction {
            "client" => kind.is_from_client(),
            "server" => !kind.is_from_client() || kind == Kind::DATA,
            _ => false,
        };
        assert!(is_right, "{} does not come from {}", vector.name, vector.direction);
    }
}

#[test]
fn every_kind_has_an_example() {
    let shown: HashSet<Kind> = vectors().iter().map(|vector| kind_of(&vector.bytes)).collect();
    let missing: Vec<_> =
        Kind::ALL.iter().filter(|kind| !kind.is_reserved() && !shown.contains(kind)).collect();
    assert_eq!(missing, Vec::<&Kind>::new());
}

#[test]
fn every_prefix_needs_more() {
    for vector in vectors() {
        for len in 1..vector.bytes.len() {
            let decoded = decode_whole(&vector.bytes[..len]);
            let needed = Decoded { messages: Vec::new(), rest: Rest::NeedMore };
            assert_eq!(decoded, needed, "{} cut at {len}", vector.name);
        }
    }
}

#[test]
fn every_split_gives_the_same_messages() {
    let stream: Vec<u8> = vectors().into_iter().flat_map(|vector| vector.bytes).collect();
    let whole = decode_whole(&stream);
    assert_eq!(whole.messages.len(), vectors().len());
    for step in 1..64 {
        assert_eq!(decode(&stream, || step), whole, "in pieces of {step}");
    }
    for vector in vectors() {
        let whole = decode_whole(&vector.bytes);
        for cut in 1..vector.bytes.len() {
            let mut pieces = [cut, vector.bytes.len()].into_iter();
            let split = decode(&vector.bytes, || pieces.next().unwrap_or(usize::MAX));
            assert_eq!(split, whole, "{} split at {cut}", vector.name);
        }
    }
}

/// The format is nowhere lenient for the examples. (Texts for people are read leniently, but
/// one wrong byte in valid UTF-8 always shows as another text.)
#[test]
fn no_flipped_byte_goes_unnoticed() {
    for vector in vectors() {
        let right = decode_whole(&vector.bytes);
        for index in 0..vector.bytes.len() {
            for flip in 1..=u8::MAX {
                let mut bytes = vector.bytes.clone();
                bytes[index] ^= flip;
                assert_ne!(decode_whole(&bytes), right, "{}: {index} ^ {flip:#x}", vector.name);
            }
        }
    }
}

#[test]
fn trailing_bytes_are_refused() {
    for vector in vectors() {
        let kind = kind_of(&vector.bytes);
        let mut body = vector.bytes[16..].to_vec();
        body.push(0);
        if kind == Kind::DATA || kind.is_reserved() {
            continue;
        }
        let is_refused = if kind.is_from_client() {
            Request::decode(kind, &body).is_err()
        } else {
            Answer::decode(kind, &body).is_err()
        };
        assert!(is_refused, "{}", vector.name);
    }
}

#[test]
fn bodies_of_every_length_are_refused_or_read_and_never_panic() {
    for vector in vectors() {
        let kind = kind_of(&vector.bytes);
        let body = &vector.bytes[16..];
        for len in 0..body.len() {
            if !kind.is_reserved() && kind != Kind::DATA {
                let request = Request::decode(kind, &body[..len]);
                let answer = Answer::decode(kind, &body[..len]);
                assert!(request.is_err() || answer.is_err(), "{} cut at {len}", vector.name);
            }
        }
    }
}

#[test]
fn a_reserved_kind_is_known_by_name_and_not_decoded() {
    let unknown = expected::message("unknown").map(|message| message.body);
    assert!(matches!(unknown, Some(Body::Unknown(Kind::SEARCH, _))));
    for kind in Kind::ALL.iter().filter(|kind| kind.is_reserved()) {
        assert_eq!(Request::decode(*kind, b"anything"), Ok(None));
        assert_eq!(Answer::decode(*kind, b"anything"), Ok(None));
    }
}

fn decode_whole(bytes: &[u8]) -> Decoded {
    decode(bytes, || usize::MAX)
}

fn whole(message: Message) -> Decoded {
    Decoded { messages: vec![message], rest: Rest::Nothing }
}

fn kind_of(bytes: &[u8]) -> Kind {
    Kind::new(u16::from_be_bytes([bytes[4], bytes[5]]))
}
