//! Uploads that were cut, and those that go on behind what is there.

use crate::support::faulty::Faulty;
use crate::support::ftp::{FtpClient, ftp_tls, loopback, serve_ftp};
use crate::support::{Fixture, RawClient, serve_accounts_with, serve_storage};
use crate::{read, text, wait_for_bytes, write};
use ferry_protocol::{Answer, Request, TransferId, feature};
use ferry_server::accounts::AccountsFile;
use ferry_server::config::Config;
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

/// Begins an upload, has it cut by a reset, and waits until the server has noticed.
fn cut_upload(client: &mut FtpClient, line: &str, content: &[u8]) {
    let mut data = client.begin(line);
    data.write_all(content).unwrap();
    wait_for_bytes(client, content.len());
    data.reset();
    let reply = client.reply();
    assert!(reply.starts_with("426"), "{reply}");
}

/// Writes a file with that time of modification.
fn write_at(fixture: &Fixture, name: &str, content: &[u8], modified: SystemTime) {
    write(fixture, name, content);
    let file = File::options().write(true).open(fixture.share.path().join(name)).unwrap();
    file.set_modified(modified).unwrap();
}

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn a_cut_upload_is_hidden_and_gone_on_with_by_append_or_restart() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    for (resume, wrong) in [("APPE f", "REST 3"), ("STOR f", "REST 7")] {
        cut_upload(&mut client, "STOR f", b"first");
        assert!(!fixture.share.path().join("f").exists());
        assert!(!text(client.get("LIST")).contains('f'), "a part is in no listing");
        assert_eq!(client.expect("213", "SIZE f"), "213 5\r\n");
        assert!(client.expect("250", "MLST f").contains("size=5;"));
        client.expect("350", wrong);
        let _unused = client.data();
        client.expect("550", "STOR f");
        if resume == "STOR f" {
            client.expect("350", "REST 5");
        }
        assert!(client.put(resume, b" second").starts_with("226"));
        assert_eq!(read(&fixture, "f"), b"first second");
        client.expect("250", "DELE f");
        client.expect("550", "SIZE f");
    }
}

#[test]
fn a_cut_upload_outlives_the_server_and_belongs_to_its_account() {
    let fixture = serve_accounts_with(&[("ann", "secret")], |config| {
        config.guest = Some(ferry_protocol::Rights::read_write());
        config.ftp = Some(loopback());
    });
    let mut client = FtpClient::guest(&fixture);
    cut_upload(&mut client, "STOR f", b"first");
    let fixture = fixture.restart(|config| config.ftp = Some(loopback()));
    let mut other = FtpClient::connect(&fixture);
    other.log_in("ann", "secret");
    other.expect("550", "SIZE f");
    let mut client = FtpClient::guest(&fixture);
    assert_eq!(client.expect("213", "SIZE f"), "213 5\r\n");
    assert!(client.put("APPE f", b" second").starts_with("226"));
    assert_eq!(read(&fixture, "f"), b"first second");
}

/// A part was found by the account's name and its path, so that another of that name went on with it.
#[test]
fn a_cut_upload_is_not_inherited_by_another_account_of_the_name() {
    let with_ftp = |config: &mut Config| config.ftp = Some(loopback());
    let fixture = serve_accounts_with(&[("ann", "secret")], with_ftp);
    let mut client = FtpClient::connect(&fixture);
    client.log_in("ann", "secret");
    cut_upload(&mut client, "STOR f", b"first");
    assert_eq!(client.expect("213", "SIZE f"), "213 5\r\n");
    let file = AccountsFile::of(fixture.state.path());
    let account = file.read().unwrap().remove(0);
    file.remove(&account.name).unwrap();
    file.add(account).unwrap();
    let fixture = fixture.restart(with_ftp);
    let mut client = FtpClient::connect(&fixture);
    client.log_in("ann", "secret");
    client.expect("550", "SIZE f");
}

#[test]
fn an_upload_that_cannot_begin_leaves_the_part_before_it() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    cut_upload(&mut client, "STOR f", b"first");
    client.expect("425", "STOR f");
    assert_eq!(client.expect("213", "SIZE f"), "213 5\r\n");
    // One that nobody connects for, and one that ends before its first byte.
    client.passive_port();
    client.expect("150", "STOR f");
    client.send(b"ABOR\r\n");
    assert!(client.reply().starts_with("426") && client.reply().starts_with("226"));
    client.begin("STOR f").reset();
    assert!(client.reply().starts_with("426"));
    assert_eq!(client.expect("213", "SIZE f"), "213 5\r\n");
    assert!(client.put("STOR f", b"").starts_with("226"), "an empty file takes its place");
    assert_eq!(read(&fixture, "f"), b"");
    assert!(fixture.parts().is_empty());
}

/// The second has a part that nobody could find again.
#[test]
fn of_two_uploads_of_one_name_that_are_cut_one_part_is_left() {
    let fixture = serve_ftp();
    let mut clients = [FtpClient::guest(&fixture), FtpClient::guest(&fixture)];
    let begun: Vec<_> = clients
        .iter_mut()
        .map(|client| {
            let mut data = client.begin("STOR f");
            data.write_all(b"half").unwrap();
            wait_for_bytes(client, 4);
            data
        })
        .collect();
    assert_eq!(fixture.parts().len(), 2);
    for (client, data) in clients.iter_mut().zip(begun) {
        data.reset();
        assert!(client.reply().starts_with("426"));
    }
    assert_eq!(fixture.parts().len(), 1);
    assert_eq!(clients[1].expect("213", "SIZE f"), "213 4\r\n");
}

#[test]
fn a_text_that_is_cut_is_a_part_to_its_last_byte() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    client.expect("200", "TYPE A");
    cut_upload(&mut client, "STOR f", b"a\r\nb");
    client.expect("200", "TYPE I");
    assert_eq!(client.expect("213", "SIZE f"), "213 3\r\n");
    assert!(client.put("APPE f", b"c").starts_with("226"));
    assert_eq!(read(&fixture, "f"), b"a\nbc");
}

/// As any other of the account, in whichever way it came.
#[test]
fn a_part_is_listed_to_its_account_and_can_be_abandoned() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    cut_upload(&mut client, "STOR f", &[7; 3000]);
    let mut native = fixture.guest_with(feature::SEGMENTS);
    let parts = |native: &mut RawClient| match native.ask(&Request::Parts(TransferId([0; 16]))) {
        Answer::PartsAre(page) => page.parts,
        other => panic!("{other:?}"),
    };
    let [part] = parts(&mut native).try_into().unwrap();
    assert_eq!((part.target.to_wire(), part.size, part.held), (b"/f".to_vec(), 3000, 3000));
    assert!(client.put("APPE f", b"whole").starts_with("226"));
    assert!(parts(&mut native).is_empty());
    cut_upload(&mut client, "STOR g", &vec![7; 2_000_000]);
    let [part] = parts(&mut native).try_into().unwrap();
    assert_eq!(native.ask(&Request::PartAbandon(part.transfer)), Answer::Done);
    client.expect("550", "SIZE g");
    assert!(fixture.parts().is_empty());
}

/// Nobody tells its digest, so that there is nothing to compare: a large one is gone on with at once.
#[test]
fn of_a_part_that_is_gone_on_with_the_beginning_alone_is_read() {
    let reads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reads);
    let storage = Faulty::new(move |call, _| {
        counted.fetch_add(usize::from(call == "part_read_at"), Ordering::SeqCst);
        Ok(())
    });
    let fixture = serve_storage(storage, |config| config.ftp = Some(loopback()));
    let mut client = FtpClient::guest(&fixture);
    let half = vec![1; 3 * 1024 * 1024];
    cut_upload(&mut client, "STOR f", &half);
    assert!(client.put("APPE f", b"2").starts_with("226"));
    assert_eq!(client.get("RETR f"), [&half[..], b"2"].concat());
    assert_eq!(reads.load(Ordering::SeqCst), 1);
}

#[test]
fn an_upload_whose_control_connection_is_gone_stays_a_part() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    let mut data = client.begin("STOR f");
    data.write_all(b"first").unwrap();
    wait_for_bytes(&mut client, 5);
    client.close_hard();
    // The server closes the data connection when it has let go of the upload.
    data.read_all();
    let mut client = FtpClient::guest(&fixture);
    client.expect("213", "SIZE f");
    assert!(!fixture.share.path().join("f").exists());
}

/// Its kernel ends both connections, the older one first, and the end of the data looks as if that
/// were all.
#[test]
fn a_client_that_is_killed_leaves_a_part_and_no_file() {
    let fixture = serve_ftp();
    for encrypted in [false, true] {
        for _ in 0..50 {
            let mut client = FtpClient::connect(&fixture);
            if encrypted {
                client.encrypt(&ftp_tls());
            }
            client.log_in("anonymous", "x");
            let mut data = client.begin("STOR f");
            data.write_all(b"half").unwrap();
            data.flush().unwrap();
            wait_for_bytes(&mut client, 4);
            // What it had asked for beyond is no sign of life.
            client.send(b"QUIT\r\n");
            drop(client);
            drop(data);
            let mut client = FtpClient::guest(&fixture);
            while client.ask("SIZE f") != "213 4\r\n" {
                std::thread::yield_now();
            }
            assert!(!fixture.share.path().join("f").exists());
        }
    }
}

#[test]
fn append_goes_on_behind_a_whole_file_which_stays_until_the_end() {
    let fixture = serve_ftp();
    write(&fixture, "log", b"one\n");
    let mut client = FtpClient::guest(&fixture);
    let mut data = client.begin("APPE log");
    data.write_all(b"two\n").unwrap();
    wait_for_bytes(&mut client, 4);
    assert_eq!(read(&fixture, "log"), b"one\n");
    data.finish();
    assert!(client.reply().starts_with("226"));
    assert_eq!(read(&fixture, "log"), b"one\ntwo\n");
    client.expect("350", "REST 4");
    assert!(client.put("STOR log", b"2\n").starts_with("226"));
    assert_eq!(read(&fixture, "log"), b"one\n2\n");
    client.expect("350", "REST 100");
    let _unused = client.data();
    client.expect("550", "STOR log");
}

/// SIZE tells of the older file, and whoever goes on there would have its beginning and the new end.
#[test]
fn an_older_file_is_not_gone_on_with_in_place_of_an_upload_that_was_cut() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    write_at(&fixture, "f", b"an older file", SystemTime::now() - HOUR);
    cut_upload(&mut client, "STOR f", b"first");
    assert_eq!(client.expect("213", "SIZE f"), "213 13\r\n");
    for (restart, line) in [(None, "APPE f"), (Some(3), "STOR f"), (Some(13), "STOR f")] {
        if let Some(offset) = restart {
            client.expect("350", &format!("REST {offset}"));
        }
        let _unused = client.data();
        assert!(client.expect("550", line).contains("from its beginning"));
    }
    assert_eq!((read(&fixture, "f"), fixture.parts().len()), (b"an older file".into(), 1));
    client.expect("350", "REST 5");
    assert!(client.put("STOR f", b" second").starts_with("226"));
    assert_eq!(read(&fixture, "f"), b"first second");
    assert!(fixture.parts().is_empty());
}

/// A file that came after the part is no older one, and loses nothing to it.
#[test]
fn a_part_that_a_later_file_has_outrun_is_not_taken_for_its_end() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    cut_upload(&mut client, "STOR f", b"twelve bytes");
    write_at(&fixture, "f", b"others' text", SystemTime::now() + HOUR);
    client.expect("350", "REST 12");
    assert!(client.put("STOR f", b", more").starts_with("226"));
    assert_eq!(read(&fixture, "f"), b"others' text, more");
    write_at(&fixture, "f", b"others' text", SystemTime::now() + HOUR);
    assert!(client.put("APPE f", b" and more").starts_with("226"));
    assert_eq!(read(&fixture, "f"), b"others' text and more");
    assert_eq!(fixture.parts().len(), 1);
}

/// A machine that lost power, or a disk that keeps zeros as holes: what lies behind one is not held,
/// and nobody goes on behind it.
#[test]
fn a_part_is_gone_on_with_where_it_has_no_gap_before() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    let half = vec![7; 2 * 1024 * 1024];
    cut_upload(&mut client, "STOR f", &half);
    let [part] = fixture.parts().try_into().unwrap();
    let part = fixture.share.path().join(part);
    File::options().write(true).open(part).unwrap().set_len(3 * 1024 * 1024).unwrap();
    assert_eq!(client.expect("213", "SIZE f"), format!("213 {}\r\n", half.len()));
    client.expect("350", "REST 3145728");
    let _unused = client.data();
    client.expect("550", "STOR f");
    assert!(client.put("APPE f", b"end").starts_with("226"));
    assert_eq!(read(&fixture, "f"), [&half[..], b"end"].concat());
}

/// What an upload over a file that runs has brought so far is nobody's to judge yet.
#[test]
fn a_file_is_appended_to_beside_an_upload_that_is_to_take_its_place() {
    let fixture = serve_ftp();
    write(&fixture, "log", b"one\n");
    let mut clients = [FtpClient::guest(&fixture), FtpClient::guest(&fixture)];
    let mut data = clients[0].begin("STOR log");
    data.write_all(b"new").unwrap();
    wait_for_bytes(&mut clients[0], 3);
    assert!(clients[1].put("APPE log", b"two\n").starts_with("226"));
    assert_eq!(read(&fixture, "log"), b"one\ntwo\n");
    data.finish();
    assert!(clients[0].reply().starts_with("226"));
    assert_eq!(read(&fixture, "log"), b"new");
}

/// What was acknowledged to one would be lost by the other's copy of what was there before.
#[test]
fn of_two_who_append_to_one_file_the_later_is_told_to_look_again() {
    let fixture = serve_ftp();
    write(&fixture, "log", b"one\n");
    let mut clients = [FtpClient::guest(&fixture), FtpClient::guest(&fixture)];
    let begin = |client: &mut FtpClient, line: &[u8]| {
        let mut data = client.begin("APPE log");
        data.write_all(line).unwrap();
        wait_for_bytes(client, line.len());
        data
    };
    let [mut first, mut second] = clients.each_mut().map(|client| begin(client, b"next\n"));
    first.finish();
    assert!(clients[0].reply().starts_with("226"));
    second.finish();
    assert!(clients[1].reply().starts_with("450"));
    assert_eq!(read(&fixture, "log"), b"one\nnext\n");
    // Nor is what a program of the server's own machine wrote in between.
    let mut third = begin(&mut clients[1], b"last\n");
    write(&fixture, "log", b"other\n");
    third.finish();
    assert!(clients[1].reply().starts_with("450"));
    assert!(clients[1].put("APPE log", b"last\n").starts_with("226"));
    assert_eq!(read(&fixture, "log"), b"other\nlast\n");
    assert!(fixture.parts().is_empty());
}

/// An append that was cut, or had no data connection, leaves all as it was.
#[test]
fn an_append_that_is_cut_leaves_the_file_and_no_part() {
    let fixture = serve_ftp();
    write(&fixture, "log", b"one\n");
    let mut client = FtpClient::guest(&fixture);
    client.expect("425", "APPE log");
    cut_upload(&mut client, "APPE log", b"half a line");
    assert_eq!(client.expect("213", "SIZE log"), "213 4\r\n");
    assert!(fixture.parts().is_empty());
    assert!(client.put("APPE log", b"two\n").starts_with("226"));
    assert_eq!(read(&fixture, "log"), b"one\ntwo\n");
}
