//! FTP clients that do not play by the rules: each gets its own clear reply or a closed
//! connection, and the server goes on serving the next.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use ferry_protocol::Rights;
use ferry_server::accounts::{Clock, Terms};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;
use support::Fixture;
use support::ftp::{FtpClient, ftp_tls, loopback, serve_ftp, serve_ftp_with};

fn assert_still_serving(fixture: &Fixture) {
    let mut client = FtpClient::guest(fixture);
    assert!(client.put("STOR probe", b"probe").starts_with("226"));
    assert_eq!(client.get("RETR probe"), b"probe");
    assert_eq!(fixture.server.counters().panics, 0);
}

/// Waits until the server has let go of all connections.
fn wait_until_alone(fixture: &Fixture) {
    while fixture.server.counters().connections > 0 {
        std::thread::yield_now();
    }
}

#[test]
fn a_line_without_end_is_refused_once_and_the_next_is_served() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    let mut line = vec![b'x'; 1024 * 1024];
    line.extend_from_slice(b"\r\nPWD\r\n");
    client.send(&line);
    assert!(client.reply().starts_with("500"));
    assert!(client.reply().starts_with("257"));
    assert_still_serving(&fixture);
}

#[test]
fn bytes_that_belong_in_no_argument_are_refused() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    client.expect("501", "MKD a\0b");
    client.expect("553", "MKD a\rb");
    client.expect("553", "RETR a\r226 forged");
    client.expect("553", "MKD .ferry-part-00");
    client.expect("553", &format!("MKD {}", "n".repeat(256)));
    client.expect("550", "RETR ../../../../etc/passwd");
    client.send(b"\xff\xfb\x01\xff\xfd\x03NOOP\r\n");
    assert!(client.reply().starts_with("200"));
    client.send(b"\xff\r\n\xfe\xfe\xfe\r\n");
    assert!(client.reply().starts_with("500") && client.reply().starts_with("500"));
    assert_still_serving(&fixture);
}

#[test]
fn a_thousand_commands_at_once_are_answered_in_order() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    client.send("NOOP\r\nPWD\r\n".repeat(500).as_bytes());
    for _ in 0..500 {
        assert!(client.reply().starts_with("200"));
        assert!(client.reply().starts_with("257"));
    }
}

#[test]
fn half_closed_connections_still_get_what_was_asked_for() {
    let fixture = serve_ftp();
    let content = vec![7; 2_000_000];
    std::fs::write(fixture.share.path().join("f"), &content).unwrap();
    let mut client = FtpClient::guest(&fixture);
    let mut data = client.begin("RETR f");
    data.socket().shutdown(Shutdown::Write).unwrap();
    assert_eq!(data.read_all(), content);
    assert!(client.reply().starts_with("226"));
    client.send(b"PWD\r\n");
    client.socket().shutdown(Shutdown::Write).unwrap();
    assert!(client.reply().starts_with("257"));
    assert_eq!(client.reply(), "");
    assert_still_serving(&fixture);
}

#[test]
fn two_uploads_of_one_name_are_each_whole_and_the_last_wins() {
    let fixture = serve_ftp();
    let (mut first, mut second) = (FtpClient::guest(&fixture), FtpClient::guest(&fixture));
    let mut one = first.begin("STOR f");
    let mut two = second.begin("STOR f");
    one.write_all(&vec![b'1'; 100_000]).unwrap();
    two.write_all(&vec![b'2'; 200_000]).unwrap();
    two.finish();
    assert!(second.reply().starts_with("226"));
    assert_eq!(std::fs::read(fixture.share.path().join("f")).unwrap(), vec![b'2'; 200_000]);
    one.finish();
    assert!(first.reply().starts_with("226"));
    assert_eq!(std::fs::read(fixture.share.path().join("f")).unwrap(), vec![b'1'; 100_000]);
    assert!(fixture.parts().is_empty());
}

#[test]
fn a_file_that_is_removed_while_it_is_fetched_arrives_or_is_told() {
    let fixture = serve_ftp();
    let file = std::fs::File::create(fixture.share.path().join("f")).unwrap();
    file.set_len(64 * 1024 * 1024).unwrap();
    let mut client = FtpClient::guest(&fixture);
    let mut data = client.begin("RETR f");
    let mut first = [0; 1000];
    data.read_exact(&mut first).unwrap();
    FtpClient::guest(&fixture).expect("250", "DELE f");
    assert_eq!(data.read_all().len(), 64 * 1024 * 1024 - 1000);
    let reply = client.reply();
    assert!(reply.starts_with("226") || reply.starts_with("451"), "{reply}");
    assert_still_serving(&fixture);
}

#[test]
fn where_there_is_no_room_nothing_is_left() {
    let terms = Terms { quota: Some(100_000), ..Terms::new(Rights::read_write()) };
    let (fixture, _) =
        support::serve_on_terms_with(&[("ann", terms)], Clock::default(), |config| {
            config.ftp = Some(loopback());
        });
    let mut client = FtpClient::connect(&fixture);
    client.log_in("ann", "secret");
    let mut data = client.begin("STOR f");
    // The server may have closed it before all is sent.
    data.write_all(&vec![1; 1_000_000]).ok();
    data.finish();
    let reply = client.reply();
    assert!(reply.starts_with("552"), "{reply}");
    client.expect("550", "SIZE f");
    assert!(fixture.parts().is_empty());
    assert!(client.put("STOR g", &[1; 1000]).starts_with("226"));
}

#[test]
fn a_client_may_leave_at_every_moment() {
    let fixture = serve_ftp();
    let stages: [fn(&mut FtpClient); 7] = [
        |client| client.send(b"PAS"),
        |client| assert!(client.passive_port() > 0),
        |client| drop(client.data()),
        |client| {
            let _port = client.passive_port();
            client.expect("150", "STOR f");
        },
        |client| drop(client.begin("STOR f")),
        |client| {
            let mut data = client.begin("STOR f");
            data.write_all(&vec![1; 300_000]).unwrap();
            data.reset();
        },
        |client| client.begin("STOR f").finish(),
    ];
    for stage in stages {
        for is_hard in [true, false] {
            for is_encrypted in [true, false] {
                let mut client = FtpClient::connect(&fixture);
                if is_encrypted {
                    client.encrypt(&ftp_tls());
                }
                client.log_in("anonymous", "x");
                stage(&mut client);
                if is_hard { client.close_hard() } else { drop(client) }
            }
        }
    }
    wait_until_alone(&fixture);
    assert_still_serving(&fixture);
}

#[test]
fn strangers_who_never_log_in_are_bounded_and_told() {
    let fixture = serve_ftp_with(|config, _| config.limits.before_login_per_address = 40);
    let mut clients: Vec<_> =
        (0..60).map(|_| FtpClient::connect_to(fixture.server.ftp_addresses()[0])).collect();
    let greetings: Vec<_> = clients.iter_mut().map(FtpClient::reply).collect();
    let count = |code: &str| greetings.iter().filter(|text| text.starts_with(code)).count();
    assert_eq!(count("220"), 40);
    assert!(count("421") > 0 && count("220") + count("421") + count("x") <= 60);
    drop(clients);
    wait_until_alone(&fixture);
    assert_still_serving(&fixture);
}

#[test]
fn wrong_passwords_end_a_connection() {
    let fixture = serve_ftp_with(|config, _| config.guest = Some(Rights::read_only()));
    let mut client = FtpClient::connect(&fixture);
    for _ in 0..3 {
        client.expect("331", "USER nobody");
        client.expect("530", "PASS wrong");
    }
    assert_eq!(client.reply(), "");
}

#[test]
fn whoever_is_silent_is_sent_away_and_a_data_port_is_closed_in_its_time() {
    let fixture = serve_ftp_with(|config, _| {
        config.limits.idle = Duration::from_secs(2);
        config.limits.stall = Duration::from_millis(100);
    });
    let mut client = FtpClient::guest(&fixture);
    let port = client.passive_port();
    while TcpStream::connect((client.address.ip(), port)).is_ok() {
        std::thread::yield_now();
    }
    client.expect("425", "LIST");
    let _port = client.passive_port();
    client.expect("150", "LIST");
    assert!(client.reply().starts_with("425"), "nobody came to the data port");
    assert!(client.reply().starts_with("421"), "nothing was asked for too long");
    assert_eq!(client.reply(), "");
}

#[test]
fn a_transfer_that_stalls_is_cut_and_its_control_connection_lives() {
    let fixture = serve_ftp_with(|config, _| config.limits.stall = Duration::from_millis(100));
    let mut client = FtpClient::guest(&fixture);
    let mut data = client.begin("STOR f");
    data.write_all(b"abc").unwrap();
    assert!(client.reply().starts_with("426"));
    assert_eq!(client.expect("213", "SIZE f"), "213 3\r\n");
}
