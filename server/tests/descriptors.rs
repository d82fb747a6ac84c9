//! The process has no descriptor left when a connection is accepted. A program of its own, since
//! all of its tests would share the limit.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use ferry_protocol::{Answer, Request};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};
use support::{RawClient, serve};

/// Lets this process open no descriptor from this number on.
fn limit(descriptors: u64) {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: Some(descriptors), maximum }).unwrap();
}

/// Takes all descriptors that are left.
fn take_all() -> Vec<File> {
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

fn socket() -> Socket {
    Socket::new(Domain::IPV4, Type::STREAM, None).unwrap()
}

fn connect(socket: Socket, address: SocketAddr) -> TcpStream {
    socket.connect(&address.into()).unwrap();
    socket.into()
}

/// Whether the server closes a connection soon, unheard.
fn is_closed_at_once(mut socket: &TcpStream) -> bool {
    socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    match socket.read(&mut [0; 1]) {
        Ok(0) => true,
        Ok(_) => panic!("somebody answered"),
        Err(err) => err.kind() == ErrorKind::ConnectionReset,
    }
}

/// Processor time that this process has used, by its `/proc/self/stat`, in the system's ticks.
fn processor_time(stat: &File) -> Duration {
    let mut text = [0; 1024];
    let len = stat.read_at(&mut text, 0).unwrap();
    let text = String::from_utf8_lossy(&text[..len]).into_owned();
    let (_, fields) = text.rsplit_once(')').unwrap();
    let fields = fields.split_whitespace().skip(11).take(2);
    Duration::from_millis(10 * fields.map(|field| field.parse::<u64>().unwrap()).sum::<u64>())
}

#[test]
fn without_a_descriptor_nobody_is_left_waiting_nothing_spins_and_all_recovers() {
    let fixture = serve();
    let address = fixture.address();
    let mut at_work = fixture.guest();
    let stat = File::open("/proc/self/stat").unwrap();
    limit(256);
    let sockets: Vec<Socket> = (0..12).map(|_| socket()).collect();
    let late = socket();
    let taken = take_all();
    assert!(!taken.is_empty());
    // The spare descriptor lets each be closed, instead of waiting in the backlog for ever. A
    // thread of the server may have given one back meanwhile; whoever gets that stays.
    let (mut closed, mut let_in) = (0, Vec::new());
    for socket in sockets {
        let socket = connect(socket, address);
        if is_closed_at_once(&socket) {
            closed += 1;
        } else {
            let_in.push(socket);
        }
        if closed == 3 {
            break;
        }
    }
    assert_eq!(closed, 3, "{} were let in or left waiting", let_in.len());
    assert_eq!(at_work.ask(&Request::Ping), Answer::Pong, "who is in stays in");

    // Not even the spare one can be had: the connection waits, and no processor is burnt on it.
    limit(0);
    let waiting = connect(late, address);
    let (began, used) = (Instant::now(), processor_time(&stat));
    while began.elapsed() < Duration::from_millis(600) {
        std::thread::park_timeout(Duration::from_millis(600));
    }
    let (elapsed, used) = (began.elapsed(), processor_time(&stat).saturating_sub(used));
    assert!(used < elapsed / 4, "{used:?} of processor time in {elapsed:?}");
    assert_eq!(at_work.ask(&Request::Ping), Answer::Pong);

    // It recovers alone, and even that connection is served.
    drop((taken, let_in));
    limit(1024);
    let mut waiting = RawClient::on(waiting);
    assert!(matches!(waiting.greet(), Answer::Welcome(_)));
    assert_eq!(fixture.guest().ask(&Request::Ping), Answer::Pong);
}
