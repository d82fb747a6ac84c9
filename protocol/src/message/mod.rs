//! Bodies of messages: [`Request`]s of the client and [`Answer`]s of the server, one file a
//! family. Content itself is not here: a data message's body is its [`DataPrefix`] and raw bytes.

mod fault;
mod greeting;
mod listing;
mod namespace;
mod transfer;

pub use fault::{Busy, Fault};
pub use greeting::{Account, Hello, Rights, Secret, ServerStatus, Token, Welcome, WireLimits};
pub use listing::Page;
pub use namespace::{Attributes, Change, OperationId, Progress, Removal, Space};
pub use transfer::{
    Content, DATA_PREFIX_LEN, DataPrefix, GoOn, IfExists, Put, Range, Stored, StoredDigest,
    TransferId,
};

use crate::limits::{CREDENTIAL_MAX, PATH_MAX};
use crate::{DecodeError, Digest, Entry, Kind, Reader, RemotePath, RequestedPath, Writer};

/// What a client asks. Data messages are not among them: see [`DataPrefix`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// First message of a connection.
    Hello(Hello),
    /// Login with a password; the empty name is the guest.
    LoginPassword {
        /// Account name.
        name: String,
        /// Its password.
        password: Secret,
    },
    /// Login with the token of an earlier login.
    LoginToken(Token),
    /// Opens a listing; answered by a page.
    List(RequestedPath),
    /// Next page of the open listing or walk.
    NextPage,
    /// Opens a walk of a tree; answered by a page.
    Walk(RequestedPath),
    /// One entry.
    Stat(RequestedPath),
    /// Changes the session's folder.
    ChangeDirectory(RequestedPath),
    /// The session's folder.
    PrintDirectory,
    /// Content of a file.
    Get {
        /// The file.
        path: RequestedPath,
        /// Which bytes of it.
        range: Range,
    },
    /// Announces content.
    Put(Put),
    /// Ends a put.
    PutEnd(Digest),
    /// Gives a put up; what was sent is removed.
    PutCancel,
    /// A change of names or attributes.
    Change {
        /// Random id by which a repeat is known.
        operation: OperationId,
        /// What to change.
        change: Change,
    },
    /// Digest of a stored file, or of a range of it.
    Digest {
        /// The file.
        path: RequestedPath,
        /// Which bytes of it.
        range: Range,
    },
    /// Space left where `path` lies.
    Space(RequestedPath),
    /// Barrier for names, times and unsynced content.
    Sync,
    /// Sign of life.
    Ping,
    /// How session and server are.
    Status,
    /// End of the session.
    Bye,
}

impl Request {
    /// The request's kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Hello(_) => Kind::HELLO,
            Self::LoginPassword { .. } => Kind::LOGIN_PASSWORD,
            Self::LoginToken(_) => Kind::LOGIN_TOKEN,
            Self::List(_) => Kind::LIST,
            Self::NextPage => Kind::NEXT_PAGE,
            Self::Walk(_) => Kind::WALK,
            Self::Stat(_) => Kind::STAT,
            Self::ChangeDirectory(_) => Kind::CHANGE_DIRECTORY,
            Self::PrintDirectory => Kind::PRINT_DIRECTORY,
            Self::Get { .. } => Kind::GET,
            Self::Put(_) => Kind::PUT,
            Self::PutEnd(_) => Kind::PUT_END,
            Self::PutCancel => Kind::PUT_CANCEL,
            Self::Change { change, .. } => change.kind(),
            Self::Digest { .. } => Kind::DIGEST,
            Self::Space(_) => Kind::SPACE,
            Self::Sync => Kind::SYNC,
            Self::Ping => Kind::PING,
            Self::Status => Kind::STATUS,
            Self::Bye => Kind::BYE,
        }
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::new(out);
        match self {
            Self::Hello(hello) => hello.encode(&mut writer),
            Self::LoginPassword { name, password } => {
                writer.string(name.as_bytes()).string(password.expose());
            }
            Self::LoginToken(token) => {
                writer.bytes(token.expose());
            }
            Self::List(path)
            | Self::Walk(path)
            | Self::Stat(path)
            | Self::ChangeDirectory(path)
            | Self::Space(path) => encode_path(&mut writer, path),
            Self::Get { path, range } | Self::Digest { path, range } => {
                encode_path(&mut writer, path);
                range.encode(&mut writer);
            }
            Self::Put(put) => put.encode(&mut writer),
            Self::PutEnd(digest) => {
                writer.bytes(digest.as_bytes());
            }
            Self::Change { operation, change } => change.encode(*operation, &mut writer),
            Self::NextPage
            | Self::PrintDirectory
            | Self::PutCancel
            | Self::Sync
            | Self::Ping
            | Self::Status
            | Self::Bye => {}
        }
    }

    /// Decodes the body of a request; `None` for a kind that this version does not know, that is
    /// reserved, or that is no request.
    pub fn decode(kind: Kind, body: &[u8]) -> Result<Option<Self>, DecodeError> {
        if !is_request(kind) {
            return Ok(None);
        }
        Reader::all(body, |reader| {
            Ok(Some(match kind {
                Kind::HELLO => Self::Hello(Hello::decode(reader)?),
                Kind::LOGIN_PASSWORD => Self::LoginPassword {
                    name: reader.utf8(CREDENTIAL_MAX, "account name")?,
                    password: Secret::new(reader.string(CREDENTIAL_MAX, "password")?),
                },
                Kind::LOGIN_TOKEN => Self::LoginToken(Token::new(reader.array("token")?)),
                Kind::LIST => Self::List(decode_path(reader)?),
                Kind::NEXT_PAGE => Self::NextPage,
                Kind::WALK => Self::Walk(decode_path(reader)?),
                Kind::STAT => Self::Stat(decode_path(reader)?),
                Kind::CHANGE_DIRECTORY => Self::ChangeDirectory(decode_path(reader)?),
                Kind::PRINT_DIRECTORY => Self::PrintDirectory,
                Kind::GET => Self::Get {
                    path: decode_path(reader)?,
                    range: Range::decode(reader)?,
                },
                Kind::PUT => Self::Put(Put::decode(reader)?),
                Kind::PUT_END => Self::PutEnd(Digest::from_bytes(reader.array("digest")?)),
                Kind::PUT_CANCEL => Self::PutCancel,
                Kind::DIGEST => Self::Digest {
                    path: decode_path(reader)?,
                    range: Range::decode(reader)?,
                },
                Kind::SPACE => Self::Space(decode_path(reader)?),
                Kind::SYNC => Self::Sync,
                Kind::PING => Self::Ping,
                Kind::STATUS => Self::Status,
                Kind::BYE => Self::Bye,
                _ => match Change::decode(kind, reader)? {
                    Some((operation, change)) => Self::Change { operation, change },
                    None => return Ok(None),
                },
            }))
        })
    }
}

/// What the server answers. Data messages are not among them: see [`DataPrefix`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Answers the hello.
    Welcome(Welcome),
    /// Answers a login.
    LoggedIn(Account),
    /// Some entries of a listing or walk.
    Page(Page),
    /// One entry.
    Entry(Entry),
    /// The session's folder.
    Directory(RemotePath),
    /// Announces content; data messages and a content end follow.
    Content(Content),
    /// Ends content with the digest of the bytes that were sent.
    ContentEnd(Digest),
    /// Asks for a put's content.
    GoOn(GoOn),
    /// The put is done.
    Stored(Stored),
    /// Done.
    Done,
    /// Work goes on; the answer proper is still to come.
    Progress(Progress),
    /// A stored file's digest.
    DigestIs(StoredDigest),
    /// Space left.
    SpaceIs(Space),
    /// Sign of life.
    Pong,
    /// How session and server are.
    StatusIs(ServerStatus),
    /// The server will close this connection.
    GoAway(Fault),
    /// Come back later.
    Busy(Busy),
    /// The request failed.
    Error(Fault),
}

impl Answer {
    /// The answer's kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Welcome(_) => Kind::WELCOME,
            Self::LoggedIn(_) => Kind::LOGGED_IN,
            Self::Page(_) => Kind::PAGE,
            Self::Entry(_) => Kind::ENTRY,
            Self::Directory(_) => Kind::DIRECTORY,
            Self::Content(_) => Kind::CONTENT,
            Self::ContentEnd(_) => Kind::CONTENT_END,
            Self::GoOn(_) => Kind::GO_ON,
            Self::Stored(_) => Kind::STORED,
            Self::Done => Kind::DONE,
            Self::Progress(_) => Kind::PROGRESS,
            Self::DigestIs(_) => Kind::DIGEST_IS,
            Self::SpaceIs(_) => Kind::SPACE_IS,
            Self::Pong => Kind::PONG,
            Self::StatusIs(_) => Kind::STATUS_IS,
            Self::GoAway(_) => Kind::GO_AWAY,
            Self::Busy(_) => Kind::BUSY,
            Self::Error(_) => Kind::ERROR,
        }
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::new(out);
        match self {
            Self::Welcome(welcome) => welcome.encode(&mut writer),
            Self::LoggedIn(account) => account.encode(&mut writer),
            Self::Page(page) => page.encode(&mut writer),
            Self::Entry(entry) => entry.encode(&mut writer),
            Self::Directory(path) => {
                writer.string(&path.to_wire());
            }
            Self::Content(content) => content.encode(&mut writer),
            Self::ContentEnd(digest) => {
                writer.bytes(digest.as_bytes());
            }
            Self::GoOn(go_on) => go_on.encode(&mut writer),
            Self::Stored(stored) => stored.encode(&mut writer),
            Self::Progress(progress) => progress.encode(&mut writer),
            Self::DigestIs(digest) => digest.encode(&mut writer),
            Self::SpaceIs(space) => space.encode(&mut writer),
            Self::StatusIs(status) => status.encode(&mut writer),
            Self::GoAway(fault) | Self::Error(fault) => fault.encode(&mut writer),
            Self::Busy(busy) => busy.encode(&mut writer),
            Self::Done | Self::Pong => {}
        }
    }

    /// Decodes the body of an answer; `None` for a kind that this version does not know.
    pub fn decode(kind: Kind, body: &[u8]) -> Result<Option<Self>, DecodeError> {
        if !is_answer(kind) {
            return Ok(None);
        }
        Reader::all(body, |reader| {
            Ok(Some(match kind {
                Kind::WELCOME => Self::Welcome(Welcome::decode(reader)?),
                Kind::LOGGED_IN => Self::LoggedIn(Account::decode(reader)?),
                Kind::PAGE => Self::Page(Page::decode(reader)?),
                Kind::ENTRY => Self::Entry(Entry::decode(reader)?),
                Kind::DIRECTORY => Self::Directory(decode_path_from_root(reader)?),
                Kind::CONTENT => Self::Content(Content::decode(reader)?),
                Kind::CONTENT_END => Self::ContentEnd(Digest::from_bytes(reader.array("digest")?)),
                Kind::GO_ON => Self::GoOn(GoOn::decode(reader)?),
                Kind::STORED => Self::Stored(Stored::decode(reader)?),
                Kind::DONE => Self::Done,
                Kind::PROGRESS => Self::Progress(Progress::decode(reader)?),
                Kind::DIGEST_IS => Self::DigestIs(StoredDigest::decode(reader)?),
                Kind::SPACE_IS => Self::SpaceIs(Space::decode(reader)?),
                Kind::PONG => Self::Pong,
                Kind::STATUS_IS => Self::StatusIs(ServerStatus::decode(reader)?),
                Kind::GO_AWAY => Self::GoAway(Fault::decode(reader)?),
                Kind::BUSY => Self::Busy(Busy::decode(reader)?),
                _ => Self::Error(Fault::decode(reader)?),
            }))
        })
    }
}

fn is_request(kind: Kind) -> bool {
    kind.name().is_some() && kind.is_from_client() && !kind.is_reserved() && kind != Kind::DATA
}

fn is_answer(kind: Kind) -> bool {
    kind.name().is_some() && !kind.is_from_client()
}

fn encode_path(writer: &mut Writer<'_>, path: &RequestedPath) {
    writer.string(&path.to_wire());
}

fn decode_path(reader: &mut Reader<'_>) -> Result<RequestedPath, DecodeError> {
    Ok(RequestedPath::parse(decode_path_bytes(reader)?)?)
}

/// A string that is too long is a bad path here and no malformed message.
fn decode_path_bytes<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    reader.string(usize::from(u16::MAX), "path")
}

/// A path as servers write it: with its leading slash, so that one path has one form.
fn decode_path_from_root(reader: &mut Reader<'_>) -> Result<RemotePath, DecodeError> {
    let bytes = reader.string(PATH_MAX, "path")?;
    if !bytes.starts_with(b"/") {
        return Err(DecodeError::BadValue("path"));
    }
    Ok(RemotePath::parse(bytes)?)
}
