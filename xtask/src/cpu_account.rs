//! Processor time of a program and of all that it starts, sessions that have ended included.
//! `/proc` counts in hundredths of a second, which is too coarse for a server whose sessions are
//! processes of a few milliseconds; a control group counts nanoseconds.

use crate::failure::{During as _, Failure};
use crate::process::cpu_of_tree;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The times of a running program.
#[derive(Debug)]
pub(crate) struct CpuAccount {
    pid: u32,
    /// `None` where this system lets us make none.
    group: Option<Group>,
}

impl CpuAccount {
    /// Opens the account of a program that has just been started. What it used before is not in it.
    pub(crate) fn of(pid: u32) -> Self {
        let group = Group::of(pid);
        if group.is_none() {
            println!("no control group to be had: processor times in hundredths of a second");
        }
        Self { pid, group }
    }

    /// User and system time so far.
    pub(crate) fn used(&self) -> Result<Duration, Failure> {
        match &self.group {
            Some(group) => group.used(),
            None => cpu_of_tree(self.pid).during("processor time"),
        }
    }

    /// The least difference that is told from none.
    pub(crate) fn resolution(&self) -> Duration {
        match self.group {
            Some(_) => Duration::from_micros(1),
            // Four counters are cut to hundredths.
            None => Duration::from_millis(40),
        }
    }
}

/// A control group of version 2, removed when dropped.
#[derive(Debug)]
struct Group(PathBuf);

impl Group {
    fn of(pid: u32) -> Option<Self> {
        let group = Self(own_group()?.join(format!("ferry-bench-{pid}")));
        fs::create_dir(&group.0).ok()?;
        fs::write(group.0.join("cgroup.procs"), pid.to_string()).ok()?;
        group.used().is_ok().then_some(group)
    }

    fn used(&self) -> Result<Duration, Failure> {
        let path = self.0.join("cpu.stat");
        let stat = fs::read_to_string(&path).during(path.display())?;
        let micros = stat.lines().find_map(|line| line.strip_prefix("usage_usec "));
        let micros = micros.and_then(|count| count.parse().ok()).during("usage_usec")?;
        Ok(Duration::from_micros(micros))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Sessions that outlive their server would keep it; nothing else is lost with it.
        fs::write(self.0.join("cgroup.kill"), "1").ok();
        for _ in 0..100 {
            match fs::remove_dir(&self.0) {
                Err(err) if err.kind() == std::io::ErrorKind::ResourceBusy => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                _ => break,
            }
        }
    }
}

/// The group that this process is in, as a folder.
fn own_group() -> Option<PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mounted = mounts.lines().find_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (place, kind) = (words.next()?, words.next()?);
        (kind == "cgroup2").then(|| Path::new(place).to_owned())
    })?;
    Some(mounted.join(own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Background;
    use std::process::{Command, Stdio};

    #[test]
    fn what_ended_children_used_is_in_the_account() {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "read go; sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done'; read end",
        ]);
        let mut shell = Background::start(command.stdin(Stdio::piped())).unwrap();
        let account = CpuAccount::of(shell.pid());
        let before = account.used().unwrap();
        let mut input = shell.child().stdin.take().unwrap();
        std::io::Write::write_all(&mut input, b"\n").unwrap();
        while account.used().unwrap() < before + Duration::from_millis(20) {
            std::thread::yield_now();
        }
        drop(shell);
    }
}
