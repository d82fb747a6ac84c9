//! FTP clients that are too many or too slow: each is told, and the server goes on serving the next.

use crate::support::ftp::{FtpClient, assert_still_serving, serve_ftp_with};
use crate::wait_until_alone;
use std::io::{ErrorKind, Read as _, Write as _};
use std::time::Duration;

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
fn whoever_is_silent_is_sent_away_and_a_data_port_is_closed_in_its_time() {
    let fixture = serve_ftp_with(|config, _| {
        config.limits.idle = Duration::from_secs(4);
        config.limits.stall = Duration::from_secs(2);
    });
    let mut client = FtpClient::guest(&fixture);
    // Nobody takes it in, and it ends with the port.
    let mut early = client.data();
    assert_ne!(early.read(&mut [0]).map_err(|err| err.kind()), Err(ErrorKind::WouldBlock));
    client.expect("425", "LIST");
    let _port = client.passive_port();
    client.expect("150", "LIST");
    assert!(client.reply().starts_with("425"), "nobody came to the data port");
    assert!(client.reply().starts_with("421"), "nothing was asked for too long");
    assert_eq!(client.reply(), "");
}

#[test]
fn a_transfer_that_stalls_is_cut_and_its_control_connection_lives() {
    let fixture = serve_ftp_with(|config, _| config.limits.stall = Duration::from_secs(2));
    let mut client = FtpClient::guest(&fixture);
    let mut data = client.begin("STOR f");
    data.write_all(b"abc").unwrap();
    assert!(client.reply().starts_with("426"));
    assert_eq!(client.expect("213", "SIZE f"), "213 3\r\n");
}

/// Replies that are not read fill the way back, and nothing else would end the wait.
#[test]
fn whoever_reads_no_reply_beside_a_transfer_is_sent_away() {
    let fixture = serve_ftp_with(|config, _| config.limits.idle = Duration::from_secs(2));
    let mut client = FtpClient::guest(&fixture);
    let mut data = client.begin("STOR f");
    let mut socket = client.socket();
    socket.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    while socket.write_all(&b"STAT\r\n".repeat(1000)).is_ok() {}
    let ended = std::io::Read::read(&mut data, &mut [0]).map_err(|err| err.kind());
    assert_ne!(ended, Err(ErrorKind::WouldBlock));
}
