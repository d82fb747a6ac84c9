//! The least that an encrypted transfer can do: read a file, write TLS, read TLS, write a file.
//! Nothing is verified, staged or made durable. Transfers are compared with it.

use crate::failure::{During as _, Failure};
use crate::tls::{self, Certificate};
use clap::Args;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

/// From which file to which.
#[derive(Args, Debug)]
pub(crate) struct Options {
    from: PathBuf,
    to: PathBuf,
}

/// Copies a file through one TLS connection on loopback.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let server = Certificate::make()?.server()?;
    let listener = TcpListener::bind("127.0.0.1:0").during("no free port")?;
    let address = listener.local_addr().during("own address")?;
    let to = options.to.clone();
    let receiver = thread::Builder::new()
        .name("receiver".to_owned())
        .spawn(move || {
            let (socket, _) = listener.accept().during("accept")?;
            let mut stream = tls::accept(&server, socket)?;
            let mut file = File::create(&to).during(to.display())?;
            copy(&mut stream, &mut file)
        })
        .during("could not start a thread")?;
    send(&options.from, TcpStream::connect(address).during("connect")?)?;
    receiver.join().map_err(|_panic| Failure::new("the receiver panicked"))?
}

fn send(from: &Path, socket: TcpStream) -> Result<(), Failure> {
    let mut file = File::open(from).during(from.display())?;
    let mut stream = tls::connect(&tls::client(b"")?, socket)?;
    copy(&mut file, &mut stream)?;
    stream.conn.send_close_notify();
    stream.flush().during("flush")
}

/// Whole buffers at a time, so that both ends write as large as they may.
fn copy(from: &mut impl Read, to: &mut impl Write) -> Result<(), Failure> {
    let mut buffer = vec![0; BUFFER_LEN];
    loop {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match from.read(rest).during("read")? {
                0 => break,
                count => filled += count,
            }
        }
        let content = buffer.get(..filled).unwrap_or_default();
        if content.is_empty() {
            return Ok(());
        }
        to.write_all(content).during("write")?;
    }
}

const BUFFER_LEN: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_arrives_whole() {
        let room = tempfile::tempdir().unwrap();
        let from = room.path().join("from");
        let to = room.path().join("to");
        let content: Vec<u8> =
            (0..700_001_u32).map(|at| at.to_le_bytes()[at as usize % 2]).collect();
        std::fs::write(&from, &content).unwrap();
        run(&Options { from, to: to.clone() }).unwrap();
        assert_eq!(std::fs::read(to).unwrap(), content);
    }
}
