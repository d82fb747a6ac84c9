//! One line of the prompt or of a script, taken apart into words and put together again.
//!
//! Single quotes keep everything, double quotes keep spaces, and a backslash keeps the character
//! after it. Where names are shown escaped (`\n`, `\xff`, `\u{202e}`) they can be typed the same
//! way, outside single quotes: so every name that is listed can be typed.

use ferry_protocol::escape;
use std::ffi::OsString;
use std::fmt;

/// Why a line cannot be taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineError {
    /// A quote is not closed.
    OpenQuote(char),
    /// The line ends in a backslash.
    OpenBackslash,
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenQuote(quote) => write!(f, "the quote {quote} is not closed"),
            Self::OpenBackslash => f.write_str("the line ends in a backslash"),
        }
    }
}

impl std::error::Error for LineError {}

/// The words of a line. A `#` at a word's start begins a comment.
pub fn split(line: &[u8]) -> Result<Vec<Vec<u8>>, LineError> {
    let mut words = Vec::new();
    let mut rest = line.trim_ascii_start();
    while !rest.is_empty() && !rest.starts_with(b"#") {
        let mut word = Vec::new();
        rest = take_word(rest, &mut word)?.trim_ascii_start();
        words.push(word);
    }
    Ok(words)
}

/// The word that [`split`] reads back as `bytes`.
#[must_use]
pub fn quote(bytes: &[u8]) -> String {
    let shown = escape(bytes);
    if shown.is_empty() {
        return "''".to_owned();
    }
    let mut quoted = String::with_capacity(shown.len());
    for (index, character) in shown.chars().enumerate() {
        if matches!(character, ' ' | '\'' | '"') || (character == '#' && index == 0) {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted
}

/// A word as the name of a local file.
#[cfg(unix)]
#[must_use]
pub fn os_string(word: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt as _;
    std::ffi::OsStr::from_bytes(word).to_os_string()
}

/// A word as the name of a local file.
#[cfg(not(unix))]
#[must_use]
pub fn os_string(word: &[u8]) -> OsString {
    String::from_utf8_lossy(word).into_owned().into()
}

/// Where the last word of an unfinished line begins, in bytes.
#[must_use]
pub fn last_word_start(line: &str) -> usize {
    let mut start = line.len();
    let (mut is_in_word, mut is_escaped, mut quote) = (false, false, None);
    for (index, character) in line.char_indices() {
        let is_space = character.is_ascii_whitespace() && quote.is_none() && !is_escaped;
        if is_space {
            is_in_word = false;
            start = line.len();
        } else if !is_in_word {
            is_in_word = true;
            start = index;
        }
        match (character, quote) {
            _ if is_escaped => is_escaped = false,
            ('\\', None | Some('"')) => is_escaped = true,
            ('\'' | '"', None) => quote = Some(character),
            (_, Some(open)) if open == character => quote = None,
            _ => {}
        }
    }
    start
}

fn take_word<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Result<&'a [u8], LineError> {
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'\'' => take_single_quoted(after, word)?,
            b'"' => take_double_quoted(after, word)?,
            b'\\' => take_escape(after, word)?,
            _ if byte.is_ascii_whitespace() => break,
            _ => {
                word.push(byte);
                after
            }
        };
    }
    Ok(rest)
}

fn take_single_quoted<'a>(rest: &'a [u8], word: &mut Vec<u8>) -> Result<&'a [u8], LineError> {
    let end = rest.iter().position(|byte| *byte == b'\'').ok_or(LineError::OpenQuote('\''))?;
    let (quoted, after) = rest.split_at(end);
    word.extend_from_slice(quoted);
    Ok(after.strip_prefix(b"'").unwrap_or(after))
}

fn take_double_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Result<&'a [u8], LineError> {
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'"' => return Ok(after),
            b'\\' => take_escape(after, word)?,
            _ => {
                word.push(byte);
                after
            }
        };
    }
    Err(LineError::OpenQuote('"'))
}

/// `rest` begins behind the backslash.
fn take_escape<'a>(rest: &'a [u8], word: &mut Vec<u8>) -> Result<&'a [u8], LineError> {
    let (&byte, after) = rest.split_first().ok_or(LineError::OpenBackslash)?;
    match byte {
        b'n' => word.push(b'\n'),
        b'r' => word.push(b'\r'),
        b't' => word.push(b'\t'),
        b'x' => {
            if let Some((value, after)) = take_hex_byte(after) {
                word.push(value);
                return Ok(after);
            }
            word.push(b'x');
        }
        b'u' => {
            if let Some((character, after)) = take_code_point(after) {
                word.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(after);
            }
            word.push(b'u');
        }
        _ => word.push(byte),
    }
    Ok(after)
}

fn take_hex_byte(rest: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, after) = rest.split_at_checked(2)?;
    Some((u8::try_from(parse_hex(digits)?).ok()?, after))
}

fn take_code_point(rest: &[u8]) -> Option<(char, &[u8])> {
    let inside = rest.strip_prefix(b"{")?;
    let end = inside.iter().position(|byte| *byte == b'}')?;
    let character = char::from_u32(parse_hex(inside.get(..end)?)?)?;
    Some((character, inside.get(end + 1..)?))
}

fn parse_hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(line: &str) -> Vec<String> {
        let words = split(line.as_bytes()).unwrap();
        words.into_iter().map(|word| String::from_utf8(word).unwrap()).collect()
    }

    #[test]
    fn quotes_and_backslashes_keep_what_they_hold() {
        assert_eq!(words("  put  'a b' \"c 'd'\" e\\ f "), ["put", "a b", "c 'd'", "e f"]);
        assert_eq!(words("get 'it'\\''s' \"\""), ["get", "it's", ""]);
        assert_eq!(words("get 'a\\n'"), ["get", "a\\n"]);
        assert_eq!(words("get a\\nb \"\\u{e9}\\x41\""), ["get", "a\nb", "\u{e9}A"]);
        assert_eq!(words("get \\x \\u{zz} \\q"), ["get", "x", "u{zz}", "q"]);
        assert_eq!(split(b"get \\xff"), Ok(vec![b"get".to_vec(), vec![0xff]]));
    }

    #[test]
    fn comments_begin_a_word() {
        assert_eq!(words("# nothing"), Vec::<String>::new());
        assert_eq!(words("ls a#b # c"), ["ls", "a#b"]);
    }

    #[test]
    fn what_is_left_open_is_named() {
        assert_eq!(split(b"get 'a"), Err(LineError::OpenQuote('\'')));
        assert_eq!(split(b"get \"a"), Err(LineError::OpenQuote('"')));
        assert_eq!(split(b"get a\\"), Err(LineError::OpenBackslash));
    }

    #[test]
    fn the_last_word_is_found_while_it_is_typed() {
        for (line, word) in [
            ("get a", "a"),
            ("get ", ""),
            ("get 'a b", "'a b"),
            ("get a\\ b", "a\\ b"),
            ("get \"a' b\" c", "c"),
            ("", ""),
        ] {
            assert_eq!(&line[last_word_start(line)..], word, "{line}");
        }
    }

    proptest! {
        #[test]
        fn every_name_can_be_typed(names in proptest::collection::vec(any::<Vec<u8>>(), 0..4)) {
            let line: Vec<String> = names.iter().map(|name| quote(name)).collect();
            prop_assert_eq!(split(line.join(" ").as_bytes()), Ok(names));
        }
    }
}
