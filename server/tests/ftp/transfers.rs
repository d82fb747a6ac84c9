//! Files up and down, whole or not at all.

use crate::support::faulty::Faulty;
use crate::support::ftp::{FtpClient, assert_still_serving, ftp_tls, loopback, serve_ftp};
use crate::support::serve_storage;
use crate::{read, wait_for_bytes, write};
use ferry_server::storage::{Error, ErrorKind};
use parking_lot::Mutex;
use std::io::Write as _;
use std::sync::Arc;

#[test]
fn a_file_goes_up_and_comes_down_plain_and_encrypted() {
    let fixture = serve_ftp();
    let content: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    for encrypted in [false, true] {
        let mut client = FtpClient::connect(&fixture);
        if encrypted {
            client.encrypt(&ftp_tls());
        }
        client.log_in("anonymous", "x");
        assert!(client.put("STOR big", &content).starts_with("226"));
        assert_eq!(read(&fixture, "big"), content);
        assert_eq!(client.expect("213", "SIZE big"), "213 3000000\r\n");
        assert_eq!(client.get("RETR big"), content);
        client.expect("350", "REST 2999990");
        assert_eq!(client.get("RETR big"), &content[2_999_990..]);
        assert!(client.put("STOR empty", b"").starts_with("226"));
        assert_eq!(client.get("RETR empty"), b"");
    }
    assert!(fixture.parts().is_empty());
}

#[test]
fn nothing_is_visible_before_the_226_and_nothing_hidden_after_it() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    let mut data = client.begin("STOR new");
    data.write_all(b"half").unwrap();
    wait_for_bytes(&mut client, 4);
    assert!(!fixture.share.path().join("new").exists());
    assert_eq!(fixture.parts().len(), 1);
    data.write_all(b" and half").unwrap();
    data.finish();
    assert!(client.reply().starts_with("226"));
    assert_eq!(read(&fixture, "new"), b"half and half");
    assert!(fixture.parts().is_empty());
}

#[cfg(unix)]
#[test]
fn new_content_has_the_permission_bits_of_the_old() {
    use std::os::unix::fs::PermissionsExt as _;
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    let file = fixture.share.path().join("f");
    for mode in [0o600, 0o755] {
        write(&fixture, "f", b"old");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        for line in ["STOR f", "APPE f"] {
            assert!(client.put(line, b"new").starts_with("226"));
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, mode);
        }
    }
}

#[test]
fn a_restart_is_for_the_transfer_behind_it_though_that_is_refused() {
    let fixture = serve_ftp();
    write(&fixture, "f", b"whole");
    let mut client = FtpClient::guest(&fixture);
    for (code, line) in [("550", "RETR missing"), ("450", "STOU x"), ("450", "APPE f")] {
        client.expect("350", "REST 3");
        let _unused = client.data();
        client.expect(code, line);
        assert_eq!(client.get("RETR f"), b"whole", "{line}");
    }
}

/// By this door, too, "stored" is said of nothing that may be lost.
#[test]
fn a_disk_that_fails_is_told_and_nothing_is_visible() {
    let broken = Arc::new(Mutex::new(""));
    let present = Arc::clone(&broken);
    let storage = Faulty::new(move |call, path| match *present.lock() {
        broken if broken == call => Err(Error::new(ErrorKind::Io, path)),
        _ => Ok(()),
    });
    let fixture = serve_storage(storage, |config| config.ftp = Some(loopback()));
    for call in ["write", "seal", "sync", "publish", "sync_folder"] {
        let mut client = FtpClient::guest(&fixture);
        *broken.lock() = call;
        let reply = client.put("STOR f", b"content");
        assert!(reply.starts_with("451"), "{call}: {reply}");
        *broken.lock() = "";
        assert_eq!(client.get("NLST"), b"", "{call}");
    }
    assert_still_serving(&fixture);
}

#[test]
fn text_is_converted_and_what_has_a_nul_is_not() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    client.expect("200", "TYPE A");
    client.expect("550", "SIZE f");
    client.expect("501", "REST 5");
    assert!(client.put("STOR t", b"a\r\nb\r\n").starts_with("226"));
    assert_eq!(read(&fixture, "t"), b"a\nb\n");
    assert_eq!(client.get("RETR t"), b"a\r\nb\r\n");
    assert!(client.put("STOR b", b"a\r\n\0\n").starts_with("226"));
    assert_eq!(read(&fixture, "b"), b"a\r\n\0\n");
    assert_eq!(client.get("RETR b"), b"a\r\n\0\n");
    // What comes behind is judged by what is there.
    assert!(client.put("APPE b", b"c\r\n").starts_with("226"));
    assert!(client.put("APPE t", b"c\r\n").starts_with("226"));
    assert_eq!(
        (read(&fixture, "b"), read(&fixture, "t")),
        (b"a\r\n\0\nc\r\n".into(), b"a\nb\nc\n".into())
    );
}

#[test]
fn two_who_want_a_unique_name_at_once_get_one_each() {
    let fixture = serve_ftp();
    let mut begun: Vec<_> = (0..2)
        .map(|_| {
            let mut client = FtpClient::guest(&fixture);
            let socket = client.data();
            let reply = client.expect("150 FILE: doc-", "STOU doc.txt");
            assert!(reply.ends_with(".txt\r\n"), "{reply}");
            (client, socket, reply["150 FILE: ".len()..].trim_end().to_owned())
        })
        .collect();
    for (_, socket, name) in &mut begun {
        socket.write_all(name.as_bytes()).unwrap();
    }
    for (mut client, socket, name) in begun {
        drop(socket);
        assert!(client.reply().starts_with("226"));
        assert_eq!(read(&fixture, &name), name.as_bytes());
    }
}
