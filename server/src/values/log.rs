//! The file that keeps values over restarts: records one after another, each with a check of its
//! own. Nothing is ever synced: what a cut tore is found by its check, and computed again.

use super::Key;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The open file.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: File,
    end: u64,
}

/// Where a record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    offset: u64,
    len: u32,
}

impl Place {
    /// Bytes of the record.
    pub(super) fn len(self) -> u64 {
        self.len.into()
    }
}

/// A log, and what was found in it, oldest first.
pub(super) type Opened = (Log, Vec<(Key, Place)>);

impl Log {
    /// Opens the log, or begins one. One that is damaged, cut or another version's is renamed and
    /// kept, and what could be read of it goes on.
    pub(super) fn open(path: &Path) -> io::Result<Opened> {
        let file = match options().open(path) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => {
                return Ok((Self::create(path, path)?, Vec::new()));
            }
            opened => opened?,
        };
        let (found, good) = scan(&file)?;
        if good > 0 && good == file.metadata()?.len() {
            return Ok((Self { path: path.to_owned(), file, end: good }, found));
        }
        let aside = path.with_extension("set-aside");
        tracing::warn!(
            "{} is damaged from byte {good} on: it is kept as {}, and values are computed again",
            path.display(),
            aside.display()
        );
        let mut log = Self::create(&beside(path), path)?;
        let places = found.iter().map(|(_, place)| *place);
        let moved = log.copy(&file, places)?;
        fs::rename(path, aside)?;
        log.take_name()?;
        Ok((log, found.into_iter().map(|(key, _)| key).zip(moved).collect()))
    }

    /// Adds a record.
    pub(super) fn append(&mut self, key: &Key, value: &[u8]) -> io::Result<Place> {
        let record = record(key, value);
        let len = u32::try_from(record.len()).map_err(io::Error::other)?;
        self.file.write_all_at(&record, self.end)?;
        let place = Place { offset: self.end, len };
        self.end += u64::from(len);
        Ok(place)
    }

    /// The value of a record; `None` if it is not what it was.
    pub(super) fn read(&self, key: &Key, place: Place) -> Option<Vec<u8>> {
        let mut record = vec![0; place.len as usize];
        self.file.read_exact_at(&mut record, place.offset).ok()?;
        let (found, value) = parse(&record)?;
        (found == *key).then(|| value.to_vec())
    }

    /// Bytes of the file.
    pub(super) fn len(&self) -> u64 {
        self.end
    }

    /// Keeps some records alone, in this order, and returns where they lie now.
    pub(super) fn keep(&mut self, places: impl Iterator<Item = Place>) -> io::Result<Vec<Place>> {
        let mut log = Self::create(&beside(&self.path), &self.path)?;
        let moved = log.copy(&self.file, places)?;
        log.take_name()?;
        *self = log;
        Ok(moved)
    }

    fn create(at: &Path, path: &Path) -> io::Result<Self> {
        let file = options().create(true).truncate(true).open(at)?;
        file.write_all_at(HEADER, 0)?;
        Ok(Self { path: path.to_owned(), file, end: HEADER.len() as u64 })
    }

    fn copy(&mut self, from: &File, places: impl Iterator<Item = Place>) -> io::Result<Vec<Place>> {
        let mut moved = Vec::new();
        let mut file = BufWriter::new(&self.file);
        io::Seek::seek(&mut file, io::SeekFrom::Start(self.end))?;
        let mut record = Vec::new();
        for place in places {
            record.resize(place.len as usize, 0);
            from.read_exact_at(&mut record, place.offset)?;
            file.write_all(&record)?;
            moved.push(Place { offset: self.end, len: place.len });
            self.end += u64::from(place.len);
        }
        file.flush()?;
        drop(file);
        Ok(moved)
    }

    fn take_name(&self) -> io::Result<()> {
        fs::rename(beside(&self.path), &self.path)
    }
}

fn options() -> fs::OpenOptions {
    let mut options = File::options();
    options.read(true).write(true).mode(0o600);
    options
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// All good records, and where they end; 0 without a header.
fn scan(file: &File) -> io::Result<(Vec<(Key, Place)>, u64)> {
    let mut found = Vec::new();
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let mut header = [0; HEADER.len()];
    if !fill(&mut reader, &mut header)? || header != *HEADER {
        return Ok((found, 0));
    }
    let mut offset = HEADER.len() as u64;
    loop {
        let mut record = vec![0; PREFIX_LEN];
        if !fill(&mut reader, &mut record)? {
            return Ok((found, offset));
        }
        let value_len = record.get(CHECK_LEN..).and_then(|bytes| bytes.first_chunk::<4>());
        let value_len = value_len.map_or(u32::MAX, |bytes| u32::from_be_bytes(*bytes));
        if value_len > VALUE_LEN_MAX {
            return Ok((found, offset));
        }
        record.resize(PREFIX_LEN + value_len as usize, 0);
        let is_whole = fill(&mut reader, record.get_mut(PREFIX_LEN..).unwrap_or_default())?;
        let Some((key, _)) = parse(&record).filter(|_| is_whole) else {
            return Ok((found, offset));
        };
        let len = u32::try_from(record.len()).unwrap_or(u32::MAX);
        found.push((key, Place { offset, len }));
        offset += u64::from(len);
    }
}

/// Fills `buffer`; `false` at the end of the file.
fn fill(reader: &mut impl io::Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(err) if err.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(err) => Err(err),
    }
}

/// A check, the length of the value, the key, the value.
fn record(key: &Key, value: &[u8]) -> Vec<u8> {
    let len = u32::try_from(value.len()).unwrap_or(u32::MAX);
    let mut record = vec![0; CHECK_LEN];
    record.extend_from_slice(&len.to_be_bytes());
    record.extend_from_slice(key);
    record.extend_from_slice(value);
    let check = check(record.get(CHECK_LEN..).unwrap_or_default());
    record.iter_mut().zip(check).for_each(|(byte, check)| *byte = check);
    record
}

/// Key and value of a record whose check is right.
fn parse(record: &[u8]) -> Option<(Key, &[u8])> {
    let (said, rest) = record.split_first_chunk::<CHECK_LEN>()?;
    let (_, body) = rest.split_first_chunk::<4>()?;
    let (key, value) = body.split_first_chunk::<KEY_LEN>()?;
    (*said == check(rest)).then_some((*key, value))
}

fn check(bytes: &[u8]) -> [u8; CHECK_LEN] {
    let mut check = [0; CHECK_LEN];
    check.iter_mut().zip(blake3::hash(bytes).as_bytes()).for_each(|(byte, hash)| *byte = *hash);
    check
}

const HEADER: &[u8; 20] = b"ferry kept values 1\n";
const CHECK_LEN: usize = 16;
const KEY_LEN: usize = super::KEY_LEN;
const PREFIX_LEN: usize = CHECK_LEN + 4 + KEY_LEN;

/// Longest value: those of the segments of a file of 128 GiB.
pub(super) const VALUE_LEN_MAX: u32 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> Key {
        [n; KEY_LEN]
    }

    fn log(folder: &tempfile::TempDir) -> Opened {
        Log::open(&folder.path().join("values")).unwrap()
    }

    fn with_three(folder: &tempfile::TempDir) -> Vec<Place> {
        let (mut log, found) = log(folder);
        assert_eq!(found, []);
        (1..=3).map(|n| log.append(&key(n), &[n; 1000]).unwrap()).collect()
    }

    #[test]
    fn records_outlive_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let places = with_three(&folder);
        let (log, found) = log(&folder);
        assert_eq!(found, (1..=3).map(key).zip(places.iter().copied()).collect::<Vec<_>>());
        assert_eq!(log.read(&key(2), places[1]), Some(vec![2; 1000]));
        assert_eq!(log.read(&key(1), places[1]), None, "it is another's");
    }

    #[test]
    fn a_torn_or_altered_file_is_set_aside_and_its_beginning_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("values");
        with_three(&folder);
        let whole = fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        let longer = [&whole[..], b"garbage"].concat();
        let cases = [(&whole[..whole.len() - 1], 2), (&flipped[..], 1), (&longer[..], 3)];
        for (content, count) in cases {
            fs::write(&path, content).unwrap();
            let (mut log, found) = log(&folder);
            assert_eq!(found.len(), count);
            assert_eq!(fs::read(path.with_extension("set-aside")).unwrap(), content);
            for (key, place) in &found {
                assert_eq!(log.read(key, *place), Some(vec![key[0]; 1000]));
            }
            let place = log.append(&key(9), b"more").unwrap();
            assert_eq!(log.read(&key(9), place).unwrap(), b"more");
            assert_eq!(Log::open(&path).unwrap().1.len(), count + 1);
        }
    }

    #[test]
    fn what_is_no_log_is_set_aside() {
        for content in [&b""[..], b"ferry kept values 2\nnewer", b"\xff\xff\xff\xff"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("values");
            fs::write(&path, content).unwrap();
            assert_eq!(log(&folder).1, []);
            assert_eq!(fs::read(path.with_extension("set-aside")).unwrap(), content);
            assert_eq!(log(&folder).1, [], "it is whole now");
        }
    }

    #[test]
    fn an_altered_record_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let places = with_three(&folder);
        let (log, _) = log(&folder);
        log.file.write_all_at(&[7], places[2].offset + 500).unwrap();
        assert_eq!(log.read(&key(3), places[2]), None);
        assert_eq!(log.read(&key(2), places[1]), Some(vec![2; 1000]));
    }

    #[test]
    fn what_is_not_kept_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let places = with_three(&folder);
        let (mut log, _) = log(&folder);
        let before = log.len();
        let moved = log.keep([places[2], places[0]].into_iter()).unwrap();
        assert!(log.len() < before);
        assert_eq!(log.read(&key(3), moved[0]), Some(vec![3; 1000]));
        assert_eq!(log.read(&key(1), moved[1]), Some(vec![1; 1000]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
