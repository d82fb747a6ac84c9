//! The terminal client: the program `ferry`, as a library module that other programs can fall
//! back to.
//!
//! [`run`] is the whole program; [`run_prompt`] is its prompt over a client that is already
//! logged in. Verbs (`verbs/`) know paths; [`arguments`] and the prompt know what was typed;
//! `screen` alone knows how results look. Nothing here speaks the protocol.

pub mod arguments;
mod bars;
mod completion;
mod connect;
mod entry_lines;
mod exit;
mod failure;
mod input;
mod interrupt;
pub mod line;
mod one_shot;
mod person;
mod prompt;
mod prompt_line;
mod screen;
mod session;
mod settings;
pub mod size;
mod target;
pub mod time;
mod verbs;

pub use exit::Exit;
pub use input::Input;
pub use person::Person;
pub use prompt::run_prompt;
pub use session::Session;
pub use settings::Settings;

use crate::trust::{Enrolments, KnownServers};
use crate::{Address, state_folder};
use arguments::{Arguments, Command};
use clap::Parser as _;
use failure::{Failure, Result};
use ferry_protocol::limits::DEFAULT_PORT;
use ferry_protocol::{Secret, escape};
use interrupt::Interrupts;
use one_shot::OneShot;
use screen::Screen;
use serde_json::json;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

/// The whole program: understands the arguments (the first is the program's name), does what
/// they say, and tells what happened.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(err) => {
            // Where nobody reads the help there is nobody to miss it.
            drop(err.print());
            return if err.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let screen = Screen::new(arguments.options.json);
    match run_arguments(&arguments) {
        Ok(exit) => exit,
        Err(failure) => {
            screen.failure(&failure);
            failure.exit()
        }
    }
}

/// The prompt on a server whose login is known already, as when the desktop app goes on in a
/// terminal. Standard input that is no terminal is read as a script.
pub fn run_at(address: &Address, password: Secret) -> Exit {
    let screen = Screen::new(false);
    open_prompt_at(address, password).unwrap_or_else(|failure| {
        screen.failure(&failure);
        failure.exit()
    })
}

fn open_prompt_at(address: &Address, password: Secret) -> Result<Exit> {
    let state_folder = state_folder::client().ok_or_else(settings::no_state_folder)?;
    let settings = Settings { password: Some(password), ..Settings::new(state_folder) };
    let interrupts = listening()?;
    let person = Arc::new(Person::at_terminal(settings.password.clone()));
    let input = Input::new(&person);
    Ok(run_prompt(Session::open(address, &settings, &person, &interrupts)?, input))
}

fn listening() -> Result<Interrupts> {
    let interrupts = Interrupts::default();
    interrupts
        .listen()
        .map_err(|err| Failure::Refused(format!("cannot listen for Ctrl-C: {err}")))?;
    Ok(interrupts)
}

fn run_arguments(arguments: &Arguments) -> Result<Exit> {
    let settings = Settings::from_options(&arguments.options)?;
    let interrupts = listening()?;
    let person = Arc::new(Person::at_terminal(settings.password.clone()));
    match (&arguments.command, &arguments.url) {
        (Some(_), Some(url)) => {
            let shown = one_shot::shown(OsStr::new(url));
            let text = format!("{shown}: a URL before the verb; see ferry --help");
            Err(Failure::Usage(text))
        }
        (Some(Command::Forget { server }), None) => forget(&settings, server),
        (Some(Command::Enrol { url }), None) => enrol(url, &settings, &person, &interrupts),
        (Some(Command::Verb(verb)), None) => {
            OneShot { settings, person, interrupts }.run(verb)?;
            Ok(Exit::Done)
        }
        (None, url) => open_prompt(url.as_deref(), &settings, &person, &interrupts),
    }
}

fn open_prompt(
    url: Option<&str>,
    settings: &Settings,
    person: &Arc<Person>,
    interrupts: &Interrupts,
) -> Result<Exit> {
    let mut input = Input::new(person);
    let address = match url {
        Some(url) => Address::parse_typed(url)?,
        None => ask_address(&mut input)?,
    };
    let mut session = Session::open(&address, settings, person, interrupts)?;
    if !address.path.is_root() {
        session.remote =
            session.run(|session| Ok(session.client.change_directory(&address.path)?))?;
    }
    Ok(run_prompt(session, input))
}

/// Asks for the address, and for the port unless the address names one.
fn ask_address(input: &mut Input) -> Result<Address> {
    let typed = answer_text(input, "Address: ")?;
    let mut address = Address::parse_typed(&typed)?;
    if !names_port(&typed) {
        let port = answer_text(input, &format!("Port [{DEFAULT_PORT}]: "))?;
        if !port.is_empty() {
            address.port = parse_port(&port)?;
        }
    }
    Ok(address)
}

/// A person who gives no answer at all has pressed Ctrl-C; a script has ended.
fn answer_text(input: &mut Input, question: &str) -> Result<String> {
    match input.answer(question) {
        Some(answer) => Ok(String::from_utf8_lossy(&answer).trim().to_owned()),
        None if input.is_script() => Ok(String::new()),
        None => Err(Failure::Told(Exit::Interrupted)),
    }
}

fn parse_port(typed: &str) -> Result<u16> {
    let port = typed.parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| {
        let shown = typed.escape_debug();
        Failure::Usage(format!("\"{shown}\" is no port from 1 to 65535"))
    })
}

/// Whether the port need not be asked for: it stands in the address, or the address is a URL.
fn names_port(typed: &str) -> bool {
    let authority = typed.split('/').next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let is_ipv6 = host.parse::<std::net::Ipv6Addr>().is_ok();
    Address::is_url(typed) || (!is_ipv6 && !host.ends_with(']') && host.contains(':'))
}

fn enrol(
    url: &str,
    settings: &Settings,
    person: &Arc<Person>,
    interrupts: &Interrupts,
) -> Result<Exit> {
    let address = Address::parse_typed(url)?;
    let mut session = Session::open(&address, settings, person, interrupts)?;
    session.run(|session| Ok(session.client.enrol()?))?;
    let (account, server) = (&session.client.account().name, session.client.server());
    let object = json!({ "enrolled": server, "account": account });
    let shown = escape(account.as_bytes());
    let text = format!("this device logs in to {shown} at {server} without a password now");
    Screen::new(settings.json).result(&object, &text)?;
    Ok(Exit::Done)
}

fn forget(settings: &Settings, server: &str) -> Result<Exit> {
    let known = KnownServers::in_folder(&settings.state_folder);
    let forgotten = known
        .forget(server)
        .map_err(|source| crate::Error::local("change", &known.file(), source))?;
    let enrolments = Enrolments::in_folder(&settings.state_folder);
    enrolments
        .forget(server)
        .map_err(|source| crate::Error::local("change", &enrolments.file(), source))?;
    if forgotten.is_empty() {
        let shown = server.escape_debug();
        return Err(Failure::Refused(format!("no server \"{shown}\" is known here")));
    }
    let screen = Screen::new(settings.json);
    for one in forgotten {
        let object = json!({ "forgotten": one.server, "fingerprint": one.fingerprint.to_string() });
        screen
            .result(&object, &format!("forgot {} with the key {}", one.server, one.fingerprint))?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(script: &'static str) -> Result<String> {
        let mut input = Input::script(Box::new(script.as_bytes()));
        ask_address(&mut input).map(|address| address.to_string())
    }

    #[test]
    fn address_and_port_are_asked_for() {
        for (script, url) in [
            ("host\n\n", "ferry://host:3000/"),
            ("host\n4000\n", "ferry://host:4000/"),
            ("host:5\nls\n", "ferry://host:5/"),
            ("anna@host\n7", "ferry://anna@host:7/"),
            ("ferry://host/a\n4000\n", "ferry://host:3000/a"),
            ("::1\n9\n", "ferry://[::1]:9/"),
            ("[::1]\n9\n", "ferry://[::1]:9/"),
        ] {
            assert_eq!(asked(script).unwrap(), url, "{script:?}");
        }
        assert_eq!(asked("host\nport\n").unwrap_err().exit(), Exit::Usage);
        assert_eq!(asked("").unwrap_err().exit(), Exit::Usage);
    }
}
