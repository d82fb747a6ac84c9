//! A large upload whose client is killed at nine tenths: how many bytes travel in all, and how soon
//! new ones do; once as it was left, and once with a flipped byte in the part.

use super::Bench;
use super::figures::{Goal, Report, Samples};
use super::transfer::write_large;
use crate::failure::{During as _, Failure};
use crate::ferry::{Server, Status};
use crate::process::Background;
use crate::sys;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Measures and judges.
pub(super) fn run(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let file = bench.folder("resume")?.join("large");
    write_large(&file, bench.size(4096, 256))?;
    for (name, flips) in [("cut at 90 %", false), ("cut at 90 %, one byte flipped", true)] {
        let (mut travelled, mut waits) = (Samples::default(), Samples::default());
        for round in 0..bench.rounds.min(ROUNDS_MAX) {
            let cut = Cut::make(bench, &file, &format!("resume/{round}-{flips}"))?;
            if flips {
                cut.flip_a_byte()?;
            }
            let (bytes_in, wait) = cut.resume()?;
            travelled.push(bytes_in);
            waits.push(wait.as_secs_f64());
        }
        let size = as_f64(fs::metadata(&file).during(file.display())?.len());
        let name = |what: &str| format!("{name}: {what}");
        let shares = (travelled.median(), size);
        report.add_ratio(&name("bytes travelled over payload"), shares, Goal::AtMost(1.02));
        report.add(name("s until new bytes flow"), waits.median(), Goal::AtMost(10.0));
    }
    fs::remove_file(&file).during(file.display())
}

/// An upload whose client was killed.
struct Cut {
    server: Server,
    share: PathBuf,
    file: PathBuf,
    part: PathBuf,
}

impl Cut {
    fn make(bench: &Bench, file: &Path, room: &str) -> Result<Self, Failure> {
        let share = bench.folder(&format!("{room}/share"))?;
        let server = Server::serve(&bench.programs, &share, &bench.folder(room)?)?;
        let mut command = server.client("put");
        command.arg(file).arg(server.url("large")).stdout(Stdio::null()).stderr(Stdio::null());
        let client = Background::start(&mut command)?;
        let wanted = fs::metadata(file).during(file.display())?.len() / 10 * 9;
        let until = Instant::now() + DEADLINE;
        let part = loop {
            match part_in(&share)? {
                Some((part, len)) if len >= wanted => break part,
                _ if Instant::now() > until => return Err(Failure::new("no part came to 90 %")),
                _ => std::thread::sleep(POLL),
            }
        };
        client.end(sys::KILL, DEADLINE)?;
        Ok(Self { server, share, file: file.to_path_buf(), part })
    }

    fn flip_a_byte(&self) -> Result<(), Failure> {
        let mut options = OpenOptions::new();
        let part = options.read(true).write(true).open(&self.part).during(self.part.display())?;
        let mut byte = [0];
        part.read_exact_at(&mut byte, FLIPPED_AT).during(self.part.display())?;
        part.write_all_at(&[!byte[0]], FLIPPED_AT).during(self.part.display())
    }

    /// Repeats the command. Returns the bytes that came in all, and the time until new ones did.
    fn resume(self) -> Result<(f64, Duration), Failure> {
        let before = self.bytes_in()?;
        let begun = Instant::now();
        let mut command = self.server.client("put");
        command.arg(&self.file).arg(self.server.url("large"));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let client = Background::start(&mut command)?;
        while self.bytes_in()? < before + NEW_BYTES {
            if begun.elapsed() > DEADLINE {
                return Err(Failure::new("no new bytes came after the cut"));
            }
            std::thread::sleep(POLL);
        }
        let wait = begun.elapsed();
        let stored = self.share.join("large");
        while !stored.exists() {
            if begun.elapsed() > DEADLINE {
                return Err(Failure::new("the upload was not finished after the cut"));
            }
            std::thread::sleep(POLL);
        }
        drop(client);
        let bytes_in = self.bytes_in()?;
        is_equal(&stored, &self.file)?;
        fs::remove_dir_all(&self.share).during(self.share.display())?;
        Ok((as_f64(bytes_in), wait))
    }

    fn bytes_in(&self) -> Result<u64, Failure> {
        let status = Status::ask(self.server.programs(), self.server.state())?;
        status.json["bytes_in"].as_u64().during("status without bytes_in")
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
