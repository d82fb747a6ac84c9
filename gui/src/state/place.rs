//! [`Place`]: an absolute path on either side, and how names are shown.

#[cfg(unix)]
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

/// A file or folder of one side: an absolute path in bytes, names joined by single slashes. On
/// the server it begins at the root of what is shared.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Without the leading slash; empty for the root.
    joined: Vec<u8>,
}

impl Place {
    /// The topmost folder.
    #[must_use]
    pub const fn root() -> Self {
        Self { joined: Vec::new() }
    }

    /// From a path: empty names and `.` are dropped, `..` takes a name away.
    #[must_use]
    pub fn parse(path: &[u8]) -> Self {
        Self::root().resolve(path)
    }

    /// Where a typed path leads from here; one that begins with a slash begins at the top.
    #[must_use]
    pub fn resolve(&self, typed: &[u8]) -> Self {
        let mut names: Vec<&[u8]> = match typed.first() {
            Some(b'/') => Vec::new(),
            _ => self.names().collect(),
        };
        for name in typed.split(|byte| *byte == b'/') {
            match name {
                b"" | b"." => {}
                b".." => drop(names.pop()),
                _ => names.push(name),
            }
        }
        Self { joined: names.join(&b'/') }
    }

    /// Where a path leads from here that was typed over this one as it is shown. What was left
    /// alone means the names themselves, also those that are shown otherwise than they are.
    #[must_use]
    pub fn resolve_shown(&self, typed: &str) -> Self {
        for place in self.line().iter().skip(1).rev() {
            match typed.strip_prefix(&place.to_string()) {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                    return place.resolve(rest.trim_start_matches('/').as_bytes());
                }
                _ => {}
            }
        }
        self.resolve(typed.as_bytes())
    }

    /// The path as a text that names this and nothing else; `None` where some name is no text, or
    /// is shown otherwise than it is.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        let shown = self.to_string();
        (shown.as_bytes() == self.to_bytes()).then_some(shown)
    }

    /// The file or folder of this name in here. The name is kept as it is.
    #[must_use]
    pub fn join(&self, name: &[u8]) -> Self {
        let mut joined = self.joined.clone();
        if !joined.is_empty() {
            joined.push(b'/');
        }
        joined.extend_from_slice(name);
        Self { joined }
    }

    /// The folder that holds this; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let name = self.name()?;
        let above = self.joined.len().saturating_sub(name.len());
        let joined = self.joined.get(..above).unwrap_or_default();
        Some(Self { joined: joined.strip_suffix(b"/").unwrap_or(joined).to_vec() })
    }

    /// The last name; `None` for the root.
    #[must_use]
    pub fn name(&self) -> Option<&[u8]> {
        self.names().last()
    }

    /// Names from the top down.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.joined.split(|byte| *byte == b'/').filter(|name| !name.is_empty())
    }

    /// This place and all above it, the root first.
    #[must_use]
    pub fn line(&self) -> Vec<Self> {
        let mut line = vec![Self::root()];
        for name in self.names() {
            let above = line.last().cloned().unwrap_or_else(Self::root);
            line.push(above.join(name));
        }
        line
    }

    /// Whether this is the topmost folder.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.joined.is_empty()
    }

    /// Whether this is `other` or lies below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        other.is_root()
            || self
                .joined
                .strip_prefix(other.joined.as_slice())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }

    /// From a path of this computer, which must be absolute.
    #[must_use]
    pub fn from_path(path: &Path) -> Self {
        #[cfg(unix)]
        return Self::parse(std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()));
        #[cfg(not(unix))]
        Self::parse(path.to_string_lossy().replace('\\', "/").as_bytes())
    }

    /// The path, for this computer.
    #[must_use]
    pub fn to_path(&self) -> PathBuf {
        #[cfg(unix)]
        return <OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&self.to_bytes()).into();
        #[cfg(not(unix))]
        String::from_utf8_lossy(&self.joined).into_owned().into()
    }

    /// The path in bytes, with its leading slash.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [b"/", self.joined.as_slice()].concat()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", shown(&self.joined))
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A name as it is drawn: what is not UTF-8, controls, and characters that reorder text, with
/// which a name could pose as another, become a replacement character.
#[must_use]
pub fn shown(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    if !text.chars().any(is_unshowable) {
        return text.into_owned();
    }
    text.chars().map(|char| if is_unshowable(char) { '\u{fffd}' } else { char }).collect()
}

/// A text of several lines as it is drawn, each line as a name is.
#[must_use]
pub fn shown_lines(text: &str) -> String {
    let lines: Vec<String> = text.trim().lines().map(|line| shown(line.as_bytes())).collect();
    lines.join("\n")
}

fn is_unshowable(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_paths_resolve() {
        let here = Place::parse(b"/people/ana");
        assert_eq!(here.resolve(b"music").to_string(), "/people/ana/music");
        assert_eq!(here.resolve(b"../bob/./x/").to_string(), "/people/bob/x");
        assert_eq!(here.resolve(b"/srv").to_string(), "/srv");
        assert_eq!(here.resolve(b"../../../..").to_string(), "/");
    }

    #[test]
    fn a_shown_path_that_is_typed_over_keeps_the_names_themselves() {
        let here = Place::root().join(b"caf\xe9").join(b"a ");
        assert_eq!(here.resolve_shown(&here.to_string()), here);
        let menu = here.resolve_shown("/caf\u{fffd}/menu");
        assert_eq!(menu.to_bytes(), b"/caf\xe9/menu");
        assert_eq!(here.resolve_shown("/caf\u{fffd}").to_bytes(), b"/caf\xe9");
        assert_eq!(here.resolve_shown("/café/a ").to_bytes(), "/café/a ".as_bytes());
        assert_eq!(here.resolve_shown("b").to_bytes(), b"/caf\xe9/a /b");
        assert_eq!(here.resolve_shown("/").to_bytes(), b"/");
    }

    #[test]
    fn a_path_is_a_text_only_where_it_names_itself() {
        assert_eq!(Place::parse("/a /日本".as_bytes()).to_text().as_deref(), Some("/a /日本"));
        assert_eq!(Place::parse(b"/caf\xe9").to_text(), None);
        assert_eq!(Place::parse(b"/a\nb").to_text(), None);
    }

    #[test]
    fn parents_lead_to_the_root() {
        let place = Place::parse(b"/a/b");
        assert_eq!(place.parent(), Some(Place::parse(b"/a")));
        assert_eq!(Place::parse(b"/a").parent(), Some(Place::root()));
        assert_eq!(Place::root().parent(), None);
        let line: Vec<String> = place.line().iter().map(Place::to_string).collect();
        assert_eq!(line, ["/", "/a", "/a/b"]);
        assert!(place.is_within(&Place::parse(b"/a")));
        assert!(!Place::parse(b"/ab").is_within(&Place::parse(b"/a")));
    }

    #[test]
    fn names_cannot_pose_as_others() {
        assert_eq!(shown("日本 نص 🚢".as_bytes()), "日本 نص 🚢");
        assert_eq!(shown(b"a\nb\xff"), "a\u{fffd}b\u{fffd}");
        assert_eq!(shown("exe\u{202e}txt".as_bytes()), "exe\u{fffd}txt");
        assert_eq!(shown_lines("\n a\x1b[0m\r\nb\n"), "a\u{fffd}[0m\nb");
    }
}
