//! A bad link: a proxy between client and server that cuts, stalls, slows down, splits and flips,
//! as a seed has it.

use crate::failure::{During as _, Failure};
use crate::process;
use crate::random::Random;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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
    counters: Arc<Counters>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Counters {
    is_over: AtomicBool,
    up: AtomicU64,
    down: AtomicU64,
    cuts: AtomicU64,
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
        let counters = Arc::<Counters>::default();
        let shared = Arc::clone(&counters);
        let thread = std::thread::Builder::new().name("proxy".to_owned()).spawn(move || {
            while !shared.is_over.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((client, _)) => {
                        let link = (weather.clone(), random.branch(), Arc::clone(&shared));
                        drop(thread(move || connect(&client, target, link)));
                    }
                    Err(_) => std::thread::sleep(POLL),
                }
            }
        });
        Ok(Self { address, counters, thread: Some(thread.during("proxy")?) })
    }

    /// The URL of a path by way of this proxy.
    pub(super) fn url(&self, path: &str) -> String {
        format!("ferry://{}/{path}", self.address)
    }

    /// Bytes that went to the server, TLS and all.
    pub(super) fn bytes_up(&self) -> u64 {
        self.counters.up.load(Ordering::Relaxed)
    }

    /// Bytes that came from the server, TLS and all.
    pub(super) fn bytes_down(&self) -> u64 {
        self.counters.down.load(Ordering::Relaxed)
    }

    /// Connections that were cut or spoilt.
    pub(super) fn cuts(&self) -> u64 {
        self.counters.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.counters.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

type Link = (Weather, Random, Arc<Counters>);

fn connect(client: &TcpStream, target: SocketAddr, (weather, mut random, counters): Link) {
    // A server that is being started again is no fault of the link.
    let Ok(server) = TcpStream::connect(target) else { return };
    let pair = client.try_clone().and_then(|client| Ok((client, server.try_clone()?)));
    let Ok((down_client, down_server)) = pair else { return };
    let down = (weather.clone(), random.branch(), Arc::clone(&counters));
    let Ok(thread) = thread(move || pump(&down_server, &down_client, down, false)) else { return };
    pump(client, &server, (weather, random, counters), true);
    drop(thread.join());
}

fn thread(work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("proxy-link".to_owned()).spawn(work)
}

/// Carries bytes one way until either end closes, or the link is cut.
fn pump(from: &TcpStream, to: &TcpStream, link: Link, is_up: bool) {
    let (weather, mut random, counters) = link;
    let cut_after = weather
        .cut_after
        .clone()
        .map(|range| range.start + random.below(range.end.saturating_sub(range.start)));
    // An error is an end that closed; the other end learns of it below.
    let carried = carry(from, to, (&weather, cut_after), &mut random, (&counters, is_up));
    if matches!(carried, Ok(End::Cut)) {
        counters.cuts.fetch_add(1, Ordering::Relaxed);
    }
    let how = if matches!(carried, Ok(End::Closed)) { Shutdown::Write } else { Shutdown::Both };
    drop(to.shutdown(how));
    if how == Shutdown::Both {
        drop(from.shutdown(how));
    }
}

enum End {
    Closed,
    Cut,
}

fn carry(
    mut from: &TcpStream,
    to: &TcpStream,
    (weather, cut_after): (&Weather, Option<u64>),
    random: &mut Random,
    (counters, is_up): (&Counters, bool),
) -> io::Result<End> {
    from.set_read_timeout(Some(POLL * 20))?;
    let mut buffer = vec![0; BUFFER_LEN];
    let mut carried = 0;
    while !counters.is_over.load(Ordering::Relaxed) {
        let count = match from.read(&mut buffer) {
            Ok(0) => return Ok(End::Closed),
            Ok(count) => count,
            Err(err) if matches!(err.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                continue;
            }
            Err(err) => return Err(err),
        };
        let piece = buffer.get_mut(..count).unwrap_or_default();
        let is_spoilt = weather.is_rough && random.once_in(FLIP_ONCE_IN);
        if is_spoilt {
            let index = random.index(count);
            piece[index] ^= 1 << random.below(8);
        }
        pass_on(piece, to, weather, random)?;
        carried += count as u64;
        let way = if is_up { &counters.up } else { &counters.down };
        way.fetch_add(count as u64, Ordering::Relaxed);
        if is_spoilt || cut_after.is_some_and(|limit| carried >= limit) {
            return Ok(End::Cut);
        }
    }
    Ok(End::Closed)
}

fn pass_on(
    piece: &[u8],
    mut to: &TcpStream,
    weather: &Weather,
    random: &mut Random,
) -> io::Result<()> {
    if let Some(rate) = weather.rate {
        std::thread::sleep(Duration::from_micros(piece.len() as u64 * 1_000_000 / rate.max(1)));
    }
    if !weather.is_rough {
        return to.write_all(piece);
    }
    if random.once_in(STALL_ONCE_IN) {
        std::thread::sleep(Duration::from_millis(random.below(STALL_MS_MAX)));
    }
    let piece_len = if random.once_in(8) { 1 + random.index(SPLIT_LEN_MAX) } else { piece.len() };
    for split in piece.chunks(piece_len.max(1)) {
        to.write_all(split)?;
    }
    Ok(())
}

const BUFFER_LEN: usize = 64 * 1024;
const POLL: Duration = Duration::from_millis(5);
const FLIP_ONCE_IN: u64 = 1500;
const STALL_ONCE_IN: u64 = 200;
const STALL_MS_MAX: u64 = 200;
const SPLIT_LEN_MAX: usize = 3000;
