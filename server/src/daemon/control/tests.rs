use super::*;
use crate::config::Access;
use crate::daemon::control::running::Running;
use crate::state_folder::StateFolder;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

struct Puppet {
    drained: AtomicBool,
    windows: mpsc::SyncSender<i32>,
}

impl Controlled for Puppet {
    fn penalties(&self) -> PenaltyReport {
        PenaltyReport::default()
    }

    fn clear_penalties(&self, whom: &str) -> usize {
        whom.len()
    }

    fn report(&self) -> Report {
        Report {
            link: "ferry://x/".to_owned(),
            addresses: vec!["127.0.0.1:1".to_owned()],
            ftp: Vec::new(),
            fingerprint: "f".to_owned(),
            connections: 1,
            workers: 2,
            bytes_in: 3,
            bytes_out: 4,
            refused: 0,
            timed_out: 0,
            sent_away: 0,
            panics: 0,
            held_workers: 0,
            held_secs: 0,
            banned: 0,
            sandbox: String::new(),
            audit: crate::audit::AuditHealth::default(),
            pid: std::process::id(),
            share: "/x".to_owned(),
            uptime_secs: 5,
            guest: None,
            version: "0".to_owned(),
            is_open_to_network: false,
            is_kept: None,
            windows: None,
        }
    }

    fn drain(&self) -> Duration {
        self.drained.store(true, Ordering::Release);
        Duration::from_secs(7)
    }

    fn reload(&self) -> Result<Reloaded, String> {
        Err("no".to_owned())
    }

    fn owner(&self) -> Result<OwnerSecret, String> {
        OwnerSecret::random().map_err(|err| err.to_string())
    }

    fn let_in(&self, circle: Circle) -> Result<Report, String> {
        Ok(Report { guest: circle.guest(), ..self.report() })
    }

    fn keep(&self, is_kept: bool) -> Result<(), String> {
        if is_kept { Ok(()) } else { Err("no".to_owned()) }
    }

    fn hold(&self) -> Result<(), String> {
        self.windows.send(1).map_err(|err| err.to_string())
    }

    fn let_go(&self) {
        self.windows.send(-1).unwrap();
    }
}

struct Place {
    folder: tempfile::TempDir,
    puppet: Arc<Puppet>,
    windows: mpsc::Receiver<i32>,
}

impl Place {
    fn new() -> Self {
        let (sender, windows) = mpsc::sync_channel(8);
        let puppet = Arc::new(Puppet { drained: AtomicBool::new(false), windows: sender });
        Self { folder: tempfile::tempdir().unwrap(), puppet, windows }
    }

    fn state(&self) -> StateFolder {
        StateFolder::at(self.folder.path())
    }

    fn open(&self) -> ControlChannel {
        let puppet: Arc<Puppet> = Arc::clone(&self.puppet);
        ControlChannel::open(&self.state(), puppet).unwrap()
    }

    fn connect(&self) -> (TcpStream, Running) {
        let running = Running::read(&self.state()).unwrap().unwrap();
        (TcpStream::connect((Ipv4Addr::LOCALHOST, running.port)).unwrap(), running)
    }
}

#[test]
fn wishes_are_answered_until_the_channel_closes() {
    let place = Place::new();
    let channel = place.open();
    assert!(!place.state().is_open_to_others("running.json"));
    let status = ask(&place.state(), Wish::Status).unwrap().reply;
    assert_eq!(status, Reply::Status(Box::new(place.puppet.report())));
    assert_eq!(ask(&place.state(), Wish::Reload).unwrap().reply, Reply::Failed("no".to_owned()));
    let stopping = ask(&place.state(), Wish::Stop).unwrap();
    assert_eq!(stopping.reply, Reply::Stopping { drain_secs: 7.0 });
    assert!(place.puppet.drained.load(Ordering::Acquire));
    drop(channel);
    assert!(matches!(ask(&place.state(), Wish::Status), Err(Absent::NotRunning(_))));
    assert!(!place.folder.path().join("running.json").exists());
}

#[test]
fn a_window_can_steer_its_server() {
    let place = Place::new();
    let _channel = place.open();
    let asked = |wish| ask(&place.state(), wish).unwrap().reply;
    let Reply::Owner(secret) = asked(Wish::Owner) else { panic!("no secret") };
    assert_eq!(secret.expose().len(), 64);
    assert!(!format!("{:?}", Reply::Owner(secret.clone())).contains(secret.expose()));
    let circle = Circle::Everybody(Access::Write);
    let Reply::Status(report) = asked(Wish::LetIn(circle)) else { panic!("no report") };
    assert_eq!(report.guest, circle.guest());
    assert_eq!(asked(Wish::Keep { is_kept: true }), Reply::Done);
    assert_eq!(asked(Wish::Keep { is_kept: false }), Reply::Failed("no".to_owned()));
}

#[test]
fn a_window_holds_its_server_until_its_connection_ends() {
    let place = Place::new();
    let channel = place.open();
    let held = ask(&place.state(), Wish::Hold).unwrap();
    assert_eq!(held.reply, Reply::Done);
    assert_eq!(place.windows.recv(), Ok(1));
    assert_eq!(place.windows.try_recv(), Err(mpsc::TryRecvError::Empty));
    drop(held);
    assert_eq!(place.windows.recv(), Ok(-1));
    // A server that ends lets the window's connection go too.
    let held = ask(&place.state(), Wish::Hold).unwrap();
    drop(channel);
    assert_eq!((place.windows.recv(), place.windows.recv()), (Ok(1), Ok(-1)));
    assert_eq!(held.reply, Reply::Done);
}

#[test]
fn without_the_token_nothing_is_answered() {
    let place = Place::new();
    let _channel = place.open();
    let deadline = Instant::now() + Duration::from_secs(20);
    for line in ["", "stop", "{\"token\":\"\",\"wish\":\"stop\"}", "[[[["] {
        let (mut stream, _) = place.connect();
        stream.write_all(format!("{line}\n").as_bytes()).unwrap();
        assert!(receive_line(&mut stream, deadline).is_err(), "{line}");
    }
    let (mut stream, mut running) = place.connect();
    running.token.replace_range(..1, if running.token.starts_with('0') { "1" } else { "0" });
    send_line(&mut stream, &Question { token: running.token, wish: Wish::Stop }, deadline).unwrap();
    assert!(receive_line(&mut stream, deadline).is_err());
    assert!(!place.puppet.drained.load(Ordering::Acquire));
}

#[test]
fn a_line_without_an_end_is_given_up() {
    let place = Place::new();
    let _channel = place.open();
    let (mut stream, _) = place.connect();
    // The server may close while the rest is still on its way.
    stream.write_all(&vec![b'x'; LINE_MAX + 8192]).ok();
    let closed = stream.read(&mut [0]);
    assert!(!matches!(closed, Ok(1..)), "{closed:?}");
    assert!(ask(&place.state(), Wish::Status).is_ok(), "others are still answered");
}

#[test]
fn what_a_killed_server_left_counts_as_none() {
    let place = Place::new();
    assert!(matches!(ask(&place.state(), Wish::Status), Err(Absent::NotRunning(_))));
    place.state().write("running.json", b"{\"pid\":").unwrap();
    assert!(matches!(ask(&place.state(), Wish::Status), Err(Absent::NotRunning(_))));
    // A port at which nobody listens any more.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    Running::new(port).unwrap().write(&place.state()).unwrap();
    assert!(matches!(ask(&place.state(), Wish::Status), Err(Absent::NotRunning(_))));
}

#[test]
fn a_stranger_at_the_old_port_is_no_server() {
    let place = Place::new();
    let stranger = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut running = Running::new(stranger.local_addr().unwrap().port()).unwrap();
    running.pid = u32::MAX;
    running.write(&place.state()).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = stranger.accept().unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        });
        let told = ask(&place.state(), Wish::Status).unwrap_err();
        assert!(matches!(told, Absent::NotRunning(_)), "{told:?}");
    });
}
