//! Where the server of this user lives and what it runs as, and the first login on it.

use crate::state::secret::Password;
use crate::state::sharing::OwnerLogin;
use crate::text::sharing as text;
use ferry_server::daemon::sharing::{OWNER_NAME, SharedFolder, SharingError};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The word after which this executable is the server.
const AS_SERVER: &str = "--as-server";

/// Where a server's state lies, and the executable that it is.
#[derive(Clone, Debug)]
pub(super) struct Lodging {
    pub(super) state_dir: PathBuf,
    pub(super) program: PathBuf,
}

impl Lodging {
    /// That of this user, for whom this executable is run again.
    pub(super) fn of_user() -> Result<Self, SharingError> {
        let no_folder = || SharingError::Refused(text::NO_STATE_FOLDER.to_owned());
        let state_dir = SharedFolder::state_dir().ok_or_else(no_folder)?;
        let program = std::env::current_exe()
            .map_err(|err| SharingError::Refused(text::no_program(&err.to_string())))?;
        Ok(Self { state_dir, program })
    }

    /// The server that runs there, if there is one.
    pub(super) fn find(&self) -> Result<Option<SharedFolder>, SharingError> {
        SharedFolder::find(&self.state_dir)
    }

    /// Runs a server there that shares a folder.
    pub(super) fn start(&self, folder: &Path) -> Result<SharedFolder, SharingError> {
        let mut command = Command::new(&self.program);
        command.arg(AS_SERVER);
        SharedFolder::start(folder, &self.state_dir, command)
    }
}

/// Whether this start is that of the server; then what it ends with.
pub fn serve_if_asked(arguments: &[OsString]) -> Option<ExitCode> {
    let (program, rest) = arguments.split_first()?;
    let (word, rest) = rest.split_first()?;
    (word == AS_SERVER).then(|| {
        let words = std::iter::once(program).chain(rest).cloned();
        ferry_server::daemon::run(words)
    })
}

/// Where Ferry keeps what outlives it; `None` for a user without a home.
#[must_use]
pub fn state_folder() -> Option<PathBuf> {
    SharedFolder::state_dir()?.parent().map(Path::to_owned)
}

/// Whether a server shares this folder.
pub(super) fn shares(found: &SharedFolder, folder: &Path) -> Result<bool, SharingError> {
    let wanted = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    Ok(Path::new(&found.sharing()?.folder) == wanted)
}

/// What the owner logs in with, once.
pub(super) fn owner_login(folder: &SharedFolder) -> Result<OwnerLogin, SharingError> {
    let (secret, sharing) = (folder.owner_secret()?, folder.sharing()?);
    Ok(OwnerLogin {
        link: format!("ferry://{}/#fp={}", sharing.local, sharing.fingerprint),
        account: OWNER_NAME.to_owned(),
        password: Password::new(secret.expose()),
    })
}
