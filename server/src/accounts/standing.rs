//! What stands in the files of accounts, devices and invitations, so that a change can be seen by
//! whoever saw them before: a digest of each thing, and nothing secret.

use super::{Accounts, Error, InvitationsFile, PasswordHash, Terms, TermsLine};
use data_encoding::HEXLOWER;
use std::collections::BTreeMap;

/// Each thing in words for a person, not escaped, with a digest of how it is.
pub(crate) type Standing = BTreeMap<String, String>;

impl Accounts {
    /// All that its owner or a person can change here, as it is now.
    ///
    /// # Errors
    /// Where the invitations cannot be read.
    pub(crate) fn standing(&self) -> Result<Standing, Error> {
        let invitations = InvitationsFile::in_folder(&self.state).read()?;
        let now = self.clock.now();
        let links = invitations.iter().map(|link| {
            let is_over = link.expires.is_over(now);
            let state = if is_over { ENDED.to_owned() } else { link.expires.to_string() };
            (format!("the link {} to {}", link.id, link.account), state)
        });
        let devices = self.devices.read();
        let devices = devices.iter().map(|device| {
            let thing = format!("the device {} of {}, {}", device.id, device.account, device.name);
            (thing, String::new())
        });
        let known = self.known.read();
        let accounts = known
            .iter()
            .map(|(name, known)| (name.clone(), digest(&known.account.terms, known.hash.as_ref())));
        Ok(accounts.chain(devices).chain(links).collect())
    }
}

/// How a link is whose time is over: it is forgotten some day, which nobody did.
pub(crate) const ENDED: &str = "ended";

fn digest(terms: &Terms, hash: Option<&PasswordHash>) -> String {
    let mut hasher = blake3::Hasher::new();
    // Plain values always serialize.
    hasher.update(&serde_json::to_vec(&TermsLine::of(terms)).unwrap_or_default());
    hasher.update(hash.map(PasswordHash::expose).unwrap_or_default().as_bytes());
    HEXLOWER.encode(hasher.finalize().as_bytes().get(..16).unwrap_or_default())
}
