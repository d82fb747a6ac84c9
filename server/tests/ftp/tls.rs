//! TLS at the FTP door: who may go without it, what it protects, and how its ends are told.

use crate::support::ftp::{FtpClient, ftp_tls, ftp_tls_1_2, serve_ftp, serve_ftp_with};
use ferry_server::config::{CloseNotify, DataBinding, Plaintext};
use std::io::Write as _;

#[test]
fn logins_in_plain_are_refused_where_they_are_not_allowed() {
    let fixture = serve_ftp_with(|_, ftp| ftp.plaintext = Plaintext::Never);
    let mut client = FtpClient::connect(&fixture);
    assert!(client.expect("530", "USER anonymous").contains("AUTH TLS"));
    client.encrypt(&ftp_tls());
    client.log_in("anonymous", "x");
    client.expect("534", "PROT C");
    assert!(client.put("STOR f", b"x").starts_with("226"));
    let mut without_prot = FtpClient::connect(&fixture);
    without_prot.expect("530", "LIST");
}

#[test]
fn a_data_connection_belongs_to_the_tls_session_of_its_control_connection() {
    let fixture = serve_ftp_with(|_, ftp| ftp.data_binding = DataBinding::Require);
    for new_tls in [ftp_tls, ftp_tls_1_2] {
        let own = new_tls();
        let mut client = FtpClient::connect(&fixture);
        client.encrypt(&own);
        client.log_in("anonymous", "x");
        for _ in 0..3 {
            assert!(client.put("STOR f", b"mine").starts_with("226"));
            assert_eq!(client.get("RETR f"), b"mine");
        }
        // One that has no session here, and one that has another.
        let elsewhere = new_tls();
        let mut other = FtpClient::connect(&fixture);
        other.encrypt(&elsewhere);
        other.log_in("anonymous", "x");
        for stranger in [new_tls(), elsewhere] {
            client.tls = Some(stranger);
            let mut data = client.begin("RETR f");
            assert_eq!(data.read_all(), b"");
            let reply = client.reply();
            assert!(reply.starts_with("522"), "{reply}");
        }
        client.tls = Some(own);
        assert_eq!(client.get("RETR f"), b"mine");
    }
}

#[test]
fn an_upload_that_ends_without_goodbye_is_a_part_where_that_is_asked_for() {
    for (close_notify, expected) in [(CloseNotify::Strict, "426"), (CloseNotify::Compat, "226")] {
        let fixture = serve_ftp_with(|_, ftp| ftp.close_notify = close_notify);
        let mut client = FtpClient::connect(&fixture);
        client.encrypt(&ftp_tls());
        client.log_in("anonymous", "x");
        let mut data = client.begin("STOR f");
        data.write_all(b"abc").unwrap();
        data.flush().unwrap();
        data.socket().shutdown(std::net::Shutdown::Write).unwrap();
        let reply = client.reply();
        assert!(reply.starts_with(expected), "{reply}");
        assert_eq!(reply.contains("unverified"), expected == "226", "{reply}");
        assert_eq!(fixture.share.path().join("f").exists(), expected == "226");
        assert_eq!(client.expect("213", "SIZE f"), "213 3\r\n");
        assert!(client.put("APPE f", b"d").starts_with("226"));
        assert_eq!(std::fs::read(fixture.share.path().join("f")).unwrap(), b"abcd");
    }
}

#[test]
fn implicit_tls_greets_behind_the_handshake() {
    let fixture = serve_ftp_with(|_, ftp| {
        ftp.implicit_tls = Some((vec!["127.0.0.1:0".parse().unwrap()], 0));
    });
    let mut client = FtpClient::connect_encrypted(fixture.server.ftp_addresses()[1], &ftp_tls());
    assert!(client.reply().starts_with("220"));
    client.log_in("anonymous", "x");
    // Programs that begin with TLS may take it for granted that data is encrypted, too.
    assert!(client.put("STOR f", b"x").starts_with("226"));
    client.expect("200", "PBSZ 0");
    client.expect("200", "PROT P");
    assert!(client.put("STOR f", b"x").starts_with("226"));
}

/// What somebody put in between before there was TLS is never run, nor what was said gone on with.
#[test]
fn all_that_was_said_in_plain_is_forgotten_when_tls_begins() {
    let fixture = serve_ftp();
    let mut client = FtpClient::connect(&fixture);
    client.expect("331", "USER anonymous");
    client.send(b"AUTH TLS\r\nPASS x\r\n");
    assert!(client.reply().starts_with("234"));
    client.go_on_encrypted(&ftp_tls());
    client.expect("503", "PASS x");
    client.expect("503", "PROT P");
    client.log_in("anonymous", "x");
    // A login is not taken from plain into TLS, either.
    let mut client = FtpClient::guest(&fixture);
    client.expect("503", "AUTH TLS");
    client.expect("257", "PWD");
}
