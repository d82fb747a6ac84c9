//! The system's keyring, behind a deadline: it may wait for a person who unlocks it, or for a
//! service that never starts.

use super::device::SecretStore;
use ferry_protocol::Secret;
use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The keyring of the user's session.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemKeyring;

const SERVICE: &str = "ferry";
/// How long it may take to answer. A thread that waits longer is left to end with the process.
const PATIENCE: Duration = Duration::from_secs(2);

impl SecretStore for SystemKeyring {
    fn load(&self, name: &str) -> io::Result<Option<Secret>> {
        within(PATIENCE, name, |entry| match entry.get_secret() {
            Ok(secret) => Ok(Some(Secret::new(&secret))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(err) => Err(err),
        })
    }

    fn save(&self, name: &str, secret: &Secret) -> io::Result<()> {
        let secret = secret.clone();
        within(PATIENCE, name, move |entry| entry.set_secret(secret.expose()))
    }
}

fn within<T: Send + 'static>(
    patience: Duration,
    name: &str,
    act: impl FnOnce(&keyring::Entry) -> keyring::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let name = name.to_owned();
    thread::Builder::new().name("keyring".to_owned()).spawn(move || {
        let done = keyring::Entry::new(SERVICE, &name).and_then(|entry| act(&entry));
        // Nobody waits any more if this fails.
        drop(sender.send(done));
    })?;
    match receiver.recv_timeout(patience) {
        Ok(done) => done.map_err(|err| io::Error::other(err.to_string())),
        Err(_late) => Err(io::ErrorKind::TimedOut.into()),
    }
}
