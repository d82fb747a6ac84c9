//! What the server is and can: NOOP, SYST, HELP (RFC 959, section 4.1.3), FEAT and OPTS (RFC
//! 2389), CLNT.

use super::site;
use crate::door::Turn;
use crate::ftp::command::{COMMANDS, NOT_HERE, Served, done};
use crate::ftp::control::ControlConnection;
use crate::ftp::list_format::Facts;
use crate::ftp::refusal::Refusal;
use crate::ftp::reply::Reply;
use crate::service::Algorithm;

/// NOOP.
pub(in crate::ftp) fn noop(
    _: &mut ControlConnection,
    _: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    done(200, "Here.")
}

/// SYST: the word by which programs know that listings look as those of `ls`.
pub(in crate::ftp) fn syst(
    _: &mut ControlConnection,
    _: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    done(215, "UNIX Type: L8")
}

/// CLNT: the client's name, for the log.
pub(in crate::ftp) fn clnt(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let program = ferry_protocol::escape(argument);
    tracing::debug!(peer = %control.peer, program, "the client names itself");
    done(200, "Noted.")
}

/// HELP.
pub(in crate::ftp) fn help(
    _: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    if argument.is_empty() {
        let verbs: Vec<&str> = COMMANDS.iter().map(|command| command.verb).collect();
        let lines = verbs.chunks(8).map(|verbs| verbs.join(" "));
        let reply = Reply::lines(214, "The commands here:", lines, "End of help.");
        return Ok(Served::Reply(reply));
    }
    let asked = argument.to_ascii_uppercase();
    if let Some(command) = COMMANDS.iter().find(|one| one.verb.as_bytes() == asked) {
        return done(214, format!("Syntax: {} {}", command.verb, command.syntax));
    }
    if let Some(syntax) = asked.strip_prefix(b"SITE ").and_then(site::syntax) {
        return done(214, format!("Syntax: SITE {syntax}"));
    }
    if let Some(verb) = NOT_HERE.iter().find(|verb| verb.as_bytes() == asked) {
        return done(214, format!("{verb} is not implemented here."));
    }
    done(501, "No such command.")
}

/// FEAT (RFC 2389, section 3).
#[expect(clippy::unnecessary_wraps, reason = "a room like all others")]
pub(in crate::ftp) fn feat(
    control: &mut ControlConnection,
    _: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let facts = format!("MLST {}", control.dialogue.facts.feature());
    let hash = format!("HASH {}", hash_feature(control.dialogue.algorithm));
    let active = if control.door.config.active { &["EPRT"][..] } else { &[] };
    let features = [
        "AUTH TLS",
        "AVBL",
        "CLNT",
        "EPSV",
        &hash,
        "MD5",
        "MDTM",
        "MFF modify;UNIX.mode;",
        "MFMT",
        &facts,
        "PBSZ",
        "PROT",
        "REST STREAM",
        "SITE CHMOD",
        "SITE HELP",
        "SITE UNDO",
        "SITE UTIME",
        "SIZE",
        "TVFS",
        "UTF8",
        "XCRC",
        "XMD5",
        "XSHA1",
        "XSHA256",
        "XSHA512",
    ];
    let features = active.iter().chain(&features);
    Ok(Served::Reply(Reply::lines(211, "Features:", features, "End.")))
}

/// OPTS (RFC 2389, section 4): UTF8, MLST and HASH.
pub(in crate::ftp) fn opts(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let mut words = argument.splitn(2, |byte| *byte == b' ');
    let command = words.next().unwrap_or_default().to_ascii_uppercase();
    let options = words.next().unwrap_or_default();
    match command.as_slice() {
        b"UTF8" | b"UTF-8" => opts_utf8(options),
        b"MLST" => {
            let Some(facts) = Facts::named(options) else {
                return done(501, "Send OPTS MLST fact;fact;, of those that FEAT names.");
            };
            control.dialogue.facts = facts;
            done(200, format!("MLST OPTS {}", control.dialogue.facts.list()))
        }
        b"HASH" => opts_hash(control, options),
        _ => done(501, "Nothing to choose for this command."),
    }
}

/// Names are UTF-8 (RFC 2640), and what is not passes byte by byte; there is nothing to turn off.
fn opts_utf8(options: &[u8]) -> Result<Served, Refusal> {
    if options.is_empty() || options.eq_ignore_ascii_case(b"ON") {
        return done(200, "UTF8 is on.");
    }
    done(501, "UTF8 is always on.")
}

fn opts_hash(control: &mut ControlConnection, options: &[u8]) -> Result<Served, Refusal> {
    if !options.is_empty() {
        let named =
            ALGORITHMS.iter().find(|(name, _)| options.eq_ignore_ascii_case(name.as_bytes()));
        match named {
            Some((_, algorithm)) => control.dialogue.algorithm = *algorithm,
            None => return done(501, "No such algorithm; FEAT names those that there are."),
        }
    }
    done(200, name_of(control.dialogue.algorithm))
}

/// The name of an algorithm, as HASH writes it.
pub(in crate::ftp) fn name_of(algorithm: Algorithm) -> &'static str {
    ALGORITHMS.iter().find(|(_, one)| *one == algorithm).map_or("", |(name, _)| name)
}

/// The algorithms as FEAT shows them: the chosen one has a star.
fn hash_feature(chosen: Algorithm) -> String {
    let shown: Vec<String> = ALGORITHMS
        .iter()
        .map(|(name, one)| format!("{name}{}", if *one == chosen { "*" } else { "" }))
        .collect();
    shown.join(";")
}

const ALGORITHMS: [(&str, Algorithm); 5] = [
    ("SHA-512", Algorithm::Sha512),
    ("SHA-256", Algorithm::Sha256),
    ("SHA-1", Algorithm::Sha1),
    ("MD5", Algorithm::Md5),
    ("CRC32", Algorithm::Crc32),
];
