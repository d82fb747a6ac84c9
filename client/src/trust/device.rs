//! The key by which servers know this device, and where it is kept: in the system's keyring if
//! that answers in time, else in the file `device_key`, which its owner alone may read.
//!
//! Where it is kept is decided once, when it is made, and written down: a keyring that is silent
//! for a day must not lead to a second key that no server knows.

use super::shared_file::SharedFile;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use data_encoding::HEXLOWER;
use ferry_protocol::{DeviceKey, Secret};
use parking_lot::Mutex;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, io};

/// A place of the system for secrets. Every call ends in time.
pub trait SecretStore: Send + Sync {
    /// The secret of this name; `None` if there is none.
    fn load(&self, name: &str) -> io::Result<Option<Secret>>;

    /// Keeps a secret under this name.
    fn save(&self, name: &str, secret: &Secret) -> io::Result<()>;
}

/// This device's key, made when it is first needed.
#[derive(Clone)]
pub struct DeviceKeys {
    file: SharedFile,
    keyring: Option<Arc<dyn SecretStore>>,
    loaded: Arc<Mutex<Option<Arc<KeyPair>>>>,
}

/// The key itself. It never prints.
pub(crate) struct KeyPair(Ed25519KeyPair);

const SEED_LEN: usize = 32;
/// What the file says when the key is in the keyring; else it holds the key.
const IN_KEYRING: &str = "keyring";

impl DeviceKeys {
    /// The key of the client's state folder, kept in a file there.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { file: SharedFile::new(folder, "device_key"), keyring: None, loaded: Arc::default() }
    }

    /// The same, with a keyring for a key that is yet to be made.
    #[must_use]
    pub fn with_keyring(self, keyring: Arc<dyn SecretStore>) -> Self {
        Self { keyring: Some(keyring), ..self }
    }

    /// Whether a key was made before.
    #[must_use]
    pub fn exist(&self) -> bool {
        self.file.path().exists()
    }

    /// The file that holds the key, or says that the keyring does.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.file.path()
    }

    /// The public half, by which servers know this device.
    pub fn public(&self) -> io::Result<DeviceKey> {
        self.pair().map(|pair| pair.public())
    }

    pub(crate) fn pair(&self) -> io::Result<Arc<KeyPair>> {
        let mut loaded = self.loaded.lock();
        if let Some(pair) = loaded.as_ref() {
            return Ok(Arc::clone(pair));
        }
        let pair = Arc::new(self.load_or_make()?);
        *loaded = Some(Arc::clone(&pair));
        Ok(pair)
    }

    fn load_or_make(&self) -> io::Result<KeyPair> {
        let _lock = self.file.lock()?;
        let text = self.file.read()?;
        match text.trim() {
            "" => self.make(),
            IN_KEYRING => self.load_from_keyring(),
            digits => KeyPair::parse(digits).ok_or_else(|| {
                let path = self.file.path();
                io::Error::other(format!(
                    "{} is damaged; remove it for a new key, and enrol this device again",
                    path.display()
                ))
            }),
        }
    }

    fn load_from_keyring(&self) -> io::Result<KeyPair> {
        let silent = |cause: &dyn fmt::Display| {
            io::Error::other(format!(
                "the key of this device is in the system's keyring, which does not give it ({cause}); \
                 unlock the keyring and try again"
            ))
        };
        let keyring = self.keyring.as_ref().ok_or_else(|| silent(&"it is not used here"))?;
        let found = keyring.load(&self.name()).map_err(|err| silent(&err))?;
        let secret = found.ok_or_else(|| silent(&"it holds no such key"))?;
        let digits = String::from_utf8_lossy(secret.expose()).into_owned();
        KeyPair::parse(&digits).ok_or_else(|| silent(&"it holds something else"))
    }

    fn make(&self) -> io::Result<KeyPair> {
        let mut seed = [0; SEED_LEN];
        getrandom::fill(&mut seed).map_err(|err| io::Error::other(err.to_string()))?;
        let digits = HEXLOWER.encode(&seed);
        seed.fill(0);
        let pair = KeyPair::parse(&digits).ok_or(io::ErrorKind::InvalidData)?;
        let secret = Secret::new(digits.as_bytes());
        let is_kept = self.keyring.as_ref().is_some_and(|keyring| {
            let name = self.name();
            // Only what comes back can be relied on.
            keyring.save(&name, &secret).is_ok()
                && keyring.load(&name).is_ok_and(|kept| kept.as_ref() == Some(&secret))
        });
        self.file.replace(if is_kept { IN_KEYRING } else { &digits })?;
        Ok(pair)
    }

    /// Each state folder has a key of its own.
    fn name(&self) -> String {
        self.file.folder().to_string_lossy().into_owned()
    }
}

impl KeyPair {
    fn parse(digits: &str) -> Option<Self> {
        let seed = HEXLOWER.decode(digits.as_bytes()).ok().filter(|seed| seed.len() == SEED_LEN)?;
        Ed25519KeyPair::from_seed_unchecked(&seed).ok().map(Self)
    }

    pub(crate) fn public(&self) -> DeviceKey {
        let mut key = [0; 32];
        let public = self.0.public_key().as_ref();
        key.iter_mut().zip(public).for_each(|(to, from)| *to = *from);
        DeviceKey(key)
    }

    pub(crate) fn sign(&self, text: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        let signed = self.0.sign(text);
        signature.iter_mut().zip(signed.as_ref()).for_each(|(to, from)| *to = *from);
        signature
    }
}

impl fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKeys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[derive(Default)]
    struct Keyring {
        secrets: Mutex<HashMap<String, Secret>>,
        is_silent: bool,
    }

    impl SecretStore for Keyring {
        fn load(&self, name: &str) -> io::Result<Option<Secret>> {
            if self.is_silent {
                return Err(io::ErrorKind::TimedOut.into());
            }
            Ok(self.secrets.lock().get(name).cloned())
        }

        fn save(&self, name: &str, secret: &Secret) -> io::Result<()> {
            if self.is_silent {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.secrets.lock().insert(name.to_owned(), secret.clone());
            Ok(())
        }
    }

    #[test]
    fn a_key_is_made_once_in_a_file_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let first = DeviceKeys::in_folder(folder.path());
        assert!(!first.exist());
        let key = first.public().unwrap();
        assert_eq!(DeviceKeys::in_folder(folder.path()).public().unwrap(), key);
        assert!(first.exist());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let metadata = std::fs::metadata(folder.path().join("device_key")).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_keyring_that_answers_keeps_the_key_and_the_file_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Arc::<Keyring>::default();
        let keys = || {
            let keyring: Arc<dyn SecretStore> = Arc::<Keyring>::clone(&keyring);
            DeviceKeys::in_folder(folder.path()).with_keyring(keyring)
        };
        let key = keys().public().unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("device_key")).unwrap(), IN_KEYRING);
        assert_eq!(keys().public().unwrap(), key);
        let without = DeviceKeys::in_folder(folder.path()).public().unwrap_err().to_string();
        assert!(without.contains("unlock the keyring"), "no second key is made: {without}");
    }

    #[test]
    fn a_keyring_that_does_not_answer_leaves_the_key_to_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let silent = Arc::new(Keyring { is_silent: true, ..Keyring::default() });
        let keys = DeviceKeys::in_folder(folder.path()).with_keyring(silent);
        let key = keys.public().unwrap();
        assert_eq!(DeviceKeys::in_folder(folder.path()).public().unwrap(), key);
    }

    #[test]
    fn a_damaged_file_is_told_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("device_key"), "0123").unwrap();
        let told = DeviceKeys::in_folder(folder.path()).public().unwrap_err().to_string();
        assert!(told.contains("damaged"), "{told}");
    }
}
