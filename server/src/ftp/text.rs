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
    /// What came before it was known whether it is text, and a CR whose LF may follow.
    held: Vec<u8>,
}

impl ToClient {
    /// Converts the next piece; the first one holds the first 64 KiB, or all.
    pub(super) fn convert(&mut self, piece: &[u8]) -> Vec<u8> {
        if !*self.is_text.get_or_insert_with(|| !has_nul(piece)) {
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
    /// Converts the next piece; it may keep some of it for later.
    pub(super) fn convert(&mut self, piece: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(piece);
        if self.is_text.is_none() {
            if self.held.len() < LOOKED_AT && !has_nul(&self.held) {
                return Vec::new();
            }
            self.is_text = Some(!has_nul(&self.held));
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

fn has_nul(content: &[u8]) -> bool {
    content.iter().take(LOOKED_AT).any(|byte| *byte == 0)
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
}
