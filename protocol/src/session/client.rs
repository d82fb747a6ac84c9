//! What a client may expect when.

use super::server::following;
use crate::limits::{ANSWER_BODY_MAX, DATA_BODY_MAX};
use crate::{Header, Kind, PeerMisbehaved};
use std::collections::VecDeque;

/// The client's side of one connection: it numbers requests and judges answers.
#[derive(Debug, Default)]
pub struct ClientSession {
    last_request: u32,
    unanswered: VecDeque<Unanswered>,
}

/// What an accepted answer means to its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerRole {
    /// Not an answer: the server speaks of its own accord.
    Unsolicited,
    /// More is to come for this request.
    Interim,
    /// The last word on this request.
    Final,
}

#[derive(Clone, Copy, Debug)]
struct Unanswered {
    request: u32,
    kind: Kind,
    content_began: bool,
}

impl ClientSession {
    /// A connection on which nothing was said yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Numbers a new request. Data, put-end and put-cancel carry the number of their put instead.
    pub fn begin(&mut self, kind: Kind) -> u32 {
        self.last_request = following(self.last_request);
        let request = self.last_request;
        self.unanswered.push_back(Unanswered { request, kind, content_began: false });
        request
    }

    /// Requests that have no last answer yet.
    #[must_use]
    pub fn unanswered_count(&self) -> usize {
        self.unanswered.len()
    }

    /// Number of the request whose answer is due next.
    #[must_use]
    pub fn due(&self) -> Option<u32> {
        self.unanswered.front().map(|unanswered| unanswered.request)
    }

    /// Longest body that is accepted for a kind, in bytes.
    #[must_use]
    pub fn body_max(&self, kind: Kind) -> u32 {
        if kind == Kind::DATA { DATA_BODY_MAX } else { ANSWER_BODY_MAX }
    }

    /// Judges the header of any message from the server.
    pub fn accept(&mut self, header: &Header) -> Result<AnswerRole, PeerMisbehaved> {
        if header.request == 0 {
            return match header.kind {
                Kind::GO_AWAY | Kind::BUSY | Kind::ERROR => Ok(AnswerRole::Unsolicited),
                _ => Err(PeerMisbehaved::UnexpectedAnswer),
            };
        }
        let due = self.unanswered.front_mut().ok_or(PeerMisbehaved::UnexpectedAnswer)?;
        if header.request != due.request {
            return Err(PeerMisbehaved::WrongRequestNumber);
        }
        let role = role(*due, header.kind).ok_or(PeerMisbehaved::UnexpectedAnswer)?;
        if role == AnswerRole::Final {
            self.unanswered.pop_front();
        } else {
            let begins = matches!(header.kind, Kind::CONTENT | Kind::GO_ON | Kind::MISSING);
            due.content_began |= begins;
        }
        Ok(role)
    }
}

fn role(due: Unanswered, answer: Kind) -> Option<AnswerRole> {
    // Busy means that nothing was tried, so it cannot come once content is on its way.
    if answer == Kind::ERROR || (answer == Kind::BUSY && !due.content_began) {
        return Some(AnswerRole::Final);
    }
    let last = match due.kind {
        Kind::HELLO => Kind::WELCOME,
        Kind::LOGIN_PASSWORD | Kind::LOGIN_TOKEN | Kind::LOGIN_DEVICE | Kind::REDEEM => {
            Kind::LOGGED_IN
        }
        Kind::LIST | Kind::WALK | Kind::NEXT_PAGE => Kind::PAGE,
        Kind::STAT => Kind::ENTRY,
        Kind::CHANGE_DIRECTORY | Kind::PRINT_DIRECTORY => Kind::DIRECTORY,
        Kind::GET => Kind::CONTENT_END,
        // Of a put that this connection has left.
        Kind::PUT if answer == Kind::DONE && due.content_began => Kind::DONE,
        Kind::PUT => Kind::STORED,
        Kind::SEGMENT_VALUES => Kind::SEGMENT_VALUES_ARE,
        Kind::PARTS => Kind::PARTS_ARE,
        Kind::DIGEST => Kind::DIGEST_IS,
        Kind::SPACE => Kind::SPACE_IS,
        Kind::SYNC => Kind::SYNCED,
        Kind::UNDO_LIST => Kind::UNDO_PAGE,
        Kind::PREFLIGHT => Kind::FITNESS_IS,
        Kind::PING => Kind::PONG,
        Kind::STATUS => Kind::STATUS_IS,
        Kind::HISTORY => Kind::HISTORY_IS,
        _ => Kind::DONE,
    };
    let is_interim = match (due.kind, answer) {
        (Kind::GET | Kind::GET_SEGMENTS, Kind::CONTENT) | (Kind::PUT, Kind::GO_ON) => {
            !due.content_began
        }
        (Kind::GET | Kind::GET_SEGMENTS, Kind::DATA)
        | (Kind::GET_SEGMENTS, Kind::SEGMENT_VALUE) => due.content_began,
        (Kind::PUT, Kind::MISSING)
        | (
            Kind::PUT | Kind::DIGEST | Kind::SEGMENT_VALUES | Kind::REMOVE | Kind::COPY,
            Kind::PROGRESS,
        ) => true,
        _ => false,
    };
    let needs_content = matches!(due.kind, Kind::GET | Kind::GET_SEGMENTS);
    let is_final = answer == last && (!needs_content || due.content_began);
    match (is_interim, is_final) {
        (true, _) => Some(AnswerRole::Interim),
        (_, true) => Some(AnswerRole::Final),
        _ => None,
    }
}
