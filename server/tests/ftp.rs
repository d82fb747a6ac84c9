//! The FTP door over real sockets: what programs lean on, word by word.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::io::Write as _;
use std::net::TcpStream;
use support::Fixture;
use support::ftp::{FtpClient, ftp_tls, loopback, serve_ftp, serve_ftp_with};

fn read(fixture: &Fixture, name: &str) -> Vec<u8> {
    std::fs::read(fixture.share.path().join(name)).unwrap()
}

fn write(fixture: &Fixture, name: &str, content: &[u8]) {
    std::fs::write(fixture.share.path().join(name), content).unwrap();
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Begins an upload, has it cut by a reset, and waits until the server has noticed.
fn cut_upload(client: &mut FtpClient, line: &str, content: &[u8]) {
    let mut data = client.begin(line);
    data.write_all(content).unwrap();
    wait_for_bytes(client, content.len());
    data.reset();
    let reply = client.reply();
    assert!(reply.starts_with("426"), "{reply}");
}

/// STAT tells when so many bytes have come.
fn wait_for_bytes(client: &mut FtpClient, count: usize) {
    let wanted = format!(" {count} bytes so far");
    while !client.expect("211", "STAT").contains(&wanted) {
        std::thread::yield_now();
    }
}

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
    let fixture = support::serve_accounts_with(&[("ann", "secret")], |config| {
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

#[test]
fn a_transfer_leaves_its_control_connection_free_to_answer() {
    let fixture = serve_ftp();
    for abort in [&b"ABOR\r\n"[..], b"\xff\xf4\xff\xf2ABOR\r\n"] {
        let mut client = FtpClient::guest(&fixture);
        let mut data = client.begin("STOR f");
        data.write_all(b"abc").unwrap();
        wait_for_bytes(&mut client, 3);
        client.expect("200", "NOOP");
        assert!(client.expect("211", "STAT").contains("STOR /f, 3 bytes"));
        client.send(abort);
        assert!(client.reply().starts_with("426"));
        assert!(client.reply().starts_with("226"));
        assert_eq!(data.read_all(), b"");
        client.expect("257", "PWD");
        client.expect("225", "ABOR");
    }
}

#[test]
fn commands_behind_a_transfer_wait_for_its_end() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    let mut data = client.begin("STOR f");
    client.send(b"PWD\r\nSIZE f\r\nQUIT\r\n");
    data.write_all(b"abc").unwrap();
    data.finish();
    for expected in ["226", "257", "213 3", "221"] {
        let reply = client.reply();
        assert!(reply.starts_with(expected), "{reply}");
    }
    assert_eq!(client.reply(), "");
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
}

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
    assert!(text(client.get("LIST dir/one.txt")).ends_with(" one.txt\r\n"));
    let _unused = client.data();
    client.expect("550", "LIST nothing");
    client.expect("501", "MLSD dir/one.txt");
    let status = client.expect("213", "STAT dir");
    assert!(status.contains("two.bin\r\n"), "{status}");
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
fn a_unique_name_is_found_and_told() {
    let fixture = serve_ftp();
    write(&fixture, "doc", b"old");
    let mut client = FtpClient::guest(&fixture);
    let mut socket = client.data();
    assert_eq!(client.expect("150", "STOU doc"), "150 FILE: doc.1\r\n");
    socket.write_all(b"new").unwrap();
    drop(socket);
    assert!(client.reply().starts_with("226"));
    assert_eq!((read(&fixture, "doc"), read(&fixture, "doc.1")), (b"old".into(), b"new".into()));
}

#[test]
fn checksums_are_those_that_other_programs_compute() {
    let fixture = serve_ftp();
    write(&fixture, "f", b"abc");
    let mut client = FtpClient::guest(&fixture);
    for (algorithm, value) in [
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
}

#[test]
fn the_server_connects_to_its_client_only_and_only_if_allowed() {
    let fixture = serve_ftp();
    FtpClient::guest(&fixture).expect("502", "PORT 127,0,0,1,200,200");
    let fixture = serve_ftp_with(|_, ftp| ftp.active = true);
    let mut client = FtpClient::guest(&fixture);
    client.expect("501", "PORT 127,0,0,2,200,200");
    client.expect("501", "PORT 127,0,0,1,0,25");
    client.expect("501", "EPRT |1|10.0.0.1|50000|");
    client.expect("501", "PORT 1,2,3");
    client.expect("522", "EPRT |3|127.0.0.1|50000|");
    write(&fixture, "f", b"active");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    client.expect("200", &format!("EPRT |1|127.0.0.1|{port}|"));
    client.expect("150", "RETR f");
    let mut socket = listener.accept().unwrap().0;
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut socket, &mut content).unwrap();
    assert_eq!(content, b"active");
    assert!(client.reply().starts_with("226"));
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    client.expect("200", &format!("EPRT |1|127.0.0.1|{gone}|"));
    client.send(b"RETR f\r\n");
    let reply = client.reply() + &client.reply();
    assert!(reply.contains("425") || reply.contains("426"), "{reply}");
}

#[test]
fn data_ports_come_from_the_range_and_addresses_from_the_configuration() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let fixture = serve_ftp_with(|_, ftp| {
        ftp.passive_ports = Some(free..=free);
        let announced = |network: &str, address: &str| ferry_server::config::Announced {
            network: network.parse().unwrap(),
            address: address.parse().unwrap(),
        };
        ftp.announce =
            vec![announced("10.0.0.0/8", "10.0.0.1"), announced("127.0.0.0/8", "203.0.113.7")];
    });
    let mut client = FtpClient::guest(&fixture);
    let reply = client.expect("227", "PASV");
    let (high, low) = (free >> 8, free & 0xff);
    assert!(reply.contains(&format!("(203,0,113,7,{high},{low})")), "{reply}");
    client.expect("229", "EPSV");
    FtpClient::guest(&fixture).expect("425", "EPSV");
    client.expect("200", "EPSV ALL");
    client.expect("501", "PASV");
    client.expect("522", "EPSV 2");
}

#[test]
fn a_stranger_at_a_data_port_gets_nothing_and_stops_nobody() {
    let fixture = serve_ftp();
    write(&fixture, "f", b"secret");
    let mut client = FtpClient::guest(&fixture);
    let port = client.passive_port();
    let thief = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    thief.bind(&"127.0.0.9:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    thief.connect(&std::net::SocketAddr::from(([127, 0, 0, 1], port)).into()).unwrap();
    client.expect("150", "RETR f");
    let mut stolen = Vec::new();
    std::io::Read::read_to_end(&mut TcpStream::from(thief), &mut stolen).ok();
    assert_eq!(stolen, b"");
    let mut data = support::ftp::Stream::from_plain(client.address, port);
    assert_eq!(data.read_all(), b"secret");
    assert!(client.reply().starts_with("226"));
}

#[test]
fn a_read_only_account_changes_nothing() {
    let fixture = serve_ftp_with(|config, _| {
        config.guest = Some(ferry_protocol::Rights::read_only());
    });
    write(&fixture, "f", b"x");
    let mut client = FtpClient::guest(&fixture);
    for line in ["DELE f", "MKD d", "MFMT 20200102030405 f", "SITE CHMOD 777 f"] {
        client.expect("550", line);
    }
    for line in ["STOR f", "APPE f", "STOU f"] {
        let _unused = client.data();
        client.expect("550", line);
    }
    client.expect("350", "RNFR f");
    client.expect("550", "RNTO g");
    assert_eq!(client.get("RETR f"), b"x");
    assert!(client.expect("250", "MLST f").contains("perm=r;"));
}

#[test]
fn features_and_help_name_what_there_is() {
    let fixture = serve_ftp();
    let mut client = FtpClient::connect(&fixture);
    let features = client.expect("211", "FEAT");
    for feature in ["AUTH TLS", "MLST type*;size*;modify*;perm*;", "REST STREAM", "UTF8", "TVFS"] {
        assert!(features.contains(&format!(" {feature}")), "{feature}: {features}");
    }
    client.expect("200", "OPTS UTF8 ON");
    assert!(client.expect("200", "OPTS MLST size;").contains("size;"));
    assert!(client.expect("214", "HELP").contains("RETR"));
    assert!(client.expect("214", "help stor").contains("FILE"));
    client.expect("215", "SYST");
    client.expect("502", "REIN");
    client.expect("500", "FOO");
    client.expect("500", "");
    client.expect("530", "PWD");
    client.expect("503", "PASS x");
    client.expect("501", "USER");
    client.log_in("anonymous", "x");
    client.expect("214", "SITE HELP");
    client.expect("504", "SITE FOO");
    client.expect("200", "MODE S");
    client.expect("200", "STRU F");
    client.expect("213", "AVBL");
    client.expect("200", "ALLO 10");
    client.expect("552", "ALLO 9000000000000000000");
}
