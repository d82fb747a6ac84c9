//! A bad link: a proxy between client and server that cuts, stalls, slows down, splits and flips,
//! as a seed has it.

use super::traffic::{Link, Traffic, Way};
use crate::failure::{During as _, Failure};
use crate::process;
use crate::random::Random;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How bad the link is.
#[derive(Clone, Debug, Default)]
pub(super) struct Weather {
    /// A connection is cut after so many bytes in one direction.
    pub(super) cut_after: Option<Range<u64>>,
    /// Pieces are split, held back and delayed, and now and then a bit is flipped.
    pub(super) is_rough: bool,
    /// Bytes a second, both directions of one connection each.
    pub(super) rate: Option<u64>,
}

/// A running proxy.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    is_over: AtomicBool,
    traffic: Traffic,
    weather: Weather,
}

impl Proxy {
    /// Passes connections on to `target`, which need not be there all the time.
    pub(super) fn start(
        target: SocketAddr,
        weather: Weather,
        mut random: Random,
    ) -> Result<Self, Failure> {
        let listener = TcpListener::bind(process::free_address()?).during("proxy")?;
        listener.set_nonblocking(true).during("proxy")?;
        let address = listener.local_addr().during("proxy")?;
        let shared = Arc::new(Shared { weather, ..Shared::default() });
        let accepting = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("proxy".to_owned()).spawn(move || {
            while !accepting.is_over.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((client, _)) => {
                        let (shared, random) = (Arc::clone(&accepting), random.branch());
                        drop(thread(move || connect(&client, target, &shared, random)));
                    }
                    Err(_) => std::thread::sleep(POLL),
                }
            }
        });
        Ok(Self { address, shared, thread: Some(thread.during("proxy")?) })
    }

    /// The URL of a path by way of this proxy.
    pub(super) fn url(&self, path: &str) -> String {
        format!("ferry://{}/{path}", self.address)
    }

    /// What passes.
    pub(super) fn traffic(&self) -> &Traffic {
        &self.shared.traffic
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn connect(client: &TcpStream, target: SocketAddr, shared: &Arc<Shared>, mut random: Random) {
    // A server that is being started again is no fault of the link.
    let Ok(server) = TcpStream::connect(target) else { return };
    let pair = client.try_clone().and_then(|client| Ok((client, server.try_clone()?)));
    let Ok((down_client, down_server)) = pair else { return };
    let link = shared.traffic.open();
    let [mut up, mut down] = [Way::Up, Way::Down].map(|way| Pump {
        shared: Arc::clone(shared),
        link: Arc::clone(&link),
        random: random.branch(),
        way,
    });
    let downwards = thread(move || down.run(&down_server, &down_client));
    if let Ok(downwards) = downwards {
        up.run(client, &server);
        drop(downwards.join());
    }
    link.end();
}

fn thread(work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("proxy-link".to_owned()).spawn(work)
}

/// Carries bytes one way until either end closes, or the link is cut.
struct Pump {
    shared: Arc<Shared>,
    link: Arc<Link>,
    random: Random,
    way: Way,
}

enum End {
    Closed,
    Cut,
}

impl Pump {
    fn run(&mut self, from: &TcpStream, to: &TcpStream) {
        // An error is an end that closed; the other end learns of it below.
        let carried = self.carry(from, to);
        if matches!(carried, Ok(End::Cut)) {
            self.shared.traffic.note_cut(&self.link);
        }
        let how = if matches!(carried, Ok(End::Closed)) { Shutdown::Write } else { Shutdown::Both };
        drop(to.shutdown(how));
        if how == Shutdown::Both {
            drop(from.shutdown(how));
        }
    }

    fn carry(&mut self, mut from: &TcpStream, to: &TcpStream) -> io::Result<End> {
        from.set_read_timeout(Some(POLL * 20))?;
        let cut_after =
            self.weather().cut_after.clone().map(|range| {
                range.start + self.random.below(range.end.saturating_sub(range.start))
            });
        let mut buffer = vec![0; BUFFER_LEN];
        let mut carried = 0;
        while !self.is_over() {
            let count = match from.read(&mut buffer) {
                Ok(0) => return Ok(End::Closed),
                Ok(count) => count,
                Err(err) if matches!(err.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    continue;
                }
                Err(err) => return Err(err),
            };
            let piece = buffer.get_mut(..count).unwrap_or_default();
            let is_spoilt = self.weather().is_rough && self.random.once_in(FLIP_ONCE_IN);
            if is_spoilt {
                let index = self.random.index(count);
                piece[index] ^= 1 << self.random.below(8);
            }
            self.pass_on(piece, to)?;
            carried += count as u64;
            if is_spoilt || cut_after.is_some_and(|limit| carried >= limit) {
                return Ok(End::Cut);
            }
        }
        Ok(End::Closed)
    }

    /// Passes on what the limit lets, and waits for a higher one with the rest.
    fn pass_on(&mut self, mut piece: &[u8], to: &TcpStream) -> io::Result<()> {
        while !piece.is_empty() && !self.is_over() {
            let granted = self.shared.traffic.grant(&self.link, self.way, piece.len());
            let (now, rest) = piece.split_at_checked(granted).unwrap_or_default();
            if now.is_empty() {
                std::thread::sleep(POLL);
            } else {
                self.send(now, to)?;
            }
            piece = rest;
        }
        Ok(())
    }

    fn send(&mut self, piece: &[u8], mut to: &TcpStream) -> io::Result<()> {
        if let Some(rate) = self.weather().rate {
            std::thread::sleep(Duration::from_micros(piece.len() as u64 * 1_000_000 / rate.max(1)));
        }
        if !self.weather().is_rough {
            return to.write_all(piece);
        }
        if self.random.once_in(STALL_ONCE_IN) {
            std::thread::sleep(Duration::from_millis(self.random.below(STALL_MS_MAX)));
        }
        let is_split = self.random.once_in(8);
        let piece_len = if is_split { 1 + self.random.index(SPLIT_LEN_MAX) } else { piece.len() };
        for split in piece.chunks(piece_len.max(1)) {
            to.write_all(split)?;
        }
        Ok(())
    }

    fn weather(&self) -> &Weather {
        &self.shared.weather
    }

    fn is_over(&self) -> bool {
        self.shared.is_over.load(Ordering::Relaxed)
    }
}

const BUFFER_LEN: usize = 64 * 1024;
const POLL: Duration = Duration::from_millis(5);
const FLIP_ONCE_IN: u64 = 1500;
const STALL_ONCE_IN: u64 = 200;
const STALL_MS_MAX: u64 = 200;
const SPLIT_LEN_MAX: usize = 3000;
