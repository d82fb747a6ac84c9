//! Where data connections are made, by whom, and how they end.

use crate::support::ftp::{FtpClient, serve_ftp, serve_ftp_with};
use crate::write;

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
fn a_download_ends_also_for_a_client_that_keeps_its_end_open() {
    let fixture = serve_ftp();
    for (name, len) in [("small", 10), ("large", 5_000_000)] {
        write(&fixture, name, &vec![7; len]);
        let mut client = FtpClient::guest(&fixture);
        let mut data = client.begin(&format!("RETR {name}"));
        assert_eq!(data.read_all().len(), len);
        client.send(b"ABOR\r\n");
        // Nothing of it is lost any more, whenever the ABOR was heard.
        let reply = client.reply();
        assert_eq!(reply, format!("226 Sent: {len} bytes.\r\n"));
        assert!(client.reply().starts_with('2'));
        client.expect("200", "NOOP");
        drop(data);
    }
}
