//! One connection as a guest: hello, login, stat and download, each waiting for its answer.

use crate::failure::{During as _, Failure};
use crate::tls::{self, ClientStream};
use ferry_protocol::limits::{ANSWER_BODY_MAX, DATA_BODY_MAX};
use ferry_protocol::{
    Answer, Deframer, Frame, Hello, Kind, Range, Request, RequestedPath, Secret, encode_request,
    escape,
};
use std::io::{Read as _, Write as _};
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
        let socket = TcpStream::connect_timeout(&address, DEADLINE).during("connect")?;
        let mut connection = Self::greet(socket)?;
        let guest = Request::LoginPassword { name: String::new(), password: Secret::new(b"") };
        connection.ask(&guest)?;
        connection.deframer.release();
        Ok(connection)
    }

    /// Says hello on a socket.
    pub(crate) fn greet(socket: TcpStream) -> Result<Self, Failure> {
        socket.set_nodelay(true).during("socket")?;
        socket.set_read_timeout(Some(DEADLINE)).during("socket")?;
        socket.set_write_timeout(Some(DEADLINE)).during("socket")?;
        let mut connection = Self {
            stream: tls::connect(&tls::ferry()?, socket)?,
            deframer: Deframer::new(),
            last_request: 0,
        };
        let hello = Hello { program: "ferry-load".to_owned(), features: 0 };
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
        let path = RequestedPath::parse(path).during("path")?;
        let mut answer = self.ask(&Request::Get { path, range: Range::ALL })?;
        while !matches!(answer, Answer::ContentEnd(_)) {
            answer = self.answer()?;
        }
        Ok(())
    }

    fn ask(&mut self, request: &Request) -> Result<Answer, Failure> {
        self.send(request)?;
        self.answer()
    }

    fn send(&mut self, request: &Request) -> Result<(), Failure> {
        let mut message = Vec::new();
        self.last_request += 1;
        encode_request(&mut message, self.last_request, request);
        self.stream.write_all(&message).during("write")?;
        self.stream.flush().during("write")
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
                    return answer.during("an answer of an unknown kind");
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
