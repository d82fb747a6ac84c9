//! One connection as a guest: hello, login, stat, download and upload.

use crate::failure::{During as _, Failure};
use crate::random::Random;
use crate::tls::{self, ClientStream};
use ferry_protocol::limits::{ANSWER_BODY_MAX, DATA_BODY_MAX, SEGMENT_LEN};
use ferry_protocol::{
    Answer, Change, Deframer, Digest, Frame, Hello, IfExists, Kind, OperationId, Permissions, Put,
    PutValues, Range, Request, RequestedPath, Secret, SegmentValue, Timestamp, TransferId,
    UndoEntry, encode_data_header, encode_request, escape, feature,
};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A logged-in connection.
pub(crate) struct Connection {
    stream: ClientStream,
    deframer: Deframer,
    last_request: u32,
}

/// What came of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginAnswer {
    /// It let in.
    In,
    /// It did not.
    Refused,
    /// The server has too many to look at.
    Busy,
}

impl Connection {
    /// Connects and logs in as the guest.
    pub(crate) fn log_in(address: SocketAddr) -> Result<Self, Failure> {
        Self::log_in_on(TcpStream::connect_timeout(&address, DEADLINE).during("connect")?)
    }

    /// The same, for uploads by segments.
    pub(crate) fn log_in_for_segments(address: SocketAddr) -> Result<Self, Failure> {
        let socket = TcpStream::connect_timeout(&address, DEADLINE).during("connect")?;
        Self::greet_with(socket, feature::SEGMENTS)?.into_guest()
    }

    /// Logs in as the guest on a socket.
    pub(crate) fn log_in_on(socket: TcpStream) -> Result<Self, Failure> {
        Self::greet(socket)?.into_guest()
    }

    fn into_guest(mut self) -> Result<Self, Failure> {
        let guest = Request::LoginPassword { name: String::new(), password: Secret::new(b"") };
        self.ask(&guest)?;
        self.deframer.release();
        Ok(self)
    }

    /// Says hello on a socket.
    pub(crate) fn greet(socket: TcpStream) -> Result<Self, Failure> {
        Self::greet_with(socket, 0)
    }

    fn greet_with(socket: TcpStream, features: u64) -> Result<Self, Failure> {
        socket.set_nodelay(true).during("socket")?;
        socket.set_read_timeout(Some(DEADLINE)).during("socket")?;
        socket.set_write_timeout(Some(DEADLINE)).during("socket")?;
        let mut connection = Self {
            stream: tls::connect(&tls::ferry()?, socket)?,
            deframer: Deframer::new(),
            last_request: 0,
        };
        let hello = Hello { program: "ferry-load".to_owned(), features };
        connection.ask(&Request::Hello(hello))?;
        Ok(connection)
    }

    /// Tries a password.
    pub(crate) fn try_password(
        &mut self,
        name: &str,
        password: &str,
    ) -> Result<LoginAnswer, Failure> {
        self.send_password(name, password)?;
        Ok(match self.any_answer()? {
            Answer::LoggedIn(_) => LoginAnswer::In,
            Answer::Busy(_) => LoginAnswer::Busy,
            _ => LoginAnswer::Refused,
        })
    }

    /// Sends a password and waits for nothing.
    pub(crate) fn send_password(&mut self, name: &str, password: &str) -> Result<(), Failure> {
        let password = Secret::new(password.as_bytes());
        self.send(&Request::LoginPassword { name: name.to_owned(), password })
    }

    /// One entry.
    pub(crate) fn stat(&mut self, path: &[u8]) -> Result<(), Failure> {
        let path = RequestedPath::parse(path).during("path")?;
        self.ask(&Request::Stat(path)).map(drop)
    }

    /// Receives a whole file and forgets it.
    pub(crate) fn download(&mut self, path: &[u8]) -> Result<(), Failure> {
        self.begin_download(path)?;
        let mut answer = self.answer()?;
        while !matches!(answer, Answer::ContentEnd(_)) {
            answer = self.answer()?;
        }
        Ok(())
    }

    /// Asks for a whole file and receives nothing.
    pub(crate) fn begin_download(&mut self, path: &[u8]) -> Result<(), Failure> {
        let path = RequestedPath::parse(path).during("path")?;
        self.send(&Request::Get { path, range: Range::ALL })
    }

    /// Takes a byte, if there is one, from below TLS, which makes nothing of it.
    pub(crate) fn sip(&self) -> io::Result<usize> {
        self.stream.sock.set_nonblocking(true)?;
        (&self.stream.sock).read(&mut [0])
    }

    /// Sends bytes as they are.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// Sends a whole small file, which replaces what has its name. The answer is for
    /// [`Connection::stored`].
    pub(crate) fn send_small(
        &mut self,
        path: &str,
        content: &[u8],
        random: &mut Random,
    ) -> Result<(), Failure> {
        self.send(&put(path, content.len() as u64, random)?)?;
        self.send_content(content)
    }

    /// Waits for the answer to the oldest upload that has none.
    pub(crate) fn stored(&mut self) -> Result<(), Failure> {
        match self.answer()? {
            Answer::Stored(_) => Ok(()),
            other => Err(Failure::new(format!("stored was due, not {:?}", other.kind()))),
        }
    }

    /// Uploads a file that is too large to be sent without waiting.
    pub(crate) fn upload_large(
        &mut self,
        path: &str,
        content: &[u8],
        random: &mut Random,
    ) -> Result<(), Failure> {
        self.begin_upload(path, content.len() as u64, random)?;
        self.send_content(content)?;
        self.stored()
    }

    /// The same by segments, each with its value; the connection was logged in for that.
    pub(crate) fn upload_by_segments(
        &mut self,
        path: &str,
        content: &[u8],
        random: &mut Random,
    ) -> Result<(), Failure> {
        let put = put(path, content.len() as u64, random)?;
        let Answer::Missing(_) = self.ask(&put)? else {
            return Err(Failure::new("missing segments were due"));
        };
        for (index, piece) in (0..).zip(content.chunks(segment_len()?)) {
            self.send_piece(index, piece)?;
            let values = vec![SegmentValue::of(index, piece).during("a segment's value")?];
            self.send_as_last(&Request::PutValues(PutValues { first: index, values }))?;
        }
        self.send_as_last(&Request::PutEnd(Digest::of(content)))?;
        self.stored()
    }

    /// Announces a file of a size that is too large to be sent without waiting.
    pub(crate) fn begin_upload(
        &mut self,
        path: &str,
        size: u64,
        random: &mut Random,
    ) -> Result<(), Failure> {
        match self.ask(&put(path, size, random)?)? {
            Answer::GoOn(go_on) if go_on.held == 0 => Ok(()),
            other => Err(Failure::new(format!("go-on was due, not {:?}", other.kind()))),
        }
    }

    /// Announces that so many bytes follow of the upload that was begun.
    pub(crate) fn begin_data(&mut self, offset: u64, len: u32) -> io::Result<()> {
        self.send_bytes(&encode_data_header(self.last_request, offset, len))
    }

    /// Makes a folder, and what is missing above it.
    pub(crate) fn make_folder(&mut self, path: &str, random: &mut Random) -> Result<(), Failure> {
        let path = RequestedPath::parse(path.as_bytes()).during("path")?;
        self.change(Change::MakeDirectory { path, with_parents: true }, random)
    }

    /// Changes names.
    pub(crate) fn change(&mut self, change: Change, random: &mut Random) -> Result<(), Failure> {
        self.ask(&Request::Change { operation: OperationId(random.id()), change }).map(drop)
    }

    /// Has all that was changed be on stable storage.
    pub(crate) fn sync(&mut self) -> Result<(), Failure> {
        self.ask(&Request::Sync).map(drop)
    }

    /// What can be brought back, the newest first.
    pub(crate) fn kept(&mut self) -> Result<Vec<UndoEntry>, Failure> {
        let (mut kept, mut before) = (Vec::new(), None);
        loop {
            match self.ask(&Request::UndoList { group: None, before })? {
                Answer::UndoPage(page) => {
                    kept.extend(page.entries);
                    before = page.next;
                }
                other => {
                    return Err(Failure::new(format!("a page was due, not {:?}", other.kind())));
                }
            }
            if before.is_none() {
                return Ok(kept);
            }
        }
    }

    /// Content and its digest, under the number of the put before it.
    fn send_content(&mut self, content: &[u8]) -> Result<(), Failure> {
        for (index, piece) in (0..).zip(content.chunks(segment_len()?)) {
            self.send_piece(index, piece)?;
        }
        self.send_as_last(&Request::PutEnd(Digest::of(content)))
    }

    /// The content of one segment.
    fn send_piece(&mut self, index: u32, piece: &[u8]) -> Result<(), Failure> {
        let offset = u64::from(index) * u64::from(SEGMENT_LEN);
        let len = u32::try_from(piece.len()).during("segment")?;
        let header = encode_data_header(self.last_request, offset, len);
        self.stream.write_all(&header).during("write")?;
        self.stream.write_all(piece).during("write")
    }

    fn send(&mut self, request: &Request) -> Result<(), Failure> {
        self.last_request += 1;
        self.send_as_last(request)
    }

    /// Sends what belongs to the request before it.
    fn send_as_last(&mut self, request: &Request) -> Result<(), Failure> {
        let mut message = Vec::new();
        encode_request(&mut message, self.last_request, request);
        self.stream.write_all(&message).during("write")?;
        self.stream.flush().during("write")
    }

    fn ask(&mut self, request: &Request) -> Result<Answer, Failure> {
        self.send(request)?;
        self.answer()
    }

    /// The next answer, which must be none of refusal.
    fn answer(&mut self) -> Result<Answer, Failure> {
        judge(self.any_answer()?)
    }

    /// The next answer; content before it is received and dropped.
    fn any_answer(&mut self) -> Result<Answer, Failure> {
        loop {
            let content_len = match self.deframer.frame(body_max).during("answer")? {
                None => {
                    let count = self.stream.read(self.deframer.unfilled()).during("read")?;
                    if count == 0 {
                        return Err(Failure::new("the server closed the connection"));
                    }
                    self.deframer.advance(count);
                    continue;
                }
                Some(Frame::Data { content_len, .. }) => content_len,
                Some(Frame::Message { header, body }) => {
                    let answer = Answer::decode(header.kind, body).during("answer")?;
                    match answer.during("an answer of an unknown kind")? {
                        Answer::Progress(_) => continue,
                        answer => return Ok(answer),
                    }
                }
            };
            self.skip(content_len)?;
        }
    }

    fn skip(&mut self, content_len: u32) -> Result<(), Failure> {
        let mut left = u64::from(content_len);
        let mut buffer = [0; 16 * 1024];
        while left > 0 {
            let room = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let target = buffer.get_mut(..room).unwrap_or_default();
            match self.stream.read(target).during("read")? {
                0 => return Err(Failure::new("the server closed the connection")),
                count => left -= u64::try_from(count).unwrap_or(left),
            }
        }
        Ok(())
    }
}

fn segment_len() -> Result<usize, Failure> {
    usize::try_from(SEGMENT_LEN).during("segment")
}

/// A put with ids of its own, which replaces what has the name.
fn put(path: &str, size: u64, random: &mut Random) -> Result<Request, Failure> {
    Ok(Request::Put(Put {
        operation: OperationId(random.id()),
        transfer: TransferId(random.id()),
        path: RequestedPath::parse(path.as_bytes()).during("path")?,
        size,
        modified: Timestamp::default(),
        permissions: Permissions::from_mode(0o644),
        if_exists: IfExists::Replace,
        resume: false,
        with_parents: false,
    }))
}

fn body_max(kind: Kind) -> u32 {
    if kind == Kind::DATA { DATA_BODY_MAX } else { ANSWER_BODY_MAX }
}

fn judge(answer: Answer) -> Result<Answer, Failure> {
    match answer {
        Answer::Error(fault) | Answer::GoAway(fault) => {
            Err(Failure::new(format!("refused: {}", escape(fault.text.as_bytes()))))
        }
        Answer::Busy(_) => Err(Failure::new("the server is busy")),
        answer => Ok(answer),
    }
}

/// Longest wait for the server.
const DEADLINE: Duration = Duration::from_mins(1);
