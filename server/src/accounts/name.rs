//! The name of an account: a word that is safe in files, logs and command lines.

use super::Error;
use std::fmt;

/// A name by the rule: `[a-z0-9._-]{1,64}`, not beginning with `.`, and none of those that stand for
/// others: the guest in the record, everybody in commands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountName(String);

const NAME_LEN_MAX: usize = 64;
const RESERVED: [&str; 2] = ["guest", "all"];

impl AccountName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`Error::BadName`], which says the rule.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        let fits = (1..=NAME_LEN_MAX).contains(&text.len())
            && !text.starts_with('.')
            && !RESERVED.contains(&text);
        if fits && text.bytes().all(allowed) {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::BadName(ferry_protocol::escape(text.as_bytes())))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_holds() {
        for good in ["a", "anna.b", "0", "x_y-z", "-", &"n".repeat(64)] {
            assert_eq!(AccountName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", ".a", "Anna", "a b", "ä", "a/b", "a\n", "guest", "all", &"n".repeat(65)] {
            let refused = AccountName::parse(bad).unwrap_err().to_string();
            assert!(refused.contains("lower case"), "{refused}");
            assert!(!refused.contains('\n'));
        }
    }
}
