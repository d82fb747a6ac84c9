//! Lines of the control connection: bounded, freed of Telnet (RFC 854), split into a verb and its
//! argument.

/// Bytes that came in, until they are lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    buffer: Vec<u8>,
    /// The rest of a line that was too long is on its way.
    is_skipping: bool,
}

/// A line as it came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A command.
    Command(CommandLine),
    /// Longer than any command may be.
    TooLong,
}

/// A verb and its argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CommandLine {
    /// In capitals; empty for an empty line.
    pub(super) verb: String,
    /// What follows the first space, spaces included.
    pub(super) argument: Vec<u8>,
}

impl Lines {
    /// Takes in what was read. Nothing is read while a whole line is here.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next line, if it is whole.
    pub(super) fn next(&mut self) -> Option<Line> {
        let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') else {
            if self.buffer.len() > LINE_MAX {
                self.is_skipping = true;
            }
            if self.is_skipping || self.buffer.is_empty() {
                // An idle connection keeps no memory for lines.
                self.buffer = Vec::new();
            }
            return None;
        };
        let line: Vec<u8> = self.buffer.drain(..=end).collect();
        if std::mem::take(&mut self.is_skipping) || line.len() > LINE_MAX {
            return Some(Line::TooLong);
        }
        Some(Line::Command(CommandLine::parse(&line)))
    }

    /// Whether a part of a line is here.
    pub(super) fn has_partial(&self) -> bool {
        self.is_skipping || !self.buffer.is_empty()
    }

    /// Forgets what came, as is needed where TLS begins: it was not sent under its protection.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl CommandLine {
    fn parse(line: &[u8]) -> Self {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = without_telnet(line.strip_suffix(b"\r").unwrap_or(line));
        let start = line.iter().position(u8::is_ascii_graphic).unwrap_or(line.len());
        let line = line.get(start..).unwrap_or_default();
        let end = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
        let (verb, rest) = line.split_at(end);
        Self {
            verb: String::from_utf8_lossy(verb).to_ascii_uppercase(),
            argument: rest.get(1..).unwrap_or_default().to_vec(),
        }
    }
}

/// Takes out the commands of Telnet. A client that does not double the byte 255 in a name, as it
/// should, is understood all the same unless a command's code follows it.
fn without_telnet(line: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(line.len());
    let mut bytes = line.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != IAC {
            plain.push(byte);
            continue;
        }
        match bytes.peek() {
            Some(&IAC) => {
                plain.push(IAC);
                bytes.next();
            }
            Some(WILL..=DONT) => drop((bytes.next(), bytes.next())),
            Some(SE..WILL) => drop(bytes.next()),
            _ => plain.push(IAC),
        }
    }
    plain
}

const IAC: u8 = 255;
const WILL: u8 = 251;
const DONT: u8 = 254;
const SE: u8 = 240;

/// Bytes of a command at the most: a path, a verb and its options.
const LINE_MAX: usize = ferry_protocol::limits::PATH_MAX + 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<Line> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for piece in bytes.chunks(7) {
            lines.push(piece);
            found.extend(std::iter::from_fn(|| lines.next()));
        }
        found
    }

    fn command(verb: &str, argument: &[u8]) -> Line {
        Line::Command(CommandLine { verb: verb.to_owned(), argument: argument.to_vec() })
    }

    #[test]
    fn a_verb_is_in_capitals_and_an_argument_stays_as_it_is() {
        assert_eq!(
            lines(b"noop\r\nRetr  a b \r\nquit\n\r\n"),
            [
                command("NOOP", b""),
                command("RETR", b" a b "),
                command("QUIT", b""),
                command("", b""),
            ]
        );
    }

    #[test]
    fn an_abort_is_understood_however_it_is_wrapped() {
        for wrapped in [&b"\xff\xf4\xff\xf2ABOR\r\n"[..], b"\xff\xf4\xffABOR\r\n", b"\xf2ABOR\r\n"]
        {
            assert_eq!(lines(wrapped), [command("ABOR", b"")], "{wrapped:?}");
        }
    }

    #[test]
    fn telnet_options_vanish_and_a_doubled_byte_is_one() {
        assert_eq!(lines(b"CWD a\xff\xfb\x01b\xff\xff\r\n"), [command("CWD", b"ab\xff")]);
        assert_eq!(lines(b"CWD \xffa\r\n"), [command("CWD", b"\xffa")]);
    }

    #[test]
    fn a_line_that_never_ends_is_told_once_and_not_kept() {
        let mut text = vec![b'x'; 1024 * 1024];
        text.extend_from_slice(b"\r\nNOOP\r\n");
        assert_eq!(lines(&text), [Line::TooLong, command("NOOP", b"")]);
    }
}
