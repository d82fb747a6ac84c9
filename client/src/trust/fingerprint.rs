//! The fingerprint of a server's key.

use data_encoding::BASE32_NOPAD;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

/// SHA-256 of a server's public key (its `SubjectPublicKeyInfo` in DER). Written as 52 lower-case
/// characters of base32.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// The text is no fingerprint: it takes 52 letters and digits of base32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadFingerprint;

impl Fingerprint {
    /// The fingerprint of a public key, given as its `SubjectPublicKeyInfo` in DER.
    #[must_use]
    pub fn of_public_key(spki_der: &[u8]) -> Self {
        Self(Sha256::digest(spki_der).into())
    }

    /// Reads a fingerprint; case, `-`, `:` and spaces do not matter.
    pub fn parse(text: &str) -> Result<Self, BadFingerprint> {
        let plain: String = text
            .chars()
            .filter(|character| !matches!(character, '-' | ':' | ' '))
            .map(|character| character.to_ascii_uppercase())
            .collect();
        let bytes = BASE32_NOPAD.decode(plain.as_bytes()).map_err(|_bad| BadFingerprint)?;
        bytes.try_into().map(Self).map_err(|_bad| BadFingerprint)
    }

    /// The 32 bytes of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Fingerprint {
    type Err = BadFingerprint;

    fn from_str(text: &str) -> Result<Self, BadFingerprint> {
        Self::parse(text)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE32_NOPAD.encode(&self.0).to_ascii_lowercase())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for BadFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no fingerprint: 52 letters and digits of base32 are needed")
    }
}

impl std::error::Error for BadFingerprint {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_and_parse_agree_however_it_is_written() {
        let fingerprint = Fingerprint::of_public_key(b"key");
        let text = fingerprint.to_string();
        assert_eq!(text.len(), 52);
        assert_eq!(text, text.to_lowercase());
        assert_eq!(Fingerprint::parse(&text), Ok(fingerprint));
        let dressed = format!("{}-{} : {}", &text[..4], &text[4..8], text[8..].to_uppercase());
        assert_eq!(Fingerprint::parse(&dressed), Ok(fingerprint));
        assert_eq!(Fingerprint::parse(&text[1..]), Err(BadFingerprint));
        assert_eq!(Fingerprint::parse("1"), Err(BadFingerprint));
    }
}
