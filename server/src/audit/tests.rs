use super::*;
use crate::config::AuditFormat;
use ferry_protocol::RemotePath;
use std::fs;

fn who(account: &str) -> Who {
    let peer = "192.0.2.7:51234".parse().unwrap();
    Who { account: Some(account.to_owned()), origin: Origin { peer, door: "ferry" } }
}

fn path(text: &[u8]) -> RemotePath {
    RemotePath::parse(text).unwrap()
}

fn settings() -> AuditSettings {
    AuditSettings::default()
}

fn lines(folder: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(folder.join("audit.log")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_deed_is_recorded_once_with_what_came_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let audit = Audit::start(folder.path(), &settings()).unwrap();
    let log = audit.log();
    let upload = Deed::begin(&log, &who("ann"), Action::Upload, &path(b"/a\nb \xff"));
    upload.moved(12);
    let elsewhere = upload.clone();
    drop(upload);
    elsewhere.done();
    elsewhere.failed(&"too late");
    Deed::begin(&log, &who(""), Action::Rename, &path(b"/x")).to(&path(b"/y")).failed(&"no\n");
    drop(Deed::begin(&log, &who("ann"), Action::Download, &path(b"/z")));
    audit.stop();
    let lines = lines(folder.path());
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[0]["path"], "/a\\nb \\xff");
    assert_eq!((&lines[0]["size"], &lines[0]["result"]), (&12.into(), &"done".into()));
    assert_eq!((&lines[1]["account"], &lines[1]["to"]), (&"guest".into(), &"/y".into()));
    assert_eq!((&lines[1]["result"], &lines[1]["text"]), (&"failed".into(), &"no\\n".into()));
    assert_eq!(lines[2]["result"], "interrupted");
    assert_eq!(lines[2]["peer"], "192.0.2.7:51234");
}

#[test]
fn everybody_sees_their_own_past_page_by_page_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let audit = Audit::start(folder.path(), &settings()).unwrap();
    let log = audit.log();
    for number in 0..5 {
        for account in ["ann", "bob", ""] {
            let path = path(format!("/{account}{number}").as_bytes());
            Deed::begin(&log, &who(account), Action::Remove, &path).done();
        }
    }
    audit.stop();
    let audit = Audit::start(folder.path(), &settings()).unwrap();
    let log = audit.log();
    let mut seen = Vec::new();
    let mut before = 0;
    loop {
        let (page, next) = log.history("ann", Timestamp::MIN, before, 2);
        assert!(page.len() <= 2);
        seen.extend(page.iter().filter_map(|line| line.path.clone()));
        before = next;
        if next == 0 {
            break;
        }
    }
    assert_eq!(seen, ["/ann4", "/ann3", "/ann2", "/ann1", "/ann0"]);
    assert!(log.history("guest", Timestamp::MIN, 0, 9).0.is_empty(), "the guest is anybody");
    assert!(log.history("", Timestamp::MIN, 0, 9).0.is_empty());
    audit.stop();
}

#[test]
fn memory_is_bounded_and_a_busy_account_pushes_out_only_itself() {
    let mut history = History::default();
    let line = |account: &str| Arc::new(Line::new(&who(account), Action::Upload));
    history.add(line("ann"));
    for _ in 0..3 * history::LINES_MAX {
        history.add(line("bob"));
    }
    assert_eq!(history.page("ann", Timestamp::MIN, 0, 9).0.len(), 1);
    assert_eq!(
        history.page("bob", Timestamp::MIN, 0, usize::MAX - 1).0.len(),
        history::LINES_MAX - 1
    );
}

#[test]
fn files_are_begun_anew_by_size_and_their_count_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let settings = AuditSettings { file_mib: 1, files: 3, ..settings() };
    let mut file = AuditFile::new(folder.path(), settings.clone());
    let long = Line::new(&who("ann"), Action::Accounts).with_text(&"x".repeat(300_000));
    for _ in 0..20 {
        file.write(&[Arc::new(long.clone())]).unwrap();
    }
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["audit.log", "audit.log.1", "audit.log.2"]);
    let settings = AuditSettings { file_age: Duration::ZERO, ..settings };
    let mut file = AuditFile::new(folder.path(), settings);
    file.write(&[Arc::new(long)]).unwrap();
    file.write(&[Arc::new(Line::of_server(Action::Accounts))]).unwrap();
    assert!(fs::metadata(folder.path().join("audit.log")).unwrap().len() < 1000, "by age too");
}

/// The age of a file was that of its inode, or of its last write: one that was copied, or lay where
/// files have no birth, was never begun anew under a server that was restarted often.
#[test]
fn the_age_of_a_file_is_that_of_its_first_line() {
    for format in [AuditFormat::Json, AuditFormat::Text] {
        let folder = tempfile::tempdir().unwrap();
        let settings = AuditSettings { format, file_age: Duration::from_hours(1), ..settings() };
        let mut old = Line::new(&who("ann"), Action::Accounts);
        old.time = old.time.checked_sub(Duration::from_hours(2)).unwrap();
        AuditFile::new(folder.path(), settings.clone()).write(&[Arc::new(old)]).unwrap();
        let mut file = AuditFile::new(folder.path(), settings);
        for _ in 0..2 {
            file.write(&[Arc::new(Line::of_server(Action::Accounts))]).unwrap();
        }
        assert!(folder.path().join("audit.log.1").exists(), "{format:?}");
    }
}

/// A full log disk: lines are lost and counted, nobody waits, and it goes on when there is room.
#[cfg(target_os = "linux")]
#[test]
fn a_record_that_cannot_be_written_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.path().join("audit.log")).unwrap();
    let audit = Audit::start(folder.path(), &settings()).unwrap();
    let log = audit.log();
    for _ in 0..20_000 {
        log.record(Line::new(&who("ann"), Action::Upload));
    }
    while log.health().failure.is_none() {
        std::thread::yield_now();
    }
    assert!(log.health().lost_count > 0);
    assert_eq!(log.history("ann", Timestamp::MIN, 0, 10).0.len(), 10, "its owner still sees it");
    fs::remove_file(folder.path().join("audit.log")).unwrap();
    while log.health().failure.is_some() {
        log.record(Line::new(&who("ann"), Action::Upload));
        std::thread::yield_now();
    }
    audit.stop();
    assert!(!lines_after_torn(folder.path()).is_empty());
}

#[cfg(target_os = "linux")]
fn lines_after_torn(folder: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(folder.join("audit.log")).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A disk that answers no more, as one on a network: a queue with room let the server wait for it
/// for ever.
#[test]
fn a_record_that_hangs_does_not_keep_the_server_from_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let audit = Audit::start(folder.path(), &settings()).unwrap();
    let log = audit.log();
    let held = log.shared.failure.lock();
    log.record(Line::new(&who("ann"), Action::Upload));
    audit.stop_within(Duration::from_millis(50));
    drop(held);
}

#[test]
fn words_for_a_person_are_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let settings = AuditSettings { format: AuditFormat::Text, ..settings() };
    let audit = Audit::start(folder.path(), &settings).unwrap();
    let log = audit.log();
    let deed = Deed::begin(&log, &who("ann"), Action::Upload, &path(b"/a\nb"));
    deed.failed(&"the disk\nis full");
    audit.stop();
    let text = fs::read_to_string(folder.path().join("audit.log")).unwrap();
    assert_eq!(text.lines().count(), 1);
    let rest = " ann 192.0.2.7:51234 upload failed \"/a\\nb\": the disk\\nis full\n";
    assert!(text.ends_with(rest), "{text}");
}

#[test]
fn a_name_with_quotes_adds_no_words() {
    let mut line = Line::new(&who("ann"), Action::Rename);
    line.path = Some(path(br#"/a" 7 bytes"#).to_string());
    line.to = Some(path(br#"/b\" to "/c"#).to_string());
    let rest = r#" rename done "/a\" 7 bytes" to "/b\\\" to \"/c""#;
    assert!(line.to_words().ends_with(rest), "{}", line.to_words());
}
