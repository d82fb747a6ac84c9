//! [`Opener`]: more connections on a login.

use super::{Backoff, Client};
use crate::site::Site;
use crate::{Cancel, Error};
use ferry_protocol::PeerMisbehaved;
use std::sync::Arc;

/// Opens more connections on a login, from any thread, while its [`Client`] is at work.
#[derive(Clone)]
pub struct Opener {
    site: Arc<Site>,
}

impl Opener {
    pub(super) fn new(site: Arc<Site>) -> Self {
        Self { site }
    }

    /// Opens a connection, stopped by its own `cancel`. A failure is not tried again, but for a
    /// server that asks to come back later.
    pub fn open(&self, cancel: Cancel) -> Result<Client, Error> {
        let site = Arc::clone(&self.site);
        let mut backoff = Backoff::new(&site, &cancel);
        let connection = loop {
            match site.open(&cancel) {
                Ok(connection) => break connection,
                Err(err @ Error::Busy { .. }) => backoff.wait(err)?,
                Err(err) => return Err(err),
            }
        };
        let greeted = connection.welcome.clone().zip(connection.account.clone());
        let (welcome, account) = greeted.ok_or(PeerMisbehaved::ExpectedHello)?;
        Ok(Client {
            site,
            cancel,
            fingerprint: connection.fingerprint,
            key: connection.key,
            connection: Some(connection),
            directory: None,
            undo_group: None,
            welcome,
            account,
        })
    }
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opener({})", self.site.server)
    }
}
