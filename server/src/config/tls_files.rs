//! `[tls]`: a certificate and key of the owner's own, in place of those that the server makes.

use super::{Reading, Section};
use std::path::{Path, PathBuf};

/// Two files in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and after it those that lead to its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl TlsFiles {
    /// Reads the section; paths count from `folder`.
    pub(super) fn read<'t>(
        mut section: Section<'t>,
        folder: &Path,
        reading: &mut Reading<'t>,
    ) -> Option<Self> {
        let certificate =
            section.value::<PathBuf>("certificate", "\"/path/of/fullchain.pem\"", reading);
        let key = section.value::<PathBuf>("key", "\"/path/of/privkey.pem\"", reading);
        let span = certificate.as_ref().or(key.as_ref()).map(toml::Spanned::span);
        if let (Some(span), true) = (span, certificate.is_none() || key.is_none()) {
            reading.mistake(span, "[tls] needs both a certificate and a key", "write both");
        }
        section.end(reading);
        let below = |path: toml::Spanned<PathBuf>| folder.join(path.into_inner());
        Some(Self { certificate: below(certificate?), key: below(key?) })
    }
}
