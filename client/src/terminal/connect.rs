//! From an address to a client that is logged in.

use super::exit::Exit;
use super::failure::{Failure, Result};
use super::interrupt::Interrupts;
use super::person::Person;
use super::settings::Settings;
use crate::trust::{KnownServers, SystemKeyring};
use crate::{Address, Cancel, Client, ConnectOptions, Credentials, Error, NoQuestions, Questions};
use ferry_protocol::{Status, escape};
use std::sync::Arc;
use std::time::Duration;

/// Connects and logs in. A guest who is refused is asked for a name, if there is somebody to ask.
pub(crate) fn connect(
    address: &Address,
    settings: &Settings,
    person: &Arc<Person>,
    interrupts: &Interrupts,
) -> Result<Client> {
    let cancel = Cancel::new();
    let _running = interrupts.running(&cancel);
    let attempt = |credentials| {
        let options = options(address, settings, credentials, &cancel);
        let questions: Arc<dyn Questions> = Arc::<Person>::clone(person);
        Client::connect(options, questions)
    };
    let attempt = |credentials| attempt(credentials).map_err(|err| explain(err, person, settings));
    let Some(user) = &address.user else {
        return match attempt(Credentials::Guest) {
            Err(Failure::Client(err)) if refuses_guest(&err) => match ask_name(person) {
                Some(name) => attempt(Credentials::Password { name, password: None }),
                None => Err(Failure::Refused(format!(
                    "{err}; name an account, as in ferry://NAME@{}/",
                    address.authority()
                ))),
            },
            other => other,
        };
    };
    let name = user.clone();
    // An invitation may set the account's first password.
    let password = address.invitation.and_then(|_| settings.password.clone());
    attempt(Credentials::Password { name, password })
}

/// Connects without a question: as the guest, with the key of this device, or with a password
/// that was given beforehand. Nothing is tried again, and what does not answer is given up soon.
pub(crate) fn unattended(
    address: &Address,
    settings: &Settings,
    interrupts: &Interrupts,
) -> std::result::Result<Client, Error> {
    let cancel = Cancel::new();
    let _running = interrupts.running(&cancel);
    let credentials = match &address.user {
        Some(name) => {
            Credentials::Password { name: name.clone(), password: settings.password.clone() }
        }
        None => Credentials::Guest,
    };
    let mut options = options(address, settings, credentials, &cancel);
    options.retry_for = Duration::ZERO;
    options.deadlines.connect = UNATTENDED_PATIENCE;
    Client::connect(options, Arc::new(NoQuestions))
}

/// Longest time for a connection that nobody waits for.
const UNATTENDED_PATIENCE: Duration = Duration::from_secs(5);

/// Says what the library cannot know: that somebody was asked, or that a password was given.
fn explain(err: Error, person: &Person, settings: &Settings) -> Failure {
    match err {
        Error::KeyUnknown { .. } if person.is_there() => {
            person.tell("ferry: not trusted, so nothing was sent");
            Failure::Told(Exit::NoConnection)
        }
        Error::PasswordNeeded { account } if settings.password.is_some() => {
            let account = escape(account.as_bytes());
            Failure::Refused(format!(
                "the account \"{account}\" or its password was refused; check the name, and \
                 FERRY_PASSWORD or --password-file"
            ))
        }
        err => err.into(),
    }
}

fn options(
    address: &Address,
    settings: &Settings,
    credentials: Credentials,
    cancel: &Cancel,
) -> ConnectOptions {
    let known = KnownServers::in_folder(&settings.state_folder);
    let mut options = ConnectOptions::of_address(address, known);
    options.fingerprint = settings.fingerprint.or(address.fingerprint);
    if settings.uses_keyring {
        options.device_keys = options.device_keys.with_keyring(Arc::new(SystemKeyring));
    }
    options.credentials = credentials;
    options.retry_for = settings.retry_for;
    options.program.replace_range(.., concat!("ferry ", env!("CARGO_PKG_VERSION")));
    options.cancel = cancel.clone();
    options
}

fn refuses_guest(err: &Error) -> bool {
    matches!(err.status(), Some(Status::LOGIN_REFUSED | Status::LOGIN_REQUIRED | Status::DENIED))
}

fn ask_name(person: &Person) -> Option<String> {
    if person.is_there() {
        person.tell("This server lets no guest in.");
    }
    let name = person.ask("Name: ")?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}
