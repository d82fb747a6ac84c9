//! Servers with a certificate that an authority vouches for, whose key changes when it is renewed.
#![expect(clippy::unwrap_used, reason = "helpers of tests may give up")]

mod support;

use ferry_client::job::{Rule, Transfer};
use ferry_client::jobs::{Direction, JobServer, JobSpec, Jobs};
use ferry_client::trust::{Authorities, KnownServers, ServerKey};
use ferry_client::{Client, ConnectOptions, NoQuestions};
use ferry_server::identity::Identity;
use rustls_pki_types::PrivatePkcs8KeyDer;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use support::authority::Authority;
use support::place::{Place, remote};
use support::program::{self, Ran};

/// A server that an authority vouches for, and a program that trusts that authority.
struct Harbour {
    place: Place,
    authority: Authority,
    roots: PathBuf,
}

impl Harbour {
    fn new() -> Self {
        let (place, authority) = (Place::new(), Authority::new());
        let roots = place.path("roots.pem");
        fs::write(&roots, authority.pem()).unwrap();
        fs::create_dir(place.here("")).unwrap();
        let harbour = Self { place, authority, roots };
        harbour.renew();
        harbour
    }

    /// Another certificate with another key.
    fn renew(&self) {
        let (certificate_der, key) = self.authority.vouch_for("localhost");
        self.place.present(&Identity {
            certificate_der,
            intermediates: Vec::new(),
            key_der: PrivatePkcs8KeyDer::from(key).into(),
            fingerprint: String::new(),
            is_owners: true,
        });
    }

    /// Where the program keeps what it knows.
    fn state(&self) -> PathBuf {
        self.place.state().join("client")
    }

    fn ferry(&self, words: &[&str]) -> Ran {
        let mut command = self.place.command_knowing_nothing(words);
        command.env("SSL_CERT_FILE", &self.roots).env_remove("SSL_CERT_DIR");
        program::run(&mut command, b"")
    }

    /// The journal of an upload of `file` that was begun and left.
    fn leave_a_job(&self, to: &str) -> String {
        let known = KnownServers::in_folder(&self.state());
        let mut options = ConnectOptions::new("localhost", self.place.port(), known);
        options.authorities = Authorities::These(vec![self.authority.der()]);
        let client = Client::connect(options, Arc::new(NoQuestions)).unwrap();
        assert_eq!(client.server_key(), ServerKey::Vouched);
        let spec = JobSpec {
            direction: Direction::Upload,
            server: JobServer::of(&client),
            transfers: vec![Transfer { local: self.place.path("file"), remote: remote(to) }],
            rule: Rule::Refuse,
            connections: 1,
        };
        let jobs = Jobs::open(&self.state()).unwrap();
        jobs.begin(spec).unwrap().id().to_string()
    }
}

/// It was a new job from the first byte, or a hard stop that spoke of a link nobody had used.
#[test]
fn a_job_goes_on_after_the_certificate_was_renewed() {
    let harbour = Harbour::new();
    let file = harbour.place.path("file");
    fs::write(&file, "in two halves").unwrap();
    let first = harbour.leave_a_job("/one");
    harbour.renew();
    let url = format!("ferry://localhost:{}/one", harbour.place.port());
    let again = harbour.ferry(&["put", file.to_str().unwrap(), &url]).succeeded();
    assert!(again.err.contains(&format!("going on with the job {first}")), "{again:?}");
    let second = harbour.leave_a_job("/two");
    harbour.renew();
    harbour.ferry(&["jobs", "resume", &second]).succeeded();
    for name in ["one", "two"] {
        assert_eq!(fs::read_to_string(harbour.place.share(name)).unwrap(), "in two halves");
    }
}
