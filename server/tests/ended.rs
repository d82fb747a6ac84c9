//! An account is removed while it transfers: whatever the door, it is told and closed at once,
//! nothing more is sent to it, and nothing of it appears.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

mod support;

use ferry_protocol::{Answer, IfExists, Range, Request, Rights, Status, feature};
use ferry_server::accounts::{AccountName, Accounts, AccountsFile, Clock, Expiry, Terms};
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};
use support::ftp::{FtpClient, loopback};
use support::{
    Fixture, RawClient, Received, at, put, serve_on_terms, serve_on_terms_with, status_of,
};

/// A server with both doors and the account `anna`.
fn serve() -> (Fixture, Arc<Accounts>) {
    let terms = Terms::new(Rights::read_write());
    serve_on_terms_with(&[("anna", terms)], Clock::system(), |config| {
        config.ftp = Some(loopback());
    })
}

fn remove_anna(fixture: &Fixture, accounts: &Accounts) {
    let anna = AccountName::parse("anna").unwrap();
    AccountsFile::of(fixture.state.path()).remove(&anna).unwrap();
    accounts.reload().unwrap();
}

/// More than sockets on the way hold.
const LARGE: u64 = 256 << 20;

fn large_file(fixture: &Fixture) {
    File::create(fixture.share.path().join("large")).unwrap().set_len(LARGE).unwrap();
}

/// A session of anna by segments.
fn segmenting(fixture: &Fixture) -> RawClient {
    let mut client = RawClient::connect(fixture.address());
    client.greet_with(feature::SEGMENTS);
    assert!(matches!(client.log_in("anna", "secret"), Answer::LoggedIn(_)));
    client
}

fn expect_told_and_closed(client: &mut RawClient) {
    let Some(Received::Answer(0, told)) = client.receive() else { panic!("not told") };
    assert_eq!(status_of(&told), Status::LOGIN_REQUIRED);
    assert!(client.receive().is_none());
}

/// A download of the large file is told why it ends.
fn expect_early_end(client: &mut RawClient) {
    let mut came = 0;
    let told = loop {
        match client.receive() {
            Some(Received::Data(_, piece)) => came += piece.len() as u64,
            Some(Received::Answer(0, told)) => break told,
            other => panic!("after {came} bytes: {other:?}"),
        }
    };
    assert_eq!(status_of(&told), Status::LOGIN_REQUIRED);
    assert!(came < LARGE, "all of it was sent");
    assert!(client.receive().is_none());
}

/// Nothing goes on: no connection is left, and no file has its name.
fn expect_nothing_stored(fixture: &Fixture) {
    while fixture.server.counters().connections > 0 {
        std::thread::yield_now();
    }
    let names = fs::read_dir(fixture.share.path()).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    let is_hidden = |name: &std::ffi::OsString| name.to_string_lossy().starts_with(".ferry-");
    assert!(names.iter().all(is_hidden), "{names:?}");
}

#[test]
fn a_removed_accounts_uploads_end_and_nothing_of_them_appears() {
    let (fixture, accounts) = serve();
    let mut stream = fixture.user("anna");
    let number = stream.send(&Request::Put(put("/stream", 4 << 20, IfExists::Refuse)));
    assert!(matches!(stream.answer(), Answer::GoOn(_)));
    stream.send_data(number, 0, &vec![7; 256 * 1024]);
    let mut segments = segmenting(&fixture);
    let (number, _) = segments.begin_segments(&put("/segments", 4 << 20, IfExists::Refuse));
    segments.send_segment(number, 1, &vec![7; 256 * 1024]);
    remove_anna(&fixture, &accounts);
    expect_told_and_closed(&mut stream);
    expect_told_and_closed(&mut segments);
    expect_nothing_stored(&fixture);
}

#[test]
fn a_removed_accounts_download_ends_early_and_says_why() {
    let (fixture, accounts) = serve();
    large_file(&fixture);
    let mut anna = fixture.user("anna");
    anna.send(&Request::Get { path: at("/large"), range: Range::ALL });
    assert!(matches!(anna.receive(), Some(Received::Answer(_, Answer::Content(_)))));
    remove_anna(&fixture, &accounts);
    expect_early_end(&mut anna);
}

/// Terms were looked at when something was asked: what ran went on, with a slow rate for days.
#[test]
fn an_account_that_ends_does_so_in_the_middle_of_a_transfer() {
    let now = Arc::new(AtomicU64::new(1000));
    let told = Arc::clone(&now);
    let clock = Clock::new(move || UNIX_EPOCH + Duration::from_secs(told.load(Ordering::SeqCst)));
    let expires = Expiry::parse_from("1h", clock.now()).ok();
    let terms = Terms { expires, ..Terms::new(Rights::read_write()) };
    let (fixture, accounts) = serve_on_terms(&[("anna", terms)], clock);
    large_file(&fixture);
    let mut anna = fixture.user("anna");
    anna.send(&Request::Get { path: at("/large"), range: Range::ALL });
    assert!(matches!(anna.receive(), Some(Received::Answer(_, Answer::Content(_)))));
    now.fetch_add(3600, Ordering::SeqCst);
    accounts.reload().unwrap();
    expect_early_end(&mut anna);
}

/// The control connection was closed, and its data connection went on: the file was stored for an
/// account that there was no more.
#[test]
fn a_removed_accounts_ftp_upload_ends_and_is_not_stored() {
    let (fixture, accounts) = serve();
    let mut anna = FtpClient::connect(&fixture);
    anna.log_in("anna", "secret");
    let mut data = anna.begin("STOR /x");
    data.write_all(&vec![7; 300_000]).unwrap();
    remove_anna(&fixture, &accounts);
    assert!(anna.reply().starts_with("421"));
    // Its client does as if nothing had happened.
    data.write_all(&[7; 1000]).ok();
    data.finish();
    data.read_all();
    drop((anna, data));
    expect_nothing_stored(&fixture);
}

#[test]
fn a_removed_accounts_ftp_download_ends_early() {
    let (fixture, accounts) = serve();
    large_file(&fixture);
    let mut anna = FtpClient::connect(&fixture);
    anna.log_in("anna", "secret");
    let mut data = anna.begin("RETR /large");
    data.read_exact(&mut [0; 1000]).unwrap();
    remove_anna(&fixture, &accounts);
    assert!(anna.reply().starts_with("421"));
    assert!((data.read_all().len() as u64) < LARGE - 1000, "all of it was sent");
}
