//! TYPE A (RFC 959, section 3.1.1.1): lines end in CR LF on the way and in LF here. Content with
//! a NUL byte in its first 64 KiB is no text and passes unchanged, both ways, so that no binary is
//! silently altered.

/// Content on its way to a client.
#[derive(Debug, Default)]
pub(super) struct ToClient {
    /// `None` until the first bytes were looked at.
    is_text: Option<bool>,
    ends_in_cr: bool,
}

/// Content on its way from a client.
#[derive(Debug, Default)]
pub(super) struct FromClient {
    is_text: Option<bool>,
    /// Bytes of the file's beginning that were looked at and are not held.
    looked_at: usize,
    /// What came before it was known whether it is text, and a CR whose LF may follow.
    held: Vec<u8>,
}

impl ToClient {
    /// Converts the next piece; the first one holds the first 64 KiB, or all.
    pub(super) fn convert(&mut self, piece: &[u8]) -> Vec<u8> {
        if !*self.is_text.get_or_insert_with(|| !has_nul(piece, LOOKED_AT)) {
            return piece.to_vec();
        }
        let mut converted = Vec::with_capacity(piece.len() + piece.len() / 16);
        for byte in piece {
            // A file whose lines end in CR LF already stays as it is.
            if *byte == b'\n' && !self.ends_in_cr {
                converted.push(b'\r');
            }
            self.ends_in_cr = *byte == b'\r';
            converted.push(*byte);
        }
        converted
    }
}

impl FromClient {
    /// What comes goes on behind this, the beginning of what is there: a binary stays one to its end.
    pub(super) fn follow(&mut self, before: &[u8]) {
        if self.is_text.is_some() {
            return;
        }
        let room = LOOKED_AT - self.looked_at;
        if has_nul(before, room) {
            self.is_text = Some(false);
            return;
        }
        self.looked_at += before.len().min(room);
        if self.looked_at == LOOKED_AT {
            self.is_text = Some(true);
        }
    }

    /// Converts the next piece; it may keep some of it for later.
    pub(super) fn convert(&mut self, piece: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(piece);
        if self.is_text.is_none() {
            let room = LOOKED_AT - self.looked_at;
            let has_nul = has_nul(&self.held, room);
            if self.held.len() < room && !has_nul {
                return Vec::new();
            }
            self.is_text = Some(!has_nul);
        }
        let mut content = std::mem::take(&mut self.held);
        if self.is_text == Some(true) {
            if content.last() == Some(&b'\r') {
                self.held.extend(content.pop());
            }
            unfold(&mut content);
        }
        content
    }

    /// What is left at the end.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        let mut content = std::mem::take(&mut self.held);
        if self.is_text != Some(false) {
            unfold(&mut content);
        }
        content
    }
}

/// Takes the CR out of every CR LF.
fn unfold(content: &mut Vec<u8>) {
    let mut is_cr = false;
    let mut unfolded = Vec::with_capacity(content.len());
    for byte in content.iter().copied() {
        if is_cr && byte == b'\n' {
            unfolded.pop();
        }
        is_cr = byte == b'\r';
        unfolded.push(byte);
    }
    *content = unfolded;
}

/// Whether there is a NUL among the first bytes.
fn has_nul(content: &[u8], len: usize) -> bool {
    content.iter().take(len).any(|byte| *byte == 0)
}

/// Bytes that are looked at for a NUL.
const LOOKED_AT: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn from_client(content: &[u8], piece_len: usize) -> Vec<u8> {
        let mut text = FromClient::default();
        let mut converted = Vec::new();
        for piece in content.chunks(piece_len) {
            converted.extend(text.convert(piece));
        }
        converted.extend(text.finish());
        converted
    }

    #[test]
    fn line_ends_are_converted_both_ways_wherever_pieces_end() {
        let mut long = b"x\r\ny\rz\n".repeat(20_000);
        long.extend_from_slice(b"end\r");
        let local = String::from_utf8(long.clone()).unwrap().replace("\r\n", "\n").into_bytes();
        for piece_len in [3, 4096, 70_000, long.len()] {
            assert_eq!(from_client(&long, piece_len), local, "{piece_len}");
        }
        let mut text = ToClient::default();
        let mut sent = text.convert(b"a\nb\r");
        sent.extend(text.convert(b"\n\nc"));
        assert_eq!(sent, b"a\r\nb\r\n\r\nc");
    }

    #[test]
    fn content_with_a_nul_passes_unchanged() {
        let mut binary = b"a\r\nb\n".to_vec();
        binary.push(0);
        binary.extend_from_slice(&b"\r\n".repeat(60_000));
        assert_eq!(from_client(&binary, 1000), binary);
        assert_eq!(ToClient::default().convert(&binary), binary);
        let mut late = b"\r\n".repeat(LOOKED_AT / 2);
        late.push(0);
        assert_eq!(from_client(&late, 1000).len(), LOOKED_AT / 2 + 1);
    }

    #[test]
    fn what_follows_a_binary_is_one_and_what_follows_text_is_looked_at_no_further() {
        let whole = vec![b'x'; LOOKED_AT + 9];
        for (before, expected) in [
            (&b"\0"[..], &b"a\r\n\0"[..]),
            (b"text", b"a\r\n\0"),
            (&whole[..LOOKED_AT], b"a\n\0"),
            (&whole, b"a\n\0"),
        ] {
            let mut text = FromClient::default();
            text.follow(before);
            let mut converted = text.convert(b"a\r\n\0");
            converted.extend(text.finish());
            assert_eq!(converted, expected, "behind {} bytes", before.len());
        }
    }
}
