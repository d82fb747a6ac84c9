//! [`Address`]: a `ferry://` URL, parsed once. It says where a server is, who asks and what for;
//! it opens no connection.

use crate::trust::Fingerprint;
use data_encoding::BASE32_NOPAD;
use ferry_protocol::limits::DEFAULT_PORT;
use ferry_protocol::{InvitationSecret, PathError, RemotePath, escape};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use std::net::Ipv6Addr;
use std::{fmt, str};

/// A place on a Ferry server: `ferry://[user@]host[:port]/path#fp=FINGERPRINT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Account name; `None` for the guest.
    pub user: Option<String>,
    /// Host name or IP address; an IPv6 address is kept without its brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// What is meant on the server.
    pub path: RemotePath,
    /// Whether the path ended in a slash, or is the root: a folder to put things into.
    pub is_folder_target: bool,
    /// The key that the server must have.
    pub fingerprint: Option<Fingerprint>,
    /// The invitation of a link. It is no part of what is shown of an address.
    pub invitation: Option<InvitationSecret>,
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressError {
    /// It does not begin with `ferry://`.
    NotFerry,
    /// It holds a password, which would be seen by everyone on this machine.
    Password,
    /// It names no host.
    NoHost,
    /// The host holds a character that no host can have, or an unclosed bracket.
    BadHost,
    /// The port is no number from 1 to 65535.
    BadPort(String),
    /// The user name is not UTF-8.
    BadUser,
    /// A percent sign without two hexadecimal digits after it.
    BadPercent,
    /// A `%2F` in the path: a name cannot hold a slash.
    EncodedSlash,
    /// The path leads above the root with `..`.
    AboveRoot,
    /// A path that cannot be.
    BadPath(PathError),
    /// The fragment's `fp=` is no fingerprint.
    BadFingerprint,
    /// The fragment's `i=` is no invitation.
    BadInvitation,
}

impl Address {
    /// Parses a whole URL, scheme included.
    pub fn parse(url: &str) -> Result<Self, AddressError> {
        Self::parse_after_scheme(strip_scheme(url).ok_or(AddressError::NotFerry)?)
    }

    /// Parses what a person types when asked for an address: a URL, or without its scheme
    /// `[user@]host[:port][/path]`, or a bare IPv6 address.
    pub fn parse_typed(typed: &str) -> Result<Self, AddressError> {
        let typed = typed.trim();
        match strip_scheme(typed) {
            Some(rest) => Self::parse_after_scheme(rest),
            None if typed.contains("://") => Err(AddressError::NotFerry),
            None if typed.parse::<Ipv6Addr>().is_ok() => {
                Self::parse_after_scheme(&format!("[{typed}]"))
            }
            None => Self::parse_after_scheme(typed),
        }
    }

    /// Whether `text` means a place on a server and not a local file.
    #[must_use]
    pub fn is_url(text: &str) -> bool {
        strip_scheme(text).is_some()
    }

    /// `host:port`, with brackets around an IPv6 address.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    fn parse_after_scheme(rest: &str) -> Result<Self, AddressError> {
        let (place, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (authority, path) = match place.find('/') {
            Some(slash) => place.split_at(slash),
            None => (place, ""),
        };
        let (user, host_and_port) = match authority.rsplit_once('@') {
            Some((user, host)) => (parse_user(user)?, host),
            None => (None, authority),
        };
        let (host, port) = parse_host(host_and_port)?;
        let (path, is_folder_target) = parse_path(path)?;
        let fingerprint = parse_fingerprint(fragment)?;
        let invitation = parse_invitation(fragment)?;
        Ok(Self { user, host, port, path, is_folder_target, fingerprint, invitation })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ferry://")?;
        if let Some(user) = &self.user {
            write!(f, "{}@", percent_encode(user.as_bytes(), KEPT_IN_USER))?;
        }
        // Only a zone such as `fe80::1%eth0` has anything to encode.
        write!(f, "{}/", self.authority().replace('%', "%25"))?;
        let names = self.path.as_relative_bytes();
        write!(f, "{}", percent_encode(names, KEPT_IN_PATH))?;
        if self.is_folder_target && !self.path.is_root() {
            f.write_str("/")?;
        }
        match &self.fingerprint {
            Some(fingerprint) => write!(f, "#fp={fingerprint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFerry => "an address begins with ferry://, as in ferry://host/folder",
            Self::Password => {
                "an address may not hold a password, which others could see; \
                 use FERRY_PASSWORD or --password-file"
            }
            Self::NoHost => "the address names no host",
            Self::BadHost => "the address has a host that cannot be",
            Self::BadPort(port) => {
                let shown = escape(port.as_bytes());
                return write!(f, "the port \"{shown}\" is no number from 1 to 65535");
            }
            Self::BadUser => "the user name in the address is not UTF-8",
            Self::BadPercent => "a % in an address needs two hexadecimal digits; write %25 for it",
            Self::EncodedSlash => "a name cannot hold a slash, so %2F has no place in an address",
            Self::AboveRoot => "the path leads above the shared folder",
            Self::BadPath(err) => return err.fmt(f),
            Self::BadInvitation => {
                "the invitation of this link was cut off or altered; ask for the link again"
            }
            Self::BadFingerprint => "the fingerprint is not 52 characters of a-z and 2-7",
        })
    }
}

impl std::error::Error for AddressError {}

fn strip_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    scheme.eq_ignore_ascii_case("ferry").then_some(rest)
}

fn parse_user(user: &str) -> Result<Option<String>, AddressError> {
    if user.contains(':') {
        return Err(AddressError::Password);
    }
    let Ok(name) = String::from_utf8(decode_percent(user)?) else {
        return Err(AddressError::BadUser);
    };
    Ok(Some(name).filter(|name| !name.is_empty()))
}

fn parse_host(host_and_port: &str) -> Result<(String, u16), AddressError> {
    let (host, port) = if let Some(rest) = host_and_port.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or(AddressError::BadHost)?;
        (host.replace("%25", "%"), port)
    } else {
        let end = host_and_port.find(':').unwrap_or(host_and_port.len());
        let (host, port) = host_and_port.split_at(end);
        (host.to_owned(), port)
    };
    if host.is_empty() {
        return Err(AddressError::NoHost);
    }
    let is_bracketed = host_and_port.starts_with('[');
    let has_bad_character = host.chars().any(|character| {
        character.is_whitespace()
            || character.is_control()
            || matches!(character, '\\' | '"' | '<' | '>' | '@' | '[' | ']' | '?')
            || (character == '%' && !is_bracketed)
    });
    if has_bad_character || (is_bracketed && !host.contains(':')) {
        return Err(AddressError::BadHost);
    }
    Ok((host, parse_port(port)?))
}

/// `port` is empty or begins with its colon.
fn parse_port(port: &str) -> Result<u16, AddressError> {
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok(DEFAULT_PORT),
        Some("") => Ok(DEFAULT_PORT),
        Some(number) => match number.parse() {
            Ok(port) if port > 0 && !number.starts_with('+') => Ok(port),
            _ => Err(AddressError::BadPort(number.to_owned())),
        },
        None => Err(AddressError::BadHost),
    }
}

fn parse_path(path: &str) -> Result<(RemotePath, bool), AddressError> {
    if path.to_ascii_lowercase().contains("%2f") {
        return Err(AddressError::EncodedSlash);
    }
    let bytes = decode_percent(path)?;
    let resolved = resolve(&RemotePath::root(), &bytes)?;
    let is_folder_target = resolved.is_root() || names_a_folder(&bytes);
    Ok((resolved, is_folder_target))
}

/// Resolves a typed path against `current`: a leading slash starts at the root, empty names and
/// `.` are dropped and `..` takes a name away, here and not on the server, whose paths have none.
pub(crate) fn resolve(current: &RemotePath, typed: &[u8]) -> Result<RemotePath, AddressError> {
    let mut names: Vec<&[u8]> = match typed.first() {
        Some(b'/') => Vec::new(),
        _ => current.names().collect(),
    };
    for name in typed.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => {
                names.pop().ok_or(AddressError::AboveRoot)?;
            }
            _ => names.push(name),
        }
    }
    RemotePath::parse(&names.join(&b'/')).map_err(AddressError::BadPath)
}

/// Whether a typed path can only mean a folder: it ends in a slash, `.` or `..`.
pub(crate) fn names_a_folder(typed: &[u8]) -> bool {
    matches!(typed.rsplit(|byte| *byte == b'/').next(), None | Some(b"" | b"." | b".."))
}

/// The value of a key of the fragment. Keys that this version does not know may come from a newer
/// server's link.
fn fragment_value<'a>(fragment: &'a str, key: &str) -> Option<&'a str> {
    fragment.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
}

fn parse_fingerprint(fragment: &str) -> Result<Option<Fingerprint>, AddressError> {
    let typed = fragment_value(fragment, "fp");
    typed.map(Fingerprint::parse).transpose().map_err(|_bad| AddressError::BadFingerprint)
}

fn parse_invitation(fragment: &str) -> Result<Option<InvitationSecret>, AddressError> {
    let Some(typed) = fragment_value(fragment, "i") else { return Ok(None) };
    let decoded = BASE32_NOPAD.decode(typed.to_ascii_uppercase().as_bytes());
    let bytes = decoded.ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(|bytes| Some(InvitationSecret::new(bytes))).ok_or(AddressError::BadInvitation)
}

fn decode_percent(text: &str) -> Result<Vec<u8>, AddressError> {
    let mut after_percents = text.split('%');
    after_percents.next();
    for after in after_percents {
        let digits = after.as_bytes().get(..2).ok_or(AddressError::BadPercent)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(AddressError::BadPercent);
        }
    }
    Ok(percent_decode_str(text).collect())
}

const KEPT_IN_USER: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const KEPT_IN_PATH: &AsciiSet = &KEPT_IN_USER.remove(b'/');

#[cfg(test)]
mod tests;
