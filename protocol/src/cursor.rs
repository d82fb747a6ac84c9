//! The only code that slices message bytes: a reader that refuses leftovers, and its writer.

use crate::DecodeError;

/// Reads fields off the front of a body. Every method names the field for its error.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the front of `body`.
    #[must_use]
    pub fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    /// Decodes a whole body with `decode`, and refuses bytes that are left over.
    pub fn all<T>(
        body: &'a [u8],
        decode: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let mut reader = Self::new(body);
        let value = decode(&mut reader)?;
        if reader.rest.is_empty() { Ok(value) } else { Err(DecodeError::Trailing) }
    }

    /// Takes `len` bytes.
    pub fn bytes(&mut self, len: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or(DecodeError::Short(field))?;
        self.rest = rest;
        Ok(head)
    }

    /// Takes an array of fixed length.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(DecodeError::Short(field))?;
        self.rest = rest;
        Ok(*head)
    }

    /// Takes a byte string behind its length of 16 bits, at most `max` bytes long.
    pub fn string(&mut self, max: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let len = usize::from(self.u16(field)?);
        if len > max {
            return Err(DecodeError::BadValue(field));
        }
        self.bytes(len, field)
    }

    /// Takes a text behind its length of 16 bits; what is not UTF-8 is replaced, for it is only
    /// ever shown to a person.
    pub fn text(&mut self, max: usize, field: &'static str) -> Result<String, DecodeError> {
        Ok(String::from_utf8_lossy(self.string(max, field)?).into_owned())
    }

    /// Takes a text that means something to a program, as an account's name does: it must be
    /// UTF-8, so that no two byte strings are taken for one name.
    pub fn utf8(&mut self, max: usize, field: &'static str) -> Result<String, DecodeError> {
        str::from_utf8(self.string(max, field)?)
            .map(str::to_owned)
            .or(Err(DecodeError::BadValue(field)))
    }

    /// Takes an unsigned byte.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        Ok(u8::from_be_bytes(self.array(field)?))
    }

    /// Takes 16 bits, big-endian.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array(field)?))
    }

    /// Takes 32 bits, big-endian.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(self.array(field)?))
    }

    /// Takes 64 bits, big-endian.
    pub fn u64(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        Ok(u64::from_be_bytes(self.array(field)?))
    }

    /// Takes 64 bits, big-endian and signed.
    pub fn i64(&mut self, field: &'static str) -> Result<i64, DecodeError> {
        Ok(i64::from_be_bytes(self.array(field)?))
    }

    /// Takes a byte that must be 0 or 1.
    pub fn bool(&mut self, field: &'static str) -> Result<bool, DecodeError> {
        match self.u8(field)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::BadValue(field)),
        }
    }
}

/// Appends fields to a buffer that the caller owns.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    /// Appends to `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Appends bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.out.extend_from_slice(bytes);
        self
    }

    /// Appends a byte string behind its length of 16 bits, cut to what the length can hold.
    pub fn string(&mut self, bytes: &[u8]) -> &mut Self {
        let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        let kept = bytes.get(..usize::from(len)).unwrap_or(bytes);
        self.bytes(&len.to_be_bytes()).bytes(kept)
    }

    /// Appends a text for a person, cut to `max` bytes at a character's border.
    pub fn text(&mut self, text: &str, max: usize) -> &mut Self {
        self.string(text.get(..text.floor_char_boundary(max)).unwrap_or(text).as_bytes())
    }

    /// Appends a byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes(&[value])
    }

    /// Appends 16 bits, big-endian.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends 32 bits, big-endian.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends 64 bits, big-endian.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends 64 bits, big-endian and signed.
    pub fn i64(&mut self, value: i64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends a byte that is 0 or 1.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.u8(u8::from(value))
    }
}
