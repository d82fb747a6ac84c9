//! Devices and invitations over real sockets, as a stranger's client would use them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use ferry_protocol::{
    Answer, Device, DeviceKey, DeviceLogin, InvitationSecret, Redeem, Request, Rights, Secret,
    Status, feature,
};
use ferry_server::accounts::{
    AccountName, Accounts, AccountsFile, Clock, DevicesFile, Expiry, InvitationsFile, PasswordHash,
    Terms,
};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use support::{Fixture, RawClient, Received, at, serve, serve_on_terms, status_of};

struct Key(Ed25519KeyPair);

impl Key {
    fn new() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    fn device(&self) -> Device {
        let key = DeviceKey(self.0.public_key().as_ref().try_into().unwrap());
        Device { key, name: "laptop\n".to_owned() }
    }

    fn login(&self, account: &str, exporter: [u8; 32]) -> Request {
        let text = DeviceLogin::signed_text(&exporter, account);
        let signature = self.0.sign(&text).as_ref().try_into().unwrap();
        let key = self.device().key;
        Request::LoginDevice(DeviceLogin { account: account.to_owned(), key, signature })
    }
}

fn one() -> (Fixture, Arc<Accounts>) {
    serve_on_terms(&[("anna", Terms::new(Rights::read_only()))], Clock::system())
}

fn stranger(fixture: &Fixture) -> RawClient {
    let mut client = RawClient::connect(fixture.address());
    let Answer::Welcome(welcome) = client.greet_with(u64::MAX) else { panic!("no welcome") };
    assert!(welcome.features & feature::DEVICES != 0);
    client
}

/// A session of anna that may enrol.
fn anna(fixture: &Fixture) -> RawClient {
    let mut client = stranger(fixture);
    let answer = client.log_in("anna", "secret");
    assert!(matches!(answer, Answer::LoggedIn(_)), "{answer:?}");
    client
}

fn is_in(answer: &Answer) -> bool {
    matches!(answer, Answer::LoggedIn(account) if account.name == "anna")
}

#[test]
fn an_enrolled_device_logs_in_without_a_password() {
    let (fixture, _accounts) = one();
    let key = Key::new();
    let mut early = stranger(&fixture);
    let exporter = early.exporter();
    assert_eq!(status_of(&early.ask(&key.login("anna", exporter))), Status::DEVICE_UNKNOWN);
    assert_eq!(anna(&fixture).ask(&Request::Enrol(key.device())), Answer::Done);
    assert!(is_in(&early.ask(&key.login("anna", exporter))), "the same connection may try again");
    assert!(matches!(early.ask(&Request::List(at("/"))), Answer::Page(_)));
}

#[test]
fn a_signature_is_worth_nothing_on_another_connection_or_for_another_account() {
    let (fixture, _accounts) = one();
    let key = Key::new();
    anna(&fixture).ask(&Request::Enrol(key.device()));
    let observed = stranger(&fixture).exporter();
    let mut thief = stranger(&fixture);
    assert_eq!(status_of(&thief.ask(&key.login("anna", observed))), Status::DEVICE_UNKNOWN);
    let exporter = thief.exporter();
    assert_eq!(status_of(&thief.ask(&key.login("ben", exporter))), Status::DEVICE_UNKNOWN);
    let own = Key::new().login("anna", exporter);
    assert_eq!(status_of(&thief.ask(&own)), Status::DEVICE_UNKNOWN);
    assert!(thief.receive().is_none(), "three are enough");
}

#[test]
fn a_revoked_device_is_out_at_once_and_so_is_its_token() {
    let (fixture, accounts) = one();
    let key = Key::new();
    let mut by_password = anna(&fixture);
    by_password.ask(&Request::Enrol(key.device()));
    let mut silent = stranger(&fixture);
    let exporter = silent.exporter();
    let Answer::LoggedIn(login) = silent.ask(&key.login("anna", exporter)) else {
        panic!("no login")
    };
    let mut busy = stranger(&fixture);
    assert!(is_in(&busy.ask(&Request::LoginToken(login.token))));

    let file = DevicesFile::of(fixture.state.path());
    let device = file.read().unwrap().remove(0);
    assert_eq!((device.account.as_str(), device.name.as_str()), ("anna", "laptop\n"));
    file.revoke(&device.id).unwrap();
    accounts.reload().unwrap();

    // Both are told and closed, though neither asked for anything.
    for client in [&mut silent, &mut busy] {
        let Some(Received::Answer(0, told)) = client.receive() else { panic!("not told") };
        assert_eq!(status_of(&told), Status::LOGIN_REQUIRED);
        assert!(client.receive().is_none());
    }
    let mut again = stranger(&fixture);
    let answer = again.ask(&Request::LoginToken(login.token));
    assert_eq!(status_of(&answer), Status::LOGIN_REFUSED);
    let exporter = again.exporter();
    assert_eq!(status_of(&again.ask(&key.login("anna", exporter))), Status::DEVICE_UNKNOWN);
    assert_eq!(by_password.ask(&Request::Ping), Answer::Pong, "her other session goes on");
}

/// Whoever had got in by a stolen password stayed in: only tokens were compared with the new one.
#[test]
fn another_password_ends_what_the_old_one_opened_and_no_device() {
    let (fixture, accounts) = one();
    let key = Key::new();
    let mut by_password = anna(&fixture);
    by_password.ask(&Request::Enrol(key.device()));
    let mut by_device = stranger(&fixture);
    let exporter = by_device.exporter();
    let Answer::LoggedIn(login) = by_device.ask(&key.login("anna", exporter)) else {
        panic!("no login")
    };
    let name = AccountName::parse("anna").unwrap();
    let hash = PasswordHash::new(b"another").unwrap();
    AccountsFile::of(fixture.state.path()).set_password(&name, hash).unwrap();
    accounts.reload().unwrap();

    let Some(Received::Answer(0, told)) = by_password.receive() else { panic!("not told") };
    assert_eq!(status_of(&told), Status::LOGIN_REQUIRED);
    assert!(by_password.receive().is_none());
    assert_eq!(by_device.ask(&Request::Ping), Answer::Pong);
    assert!(is_in(&stranger(&fixture).ask(&Request::LoginToken(login.token))));
}

#[test]
fn a_guest_has_no_devices_and_the_feature_has_to_be_in_use() {
    let fixture = serve();
    let key = Key::new();
    let mut guest = stranger(&fixture);
    guest.log_in("", "");
    assert_eq!(status_of(&guest.ask(&Request::Enrol(key.device()))), Status::DENIED);
    let mut old = fixture.guest();
    assert_eq!(status_of(&old.ask(&Request::Enrol(key.device()))), Status::UNSUPPORTED);
}

#[test]
fn an_invitation_is_redeemed_once_and_tells_why_not_again() {
    let now = Arc::new(AtomicU64::new(1_000_000));
    let told = Arc::clone(&now);
    let clock = Clock::new(move || later(told.load(Ordering::SeqCst)));
    let terms = Terms::new(Rights::read_only());
    let (fixture, _accounts) = serve_on_terms(&[("anna", terms)], clock);
    let invite = |for_time: &str| {
        let file = InvitationsFile::of(fixture.state.path());
        let anna = AccountName::parse("anna").unwrap();
        let start = later(1_000_000);
        let expires = Expiry::parse_from(for_time, start).unwrap();
        file.make(&anna, expires, NonZeroU32::MIN, start).unwrap().0
    };
    let redeem = |invitation: InvitationSecret, key: &Key| {
        let (device, password) = (key.device(), Secret::new(b""));
        stranger(&fixture).ask(&Request::Redeem(Redeem { invitation, device, password }))
    };
    let (once, late) = (invite("1h"), invite("2h"));
    let key = Key::new();
    assert!(is_in(&redeem(once, &key)));
    assert_eq!(status_of(&redeem(once, &Key::new())), Status::INVITATION_USED);
    let mut altered = *late.expose();
    altered[7] ^= 1;
    let altered = InvitationSecret::new(altered);
    assert_eq!(status_of(&redeem(altered, &key)), Status::INVITATION_UNKNOWN);
    now.fetch_add(2 * 3600, Ordering::SeqCst);
    assert_eq!(status_of(&redeem(late, &key)), Status::INVITATION_ENDED);
    let mut again = stranger(&fixture);
    let exporter = again.exporter();
    assert!(is_in(&again.ask(&key.login("anna", exporter))), "its device stays");
}

fn later(secs: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(secs)
}
