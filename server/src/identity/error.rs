//! What can be wrong with the files of an identity, and how to get out of it.

use super::{CERTIFICATE_FILE, KEY_FILE};
use crate::state_folder;
use std::fmt;
use std::path::{Path, PathBuf};

/// An identity that cannot be used.
#[derive(Debug)]
pub enum Error {
    /// The files, or their folder, cannot be used.
    State(state_folder::Error),
    /// The key can be read by others than its owner.
    OpenToOthers(PathBuf),
    /// There is a certificate, but its key is gone.
    KeyLost {
        /// Where the key should be.
        key: PathBuf,
        /// The certificate that is there.
        certificate: PathBuf,
    },
    /// A file does not hold what it should.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// A file of the owner's own cannot be used.
    Own {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: String,
    },
    /// Key or certificate could not be made.
    Make(rcgen::Error),
}

impl Error {
    pub(super) fn own(path: &Path, cause: &dyn fmt::Display) -> Self {
        Self::Own { path: path.to_owned(), cause: cause.to_string() }
    }

    pub(super) fn damaged(path: &Path, cause: &dyn fmt::Display) -> Self {
        Self::Damaged { path: path.to_owned(), cause: cause.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(err) => err.fmt(formatter),
            Self::OpenToOthers(path) => {
                let path = path.display();
                write!(
                    formatter,
                    "the server's key {path} can be read by other users; if nobody has copied it, \
                     close it with `chmod 600 {path}`"
                )
            }
            Self::KeyLost { key, certificate } => write!(
                formatter,
                "the server's key {} is gone, but not its certificate; restore the key from a \
                 backup, or remove {} for a new key (every client will then have to forget the \
                 old one)",
                key.display(),
                certificate.display()
            ),
            Self::Damaged { path, cause } => write!(
                formatter,
                "{} is damaged: {cause}; restore it from a backup, or remove {CERTIFICATE_FILE} \
                 and {KEY_FILE} for a new key (every client will then have to forget the old one)",
                path.display()
            ),
            Self::Own { path, cause } => write!(
                formatter,
                "cannot use {}: {cause}; mend it, or the section [tls] of the configuration",
                path.display()
            ),
            Self::Make(cause) => write!(formatter, "cannot make the server's key: {cause}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<state_folder::Error> for Error {
    fn from(err: state_folder::Error) -> Self {
        Self::State(err)
    }
}
