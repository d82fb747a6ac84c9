//! Rights in the words of commands and files.

use ferry_protocol::Rights;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// `read` lists and reads, `write` does everything, `none` nothing; several words, joined by
/// commas, are exactly what they say: `list, write, make` is a box to put things into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RightsWords(pub Rights);

/// What may stand there, for the remedy of a mistake.
pub(crate) const RIGHTS_EXPECTED: &str =
    "\"read\", \"write\", \"none\" or a list such as \"list, read, make\"";

const WORDS: [(&str, Rights); 6] = [
    ("list", Rights::LIST),
    ("read", Rights::READ),
    ("write", Rights::WRITE),
    ("make", Rights::MAKE),
    ("rename", Rights::RENAME),
    ("delete", Rights::DELETE),
];

impl FromStr for RightsWords {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "read" => return Ok(Self(Rights::read_only())),
            "write" => return Ok(Self(Rights::read_write())),
            "none" => return Ok(Self(Rights::none())),
            _ => {}
        }
        let mut rights = Rights::none();
        for typed in text.split(',').map(str::trim) {
            let known = WORDS.iter().find(|(word, _)| *word == typed);
            let Some((_, right)) = known.filter(|(_, right)| !rights.includes(*right)) else {
                let shown = ferry_protocol::escape(text.as_bytes());
                return Err(format!(
                    "`{shown}` is no set of rights: write read, write, none, or some of list, \
                     read, write, make, rename and delete, each once, joined by commas"
                ));
            };
            rights = rights.and(*right);
        }
        Ok(Self(rights))
    }
}

impl fmt::Display for RightsWords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == Rights::read_only() {
            return formatter.pad("read");
        }
        if self.0 == Rights::read_write() {
            return formatter.pad("write");
        }
        let words = WORDS.iter().filter(|(_, right)| self.0.includes(*right));
        let words: Vec<_> = words.map(|(word, _)| *word).collect();
        formatter.pad(&if words.is_empty() { "none".to_owned() } else { words.join(", ") })
    }
}

impl Serialize for RightsWords {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RightsWords {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_rights_agree_both_ways() {
        for text in ["read", "write", "none", "list", "list, write, make", "read, rename, delete"] {
            let rights: RightsWords = text.parse().unwrap();
            assert_eq!(rights.to_string(), text);
        }
        assert_eq!("list,read".parse(), Ok(RightsWords(Rights::read_only())));
        for wrong in ["", "all", "list;read", "read, read", "list,,read", "Read"] {
            assert!(wrong.parse::<RightsWords>().is_err(), "{wrong}");
        }
    }
}
