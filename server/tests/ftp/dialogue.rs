//! What is said when: beside a transfer, behind it, and by whom.

use crate::support::faulty::Faulty;
use crate::support::ftp::{FtpClient, loopback, serve_ftp, serve_ftp_with};
use crate::support::{serve_accounts_with, serve_storage};
use crate::{wait_for_bytes, wait_until_alone, write};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

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
fn an_abort_overtakes_what_waits_for_the_end() {
    let fixture = serve_ftp();
    let mut client = FtpClient::guest(&fixture);
    let _data = client.begin("STOR f");
    client.send(b"PWD\r\nSIZE f\r\nABOR\r\n");
    for expected in ["426", "226", "257", "550"] {
        let reply = client.reply();
        assert!(reply.starts_with(expected), "{reply}");
    }
}

/// A storage with a file whose reads wait while `is_held`, and the count of them.
fn slow_file() -> (Arc<Faulty>, Arc<AtomicBool>, Arc<AtomicU32>) {
    let (is_held, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let (holds, counted) = (Arc::clone(&is_held), Arc::clone(&reads));
    let storage = Faulty::new(move |call, _| {
        if call == "read_at" {
            counted.fetch_add(1, Ordering::SeqCst);
            while holds.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
        }
        Ok(())
    });
    (storage, is_held, reads)
}

#[test]
fn a_checksum_is_given_up_when_that_is_asked_for() {
    let (storage, _, _) = slow_file();
    let fixture = serve_storage(storage, |config| config.ftp = Some(loopback()));
    let mut client = FtpClient::guest(&fixture);
    assert!(client.put("STOR f", &vec![0; SUMMED]).starts_with("226"));
    // Nothing was said of its beginning: a reply beside it would be taken for its own.
    client.send(b"HASH f\r\nNOOP\r\nPWD\r\nABOR\r\n");
    for expected in ["426", "226", "200", "257"] {
        let reply = client.reply();
        assert!(reply.starts_with(expected), "{reply}");
    }
}

#[test]
fn a_checksum_that_nobody_waits_for_is_given_up() {
    let (storage, is_held, reads) = slow_file();
    let fixture = serve_storage(storage, |config| config.ftp = Some(loopback()));
    let mut client = FtpClient::guest(&fixture);
    assert!(client.put("STOR f", &vec![0; SUMMED]).starts_with("226"));
    let before = reads.load(Ordering::SeqCst);
    is_held.store(true, Ordering::SeqCst);
    client.send(b"HASH f\r\n");
    while reads.load(Ordering::SeqCst) == before {
        std::thread::yield_now();
    }
    drop(client);
    is_held.store(false, Ordering::SeqCst);
    wait_until_alone(&fixture);
    assert_eq!(reads.load(Ordering::SeqCst), before + 1);
}

/// Much more than is read in one turn.
const SUMMED: usize = 8 * 1024 * 1024;

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
    for known in ["HELP REIN", "HELP SITE CHMOD", "help site help"] {
        client.expect("214", known);
    }
    client.expect("501", "HELP FOO");
    client.expect("215", "SYST");
    for foreign in ["REIN", "ACCT x", "CCC", "MFCT x", "PRET STOR f", "HOST x", "LANG EN"] {
        client.expect("502", foreign);
    }
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

/// The names of the guest are those of nobody else, unless somebody has one.
#[test]
fn an_account_that_is_called_as_guests_are_gets_in_by_its_password() {
    let fixture = serve_accounts_with(&[("ftp", "secret")], |config| {
        config.guest = Some(ferry_protocol::Rights::read_only());
        config.ftp = Some(loopback());
    });
    let mut client = FtpClient::connect(&fixture);
    client.log_in("ftp", "secret");
    assert!(client.expect("211", "STAT").contains("Logged in as ftp"));
    let mut guest = FtpClient::guest(&fixture);
    assert!(guest.expect("211", "STAT").contains("Logged in as guest"));
}

/// The names that older programs know, each of which leads to its room.
#[test]
fn older_words_mean_the_same() {
    let fixture = serve_ftp_with(|config, _| config.welcome = "Hello\nand welcome".to_owned());
    let mut client = FtpClient::connect_to(fixture.server.ftp_addresses()[0]);
    let greeting = client.reply();
    assert!(greeting.starts_with("220-Hello\r\n") && greeting.contains("and welcome\r\n220 "));
    client.expect("200", "CLNT FileZilla");
    client.log_in("anonymous", "x");
    client.expect("200", "TYPE L 8");
    assert!(client.expect("257", "XMKD d").contains("\"/d\""));
    client.expect("250", "XCWD d");
    assert!(client.expect("257", "XPWD").contains("\"/d\""));
    client.expect("250", "XCUP");
    assert!(client.expect("257", "PWD").contains("\"/\""));
    client.expect("250", "XRMD d");
    assert!(!fixture.share.path().join("d").exists());
    write(&fixture, "f", b"abc");
    client.expect("213", "MDTM 20200102030405 f");
    assert_eq!(client.expect("213", "MDTM f"), "213 20200102030405\r\n");
    for (line, value) in [
        ("XMD5 f", "900150983CD24FB0D6963F7D28E17F72"),
        ("XSHA1 f", "A9993E364706816ABA3E25717850C26C9CD0D89D"),
        ("XSHA256 f", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"),
    ] {
        assert_eq!(client.ask(line), format!("250 {value}\r\n"));
    }
    let mut client = FtpClient::connect(&fixture);
    client.expect("234", "AUTH SSL");
}

#[test]
fn a_transfer_outlasts_the_silence_that_ends_a_dialogue() {
    let fixture = serve_ftp_with(|config, _| config.limits.idle = Duration::from_secs(2));
    let mut client = FtpClient::guest(&fixture);
    let mut data = client.begin("STOR f");
    // One that begins to be silent now is sent away.
    let reply = FtpClient::guest(&fixture).reply();
    assert!(reply.starts_with("421"), "{reply}");
    data.write_all(b"late").unwrap();
    data.finish();
    assert!(client.reply().starts_with("226"));
}
