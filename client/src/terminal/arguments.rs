//! What can be typed: the command line of `ferry` and the verbs that it shares with the prompt.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// The command line of `ferry`.
#[derive(Debug, Parser)]
#[command(
    name = "ferry",
    version,
    about = "Sends and fetches files: encrypted, verified, and resumed by itself",
    after_help = AFTER_HELP,
    max_term_width = 100
)]
pub struct Arguments {
    /// What holds for every verb.
    #[command(flatten)]
    pub options: Options,
    /// Server to open a prompt on; asked for when left out
    #[arg(value_name = "URL")]
    pub url: Option<String>,
    /// What to do at once, without a prompt.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options that every verb takes.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Print one JSON object a line, for programs
    #[arg(long, global = true)]
    pub json: bool,
    /// Trust the server only if this is its key
    #[arg(long, global = true, value_name = "F")]
    pub fingerprint: Option<String>,
    /// Read the password from this file's first line (or set `FERRY_PASSWORD`)
    #[arg(long, global = true, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// What to do where another file has the name [default: ask on a terminal, else refuse]
    #[arg(long, global = true, value_name = "RULE")]
    pub if_exists: Option<IfExistsRule>,
    /// How long lost connections are tried again, as in 30s, 10m, 2h or 0
    #[arg(long, global = true, value_name = "TIME", default_value = "10m", value_parser = parse_duration)]
    pub retry_for: Duration,
    /// Folder for known servers, unfinished jobs and the history
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Connections that a transfer may use [default: chosen by the client]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16))]
    pub connections: Option<u8>,
}

/// What to do where another file has the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum IfExistsRule {
    /// Ask
    Ask,
    /// Leave it and fail
    Refuse,
    /// Leave it and go on
    Skip,
    /// Replace it
    Replace,
    /// Keep both under different names
    Rename,
    /// Replace it if it is older
    Newer,
}

/// Verbs of the command line.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A verb that the prompt has too.
    #[command(flatten)]
    Verb(Verb),
    /// Enrol this device for an account, so that it logs in without a password from now on
    Enrol {
        /// The account's server, as `ferry://NAME@HOST/`
        #[arg(value_name = "URL")]
        url: String,
    },
    /// Forget the key of a server, so that its present one is taken
    Forget {
        /// The server, as HOST or HOST:PORT
        #[arg(value_name = "HOST[:PORT]")]
        server: String,
    },
}

/// Verbs of the command line and of the prompt. On the command line places on the server are
/// URLs, at the prompt they are paths.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List a folder
    Ls(List),
    /// Fetch files and folders
    Get(Transfer),
    /// Send files and folders
    Put(Transfer),
    /// Make folders
    Mkdir(MakeFolder),
    /// Rename or move
    Mv(Places),
    /// Copy a file within the server
    Cp(Places),
    /// Remove files and folders
    Rm(Remove),
    /// Show all that is known of a file or folder
    Stat(Places),
    /// Show the BLAKE3 digest of files, as b3sum does
    Digest(Places),
    /// Show the space that is left
    Df(Places),
    /// Bring back what was replaced or removed
    Undo(Undo),
    /// Show uploads that are not finished, or give one up
    Parts(PartsArguments),
    /// Show what this account did on the server, the newest first
    History(History),
    /// Show, resume, retry, cancel and clear jobs
    Jobs {
        /// What to do with them; without a word, they are listed.
        #[command(subcommand)]
        action: Option<JobsAction>,
    },
}

/// What can be done with jobs. An ID may be shortened as long as it fits one job.
#[derive(Clone, Debug, Default, Subcommand)]
pub enum JobsAction {
    /// List all jobs, those of other processes too
    #[default]
    List,
    /// Show a job with its failures, unfinished files and conflicts
    Show {
        /// The job
        id: String,
    },
    /// Go on with a job that was interrupted, paused or failed in part
    Resume {
        /// The job
        id: String,
        /// Where its server is now, if its address has changed
        #[arg(value_name = "HOST[:PORT]")]
        url: Option<String>,
    },
    /// Do again what failed; a job that is over is done all over again
    Retry {
        /// The job
        id: String,
    },
    /// Stop jobs for now, those of other processes too
    Pause {
        /// The jobs
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Give jobs up and remove what they only began
    Cancel {
        /// The jobs
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Forget jobs that are over: these, or all
    Clear {
        /// The jobs
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
}

/// `ls`
#[derive(Debug, Default, Args)]
pub struct List {
    /// List whole trees
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// Print names only
    #[arg(short = '1', long)]
    pub names: bool,
    // The long form is the usual one and nothing is hidden; fingers type these all the same.
    #[arg(short = 'l', short_alias = 'a', hide = true, action = clap::ArgAction::Count)]
    habit: u8,
    /// What to list
    #[arg(value_name = "PLACE")]
    pub places: Vec<OsString>,
}

/// `get` and `put`
#[derive(Debug, Default, Args)]
pub struct Transfer {
    // Folders are always taken whole.
    #[arg(short = 'r', short_alias = 'R', short_alias = 'p', hide = true, action = clap::ArgAction::Count)]
    habit: u8,
    /// What to move, and last where to: a target ending in / is a folder to put things into, any
    /// other target is the new name
    #[arg(value_name = "PLACE")]
    pub places: Vec<OsString>,
}

/// `mkdir`
#[derive(Debug, Default, Args)]
pub struct MakeFolder {
    /// Make missing parents too, and do not mind if the folder is there
    #[arg(short = 'p', long)]
    pub parents: bool,
    /// Folders to make
    #[arg(value_name = "PLACE")]
    pub places: Vec<OsString>,
}

/// `rm`
#[derive(Debug, Default, Args)]
pub struct Remove {
    /// Remove folders with all that is in them
    #[arg(short = 'r', long, short_alias = 'R')]
    pub recursive: bool,
    #[arg(short = 'f', hide = true)]
    habit: bool,
    /// What to remove
    #[arg(value_name = "PLACE")]
    pub places: Vec<OsString>,
}

/// `undo`
#[derive(Debug, Default, Args)]
pub struct Undo {
    /// Only show what can be brought back
    #[arg(short = 'l', long)]
    pub list: bool,
    /// Take the one thing of this id, whatever the place says
    #[arg(long, value_name = "ID", conflicts_with = "job")]
    pub id: Option<String>,
    /// Take everything that this job replaced and removed below the place
    #[arg(long, value_name = "ID")]
    pub job: Option<String>,
    /// Give it up for good instead, and its space
    #[arg(long, conflicts_with = "list")]
    pub forget: bool,
    /// Where it was: a path for the newest thing there, or a folder ending in / for all in it
    #[arg(value_name = "PLACE")]
    pub places: Vec<OsString>,
}

/// `history`
#[derive(Debug, Args)]
pub struct History {
    /// Entries to show at the most
    #[arg(short = 'n', long, default_value_t = 50)]
    pub count: usize,
    /// The server
    #[arg(value_name = "PLACE")]
    pub places: Vec<OsString>,
}

/// `parts`
#[derive(Debug, Args)]
pub struct PartsArguments {
    /// Remove the unfinished upload with this id
    #[arg(long, value_name = "ID")]
    pub abandon: Option<String>,
    /// The server
    #[arg(value_name = "PLACE")]
    pub places: Vec<OsString>,
}

/// Verbs that take nothing but places.
#[derive(Debug, Default, Args)]
pub struct Places {
    /// What it is about
    #[arg(value_name = "PLACE")]
    pub places: Vec<OsString>,
}

/// Parses `30s`, `10m`, `2h`, `1h30m`, `500ms` or seconds without a unit.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("\"{text}\" is no time; write it like 30s, 10m, 2h or 0");
    let mut total = Duration::ZERO;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits_end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, after) = rest.split_at(digits_end);
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let count: u64 = digits.parse().map_err(|_not_a_number| wrong())?;
        total = unit_len(unit.trim())
            .and_then(|unit| count.checked_mul(unit))
            .and_then(|millis| total.checked_add(Duration::from_millis(millis)))
            .ok_or_else(wrong)?;
        rest = after;
    }
    Ok(total)
}

/// Milliseconds of a unit.
fn unit_len(unit: &str) -> Option<u64> {
    Some(match unit {
        "ms" => 1,
        "" | "s" | "sec" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    })
}

const AFTER_HELP: &str = "\
A URL is ferry://[user@]host[:port]/path; no user means guest, no port means 3000.

  ferry                                    ask for a server and open a prompt
  ferry ferry://nas/photos                 open a prompt in a folder
  ferry ls ferry://nas/photos              list it
  ferry put summer ferry://nas/photos/     send a folder: photos/summer
  ferry get ferry://nas/photos/summer .    fetch it
  ferry get ferry://nas/photos/summer new  fetch it under another name

The same command again goes on with what an interrupted one began, as ferry jobs resume does.
Exit codes: 0 all done, 1 refused, not found or failed, 2 part of it failed, 3 no connection,
4 the server's key changed, 64 wrong use, 130 interrupted.";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn options_stand_before_and_behind_the_verb() {
        let arguments = Arguments::try_parse_from([
            "ferry",
            "--json",
            "ls",
            "-lR",
            "ferry://h/",
            "--retry-for",
            "0",
        ])
        .unwrap();
        assert!(arguments.options.json && arguments.options.retry_for.is_zero());
        let Some(Command::Verb(Verb::Ls(list))) = arguments.command else {
            panic!("{arguments:?}")
        };
        assert!(list.recursive && !list.names && list.places == ["ferry://h/"]);
    }

    #[test]
    fn a_url_alone_opens_a_prompt() {
        let arguments = Arguments::try_parse_from(["ferry", "ferry://h/a"]).unwrap();
        assert_eq!(arguments.url.as_deref(), Some("ferry://h/a"));
        assert!(arguments.command.is_none());
        assert!(Arguments::try_parse_from(["ferry", "--connections", "0"]).is_err());
        assert!(Arguments::try_parse_from(["ferry", "--if-exists", "perhaps"]).is_err());
    }

    #[test]
    fn durations_have_units() {
        for (text, secs) in
            [("0", 0), ("30s", 30), ("10m", 600), ("2h", 7200), ("1h30m", 5400), ("7", 7)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs(secs)), "{text}");
        }
        for text in ["", "s", "1y", "-1s", "99999999999999999999h", "18446744073709551615h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
