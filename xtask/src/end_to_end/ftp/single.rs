//! Programs that carry one file at a time.

use super::{Ftp, Outcome, Stage, run, same};
use crate::failure::{During as _, Failure};
use crate::process;
use crate::tree::{HARD_NAMES, content};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Plain, TLS 1.2 and 1.3, passive, extended and active, IPv4 and IPv6, resumed, hard names. Active
/// over TLS is left to ftplib: there Debian's curl fails before it sends anything.
pub(super) fn curl(stage: &Stage) -> Result<Outcome, Failure> {
    let ftp = Ftp::open(stage)?;
    let (file, back) = (stage.path("file"), stage.path("back"));
    fs::write(&file, content(5_000_001)).during("file")?;
    for (index, options) in CURL_WAYS.iter().enumerate() {
        let url = ftp.url(&format!("curl-{index}"));
        run(curl_command(options).arg("--upload-file").arg(&file).arg(&url))?;
        run(curl_command(options).arg("--output").arg(&back).arg(&url))?;
        same(&file, &back)?;
        fs::write(&back, &content(5_000_001)[..1_000_000]).during("half a file")?;
        run(curl_command(options).args(["--continue-at", "-", "--output"]).arg(&back).arg(&url))?;
        same(&file, &back)?;
    }
    by_implicit_tls(&ftp, &file, &back)?;
    hard_names(&ftp, stage)?;
    // The next server takes its place in the stage's state folder.
    drop(ftp);
    on_ipv6(stage)?;
    Ok(Outcome::Passed)
}

const CURL_WAYS: &[&[&str]] = &[
    &[],
    &["--disable-epsv"],
    &["--ftp-port", "127.0.0.1"],
    &["--insecure", "--ssl-reqd"],
    &["--insecure", "--ssl-reqd", "--tls-max", "1.2"],
];

/// TLS from the first byte, at a port of its own.
fn by_implicit_tls(ftp: &Ftp, file: &Path, back: &Path) -> Result<(), Failure> {
    let url = format!("ftps://{}/implicit", ftp.implicit_tls);
    let insecure = &["--insecure"];
    run(curl_command(insecure).arg("--upload-file").arg(file).arg(&url))?;
    same(file, &ftp.share.join("implicit"))?;
    run(curl_command(insecure).arg("--output").arg(back).arg(&url))?;
    same(file, back)
}

fn curl_command(options: &[&str]) -> Command {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--fail"]).args(options);
    command
}

fn hard_names(ftp: &Ftp, stage: &Stage) -> Result<(), Failure> {
    let back = stage.path("hard-back");
    for name in HARD_NAMES.iter().filter(|name| !name.iter().any(u8::is_ascii_control)) {
        let escaped = format!(
            "%{}",
            name.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join("%")
        );
        let sent = stage.path("hard");
        fs::write(&sent, name).during("file")?;
        run(curl_command(&[]).arg("--upload-file").arg(&sent).arg(ftp.url(&escaped)))?;
        run(curl_command(&[]).arg("--output").arg(&back).arg(ftp.url(&escaped)))?;
        same(&sent, &back)?;
    }
    Ok(())
}

fn on_ipv6(stage: &Stage) -> Result<(), Failure> {
    let share = stage.folder("share-6")?;
    let ftp = Ftp::open_at(stage, &share, "[::1]:0")?;
    let (file, back) = (stage.path("file"), stage.path("back-6"));
    for options in [&[][..], &["--ftp-port", "::1"], &["--insecure", "--ssl-reqd"]] {
        run(curl_command(options).arg("--upload-file").arg(&file).arg(ftp.url("six")))?;
        same(&file, &share.join("six"))?;
        run(curl_command(options).arg("--output").arg(&back).arg(ftp.url("six")))?;
        same(&file, &back)?;
    }
    Ok(())
}

/// Downloads by programs that mostly do that, and what tnftp does by its script. Of them wget alone
/// knows TLS for FTP.
pub(super) fn others(stage: &Stage) -> Result<Outcome, Failure> {
    let ftp = Ftp::open(stage)?;
    let file = ftp.share.join("file");
    fs::write(&file, content(9_000_000)).during("file")?;
    let fetch = |name: &str, command: &mut Command| {
        run(command)?;
        same(&file, &stage.path(name))
    };
    let mut wget = Command::new("wget");
    fetch("wget", wget.args(["-q", "-O"]).arg(stage.path("wget")).arg(ftp.url("file")))?;
    let mut wget = Command::new("wget");
    let secure = ftp.url("file").replacen("ftp:", "ftps:", 1);
    wget.args(["-q", "--no-check-certificate", "-O"]).arg(stage.path("wget-tls")).arg(secure);
    fetch("wget-tls", &mut wget)?;
    let tiny = ftp.share.join("tiny");
    fs::write(&tiny, content(7)).during("tiny")?;
    for file in [&file, &tiny] {
        aria2(&ftp, stage, file)?;
    }
    tnftp(&ftp, stage, &file)?;
    Ok(Outcome::Passed)
}

/// In four pieces, where it is large enough. It is done at once, or waits a minute for a reply that
/// it has.
fn aria2(ftp: &Ftp, stage: &Stage, file: &Path) -> Result<(), Failure> {
    let name = file.file_name().during("no name")?.to_string_lossy();
    let mut aria2 = Command::new("aria2c");
    aria2.args(["-q", "--no-conf", "-x4", "-s4", "-k1M", "-o", "aria2", "-d"]);
    aria2.arg(stage.room.path()).arg("--allow-overwrite=true").arg(ftp.url(&name));
    process::run(&mut aria2, PROMPT)?.succeeded("aria2c")?;
    same(file, &stage.path("aria2"))
}

fn tnftp(ftp: &Ftp, stage: &Stage, file: &Path) -> Result<(), Failure> {
    let (back, half) = (stage.path("tnftp"), stage.path("half"));
    fs::write(&half, &content(9_000_000)[..2_000_000]).during("half a file")?;
    let script = stage.path("script");
    let lines = format!(
        "open {} {}\nuser anonymous x\nbinary\nput {} up\nget up {}\nreget up {}\nls\nquit\n",
        ftp.address.ip(),
        ftp.address.port(),
        file.display(),
        back.display(),
        half.display()
    );
    fs::write(&script, lines).during("script")?;
    let input = fs::File::open(&script).during("script")?;
    run(Command::new("tnftp").args(["-n", "-i", "-v"]).stdin(input))?;
    same(file, &back)?;
    same(file, &half)
}

/// ftplib, plain and over TLS, IPv4 and IPv6: it resumes no TLS session, as others of its kind do not.
pub(super) fn python(stage: &Stage) -> Result<Outcome, Failure> {
    for place in ["127.0.0.1:0", "[::1]:0"] {
        let ftp = Ftp::open_at(stage, &stage.folder("share")?, place)?;
        let (host, port) = (ftp.address.ip().to_string(), ftp.address.port().to_string());
        let mut command = Command::new("python3");
        command.arg("-c").arg(include_str!("ftplib_tour.py")).args([host, port]);
        run(&mut command)?;
    }
    Ok(Outcome::Passed)
}

/// How long a program may take over one file that waits for nothing.
const PROMPT: Duration = Duration::from_secs(30);
