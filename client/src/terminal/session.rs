//! One server, the folders that are current there and here, and how results are shown.

use super::connect;
use super::exit::Exit;
use super::failure::{Failure, Result};
use super::interrupt::Interrupts;
use super::person::Person;
use super::screen::Screen;
use super::settings::Settings;
use super::target::RemoteTarget;
use crate::{Address, Client, Error};
use ferry_protocol::RemotePath;
use std::path::PathBuf;
use std::sync::Arc;

/// What every verb works on.
#[derive(Debug)]
pub struct Session {
    pub(crate) client: Client,
    /// The current folder on the server.
    pub(crate) remote: RemotePath,
    /// The current folder on this computer.
    pub(crate) local: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) person: Arc<Person>,
    pub(crate) screen: Screen,
    pub(crate) interrupts: Interrupts,
}

impl Session {
    /// A session over a client that is logged in.
    pub fn new(client: Client, settings: Settings, person: Arc<Person>) -> Self {
        Self {
            remote: client.account().directory.clone(),
            // Where the process has no folder, relative names fail one by one.
            local: std::env::current_dir().unwrap_or_default(),
            screen: Screen::new(settings.json),
            interrupts: Interrupts::default(),
            client,
            settings,
            person,
        }
    }

    /// Connects, logs in and answers Ctrl-C from now on through `interrupts`.
    pub(crate) fn open(
        address: &Address,
        settings: &Settings,
        person: &Arc<Person>,
        interrupts: &Interrupts,
    ) -> Result<Self> {
        let client = connect::connect(address, settings, person, interrupts)?;
        let mut session = Self::new(client, settings.clone(), Arc::clone(person));
        session.interrupts = interrupts.clone();
        Ok(session)
    }

    /// Runs a verb; Ctrl-C stops it meanwhile, and the session can be used again after it.
    pub(crate) fn run<T>(&mut self, verb: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let cancel = self.client.cancel().clone();
        let interrupts = self.interrupts.clone();
        let running = interrupts.running(&cancel);
        let result = verb(self);
        drop(running);
        if !cancel.is_cancelled() {
            return result;
        }
        cancel.reset();
        // Whatever it died of, the person stopped it.
        result.map_err(|_died_of| Error::Cancelled.into())
    }

    /// Does something at each place. A failure is told and does not stop the others, unless all
    /// of them would fail the same way.
    pub(crate) fn each(
        &mut self,
        places: &[RemoteTarget],
        mut act: impl FnMut(&mut Self, &RemoteTarget) -> Result,
    ) -> Result {
        let [only] = places else {
            let mut parts = Parts::default();
            for place in places {
                let result = act(self, place);
                parts.add(&self.screen, result)?;
            }
            return parts.end();
        };
        act(self, only)
    }
}

/// Parts of one command, of which some may fail.
#[derive(Debug, Default)]
pub(crate) struct Parts(Option<Exit>);

impl Parts {
    /// Tells a failure and goes on, unless what comes next would fail as well.
    pub(crate) fn add(&mut self, screen: &Screen, result: Result) -> Result {
        let exit = match result {
            Ok(()) => Exit::Done,
            Err(failure) if failure.stops_all() => return Err(failure),
            Err(failure) => {
                screen.failure(&failure);
                failure.exit()
            }
        };
        self.0 = Some(self.0.map_or(exit, |before| before.and(exit)));
        Ok(())
    }

    /// What all parts amount to.
    pub(crate) fn end(self) -> Result {
        match self.0 {
            None | Some(Exit::Done) => Ok(()),
            Some(exit) => Err(Failure::Told(exit)),
        }
    }
}
