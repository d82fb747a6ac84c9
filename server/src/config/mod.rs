//! What the server is told: [`arguments`](Arguments) as typed, a file as written, and [`Config`]
//! as valid. Whoever holds a `Config` need not check it again.

mod access;
mod amount;
mod arguments;
mod audit;
mod document;
mod file;
mod folder;
mod ftp;
mod limits;
mod link_arguments;
mod listen;
mod mistake;
mod network;
mod penalties;
mod rights_words;
mod tls_files;
mod undo;
mod user_arguments;

pub use access::Access;
pub(crate) use amount::AMOUNT_EXPECTED;
pub use amount::Amount;
pub use arguments::{Arguments, PenaltiesCommand, ServeArguments, Verb};
pub use audit::{AuditFormat, AuditSettings};
pub(crate) use document::{Reading, Section};
pub(crate) use folder::{check as check_folder, is_around};
pub use ftp::{Announced, CloseNotify, DataBinding, FTP_PORT_DEFAULT, FtpConfig, Plaintext};
pub(crate) use limits::DESCRIPTORS_WANTED;
pub use limits::Limits;
pub use link_arguments::{DevicesCommand, LinkArguments, LinksCommand};
pub use listen::ListenOn;
pub use mistake::{Mistake, Mistakes};
pub use network::Network;
pub use penalties::PenaltyRules;
pub(crate) use rights_words::RIGHTS_EXPECTED;
pub use rights_words::RightsWords;
pub use tls_files::TlsFiles;
pub use undo::UndoLimits;
pub(crate) use user_arguments::NONE;
pub use user_arguments::{OrNone, TermsArguments, UserCommand};

use crate::state_folder::StateFolder;
use crate::sys;
use ferry_protocol::Rights;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// Everything that a server needs to know to start.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The shared folder: absolute, links resolved.
    pub share: PathBuf,
    /// The server's state folder: absolute, outside the share.
    pub state_dir: PathBuf,
    /// Addresses to listen on; empty means all of this host, IPv6 and IPv4, at `port`.
    pub listen: Vec<SocketAddr>,
    /// Port for all addresses; 0 takes a free one.
    pub port: u16,
    /// What a guest may do; `None` means that there is no guest.
    pub guest: Option<Rights>,
    /// Text that every client shows on connecting; may be empty.
    pub welcome: String,
    /// Name of the server, shown to clients.
    pub name: String,
    /// Worker threads.
    pub workers: usize,
    /// When an upload is said to be done.
    pub durability: Durability,
    /// The FTP door; `None` leaves it closed.
    pub ftp: Option<FtpConfig>,
    /// Bounds and deadlines.
    pub limits: Limits,
    /// What misbehaviour costs.
    pub penalties: PenaltyRules,
    /// How long and how much of what was replaced or removed is kept.
    pub undo: UndoLimits,
    /// How the record of who did what is kept.
    pub audit: AuditSettings,
    /// Whether the program shuts itself into its folders where the kernel can.
    pub sandbox: bool,
}

/// What must be on stable storage before an upload is said to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// Each file by itself.
    File,
    /// Finished uploads share a barrier.
    #[default]
    Group,
    /// Nothing, until the client asks for it.
    None,
}

/// Worker threads where nothing is said.
pub const WORKERS_DEFAULT: usize = 16;
/// Most worker threads.
pub const WORKERS_MAX: u16 = 1024;
/// Name of the configuration file that is read from the state folder if it is there.
pub const CONFIG_FILE: &str = "config.toml";

impl Config {
    /// The usual settings for a folder that another program, or a test, serves at a free port of
    /// loopback, without a guest. Both folders must be there; see the fields for their form.
    #[must_use]
    pub fn on_loopback(share: PathBuf, state_dir: PathBuf) -> Self {
        Self {
            share,
            state_dir,
            listen: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))],
            port: 0,
            guest: None,
            welcome: String::new(),
            name: "ferry".to_owned(),
            workers: WORKERS_DEFAULT,
            durability: Durability::default(),
            ftp: None,
            limits: Limits::default(),
            penalties: PenaltyRules::default(),
            undo: UndoLimits::default(),
            audit: AuditSettings::default(),
            sandbox: false,
        }
    }

    /// Joins arguments, which win, with the file, and checks all of it.
    ///
    /// # Errors
    /// Every mistake that was found, not only the first.
    pub fn resolve(arguments: &ServeArguments, state_dir: Option<&Path>) -> Result<Self, Mistakes> {
        let Findings { config, mistakes, .. } = Findings::read(arguments, state_dir);
        match config {
            Some(config) if mistakes.is_empty() => Ok(config),
            None if mistakes.is_empty() => Err(Mistake::general(
                "no folder to share is named",
                "name it after the verb, or write share = \"DIR\" in the configuration file",
            )
            .into()),
            _ => Err(mistakes),
        }
    }
}

/// All that is wrong with the text of a configuration.
pub(crate) fn mistakes_of(path: &Path, text: &str) -> Mistakes {
    let mut reading = Reading::new(path, text);
    drop(file::Settings::parse(path, &mut reading));
    reading.finish()
}

/// The state folder that a verb works on, absolute.
///
/// # Errors
/// Where no folder is named and the user has no home.
pub fn state_dir(named: Option<&Path>) -> Result<PathBuf, Mistakes> {
    let path = named.map(Path::to_owned).or_else(StateFolder::default_path).ok_or_else(|| {
        Mistakes::from(Mistake::general(
            "there is no state folder: the user has no home folder",
            "name one with --state-dir DIR",
        ))
    })?;
    Ok(std::path::absolute(&path).unwrap_or(path))
}

/// All that reading the configuration brought to light, for `check` and for the start.
pub(crate) struct Findings {
    /// The configuration, if a folder to share was named.
    pub(crate) config: Option<Config>,
    /// The file that was read.
    pub(crate) file: Option<PathBuf>,
    /// The certificate and key of the owner's own.
    pub(crate) tls: Option<TlsFiles>,
    /// What is wrong. Empty means that `config` may be used.
    pub(crate) mistakes: Mistakes,
}

impl Findings {
    pub(crate) fn read(arguments: &ServeArguments, named_state: Option<&Path>) -> Self {
        let mut mistakes = Mistakes::default();
        let state = match state_dir(named_state) {
            Ok(state) => state,
            Err(mistakes) => {
                return Self { config: None, file: None, tls: None, mistakes };
            }
        };
        let path = config_file(arguments, &state);
        let settings = path
            .as_deref()
            .map(|path| file::Settings::read(path, &mut mistakes))
            .unwrap_or_default();
        let tls = settings.tls.clone();
        let config = join(arguments, settings, state, &mut mistakes);
        Self { config, file: path, tls, mistakes }
    }
}

/// The file to read: one that is named must be there, the default one need not.
fn config_file(arguments: &ServeArguments, state: &Path) -> Option<PathBuf> {
    match &arguments.config {
        Some(named) => Some(std::path::absolute(named).unwrap_or_else(|_| named.clone())),
        None => Some(state.join(CONFIG_FILE)).filter(|path| path.exists()),
    }
}

fn join(
    arguments: &ServeArguments,
    settings: file::Settings,
    state_dir: PathBuf,
    mistakes: &mut Mistakes,
) -> Option<Config> {
    let share = arguments.folder.clone().or(settings.share)?;
    let share = match folder::check(&share, &state_dir) {
        Ok(share) => share,
        Err(mistake) => {
            mistakes.push(mistake);
            return None;
        }
    };
    let (listen, port) = arguments.listen.or(settings.listen).unwrap_or_default().parts();
    let guest = arguments.guest.or(settings.guest);
    let ftp = ftp(arguments, settings.ftp);
    let name = settings.name.or_else(sys::process::host_name);
    Some(Config {
        share,
        state_dir,
        listen,
        port,
        guest: guest.map(Access::rights),
        welcome: arguments.welcome.clone().or(settings.welcome).unwrap_or_default(),
        name: name.unwrap_or_else(|| "ferry".to_owned()),
        workers: arguments.workers.or(settings.workers).map_or(WORKERS_DEFAULT, usize::from),
        durability: settings.durability.unwrap_or_default(),
        ftp,
        limits: settings.limits,
        penalties: settings.penalties,
        undo: settings.undo,
        audit: settings.audit,
        sandbox: settings.sandbox.unwrap_or(true),
    })
}

/// The FTP door: a place on the command line opens it, with whatever else the file says of it.
fn ftp(arguments: &ServeArguments, settings: Option<FtpConfig>) -> Option<FtpConfig> {
    let Some(listen) = arguments.ftp else { return settings };
    let named = FtpConfig::at(listen);
    Some(match settings {
        Some(settings) => FtpConfig { listen: named.listen, port: named.port, ..settings },
        None => named,
    })
}

#[cfg(test)]
mod tests;
