//! The commands by their verbs: who may give them and when, and the room where each is served.

use super::commands::{
    attributes, checksum, data_port, directory, feature, listing, login, parameter, security, site,
    stored, transfer,
};
use super::control::ControlConnection;
use super::parse::CommandLine;
use super::refusal::Refusal;
use super::reply::Reply;
use crate::door::Turn;

/// A command that clients may give.
pub(super) struct Command {
    /// In capitals.
    pub(super) verb: &'static str,
    /// When it is served.
    when: When,
    /// Its argument, for HELP.
    pub(super) syntax: &'static str,
    room: Room,
}

/// When a command is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// Always, before the login too.
    Always,
    /// After the login.
    LoggedIn,
}

/// Serves a command with its argument.
type Room = fn(&mut ControlConnection, &[u8], &mut Turn<'_>) -> Result<Served, Refusal>;

/// What serving a command led to.
#[derive(Debug)]
pub(super) enum Served {
    /// This reply.
    Reply(Reply),
    /// A reply that is on its way already, or comes of the work that was begun.
    Later,
}

/// Shorthand for a reply of one line.
#[expect(clippy::unnecessary_wraps, reason = "what every room returns")]
pub(super) fn done(code: u16, text: impl AsRef<[u8]>) -> Result<Served, Refusal> {
    Ok(Served::Reply(Reply::new(code, text)))
}

/// Serves a line.
pub(super) fn run(
    control: &mut ControlConnection,
    line: &CommandLine,
    turn: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let Some(command) = COMMANDS.iter().find(|command| command.verb == line.verb) else {
        let is_known = NOT_HERE.contains(&line.verb.as_str());
        let text = if is_known { "Not implemented here." } else { "Unknown command." };
        return done(if is_known { 502 } else { 500 }, text);
    };
    if command.when == When::LoggedIn {
        let Some(session) = control.session.as_mut() else {
            return done(530, "Log in with USER and PASS first.");
        };
        if let Err(gone) = control.door.service.refresh(session) {
            control.begin_close();
            return Err(gone.into());
        }
    }
    let has_nul = line.argument.contains(&0);
    if has_nul || !KEEPS_RESTART.contains(&command.verb) {
        control.dialogue.restart = 0;
    }
    if has_nul || command.verb != "RNTO" {
        control.dialogue.rename_from = None;
    }
    if has_nul {
        return done(501, "An argument cannot hold a NUL byte.");
    }
    (command.room)(control, &line.argument, turn)
}

/// Whether a command is answered while a transfer runs.
pub(super) fn is_served_meanwhile(line: &CommandLine) -> bool {
    match line.verb.as_str() {
        "NOOP" | "ABOR" => true,
        "STAT" => line.argument.is_empty(),
        _ => false,
    }
}

const fn always(verb: &'static str, syntax: &'static str, room: Room) -> Command {
    Command { verb, when: When::Always, syntax, room }
}

const fn logged_in(verb: &'static str, syntax: &'static str, room: Room) -> Command {
    Command { verb, when: When::LoggedIn, syntax, room }
}

/// All commands, in the order in which HELP names them.
pub(super) const COMMANDS: &[Command] = &[
    always("USER", "NAME", login::user),
    always("PASS", "PASSWORD", login::pass),
    always("QUIT", "", login::quit),
    always("NOOP", "", feature::noop),
    always("FEAT", "", feature::feat),
    always("OPTS", "COMMAND OPTIONS", feature::opts),
    always("HELP", "[COMMAND]", feature::help),
    always("SYST", "", feature::syst),
    always("CLNT", "PROGRAM", feature::clnt),
    always("AUTH", "TLS", security::auth),
    always("PBSZ", "0", security::pbsz),
    always("PROT", "P or C", security::prot),
    logged_in("TYPE", "I or A", parameter::type_),
    logged_in("MODE", "S", parameter::mode),
    logged_in("STRU", "F", parameter::stru),
    logged_in("ALLO", "SIZE", parameter::allo),
    logged_in("REST", "OFFSET", parameter::rest),
    logged_in("PWD", "", directory::pwd),
    logged_in("XPWD", "", directory::pwd),
    logged_in("CWD", "FOLDER", directory::cwd),
    logged_in("XCWD", "FOLDER", directory::cwd),
    logged_in("CDUP", "", directory::cdup),
    logged_in("XCUP", "", directory::cdup),
    logged_in("MKD", "FOLDER", directory::mkd),
    logged_in("XMKD", "FOLDER", directory::mkd),
    logged_in("RMD", "FOLDER", directory::rmd),
    logged_in("XRMD", "FOLDER", directory::rmd),
    logged_in("PASV", "", data_port::pasv),
    logged_in("EPSV", "[1, 2 or ALL]", data_port::epsv),
    logged_in("PORT", "H1,H2,H3,H4,P1,P2", data_port::port),
    logged_in("EPRT", "|FAMILY|ADDRESS|PORT|", data_port::eprt),
    logged_in("RETR", "FILE", transfer::retr),
    logged_in("STOR", "FILE", transfer::stor),
    logged_in("APPE", "FILE", transfer::appe),
    logged_in("STOU", "[FILE]", transfer::stou),
    logged_in("ABOR", "", transfer::abor),
    logged_in("LIST", "[FOLDER]", listing::list),
    logged_in("NLST", "[FOLDER]", listing::nlst),
    logged_in("MLSD", "[FOLDER]", listing::mlsd),
    logged_in("MLST", "[PATH]", listing::mlst),
    logged_in("STAT", "[PATH]", listing::stat),
    logged_in("DELE", "FILE", stored::dele),
    logged_in("RNFR", "PATH", stored::rnfr),
    logged_in("RNTO", "PATH", stored::rnto),
    logged_in("SIZE", "FILE", stored::size),
    logged_in("MDTM", "FILE", attributes::mdtm),
    logged_in("MFMT", "YYYYMMDDHHMMSS PATH", attributes::mfmt),
    logged_in("MFF", "FACT=VALUE; PATH", attributes::mff),
    logged_in("AVBL", "[FOLDER]", stored::avbl),
    logged_in("HASH", "FILE", checksum::hash),
    logged_in("XCRC", "FILE", checksum::xcrc),
    logged_in("MD5", "FILE", checksum::md5),
    logged_in("XMD5", "FILE", checksum::xmd5),
    logged_in("XSHA1", "FILE", checksum::xsha1),
    logged_in("XSHA256", "FILE", checksum::xsha256),
    logged_in("XSHA512", "FILE", checksum::xsha512),
    logged_in("SITE", "HELP, CHMOD, UTIME or UNDO", site::site),
];

/// Commands of the RFCs, and of other servers, that this one does not have; what is in neither
/// list is unknown.
pub(super) const NOT_HERE: &[&str] = &[
    "ACCT", "REIN", "SMNT", "ADAT", "CCC", "CONF", "ENC", "MIC", "LANG", "HOST", "LPRT", "LPSV",
    "MFCT", "RANG", "COMB", "CSID", "ESTA", "ESTP", "PRET", "SPSV",
];

/// Commands that may stand between REST and the transfer that it is for.
const KEEPS_RESTART: &[&str] = &[
    "REST", "PASV", "EPSV", "PORT", "EPRT", "RETR", "STOR", "APPE", "STOU", "NOOP", "TYPE", "ALLO",
    "SIZE", "MDTM", "STAT", "ABOR",
];
