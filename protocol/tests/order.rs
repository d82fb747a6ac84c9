//! Messages in the wrong order: every kind in every state of both ends, verdicts written out.

#![expect(clippy::unwrap_used, reason = "a test's own tools")]

use PeerMisbehaved::{
    AlreadyGreeted, CrossesSegment, ExpectedHello, LoginRequired, NoTransferOpen, NotAwaited,
    TooMuchContent, TransferOpen, UnexpectedAnswer, ValueDue, WrongOffset, WrongRequestNumber,
};
use ferry_protocol::limits::{
    ANSWER_BODY_MAX, DATA_BODY_MAX, GREETING_BODY_MAX, REQUEST_BODY_MAX, SEGMENT_LEN, SMALL_PUT_MAX,
};
use ferry_protocol::session::{AnswerRole, ClientSession, Incoming, ServerSession};
use ferry_protocol::{DataPrefix, DecodeError, Deframer, Header, Kind, PeerMisbehaved};

type Verdict = Result<Taken, PeerMisbehaved>;

/// What a server makes of a message that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Request,
    Content,
    EndTooEarly,
    Cancel,
    Over,
    EndBySegments,
    Values,
    Leave,
}

const REQUEST: Verdict = Ok(Taken::Request);
const HELLO_FIRST: Verdict = Err(ExpectedHello);
const LOGIN_FIRST: Verdict = Err(LoginRequired);
const GREETED: Verdict = Err(AlreadyGreeted);
const NO_PUT: Verdict = Err(NoTransferOpen);
const IN_PUT: Verdict = Err(TransferOpen);
const TOO_EARLY: Verdict = Err(NotAwaited);
const BEFORE: [Verdict; 2] = [HELLO_FIRST, LOGIN_FIRST];
const CONTENT: Verdict = Ok(Taken::Content);
const END: Verdict = Ok(Taken::EndTooEarly);
const CANCEL: Verdict = Ok(Taken::Cancel);

/// The states of a server: no hello yet, no login yet, ready, a large put before its answer, a
/// put whose content comes, a large put whose segments come.
fn server(state: usize) -> ServerSession {
    let mut session = ServerSession::new();
    let mut take = |kind, number| {
        session.accept(&header(kind, number)).unwrap();
        match kind {
            Kind::HELLO => session.welcomed(),
            Kind::LOGIN_PASSWORD => session.logged_in(),
            _ => session.put_opened(if state == 4 { 10 } else { SMALL_PUT_MAX + 1 }),
        }
    };
    let steps = [Kind::HELLO, Kind::LOGIN_PASSWORD, Kind::PUT];
    for (kind, number) in steps.into_iter().zip(1..).take(state.min(3)) {
        take(kind, number);
    }
    if state == 5 {
        session.put_goes_on_by_segments();
    }
    session
}

#[rustfmt::skip]
fn server_table() -> Vec<(Kind, [Verdict; 6])> {
    let ordinary = [BEFORE[0], BEFORE[1], REQUEST, IN_PUT, IN_PUT, IN_PUT];
    let login = [HELLO_FIRST, REQUEST, GREETED, IN_PUT, IN_PUT, IN_PUT];
    let always = [HELLO_FIRST, REQUEST, REQUEST, IN_PUT, IN_PUT, IN_PUT];
    let mut table = vec![
        (Kind::HELLO,            [REQUEST, GREETED, GREETED, IN_PUT, IN_PUT, IN_PUT]),
        (Kind::LOGIN_PASSWORD,   login),
        (Kind::LOGIN_TOKEN,      login),
        (Kind::LOGIN_DEVICE,     login),
        (Kind::LIST,             ordinary),
        (Kind::NEXT_PAGE,        ordinary),
        (Kind::WALK,             ordinary),
        (Kind::STAT,             ordinary),
        (Kind::CHANGE_DIRECTORY, ordinary),
        (Kind::PRINT_DIRECTORY,  ordinary),
        (Kind::GET,              ordinary),
        (Kind::PUT,              ordinary),
        (Kind::DATA,             [NO_PUT, NO_PUT, NO_PUT, TOO_EARLY, CONTENT, CONTENT]),
        (Kind::PUT_END,          [NO_PUT, NO_PUT, NO_PUT, TOO_EARLY, END, Ok(Taken::EndBySegments)]),
        (Kind::PUT_CANCEL,       [NO_PUT, NO_PUT, NO_PUT, TOO_EARLY, CANCEL, CANCEL]),
        (Kind::MAKE_DIRECTORY,   ordinary),
        (Kind::RENAME,           ordinary),
        (Kind::REMOVE,           ordinary),
        (Kind::SET_ATTRIBUTES,   ordinary),
        (Kind::COPY,             ordinary),
        (Kind::DIGEST,           ordinary),
        (Kind::SPACE,            ordinary),
        (Kind::SYNC,             ordinary),
        (Kind::PING,             always),
        (Kind::STATUS,           ordinary),
        (Kind::BYE,              always),
        (Kind::SEGMENT_VALUES,   ordinary),
        (Kind::PARTS,            ordinary),
        (Kind::PART_ABANDON,     ordinary),
        (Kind::UNDO,             ordinary),
        (Kind::PREFLIGHT,        ordinary),
        // The reserved ones among these are answered "unsupported".
        (Kind::SEARCH,           ordinary),
        (Kind::USAGE,            ordinary),
        (Kind::REDEEM,           login),
        (Kind::RECEIPT,          ordinary),
        (Kind::GET_SEGMENTS,     ordinary),
        (Kind::PUT_VALUES,       [NO_PUT, NO_PUT, NO_PUT, IN_PUT, IN_PUT, Ok(Taken::Values)]),
        (Kind::PUT_LEAVE,        [NO_PUT, NO_PUT, NO_PUT, IN_PUT, IN_PUT, Ok(Taken::Leave)]),
        (Kind::UNDO_GROUP,       ordinary),
        (Kind::UNDO_LIST,        ordinary),
        (Kind::UNDO_FORGET,      ordinary),
        (Kind::ENROL,            ordinary),
        (Kind::HISTORY,          ordinary),
    ];
    table.extend(from_servers(ordinary));
    table
}

/// A server's own kinds, and unknown ones: taken after login, to be answered "unsupported".
#[rustfmt::skip]
fn from_servers(ordinary: [Verdict; 6]) -> Vec<(Kind, [Verdict; 6])> {
    vec![
        (Kind::WELCOME,          ordinary),
        (Kind::LOGGED_IN,        ordinary),
        (Kind::PAGE,             ordinary),
        (Kind::ENTRY,            ordinary),
        (Kind::DIRECTORY,        ordinary),
        (Kind::CONTENT,          ordinary),
        (Kind::GO_ON,            ordinary),
        (Kind::CONTENT_END,      ordinary),
        (Kind::STORED,           ordinary),
        (Kind::DONE,             ordinary),
        (Kind::PROGRESS,         ordinary),
        (Kind::DIGEST_IS,        ordinary),
        (Kind::SPACE_IS,         ordinary),
        (Kind::SYNCED,           ordinary),
        (Kind::FITNESS_IS,       ordinary),
        (Kind::PONG,             ordinary),
        (Kind::STATUS_IS,        ordinary),
        (Kind::SEGMENT_VALUES_ARE, ordinary),
        (Kind::PARTS_ARE,        ordinary),
        (Kind::MISSING,          ordinary),
        (Kind::SEGMENT_VALUE,    ordinary),
        (Kind::UNDO_PAGE,        ordinary),
        (Kind::HISTORY_IS,       ordinary),
        (Kind::GO_AWAY,          ordinary),
        (Kind::BUSY,             ordinary),
        (Kind::ERROR,            ordinary),
        (Kind::new(0x7777),      ordinary),
        (Kind::new(0x9999),      ordinary),
    ]
}

#[test]
fn the_server_judges_every_kind_in_every_state() {
    let table = server_table();
    let listed: Vec<Kind> = table.iter().map(|(kind, _)| *kind).collect();
    assert!(listed.starts_with(Kind::ALL), "the table lists every kind, in order");
    for (kind, verdicts) in table {
        for (state, expected) in verdicts.into_iter().enumerate() {
            assert_eq!(verdict(&mut server(state), kind), expected, "{kind} in state {state}");
        }
    }
}

/// The verdict on a message that carries the number due in the session's state.
fn verdict(session: &mut ServerSession, kind: Kind) -> Verdict {
    let is_part_of_put = session.is_receiving();
    let number = session.last_request() + u32::from(!is_part_of_put);
    if kind == Kind::DATA {
        let taken = session.accept_data(&header(kind, number), DataPrefix { offset: 0 }, 1);
        return taken.map(|()| Taken::Content);
    }
    session.accept(&header(kind, number)).map(|incoming| match incoming {
        Incoming::Request => Taken::Request,
        Incoming::PutEnd { is_complete: false } => Taken::EndTooEarly,
        Incoming::PutEnd { is_complete: true } => Taken::EndBySegments,
        Incoming::PutValues => Taken::Values,
        Incoming::PutLeave => Taken::Leave,
        Incoming::PutCancel => Taken::Cancel,
        Incoming::RefusedPutEnd => Taken::Over,
    })
}

#[test]
fn what_follows_a_refused_put_is_passed_over_until_its_end_or_the_next_request() {
    for state in [3, 4] {
        let mut session = server(state);
        session.put_refused();
        assert!(!session.is_receiving());
        let data = header(Kind::DATA, 3);
        assert_eq!(session.accept_data(&data, DataPrefix { offset: 7 }, 99), Ok(()));
        let ended = session.accept(&header(Kind::PUT_END, 3));
        assert_eq!(ended, Ok(Incoming::RefusedPutEnd));
        let again = session.accept_data(&data, DataPrefix { offset: 0 }, 1);
        assert_eq!(again, Err(NoTransferOpen), "the put is over");
        assert_eq!(session.accept(&header(Kind::PING, 4)), Ok(Incoming::Request));
    }
    let mut session = server(3);
    session.put_refused();
    assert_eq!(session.accept(&header(Kind::PING, 4)), Ok(Incoming::Request));
    let late = session.accept_data(&header(Kind::DATA, 3), DataPrefix { offset: 0 }, 1);
    assert_eq!(late, Err(NoTransferOpen), "the next request ended it");
}

#[test]
fn request_numbers_count_up_by_one() {
    for number in [0, 1, 2, 4, u32::MAX] {
        let verdict = server(2).accept(&header(Kind::PING, number));
        assert_eq!(verdict, Err(WrongRequestNumber), "{number} after 2");
    }
    assert_eq!(server(2).accept(&header(Kind::PING, 3)), Ok(Incoming::Request));
    for number in [0, 2, 4] {
        let verdict = server(4).accept(&header(Kind::PUT_END, number));
        assert_eq!(verdict, Err(TransferOpen), "{number} in put 3");
        let data = server(4).accept_data(&header(Kind::DATA, number), DataPrefix { offset: 0 }, 1);
        assert_eq!(data, Err(TransferOpen), "{number} in put 3");
    }
}

#[test]
fn content_is_contiguous_and_no_more_than_announced() {
    let segment = u64::from(SEGMENT_LEN);
    let mut session = server(3);
    let mut take = |offset, len| {
        session.put_goes_on(segment - 1);
        session.accept_data(&header(Kind::DATA, 3), DataPrefix { offset }, len)
    };
    assert_eq!(take(0, 1), Err(WrongOffset));
    assert_eq!(take(segment, 1), Err(WrongOffset));
    assert_eq!(take(segment - 1, 2), Err(CrossesSegment));
    assert_eq!(take(segment - 1, 1), Ok(()));
    let mut session = server(4);
    let mut take =
        |offset, len| session.accept_data(&header(Kind::DATA, 3), DataPrefix { offset }, len);
    assert_eq!(take(0, 11), Err(TooMuchContent));
    assert_eq!(take(0, 4), Ok(()));
    assert_eq!(take(0, 4), Err(WrongOffset));
    assert_eq!(take(4, 7), Err(TooMuchContent));
    assert_eq!(take(4, 6), Ok(()));
    let end = session.accept(&header(Kind::PUT_END, 3));
    assert_eq!(end, Ok(Incoming::PutEnd { is_complete: true }));
    assert_eq!(session.accept(&header(Kind::PUT_END, 3)), Err(NoTransferOpen));
}

#[test]
fn segments_come_whole_in_any_order_each_followed_by_its_value() {
    let segment = u64::from(SEGMENT_LEN);
    let take = |session: &mut ServerSession, offset, len| {
        session.accept_data(&header(Kind::DATA, 3), DataPrefix { offset }, len)
    };
    let say = |session: &mut ServerSession, kind| session.accept(&header(kind, 3));
    let mut session = server(5);
    // The last one, of a single byte, comes first.
    assert_eq!(take(&mut session, 4 * segment, 2), Err(TooMuchContent));
    assert_eq!(take(&mut session, 4 * segment + 1, 1), Err(WrongOffset));
    assert_eq!(take(&mut session, 4 * segment, 1), Ok(()));
    assert_eq!(take(&mut session, 0, 1), Err(ValueDue));
    assert_eq!(say(&mut session, Kind::PUT_END), Err(ValueDue));
    assert_eq!(say(&mut session, Kind::PUT_LEAVE), Err(ValueDue));
    assert_eq!(say(&mut session, Kind::PUT_VALUES), Ok(Incoming::PutValues));
    assert_eq!(take(&mut session, segment + 1, 1), Err(WrongOffset));
    assert_eq!(take(&mut session, segment, 9), Ok(()));
    assert_eq!(say(&mut session, Kind::PUT_VALUES), Err(ValueDue));
    assert_eq!(say(&mut session, Kind::PUT_END), Err(ValueDue));
    assert_eq!(take(&mut session, 0, 9), Err(WrongOffset));
    assert_eq!(take(&mut session, segment + 9, SEGMENT_LEN), Err(CrossesSegment));
    assert_eq!(take(&mut session, segment + 9, SEGMENT_LEN - 9), Ok(()));
    assert_eq!(say(&mut session, Kind::PUT_VALUES), Ok(Incoming::PutValues));
    assert_eq!(say(&mut session, Kind::PUT_LEAVE), Ok(Incoming::PutLeave));
    assert_eq!(say(&mut session, Kind::PUT_END), Err(NoTransferOpen));
    let mut session = server(5);
    assert_eq!(take(&mut session, segment, 9), Ok(()));
    assert_eq!(say(&mut session, Kind::PUT_CANCEL), Ok(Incoming::PutCancel));
}

#[test]
fn the_third_refused_login_is_the_last() {
    let mut session = server(1);
    let more = [(); 4].map(|()| session.login_failed());
    assert_eq!(more, [true, true, false, false]);
}

/// A request that is due, whether its content began, the answers that may come before the last,
/// and the last answer. `error` may always come, `busy` before content.
type ClientRow = (Kind, bool, &'static [Kind], Option<Kind>);

#[rustfmt::skip]
const CLIENT_TABLE: &[ClientRow] = &[
    (Kind::HELLO,            false, &[],               Some(Kind::WELCOME)),
    (Kind::LOGIN_PASSWORD,   false, &[],               Some(Kind::LOGGED_IN)),
    (Kind::LOGIN_TOKEN,      false, &[],               Some(Kind::LOGGED_IN)),
    (Kind::LOGIN_DEVICE,     false, &[],               Some(Kind::LOGGED_IN)),
    (Kind::REDEEM,           false, &[],               Some(Kind::LOGGED_IN)),
    (Kind::ENROL,            false, &[],               Some(Kind::DONE)),
    (Kind::LIST,             false, &[],               Some(Kind::PAGE)),
    (Kind::NEXT_PAGE,        false, &[],               Some(Kind::PAGE)),
    (Kind::WALK,             false, &[],               Some(Kind::PAGE)),
    (Kind::STAT,             false, &[],               Some(Kind::ENTRY)),
    (Kind::CHANGE_DIRECTORY, false, &[],               Some(Kind::DIRECTORY)),
    (Kind::PRINT_DIRECTORY,  false, &[],               Some(Kind::DIRECTORY)),
    (Kind::GET,              false, &[Kind::CONTENT],  None),
    (Kind::GET,              true,  &[Kind::DATA],     Some(Kind::CONTENT_END)),
    (Kind::PUT,              false, &[Kind::GO_ON, Kind::MISSING, Kind::PROGRESS], Some(Kind::STORED)),
    (Kind::MAKE_DIRECTORY,   false, &[],               Some(Kind::DONE)),
    (Kind::RENAME,           false, &[],               Some(Kind::DONE)),
    (Kind::REMOVE,           false, &[Kind::PROGRESS], Some(Kind::DONE)),
    (Kind::SET_ATTRIBUTES,   false, &[],               Some(Kind::DONE)),
    (Kind::COPY,             false, &[Kind::PROGRESS], Some(Kind::DONE)),
    (Kind::DIGEST,           false, &[Kind::PROGRESS], Some(Kind::DIGEST_IS)),
    (Kind::SPACE,            false, &[],               Some(Kind::SPACE_IS)),
    (Kind::PREFLIGHT,        false, &[],               Some(Kind::FITNESS_IS)),
    (Kind::SYNC,             false, &[],               Some(Kind::SYNCED)),
    (Kind::UNDO,             false, &[],               Some(Kind::DONE)),
    (Kind::UNDO_GROUP,       false, &[],               Some(Kind::DONE)),
    (Kind::UNDO_LIST,        false, &[],               Some(Kind::UNDO_PAGE)),
    (Kind::UNDO_FORGET,      false, &[],               Some(Kind::DONE)),
    (Kind::PING,             false, &[],               Some(Kind::PONG)),
    (Kind::STATUS,           false, &[],               Some(Kind::STATUS_IS)),
    (Kind::HISTORY,          false, &[],               Some(Kind::HISTORY_IS)),
    (Kind::BYE,              false, &[],               Some(Kind::DONE)),
    (Kind::SEGMENT_VALUES,   false, &[Kind::PROGRESS], Some(Kind::SEGMENT_VALUES_ARE)),
    (Kind::PARTS,            false, &[],               Some(Kind::PARTS_ARE)),
    (Kind::PART_ABANDON,     false, &[],               Some(Kind::DONE)),
    (Kind::GET_SEGMENTS,     false, &[Kind::CONTENT],  None),
    (Kind::GET_SEGMENTS,     true,  &[Kind::DATA, Kind::SEGMENT_VALUE], Some(Kind::DONE)),
];

#[test]
fn the_client_judges_every_answer_to_every_request() {
    for (request, content_began, interim, last) in CLIENT_TABLE {
        for answer in Kind::ALL.iter().chain(&[Kind::new(0x7777), Kind::new(0x9999)]) {
            let mut session = ClientSession::new();
            let number = session.begin(*request);
            if *content_began {
                assert_eq!(session.accept(&header(Kind::CONTENT, number)), Ok(AnswerRole::Interim));
            }
            let is_failure = *answer == Kind::ERROR || (*answer == Kind::BUSY && !content_began);
            let expected = if is_failure || Some(*answer) == *last {
                Ok(AnswerRole::Final)
            } else if interim.contains(answer) {
                Ok(AnswerRole::Interim)
            } else {
                Err(UnexpectedAnswer)
            };
            let verdict = session.accept(&header(*answer, number));
            assert_eq!(verdict, expected, "{answer} to {request}, content began: {content_began}");
            assert_eq!(session.unanswered_count(), usize::from(verdict != Ok(AnswerRole::Final)));
        }
    }
}

/// Once its content is awaited a put may end in one of two ways: stored, or left to others.
#[test]
fn a_put_that_goes_on_is_stored_or_left() {
    for began in [Kind::GO_ON, Kind::MISSING] {
        for answer in Kind::ALL {
            let mut session = ClientSession::new();
            let number = session.begin(Kind::PUT);
            assert_eq!(session.accept(&header(began, number)), Ok(AnswerRole::Interim));
            let expected = match *answer {
                Kind::STORED | Kind::DONE | Kind::ERROR => Ok(AnswerRole::Final),
                Kind::MISSING | Kind::PROGRESS => Ok(AnswerRole::Interim),
                _ => Err(UnexpectedAnswer),
            };
            assert_eq!(session.accept(&header(*answer, number)), expected, "{answer}");
        }
    }
}

#[test]
fn answers_come_in_order_and_only_when_due() {
    let mut session = ClientSession::new();
    assert_eq!(session.accept(&header(Kind::PONG, 1)), Err(UnexpectedAnswer));
    let (first, second) = (session.begin(Kind::PING), session.begin(Kind::SYNC));
    assert_eq!(session.accept(&header(Kind::DONE, second)), Err(WrongRequestNumber));
    assert_eq!(session.accept(&header(Kind::PONG, first)), Ok(AnswerRole::Final));
    assert_eq!(session.due(), Some(second));
    assert_eq!(session.accept(&header(Kind::PONG, first)), Err(WrongRequestNumber));
    assert_eq!(session.accept(&header(Kind::SYNCED, second)), Ok(AnswerRole::Final));
    assert_eq!(session.accept(&header(Kind::DONE, second)), Err(UnexpectedAnswer));
}

#[test]
fn only_three_kinds_are_ever_unsolicited() {
    for kind in Kind::ALL {
        let verdict = ClientSession::new().accept(&header(*kind, 0));
        let expected = match *kind {
            Kind::GO_AWAY | Kind::BUSY | Kind::ERROR => Ok(AnswerRole::Unsolicited),
            _ => Err(UnexpectedAnswer),
        };
        assert_eq!(verdict, expected, "{kind}");
    }
}

/// A length is judged by the state of the session before any memory is taken for the body.
#[test]
fn an_oversized_length_is_refused_before_anything_is_allocated() {
    for state in 0..6 {
        let session = server(state);
        for kind in Kind::ALL {
            let max = match state {
                0 | 1 => GREETING_BODY_MAX,
                _ if *kind == Kind::DATA => DATA_BODY_MAX,
                _ => REQUEST_BODY_MAX,
            };
            refuses_above(*kind, max, |kind| session.body_max(kind));
        }
    }
    for kind in Kind::ALL {
        let max = if *kind == Kind::DATA { DATA_BODY_MAX } else { ANSWER_BODY_MAX };
        refuses_above(*kind, max, |kind| ClientSession::new().body_max(kind));
    }
}

fn refuses_above(kind: Kind, max: u32, body_max: impl Fn(Kind) -> u32) {
    for len in [max + 1, 1 << 30, u32::MAX] {
        let mut deframer = after_header(kind, len);
        let err = deframer.frame(&body_max);
        assert_eq!(err, Err(DecodeError::TooLong { len, max }), "{kind}");
        assert!(deframer.unfilled().is_empty(), "{kind} of {len} bytes has a buffer");
    }
    let mut deframer = after_header(kind, max);
    assert!(deframer.frame(&body_max).is_ok_and(|frame| frame.is_none()));
    let wanted = deframer.unfilled().len();
    assert_eq!(wanted, if kind == Kind::DATA { 8 } else { usize::try_from(max).unwrap_or(0) });
}

#[test]
fn data_without_content_is_refused() {
    for len in 0..=8 {
        let mut deframer = after_header(Kind::DATA, len);
        assert_eq!(deframer.frame(|_| DATA_BODY_MAX), Err(DecodeError::NoContent));
    }
}

fn after_header(kind: Kind, body_len: u32) -> Deframer {
    let mut deframer = Deframer::new();
    let request = 1;
    let bytes = Header { kind, request, body_len }.encode();
    deframer.unfilled().copy_from_slice(&bytes);
    deframer.advance(bytes.len());
    deframer
}

fn header(kind: Kind, request: u32) -> Header {
    Header { kind, request, body_len: 0 }
}
