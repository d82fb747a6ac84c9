//! Rust text without its comments and string contents, so that rules see code only. Lines keep
//! their numbers.

use std::iter::Peekable;
use std::str::Chars;

/// The text with comments and what stands in string literals blanked out.
pub(super) fn code_only(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut previous = ' ';
    while let Some(char) = chars.next() {
        match char {
            '/' if chars.peek() == Some(&'/') => skip_line(&mut chars),
            '/' if chars.peek() == Some(&'*') => skip_block(&mut chars, &mut out),
            'r' if !is_word(previous) && matches!(chars.peek(), Some('"' | '#')) => {
                skip_raw(&mut chars, &mut out);
            }
            '"' => skip_string(&mut chars, &mut out),
            '\'' => skip_character(&mut chars),
            _ => out.push(char),
        }
        previous = char;
    }
    out
}

/// Words of an identifier-like text: runs of letters, digits and underscores.
pub(super) fn identifiers(code: &str) -> impl Iterator<Item = &str> {
    code.split(|char: char| !is_word(char)).filter(|word| !word.is_empty())
}

/// Lines before the unit tests that end a file.
pub(super) fn without_unit_tests(text: &str) -> &str {
    text.find("\n#[cfg(test)]\nmod ").and_then(|at| text.get(..at)).unwrap_or(text)
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

fn skip_line(chars: &mut Peekable<Chars<'_>>) {
    while chars.peek().is_some_and(|char| *char != '\n') {
        chars.next();
    }
}

fn skip_block(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    let mut previous = ' ';
    for char in chars.by_ref() {
        if char == '\n' {
            out.push('\n');
        }
        if previous == '*' && char == '/' {
            return;
        }
        previous = char;
    }
}

fn skip_string(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push('"');
    while let Some(char) = chars.next() {
        match char {
            '\\' if chars.next() == Some('\n') => out.push('\n'),
            '\n' => out.push('\n'),
            '"' => break,
            _ => {}
        }
    }
    out.push('"');
}

fn skip_raw(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    let mut hashes = 0;
    while chars.next_if_eq(&'#').is_some() {
        hashes += 1;
    }
    if chars.next_if_eq(&'"').is_none() {
        // A raw identifier, as in `r#type`.
        return;
    }
    let mut closing = None;
    for char in chars.by_ref() {
        closing = match (char, closing) {
            ('"', _) => Some(0),
            ('#', Some(count)) => Some(count + 1),
            _ => None,
        };
        if char == '\n' {
            out.push('\n');
        }
        if closing == Some(hashes) {
            break;
        }
    }
    out.push_str("\"\"");
}

/// A character literal, or a lifetime, which has no closing quote.
fn skip_character(chars: &mut Peekable<Chars<'_>>) {
    let mut ahead = chars.clone();
    let len = match (ahead.next(), ahead.next()) {
        (Some('\\'), _) => ahead.position(|char| char == '\'').map(|at| at + 3),
        (Some(_), Some('\'')) => Some(2),
        _ => None,
    };
    for _ in 0..len.unwrap_or(0) {
        chars.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_blanked_and_lines_stay() {
        let text = "a /* b\nc */ d // e\n\"f\\\"g\nh\" r#\"i\"j\"# '\"' '\\'' k<'l> m";
        let code = code_only(text);
        assert_eq!(code.lines().count(), text.lines().count());
        let words: Vec<&str> = identifiers(&code).collect();
        assert_eq!(words, ["a", "d", "k", "l", "m"]);
    }

    #[test]
    fn unit_tests_at_the_end_do_not_count() {
        let text = "fn a() {}\n\n#[cfg(test)]\nmod tests {}\n";
        assert_eq!(without_unit_tests(text), "fn a() {}\n");
    }
}
