//! Programs that carry trees.

use super::{Ftp, Outcome, Stage, line_tree, run, same, same_trees};
use crate::failure::{During as _, Failure};
use crate::tree::content;
use std::fs;
use std::path::Path;
use std::process::Command;

/// mirror both ways, pget and reget, plain and over TLS, by MLSD, LIST and STAT, passive and active,
/// IPv4 and IPv6.
pub(super) fn lftp(stage: &Stage) -> Result<Outcome, Failure> {
    let ftp = Ftp::open(stage)?;
    let tree = line_tree(stage)?;
    let ways = [
        ("plain", LFTP_PLAIN),
        ("tls", LFTP_TLS),
        ("list", "set ftp:use-mlsd no"),
        ("active", "set ftp:passive-mode no"),
        ("status", "set ftp:use-mlsd no; set ftp:use-stat-for-list yes"),
    ];
    for (name, settings) in ways {
        let back = stage.path(&format!("back-{name}"));
        let (tree, shown) = (tree.display(), back.display());
        let mirror = format!("mirror -R -P4 {tree} {name}; mirror -P4 {name} {shown}");
        run_lftp(&ftp, settings, &mirror)?;
        same_trees(&stage.path("tree"), &ftp.share.join(name))?;
        same_trees(&stage.path("tree"), &back)?;
        let file = stage.path("tree/sizes/9000000");
        let (pget, half) = (stage.path("pget"), stage.path("half"));
        fs::write(&half, &content(9_000_000)[..3_000_000]).during("half a file")?;
        let of_parts = format!("pget -n4 {name}/sizes/9000000 -o {}", pget.display());
        let resumed = format!("get -c {name}/sizes/9000000 -o {}", half.display());
        run_lftp(&ftp, settings, &format!("{of_parts}; {resumed}"))?;
        same(&file, &pget)?;
        same(&file, &half)?;
        fs::remove_file(&pget).during("pget")?;
    }
    drop(ftp);
    lftp_on_ipv6(stage, &tree)?;
    Ok(Outcome::Passed)
}

fn lftp_on_ipv6(stage: &Stage, tree: &Path) -> Result<(), Failure> {
    let share = stage.folder("share-6")?;
    let ftp = Ftp::open_at(stage, &share, "[::1]:0")?;
    for (name, settings) in [("plain", LFTP_PLAIN), ("tls", LFTP_TLS)] {
        let back = stage.path(&format!("back-6-{name}"));
        let (from, to) = (tree.display(), back.display());
        let mirror = format!("mirror -R -P4 {from} {name}; mirror -P4 {name} {to}");
        run_lftp(&ftp, settings, &mirror)?;
        same_trees(tree, &back)?;
    }
    Ok(())
}

const LFTP_PLAIN: &str = "set ftp:ssl-allow no";
const LFTP_TLS: &str =
    "set ssl:verify-certificate no; set ftp:ssl-force yes; set ftp:ssl-protect-data yes";

fn run_lftp(ftp: &Ftp, settings: &str, commands: &str) -> Result<(), Failure> {
    let url = ftp.url("");
    let script = format!(
        "set cmd:fail-exit yes; set net:max-retries 2; set net:timeout 20; \
         set ssl:verify-certificate no; {settings}; open {url}; {commands}"
    );
    run(Command::new("lftp").args(["--norc", "-c", &script])).map(drop)
}

/// rclone, whose own check reads every byte again. It writes names that are no UTF-8 in its way.
pub(super) fn rclone(stage: &Stage) -> Result<Outcome, Failure> {
    let ftp = Ftp::open(stage)?;
    let tree = line_tree(stage)?;
    let password = run(Command::new("rclone").args(["obscure", "x"]))?;
    let password = String::from_utf8_lossy(&password).trim().to_owned();
    for (name, tls) in [("plain", false), ("tls", true)] {
        let rclone = |verb: &str, arguments: &[&str]| {
            let mut command = Command::new("rclone");
            command.args([
                verb,
                "--config",
                "",
                "--ftp-user",
                "anonymous",
                "--ftp-pass",
                &password,
            ]);
            command.args(["--ftp-host", &ftp.address.ip().to_string()]);
            command.args(["--ftp-port", &ftp.address.port().to_string()]);
            if tls {
                command.args(["--ftp-explicit-tls", "--ftp-no-check-certificate"]);
            }
            run(command.args(arguments)).map(drop)
        };
        let (from, to) = (tree.to_string_lossy(), format!(":ftp:{name}"));
        rclone("copy", &[&from, &to])?;
        rclone("check", &["--download", &from, &to])?;
    }
    Ok(Outcome::Passed)
}

/// ncftpput and ncftpget, which know no TLS in Debian.
pub(super) fn ncftp(stage: &Stage) -> Result<Outcome, Failure> {
    let ftp = Ftp::open(stage)?;
    line_tree(stage)?;
    let (host, port) = (ftp.address.ip().to_string(), ftp.address.port().to_string());
    let back = stage.folder("back")?;
    let sizes = stage.path("tree/sizes");
    let mut put = Command::new("ncftpput");
    run(put.args(["-V", "-m", "-R", "-P", &port, &host, "into"]).arg(&sizes))?;
    same_trees(&sizes, &ftp.share.join("into/sizes"))?;
    let mut get = Command::new("ncftpget");
    run(get.args(["-V", "-R", "-P", &port, &host]).arg(&back).arg("into/sizes"))?;
    same_trees(&sizes, &back.join("sizes"))?;
    Ok(Outcome::Passed)
}

/// Ten thousand files of a few bytes.
pub(super) fn many(stage: &Stage) -> Result<Outcome, Failure> {
    let ftp = Ftp::open(stage)?;
    let tree = stage.folder("many")?;
    write_many(&tree)?;
    for (name, settings) in [("plain", LFTP_PLAIN), ("tls", LFTP_TLS)] {
        let back = stage.path(&format!("back-{name}"));
        let (from, to) = (tree.display(), back.display());
        let mirror = format!("mirror -R -P8 {from} {name}; mirror -P8 {name} {to}");
        run_lftp(&ftp, settings, &mirror)?;
        same_trees(&tree, &ftp.share.join(name))?;
        same_trees(&tree, &back)?;
    }
    Ok(Outcome::Passed)
}

fn write_many(root: &Path) -> Result<(), Failure> {
    for index in 0..10_000 {
        let folder = root.join(format!("folder-{}", index / 500));
        if index % 500 == 0 {
            fs::create_dir(&folder).during(folder.display())?;
        }
        let path = folder.join(format!("file-{index}"));
        fs::write(&path, format!("content of {index}")).during(path.display())?;
    }
    Ok(())
}
