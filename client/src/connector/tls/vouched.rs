//! Whether an authority vouches for a certificate, as in the web. It is asked only where no
//! fingerprint was given or kept.

use crate::ConnectOptions;
use crate::trust::Authorities;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{Error, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::sync::Arc;

/// That the peer holds the certificate's key was proved by the handshake.
pub(super) fn is_vouched_for(
    end_entity: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
    options: &ConnectOptions,
) -> bool {
    let Ok(name) = ServerName::try_from(options.host.as_str()) else { return false };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let Ok(verifier) = verifier(&options.authorities, provider) else { return false };
    let Some(verifier) = verifier else { return false };
    let now = UnixTime::now();
    verifier.verify_server_cert(end_entity, intermediates, &name, &[], now).is_ok()
}

fn verifier(
    authorities: &Authorities,
    provider: Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ServerCertVerifier>>, Error> {
    Ok(match authorities {
        Authorities::None => None,
        Authorities::System => Some(Arc::new(rustls_platform_verifier::Verifier::new(provider)?)),
        Authorities::These(certificates) => {
            let mut roots = RootCertStore::empty();
            for der in certificates {
                roots.add(CertificateDer::from_slice(der).into_owned())?;
            }
            let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = builder.build().map_err(|err| Error::General(err.to_string()))?;
            Some(verifier)
        }
    })
}
