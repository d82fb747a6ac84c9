//! The life of an upload.

use super::{by, content, id, kind, names, over_all, path, publish, put, read};
use crate::storage::{ErrorKind, Storage, Upload};
use ferry_protocol::{Attributes, IfExists, Permissions, RemotePath, Timestamp};

over_all!(
    an_upload_is_hidden_until_it_is_published,
    chunks_may_come_in_any_order,
    a_gap_cannot_be_sealed,
    a_taken_name_is_refused_and_the_upload_kept,
    a_file_is_replaced_in_one_step,
    a_folder_is_never_replaced,
    a_dropped_upload_goes_on,
    an_abandoned_upload_is_gone,
    a_name_that_is_taken_back_is_as_it_was,
    one_upload_has_one_writer,
    a_new_beginning_forgets_the_old_part,
    time_and_permission_bits_are_kept,
    uploads_need_a_folder,
    idle_parts_are_swept_and_others_not,
);

fn an_upload_is_hidden_until_it_is_published(storage: &dyn Storage) {
    let bytes = content(1_500_000);
    let mut upload = storage.begin_upload(&path("file"), id(1), bytes.len() as u64).unwrap();
    for (index, piece) in bytes.chunks(100_000).enumerate() {
        assert_eq!(upload.held(), index as u64 * 100_000);
        upload.write(upload.held(), piece).unwrap();
        assert_eq!(kind(storage.stat(&path("file"))), ErrorKind::NotFound);
        assert!(names(storage, &RemotePath::root()).is_empty());
    }
    let mut back = vec![0; bytes.len() + 1];
    assert_eq!(upload.read_at(0, &mut back).unwrap(), bytes.len());
    assert_eq!(back[..bytes.len()], bytes);
    upload.seal(Attributes::default()).unwrap();
    upload.sync().unwrap();
    assert!(names(storage, &RemotePath::root()).is_empty());
    publish(upload, IfExists::Refuse).unwrap();
    storage.barrier().unwrap();
    assert_eq!(names(storage, &RemotePath::root()), [b"file"]);
    assert_eq!(read(storage, &path("file")), bytes);
}

fn chunks_may_come_in_any_order(storage: &dyn Storage) {
    let mut upload = storage.begin_upload(&path("file"), id(1), 0).unwrap();
    let chunk_len = usize::try_from(upload.chunk_len()).unwrap();
    assert_eq!(chunk_len % 262_144, 0);
    let bytes = content(3 * chunk_len + 10);
    let chunks: Vec<_> = bytes.chunks(chunk_len).collect();
    for (index, held) in [(2, 0), (0, 1), (3, 1), (1, 4)] {
        let at = index * chunk_len;
        let (first, second) = chunks[index].split_at(5);
        upload.write(at as u64, first).unwrap();
        upload.write((at + 5) as u64, second).unwrap();
        assert_eq!(upload.held(), bytes.len().min(held * chunk_len) as u64);
    }
    upload.seal(Attributes::default()).unwrap();
    publish(upload, IfExists::Refuse).unwrap();
    assert_eq!(read(storage, &path("file")), bytes);
}

fn a_gap_cannot_be_sealed(storage: &dyn Storage) {
    let mut upload = storage.begin_upload(&path("file"), id(1), 0).unwrap();
    upload.write(0, b"start").unwrap();
    upload.write(upload.chunk_len(), b"behind a gap").unwrap();
    assert_eq!(upload.held(), 5);
    assert_eq!(kind(upload.seal(Attributes::default())), ErrorKind::Unsupported);
}

fn sealed(storage: &dyn Storage, target: &str, bytes: &[u8]) -> Box<dyn Upload> {
    let mut upload = storage.begin_upload(&path(target), id(1), bytes.len() as u64).unwrap();
    upload.write(0, bytes).unwrap();
    upload.seal(Attributes::default()).unwrap();
    upload
}

fn a_taken_name_is_refused_and_the_upload_kept(storage: &dyn Storage) {
    put(storage, &path("file"), b"old");
    let upload = sealed(storage, "file", b"new");
    let (err, upload) = upload.publish(IfExists::Refuse, &by()).err().unwrap();
    assert_eq!(err.kind(), ErrorKind::AlreadyExists);
    assert_eq!(read(storage, &path("file")), b"old");
    publish(upload, IfExists::Replace).unwrap();
    assert_eq!(read(storage, &path("file")), b"new");
}

fn a_file_is_replaced_in_one_step(storage: &dyn Storage) {
    put(storage, &path("file"), b"old content");
    let reader = storage.open(&path("file")).unwrap();
    publish(sealed(storage, "file", b"new"), IfExists::Replace).unwrap();
    let mut buffer = [0; 20];
    assert_eq!(reader.read_at(0, &mut buffer).unwrap(), 11);
    assert_eq!(&buffer[..11], b"old content");
    assert_eq!(read(storage, &path("file")), b"new");
}

fn a_folder_is_never_replaced(storage: &dyn Storage) {
    storage.make_directory(&path("folder")).unwrap();
    let upload = sealed(storage, "folder", b"x");
    let (err, upload) = upload.publish(IfExists::Replace, &by()).err().unwrap();
    assert_eq!(err.kind(), ErrorKind::IsAFolder);
    let (err, upload) = upload.publish(IfExists::Refuse, &by()).err().unwrap();
    assert_eq!(err.kind(), ErrorKind::AlreadyExists);
    upload.abandon().unwrap();
    assert_eq!(kind(storage.begin_upload(&RemotePath::root(), id(1), 0)), ErrorKind::IsAFolder);
}

fn a_dropped_upload_goes_on(storage: &dyn Storage) {
    let bytes = content(2_000_000);
    let upload = storage.begin_upload(&path("file"), id(1), bytes.len() as u64).unwrap();
    upload.write(0, &bytes[..1_300_000]).unwrap();
    let chunk_len = upload.chunk_len();
    drop(upload);
    let mut upload = storage.continue_upload(&path("file"), id(1)).unwrap();
    let held = usize::try_from(upload.held()).unwrap();
    assert!(held as u64 >= 1_300_000 / chunk_len * chunk_len && held <= 1_300_000, "{held}");
    let mut back = vec![0; held];
    assert_eq!(upload.read_at(0, &mut back).unwrap(), held);
    assert_eq!(back, bytes[..held]);
    upload.write(held as u64, &bytes[held..]).unwrap();
    upload.seal(Attributes::default()).unwrap();
    publish(upload, IfExists::Refuse).unwrap();
    assert_eq!(read(storage, &path("file")), bytes);
    assert_eq!(kind(storage.continue_upload(&path("file"), id(1))), ErrorKind::NoPart);
}

fn a_name_that_is_taken_back_is_as_it_was(storage: &dyn Storage) {
    let published = sealed(storage, "new", b"x").publish(IfExists::Refuse, &by());
    published.map_err(|(err, _)| err).unwrap().take_back().unwrap();
    assert_eq!(kind(storage.stat(&path("new"))), ErrorKind::NotFound);
    put(storage, &path("file"), b"old");
    let published = sealed(storage, "file", b"new").publish(IfExists::Replace, &by());
    published.map_err(|(err, _)| err).unwrap().take_back().unwrap();
    assert_eq!(read(storage, &path("file")), b"old");
    assert!(storage.undo().entries(None, 9).unwrap().is_empty());
    // Somebody has replaced it since: theirs stays.
    let published = sealed(storage, "file", b"new").publish(IfExists::Replace, &by());
    publish(sealed(storage, "file", b"newest"), IfExists::Replace).unwrap();
    published.map_err(|(err, _)| err).unwrap().take_back().unwrap();
    assert_eq!(read(storage, &path("file")), b"newest");
}

fn an_abandoned_upload_is_gone(storage: &dyn Storage) {
    let upload = storage.begin_upload(&path("file"), id(1), 0).unwrap();
    upload.write(0, b"x").unwrap();
    upload.abandon().unwrap();
    assert_eq!(kind(storage.continue_upload(&path("file"), id(1))), ErrorKind::NoPart);
    assert!(names(storage, &RemotePath::root()).is_empty());
}

fn one_upload_has_one_writer(storage: &dyn Storage) {
    let upload = storage.begin_upload(&path("file"), id(1), 0).unwrap();
    assert_eq!(kind(storage.continue_upload(&path("file"), id(1))), ErrorKind::InUse);
    assert_eq!(kind(storage.begin_upload(&path("file"), id(1), 0)), ErrorKind::InUse);
    let other = storage.begin_upload(&path("file"), id(2), 0).unwrap();
    drop(upload);
    storage.continue_upload(&path("file"), id(1)).unwrap().abandon().unwrap();
    other.abandon().unwrap();
}

fn a_new_beginning_forgets_the_old_part(storage: &dyn Storage) {
    let upload = storage.begin_upload(&path("file"), id(1), 0).unwrap();
    upload.write(0, &content(1_200_000)).unwrap();
    drop(upload);
    let upload = storage.begin_upload(&path("file"), id(1), 0).unwrap();
    assert_eq!(upload.held(), 0);
}

fn time_and_permission_bits_are_kept(storage: &dyn Storage) {
    for (number, (nanos, mode)) in [
        (1_234_567_890_123_456_789, 0o755),
        (-1, 0o600),
        (1, 0o444),
        (4_102_444_800_000_000_001, 0o640),
    ]
    .into_iter()
    .enumerate()
    {
        let target = path(&format!("file {number}"));
        let attributes = Attributes {
            modified: Some(Timestamp(nanos)),
            permissions: Some(Permissions::from_mode(mode)),
        };
        let mut upload = storage.begin_upload(&target, id(1), 1).unwrap();
        upload.write(0, b"x").unwrap();
        upload.seal(attributes).unwrap();
        publish(upload, IfExists::Refuse).unwrap();
        let entry = storage.stat(&target).unwrap();
        assert_eq!((entry.modified, entry.permissions.mode()), (Timestamp(nanos), mode));
    }
}

fn uploads_need_a_folder(storage: &dyn Storage) {
    put(storage, &path("file"), b"x");
    let begin = |target| kind(storage.begin_upload(&path(target), id(1), 0));
    assert_eq!(begin("nothing/file"), ErrorKind::NotFound);
    assert_eq!(begin("file/file"), ErrorKind::NotAFolder);
    // What failed holds nothing.
    storage.begin_upload(&path("new"), id(1), 0).unwrap().abandon().unwrap();
    storage.make_directory(&path("folder")).unwrap();
    let upload = sealed(storage, "folder/file", b"x");
    storage.remove_directory(&path("folder")).unwrap();
    assert_eq!(publish(upload, IfExists::Refuse), Err(ErrorKind::NotFound));
}

fn idle_parts_are_swept_and_others_not(storage: &dyn Storage) {
    storage.make_directory(&path("a")).unwrap();
    storage.make_directory(&path("a/b")).unwrap();
    put(storage, &path("a/b/file"), b"x");
    let mut left = sealed(storage, "a/b/left", b"x");
    let attributes = Attributes { modified: Some(Timestamp(0)), permissions: None };
    left.seal(attributes).unwrap();
    drop(left);
    drop(storage.begin_upload(&path("top"), id(2), 0).unwrap());
    let in_use = storage.begin_upload(&path("a/in use"), id(3), 0).unwrap();
    assert_eq!(storage.sweep_parts(3600).unwrap(), 0);
    assert_eq!(storage.sweep_parts(0).unwrap(), 2);
    assert_eq!(storage.sweep_parts(0).unwrap(), 0);
    assert_eq!(kind(storage.continue_upload(&path("a/b/left"), id(1))), ErrorKind::NoPart);
    assert_eq!(read(storage, &path("a/b/file")), b"x");
    drop(in_use);
    storage.continue_upload(&path("a/in use"), id(3)).unwrap();
}
