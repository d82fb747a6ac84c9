//! Patterns that LIST, NLST and STAT take in place of a name, as shells know them: `*` for
//! anything, `?` for one character, `[a-z]` for one of a set. All else means itself. Whatever a
//! client sends, matching takes steps in the order of the name's length times the pattern's.

/// A pattern.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    parts: Vec<Part>,
    len: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Anything,
    OneOfAll,
    /// One of these ranges of characters.
    OneOf(Vec<(Vec<u8>, Vec<u8>)>),
    Exactly(u8),
}

impl Pattern {
    /// The pattern that a name is, if it is one.
    pub(super) fn parse(name: &[u8]) -> Option<Self> {
        if !name.iter().any(|byte| matches!(byte, b'*' | b'?' | b'[')) {
            return None;
        }
        let mut parts = Vec::new();
        let mut rest = name;
        while let Some((first, behind)) = rest.split_first() {
            rest = behind;
            match first {
                b'*' if parts.last() == Some(&Part::Anything) => {}
                b'*' => parts.push(Part::Anything),
                b'?' => parts.push(Part::OneOfAll),
                b'[' => match behind.iter().skip(1).position(|byte| *byte == b']') {
                    Some(at) => {
                        let (set, behind) = behind.split_at(at + 1);
                        parts.push(Part::OneOf(ranges(set)));
                        rest = behind.get(1..).unwrap_or_default();
                    }
                    None => parts.push(Part::Exactly(b'[')),
                },
                byte => parts.push(Part::Exactly(*byte)),
            }
        }
        Some(Self { parts, len: name.len() })
    }

    /// Steps that a look at this name may take.
    pub(super) fn steps(&self, name: &[u8]) -> usize {
        self.len.saturating_mul(name.len() + 1)
    }

    /// Whether a name matches, the whole of it.
    pub(super) fn matches(&self, name: &[u8]) -> bool {
        let (mut parts, mut name) = (self.parts.as_slice(), name);
        // What is behind the last star, and what of the name that one has not taken.
        let mut star = None;
        loop {
            match parts.split_first() {
                Some((Part::Anything, behind)) => {
                    star = Some((behind, name));
                    parts = behind;
                    continue;
                }
                None if name.is_empty() => return true,
                Some((part, behind)) => {
                    if let Some(left) = part.take(name) {
                        (parts, name) = (behind, left);
                        continue;
                    }
                }
                None => {}
            }
            // It did not fit there: the last star takes one byte more. Those before it need not.
            let Some((behind, taken)) = star else { return false };
            let Some((_, left)) = taken.split_first() else { return false };
            star = Some((behind, left));
            (parts, name) = (behind, left);
        }
    }
}

impl Part {
    /// What is left of a name that begins with this.
    fn take<'n>(&self, name: &'n [u8]) -> Option<&'n [u8]> {
        match self {
            Self::Anything => Some(name),
            Self::Exactly(byte) => name.strip_prefix(std::slice::from_ref(byte)),
            Self::OneOfAll => character(name).map(|(_, left)| left),
            Self::OneOf(ranges) => {
                let (first, left) = character(name)?;
                let holds =
                    |(from, to): &(Vec<u8>, Vec<u8>)| (&from[..]..=&to[..]).contains(&first);
                ranges.iter().any(holds).then_some(left)
            }
        }
    }
}

/// The ranges of a set such as `a-zA-Z_`.
fn ranges(set: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut ranges = Vec::new();
    let mut rest = set;
    while let Some((from, behind)) = character(rest) {
        let to = behind.strip_prefix(b"-").and_then(character);
        let (to, behind) = to.unwrap_or((from, behind));
        ranges.push((from.to_vec(), to.to_vec()));
        rest = behind;
    }
    ranges
}

/// The first character, of UTF-8 if it is that, and what follows.
fn character(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let continued = bytes.get(1..)?.iter().take(3).take_while(|byte| (**byte & 0xc0) == 0x80);
    bytes.split_at_checked(1 + continued.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::parse(pattern.as_bytes()).unwrap().matches(name.as_bytes())
    }

    #[test]
    fn stars_marks_and_sets_match_and_all_else_is_itself() {
        for (pattern, name) in [
            ("*", ""),
            ("*.txt", "a.txt"),
            ("a*b*c", "a-b-b-c"),
            ("**a**", "bab"),
            ("?ber", "über"),
            ("[a-cü]x", "üx"),
            ("[a-c]x", "bx"),
            ("[]]*", "]"),
            ("[-a]?", "-b"),
            ("[", "["),
            ("*{a,b}", "{a,b}"),
            ("!*", "!x"),
            ("\\*", "\\x"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("?", ""),
            ("*.txt", "a.txt.old"),
            ("a*b*c", "a-c-b"),
            ("[a-c]x", "dx"),
            ("*{a,b}", "a"),
            ("!*", "x"),
            ("*[a", "a"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
        assert_eq!(Pattern::parse(b"{a,b}!"), None);
    }

    /// It took practically for ever where every star, or every brace, multiplied the work.
    #[test]
    fn no_pattern_takes_long() {
        let name = "a".repeat(255);
        for pattern in ["*a".repeat(2000), "*{,,,,,,,,}".repeat(300), "*[a-b".repeat(800)] {
            assert!(!matches(&(pattern + "b"), &name));
        }
    }
}
