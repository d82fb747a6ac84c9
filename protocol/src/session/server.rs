//! What a server accepts when.

use crate::limits::{
    DATA_BODY_MAX, GREETING_BODY_MAX, LOGIN_ATTEMPTS_MAX, REQUEST_BODY_MAX, SEGMENT_LEN,
    SMALL_PUT_MAX,
};
use crate::{DataPrefix, Header, Kind, PeerMisbehaved};

/// The server's side of one connection.
#[derive(Debug)]
pub struct ServerSession {
    phase: Phase,
    last_request: u32,
}

/// What an accepted header means to the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A new request.
    Request,
    /// The end of the open put.
    PutEnd {
        /// Whether all announced content came before it. Where it came by segments on several
        /// connections, the session cannot know, and says yes.
        is_complete: bool,
    },
    /// The open put is given up.
    PutCancel,
    /// Values of segments of the open put.
    PutValues,
    /// This connection leaves the open put to others.
    PutLeave,
    /// The end or cancellation of a put that was refused already: nothing is answered.
    RefusedPutEnd,
}

#[derive(Debug)]
enum Phase {
    Greeting,
    Login {
        attempts_left: u8,
    },
    Ready,
    Receiving(Receiving),
    /// A put was refused; what was sent of it before the refusal arrived is passed over.
    Refused {
        request: u32,
    },
}

#[derive(Clone, Copy, Debug)]
struct Receiving {
    request: u32,
    next_offset: u64,
    size: u64,
    is_awaited: bool,
    order: ContentOrder,
}

/// In which order the content of a put comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ContentOrder {
    /// From the first byte to the last.
    Straight,
    /// Segment by segment, each from its first byte to its last and followed by its value.
    Segments {
        /// Whether a segment is whole and its value has not come yet.
        value_due: bool,
    },
}

impl Receiving {
    /// Whether the last segment that began is whole, or none has begun.
    fn is_between_segments(&self) -> bool {
        self.next_offset == self.size || is_border(self.next_offset)
    }
}

fn is_border(offset: u64) -> bool {
    offset.checked_rem(u64::from(SEGMENT_LEN)) == Some(0)
}

impl ServerSession {
    /// A connection on which nothing was said yet.
    #[must_use]
    pub fn new() -> Self {
        Self { phase: Phase::Greeting, last_request: 0 }
    }

    /// Longest body that this state allows for a kind, in bytes.
    #[must_use]
    pub fn body_max(&self, kind: Kind) -> u32 {
        match self.phase {
            Phase::Greeting | Phase::Login { .. } => GREETING_BODY_MAX,
            _ if kind == Kind::DATA => DATA_BODY_MAX,
            _ => REQUEST_BODY_MAX,
        }
    }

    /// Judges the header of a message other than data.
    pub fn accept(&mut self, header: &Header) -> Result<Incoming, PeerMisbehaved> {
        if let Phase::Receiving(receiving) = self.phase {
            return self.accept_in_transfer(header, receiving);
        }
        if let Phase::Refused { request } = self.phase {
            self.phase = Phase::Ready;
            if header.request == request && matches!(header.kind, Kind::PUT_END | Kind::PUT_CANCEL)
            {
                return Ok(Incoming::RefusedPutEnd);
            }
        }
        match (&self.phase, header.kind) {
            (_, Kind::PUT_END | Kind::PUT_CANCEL | Kind::PUT_VALUES | Kind::PUT_LEAVE) => {
                return Err(PeerMisbehaved::NoTransferOpen);
            }
            (Phase::Greeting, Kind::HELLO)
            | (
                Phase::Login { .. },
                Kind::LOGIN_PASSWORD | Kind::LOGIN_TOKEN | Kind::LOGIN_DEVICE | Kind::REDEEM,
            )
            | (Phase::Login { .. } | Phase::Ready, Kind::PING | Kind::BYE) => {}
            (Phase::Greeting, _) => return Err(PeerMisbehaved::ExpectedHello),
            (_, Kind::HELLO)
            | (
                Phase::Ready,
                Kind::LOGIN_PASSWORD | Kind::LOGIN_TOKEN | Kind::LOGIN_DEVICE | Kind::REDEEM,
            ) => {
                return Err(PeerMisbehaved::AlreadyGreeted);
            }
            (Phase::Login { .. }, _) => return Err(PeerMisbehaved::LoginRequired),
            (Phase::Ready | Phase::Receiving(_) | Phase::Refused { .. }, _) => {}
        }
        if header.request != following(self.last_request) {
            return Err(PeerMisbehaved::WrongRequestNumber);
        }
        self.last_request = header.request;
        Ok(Incoming::Request)
    }

    /// Judges the front of a data message.
    pub fn accept_data(
        &mut self,
        header: &Header,
        prefix: DataPrefix,
        content_len: u32,
    ) -> Result<(), PeerMisbehaved> {
        let receiving = match &mut self.phase {
            Phase::Receiving(receiving) => receiving,
            Phase::Refused { request } if *request == header.request => return Ok(()),
            _ => return Err(PeerMisbehaved::NoTransferOpen),
        };
        if header.request != receiving.request {
            return Err(PeerMisbehaved::TransferOpen);
        }
        if !receiving.is_awaited {
            return Err(PeerMisbehaved::NotAwaited);
        }
        let is_due = match receiving.order {
            ContentOrder::Segments { value_due: true } => return Err(PeerMisbehaved::ValueDue),
            ContentOrder::Segments { .. } if receiving.is_between_segments() => {
                is_border(prefix.offset)
            }
            _ => prefix.offset == receiving.next_offset,
        };
        if !is_due {
            return Err(PeerMisbehaved::WrongOffset);
        }
        if content_len > prefix.content_len_max() {
            return Err(PeerMisbehaved::CrossesSegment);
        }
        let end = prefix.offset.saturating_add(u64::from(content_len));
        if end > receiving.size {
            return Err(PeerMisbehaved::TooMuchContent);
        }
        receiving.next_offset = end;
        let is_whole = receiving.is_between_segments();
        if let ContentOrder::Segments { value_due } = &mut receiving.order {
            *value_due = is_whole;
        }
        Ok(())
    }

    /// The hello was answered with a welcome.
    pub fn welcomed(&mut self) {
        self.phase = Phase::Login { attempts_left: LOGIN_ATTEMPTS_MAX };
    }

    /// The login succeeded.
    pub fn logged_in(&mut self) {
        self.phase = Phase::Ready;
    }

    /// The login failed. Returns whether another may be tried on this connection.
    pub fn login_failed(&mut self) -> bool {
        match &mut self.phase {
            Phase::Login { attempts_left } => {
                *attempts_left = attempts_left.saturating_sub(1);
                *attempts_left > 0
            }
            _ => false,
        }
    }

    /// Whether the login is done.
    #[must_use]
    pub fn is_logged_in(&self) -> bool {
        matches!(self.phase, Phase::Ready | Phase::Receiving(_) | Phase::Refused { .. })
    }

    /// The put with the last request's number was read; its content follows, at once if it is
    /// small, else after [`ServerSession::put_goes_on`].
    pub fn put_opened(&mut self, size: u64) {
        self.phase = Phase::Receiving(Receiving {
            request: self.last_request,
            next_offset: 0,
            size,
            is_awaited: size <= SMALL_PUT_MAX,
            order: ContentOrder::Straight,
        });
    }

    /// The put was answered with the segments that are missing: they come in any order, each
    /// followed by its value.
    pub fn put_goes_on_by_segments(&mut self) {
        if let Phase::Receiving(receiving) = &mut self.phase {
            receiving.next_offset = 0;
            receiving.is_awaited = true;
            receiving.order = ContentOrder::Segments { value_due: false };
        }
    }

    /// The put was answered with "go on" from `held`.
    pub fn put_goes_on(&mut self, held: u64) {
        if let Phase::Receiving(receiving) = &mut self.phase {
            receiving.next_offset = held.min(receiving.size);
            receiving.is_awaited = true;
        }
    }

    /// The last request, a put, got its last answer early: an error, "busy", or "stored" for a
    /// repeat. Content of it that is on its way already is passed over, to its end or its
    /// cancellation.
    pub fn put_refused(&mut self) {
        if self.is_logged_in() {
            self.phase = Phase::Refused { request: self.last_request };
        }
    }

    /// Whether a put is open that was not refused.
    #[must_use]
    pub fn is_receiving(&self) -> bool {
        matches!(self.phase, Phase::Receiving(_))
    }

    /// Number of the newest request.
    #[must_use]
    pub fn last_request(&self) -> u32 {
        self.last_request
    }

    fn accept_in_transfer(
        &mut self,
        header: &Header,
        receiving: Receiving,
    ) -> Result<Incoming, PeerMisbehaved> {
        if header.request != receiving.request {
            return Err(PeerMisbehaved::TransferOpen);
        }
        let (is_by_segments, value_due) = match receiving.order {
            ContentOrder::Straight => (false, false),
            ContentOrder::Segments { value_due } => (true, value_due),
        };
        let is_inside = is_by_segments && !receiving.is_between_segments();
        let incoming = match header.kind {
            // The put may have been refused while this was on its way: only who has waited for
            // the answer knows whether there is something to end.
            Kind::PUT_END | Kind::PUT_CANCEL if !receiving.is_awaited => {
                return Err(PeerMisbehaved::NotAwaited);
            }
            Kind::PUT_VALUES if is_by_segments && !is_inside => {
                let order = ContentOrder::Segments { value_due: false };
                self.phase = Phase::Receiving(Receiving { order, ..receiving });
                return Ok(Incoming::PutValues);
            }
            Kind::PUT_VALUES if is_by_segments => return Err(PeerMisbehaved::ValueDue),
            Kind::PUT_END | Kind::PUT_LEAVE if is_inside || value_due => {
                return Err(PeerMisbehaved::ValueDue);
            }
            Kind::PUT_END if is_by_segments => Incoming::PutEnd { is_complete: true },
            Kind::PUT_LEAVE if is_by_segments => Incoming::PutLeave,
            Kind::PUT_END => {
                Incoming::PutEnd { is_complete: receiving.next_offset == receiving.size }
            }
            Kind::PUT_CANCEL => Incoming::PutCancel,
            _ => return Err(PeerMisbehaved::TransferOpen),
        };
        self.phase = Phase::Ready;
        Ok(incoming)
    }
}

impl Default for ServerSession {
    fn default() -> Self {
        Self::new()
    }
}

/// The request number after `number`; zero is never one.
pub(super) fn following(number: u32) -> u32 {
    number.checked_add(1).unwrap_or(1)
}
