//! What is known of a kept thing. A record is the target of a symbolic link: making one is a
//! single step in the journal of every file system, so that no cut leaves half a record, and no
//! sync is needed for its content. What is too long for one link goes on in the next.

use crate::storage::Author;
use crate::sys;
use ferry_protocol::{RemotePath, UndoGroup, UndoId, UndoReason};
use std::fs::File;
use std::io;

/// Where a thing was, and whose doing it is that it is not there any more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) reason: UndoReason,
    pub(super) group: UndoGroup,
    /// Empty for the guest.
    pub(super) account: String,
    pub(super) path: RemotePath,
}

impl Record {
    pub(super) fn new(reason: UndoReason, path: &RemotePath, by: &Author) -> Self {
        Self { reason, group: by.group, account: by.account.clone(), path: path.clone() }
    }

    /// Makes the links of the record; after a failure none is left.
    pub(super) fn write(&self, folder: &File, id: UndoId) -> io::Result<()> {
        for (index, piece) in self.to_bytes().chunks(LINK_LEN_MAX).enumerate() {
            if let Err(err) = sys::make_link(folder, &link_name(id, index), piece) {
                Self::remove(folder, id)?;
                return Err(err);
            }
        }
        Ok(())
    }

    /// Reads a record back; `None` if it is not there or not whole.
    pub(super) fn read(folder: &File, id: UndoId) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        for index in 0..LINKS_MAX {
            match sys::read_link(folder, &link_name(id, index)) {
                Err(err) if err.kind() == io::ErrorKind::NotFound => break,
                piece => bytes.extend_from_slice(&piece?),
            }
        }
        Ok(Self::parse(&bytes))
    }

    /// Removes a record, as far as it is there.
    pub(super) fn remove(folder: &File, id: UndoId) -> io::Result<()> {
        for index in 0..LINKS_MAX {
            match sys::remove_file(folder, link_name(id, index).as_slice()) {
                Err(err) if err.kind() == io::ErrorKind::NotFound => break,
                removed => removed?,
            }
        }
        Ok(())
    }

    fn to_bytes(&self) -> Vec<u8> {
        let reason = match self.reason {
            UndoReason::Replaced => REPLACED,
            UndoReason::Removed => REMOVED,
        };
        let account = if self.account.is_empty() { GUEST } else { &self.account };
        let group = data_encoding::HEXLOWER.encode(&self.group.0);
        let path = self.path.as_relative_bytes();
        let mut bytes =
            format!("{VERSION} {reason} {group} {account} {} ", path.len()).into_bytes();
        bytes.extend_from_slice(path);
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut words = bytes.splitn(6, |byte| *byte == b' ');
        let mut word = || str::from_utf8(words.next()?).ok();
        let (version, reason, group) = (word()?, word()?, word()?);
        let (account, path_len) = (word()?, word()?.parse::<usize>().ok()?);
        let path = words.next()?;
        if version != VERSION || path.len() != path_len {
            return None;
        }
        let group = data_encoding::HEXLOWER.decode(group.as_bytes()).ok()?.try_into().ok()?;
        let reason = match reason {
            REPLACED => UndoReason::Replaced,
            REMOVED => UndoReason::Removed,
            _ => return None,
        };
        let account = if account == GUEST { String::new() } else { account.to_owned() };
        let path = RemotePath::parse(path).ok()?;
        Some(Self { reason, group: UndoGroup(group), account, path })
    }
}

/// The name of a kept thing: its id in hexadecimal digits.
pub(super) fn id_name(id: UndoId) -> Vec<u8> {
    data_encoding::HEXLOWER.encode(&id.0).into_bytes()
}

/// What a name in the folder is: a kept thing, or a link of the record of one.
pub(super) enum NameOf {
    Thing(UndoId),
    Record(UndoId),
}

/// What the name stands for; `None` if it is neither.
pub(super) fn meaning_of(name: &[u8]) -> Option<NameOf> {
    let (digits, rest) = name.split_at_checked(32)?;
    let id = UndoId(data_encoding::HEXLOWER.decode(digits).ok()?.try_into().ok()?);
    match rest {
        [] => Some(NameOf::Thing(id)),
        [b'.', ..] => Some(NameOf::Record(id)),
        _ => None,
    }
}

fn link_name(id: UndoId, index: usize) -> Vec<u8> {
    let mut name = id_name(id);
    name.extend_from_slice(format!(".{index}").as_bytes());
    name
}

const VERSION: &str = "1";
const REPLACED: &str = "replaced";
const REMOVED: &str = "removed";

/// Stands for the guest, whose name is empty. No account's name begins with a dot.
const GUEST: &str = ".";

/// Bytes of a link's target: xfs holds 1,024.
const LINK_LEN_MAX: usize = 1000;

/// Enough for the longest path, account and the rest.
const LINKS_MAX: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn record(path: &[u8], account: &str) -> Record {
        let path = RemotePath::parse(path).unwrap();
        let by = Author { account: account.to_owned(), group: UndoGroup([0xab; 16]) };
        Record::new(UndoReason::Removed, &path, &by)
    }

    #[test]
    fn a_record_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let handle = File::open(folder.path()).unwrap();
        let longest = vec![&[b'n'; 250][..]; 16].join(&b'/');
        let id = UndoId([7; 16]);
        for path in [&b"a b\n/\xff"[..], &longest, b" "] {
            for account in ["", "ann", "-"] {
                let record = record(path, account);
                record.write(&handle, id).unwrap();
                assert_eq!(Record::read(&handle, id).unwrap(), Some(record));
                Record::remove(&handle, id).unwrap();
                assert_eq!(Record::read(&handle, id).unwrap(), None);
                assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
            }
        }
    }

    #[test]
    fn a_record_that_lost_a_piece_is_none() {
        let bytes = record(b"some/long/path", "ann").to_bytes();
        assert!(Record::parse(&bytes).is_some());
        for len in 0..bytes.len() {
            assert_eq!(Record::parse(&bytes[..len]), None, "{len}");
        }
    }

    #[test]
    fn names_say_what_they_are() {
        let id = UndoId([0x1f; 16]);
        assert!(matches!(meaning_of(&id_name(id)), Some(NameOf::Thing(thing)) if thing == id));
        assert!(matches!(meaning_of(&link_name(id, 3)), Some(NameOf::Record(of)) if of == id));
        assert!(meaning_of(b"gone").is_none() && meaning_of(&[b'a'; 33]).is_none());
    }
}
