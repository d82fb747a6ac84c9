//! A large file whose client is killed at nine tenths, up and down: how many bytes travel in all, and
//! how soon new ones do; once as it was left, and once with a flipped byte in the part.

use super::Bench;
use super::figures::{Goal, Report, Samples};
use super::transfer::write_large;
use crate::failure::{During as _, Failure};
use crate::ferry::{Server, Status};
use crate::process::Background;
use crate::sys;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Measures and judges.
pub(super) fn run(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let file = bench.folder("resume")?.join("large");
    write_large(&file, bench.size(4096, 256))?;
    for way in [Way::Up, Way::Down] {
        for (name, flips) in [("cut at 90 %", false), ("cut at 90 %, one byte flipped", true)] {
            let name = format!("{} {name}", way.name());
            let (mut travelled, mut waits) = (Samples::default(), Samples::default());
            let (mut again, mut rests) = (Samples::default(), Samples::default());
            for round in 0..bench.rounds.min(ROUNDS_MAX) {
                let room = format!("resume/{}-{round}-{flips}", way.name());
                let cut = Cut::make(bench, way, &file, &room)?;
                if flips {
                    cut.flip_a_byte()?;
                }
                let resumed = cut.resume()?;
                travelled.push(resumed.bytes);
                again.push(resumed.bytes_again);
                waits.push(resumed.wait.as_secs_f64());
                rests.push(resumed.whole.as_secs_f64());
            }
            let size = as_f64(fs::metadata(&file).during(file.display())?.len());
            println!(
                "  {name}: {:.0} KiB travelled again, values and framing included; whole after {:.2} s",
                again.median() / 1024.0,
                rests.median()
            );
            let shares = (travelled.median(), size);
            let of = |what: &str| format!("{name}: {what}");
            report.add_ratio(&of("bytes travelled over payload"), shares, Goal::AtMost(1.02));
            report.add(of("s until new bytes flow"), waits.median(), Goal::AtMost(10.0));
        }
    }
    fs::remove_file(&file).during(file.display())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    /// The server's counter of what travels.
    fn counter(self) -> &'static str {
        match self {
            Self::Up => "bytes_in",
            Self::Down => "bytes_out",
        }
    }
}

/// A transfer whose client was killed.
struct Cut {
    server: Server,
    way: Way,
    room: PathBuf,
    file: PathBuf,
    target: PathBuf,
    part: PathBuf,
    /// Bytes that had travelled.
    travelled: u64,
}

/// What came of going on.
struct Resumed {
    /// Bytes that travelled in all.
    bytes: f64,
    /// Bytes that would not have travelled without the cut.
    bytes_again: f64,
    /// Until new bytes did.
    wait: Duration,
    /// Until the file was there.
    whole: Duration,
}

impl Cut {
    fn make(bench: &Bench, way: Way, file: &Path, room: &str) -> Result<Self, Failure> {
        let (share, local) =
            (bench.folder(&format!("{room}/share"))?, bench.folder(&format!("{room}/local"))?);
        let server = Server::serve(&bench.programs, &share, &bench.folder(room)?)?;
        let folder = match way {
            Way::Up => share,
            Way::Down => {
                fs::hard_link(file, share.join("large")).during(share.display())?;
                local
            }
        };
        let mut cut = Self {
            target: folder.join("large"),
            part: PathBuf::new(),
            room: bench.path().join(room),
            file: file.to_path_buf(),
            travelled: 0,
            server,
            way,
        };
        let client = Background::start(&mut cut.command())?;
        let wanted = fs::metadata(file).during(file.display())?.len() / 10 * 9;
        let until = Instant::now() + DEADLINE;
        cut.part = loop {
            match part_in(&folder)? {
                Some((part, len)) if len >= wanted => break part,
                _ if Instant::now() > until => return Err(Failure::new("no part came to 90 %")),
                _ => std::thread::sleep(POLL),
            }
        };
        client.end(sys::KILL, DEADLINE)?;
        cut.wait_until_alone()?;
        cut.travelled = cut.bytes()?;
        Ok(cut)
    }

    /// Waits until the server has taken what was on its way and seen that the client is gone: what it
    /// holds open it has verified, and does not read again.
    fn wait_until_alone(&self) -> Result<(), Failure> {
        let until = Instant::now() + DEADLINE;
        while self.status()?["connections"].as_u64() != Some(0) {
            if Instant::now() > until {
                return Err(Failure::new("the server did not see that its client is gone"));
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    fn command(&self) -> Command {
        let url: OsString = self.server.url("large").into();
        let mut command = match self.way {
            Way::Up => self.server.client("put"),
            Way::Down => self.server.client("get"),
        };
        match self.way {
            Way::Up => command.arg(&self.file).arg(url),
            Way::Down => command.arg(url).arg(&self.target),
        };
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn flip_a_byte(&self) -> Result<(), Failure> {
        let mut options = OpenOptions::new();
        let part = options.read(true).write(true).open(&self.part).during(self.part.display())?;
        let mut byte = [0];
        part.read_exact_at(&mut byte, FLIPPED_AT).during(self.part.display())?;
        part.write_all_at(&[!byte[0]], FLIPPED_AT).during(self.part.display())
    }

    /// Repeats the command until the file is there.
    fn resume(self) -> Result<Resumed, Failure> {
        let begun = Instant::now();
        let client = Background::start(&mut self.command())?;
        while self.bytes()? < self.travelled + NEW_BYTES {
            if begun.elapsed() > DEADLINE {
                return Err(Failure::new("no new bytes came after the cut"));
            }
            std::thread::sleep(POLL);
        }
        let wait = begun.elapsed();
        while !self.target.exists() {
            if begun.elapsed() > DEADLINE {
                return Err(Failure::new("the transfer was not finished after the cut"));
            }
            std::thread::sleep(POLL);
        }
        let whole = begun.elapsed();
        drop(client);
        let bytes = self.bytes()?;
        is_equal(&self.target, &self.file)?;
        let size = fs::metadata(&self.file).during(self.file.display())?.len();
        drop(self.server);
        fs::remove_dir_all(&self.room).during(self.room.display())?;
        let (bytes, again) = (as_f64(bytes), as_f64(bytes.saturating_sub(size)));
        Ok(Resumed { bytes, bytes_again: again, wait, whole })
    }

    fn bytes(&self) -> Result<u64, Failure> {
        self.status()?[self.way.counter()].as_u64().during("status without bytes")
    }

    fn status(&self) -> Result<serde_json::Value, Failure> {
        Ok(Status::ask(self.server.programs(), self.server.state())?.json)
    }
}

/// The part in a folder and its length.
fn part_in(share: &Path) -> Result<Option<(PathBuf, u64)>, Failure> {
    for entry in fs::read_dir(share).during(share.display())? {
        let entry = entry.during(share.display())?;
        if entry.file_name().to_string_lossy().starts_with(".ferry-part-") {
            let len = entry.metadata().map_or(0, |metadata| metadata.len());
            return Ok(Some((entry.path(), len)));
        }
    }
    Ok(None)
}

fn is_equal(one: &Path, other: &Path) -> Result<(), Failure> {
    let digest = |path: &Path| {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update_reader(fs::File::open(path).during(path.display())?)
            .map(|hasher| hasher.finalize())
            .during(path.display())
    };
    if digest(one)? == digest(other)? {
        return Ok(());
    }
    Err(Failure::new(format!("{} arrived altered", one.display())))
}

/// Bytes as a number to divide by: far below 2^52, and thousands are exact enough.
fn as_f64(bytes: u64) -> f64 {
    u32::try_from(bytes / 1024).map_or(f64::MAX, |kibibytes| f64::from(kibibytes) * 1024.0)
}

/// Each takes two uploads of the large file.
const ROUNDS_MAX: usize = 3;
/// More than greeting, login and values take.
const NEW_BYTES: u64 = 2 * 1024 * 1024;
const FLIPPED_AT: u64 = 77_777_777;
const POLL: Duration = Duration::from_millis(5);
const DEADLINE: Duration = Duration::from_mins(3);
