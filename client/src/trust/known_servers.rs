//! The file `known_servers`: one line `HOST:PORT FINGERPRINT UNIX_SECONDS` for each server met.

use super::Fingerprint;
use super::shared_file::SharedFile;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The pinned keys of servers, in one file that several processes may use at once. It is read
/// anew for each question, and replaced as a whole under a lock.
#[derive(Clone, Debug)]
pub struct KnownServers(SharedFile);

/// A server whose key is pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownServer {
    /// `HOST:PORT`; an IPv6 address stands in brackets.
    pub server: String,
    /// Its key.
    pub fingerprint: Fingerprint,
    /// When it was met first, in seconds since 1970.
    pub since_unix_secs: u64,
}

impl KnownServers {
    /// The known servers in the client's state folder. Nothing is read or made yet.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self(SharedFile::new(folder, "known_servers"))
    }

    /// The file that holds them.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.0.path()
    }

    /// The client's state folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.0.folder()
    }

    /// All of them. A file that does not exist holds none; a line that is none is an error, so
    /// that a damaged file does not silently become trust in anybody.
    pub fn all(&self) -> io::Result<Vec<KnownServer>> {
        let text = self.0.read()?;
        text.lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
            .map(|(index, line)| parse_line(line).ok_or_else(|| bad_line(index)))
            .collect()
    }

    /// The pinned key of `server` (`HOST:PORT`), if it was met before.
    pub fn lookup(&self, server: &str) -> io::Result<Option<Fingerprint>> {
        let known = self.all()?;
        Ok(known.into_iter().find(|known| known.server == server).map(|known| known.fingerprint))
    }

    /// Pins a key. A server that another process pinned meanwhile keeps the key it has; the key
    /// that holds from now on is returned.
    pub fn pin(&self, server: &str, fingerprint: Fingerprint) -> io::Result<Fingerprint> {
        self.change(|known| {
            if let Some(present) = known.iter().find(|known| known.server == server) {
                return (present.fingerprint, false);
            }
            known.push(KnownServer {
                server: server.to_owned(),
                fingerprint,
                since_unix_secs: now_unix_secs(),
            });
            (fingerprint, true)
        })
    }

    /// Forgets a server. `host` is a host, with all its ports, or `HOST:PORT`. Returns what was
    /// forgotten.
    pub fn forget(&self, host: &str) -> io::Result<Vec<KnownServer>> {
        self.change(|known| {
            let (gone, kept) =
                known.drain(..).partition(|known: &KnownServer| is_meant(&known.server, host));
            *known = kept;
            let has_changed = !gone.is_empty();
            (gone, has_changed)
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<KnownServer>) -> (T, bool)) -> io::Result<T> {
        let _lock = self.0.lock()?;
        let mut known = self.all()?;
        let (result, has_changed) = change(&mut known);
        if has_changed {
            let line = |one: &KnownServer| {
                format!("{} {} {}\n", one.server, one.fingerprint, one.since_unix_secs)
            };
            self.0.replace(&known.iter().map(line).collect::<String>())?;
        }
        Ok(result)
    }
}

fn parse_line(line: &str) -> Option<KnownServer> {
    let mut fields = line.split_ascii_whitespace();
    let known = KnownServer {
        server: fields.next()?.to_owned(),
        fingerprint: Fingerprint::parse(fields.next()?).ok()?,
        since_unix_secs: fields.next()?.parse().ok()?,
    };
    fields.next().is_none().then_some(known)
}

pub(super) fn is_meant(server: &str, host: &str) -> bool {
    let own_host = server.rsplit_once(':').map_or(server, |parts| parts.0);
    let bare_host = own_host.trim_start_matches('[').trim_end_matches(']');
    [server, own_host, bare_host].contains(&host)
}

fn bad_line(index: usize) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("line {} is no known server; remove that line to go on", index + 1),
    )
}

fn now_unix_secs() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: &[u8]) -> Fingerprint {
        Fingerprint::of_public_key(seed)
    }

    #[test]
    fn a_pinned_key_stays_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let known = KnownServers::in_folder(&folder.path().join("deep/client"));
        assert_eq!(known.lookup("host:3000").unwrap(), None);
        assert_eq!(known.pin("host:3000", key(b"a")).unwrap(), key(b"a"));
        assert_eq!(known.pin("host:3000", key(b"b")).unwrap(), key(b"a"));
        known.pin("[::1]:3000", key(b"c")).unwrap();
        assert_eq!(known.lookup("host:3000").unwrap(), Some(key(b"a")));
        assert_eq!(known.forget("::1").unwrap().len(), 1);
        assert_eq!(known.forget("host").unwrap().len(), 1);
        assert!(known.all().unwrap().is_empty());
    }

    #[test]
    fn a_damaged_line_is_an_error_and_names_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let known = KnownServers::in_folder(folder.path());
        std::fs::write(known.file(), "# mine\nhost:3000 nonsense 1\n").unwrap();
        let err = known.lookup("other:1").unwrap_err();
        assert!(err.to_string().contains("line 2"), "{err}");
    }

    #[test]
    fn several_threads_pin_without_losing_any() {
        let folder = tempfile::tempdir().unwrap();
        let known = KnownServers::in_folder(folder.path());
        std::thread::scope(|scope| {
            for index in 0..8 {
                let known = known.clone();
                scope.spawn(move || known.pin(&format!("host:{index}"), key(b"k")).unwrap());
            }
        });
        assert_eq!(known.all().unwrap().len(), 8);
    }
}
