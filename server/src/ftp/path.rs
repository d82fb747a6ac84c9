//! Paths as FTP programs write them: with dots, doubled slashes, and slashes at the end.

use ferry_protocol::{PathError, RemotePath};

/// The path that is meant by `argument` when the session's folder is `current`. Dots are folded
/// here; what is a legal name is [`RemotePath`]'s to say.
pub(super) fn resolve(current: &RemotePath, argument: &[u8]) -> Result<RemotePath, PathError> {
    if argument.iter().any(|byte| matches!(byte, b'\0' | b'\r' | b'\n')) {
        return Err(PathError::ForbiddenByte);
    }
    let mut names: Vec<&[u8]> =
        if argument.starts_with(b"/") { Vec::new() } else { current.names().collect() };
    for name in argument.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            // Above the root is the root.
            b".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    RemotePath::parse(&names.join(&b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_and_slashes_are_folded_and_nothing_leads_above_the_root() {
        let current = RemotePath::parse(b"/a/b").unwrap();
        for (argument, expected) in [
            (&b""[..], &b"/a/b"[..]),
            (b".", b"/a/b"),
            (b"..", b"/a"),
            (b"../../../../c", b"/c"),
            (b"/", b"/"),
            (b"//x//y/", b"/x/y"),
            (b"./d/../e", b"/a/b/e"),
            (b" f ", b"/a/b/ f "),
        ] {
            let resolved = resolve(&current, argument).unwrap();
            assert_eq!(resolved.to_wire(), expected, "{argument:?}");
        }
    }

    #[test]
    fn what_could_end_a_line_and_what_is_ours_is_refused() {
        let root = RemotePath::root();
        for bad in [&b"a\0b"[..], b"a\rb", b"a\nb", b"x/.ferry-part-0"] {
            assert!(resolve(&root, bad).is_err(), "{bad:?}");
        }
    }
}
