//! What can be typed at the prompt: the verbs of the command line and a few more, in any case,
//! with the names that FTP programs have for them.

use super::arguments::Verb;
use super::failure::{Failure, Result};
use super::line::os_string;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};
use std::ffi::OsString;

/// One line of the prompt.
#[derive(Debug, Parser)]
#[command(
    no_binary_name = true,
    disable_help_subcommand = true,
    help_template = "{subcommands}",
    subcommand_required = true
)]
struct PromptLine {
    #[command(subcommand)]
    verb: PromptVerb,
}

/// Verbs of the prompt.
#[derive(Debug, Subcommand)]
pub(crate) enum PromptVerb {
    /// A verb that the command line has too.
    #[command(flatten)]
    Shared(Verb),
    /// Change the folder on the server
    Cd {
        /// The folder
        place: Option<OsString>,
    },
    /// Show the folder on the server
    Pwd,
    /// Change the folder on this computer
    Lcd {
        /// The folder
        place: Option<OsString>,
    },
    /// List a folder of this computer
    Lls {
        /// The folder
        place: Option<OsString>,
    },
    /// Show the folder on this computer
    Lpwd,
    /// Show how the session and the server are
    Status,
    /// Show what can be typed
    #[command(name = "help")]
    Help {
        /// The verb to explain
        verb: Option<String>,
    },
    /// End the session
    Quit,
}

/// What a verb's names are names of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offers {
    Local,
    Remote,
    Nothing,
}

/// A line that was understood.
#[derive(Debug)]
pub(crate) enum Parsed {
    Verb(PromptVerb),
    /// Help was asked for; this is it.
    Help(String),
}

/// Understands the words of a line; there is at least one.
pub(crate) fn parse(words: &[Vec<u8>]) -> Result<Parsed> {
    let Some((first, rest)) = words.split_first() else {
        return Err(Failure::Usage("nothing was typed".to_owned()));
    };
    let typed = String::from_utf8_lossy(first).to_lowercase();
    let (verb, extra) = synonym(&typed);
    let known = std::iter::once(OsString::from(verb))
        .chain(extra.map(OsString::from))
        .chain(rest.iter().map(|word| os_string(word)));
    match PromptLine::try_parse_from(known) {
        Ok(line) => Ok(Parsed::Verb(line.verb)),
        Err(err) if err.kind() == ErrorKind::DisplayHelp => Ok(Parsed::Help(err.to_string())),
        Err(err) if err.kind() == ErrorKind::InvalidSubcommand => {
            let shown = ferry_protocol::escape(first);
            Err(Failure::Usage(format!("there is no verb \"{shown}\"; type help to see all")))
        }
        Err(err) if err.kind() == ErrorKind::UnknownArgument => {
            let text = first_line(&err.to_string());
            let remedy = "names that begin with - are typed behind --";
            Err(Failure::Usage(format!("{text}; {remedy}, and help {verb} shows the options")))
        }
        Err(err) => Err(Failure::Usage(first_line(&err.to_string()))),
    }
}

/// What `help` shows, for all verbs or for one.
pub(crate) fn help(verb: Option<&str>) -> String {
    let mut all = PromptLine::command();
    let name = verb.map(str::to_lowercase);
    let one = name.and_then(|name| {
        let (name, _) = synonym(&name);
        all.find_subcommand_mut(name).map(|verb| verb.render_help().to_string())
    });
    one.unwrap_or_else(|| format!("{}\n\n{HELP_END}", all.render_help().to_string().trim_end()))
}

/// Names of all verbs, in order.
pub(crate) fn verb_names() -> Vec<String> {
    let all = PromptLine::command();
    let mut names: Vec<_> = all.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    names.sort_unstable();
    names
}

/// What Tab offers behind a verb.
pub(crate) fn offers(verb: &str) -> Offers {
    let verb = verb.to_lowercase();
    match synonym(&verb).0 {
        "put" | "lcd" | "lls" => Offers::Local,
        "pwd" | "lpwd" | "status" | "jobs" | "help" | "quit" => Offers::Nothing,
        _ => Offers::Remote,
    }
}

/// The verb that a name stands for, and a word that the name implies.
fn synonym(typed: &str) -> (&str, Option<&'static str>) {
    match typed {
        "list" | "dir" | "ll" => ("ls", None),
        "nlst" => ("ls", Some("--names")),
        "retr" | "mget" | "recv" => ("get", None),
        "stor" | "mput" | "send" => ("put", None),
        "cwd" => ("cd", None),
        "cdup" => ("cd", Some("..")),
        "mkd" => ("mkdir", None),
        "rename" | "ren" => ("mv", None),
        "dele" | "delete" | "del" | "rmd" | "rmdir" => ("rm", None),
        "!ls" => ("lls", None),
        "b3sum" => ("digest", None),
        "?" => ("help", None),
        "exit" | "bye" | "close" | "disconnect" => ("quit", None),
        _ => (typed, None),
    }
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

const HELP_END: &str = "\
LIST, RETR, STOR, CWD and the like work too. get and put ask for the name when none is given.
A target that ends in / is a folder to put things into; any other target is the new name.
Names with spaces stand in quotes; names that are shown with \\n or \\xff are typed that way.
Ctrl-C stops what is running. help VERB explains one verb.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::line::split;

    fn verb(line: &str) -> PromptVerb {
        match parse(&split(line.as_bytes()).unwrap()).unwrap() {
            Parsed::Verb(verb) => verb,
            Parsed::Help(text) => panic!("{text}"),
        }
    }

    #[test]
    fn the_verbs_are_well_formed() {
        PromptLine::command().debug_assert();
    }

    #[test]
    fn case_and_synonyms_do_not_matter() {
        assert!(matches!(verb("LIST"), PromptVerb::Shared(Verb::Ls(_))));
        assert!(
            matches!(verb("RETR a"), PromptVerb::Shared(Verb::Get(what)) if what.places == ["a"])
        );
        assert!(
            matches!(verb("Stor"), PromptVerb::Shared(Verb::Put(what)) if what.places.is_empty())
        );
        assert!(matches!(verb("cdup"), PromptVerb::Cd { place: Some(place) } if place == ".."));
        assert!(matches!(verb("EXIT"), PromptVerb::Quit));
        assert!(matches!(verb("?"), PromptVerb::Help { verb: None }));
        assert!(
            matches!(verb("get -- -x"), PromptVerb::Shared(Verb::Get(what)) if what.places == ["-x"])
        );
    }

    #[test]
    fn wrong_lines_are_explained_in_one_line() {
        let text =
            |line: &str| parse(&split(line.as_bytes()).unwrap()).unwrap_err().text().unwrap();
        assert_eq!(text("frobnicate x"), "there is no verb \"frobnicate\"; type help to see all");
        let wrong = text("ls --frob");
        assert!(wrong.contains("--frob") && !wrong.contains('\n'), "{wrong}");
        let wrong = text("RETR -dash");
        assert!(wrong.contains("behind --") && wrong.contains("help get"), "{wrong}");
    }

    #[test]
    fn help_names_every_verb() {
        let all = help(None);
        for name in verb_names() {
            assert!(all.contains(&name), "{name} in {all}");
        }
        assert!(help(Some("RETR")).contains("Fetch files"));
    }
}
