//! One large file, down and up: processor seconds against the plain loop, time against nginx.

use super::Bench;
use super::figures::{Goal, Report, Series};
use super::peers::nginx::Nginx;
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::process;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Measures and judges.
pub(super) fn run(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let stage = Stage::set(bench)?;
    let mut wall = Series::default();
    let mut cpu = Series::default();
    for round in 0..=bench.rounds {
        for way in [Way::Down, Way::Up] {
            for name in PEERS {
                let cost = stage.measure(name, way)?;
                // The first round fills caches and is not counted.
                if round > 0 {
                    wall.push_time(format!("{} {name}", way.name()), cost.wall);
                    cpu.push_time(format!("{} {name}", way.name()), cost.cpu);
                }
            }
        }
    }
    wall.print("s wall");
    cpu.print("s CPU ");
    for way in [Way::Down, Way::Up].map(Way::name) {
        let [ferry, plain, nginx] =
            ["ferry", "plain loop", "nginx"].map(|peer| format!("{way} {peer}"));
        let cpus = (cpu.median(&ferry), cpu.median(&plain));
        report.add_ratio(
            &format!("1 GiB {way}: CPU of both ends over the plain loop"),
            cpus,
            Goal::AtMost(1.6),
        );
        let walls = (wall.median(&ferry), wall.median(&nginx));
        report.add_ratio(
            &format!("1 GiB {way}: time over nginx https and curl"),
            walls,
            Goal::AtMost(1.0),
        );
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Down,
    Up,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Up => "up",
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Cost {
    wall: Duration,
    /// Of both ends together.
    cpu: Duration,
}

const PEERS: [&str; 3] = ["ferry", "nginx", "plain loop"];

/// The servers, the file, and the folder that both serve.
struct Stage<'a> {
    bench: &'a Bench,
    share: PathBuf,
    file: PathBuf,
    ferry: Server,
    nginx: Nginx,
}

impl<'a> Stage<'a> {
    fn set(bench: &'a Bench) -> Result<Self, Failure> {
        let share = bench.folder("transfer/share")?;
        let file = share.join("large");
        write_large(&file, bench.size(1024, 64))?;
        Ok(Self {
            ferry: Server::serve(&bench.programs, &share, &bench.folder("transfer/ferry")?)?,
            nginx: Nginx::start(&share, &bench.folder("transfer/nginx")?)?,
            bench,
            share,
            file,
        })
    }

    fn measure(&self, peer: &str, way: Way) -> Result<Cost, Failure> {
        match peer {
            "ferry" => self.ferry(way),
            "nginx" => self.nginx(way),
            _ => self.plain(),
        }
    }

    fn ferry(&self, way: Way) -> Result<Cost, Failure> {
        let [from, to] = match way {
            Way::Down => [self.ferry.url("large").into(), self.local("ferry").into_os_string()],
            Way::Up => [self.file.clone().into_os_string(), self.ferry.url("up-ferry").into()],
        };
        let verb = if way == Way::Up { "put" } else { "get" };
        let before = self.ferry.cpu()?;
        let mut command = self.ferry.client(verb);
        let client = process::run(command.args([from, to]), DEADLINE)?.succeeded("ferry")?;
        let cpu = client.cpu + self.ferry.cpu()?.saturating_sub(before);
        self.check_and_clear(way, "ferry")?;
        Ok(Cost { wall: client.wall, cpu })
    }

    fn nginx(&self, way: Way) -> Result<Cost, Failure> {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--fail", "--insecure"]);
        match way {
            Way::Down => {
                command.arg("--output").arg(self.local("nginx")).arg(self.nginx.url("large"))
            }
            Way::Up => command.arg("--upload-file").arg(&self.file).arg(self.nginx.url("up-nginx")),
        };
        let before = self.nginx.cpu()?;
        let client = process::run(&mut command, DEADLINE)?.succeeded("curl")?;
        let cpu = client.cpu + self.nginx.cpu()?.saturating_sub(before);
        self.check_and_clear(way, "nginx")?;
        Ok(Cost { wall: client.wall, cpu })
    }

    /// Both ends are one process here, and neither way differs from the other.
    fn plain(&self) -> Result<Cost, Failure> {
        let mut command = Command::new(&self.bench.own_program);
        command.arg("plain-loop").arg(&self.file).arg(self.local("plain"));
        let both = process::run(&mut command, DEADLINE)?.succeeded("the plain loop")?;
        self.check_and_clear(Way::Down, "plain")?;
        Ok(Cost { wall: both.wall, cpu: both.cpu })
    }

    fn local(&self, peer: &str) -> PathBuf {
        self.bench.path().join(format!("down-{peer}"))
    }

    /// What arrived must be whole, and makes room for the next.
    fn check_and_clear(&self, way: Way, peer: &str) -> Result<(), Failure> {
        let arrived = match way {
            Way::Down => self.local(peer),
            Way::Up => self.share.join(format!("up-{peer}")),
        };
        let len =
            |path: &Path| fs::metadata(path).map(|metadata| metadata.len()).during(path.display());
        if len(&arrived)? != len(&self.file)? {
            return Err(Failure::new(format!("{} arrived incomplete", arrived.display())));
        }
        fs::remove_file(&arrived).during(arrived.display())
    }
}

/// Content that does not compress and repeats nowhere.
pub(super) fn write_large(path: &Path, mebibytes: u32) -> Result<(), Failure> {
    let mut file = File::create(path).during(path.display())?;
    let mut content = vec![0; 1024 * 1024];
    for block in 0..mebibytes {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&block.to_le_bytes());
        hasher.finalize_xof().fill(&mut content);
        file.write_all(&content).during(path.display())?;
    }
    Ok(())
}

const DEADLINE: Duration = Duration::from_mins(2);
