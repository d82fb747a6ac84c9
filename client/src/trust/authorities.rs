//! Who may vouch for a server's key instead of a person.

/// The authorities whose certificates need no question.
#[derive(Clone, Debug, Default)]
pub enum Authorities {
    /// Those that this system trusts.
    #[default]
    System,
    /// These, each a certificate in DER.
    These(Vec<Vec<u8>>),
    /// None: every new key is asked about.
    None,
}
