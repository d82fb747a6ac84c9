//! The command line as typed. Nothing here is checked beyond its spelling.

use super::{
    Access, DevicesCommand, FTP_PORT_DEFAULT, LinkArguments, LinksCommand, ListenOn, UserCommand,
    WORKERS_MAX,
};
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// Shares a folder with Ferry clients: encrypted, verified, never half there.
#[derive(Debug, Parser)]
#[command(name = "ferry-server", version, arg_required_else_help = true)]
pub struct Arguments {
    /// Folder for the server's own files (keys, accounts, log)
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Share a folder in the foreground, until Ctrl-C
    Serve(ServeArguments),
    /// Share a folder in the background
    Start(ServeArguments),
    /// Stop the running server when its transfers are done
    Stop,
    /// Say how the running server is
    Status {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Let the running server read its accounts and its certificate again
    Reload,
    /// Show whom the running server shuts out or slows down, and why
    Penalties {
        /// What else to do.
        #[command(subcommand)]
        command: Option<PenaltiesCommand>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Add, change, remove and list accounts
    #[command(subcommand)]
    User(UserCommand),
    /// Make a link that lets a device in, without a password
    Link(LinkArguments),
    /// Show links, or revoke one
    Links {
        /// What else to do.
        #[command(subcommand)]
        command: Option<LinksCommand>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show devices that log in without a password, or revoke one
    Devices {
        /// What else to do.
        #[command(subcommand)]
        command: Option<DevicesCommand>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Read configuration and accounts and say what is wrong
    Check(ServeArguments),
}

/// How to serve. All of it may stand in the configuration file too.
#[derive(Clone, Debug, Default, Args)]
pub struct ServeArguments {
    /// Folder to share
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Where to listen [default: all addresses, port 3000; port 0 takes a free one]
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<ListenOn>,
    /// Open a door for FTP programs there [port 2121 when none is named; closed unless asked for]
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = ftp_place)]
    pub ftp: Option<ListenOn>,
    /// Configuration file [default: config.toml in the state folder, if it is there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Let everyone in without a password, to read or to write
    #[arg(long, value_name = "RIGHTS")]
    pub guest: Option<Access>,
    /// Text that every client shows on connecting
    #[arg(long, value_name = "TEXT", value_parser = welcome)]
    pub welcome: Option<String>,
    /// Worker threads [default: 16]
    #[arg(long, value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=i64::from(WORKERS_MAX)))]
    pub workers: Option<u16>,
    /// Leave the terminal: set by `start` on the process that it runs.
    #[arg(long, hide = true)]
    pub background: bool,
    /// Belong to a desktop window: set by the desktop app on the server that it runs.
    #[arg(long, hide = true)]
    pub owned: bool,
}

impl ServeArguments {
    /// The same, with paths that hold good in whatever folder the process is.
    pub(crate) fn rooted(&self) -> Self {
        let rooted = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let folder = self.folder.as_ref().map(rooted);
        let config = self.config.as_ref().map(rooted);
        Self { folder, config, ..self.clone() }
    }
    /// The same, to be typed again after a verb.
    pub(crate) fn to_arguments(&self) -> Vec<OsString> {
        let mut typed = Vec::new();
        let mut option = |name: &str, value: Option<OsString>| {
            if let Some(value) = value {
                // In one word, so that a value may begin with a dash.
                let mut word = OsString::from(format!("--{name}="));
                word.push(value);
                typed.push(word);
            }
        };
        option("listen", self.listen.map(|listen| listen.to_argument().into()));
        option("ftp", self.ftp.map(|listen| listen.to_argument().into()));
        option("config", self.config.clone().map(Into::into));
        option("guest", self.guest.map(|guest| guest.to_string().into()));
        option("welcome", self.welcome.clone().map(Into::into));
        option("workers", self.workers.map(|workers| workers.to_string().into()));
        if self.owned {
            typed.push("--owned".into());
        }
        if let Some(folder) = &self.folder {
            typed.extend([OsString::from("--"), folder.into()]);
        }
        typed
    }
}

fn ftp_place(text: &str) -> Result<ListenOn, String> {
    ListenOn::parse(text, FTP_PORT_DEFAULT)
}

fn welcome(text: &str) -> Result<String, String> {
    let most = ferry_protocol::limits::WELCOME_TEXT_MAX;
    if text.len() > most {
        return Err(format!("too long: {} bytes, at most {most} are shown", text.len()));
    }
    Ok(text.to_owned())
}

/// What to do with penalties.
#[derive(Debug, Subcommand)]
pub enum PenaltiesCommand {
    /// Forget what is held against someone
    Clear {
        /// An address, an account, or `all`
        #[arg(value_name = "ADDR|NAME|all")]
        whom: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn arguments_typed_again_mean_the_same() {
        let typed = ["x", "serve", "--listen", ":0", "--guest", "write", "--welcome=-- hi"];
        let rest = ["--workers", "3", "--owned", "--config", "a b", "--", "-dir"];
        let serve = |words: Vec<OsString>| match Arguments::try_parse_from(words).unwrap().verb {
            Verb::Serve(serve) => serve,
            other => panic!("{other:?}"),
        };
        let first = serve(typed.iter().chain(&rest).map(OsString::from).collect());
        let mut words = vec![OsString::from("x"), "serve".into()];
        words.extend(first.to_arguments());
        assert_eq!(format!("{:?}", serve(words)), format!("{first:?}"));
    }
}
