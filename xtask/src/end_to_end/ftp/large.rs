//! What only size brings to light.

use super::{Ftp, Outcome, Stage, resume, run};
use crate::end_to_end::ensure;
use crate::failure::{During as _, Failure};
use crate::process;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;

/// A sparse file: SIZE, REST and both ways beyond what 32 bits count, plain and over TLS, and a part
/// of that length.
pub(super) fn over_4_gib(stage: &Stage) -> Result<Outcome, Failure> {
    let ftp = Ftp::open(stage)?;
    let file = stage.path("large");
    write_sparse(&file)?;
    let expected = digest(&file)?;
    let url = ftp.url("large");
    let curl = |tls: &[&str]| {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error"]).args(tls);
        command
    };
    let at = FOUR_GIB + 3;
    resume::cut(&ftp, &file, ("large", at), "plain")?;
    let sent = resume::curl_goes_on(&ftp, &file, ("large", "plain"))?;
    ensure(sent == 3, || format!("behind {at} bytes of a part, curl sent {sent}"))?;
    ensure(digest(&ftp.share.join("large"))? == expected, || "its part is wrong".to_owned())?;
    fs::remove_file(ftp.share.join("large")).during("large")?;
    for tls in [&[][..], &["--insecure", "--ssl-reqd"]] {
        run(curl(tls).arg("--upload-file").arg(&file).arg(&url))?;
        let arrived = digest(&ftp.share.join("large"))?;
        ensure(arrived == expected, || "it became another".to_owned())?;
        let head = run(curl(tls).arg("--head").arg(&url))?;
        let announced = format!("Content-Length: {}", FOUR_GIB + 6);
        let has_size = String::from_utf8_lossy(&head).contains(&announced);
        ensure(has_size, || "SIZE is wrong".to_owned())?;
        let offset = FOUR_GIB.to_string();
        let rest = run(curl(tls).args(["--continue-at", &offset]).arg(&url))?;
        ensure(rest == b"beyond", || format!("REST {offset} brings {rest:?}"))?;
        let back = stage.path("back");
        run(curl(tls).arg("--output").arg(&back).arg(&url))?;
        ensure(digest(&back)? == expected, || "it came back as another".to_owned())?;
        // Neither stays, nor does undo keep one: the disks of those who run this are finite.
        for done in [ftp.share.join("large"), back] {
            fs::remove_file(&done).during(done.display())?;
        }
    }
    Ok(Outcome::Passed)
}

const FOUR_GIB: u64 = 4 << 30;

fn write_sparse(path: &Path) -> Result<(), Failure> {
    let file = File::create(path).during(path.display())?;
    for (offset, content) in [(0, &b"first"[..]), (FOUR_GIB / 2, b"middle"), (FOUR_GIB, b"beyond")]
    {
        file.write_all_at(content, offset).during(path.display())?;
    }
    Ok(())
}

fn digest(path: &Path) -> Result<blake3::Hash, Failure> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path).during(path.display())?).during(path.display())?;
    Ok(hasher.finalize())
}

/// A share on a small file system in memory, where the system lets it be mounted.
pub(super) fn full_disk(stage: &Stage) -> Result<Outcome, Failure> {
    let share = stage.folder("small-share")?;
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=2m", "none"]).arg(&share);
    if process::run(&mut mount, super::DEADLINE)?.code() != 0 {
        return Ok(Outcome::NotPossible("no right to mount a file system".to_owned()));
    }
    let outcome = fill(stage, &share);
    run(Command::new("umount").arg("--lazy").arg(&share))?;
    outcome
}

fn fill(stage: &Stage, share: &Path) -> Result<Outcome, Failure> {
    let ftp = Ftp::open_at(stage, share, "127.0.0.1:0")?;
    let mut upload = Command::new("python3");
    upload.arg("-c").arg(include_str!("overfill.py")).arg(ftp.address.port().to_string());
    run(&mut upload)?;
    let left = fs::read_dir(share).during("share")?.count();
    ensure(left == 0, || format!("{left} files are left"))?;
    let file = stage.path("file");
    fs::write(&file, b"fits").during("file")?;
    run(Command::new("curl").args(["-sS", "-T"]).arg(&file).arg(ftp.url("fits")))?;
    Ok(Outcome::Passed)
}
