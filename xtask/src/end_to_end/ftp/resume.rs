//! Uploads that a program's end cut off, and that the next one goes on with: nothing of them is seen
//! under its name meanwhile, and what has come is not sent again.

use super::{Ftp, Outcome, Stage, run, same};
use crate::end_to_end::ensure;
use crate::failure::{During as _, Failure};
use crate::tree::content;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// By curl and by lftp, plain and over TLS.
pub(super) fn cut_uploads(stage: &Stage) -> Result<Outcome, Failure> {
    let ftp = Ftp::open(stage)?;
    let file = stage.path("file");
    fs::write(&file, content(LEN)).during("file")?;
    for how in ["plain", "tls"] {
        cut(&ftp, &file, (how, CUT_AT), how)?;
        let sent = curl_goes_on(&ftp, &file, (how, how))?;
        ensure(sent == (LEN - CUT_AT) as u64, || format!("curl sent {sent} bytes again"))?;
        same(&file, &ftp.share.join(how))?;
        let name = format!("lftp-{how}");
        cut(&ftp, &file, (&name, CUT_AT), how)?;
        lftp_goes_on(&ftp, &file, (&name, how))?;
        same(&file, &ftp.share.join(&name))?;
    }
    killed_curl(stage, &ftp, &file)?;
    older_file(&ftp, &file)?;
    Ok(Outcome::Passed)
}

const LEN: usize = 12_000_001;
const CUT_AT: usize = 7_000_000;

/// Sends the beginning of a file; returns once it is a part of that length.
pub(super) fn cut(
    ftp: &Ftp,
    file: &Path,
    (name, count): (&str, impl ToString),
    how: &str,
) -> Result<(), Failure> {
    let count = count.to_string();
    let (host, port) = (ftp.address.ip().to_string(), ftp.address.port().to_string());
    let mut python = Command::new("python3");
    python.arg("-c").arg(include_str!("cut.py")).args([&host, &port]).arg(file);
    run(python.args([name, &count, how]))?;
    // The server may have its last bytes still before it.
    wait_for_size(ftp, name, |size| size == count)?;
    ensure(!ftp.share.join(name).exists(), || format!("{name} is seen before it is whole"))
}

/// Waits until SIZE, which curl asks for, is as wanted.
fn wait_for_size(ftp: &Ftp, name: &str, is_wanted: impl Fn(&str) -> bool) -> Result<(), Failure> {
    let until = Instant::now() + PATIENCE;
    loop {
        let mut head = Command::new("curl");
        head.args(["--silent", "--head"]).arg(ftp.url(name));
        let told = crate::process::run(&mut head, super::DEADLINE)?.stdout;
        let told = String::from_utf8_lossy(&told).into_owned();
        let size = told.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        if size.is_some_and(|size| is_wanted(size.trim())) {
            return Ok(());
        }
        ensure(Instant::now() < until, || format!("{name}: SIZE is {size:?}"))?;
        thread::sleep(POLL);
    }
}

/// Goes on by SIZE and APPE; returns the bytes that it sent.
pub(super) fn curl_goes_on(
    ftp: &Ftp,
    file: &Path,
    (name, how): (&str, &str),
) -> Result<u64, Failure> {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--continue-at", "-"]);
    if how == "tls" {
        curl.args(["--insecure", "--ssl-reqd"]);
    }
    curl.args(["--write-out", "%{size_upload}", "--upload-file"]).arg(file).arg(ftp.url(name));
    let told = run(&mut curl)?;
    let told = String::from_utf8_lossy(&told).into_owned();
    told.trim().parse().ok().during("curl does not say how much it sent")
}

/// Goes on by SIZE and REST.
fn lftp_goes_on(ftp: &Ftp, file: &Path, (name, how): (&str, &str)) -> Result<(), Failure> {
    let tls = if how == "tls" { "set ftp:ssl-force yes" } else { "set ftp:ssl-allow no" };
    let script = format!(
        "set cmd:fail-exit yes; set net:max-retries 2; set ssl:verify-certificate no; {tls}; \
         open {}; put -c {} -o {name}",
        ftp.url(""),
        file.display()
    );
    run(Command::new("lftp").args(["--norc", "-c", &script])).map(drop)
}

/// A real program that is killed in the middle.
fn killed_curl(stage: &Stage, ftp: &Ftp, file: &Path) -> Result<(), Failure> {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--limit-rate", "4M", "--upload-file"]).arg(file).arg(ftp.url("killed"));
    let child = crate::process::Background::start(&mut curl)?;
    let until = Instant::now() + PATIENCE;
    while part_len(&ftp.share)? < 1_000_000 {
        ensure(Instant::now() < until, || "nothing of it comes".to_owned())?;
        thread::sleep(POLL);
    }
    drop(child);
    // The server lets go of the part when it has noticed.
    wait_for_size(ftp, "killed", |size| size.parse().is_ok_and(|size: u64| size >= 1_000_000))?;
    ensure(!ftp.share.join("killed").exists(), || "half a file is seen".to_owned())?;
    let sent = curl_goes_on(ftp, file, ("killed", "plain"))?;
    ensure(sent < LEN as u64 - 1_000_000, || format!("curl sent {sent} bytes"))?;
    same(file, &stage.path("share/killed"))
}

/// Bytes of the only hidden part in a folder.
fn part_len(share: &Path) -> Result<u64, Failure> {
    let mut len = 0;
    for entry in fs::read_dir(share).during("share")? {
        let entry = entry.during("share")?;
        if entry.file_name().to_string_lossy().starts_with(".ferry-part-") {
            len += entry.metadata().during("part")?.len();
        }
    }
    Ok(len)
}

/// SIZE tells of the file that is there; what would go on with that is refused, and the part stays.
fn older_file(ftp: &Ftp, file: &Path) -> Result<(), Failure> {
    let there = ftp.share.join("older");
    fs::write(&there, b"an older file").during("older")?;
    let (host, port) = (ftp.address.ip().to_string(), ftp.address.port().to_string());
    let mut python = Command::new("python3");
    python.arg("-c").arg(include_str!("cut.py")).args([&host, &port]).arg(file);
    run(python.args(["older", "5000000", "plain"]))?;
    let gone_on = curl_goes_on(ftp, file, ("older", "plain"));
    ensure(gone_on.is_err(), || "the beginning of another file was kept".to_owned())?;
    let kept = fs::read(&there).during("older")?;
    ensure(kept == b"an older file", || "the older file has changed".to_owned())?;
    run(Command::new("curl").args(["-sS", "-T"]).arg(file).arg(ftp.url("older")))?;
    same(file, &there)
}

const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);
