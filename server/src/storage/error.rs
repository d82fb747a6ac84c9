//! What can go wrong with a file: a kind, the path as the client knows it, and the cause.

use ferry_protocol::RemotePath;
use std::{fmt, io};

/// A failed storage operation.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    path: RemotePath,
    source: Option<io::Error>,
}

/// Kinds of failure. Each door maps them once, exhaustively.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Nothing has this name.
    NotFound,
    /// The name is taken.
    AlreadyExists,
    /// A folder was needed.
    NotAFolder,
    /// A file was needed.
    IsAFolder,
    /// The folder is not empty.
    NotEmpty,
    /// A folder cannot be moved into itself.
    IntoItself,
    /// A pipe, socket or device.
    NotAFile,
    /// A link leads out of the root.
    Outside,
    /// The name does not fit this store.
    BadName,
    /// The system refuses access to the server's user.
    NoPermission,
    /// The disk is full.
    NoSpace,
    /// The disk quota of the server's user is used up.
    Quota,
    /// The file system is read-only.
    ReadOnly,
    /// The file would be too large for the file system.
    TooLarge,
    /// No unfinished upload has this id.
    NoPart,
    /// Nothing is kept for undo under this id.
    NotKept,
    /// Another connection is writing this upload.
    InUse,
    /// The file that this was to go on behind is another by now.
    Changed,
    /// The store cannot do this.
    Unsupported,
    /// Anything else that the disk or system says.
    Io,
}

impl Error {
    /// A failure on `path` without a cause in the system.
    #[must_use]
    pub fn new(kind: ErrorKind, path: &RemotePath) -> Self {
        Self { kind, path: path.clone(), source: None }
    }

    /// A failure on `path` that the system told.
    #[must_use]
    pub fn from_io(source: io::Error, path: &RemotePath) -> Self {
        Self { kind: ErrorKind::of(&source), path: path.clone(), source: Some(source) }
    }

    /// A failure of a kind that the system's words alone do not tell.
    #[must_use]
    pub fn with_source(kind: ErrorKind, source: io::Error, path: &RemotePath) -> Self {
        Self { kind, path: path.clone(), source: Some(source) }
    }

    /// The same failure, told of the path by which a storage that contains this one knows it.
    #[must_use]
    pub(super) fn below(self, folder: &RemotePath) -> Self {
        let path =
            folder.join_all(self.path.as_relative_bytes()).unwrap_or_else(|_| folder.clone());
        Self { path, ..self }
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What it went wrong with.
    #[must_use]
    pub fn path(&self) -> &RemotePath {
        &self.path
    }
}

impl ErrorKind {
    /// Sorts what the system says.
    #[must_use]
    pub fn of(err: &io::Error) -> Self {
        match err.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::AlreadyExists => Self::AlreadyExists,
            io::ErrorKind::NotADirectory => Self::NotAFolder,
            io::ErrorKind::IsADirectory => Self::IsAFolder,
            io::ErrorKind::DirectoryNotEmpty => Self::NotEmpty,
            io::ErrorKind::PermissionDenied => Self::NoPermission,
            io::ErrorKind::StorageFull => Self::NoSpace,
            io::ErrorKind::QuotaExceeded => Self::Quota,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            io::ErrorKind::FileTooLarge => Self::TooLarge,
            io::ErrorKind::InvalidFilename => Self::BadName,
            io::ErrorKind::Unsupported | io::ErrorKind::CrossesDevices => Self::Unsupported,
            _ => Self::Io,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ErrorKind::NotFound => "not found",
            ErrorKind::AlreadyExists => "already exists",
            ErrorKind::NotAFolder => "not a folder",
            ErrorKind::IsAFolder => "is a folder",
            ErrorKind::NotEmpty => "folder not empty",
            ErrorKind::IntoItself => "a folder cannot be moved into itself",
            ErrorKind::NotAFile => "not a regular file",
            ErrorKind::Outside => "leads outside the shared folder",
            ErrorKind::BadName => "the name does not fit the server's file system",
            ErrorKind::NoPermission => "the server's system refuses access",
            ErrorKind::NoSpace => "no space left on the server's disk",
            ErrorKind::Quota => "the server's disk quota is used up",
            ErrorKind::ReadOnly => "the shared folder is on a read-only file system",
            ErrorKind::TooLarge => "too large for the server's file system",
            ErrorKind::NoPart => "no unfinished upload with this id",
            ErrorKind::NotKept => {
                "not kept any more: it was brought back or given up, or its time was over"
            }
            ErrorKind::InUse => "another connection is writing this upload",
            ErrorKind::Changed => "the file changed meanwhile; look how long it is, and try again",
            ErrorKind::Unsupported => "not supported by this storage",
            ErrorKind::Io => "disk error",
        };
        write!(f, "{}: {what}", self.path)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
