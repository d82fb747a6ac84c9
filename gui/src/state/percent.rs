//! Bytes as links write them, `%20` for a space.

/// A path as a link writes it.
#[must_use]
pub fn encoded(path: &[u8]) -> String {
    let encoded = path.iter().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(*byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// What a link means. A `%` that no two digits follow stands for itself.
#[must_use]
pub fn decoded(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte =
            digits.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        assert_eq!(encoded("/a b/日".as_bytes()), "/a%20b/%E6%97%A5");
        assert_eq!(decoded("/a%20b/%E6%97%A5"), "/a b/日".as_bytes());
        assert_eq!(decoded("100%"), b"100%");
    }
}
