//! Load on a running server, by the protocol crate and TLS alone, so that ten thousand
//! connections fit in one light process. Runs until standard input ends.

mod connection;

pub(crate) use connection::{Connection, LoginAnswer};

use crate::failure::{During as _, Failure};
use crate::sys;
use clap::{Args, ValueEnum};
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

/// What to open, how often and where.
#[derive(Args, Debug)]
pub(crate) struct Options {
    what: What,
    /// Connections.
    #[arg(long)]
    count: usize,
    /// The server.
    #[arg(long)]
    address: SocketAddr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Logged in and silent.
    Idle,
    /// Downloads of the file `large`, over and over.
    Bulk,
}

/// Opens the connections, says `ready`, and holds them until standard input ends.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    sys::raise_open_files().during("limit of open files")?;
    let mut idle = Vec::new();
    let (errors, failed) = sync_channel(1);
    for _ in 0..options.count {
        let connection = Connection::log_in(options.address)?;
        match options.what {
            What::Idle => idle.push(connection),
            What::Bulk => download_for_ever(connection, errors.clone())?,
        }
    }
    println!("ready");
    std::io::stdout().flush().during("output")?;
    let stop = errors;
    thread::Builder::new()
        .name("stop".to_owned())
        .spawn(move || {
            let ended = std::io::stdin().read_to_end(&mut Vec::new()).map(|_| ());
            drop(stop.send(ended.during("standard input")));
        })
        .during("could not start a thread")?;
    failed.recv().during("all connections ended")?
}

fn download_for_ever(
    mut connection: Connection,
    errors: SyncSender<Result<(), Failure>>,
) -> Result<(), Failure> {
    thread::Builder::new()
        .name("download".to_owned())
        .spawn(move || {
            let ended = loop {
                if let Err(err) = connection.download(b"/large") {
                    break err;
                }
            };
            drop(errors.send(Err(ended)));
        })
        .map(drop)
        .during("could not start a thread")
}
