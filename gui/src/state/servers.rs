//! Recent and bookmarked servers. Never with a password.

use serde::{Deserialize, Serialize};

/// A server that was connected once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedServer {
    /// `ferry://` address with the account's name.
    pub address: String,
    /// A name of the user's own; empty for none.
    #[serde(default)]
    pub title: String,
    /// Whether it was pinned, so that it stays.
    #[serde(default)]
    pub is_bookmarked: bool,
    /// When it was connected last, in seconds since 1970.
    #[serde(default)]
    pub used_unix_secs: i64,
}

impl SavedServer {
    /// The server itself, without account and folder: one may have several entries.
    #[must_use]
    pub fn server(&self) -> &str {
        let place = self.address.trim_start_matches("ferry://");
        let authority = place.split('/').next().unwrap_or_default();
        authority.rsplit('@').next().unwrap_or_default()
    }
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Servers {
    /// Bookmarks first, then the latest first.
    pub list: Vec<SavedServer>,
    /// The one whose name is being changed, with what is typed.
    pub renaming: Option<(usize, String)>,
}

/// Recent servers that are kept beside the bookmarks.
const RECENT_MAX: usize = 12;

impl Servers {
    /// Notes that a server was connected.
    pub fn note(&mut self, address: &str, now_unix_secs: i64) {
        let known = self.list.iter_mut().find(|saved| saved.address == address);
        match known {
            Some(saved) => saved.used_unix_secs = now_unix_secs,
            None => self.list.push(SavedServer {
                address: address.to_owned(),
                used_unix_secs: now_unix_secs,
                ..SavedServer::default()
            }),
        }
        self.tidy();
    }

    /// The user's own name for the server saved under an address.
    #[must_use]
    pub fn title_of(&self, address: &str) -> Option<&str> {
        let saved = self.list.iter().find(|saved| saved.address == address)?;
        Some(saved.title.as_str()).filter(|title| !title.is_empty())
    }

    /// Puts them in order, and drops the oldest that are no bookmarks.
    pub fn tidy(&mut self) {
        self.list.sort_by_key(|saved| (!saved.is_bookmarked, -saved.used_unix_secs));
        let bookmarks = self.list.iter().filter(|saved| saved.is_bookmarked).count();
        self.list.truncate(bookmarks + RECENT_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_the_same_under_each_of_its_entries() {
        for address in
            ["ferry://host:4000/", "ferry://ana@host:4000/a/b", "ferry://a%40b@host:4000/"]
        {
            let saved = SavedServer { address: address.to_owned(), ..SavedServer::default() };
            assert_eq!(saved.server(), "host:4000");
        }
    }

    #[test]
    fn bookmarks_stay_and_the_oldest_others_go() {
        let mut servers = Servers::default();
        for index in 0..30 {
            servers.note(&format!("ferry://host{index}/"), index);
            if index == 0 {
                servers.list[0].is_bookmarked = true;
            }
        }
        servers.note("ferry://host20/", 99);
        assert_eq!(servers.list.len(), 1 + RECENT_MAX);
        assert_eq!(servers.list[0].address, "ferry://host0/");
        assert_eq!(servers.list[1].address, "ferry://host20/");
    }
}
