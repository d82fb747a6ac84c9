//! What FTP clients do that mean ill, or just leave: each with the reply that it gets. All of it is
//! done to one server, again and again; what it may leave behind there is nothing.

use crate::support::Fixture;
use crate::support::ftp::{FtpClient, Stream, assert_still_serving, ftp_tls};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};

/// Something that is done to a server.
pub(crate) type Abuse = (&'static str, fn(&Fixture));

/// Descriptors that this process has open.
pub(crate) fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// All of it.
pub(crate) const ABUSES: &[Abuse] = &[
    ("a line of a megabyte", line_of_a_megabyte),
    ("bytes that belong in no argument", bytes_in_arguments),
    ("options of Telnet", telnet_options),
    ("a thousand commands at once", pipelined_commands),
    ("commands in plain behind AUTH TLS", plain_behind_auth),
    ("data sent elsewhere", bounce),
    ("a stranger at a data port", theft_of_a_data_port),
    ("connections closed by halves", half_closed),
    ("a thousand data ports that nobody comes to", abandoned_data_ports),
    ("a thousand logins that are begun and not ended", half_open_logins),
    ("wrong passwords", wrong_passwords),
    ("clients that leave at every moment", leaving),
    ("aborts at every moment", aborting),
    ("more than there is room for", no_room),
    ("two uploads of one name", two_uploads),
    ("a file removed while it is fetched", removal),
];

fn line_of_a_megabyte(fixture: &Fixture) {
    let mut client = FtpClient::guest(fixture);
    let mut line = vec![b'x'; 1024 * 1024];
    line.extend_from_slice(b"\r\nPWD\r\n");
    client.send(&line);
    assert!(client.reply().starts_with("500"));
    assert!(client.reply().starts_with("257"));
}

fn bytes_in_arguments(fixture: &Fixture) {
    let mut client = FtpClient::guest(fixture);
    client.expect("501", "MKD a\0b");
    client.expect("553", "MKD a\rb");
    client.expect("553", "RETR a\r226 forged");
    client.expect("553", "MKD .ferry-part-00");
    client.expect("553", &format!("MKD {}", "n".repeat(256)));
    client.expect("550", "RETR ../../../../etc/passwd");
    // A line end is the end of a line, whatever was meant.
    client.send(b"MKD a\nNOOP\r\n");
    assert!(client.reply().starts_with("257") && client.reply().starts_with("200"));
    client.expect("250", "RMD a");
}

fn telnet_options(fixture: &Fixture) {
    let mut client = FtpClient::guest(fixture);
    client.send(b"\xff\xfb\x01\xff\xfd\x03NOOP\r\n");
    assert!(client.reply().starts_with("200"));
    client.send(b"\xff\r\n\xfe\xfe\xfe\r\n");
    assert!(client.reply().starts_with("500") && client.reply().starts_with("500"));
}

fn pipelined_commands(fixture: &Fixture) {
    let mut client = FtpClient::guest(fixture);
    client.send("NOOP\r\nPWD\r\n".repeat(500).as_bytes());
    for _ in 0..500 {
        assert!(client.reply().starts_with("200"));
        assert!(client.reply().starts_with("257"));
    }
}

fn plain_behind_auth(fixture: &Fixture) {
    let mut client = FtpClient::connect(fixture);
    client.send(b"AUTH TLS\r\nUSER anonymous\r\nPASS x\r\nMKD injected\r\n");
    assert!(client.reply().starts_with("234"));
    // This is no handshake, and ends the connection.
    client.send(b"MKD injected\r\n");
    client.reply();
    assert!(!fixture.share.path().join("injected").exists());
}

fn bounce(fixture: &Fixture) {
    let mut client = FtpClient::guest(fixture);
    client.expect("501", "PORT 127,0,0,2,200,200");
    client.expect("501", "PORT 127,0,0,1,0,25");
    client.expect("501", "EPRT |1|10.0.0.1|50000|");
    client.expect("425", "LIST");
}

fn theft_of_a_data_port(fixture: &Fixture) {
    std::fs::write(fixture.share.path().join("f"), b"secret").unwrap();
    let mut client = FtpClient::guest(fixture);
    let port = client.passive_port();
    let thief = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    thief.bind(&"127.0.0.9:0".parse::<SocketAddr>().unwrap().into()).unwrap();
    thief.connect(&SocketAddr::from(([127, 0, 0, 1], port)).into()).unwrap();
    client.expect("150", "RETR f");
    let mut stolen = Vec::new();
    TcpStream::from(thief).read_to_end(&mut stolen).ok();
    assert_eq!(stolen, b"");
    let mut data = Stream::from_plain(client.address, port);
    assert_eq!(data.read_all(), b"secret");
    assert!(client.reply().starts_with("226"));
}

fn half_closed(fixture: &Fixture) {
    let content = vec![7; 2_000_000];
    std::fs::write(fixture.share.path().join("f"), &content).unwrap();
    let mut client = FtpClient::guest(fixture);
    let mut data = client.begin("RETR f");
    data.socket().shutdown(Shutdown::Write).unwrap();
    assert_eq!(data.read_all(), content);
    assert!(client.reply().starts_with("226"));
    client.send(b"PWD\r\n");
    client.socket().shutdown(Shutdown::Write).unwrap();
    assert!(client.reply().starts_with("257"));
    assert_eq!(client.reply(), "");
}

fn abandoned_data_ports(fixture: &Fixture) {
    for _ in 0..20 {
        let mut client = FtpClient::guest(fixture);
        client.passive_port();
        let open = descriptors();
        for _ in 0..45 {
            client.passive_port();
        }
        assert!(descriptors() <= open + 5, "the new one takes the place of the old one");
    }
    for _ in 0..100 {
        let mut client = FtpClient::guest(fixture);
        client.passive_port();
        client.expect("150", "LIST");
    }
}

/// A third says nothing, a third gives a name, and a third begins a handshake.
fn half_open_logins(fixture: &Fixture) {
    let address = fixture.server.ftp_addresses()[0];
    let mut held: Vec<_> = (0..1000).map(|_| FtpClient::connect_to(address)).collect();
    for client in &mut held {
        assert!(client.reply().starts_with("220"));
    }
    for trio in held.chunks_exact_mut(3) {
        trio[0].expect("331", "USER anonymous");
        trio[1].expect("234", "AUTH TLS");
        trio[1].send(b"\x16\x03\x01\x02\x00\x01");
    }
    assert_still_serving(fixture);
}

fn wrong_passwords(fixture: &Fixture) {
    // A name that is tried again and again has to wait ever longer.
    static NAMES: AtomicU32 = AtomicU32::new(0);
    let mut client = FtpClient::connect(fixture);
    for _ in 0..3 {
        let number = NAMES.fetch_add(1, Ordering::Relaxed);
        client.expect("331", &format!("USER nobody-{number}"));
        client.expect("530", "PASS wrong");
    }
    assert_eq!(client.reply(), "");
}

fn leaving(fixture: &Fixture) {
    let stages: [fn(&mut FtpClient); 7] = [
        |client| client.send(b"PAS"),
        |client| assert!(client.passive_port() > 0),
        |client| drop(client.data()),
        |client| {
            let _port = client.passive_port();
            client.expect("150", "STOR left");
        },
        |client| drop(client.begin("STOR left")),
        |client| {
            let mut data = client.begin("STOR left");
            data.write_all(&vec![1; 300_000]).unwrap();
            data.reset();
        },
        |client| client.begin("STOR left").finish(),
    ];
    for stage in stages {
        for is_hard in [true, false] {
            for is_encrypted in [true, false] {
                let mut client = FtpClient::connect(fixture);
                if is_encrypted {
                    client.encrypt(&ftp_tls());
                }
                client.log_in("anonymous", "x");
                stage(&mut client);
                if is_hard { client.close_hard() } else { drop(client) }
            }
        }
    }
}

fn aborting(fixture: &Fixture) {
    std::fs::write(fixture.share.path().join("f"), vec![7; 8_000_000]).unwrap();
    let mut client = FtpClient::guest(fixture);
    client.expect("225", "ABOR");
    let port = client.passive_port();
    client.expect("225", "ABOR");
    assert!(TcpStream::connect((client.address.ip(), port)).is_err(), "the port is closed");
    for line in ["STOR aborted", "RETR f", "LIST"] {
        client.passive_port();
        client.expect("150", line);
        expect_aborted(&mut client);
    }
    for sent in [&b""[..], b"some"] {
        let mut data = client.begin("STOR aborted");
        data.write_all(sent).unwrap();
        expect_aborted(&mut client);
    }
    let mut data = client.begin("RETR f");
    data.read_exact(&mut [0; 1000]).unwrap();
    expect_aborted(&mut client);
    // At the end it may come too late, which is said as well.
    for _ in 0..20 {
        let mut data = client.begin("STOR aborted");
        data.finish();
        client.send(b"ABOR\r\n");
        let replies = [client.reply(), client.reply()].map(|reply| reply[..3].to_owned());
        let replies = replies.each_ref().map(String::as_str);
        assert!([["226", "225"], ["426", "226"], ["226", "226"]].contains(&replies), "{replies:?}");
    }
    let _data = client.data();
    client.send(b"STOR aborted\r\nABOR\r\nABOR\r\n");
    for expected in ["150", "426", "226"] {
        let reply = client.reply();
        assert!(reply.starts_with(expected), "{expected}: {reply}");
    }
    let again = client.reply();
    assert!(again.starts_with("226") || again.starts_with("225"), "{again}");
    client.expect("257", "PWD");
}

fn expect_aborted(client: &mut FtpClient) {
    client.expect("426", "ABOR");
    let reply = client.reply();
    assert!(reply.starts_with("226"), "{reply}");
}

/// An account with a quota stands for a disk; a real one is filled by the end-to-end runs.
fn no_room(fixture: &Fixture) {
    let mut client = FtpClient::connect(fixture);
    client.log_in("ann", "secret");
    let mut data = client.begin("STOR large");
    // The server may have closed it before all is sent.
    data.write_all(&vec![1; 1_000_000]).ok();
    data.finish();
    let reply = client.reply();
    assert!(reply.starts_with("552"), "{reply}");
    client.expect("550", "SIZE large");
    assert!(client.put("STOR small", &[1; 1000]).starts_with("226"));
    client.expect("250", "DELE small");
}

fn two_uploads(fixture: &Fixture) {
    let (mut first, mut second) = (FtpClient::guest(fixture), FtpClient::guest(fixture));
    let mut one = first.begin("STOR twice");
    let mut two = second.begin("STOR twice");
    one.write_all(&vec![b'1'; 100_000]).unwrap();
    two.write_all(&vec![b'2'; 200_000]).unwrap();
    two.finish();
    assert!(second.reply().starts_with("226"));
    let stored = || std::fs::read(fixture.share.path().join("twice")).unwrap();
    assert_eq!(stored(), vec![b'2'; 200_000]);
    one.finish();
    assert!(first.reply().starts_with("226"));
    assert_eq!(stored(), vec![b'1'; 100_000]);
}

fn removal(fixture: &Fixture) {
    const LEN: usize = 64 * 1024 * 1024;
    let file = std::fs::File::create(fixture.share.path().join("removed")).unwrap();
    file.set_len(LEN as u64).unwrap();
    let mut client = FtpClient::guest(fixture);
    let mut data = client.begin("RETR removed");
    data.read_exact(&mut [0; 1000]).unwrap();
    FtpClient::guest(fixture).expect("250", "DELE removed");
    assert_eq!(data.read_all().len(), LEN - 1000);
    let reply = client.reply();
    assert!(reply.starts_with("226") || reply.starts_with("451"), "{reply}");
}
