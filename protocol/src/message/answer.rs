//! What servers answer, one variant a kind, and its body.

use super::{
    Account, Busy, Content, Epoch, Fault, Fitness, GoOn, History, Missing, Page, PartPage,
    Progress, ServerStatus, Space, Stored, StoredDigest, StoredValues, UndoPage, Welcome,
    decode_path_from_root,
};
use crate::{DecodeError, Digest, Entry, Kind, Reader, RemotePath, SegmentValue, Writer};

/// What the server answers. Data messages are not among them: see [`DataPrefix`](crate::DataPrefix).
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
    /// Names segments of a put that are still missing.
    Missing(Missing),
    /// The value of the segment that was sent just now.
    SegmentValue(SegmentValue),
    /// Values of a stored file's segments.
    SegmentValuesAre(StoredValues),
    /// Unfinished uploads.
    PartsAre(PartPage),
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
    /// All that was answered before in this epoch is on stable storage.
    Synced(Epoch),
    /// Some of what can be brought back.
    UndoPage(UndoPage),
    /// Whether a job would fit.
    FitnessIs(Fitness),
    /// Sign of life.
    Pong,
    /// How session and server are.
    StatusIs(ServerStatus),
    /// A page of the account's own past.
    HistoryIs(History),
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
            Self::Missing(_) => Kind::MISSING,
            Self::SegmentValue(_) => Kind::SEGMENT_VALUE,
            Self::SegmentValuesAre(_) => Kind::SEGMENT_VALUES_ARE,
            Self::PartsAre(_) => Kind::PARTS_ARE,
            Self::Stored(_) => Kind::STORED,
            Self::Done => Kind::DONE,
            Self::Progress(_) => Kind::PROGRESS,
            Self::DigestIs(_) => Kind::DIGEST_IS,
            Self::SpaceIs(_) => Kind::SPACE_IS,
            Self::Synced(_) => Kind::SYNCED,
            Self::UndoPage(_) => Kind::UNDO_PAGE,
            Self::FitnessIs(_) => Kind::FITNESS_IS,
            Self::Pong => Kind::PONG,
            Self::StatusIs(_) => Kind::STATUS_IS,
            Self::HistoryIs(_) => Kind::HISTORY_IS,
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
            Self::Missing(missing) => missing.encode(&mut writer),
            Self::SegmentValue(value) => {
                writer.bytes(value.as_bytes());
            }
            Self::SegmentValuesAre(values) => values.encode(&mut writer),
            Self::PartsAre(page) => page.encode(&mut writer),
            Self::Stored(stored) => stored.encode(&mut writer),
            Self::Progress(progress) => progress.encode(&mut writer),
            Self::DigestIs(digest) => digest.encode(&mut writer),
            Self::SpaceIs(space) => space.encode(&mut writer),
            Self::Synced(epoch) => epoch.encode(&mut writer),
            Self::UndoPage(page) => page.encode(&mut writer),
            Self::FitnessIs(fitness) => fitness.encode(&mut writer),
            Self::StatusIs(status) => status.encode(&mut writer),
            Self::HistoryIs(history) => history.encode(&mut writer),
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
                Kind::MISSING => Self::Missing(Missing::decode(reader)?),
                Kind::SEGMENT_VALUE => {
                    Self::SegmentValue(SegmentValue::from_bytes(reader.array("segment value")?))
                }
                Kind::SEGMENT_VALUES_ARE => Self::SegmentValuesAre(StoredValues::decode(reader)?),
                Kind::PARTS_ARE => Self::PartsAre(PartPage::decode(reader)?),
                Kind::STORED => Self::Stored(Stored::decode(reader)?),
                Kind::DONE => Self::Done,
                Kind::PROGRESS => Self::Progress(Progress::decode(reader)?),
                Kind::DIGEST_IS => Self::DigestIs(StoredDigest::decode(reader)?),
                Kind::SPACE_IS => Self::SpaceIs(Space::decode(reader)?),
                Kind::SYNCED => Self::Synced(Epoch::decode(reader)?),
                Kind::UNDO_PAGE => Self::UndoPage(UndoPage::decode(reader)?),
                Kind::FITNESS_IS => Self::FitnessIs(Fitness::decode(reader)?),
                Kind::PONG => Self::Pong,
                Kind::STATUS_IS => Self::StatusIs(ServerStatus::decode(reader)?),
                Kind::HISTORY_IS => Self::HistoryIs(History::decode(reader)?),
                Kind::GO_AWAY => Self::GoAway(Fault::decode(reader)?),
                Kind::BUSY => Self::Busy(Busy::decode(reader)?),
                _ => Self::Error(Fault::decode(reader)?),
            }))
        })
    }
}

fn is_answer(kind: Kind) -> bool {
    kind.name().is_some() && !kind.is_from_client()
}
