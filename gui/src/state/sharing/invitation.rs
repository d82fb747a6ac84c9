//! Those who are invited to the shared folder, and what they are invited by.

use super::{Access, Link};

/// Somebody who is let in, or has a link to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The name by which they are known here.
    pub name: String,
    /// What they may do.
    pub access: Access,
    /// What their devices call themselves.
    pub devices: Vec<String>,
    /// Until when a link to them can be opened, in seconds since 1970; nothing where there is none.
    pub invited_until: Option<i64>,
    /// Whether they log in by a password, too.
    pub has_password: bool,
}

/// An invitation as it is typed and chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// For whom.
    pub name: String,
    /// What they may do.
    pub access: Access,
    /// How long the link can be opened.
    pub lasting: Lasting,
}

/// How long a link can be opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lasting {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week.
    #[default]
    Week,
}

/// An invitation that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// For whom.
    pub name: String,
    /// What they open.
    pub link: Link,
    /// Until when, in seconds since 1970.
    pub until: i64,
}

/// Why a typed name names nobody who can be invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameMistake {
    /// Nothing is typed.
    Empty,
    /// It holds what a name on a server cannot.
    Letters,
    /// It is longer than 64 characters.
    TooLong,
    /// It means something else on a server.
    Reserved,
    /// Somebody is called so already.
    Taken,
}

impl Lasting {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Week];
}

impl Draft {
    /// The name as servers take it: in small letters, with a dash for each space.
    #[must_use]
    pub fn account(&self) -> String {
        self.name.trim().to_ascii_lowercase().replace(' ', "-")
    }

    /// What is wrong with the name, beside these who have theirs already.
    #[must_use]
    pub fn mistake(&self, people: &[Person]) -> Option<NameMistake> {
        let account = self.account();
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        match account.as_str() {
            "" => Some(NameMistake::Empty),
            name if name.starts_with('.') || !name.bytes().all(is_allowed) => {
                Some(NameMistake::Letters)
            }
            name if name.len() > NAME_LEN_MAX => Some(NameMistake::TooLong),
            "guest" | "all" => Some(NameMistake::Reserved),
            name if people.iter().any(|person| person.name == name) => Some(NameMistake::Taken),
            _ => None,
        }
    }
}

const NAME_LEN_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(name: &str) -> Option<NameMistake> {
        let ben = Person { name: "ben".to_owned(), ..Person::default() };
        Draft { name: name.to_owned(), ..Draft::default() }.mistake(&[ben])
    }

    #[test]
    fn a_name_becomes_one_that_servers_take() {
        let draft = Draft { name: " Anna Maria ".to_owned(), ..Draft::default() };
        assert_eq!(draft.account(), "anna-maria");
        assert_eq!(draft.mistake(&[]), None);
    }

    #[test]
    fn what_cannot_be_a_name_is_told() {
        assert_eq!(mistake("  "), Some(NameMistake::Empty));
        for name in ["Zoë", "王", "a/b", ".a", "a@b"] {
            assert_eq!(mistake(name), Some(NameMistake::Letters), "{name}");
        }
        assert_eq!(mistake(&"n".repeat(64)), None);
        assert_eq!(mistake(&"n".repeat(65)), Some(NameMistake::TooLong));
        assert_eq!(mistake("Guest"), Some(NameMistake::Reserved));
        assert_eq!(mistake("Ben"), Some(NameMistake::Taken));
    }
}
