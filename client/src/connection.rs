//! One connection: requests out, answers in, in order. It knows no files and retries nothing.

use crate::connector::tls::Transport;
use crate::trust::{Fingerprint, ServerKey};
use crate::{Error, Stage};
use ferry_protocol::limits::UNANSWERED_MAX;
use ferry_protocol::session::{AnswerRole, ClientSession};
use ferry_protocol::{
    Account, Answer, Busy, DEVICE_EXPORTER_LEN, Deframer, Fault, Frame, Hello, PeerMisbehaved,
    Request, UndoGroup, Welcome, encode_data_header, encode_request, feature,
};
use std::time::Duration;

pub(crate) struct Connection {
    transport: Transport,
    deframer: Deframer,
    session: ClientSession,
    encoded: Vec<u8>,
    going: Option<Fault>,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) key: ServerKey,
    pub(crate) welcome: Option<Welcome>,
    pub(crate) account: Option<Account>,
}

/// What the server sent.
#[derive(Debug)]
pub(crate) enum Received {
    /// A whole answer to the oldest unanswered request.
    Answer {
        /// Whether it is the last word on that request.
        is_final: bool,
        /// The answer.
        answer: Answer,
    },
    /// `len` bytes of content stand next in the stream and must be taken.
    Content {
        /// Offset in the file.
        offset: u64,
        /// Bytes.
        len: usize,
    },
}

impl Connection {
    pub(crate) fn new(transport: Transport, fingerprint: Fingerprint, key: ServerKey) -> Self {
        Self {
            transport,
            deframer: Deframer::new(),
            session: ClientSession::new(),
            encoded: Vec::new(),
            going: None,
            fingerprint,
            key,
            welcome: None,
            account: None,
        }
    }

    pub(crate) fn set_deadlines(&mut self, silence_max: Duration) {
        self.transport.set_deadlines(silence_max);
    }

    pub(crate) fn server(&self) -> &str {
        self.transport.server()
    }

    /// Says hello and keeps the welcome.
    pub(crate) fn greet(&mut self, program: &str) -> Result<(), Error> {
        let hello = Request::Hello(Hello { program: program.to_owned(), features: FEATURES });
        match self.ask_at(&hello, b"", Stage::Hello)? {
            Answer::Welcome(welcome) => {
                self.welcome = Some(welcome);
                Ok(())
            }
            _ => Err(PeerMisbehaved::UnexpectedAnswer.into()),
        }
    }

    /// Whether both ends can do what this feature bit stands for.
    pub(crate) fn uses(&self, feature: u64) -> bool {
        self.welcome.as_ref().is_some_and(|welcome| welcome.features & feature != 0)
    }

    /// The exporter's value of this connection, which binds a device's signature to it.
    pub(crate) fn exporter(&self) -> Result<[u8; DEVICE_EXPORTER_LEN], Error> {
        self.transport.exporter()
    }

    /// Names the group of what is replaced and removed from now on. A server that keeps nothing
    /// has no use for it.
    pub(crate) fn name_undo_group(&mut self, group: Option<UndoGroup>) -> Result<(), Error> {
        if !self.uses(feature::UNDO) {
            return Ok(());
        }
        self.ask(&Request::UndoGroup(group), b"").map(drop)
    }

    /// Whether the server said that it will close: nothing new should be asked here.
    pub(crate) fn is_going(&self) -> bool {
        self.going.is_some()
    }

    pub(crate) fn unanswered_count(&self) -> usize {
        self.session.unanswered_count()
    }

    pub(crate) fn has_room(&self) -> bool {
        self.unanswered_count() < UNANSWERED_MAX
    }

    /// Queues a request and returns its number.
    pub(crate) fn send(&mut self, request: &Request) -> Result<u32, Error> {
        let number = self.session.begin(request.kind());
        self.send_part(number, request)?;
        Ok(number)
    }

    /// Queues a put-end or put-cancel, which carry the number of their put.
    pub(crate) fn send_part(&mut self, number: u32, request: &Request) -> Result<(), Error> {
        self.encoded.clear();
        encode_request(&mut self.encoded, number, request);
        let sent = self.transport.write(&self.encoded);
        self.encoded.fill(0);
        sent
    }

    /// Queues content of a put, at most a segment.
    pub(crate) fn send_data(
        &mut self,
        number: u32,
        offset: u64,
        content: &[u8],
    ) -> Result<(), Error> {
        let len = u32::try_from(content.len()).unwrap_or(u32::MAX);
        self.transport.write(&encode_data_header(number, offset, len))?;
        self.transport.write(content)
    }

    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.transport.flush()
    }

    /// Whether an answer, or the front of one, has come in.
    pub(crate) fn look(&mut self) -> Result<bool, Error> {
        self.transport.look()
    }

    /// Waits for the next message to an open request.
    pub(crate) fn receive(&mut self, stage: Stage) -> Result<Received, Error> {
        loop {
            if let Some(received) = self.received()? {
                return Ok(received);
            }
            let unfilled = self.deframer.unfilled();
            if unfilled.is_empty() {
                continue;
            }
            match self.transport.read(unfilled, stage) {
                Ok(count) => self.deframer.advance(count),
                Err(err @ Error::ConnectionLost { .. }) => {
                    return Err(self.going.take().map_or(err, Error::GoneAway));
                }
                Err(err) => return Err(err),
            }
        }
    }

    /// Takes content that [`Received::Content`] announced.
    pub(crate) fn take_content(&mut self, into: &mut [u8]) -> Result<(), Error> {
        self.transport.read_exact(into, Stage::Transfer)
    }

    /// Asks and waits for the last answer. A failure is turned into an error about `path`.
    pub(crate) fn ask(&mut self, request: &Request, path: &[u8]) -> Result<Answer, Error> {
        self.ask_at(request, path, Stage::Answer)
    }

    pub(crate) fn ask_at(
        &mut self,
        request: &Request,
        path: &[u8],
        stage: Stage,
    ) -> Result<Answer, Error> {
        self.send(request)?;
        self.flush()?;
        loop {
            match self.receive(stage)? {
                Received::Answer { is_final: true, answer } => return self.judged(answer, path),
                Received::Answer { .. } => {}
                Received::Content { .. } => return Err(PeerMisbehaved::UnexpectedAnswer.into()),
            }
        }
    }

    /// Turns the answers that mean failure into errors.
    pub(crate) fn judged(&self, answer: Answer, path: &[u8]) -> Result<Answer, Error> {
        match answer {
            Answer::Error(fault) => Err(Error::remote(path, fault)),
            Answer::Busy(busy) => Err(self.busy(busy)),
            other => Ok(other),
        }
    }

    /// Takes leave politely.
    pub(crate) fn close(&mut self) {
        self.transport.close();
    }

    fn busy(&self, busy: Busy) -> Error {
        Error::Busy {
            server: self.server().to_owned(),
            text: busy.text,
            retry_after: Duration::from_millis(u64::from(busy.retry_after_ms)),
        }
    }

    /// The next whole message, if its bytes are here; what the server says of its own accord is
    /// kept or turned into an error.
    fn received(&mut self) -> Result<Option<Received>, Error> {
        let session = &mut self.session;
        let Some(frame) = self.deframer.frame(|kind| session.body_max(kind))? else {
            return Ok(None);
        };
        let (header, body) = match frame {
            Frame::Data { header, prefix, content_len } => {
                session.accept(&header)?;
                return Ok(Some(Received::Content {
                    offset: prefix.offset,
                    len: usize::try_from(content_len).unwrap_or(usize::MAX),
                }));
            }
            Frame::Message { header, body } => (header, body),
        };
        let role = session.accept(&header)?;
        let answer = Answer::decode(header.kind, body)?.ok_or(PeerMisbehaved::UnexpectedAnswer)?;
        match (role, answer) {
            (AnswerRole::Unsolicited, Answer::GoAway(fault)) => {
                self.going = Some(fault);
                Ok(None)
            }
            (AnswerRole::Unsolicited, Answer::Busy(busy)) => Err(self.busy(busy)),
            (AnswerRole::Unsolicited, Answer::Error(fault)) => Err(Error::remote(b"", fault)),
            (role, answer) => {
                Ok(Some(Received::Answer { is_final: role == AnswerRole::Final, answer }))
            }
        }
    }
}

/// What this client can use.
const FEATURES: u64 =
    feature::SEGMENTS | feature::UNDO | feature::PREFLIGHT | feature::DEVICES | feature::HISTORY;
