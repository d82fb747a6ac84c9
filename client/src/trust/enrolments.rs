//! The file `enrolments`: one line `HOST:PORT ACCOUNT` for each account that this device logs in to
//! without a password.

use super::known_servers::is_meant;
use super::shared_file::SharedFile;
use std::io;
use std::path::{Path, PathBuf};

/// The accounts that this device is enrolled for.
#[derive(Clone, Debug)]
pub struct Enrolments(SharedFile);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// `HOST:PORT`; an IPv6 address stands in brackets.
    pub server: String,
    /// The account.
    pub account: String,
}

impl Enrolments {
    /// Those in the client's state folder. Nothing is read or made yet.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self(SharedFile::new(folder, "enrolments"))
    }

    /// The file that holds them.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.0.path()
    }

    /// All of them; a line that is none is left out.
    pub fn all(&self) -> io::Result<Vec<Enrolment>> {
        let text = self.0.read()?;
        let parsed = text.lines().filter_map(|line| line.split_once(' '));
        let enrolment = |(server, account): (&str, &str)| Enrolment {
            server: server.to_owned(),
            account: account.to_owned(),
        };
        Ok(parsed.map(enrolment).collect())
    }

    /// The account of this device at `server`: the one that is named, or the only one.
    pub fn account_at(&self, server: &str, named: Option<&str>) -> io::Result<Option<String>> {
        let all = self.all()?;
        let mut there = all.into_iter().filter(|one| one.server == server);
        Ok(match named {
            Some(name) => there.find(|one| one.account == name).map(|one| one.account),
            None => there.next().filter(|_| there.next().is_none()).map(|one| one.account),
        })
    }

    /// Remembers one.
    pub fn add(&self, server: &str, account: &str) -> io::Result<()> {
        let new = Enrolment { server: server.to_owned(), account: account.to_owned() };
        self.change(|all| {
            if !all.contains(&new) {
                all.push(new);
            }
        })
    }

    /// Forgets one, which the server does not know any more.
    pub fn remove(&self, server: &str, account: &str) -> io::Result<()> {
        self.change(|all| all.retain(|one| one.server != server || one.account != account))
    }

    /// Forgets all of a server. `host` is a host, with all its ports, or `HOST:PORT`.
    pub fn forget(&self, host: &str) -> io::Result<()> {
        self.change(|all| all.retain(|one| !is_meant(&one.server, host)))
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Enrolment>)) -> io::Result<()> {
        let _lock = self.0.lock()?;
        let before = self.all()?;
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return Ok(());
        }
        let lines = after.iter().map(|one| format!("{} {}\n", one.server, one.account));
        self.0.replace(&lines.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_name_or_where_it_is_the_only_one() {
        let folder = tempfile::tempdir().unwrap();
        let enrolments = Enrolments::in_folder(folder.path());
        let at = |named| enrolments.account_at("host:3000", named).unwrap();
        assert_eq!(at(None), None);
        enrolments.add("host:3000", "anna").unwrap();
        enrolments.add("host:3000", "anna").unwrap();
        enrolments.add("other:3000", "carl").unwrap();
        assert_eq!((at(None), at(Some("ben"))), (Some("anna".to_owned()), None));
        enrolments.add("host:3000", "ben").unwrap();
        assert_eq!((at(None), at(Some("ben"))), (None, Some("ben".to_owned())));
        enrolments.remove("host:3000", "ben").unwrap();
        assert_eq!(at(None), Some("anna".to_owned()));
        enrolments.forget("host").unwrap();
        assert_eq!(enrolments.all().unwrap().len(), 1);
    }
}
