//! Names and what is known of them: listings, changes, checksums, undo.

use crate::support::faulty::Faulty;
use crate::support::ftp::{FtpClient, loopback, serve_ftp};
use crate::support::serve_storage;
use crate::{read, text, write};
use ferry_protocol::RemotePath;
use ferry_server::storage::{Error, ErrorKind, Storage as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

#[test]
fn listings_read_as_programs_expect_and_names_forge_nothing() {
    let fixture = serve_ftp();
    write(&fixture, "a\r\n-rw-r--r-- forged", b"xy");
    std::fs::create_dir(fixture.share.path().join("dir")).unwrap();
    write(&fixture, "dir/one.txt", b"1");
    write(&fixture, "dir/two.bin", b"22");
    let mut client = FtpClient::guest(&fixture);
    let list = text(client.get("LIST -la"));
    assert_eq!(list.matches("\r\n").count(), 2, "{list}");
    assert!(list.lines().any(|line| line.starts_with("drw") && line.ends_with(" dir")), "{list}");
    assert!(list.contains(" a??-rw-r--r-- forged\r\n"), "{list}");
    let facts = text(client.get("MLSD dir"));
    assert!(facts.contains("type=file;size=2;modify="), "{facts}");
    assert!(facts.contains("; two.bin\r\n"), "{facts}");
    let mut names: Vec<_> = text(client.get("NLST dir")).lines().map(str::to_owned).collect();
    names.sort();
    assert_eq!(names, ["dir/one.txt", "dir/two.bin"]);
    assert_eq!(text(client.get("NLST dir/*.txt")), "dir/one.txt\r\n");
    assert_eq!(text(client.get("NLST .ferry-*")), "", "no name that anything here has");
    assert_eq!(text(client.get("NLST dir/{one,two}.[tb]*")), "", "braces mean themselves");
    assert!(text(client.get("LIST dir/one.txt")).ends_with(" one.txt\r\n"));
    let _unused = client.data();
    client.expect("550", "LIST nothing");
    client.expect("501", "MLSD dir/one.txt");
    let status = client.expect("213", "STAT dir");
    assert!(status.contains("two.bin\r\n"), "{status}");
}

#[test]
fn a_status_that_cannot_be_told_whole_says_so() {
    let pages = Arc::new(AtomicI32::new(0));
    let left = Arc::clone(&pages);
    let storage = Faulty::new(move |call, path| {
        if call == "next_entries" && left.fetch_sub(1, Ordering::Relaxed) <= 0 {
            return Err(Error::new(ErrorKind::Io, path));
        }
        Ok(())
    });
    for number in 0..300 {
        let path = RemotePath::parse(format!("d{number}").as_bytes()).unwrap();
        storage.inner().make_directory(&path).unwrap();
    }
    let fixture = serve_storage(storage, |config| config.ftp = Some(loopback()));
    let mut client = FtpClient::guest(&fixture);
    pages.store(0, Ordering::Relaxed);
    client.expect("451", "STAT /");
    pages.store(1, Ordering::Relaxed);
    let status = client.expect("213-", "STAT /");
    assert!(status.lines().last().unwrap().starts_with("213 Not all"), "{status}");
    pages.store(9, Ordering::Relaxed);
    assert!(client.expect("213-", "STAT /").ends_with("213 End of status.\r\n"));
}

#[test]
fn names_are_changed_as_asked() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    assert_eq!(client.expect("257", "MKD a \"b\""), "257 \"/a \"\"b\"\"\" was made.\r\n");
    client.expect("550", "MKD a \"b\"");
    client.expect("250", "CWD a \"b\"");
    assert!(client.put("STOR x", b"1").starts_with("226"));
    client.expect("503", "RNTO y");
    client.expect("350", "RNFR x");
    client.expect("250", "RNTO ../y");
    client.expect("250", "CDUP");
    client.expect("250", "RMD a \"b\"");
    client.expect("550", "RMD a \"b\"");
    client.expect("550", "DELE nothing");
    client.expect("213", "MFMT 20200102030405 y");
    assert_eq!(client.expect("213", "MDTM y"), "213 20200102030405\r\n");
    client.expect("213", "MFF modify=20200102030406;UNIX.mode=0640; y");
    let facts = client.expect("250", "MLST y");
    assert!(facts.contains("modify=20200102030406;") && facts.contains("UNIX.mode=0640"));
    client.expect("504", "MFF create=20200102030406; y");
    client.expect("501", "MFF modify=20200102030406;");
    client.expect("200", "SITE UTIME 20210102030405 y");
    client.expect("200", "SITE CHMOD 600 y");
    let facts = client.expect("250", "MLST y");
    assert!(facts.contains("modify=20210102030405;") && facts.contains("UNIX.mode=0600"));
    client.expect("553", "MKD .ferry-x");
    client.expect("250", "DELE y");
}

#[test]
fn what_was_replaced_or_removed_comes_back() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    assert!(client.put("STOR f", b"old").starts_with("226"));
    assert!(client.put("STOR f", b"new").starts_with("226"));
    assert!(client.expect("214", "SITE UNDO").contains(" /f\r\n"));
    client.expect("250", "SITE UNDO f");
    assert_eq!(read(&fixture, "f"), b"old");
    client.expect("250", "DELE f");
    client.expect("250", "SITE UNDO f");
    assert_eq!(read(&fixture, "f"), b"old");
    client.expect("550", "SITE UNDO g");
}

#[test]
fn checksums_are_those_that_other_programs_compute() {
    let fixture = serve_ftp();
    write(&fixture, "f", b"abc");
    let mut client = FtpClient::guest(&fixture);
    for (algorithm, value) in [
        (
            "SHA-512",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
        ("SHA-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("SHA-1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("MD5", "900150983cd24fb0d6963f7d28e17f72"),
        ("CRC32", "352441c2"),
    ] {
        client.expect("200", &format!("OPTS HASH {algorithm}"));
        assert_eq!(client.ask("HASH f"), format!("213 {algorithm} 0-3 {value} f\r\n"));
        assert!(client.expect("211", "FEAT").contains(&format!("{algorithm}*")));
    }
    assert_eq!(client.ask("XCRC f"), "250 352441C2\r\n");
    assert_eq!(client.ask("MD5 f"), "251 f 900150983cd24fb0d6963f7d28e17f72\r\n");
    assert!(client.ask("XSHA512 f").starts_with("250 DDAF35A1"));
    // WinSCP puts quotes around a name with a space in it; others may have them in theirs.
    write(&fixture, "a b", b"abc");
    assert_eq!(client.ask("XCRC \"/a b\""), "250 352441C2\r\n");
    client.expect("550", "XCRC \"/c d\"");
    write(&fixture, "\"q\"", b"abc");
    assert_eq!(client.ask("XCRC \"q\""), "250 352441C2\r\n");
}
