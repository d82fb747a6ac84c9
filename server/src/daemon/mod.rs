//! The program around the server: its verbs, its life in fore- and background, the channel by
//! which its verbs find it. Serving itself is below, behind [`Server`](crate::Server).

mod check;
mod circle;
mod control;
mod devices;
mod failure;
mod folders;
mod invite;
mod leash;
mod link;
mod links;
mod lock;
mod password_input;
mod penalties;
mod people;
mod port_holder;
mod report;
mod serve;
mod serving;
pub mod sharing;
mod signals;
mod start;
mod user;
mod user_terms;
mod verbs;
mod wall;

use crate::accounts::Accounts;
use crate::config::{Arguments, Config, Findings, ServeArguments, Verb};
use clap::Parser as _;
use failure::Failure;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

/// Exit code for a command line that makes no sense.
const WRONG_USE: u8 = 64;

/// Runs the program with its arguments, its own name first. Returns the exit code: 0 done,
/// 1 failed or refused, 3 stopped with transfers cut, 64 wrong use.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => perform(&arguments).unwrap_or_else(|failure| failure.report()),
        Err(err) => {
            err.print().ok();
            // Help and version come this way too.
            ExitCode::from(if err.use_stderr() { WRONG_USE } else { 0 })
        }
    }
}

fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let state_dir = arguments.state_dir.as_deref();
    match &arguments.verb {
        Verb::Serve(serve) => serve::run(serve, state_dir),
        Verb::Start(serve) => start::run(serve, state_dir),
        Verb::Stop => verbs::stop(state_dir),
        Verb::Status { json } => verbs::status(state_dir, *json),
        Verb::Reload => verbs::reload(state_dir),
        Verb::Penalties { command, json } => penalties::run(command.as_ref(), *json, state_dir),
        Verb::User(command) => user::run(command, state_dir),
        Verb::Link(link) => links::make(link, state_dir),
        Verb::Links { command, json } => links::run(command.as_ref(), *json, state_dir),
        Verb::Devices { command, json } => devices::run(command.as_ref(), *json, state_dir),
        Verb::Check(serve) => check::run(serve, state_dir),
    }
}

/// The configuration, valid. That no folder is named at all is wrong use.
fn configured(arguments: &ServeArguments, state_dir: Option<&Path>) -> Result<Config, Failure> {
    let found = Findings::read(arguments, state_dir);
    match found.config {
        Some(config) if found.mistakes.is_empty() => Ok(config),
        None if found.mistakes.is_empty() => Err(Failure::wrong_use(
            "no folder to share is named; write `ferry-server serve DIR`, or share = \"DIR\" in \
             the configuration file",
        )),
        _ => Err(Failure::refused(found.mistakes)),
    }
}

/// The accounts, if anyone can log in with them.
fn usable_accounts(config: &Config) -> Result<Accounts, Failure> {
    let accounts = Accounts::open(&config.state_dir, config.guest).map_err(Failure::refused)?;
    if accounts.is_empty() {
        return Err(Failure::refused(NOBODY));
    }
    Ok(accounts)
}

const NOBODY: &str = "nobody could log in: there is neither an account nor a guest; add an account \
                      with `ferry-server user add NAME`, or let everyone in with `--guest read`";

/// Prints to standard output. One that is closed is no reason to stop.
fn print(text: &str) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}").and_then(|()| output.flush()).ok();
}
