//! What clients ask, one variant a kind, and its body.

use super::undo::{decode_optional, encode_optional};
use super::{
    Change, Device, DeviceLogin, Hello, OperationId, Preflight, Put, PutValues, Range, Redeem,
    Secret, SegmentRange, Token, TransferId, UndoGroup, UndoId, decode_path, encode_path,
};
use crate::limits::CREDENTIAL_MAX;
use crate::{DecodeError, Digest, Kind, Reader, RequestedPath, Writer};

/// What a client asks. Data messages are not among them: see [`DataPrefix`](crate::DataPrefix).
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
    /// Login with a device's key.
    LoginDevice(DeviceLogin),
    /// Enrols a device by an invitation, and logs in.
    Redeem(Redeem),
    /// Enrols a device for the account that is logged in.
    Enrol(Device),
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
    /// Values of segments of the open put.
    PutValues(PutValues),
    /// Leaves the open put, that other connections go on with; what came is kept.
    PutLeave,
    /// Some segments of a file, each with its value.
    GetSegments {
        /// The file.
        path: RequestedPath,
        /// Which segments of it.
        range: SegmentRange,
    },
    /// Values of a stored file's segments.
    SegmentValues {
        /// The file.
        path: RequestedPath,
        /// Which segments of it.
        range: SegmentRange,
    },
    /// The account's unfinished uploads whose ids come after this one.
    Parts(TransferId),
    /// Removes an unfinished upload.
    PartAbandon(TransferId),
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
    /// Whether a job would fit.
    Preflight(Preflight),
    /// Barrier for names, times and unsynced content.
    Sync,
    /// The group of what this session replaces and removes from now on; `None` ends it.
    UndoGroup(Option<UndoGroup>),
    /// What can be brought back, the newest first; answered by an undo page.
    UndoList {
        /// Only what belongs to this group.
        group: Option<UndoGroup>,
        /// Only what is older than this one.
        before: Option<UndoId>,
    },
    /// Sign of life.
    Ping,
    /// How session and server are.
    Status,
    /// A page of the account's own past, the newest first.
    History {
        /// Only what is older than the entry with this number; 0 begins with the newest.
        before: u64,
    },
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
            Self::LoginDevice(_) => Kind::LOGIN_DEVICE,
            Self::Redeem(_) => Kind::REDEEM,
            Self::Enrol(_) => Kind::ENROL,
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
            Self::PutValues(_) => Kind::PUT_VALUES,
            Self::PutLeave => Kind::PUT_LEAVE,
            Self::GetSegments { .. } => Kind::GET_SEGMENTS,
            Self::SegmentValues { .. } => Kind::SEGMENT_VALUES,
            Self::Parts(_) => Kind::PARTS,
            Self::PartAbandon(_) => Kind::PART_ABANDON,
            Self::Change { change, .. } => change.kind(),
            Self::Digest { .. } => Kind::DIGEST,
            Self::Space(_) => Kind::SPACE,
            Self::Preflight(_) => Kind::PREFLIGHT,
            Self::Sync => Kind::SYNC,
            Self::UndoGroup(_) => Kind::UNDO_GROUP,
            Self::UndoList { .. } => Kind::UNDO_LIST,
            Self::Ping => Kind::PING,
            Self::Status => Kind::STATUS,
            Self::History { .. } => Kind::HISTORY,
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
            Self::LoginDevice(login) => login.encode(&mut writer),
            Self::Redeem(redeem) => redeem.encode(&mut writer),
            Self::Enrol(device) => device.encode(&mut writer),
            Self::List(path)
            | Self::Walk(path)
            | Self::Stat(path)
            | Self::ChangeDirectory(path)
            | Self::Space(path) => encode_path(&mut writer, path),
            Self::Get { path, range } | Self::Digest { path, range } => {
                encode_path(&mut writer, path);
                range.encode(&mut writer);
            }
            Self::GetSegments { path, range } | Self::SegmentValues { path, range } => {
                encode_path(&mut writer, path);
                range.encode(&mut writer);
            }
            Self::Preflight(preflight) => preflight.encode(&mut writer),
            Self::Put(put) => put.encode(&mut writer),
            Self::PutValues(values) => values.encode(&mut writer),
            Self::Parts(transfer) | Self::PartAbandon(transfer) => {
                writer.bytes(&transfer.0);
            }
            Self::PutEnd(digest) => {
                writer.bytes(digest.as_bytes());
            }
            Self::Change { operation, change } => change.encode(*operation, &mut writer),
            Self::UndoGroup(group) => encode_optional(&mut writer, group.map(|group| group.0)),
            Self::UndoList { group, before } => {
                encode_optional(&mut writer, group.map(|group| group.0));
                encode_optional(&mut writer, before.map(|id| id.0));
            }
            Self::History { before } => {
                writer.u64(*before);
            }
            Self::NextPage
            | Self::PrintDirectory
            | Self::PutCancel
            | Self::PutLeave
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
                Kind::LOGIN_DEVICE => Self::LoginDevice(DeviceLogin::decode(reader)?),
                Kind::REDEEM => Self::Redeem(Redeem::decode(reader)?),
                Kind::ENROL => Self::Enrol(Device::decode(reader)?),
                Kind::LIST => Self::List(decode_path(reader)?),
                Kind::NEXT_PAGE => Self::NextPage,
                Kind::WALK => Self::Walk(decode_path(reader)?),
                Kind::STAT => Self::Stat(decode_path(reader)?),
                Kind::CHANGE_DIRECTORY => Self::ChangeDirectory(decode_path(reader)?),
                Kind::PRINT_DIRECTORY => Self::PrintDirectory,
                Kind::GET => {
                    Self::Get { path: decode_path(reader)?, range: Range::decode(reader)? }
                }
                Kind::PUT => Self::Put(Put::decode(reader)?),
                Kind::PUT_END => Self::PutEnd(Digest::from_bytes(reader.array("digest")?)),
                Kind::PUT_CANCEL => Self::PutCancel,
                Kind::PUT_VALUES => Self::PutValues(PutValues::decode(reader)?),
                Kind::PUT_LEAVE => Self::PutLeave,
                Kind::GET_SEGMENTS => {
                    let path = decode_path(reader)?;
                    Self::GetSegments { path, range: SegmentRange::decode(reader)? }
                }
                Kind::SEGMENT_VALUES => {
                    let path = decode_path(reader)?;
                    Self::SegmentValues { path, range: SegmentRange::decode(reader)? }
                }
                Kind::PARTS => Self::Parts(TransferId(reader.array("transfer id")?)),
                Kind::PART_ABANDON => Self::PartAbandon(TransferId(reader.array("transfer id")?)),
                Kind::DIGEST => {
                    Self::Digest { path: decode_path(reader)?, range: Range::decode(reader)? }
                }
                Kind::SPACE => Self::Space(decode_path(reader)?),
                Kind::PREFLIGHT => Self::Preflight(Preflight::decode(reader)?),
                Kind::SYNC => Self::Sync,
                Kind::UNDO_GROUP => {
                    Self::UndoGroup(decode_optional(reader, "undo group")?.map(UndoGroup))
                }
                Kind::UNDO_LIST => Self::UndoList {
                    group: decode_optional(reader, "undo group")?.map(UndoGroup),
                    before: decode_optional(reader, "undo id")?.map(UndoId),
                },
                Kind::PING => Self::Ping,
                Kind::STATUS => Self::Status,
                Kind::HISTORY => Self::History { before: reader.u64("entry number")? },
                Kind::BYE => Self::Bye,
                _ => match Change::decode(kind, reader)? {
                    Some((operation, change)) => Self::Change { operation, change },
                    None => return Ok(None),
                },
            }))
        })
    }
}

fn is_request(kind: Kind) -> bool {
    kind.name().is_some() && kind.is_from_client() && !kind.is_reserved() && kind != Kind::DATA
}
