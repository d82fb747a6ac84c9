//! Names and paths, parsed once: a value of these types is always legal.

use crate::PathError;
use crate::limits::{NAME_MAX, PATH_DEPTH_MAX, PATH_MAX, RESERVED_PREFIX};
use std::fmt;

/// One name in a folder: 1 to 255 bytes, not `.` or `..`, without `/` and NUL, and not reserved.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<[u8]>);

impl Name {
    /// Checks `bytes` and keeps them as they are.
    pub fn parse(bytes: &[u8]) -> Result<Self, PathError> {
        check_name(bytes)?;
        Ok(Self(bytes.into()))
    }

    /// The name's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape(&self.0))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// A path from the root of what is shared. It cannot hold `..`, so it cannot leave the root.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemotePath {
    /// Names joined by single slashes; empty for the root itself.
    joined: Vec<u8>,
}

impl RemotePath {
    /// The root of what is shared.
    #[must_use]
    pub const fn root() -> Self {
        Self { joined: Vec::new() }
    }

    /// Parses a path, with or without its leading slash, from the root.
    pub fn parse(bytes: &[u8]) -> Result<Self, PathError> {
        let joined = bytes.strip_prefix(b"/").unwrap_or(bytes);
        check_joined(joined)?;
        Ok(Self { joined: joined.to_vec() })
    }

    /// Whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.joined.is_empty()
    }

    /// The names from the root down.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.joined.split(|byte| *byte == b'/').filter(|name| !name.is_empty())
    }

    /// The last name; `None` for the root.
    #[must_use]
    pub fn name(&self) -> Option<Name> {
        self.names().next_back().map(|name| Name(name.into()))
    }

    /// The folder that holds this; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let name_len = self.names().next_back()?.len();
        let joined = self.joined.get(..self.joined.len().saturating_sub(name_len))?;
        Some(Self { joined: joined.strip_suffix(b"/").unwrap_or(joined).to_vec() })
    }

    /// This path with `name` below it.
    pub fn join(&self, name: &Name) -> Result<Self, PathError> {
        self.join_all(name.as_bytes())
    }

    /// This path with several names, joined by slashes, below it.
    pub fn join_all(&self, below: &[u8]) -> Result<Self, PathError> {
        let mut joined = self.joined.clone();
        if !joined.is_empty() && !below.is_empty() {
            joined.push(b'/');
        }
        joined.extend_from_slice(below);
        check_joined(&joined)?;
        Ok(Self { joined })
    }

    /// Whether `other` is this path or lies above it.
    #[must_use]
    pub fn starts_with(&self, other: &Self) -> bool {
        other.is_root()
            || self
                .joined
                .strip_prefix(other.joined.as_slice())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }

    /// The names joined by slashes, without a leading one; empty for the root.
    #[must_use]
    pub fn as_relative_bytes(&self) -> &[u8] {
        &self.joined
    }

    /// The path as it is written on the wire, with its leading slash.
    #[must_use]
    pub fn to_wire(&self) -> Vec<u8> {
        let mut wire = vec![b'/'];
        wire.extend_from_slice(&self.joined);
        wire
    }
}

impl fmt::Display for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", escape(&self.joined))
    }
}

impl fmt::Debug for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// A path as a request carries it: from the root, or from the session's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestedPath {
    from_root: bool,
    path: RemotePath,
}

impl RequestedPath {
    /// Parses the wire form: a leading slash means from the root.
    pub fn parse(bytes: &[u8]) -> Result<Self, PathError> {
        Ok(Self { from_root: bytes.starts_with(b"/"), path: RemotePath::parse(bytes)? })
    }

    /// The path that is meant when the session's folder is `current`.
    pub fn resolve(&self, current: &RemotePath) -> Result<RemotePath, PathError> {
        if self.from_root {
            return Ok(self.path.clone());
        }
        current.join_all(self.path.as_relative_bytes())
    }

    /// The wire form.
    #[must_use]
    pub fn to_wire(&self) -> Vec<u8> {
        if self.from_root { self.path.to_wire() } else { self.path.as_relative_bytes().to_vec() }
    }
}

impl From<RemotePath> for RequestedPath {
    fn from(path: RemotePath) -> Self {
        Self { from_root: true, path }
    }
}

/// Makes bytes safe to show, log or put in a line: control characters, backslashes, characters
/// that reorder text and bytes that are not UTF-8 are written as escapes.
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' => shown.push_str("\\\\"),
                '\n' | '\r' | '\t' => shown.extend(character.escape_default()),
                _ if character.is_ascii_control() => push_hex(&mut shown, character),
                _ if character.is_control() || reorders_text(character) => {
                    shown.extend(character.escape_unicode());
                }
                _ => shown.push(character),
            }
        }
        for byte in chunk.invalid() {
            push_hex(&mut shown, char::from(*byte));
        }
    }
    shown
}

fn push_hex(shown: &mut String, character: char) {
    let byte = u32::from(character);
    let digits = [byte >> 4, byte & 0xf].map(|digit| char::from_digit(digit, 16));
    shown.push_str("\\x");
    shown.extend(digits.into_iter().flatten());
}

/// Direction controls and line separators, with which a name could pose as another.
fn reorders_text(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

fn check_joined(joined: &[u8]) -> Result<(), PathError> {
    if joined.is_empty() {
        return Ok(());
    }
    // The wire form has a leading slash more.
    if joined.len() >= PATH_MAX {
        return Err(PathError::PathTooLong);
    }
    for (depth, name) in joined.split(|byte| *byte == b'/').enumerate() {
        if depth >= PATH_DEPTH_MAX {
            return Err(PathError::TooDeep);
        }
        check_name(name)?;
    }
    Ok(())
}

fn check_name(name: &[u8]) -> Result<(), PathError> {
    match name {
        b"" => Err(PathError::EmptyName),
        b"." | b".." => Err(PathError::DotName),
        _ if name.len() > NAME_MAX => Err(PathError::NameTooLong),
        _ if name.iter().any(|byte| matches!(byte, 0 | b'/')) => Err(PathError::ForbiddenByte),
        _ if name.starts_with(RESERVED_PREFIX) => Err(PathError::Reserved),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_could_leave_the_root_is_refused() {
        for (bytes, err) in [
            (&b"/a/../b"[..], PathError::DotName),
            (b"..", PathError::DotName),
            (b"/a/./b", PathError::DotName),
            (b"//etc", PathError::EmptyName),
            (b"/a//b", PathError::EmptyName),
            (b"/a/", PathError::EmptyName),
            (b"/a\0b", PathError::ForbiddenByte),
            (b"/x/.ferry-part-00", PathError::Reserved),
        ] {
            assert_eq!(RemotePath::parse(bytes), Err(err), "{bytes:?}");
        }
    }

    #[test]
    fn limits_are_exact() {
        assert!(Name::parse(&[b'n'; 255]).is_ok());
        assert_eq!(Name::parse(&[b'n'; 256]), Err(PathError::NameTooLong));
        let deep = |depth: usize| vec!["d"; depth].join("/").into_bytes();
        assert!(RemotePath::parse(&deep(64)).is_ok());
        assert_eq!(RemotePath::parse(&deep(65)), Err(PathError::TooDeep));
        let long = |len: usize| {
            let mut path = ["/".to_owned() + &"n".repeat(250)].concat().repeat(17).into_bytes();
            path.truncate(len);
            path
        };
        assert!(RemotePath::parse(&long(4096)).is_ok());
        assert_eq!(RemotePath::parse(&long(4097)), Err(PathError::PathTooLong));
    }

    #[test]
    fn parent_name_and_join_agree() {
        let path = RemotePath::parse(b"/a/b c").unwrap();
        assert_eq!(path.name().unwrap().as_bytes(), b"b c");
        let parent = path.parent().unwrap();
        assert_eq!(parent, RemotePath::parse(b"a").unwrap());
        assert_eq!(parent.join(&path.name().unwrap()).unwrap(), path);
        assert_eq!(parent.parent(), Some(RemotePath::root()));
        assert_eq!(RemotePath::root().parent(), None);
        assert!(path.starts_with(&parent) && path.starts_with(&RemotePath::root()));
        assert!(!RemotePath::parse(b"/ab").unwrap().starts_with(&parent));
    }

    #[test]
    fn a_requested_path_is_resolved_from_the_session_folder() {
        let current = RemotePath::parse(b"/music").unwrap();
        let resolve = |bytes| RequestedPath::parse(bytes).unwrap().resolve(&current).unwrap();
        assert_eq!(resolve(b"").to_wire(), b"/music");
        assert_eq!(resolve(b"new/x").to_wire(), b"/music/new/x");
        assert_eq!(resolve(b"/new").to_wire(), b"/new");
        assert_eq!(resolve(b"/").to_wire(), b"/");
    }

    #[test]
    fn shown_names_can_forge_nothing() {
        assert_eq!(escape(b"a\nb\r\x1b[2J\\"), "a\\nb\\r\\x1b[2J\\\\");
        assert_eq!(escape(b"\xff\xfe.bin"), "\\xff\\xfe.bin");
        assert_eq!(escape("日本 نص 🚢".as_bytes()), "日本 نص 🚢");
        assert_eq!(escape("a\u{202e}b".as_bytes()), "a\\u{202e}b");
    }
}
