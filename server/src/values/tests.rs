use super::*;

const SEGMENT: u64 = 256 * 1024;

fn state(inode: u64, segments: u64, certainty: Certainty) -> FileState {
    let size = segments * SEGMENT;
    let stamp = Stamp { device: 1, inode, size, modified: (5, 5), changed: (9, 9) };
    FileState { stamp, certainty }
}

fn lasting(inode: u64) -> FileState {
    state(inode, 8, Certainty::Lasting)
}

fn values(n: u8) -> Vec<u8> {
    vec![n; 8 * SegmentValue::LEN]
}

fn small() -> Bounds {
    Bounds { log_bytes: 4000, log_entries: 100, recent_bytes: 1000, recent_entries: 100 }
}

#[test]
fn what_lasts_is_kept_over_a_restart_and_the_rest_until_then() {
    let folder = tempfile::tempdir().unwrap();
    let kept = KeptValues::open(folder.path());
    kept.keep(lasting(1), Kind::Segments, &values(1));
    kept.keep(lasting(1), Kind::Sha1, b"sha1");
    kept.keep(state(2, 8, Certainty::UntilRestart), Kind::Segments, &values(2));
    kept.keep(state(3, 8, Certainty::UnlessMapped), Kind::Segments, &values(3));
    let knows = |kept: &KeptValues, n| kept.segments(&lasting(n).stamp).is_some();
    assert_eq!([1, 2, 3].map(|n| knows(&kept, n)), [true, true, false]);
    let kept = KeptValues::open(folder.path());
    assert_eq!([1, 2, 3].map(|n| knows(&kept, n)), [true, false, false]);
    assert_eq!(kept.value(&lasting(1).stamp, Kind::Sha1).as_deref(), Some(&b"sha1"[..]));
    assert_eq!(kept.value(&lasting(1).stamp, Kind::Md5), None);
    let first = kept.segments(&lasting(1).stamp).unwrap();
    assert_eq!(first.value(7), Some(SegmentValue::from_bytes([1; 32])));
    assert_eq!(first.value(8), None);
}

#[test]
fn another_state_of_the_file_has_no_values() {
    let folder = tempfile::tempdir().unwrap();
    let kept = KeptValues::open(folder.path());
    kept.keep(lasting(1), Kind::Segments, &values(1));
    let stamp = lasting(1).stamp;
    let others = [
        Stamp { changed: (9, 10), ..stamp },
        Stamp { modified: (5, 6), ..stamp },
        Stamp { inode: 2, ..stamp },
        Stamp { size: stamp.size - 1, ..stamp },
    ];
    assert!(others.iter().all(|other| kept.segments(other).is_none()));
}

#[test]
fn small_files_and_values_of_a_wrong_length_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let kept = KeptValues::open(folder.path());
    let small = state(1, 4, Certainty::Lasting);
    kept.keep(small, Kind::Segments, &values(1));
    assert!(kept.segments(&small.stamp).is_none());
    kept.keep(lasting(2), Kind::Segments, b"too short");
    assert!(kept.segments(&lasting(2).stamp).is_none());
}

#[test]
fn both_the_disk_and_the_memory_are_bounded_and_the_latest_stay() {
    let folder = tempfile::tempdir().unwrap();
    let kept = KeptValues::open_within(folder.path(), small());
    for inode in 1..=100 {
        kept.keep(lasting(inode), Kind::Segments, &values(7));
        assert!(kept.segments(&lasting(1).stamp).is_some(), "used again and again");
        assert!(kept.segments(&lasting(inode).stamp).is_some());
    }
    assert!(kept.segments(&lasting(50).stamp).is_none());
    assert!(std::fs::metadata(folder.path().join(FILE_NAME)).unwrap().len() <= 4000);
    assert!(kept.0.lock().recent_bytes <= 1000);
    let kept = KeptValues::open_within(folder.path(), small());
    assert!(kept.segments(&lasting(1).stamp).is_some());
    assert!(kept.segments(&lasting(100).stamp).is_some());
}

#[test]
fn a_value_that_the_disk_altered_is_not_served() {
    let folder = tempfile::tempdir().unwrap();
    KeptValues::open(folder.path()).keep(lasting(1), Kind::Segments, &values(1));
    let kept = KeptValues::open(folder.path());
    let path = folder.path().join(FILE_NAME);
    let mut content = std::fs::read(&path).unwrap();
    *content.last_mut().unwrap() ^= 1;
    std::fs::write(&path, content).unwrap();
    assert!(kept.segments(&lasting(1).stamp).is_none());
    kept.keep(lasting(1), Kind::Segments, &values(1));
    assert!(kept.segments(&lasting(1).stamp).is_some());
}

#[test]
fn values_come_together_from_several_readers() {
    let folder = tempfile::tempdir().unwrap();
    let kept = KeptValues::open(folder.path());
    let (file, value) = (lasting(1), |n| SegmentValue::from_bytes([n; 32]));
    kept.learn(file, 4, &[value(4), value(5), value(6), value(7)]);
    assert!(kept.segments(&file.stamp).is_none());
    kept.learn(state(1, 8, Certainty::UnlessMapped), 0, &[value(0), value(1), value(2), value(3)]);
    assert!(kept.segments(&file.stamp).is_none(), "what is not sure teaches nothing");
    kept.learn(file, 0, &[value(0), value(1), value(2), value(3)]);
    let all = kept.segments(&file.stamp).unwrap();
    assert_eq!(all.value(5), Some(value(5)));
    assert_eq!(all.to_values().len(), 8);
}

#[test]
fn without_a_state_folder_values_are_kept_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let kept = KeptValues::open(&folder.path().join("missing"));
    kept.keep(lasting(1), Kind::Segments, &values(1));
    assert!(kept.segments(&lasting(1).stamp).is_some());
}
