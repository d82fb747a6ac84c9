//! Which names some file systems take for one: they differ only in letter case or in the form of
//! their Unicode.

use unicode_normalization::UnicodeNormalization as _;

/// The form that all twins of a name share: its letters in lower case and composed (NFC). A name
/// that is not UTF-8 keeps its bytes, but for ASCII letters.
#[must_use]
pub fn twin_key(name: &[u8]) -> Vec<u8> {
    let Ok(text) = str::from_utf8(name) else {
        return name.to_ascii_lowercase();
    };
    if text.is_ascii() {
        return name.to_ascii_lowercase();
    }
    // Composed again behind the change of case, which can take a composed letter apart.
    let lower: String = text.nfc().flat_map(char::to_lowercase).collect();
    lower.nfc().collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_share_a_key_and_others_do_not() {
        for (one, other) in [
            ("README", "ReadMe"),
            ("caf\u{e9}", "cafe\u{301}"),
            ("CAF\u{c9}", "cafe\u{301}"),
            ("\u{130}x", "i\u{307}X"),
            ("\u{1f88}", "\u{1f80}"),
        ] {
            assert_eq!(twin_key(one.as_bytes()), twin_key(other.as_bytes()), "{one} {other}");
        }
        assert_eq!(twin_key(b"A\xff"), twin_key(b"a\xff"));
        for (one, other) in [("a", "b"), ("cafe", "caf\u{e9}"), ("a b", "ab")] {
            assert_ne!(twin_key(one.as_bytes()), twin_key(other.as_bytes()), "{one} {other}");
        }
    }
}
