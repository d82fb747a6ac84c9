//! Names, listings, single entries and open files.

use super::{kind, list, names, over_all, path, put, read};
use crate::storage::{ErrorKind, Storage};
use ferry_protocol::{EntryKind, RemotePath};

over_all!(
    hard_names_come_back_as_they_were,
    a_listing_has_every_name_once,
    a_folder_may_be_empty,
    entries_say_what_lies_there,
    what_is_missing_is_not_found,
    a_file_is_read_from_any_offset,
    folders_are_not_opened,
    space_is_told,
);

fn hard_names() -> Vec<Vec<u8>> {
    vec![
        b"with space ".to_vec(),
        b"-rf".to_vec(),
        b"'\"`$(x)".to_vec(),
        b"two\nlines\r\t\x1b[2J".to_vec(),
        "\u{65e5}\u{672c}\u{8a9e}.txt".into(),
        "\u{645}\u{644}\u{641}".into(),
        "\u{1f6a2} \u{202e}".into(),
        b"\xff\xfe.bin".to_vec(),
        b"..hidden".to_vec(),
        b"back\\slash:*?".to_vec(),
        vec![b'n'; 255],
    ]
}

fn hard_names_come_back_as_they_were(storage: &dyn Storage) {
    let mut expected = hard_names();
    for name in &expected {
        let folder = RemotePath::parse(name).unwrap();
        storage.make_directory(&folder).unwrap();
        let file = folder.join_all(name).unwrap();
        put(storage, &file, name);
        assert_eq!(read(storage, &file), *name);
        assert_eq!(storage.stat(&file).unwrap().name, *name);
        assert_eq!(&names(storage, &folder), std::slice::from_ref(name));
    }
    expected.sort();
    assert_eq!(names(storage, &RemotePath::root()), expected);
}

fn a_listing_has_every_name_once(storage: &dyn Storage) {
    let mut expected: Vec<_> = (0..2500).map(|n| format!("entry {n:05}").into_bytes()).collect();
    for name in &expected {
        put(storage, &RemotePath::parse(name).unwrap(), b"");
    }
    assert_eq!(names(storage, &RemotePath::root()), expected);
    let mut listing = storage.list(&RemotePath::root()).unwrap();
    let mut seen = Vec::new();
    for expected_len in [1000, 1000, 500, 0, 0] {
        let page = listing.next_entries(1000).unwrap();
        assert_eq!(page.len(), expected_len);
        seen.extend(page.into_iter().map(|entry| entry.name));
    }
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
}

fn a_folder_may_be_empty(storage: &dyn Storage) {
    assert_eq!(list(storage, &RemotePath::root()), []);
    storage.make_directory(&path("a")).unwrap();
    assert_eq!(list(storage, &path("a")), []);
}

fn entries_say_what_lies_there(storage: &dyn Storage) {
    storage.make_directory(&path("folder")).unwrap();
    put(storage, &path("folder/file"), b"12345");
    put(storage, &path("folder/nothing"), b"");
    let file = storage.stat(&path("folder/file")).unwrap();
    assert_eq!((file.kind, file.size), (EntryKind::File, 5));
    assert!(file.modified.0 > 1_600_000_000_000_000_000 && !file.flags.linked);
    assert_eq!(storage.stat(&path("folder/nothing")).unwrap().size, 0);
    let folder = storage.stat(&path("folder")).unwrap();
    assert_eq!((folder.kind, folder.size), (EntryKind::Folder, 0));
    let root = storage.stat(&RemotePath::root()).unwrap();
    assert_eq!((root.kind, root.name.as_slice()), (EntryKind::Folder, &b""[..]));
    assert_eq!(list(storage, &path("folder"))[0], file);
    assert_eq!(list(storage, &RemotePath::root()), [folder]);
}

fn what_is_missing_is_not_found(storage: &dyn Storage) {
    put(storage, &path("file"), b"x");
    for missing in ["nothing", "nothing/below"] {
        assert_eq!(kind(storage.stat(&path(missing))), ErrorKind::NotFound);
        assert_eq!(kind(storage.open(&path(missing))), ErrorKind::NotFound);
        assert_eq!(kind(storage.list(&path(missing))), ErrorKind::NotFound);
    }
    assert_eq!(kind(storage.list(&path("file"))), ErrorKind::NotAFolder);
    assert_eq!(kind(storage.stat(&path("file/below"))), ErrorKind::NotAFolder);
    assert_eq!(kind(storage.open(&path("file/below"))), ErrorKind::NotAFolder);
}

fn a_file_is_read_from_any_offset(storage: &dyn Storage) {
    let bytes = super::content(300_000);
    put(storage, &path("file"), &bytes);
    let reader = storage.open(&path("file")).unwrap();
    assert_eq!(reader.metadata().size, 300_000);
    let mut buffer = [0; 1000];
    for (offset, len) in [(0, 1000), (123_456, 1000), (299_500, 500), (300_000, 0), (u64::MAX, 0)] {
        let Ok(count) = reader.read_at(offset, &mut buffer) else {
            // No system takes an offset beyond the largest file.
            assert_eq!(offset, u64::MAX);
            continue;
        };
        assert_eq!(count, len);
        let start = usize::try_from(offset).unwrap().min(bytes.len());
        assert_eq!(buffer[..len], bytes[start..start + len]);
    }
    assert!(reader.is_unchanged().unwrap());
}

fn folders_are_not_opened(storage: &dyn Storage) {
    storage.make_directory(&path("folder")).unwrap();
    assert_eq!(kind(storage.open(&path("folder"))), ErrorKind::IsAFolder);
    assert_eq!(kind(storage.open(&RemotePath::root())), ErrorKind::IsAFolder);
}

fn space_is_told(storage: &dyn Storage) {
    let space = storage.space(&RemotePath::root()).unwrap();
    assert!(space.total >= space.available && space.total > 0);
    assert_eq!(kind(storage.space(&path("nothing"))), ErrorKind::NotFound);
}
