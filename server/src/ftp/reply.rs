//! Replies as they go over the control connection (RFC 959, section 4.2). Whatever text is put
//! into one, it stays within its line.

/// One reply, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply(Vec<u8>);

impl Reply {
    /// A reply of one line.
    pub(super) fn new(code: u16, text: impl AsRef<[u8]>) -> Self {
        let mut encoded = Vec::new();
        push_line(&mut encoded, code, b' ', text.as_ref());
        Self(encoded)
    }

    /// A reply whose every line carries the code, as people's programs expect it of greetings.
    pub(super) fn banner<'t>(code: u16, lines: impl IntoIterator<Item = &'t str>) -> Self {
        let mut encoded = Vec::new();
        let mut lines = lines.into_iter().peekable();
        while let Some(line) = lines.next() {
            let separator = if lines.peek().is_some() { b'-' } else { b' ' };
            push_line(&mut encoded, code, separator, line.as_bytes());
        }
        Self(encoded)
    }

    /// A reply with lines in between, which begin with a space so that none passes for the end.
    pub(super) fn lines<T: AsRef<[u8]>>(
        code: u16,
        first: impl AsRef<[u8]>,
        between: impl IntoIterator<Item = T>,
        last: &str,
    ) -> Self {
        let mut reply = Self::begin_lines(code, first);
        for line in between {
            reply.push_between(line.as_ref());
        }
        reply.end_lines(code, last)
    }

    /// The first line of a reply of several.
    pub(super) fn begin_lines(code: u16, first: impl AsRef<[u8]>) -> Self {
        let mut encoded = Vec::new();
        push_line(&mut encoded, code, b'-', first.as_ref());
        Self(encoded)
    }

    fn push_between(&mut self, line: &[u8]) {
        self.0.push(b' ');
        push_shown(&mut self.0, line);
        self.0.extend_from_slice(b"\r\n");
    }

    fn end_lines(mut self, code: u16, last: &str) -> Self {
        push_line(&mut self.0, code, b' ', last.as_bytes());
        self
    }

    /// The bytes to send.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Appends text so that it can neither end its line nor pose as a command of Telnet.
pub(super) fn push_shown(out: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        match byte {
            0..=0x1f | 0x7f => out.push(b'?'),
            0xff => out.extend_from_slice(b"\xff\xff"),
            _ => out.push(*byte),
        }
    }
}

/// A path in quotes, with quotes in it doubled (RFC 959, appendix II).
pub(super) fn quoted(path: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    for byte in path {
        quoted.extend_from_slice(if *byte == b'"' { b"\"\"" } else { std::slice::from_ref(byte) });
    }
    quoted.push(b'"');
    quoted
}

fn push_line(out: &mut Vec<u8>, code: u16, separator: u8, text: &[u8]) {
    out.extend_from_slice(code.to_string().as_bytes());
    out.push(separator);
    push_shown(out, text);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_forge_a_reply() {
        let reply = Reply::new(250, b"a\r\n226 done\0\xff");
        assert_eq!(reply.as_bytes(), b"250 a??226 done?\xff\xff\r\n");
        let reply = Reply::lines(213, "x", [b"213 forged\n213 end"], "End");
        assert_eq!(reply.as_bytes(), b"213-x\r\n 213 forged?213 end\r\n213 End\r\n");
    }

    #[test]
    fn a_banner_carries_its_code_on_every_line() {
        assert_eq!(Reply::banner(220, ["a", "b"]).as_bytes(), b"220-a\r\n220 b\r\n");
        assert_eq!(Reply::banner(220, ["a"]).as_bytes(), b"220 a\r\n");
    }

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(quoted(b"/a\"b"), b"\"/a\"\"b\"");
    }
}
