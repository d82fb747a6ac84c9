//! Parts: what they hold, and how they are given up.

use super::{by, content, id, kind, over_all, path, read};
use crate::storage::{ErrorKind, Storage};
use ferry_protocol::{Attributes, IfExists, RemotePath, Timestamp};

over_all!(
    what_is_written_is_held_and_nothing_else,
    a_forgotten_chunk_is_written_again,
    a_dropped_upload_holds_its_whole_chunks,
    a_part_tells_how_far_it_is_and_whether_it_is_open,
    a_part_is_removed_unless_somebody_writes_it,
);

fn what_is_written_is_held_and_nothing_else(storage: &dyn Storage) {
    let upload = storage.begin_upload(&path("file"), id(1), 0).unwrap();
    let chunk = upload.chunk_len();
    let bytes = content(usize::try_from(chunk).unwrap());
    assert!(!upload.holds(0, 1));
    upload.write(2 * chunk, &bytes).unwrap();
    assert!(upload.holds(2 * chunk, 3 * chunk) && upload.holds(2 * chunk + 5, 2 * chunk + 9));
    assert!(!upload.holds(0, 1) && !upload.holds(2 * chunk - 1, 2 * chunk + 1));
    assert!(!upload.holds(3 * chunk, 3 * chunk + 1) && !upload.holds(2 * chunk, 3 * chunk + 1));
    upload.write(0, &bytes).unwrap();
    upload.write(chunk, &bytes[..5]).unwrap();
    assert!(upload.holds(0, chunk + 5) && !upload.holds(0, chunk + 6));
    upload.write(chunk + 5, &bytes[5..]).unwrap();
    assert!(upload.holds(0, 3 * chunk));
    assert_eq!(upload.held(), 3 * chunk);
}

fn a_forgotten_chunk_is_written_again(storage: &dyn Storage) {
    let mut upload = storage.begin_upload(&path("file"), id(1), 0).unwrap();
    let chunk = usize::try_from(upload.chunk_len()).unwrap();
    let bytes = content(2 * chunk + 7);
    upload.write(0, &bytes[..chunk]).unwrap();
    upload.write(chunk as u64, &vec![0xff; chunk]).unwrap();
    upload.write(2 * chunk as u64, &bytes[2 * chunk..]).unwrap();
    upload.forget_chunk(chunk as u64).unwrap();
    assert_eq!(upload.held(), chunk as u64);
    assert!(!upload.holds(chunk as u64, chunk as u64 + 1));
    assert!(upload.holds(2 * chunk as u64, 2 * chunk as u64 + 7));
    assert_eq!(kind(upload.seal(Attributes::default())), ErrorKind::Unsupported);
    upload.write(chunk as u64, &bytes[chunk..2 * chunk]).unwrap();
    // The last one too, which is shorter, and one that never came.
    upload.forget_chunk(2 * chunk as u64).unwrap();
    upload.forget_chunk(5 * chunk as u64).unwrap();
    upload.write(2 * chunk as u64, &bytes[2 * chunk..]).unwrap();
    upload.seal(Attributes::default()).unwrap();
    super::publish(upload, IfExists::Refuse).unwrap();
    assert_eq!(read(storage, &path("file")), bytes);
}

fn a_dropped_upload_holds_its_whole_chunks(storage: &dyn Storage) {
    let upload = storage.begin_upload(&path("file"), id(1), 0).unwrap();
    let chunk = usize::try_from(upload.chunk_len()).unwrap();
    let bytes = content(chunk);
    upload.write(0, &bytes).unwrap();
    upload.write(3 * chunk as u64, &bytes).unwrap();
    drop(upload);
    let upload = storage.continue_upload(&path("file"), id(1)).unwrap();
    let chunk = chunk as u64;
    assert!(upload.holds(0, chunk) && upload.holds(3 * chunk, 4 * chunk));
    let mut back = vec![0; bytes.len()];
    assert_eq!(upload.read_at(3 * chunk, &mut back).unwrap(), bytes.len());
    assert_eq!(back, bytes);
}

fn a_part_tells_how_far_it_is_and_whether_it_is_open(storage: &dyn Storage) {
    let part = |number| storage.part(&path("file"), id(number));
    assert_eq!(kind(part(1)), ErrorKind::NoPart);
    let mut upload = storage.begin_upload(&path("file"), id(1), 0).unwrap();
    assert!(part(1).unwrap().is_open);
    let bytes = content(usize::try_from(upload.chunk_len()).unwrap());
    upload.write(0, &bytes).unwrap();
    drop(upload);
    let left = part(1).unwrap();
    assert_eq!((left.is_open, left.held), (false, bytes.len() as u64));
    assert!(left.touched > Timestamp(0));
    assert_eq!(kind(part(2)), ErrorKind::NoPart);
    upload = storage.continue_upload(&path("file"), id(1)).unwrap();
    assert!(part(1).unwrap().is_open);
    upload.seal(Attributes::default()).unwrap();
    super::publish(upload, IfExists::Refuse).unwrap();
    assert_eq!(kind(part(1)), ErrorKind::NoPart);
}

fn a_part_is_removed_unless_somebody_writes_it(storage: &dyn Storage) {
    let remove = |number| storage.remove_part(&path("file"), id(number));
    assert_eq!(kind(remove(1)), ErrorKind::NoPart);
    let upload = storage.begin_upload(&path("file"), id(1), 0).unwrap();
    upload.write(0, b"x").unwrap();
    assert_eq!(kind(remove(1)), ErrorKind::InUse);
    drop(upload);
    remove(1).unwrap();
    assert_eq!(kind(remove(1)), ErrorKind::NoPart);
    assert_eq!(kind(storage.continue_upload(&path("file"), id(1))), ErrorKind::NoPart);
    // Others of the same target are left alone, and so is the target itself.
    let mut other = storage.begin_upload(&path("file"), id(2), 0).unwrap();
    other.write(0, b"y").unwrap();
    assert_eq!(kind(remove(1)), ErrorKind::NoPart);
    other.seal(Attributes::default()).unwrap();
    assert!(other.publish(IfExists::Refuse, &by()).is_ok());
    assert_eq!(kind(remove(2)), ErrorKind::NoPart);
    assert_eq!(super::names(storage, &RemotePath::root()), [b"file"]);
}
