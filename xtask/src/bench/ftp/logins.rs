//! Logins that stay until the last has come: of the anonymous at each server, and with a password,
//! which here costs what Argon2id costs on purpose, and at the others what `crypt` does.

use super::{Figures, Stage};
use crate::bench::Bench;
use crate::bench::peers::ftp::FtpServer;
use crate::failure::Failure;
use std::process::Command;

/// Every server has its turn in every round.
pub(super) fn run(bench: &Bench, stage: &Stage, figures: &mut Figures) -> Result<(), Failure> {
    let count = bench.size(300, 20);
    for _ in 0..bench.rounds {
        for server in &stage.servers {
            figures.measure(server, "logins", &mut client(server, server.login, count))?;
            if let Some(login) = server.with_password {
                figures.measure(server, "logins by password", &mut client(server, login, count))?;
            }
        }
    }
    Ok(())
}

fn client(server: &FtpServer, (user, password): (&str, &str), count: usize) -> Command {
    let mut python = Command::new("python3");
    python.arg("-c").arg(LOGINS).arg(server.address().port().to_string());
    python.args([user, password, &count.to_string()]);
    python
}

const LOGINS: &str = "\
import ftplib, sys
port, user, password, count = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
held = []
for _ in range(count):
    ftp = ftplib.FTP()
    ftp.connect('127.0.0.1', port, timeout=60)
    ftp.login(user, password)
    held.append(ftp)
";
