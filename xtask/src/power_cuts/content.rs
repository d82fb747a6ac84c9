//! Files that say themselves which they are and whether they are whole: random bytes, then the
//! file's number and version, then the digest of all that.

/// Which content of which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    pub(super) file: u32,
    pub(super) version: u32,
}

impl Version {
    /// Its content; one file in ten is larger than what is sent without waiting.
    pub(super) fn content(self) -> Vec<u8> {
        let seed = blake3::hash(&self.to_bytes());
        let scatter = usize::from(u16::from_be_bytes([seed.as_bytes()[0], seed.as_bytes()[1]]));
        let base = if self.is_large() { LARGE_LEN } else { 0 };
        let mut content = vec![0; base + scatter % SCATTER];
        blake3::Hasher::new_keyed(seed.as_bytes()).finalize_xof().fill(&mut content);
        content.extend_from_slice(&self.to_bytes());
        let digest = blake3::hash(&content);
        content.extend_from_slice(digest.as_bytes());
        content
    }

    pub(super) fn is_large(self) -> bool {
        self.file % 10 == 9
    }

    /// Which version this is; `None` if it is not whole.
    pub(super) fn read(content: &[u8]) -> Option<Self> {
        let (before, digest) = content.split_last_chunk::<32>()?;
        let (_, id) = before.split_last_chunk::<8>()?;
        if blake3::hash(before).as_bytes() != digest {
            return None;
        }
        let (file, version) = id.split_first_chunk::<4>()?;
        let version = version.first_chunk::<4>()?;
        Some(Self { file: u32::from_be_bytes(*file), version: u32::from_be_bytes(*version) })
    }

    fn to_bytes(self) -> [u8; 8] {
        (u64::from(self.file) << 32 | u64::from(self.version)).to_be_bytes()
    }
}

/// Lengths of small files are spread over this.
const SCATTER: usize = 40_000;
/// More than is sent without waiting.
const LARGE_LEN: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use ferry_protocol::limits::SMALL_PUT_MAX;

    #[test]
    fn a_version_reads_back_and_a_torn_one_does_not() {
        for file in [0, 9] {
            let version = Version { file, version: 3 };
            let content = version.content();
            assert_eq!(Version::read(&content), Some(version));
            assert_eq!(content.len() as u64 > SMALL_PUT_MAX, version.is_large());
            assert_eq!(Version::read(&content[..content.len() - 1]), None);
            assert_eq!(Version::read(&content[1..]), None);
        }
        assert_eq!(Version::read(b""), None);
        assert_eq!(Version::read(&[0; 500]), None);
    }
}
