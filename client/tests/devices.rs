//! Links, invitations and devices as a person meets them: the program `ferry` against a real server.
#![expect(clippy::unwrap_used, reason = "helpers of tests may give up")]

mod support;

use data_encoding::BASE32_NOPAD;
use ferry_client::job::{Rule, Transfer};
use ferry_client::jobs::{Direction, JobServer, JobSpec, Jobs};
use ferry_protocol::{RemotePath, Rights};
use ferry_server::accounts::{
    AccountName, AccountsFile, DevicesFile, Expiry, InvitationsFile, PasswordHash, StoredAccount,
    Terms,
};
use ferry_server::config::Durability;
use std::fs;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;
use support::place::Place;
use support::program::{self, Ran};

/// A server without a guest, where anna has the password "secret".
struct Harbour(Place);

impl Harbour {
    fn new() -> Self {
        let place = Place::with(|config| {
            (config.guest, config.durability) = (None, Durability::None);
            let name = AccountName::parse("anna").unwrap();
            let hash = Some(PasswordHash::new(b"secret").unwrap());
            let terms = Terms::new(Rights::read_write());
            let file = AccountsFile::of(&config.state_dir);
            file.add(StoredAccount { name, hash, terms }).unwrap();
        });
        fs::write(place.share("hello.txt"), "hello").unwrap();
        Self(place)
    }

    fn state(&self) -> PathBuf {
        self.0.path("server")
    }

    /// `ferry://[NAME@]127.0.0.1:PORT/`
    fn url(&self, name: &str) -> String {
        let user = if name.is_empty() { String::new() } else { format!("{name}@") };
        format!("ferry://{user}127.0.0.1:{}/", self.0.port())
    }

    /// A link to anna's account, good once.
    fn link(&self) -> String {
        let anna = AccountName::parse("anna").unwrap();
        let now = SystemTime::now();
        let expires = Expiry::parse_from("1h", now).unwrap();
        let invitations = InvitationsFile::of(&self.state());
        let (secret, _) = invitations.make(&anna, expires, NonZeroU32::MIN, now).unwrap();
        let secret = BASE32_NOPAD.encode(secret.expose()).to_ascii_lowercase();
        format!("{}#fp={}&i={secret}", self.url("anna"), self.0.fingerprint)
    }

    /// Runs `ferry` on a computer of this name, with this standard input and no terminal.
    fn ferry(&self, computer: &str, words: &[&str], input: &str) -> Ran {
        program::run(&mut self.command(computer, words), input.as_bytes())
    }

    fn command(&self, computer: &str, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ferry"));
        command
            .args(words)
            .args(["--retry-for", "20s"])
            .env("FERRY_STATE_DIR", self.0.path(computer))
            .env_remove("FERRY_PASSWORD");
        command
    }

    /// The same by a script that knows a password.
    fn ferry_knowing(&self, password: &str, computer: &str, words: &[&str]) -> Ran {
        let mut command = self.command(computer, words);
        program::run(command.env("FERRY_PASSWORD", password), b"")
    }
}

#[test]
fn a_link_lets_in_without_a_question_and_is_not_needed_again() {
    let place = Harbour::new();
    let link = place.link();
    let opened = place.ferry("laptop", &[&link], "ls\nquit\n");
    assert_eq!(opened.exit, 0, "{opened:?}");
    assert!(opened.out.contains("hello.txt"), "{opened:?}");
    // Later neither link, name, password nor fingerprint are needed.
    let listed = place.ferry("laptop", &["ls", "-1", &place.url("")], "");
    assert_eq!((listed.exit, listed.out.as_str()), (0, "hello.txt\n"), "{listed:?}");
    // The same link opens on the same device again, and nowhere else.
    let again = place.ferry("laptop", &["ls", "-1", &link], "");
    assert_eq!(again.exit, 0, "{again:?}");
    let elsewhere = place.ferry("phone", &["ls", &link], "");
    assert_eq!(elsewhere.exit, 1, "{elsewhere:?}");
    assert!(elsewhere.err.contains("used already; ask for a new link"), "{elsewhere:?}");
}

/// The device was enrolled, and the answer that said so never came.
#[test]
fn a_link_whose_first_answer_was_lost_opens_again() {
    let place = Harbour::new();
    let link = place.link();
    assert_eq!(place.ferry("laptop", &["ls", &link], "").exit, 0);
    fs::remove_file(place.0.path("laptop/client/enrolments")).unwrap();
    let again = place.ferry("laptop", &["ls", "-1", &link], "");
    assert_eq!((again.exit, again.out.as_str()), (0, "hello.txt\n"), "{again:?}");
    let later = place.ferry("laptop", &["ls", "-1", &place.url("")], "");
    assert_eq!(later.exit, 0, "it is remembered now: {later:?}");
    // Nobody else gets in by it, and hears why.
    let elsewhere = place.ferry("phone", &["ls", &link], "");
    assert_eq!(elsewhere.exit, 1, "{elsewhere:?}");
    assert!(elsewhere.err.contains("used already; ask for a new link"), "{elsewhere:?}");
}

#[test]
fn no_password_and_no_invitation_lies_in_the_clients_folder() {
    let place = Harbour::new();
    let link = place.link();
    place.ferry("laptop", &["ls", &link], "");
    place.ferry_knowing("secret", "laptop", &["ls", &place.url("anna")]);
    let secret = link.rsplit_once("&i=").unwrap().1;
    let client = place.0.path("laptop/client");
    let names: Vec<_> = fs::read_dir(&client).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(names.iter().any(|name| name.ends_with("device_key")), "{names:?}");
    for path in names.iter().filter(|path| path.is_file()) {
        let text = fs::read_to_string(path).unwrap();
        assert!(!text.contains(secret) && !text.contains("secret"), "{}", path.display());
    }
}

#[test]
fn a_revoked_device_is_told_and_falls_back_to_its_password() {
    let place = Harbour::new();
    assert_eq!(place.ferry("laptop", &["ls", &place.link()], "").exit, 0);
    let devices = DevicesFile::of(&place.state());
    devices.revoke(&devices.read().unwrap()[0].id).unwrap();
    place.0.accounts.reload().unwrap();
    let refused = place.ferry("laptop", &["ls", &place.url("anna")], "");
    assert_ne!(refused.exit, 0);
    assert!(refused.err.contains("does not know this device any more"), "{refused:?}");
    let listed = place.ferry_knowing("secret", "laptop", &["ls", "-1", &place.url("anna")]);
    assert_eq!((listed.exit, listed.out.as_str()), (0, "hello.txt\n"), "{listed:?}");
    assert!(!listed.err.contains("any more"), "it is said once: {listed:?}");
}

#[test]
fn a_device_is_enrolled_by_its_password_once() {
    let place = Harbour::new();
    let with_key = ["--fingerprint", place.0.fingerprint.as_str()];
    let url = place.url("anna");
    let enrolled =
        place.ferry_knowing("secret", "laptop", &["enrol", &url, with_key[0], with_key[1]]);
    assert_eq!(enrolled.exit, 0, "{enrolled:?}");
    assert!(enrolled.out.contains("logs in to anna at 127.0.0.1:"), "{enrolled:?}");
    assert_eq!(place.ferry("laptop", &["ls", &url], "").exit, 0);
    assert_eq!(DevicesFile::of(&place.state()).read().unwrap().len(), 1);
    // Forgetting the server forgets that it knows this device.
    assert_eq!(place.ferry("laptop", &["forget", "127.0.0.1"], "").exit, 0);
    let forgotten = place.ferry("laptop", &["ls", &url, with_key[0], with_key[1]], "");
    assert_ne!(forgotten.exit, 0, "{forgotten:?}");
}

/// Begun by a process that is gone, without a password in anybody's hand.
#[test]
fn a_job_goes_on_unattended_with_the_devices_key_also_at_another_address() {
    let place = Harbour::new();
    assert_eq!(place.ferry("laptop", &["ls", &place.link()], "").exit, 0);
    let jobs = Jobs::open(&place.0.path("laptop/client")).unwrap();
    let local = place.0.path("file");
    fs::write(&local, "unattended").unwrap();
    let begin = |name: &[u8]| {
        let spec = JobSpec {
            direction: Direction::Upload,
            server: JobServer {
                host: "127.0.0.1".to_owned(),
                port: place.0.port(),
                account: Some("anna".to_owned()),
                key: place.0.fingerprint.parse().unwrap(),
            },
            transfers: vec![Transfer {
                local: local.clone(),
                remote: RemotePath::parse(name).unwrap(),
            }],
            rule: Rule::Refuse,
            connections: 1,
        };
        jobs.begin(spec).unwrap().id().to_string()
    };
    let read = |name: &str| fs::read_to_string(place.0.share(name)).ok();
    let resumed = place.ferry("laptop", &["jobs", "resume", &begin(b"/one")], "");
    assert_eq!(resumed.exit, 0, "{resumed:?}");
    assert_eq!(read("one").as_deref(), Some("unattended"));
    // The same server by another name: its key is the same, and so is the device's.
    let moved = place.url("anna").replace("127.0.0.1", "localhost");
    let resumed = place.ferry("laptop", &["jobs", "resume", &begin(b"/two"), &moved], "");
    assert_eq!(resumed.exit, 0, "{resumed:?}");
    assert_eq!(read("two").as_deref(), Some("unattended"));
    assert!(jobs.list().unwrap().jobs.is_empty());
    // A device that is not enrolled is not let in by knowing the way.
    let stranger = place.ferry("tablet", &["ls", &place.url("anna")], "");
    assert_ne!(stranger.exit, 0, "{stranger:?}");
}

/// Nobody named the account, and later there may be several: the journal knows which it was.
#[test]
fn a_job_belongs_to_the_account_that_a_device_logged_in_to() {
    let place = Harbour::new();
    assert_eq!(place.ferry("laptop", &["ls", &place.link()], "").exit, 0);
    let (file, taken) = (place.0.path("file"), place.0.share("taken"));
    fs::write(&file, "new").unwrap();
    fs::write(taken, "other").unwrap();
    let target = place.url("") + "taken";
    let refused = place.ferry("laptop", &["put", file.to_str().unwrap(), &target], "");
    assert_eq!(refused.exit, 1, "{refused:?}");
    let jobs = Jobs::open(&place.0.path("laptop/client")).unwrap().list().unwrap().jobs;
    let accounts: Vec<_> = jobs.iter().map(|job| job.spec.server.account.as_deref()).collect();
    assert_eq!(accounts, [Some("anna")]);
}

#[test]
fn altered_and_revoked_links_are_refused_in_plain_words() {
    let place = Harbour::new();
    let link = place.link();
    let cut = place.ferry("laptop", &["ls", &link[..link.len() - 3]], "");
    assert_eq!(cut.exit, 64, "{cut:?}");
    assert!(cut.err.contains("cut off or altered"), "{cut:?}");

    let first = link.as_bytes()[link.len() - 26];
    let other = if first == b'a' { "b" } else { "a" };
    let altered = format!("{}{other}{}", &link[..link.len() - 26], &link[link.len() - 25..]);
    let refused = place.ferry("laptop", &["ls", &altered], "");
    assert_eq!(refused.exit, 1, "{refused:?}");
    assert!(refused.err.contains("not known here"), "{refused:?}");

    let (before, after) = link.split_once("#fp=").unwrap();
    let other_key = if after.starts_with('a') { "b" } else { "a" };
    let wrong_key = format!("{before}#fp={other_key}{}", &after[1..]);
    let stopped = place.ferry("tablet", &["ls", &wrong_key], "");
    assert_eq!(stopped.exit, 4, "{stopped:?}");
    assert!(stopped.err.contains(&place.0.fingerprint), "both keys are shown: {stopped:?}");

    let invitations = InvitationsFile::of(&place.state());
    invitations.revoke(&invitations.read().unwrap()[0].id).unwrap();
    let revoked = place.ferry("laptop", &["ls", &link], "");
    assert_eq!(revoked.exit, 1, "{revoked:?}");
    assert!(revoked.err.contains("was revoked"), "{revoked:?}");
}
