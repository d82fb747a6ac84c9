//! The server's certificate and key: made at first run, kept, and never silently replaced, since
//! clients pin the key.
//!
//! The fingerprint is that of the key, not of the certificate: a new certificate for the same key
//! is the same server.

mod error;

pub use error::Error;

use crate::config::TlsFiles;
use crate::state_folder::StateFolder;
use crate::transport::tls;
use data_encoding::BASE32_NOPAD;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData as _};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// What makes this server itself.
pub struct Identity {
    /// The certificate: self-signed, or the owner's own.
    pub certificate_der: CertificateDer<'static>,
    /// Certificates that lead from it to its authority; none when it is self-signed.
    pub intermediates: Vec<CertificateDer<'static>>,
    /// Its private key.
    pub key_der: PrivateKeyDer<'static>,
    /// SHA-256 of the `SubjectPublicKeyInfo`, in base32: 52 lower-case characters.
    pub fingerprint: String,
    /// Whether the files are the owner's own, which somebody else renews.
    pub is_owners: bool,
}

const CERTIFICATE_FILE: &str = "certificate.pem";
const KEY_FILE: &str = "key.pem";
const NAME: &str = "ferry";
const YEARS: i32 = 10;
const YEAR: Duration = Duration::from_secs(31_556_952);

impl Identity {
    /// Reads certificate and key of a state folder; makes both at first run. The caller holds the
    /// lock of the folder.
    ///
    /// # Errors
    /// Files that cannot be read or written, are damaged, do not belong together, or a key that
    /// others may read. Nothing is replaced then.
    pub fn load_or_create(state_dir: &Path) -> Result<Self, Error> {
        let state = StateFolder::at(state_dir);
        let key = match state.read(KEY_FILE)? {
            Some(text) => load_key(&state, &text)?,
            None => create_key(&state)?,
        };
        let certificate = match state.read(CERTIFICATE_FILE)? {
            Some(text) => load_certificate(&state, &text, &key)?,
            None => create_certificate(&state, &key)?,
        };
        Ok(Self::of(certificate, &key))
    }

    /// Reads a certificate and key of the owner's own.
    ///
    /// # Errors
    /// Files that cannot be read, hold something else, do not belong together, or a key that
    /// everybody may read.
    pub fn of_files(files: &TlsFiles) -> Result<Self, Error> {
        let TlsFiles { certificate, key } = files;
        let read = |path: &Path| std::fs::read(path).map_err(|err| Error::own(path, &err));
        let mut chain = CertificateDer::pem_slice_iter(&read(certificate)?)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|err| Error::own(certificate, &err))?
            .into_iter();
        let certificate_der =
            chain.next().ok_or_else(|| Error::own(certificate, &"it holds no certificate"))?;
        if is_open_to_all(key) {
            return Err(Error::OpenToOthers(key.clone()));
        }
        let key_der = PrivateKeyDer::from_pem_slice(&Zeroizing::new(read(key)?))
            .map_err(|err| Error::own(key, &err))?;
        let parsed = webpki::EndEntityCert::try_from(&certificate_der)
            .map_err(|err| Error::own(certificate, &err))?;
        let fingerprint = fingerprint(parsed.subject_public_key_info().as_ref());
        tls::check_pair(&certificate_der, &key_der).map_err(|err| Error::own(key, &err))?;
        let intermediates = chain.collect();
        Ok(Self { certificate_der, intermediates, key_der, fingerprint, is_owners: true })
    }

    /// Reads certificate and key as [`load_or_create`](Self::load_or_create) does, and makes
    /// nothing: `None` before the first run.
    ///
    /// # Errors
    /// The same.
    pub(crate) fn load(state_dir: &Path) -> Result<Option<Self>, Error> {
        let state = StateFolder::at(state_dir);
        match (state.read(KEY_FILE)?, state.read(CERTIFICATE_FILE)?) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(key_lost(&state)),
            (Some(key), None) => load_key(&state, &key).map(|_| None),
            (Some(key), Some(certificate)) => {
                let key = load_key(&state, &key)?;
                let certificate = load_certificate(&state, &certificate, &key)?;
                Ok(Some(Self::of(certificate, &key)))
            }
        }
    }

    /// The host that the certificate names first, where it is the owner's and a chain leads from
    /// it to an authority. Its key may then change with every renewal, and clients ask the
    /// authority instead.
    pub(crate) fn vouched_host(&self) -> Option<String> {
        if self.intermediates.is_empty() {
            return None;
        }
        let certificate = webpki::EndEntityCert::try_from(&self.certificate_der).ok()?;
        let mut names = certificate.valid_dns_names();
        names.find(|name| !name.starts_with('*')).map(str::to_owned)
    }

    fn of(certificate_der: CertificateDer<'static>, key: &KeyPair) -> Self {
        Self {
            certificate_der,
            intermediates: Vec::new(),
            key_der: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            fingerprint: fingerprint(&key.subject_public_key_info()),
            is_owners: false,
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Identity")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

/// SHA-256 of a public key in DER, in base32.
fn fingerprint(public_key_der: &[u8]) -> String {
    BASE32_NOPAD.encode(&Sha256::digest(public_key_der)).to_ascii_lowercase()
}

/// A group may share a key with the programs that renew it; everybody may not.
fn is_open_to_all(key: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(key).is_ok_and(|metadata| metadata.permissions().mode() & 0o007 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = key;
        false
    }
}

fn load_key(state: &StateFolder, text: &str) -> Result<KeyPair, Error> {
    let path = state.file(KEY_FILE);
    if state.is_open_to_others(KEY_FILE) {
        return Err(Error::OpenToOthers(path));
    }
    let key = KeyPair::from_pem(text).map_err(|err| Error::damaged(&path, &err))?;
    if key.algorithm() == &PKCS_ECDSA_P256_SHA256 {
        Ok(key)
    } else {
        Err(Error::damaged(&path, &"not a P-256 key"))
    }
}

fn create_key(state: &StateFolder) -> Result<KeyPair, Error> {
    // A certificate without its key is what is left of an identity that clients know.
    if state.read(CERTIFICATE_FILE)?.is_some() {
        return Err(key_lost(state));
    }
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(Error::Make)?;
    state.write(KEY_FILE, key.serialize_pem().as_bytes())?;
    Ok(key)
}

fn key_lost(state: &StateFolder) -> Error {
    Error::KeyLost { key: state.file(KEY_FILE), certificate: state.file(CERTIFICATE_FILE) }
}

fn load_certificate(
    state: &StateFolder,
    text: &str,
    key: &KeyPair,
) -> Result<CertificateDer<'static>, Error> {
    let path = state.file(CERTIFICATE_FILE);
    let certificate = CertificateDer::from_pem_slice(text.as_bytes())
        .map_err(|err| Error::damaged(&path, &err))?;
    let parsed =
        webpki::EndEntityCert::try_from(&certificate).map_err(|err| Error::damaged(&path, &err))?;
    if parsed.subject_public_key_info().as_ref() != key.subject_public_key_info() {
        return Err(Error::damaged(&path, &"it does not belong to the key beside it"));
    }
    Ok(certificate)
}

/// Also where only the certificate is gone: the key, which clients pin, stays the same.
fn create_certificate(
    state: &StateFolder,
    key: &KeyPair,
) -> Result<CertificateDer<'static>, Error> {
    let mut params = CertificateParams::new([NAME.to_owned()]).map_err(Error::Make)?;
    params.distinguished_name.push(DnType::CommonName, NAME);
    let year = year_now();
    // From the year before, for clients whose clock is behind.
    params.not_before = rcgen::date_time_ymd(year - 1, 1, 1);
    params.not_after = rcgen::date_time_ymd(year + YEARS, 1, 1);
    let certificate = params.self_signed(key).map_err(Error::Make)?;
    state.write(CERTIFICATE_FILE, certificate.pem().as_bytes())?;
    Ok(certificate.der().clone())
}

fn year_now() -> i32 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    1970 + i32::try_from(elapsed.as_secs() / YEAR.as_secs()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn an_identity_is_made_once_and_kept() {
        let state = tempfile::tempdir().unwrap();
        assert!(Identity::load(state.path()).unwrap().is_none());
        let first = Identity::load_or_create(state.path()).unwrap();
        let second = Identity::load_or_create(state.path()).unwrap();
        assert_eq!(first.fingerprint, second.fingerprint);
        assert_eq!(first.certificate_der, second.certificate_der);
        assert_eq!(first.fingerprint.len(), 52);
        assert!(first.fingerprint.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        assert!(!format!("{first:?}").contains("key_der"));
    }

    #[test]
    fn a_lost_certificate_is_made_anew_for_the_same_key() {
        let state = tempfile::tempdir().unwrap();
        let first = Identity::load_or_create(state.path()).unwrap();
        fs::remove_file(state.path().join(CERTIFICATE_FILE)).unwrap();
        let second = Identity::load_or_create(state.path()).unwrap();
        assert_eq!(first.fingerprint, second.fingerprint);
    }

    #[test]
    fn a_lost_key_is_told_and_nothing_is_replaced() {
        let state = tempfile::tempdir().unwrap();
        Identity::load_or_create(state.path()).unwrap();
        fs::remove_file(state.path().join(KEY_FILE)).unwrap();
        let told = Identity::load_or_create(state.path()).unwrap_err().to_string();
        assert!(told.contains("backup"), "{told}");
        assert!(!state.path().join(KEY_FILE).exists());
    }

    #[test]
    fn damaged_files_are_told_by_name() {
        for name in [CERTIFICATE_FILE, KEY_FILE] {
            let state = tempfile::tempdir().unwrap();
            Identity::load_or_create(state.path()).unwrap();
            let text = fs::read_to_string(state.path().join(name)).unwrap();
            for damage in ["", "no PEM", &text[..text.len() / 2], &text.replace('M', "N")] {
                fs::write(state.path().join(name), damage).unwrap();
                let told = Identity::load_or_create(state.path()).unwrap_err().to_string();
                assert!(told.contains(&format!("{name} is damaged")), "{told}");
                assert_eq!(fs::read_to_string(state.path().join(name)).unwrap(), damage);
            }
        }
    }

    #[test]
    fn a_certificate_of_another_key_is_refused() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        Identity::load_or_create(one.path()).unwrap();
        Identity::load_or_create(two.path()).unwrap();
        fs::copy(one.path().join(CERTIFICATE_FILE), two.path().join(CERTIFICATE_FILE)).unwrap();
        let told = Identity::load_or_create(two.path()).unwrap_err().to_string();
        assert!(told.contains("does not belong"), "{told}");
    }

    #[test]
    fn an_owners_certificate_is_taken_with_its_own_key_only() {
        let place = tempfile::tempdir().unwrap();
        let made = Identity::load_or_create(place.path()).unwrap();
        let files = TlsFiles {
            certificate: place.path().join(CERTIFICATE_FILE),
            key: place.path().join(KEY_FILE),
        };
        let own = Identity::of_files(&files).unwrap();
        assert_eq!((own.fingerprint, own.intermediates.len()), (made.fingerprint, 0));
        let other = tempfile::tempdir().unwrap();
        Identity::load_or_create(other.path()).unwrap();
        let mixed = TlsFiles { key: other.path().join(KEY_FILE), ..files.clone() };
        let told = Identity::of_files(&mixed).unwrap_err().to_string();
        assert!(told.contains("[tls]") && told.contains(KEY_FILE), "{told}");
        let swapped = TlsFiles { certificate: files.key.clone(), key: files.key };
        assert!(Identity::of_files(&swapped).unwrap_err().to_string().contains("no certificate"));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let state = tempfile::tempdir().unwrap();
        Identity::load_or_create(state.path()).unwrap();
        let key = state.path().join(KEY_FILE);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        let told = Identity::load_or_create(state.path()).unwrap_err().to_string();
        assert!(told.contains("chmod 600"), "{told}");
    }
}
