//! What the desktop app sees of the server: a folder that this user shares, by a server that is
//! this executable run again. It listens on this computer alone until others are let in, goes when
//! the last window that holds it goes unless it is kept, and is found again by its state folder.

use super::control::{Absent, Answered, Reply, Wish, ask};
use super::failure::Failure;
use super::invite::invite;
use super::people::{people, shut_out};
use super::report::Report;
use super::{configured, start, verbs};
use crate::config::{self, ListenOn, ServeArguments};
use crate::state_folder::StateFolder;
use ferry_protocol::limits::DEFAULT_PORT;
use std::fmt;
use std::io::{self, Read as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

pub use super::circle::Circle;
pub use super::invite::{Invite, Invited};
pub use super::people::Person;
pub use crate::accounts::{Expiry, OWNER_NAME, OwnerSecret};

/// A server of this user that shares a folder. A handle: the server lives apart from it.
#[derive(Clone, Debug)]
pub struct SharedFolder {
    state: StateFolder,
}

/// How the sharing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sharing {
    /// The shared folder.
    pub folder: String,
    /// Where this computer reaches the server.
    pub local: SocketAddr,
    /// Fingerprint of the server's key.
    pub fingerprint: String,
    /// What guests open.
    pub link: String,
    /// Who is let in.
    pub circle: Circle,
    /// Whether it goes on when no window holds it.
    pub is_kept: bool,
    /// How many windows hold it.
    pub windows: usize,
    /// Connections open now, those of the windows included.
    pub connections: u64,
    /// Process id of the server.
    pub pid: u32,
}

/// A window's hold on a server, which ends when this is dropped or the window's process ends.
#[derive(Debug)]
pub struct Hold {
    connection: TcpStream,
}

/// Sees the end of a server that is held.
#[derive(Debug)]
pub struct EndOfServer {
    connection: TcpStream,
}

/// Why the server did not do what was wished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SharingError {
    /// There is no such server any more.
    Gone,
    /// It, or the system, refused; the text says why and what to do.
    Refused(String),
}

type Result<T> = std::result::Result<T, SharingError>;

impl SharedFolder {
    /// The state folder of the folder that this user shares from the desktop. One user shares one
    /// folder at a time, with one key, so that whoever knows this computer meets the same server.
    pub fn state_dir() -> Option<PathBuf> {
        StateFolder::default_path().map(|path| path.with_file_name("shared-folder"))
    }

    /// The server of a state folder, if one runs.
    ///
    /// # Errors
    /// Where the state folder cannot be read, or the server does not answer.
    pub fn find(state_dir: &Path) -> Result<Option<Self>> {
        let found = Self { state: StateFolder::at(state_dir) };
        match found.sharing() {
            Ok(_) => Ok(Some(found)),
            Err(SharingError::Gone) => Ok(None),
            Err(err) => Err(err),
        }
    }

    /// Shares a folder by a server of its own, and returns once that answers. It listens on
    /// 127.0.0.1, port 3000 or the next free one. `program` is run with further words, with which
    /// it calls [`run`](super::run): the desktop app gives its own executable.
    ///
    /// # Errors
    /// A folder that cannot be shared, a server that runs already, one that does not come up.
    pub fn start(folder: &Path, state_dir: &Path, program: Command) -> Result<Self> {
        let state = StateFolder::at(state_dir);
        if let Some(report) = start::running(&state) {
            let folder = ferry_protocol::escape(report.share.as_bytes());
            let text = format!("{folder} is shared already; stop that first");
            return Err(SharingError::Refused(text));
        }
        // The configuration's own words name an option that a window has not.
        if config::is_around(folder, state_dir) {
            return Err(SharingError::Refused(around_state(folder, state_dir)));
        }
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let arguments = ServeArguments {
            folder: Some(folder),
            listen: Some(ListenOn::One(listen)),
            owned: true,
            ..ServeArguments::default()
        };
        configured(&arguments, Some(state_dir))?;
        let (_, mut child) = start::launch(&arguments, &state, program)?;
        // A server that ends before its window must not stay behind as an uncollected process.
        thread::Builder::new()
            .name("shared-folder".to_owned())
            .spawn(move || child.wait())
            .map_err(|err| SharingError::Refused(format!("the system has no thread: {err}")))?;
        Ok(Self { state })
    }

    /// How the sharing is now.
    ///
    /// # Errors
    /// Where the server is gone or does not answer.
    pub fn sharing(&self) -> Result<Sharing> {
        match self.ask(Wish::Status)?.reply {
            Reply::Status(report) => Sharing::of(&report),
            other => Err(unexpected(other)),
        }
    }

    /// What the owner, whose account is [`OWNER_NAME`], logs in with, once and soon. Whoever opens
    /// the folder again asks again.
    ///
    /// # Errors
    /// As [`sharing`](Self::sharing), and where the server was not started here.
    pub fn owner_secret(&self) -> Result<OwnerSecret> {
        match self.ask(Wish::Owner)?.reply {
            Reply::Owner(secret) => Ok(secret),
            other => Err(unexpected(other)),
        }
    }

    /// Lets these in, and nobody else. Connections of those who are not let in any more end.
    ///
    /// # Errors
    /// As [`sharing`](Self::sharing), and where the network cannot be listened at.
    pub fn let_in(&self, circle: Circle) -> Result<Sharing> {
        match self.ask(Wish::LetIn(circle))?.reply {
            Reply::Status(report) => Sharing::of(&report),
            other => Err(unexpected(other)),
        }
    }

    /// Makes a link that lets a device in without a password; the account it names is made if it
    /// is not there.
    ///
    /// # Errors
    /// As [`sharing`](Self::sharing), and a wish that cannot be.
    pub fn invite(&self, wish: &Invite) -> Result<Invited> {
        self.sharing()?;
        let invited = invite(&self.state, wish)?;
        self.reload()?;
        Ok(invited)
    }

    /// Those who were invited, in the order in which they were.
    ///
    /// # Errors
    /// Files of the state folder that cannot be read.
    pub fn people(&self) -> Result<Vec<Person>> {
        Ok(people(&self.state)?)
    }

    /// Ends what lets somebody in: the account of this name goes with its devices and links, and
    /// its connections end.
    ///
    /// # Errors
    /// As [`sharing`](Self::sharing), and a name that nobody has.
    pub fn shut_out(&self, name: &str) -> Result<()> {
        shut_out(&self.state, name)?;
        self.reload()
    }

    /// Says whether the server goes on when no window holds it.
    ///
    /// # Errors
    /// As [`sharing`](Self::sharing).
    pub fn keep(&self, is_kept: bool) -> Result<()> {
        match self.ask(Wish::Keep { is_kept })?.reply {
            Reply::Done => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    /// Holds the server. Without a hold, and not kept, it ends after some seconds.
    ///
    /// # Errors
    /// As [`sharing`](Self::sharing).
    pub fn hold(&self) -> Result<Hold> {
        let answered = self.ask(Wish::Hold)?;
        match answered.reply {
            Reply::Done => Ok(Hold { connection: answered.stream }),
            other => Err(unexpected(other)),
        }
    }

    /// Begins to end the sharing, and returns at once: the server goes when running transfers are
    /// done, or their time is up.
    ///
    /// # Errors
    /// As [`sharing`](Self::sharing).
    pub fn begin_stop(&self) -> Result<()> {
        match self.ask(Wish::Stop)?.reply {
            Reply::Stopping { .. } => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    /// Ends the sharing when running transfers are done, and returns when the server is gone.
    ///
    /// # Errors
    /// Where it does not end in time.
    pub fn stop(&self) -> Result<()> {
        match verbs::stop_server(&self.state) {
            Ok(_) | Err(verbs::NotStopped::Absent(Absent::NotRunning(_))) => Ok(()),
            Err(err) => Err(SharingError::Refused(err.to_string())),
        }
    }

    fn reload(&self) -> Result<()> {
        match self.ask(Wish::Reload)?.reply {
            Reply::Reloaded(_) => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    fn ask(&self, wish: Wish) -> Result<Answered> {
        ask(&self.state, wish).map_err(|absent| match absent {
            Absent::NotRunning(_) => SharingError::Gone,
            other => SharingError::Refused(other.to_string()),
        })
    }
}

impl Hold {
    /// What waits for the end of the server, on a thread of its own.
    ///
    /// # Errors
    /// Where the system has no descriptor left.
    pub fn end_of_server(&self) -> io::Result<EndOfServer> {
        let connection = self.connection.try_clone()?;
        connection.set_read_timeout(None)?;
        Ok(EndOfServer { connection })
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // Wakes whoever waits for the end; a connection that is gone already needs none of it.
        self.connection.shutdown(Shutdown::Both).ok();
    }
}

impl EndOfServer {
    /// Returns when the server has ended, or the hold was dropped.
    pub fn wait(mut self) {
        let mut rest = [0; 64];
        loop {
            match self.connection.read(&mut rest) {
                Ok(1..) => {}
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return,
            }
        }
    }
}

impl Sharing {
    fn of(report: &Report) -> Result<Self> {
        let address = report.addresses.first().and_then(|text| text.parse::<SocketAddr>().ok());
        let port = address.map(|address| address.port()).ok_or_else(|| {
            SharingError::Refused("the server listens nowhere; stop it and share again".to_owned())
        })?;
        Ok(Self {
            folder: report.share.clone(),
            local: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            fingerprint: report.fingerprint.clone(),
            link: report.link.clone(),
            circle: match (report.is_open_to_network, report.guest) {
                (false, _) => Circle::Owner,
                (true, None) => Circle::Invited,
                (true, Some(access)) => Circle::Everybody(access),
            },
            is_kept: report.is_kept.unwrap_or(true),
            windows: report.windows.unwrap_or(0),
            connections: report.connections,
            pid: report.pid,
        })
    }
}

fn around_state(folder: &Path, state_dir: &Path) -> String {
    let [folder, state_dir] =
        [folder, state_dir].map(|path| ferry_protocol::escape(path.as_os_str().as_encoded_bytes()));
    format!(
        "{folder} holds {state_dir}, where Ferry keeps keys and passwords; share a folder inside \
         it, such as Documents"
    )
}

/// A refusal, or a server of another version that answers what this program does not know.
fn unexpected(reply: Reply) -> SharingError {
    SharingError::Refused(match reply {
        Reply::Failed(cause) => cause,
        other => verbs::unexpected(&other),
    })
}

impl From<Failure> for SharingError {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure.to_string())
    }
}

impl fmt::Display for SharingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => formatter.write_str("the folder is not shared any more; share it again"),
            Self::Refused(text) => formatter.write_str(text),
        }
    }
}

impl std::error::Error for SharingError {}
