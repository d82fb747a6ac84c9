//! Coverage-guided fuzzing of everything that reads what others wrote: the decoders, the link, the
//! configuration and the journal. Stable Rust and libFuzzer are enough: the packages are built
//! with the marks that it follows, in a target folder of their own.

use crate::failure::{During as _, Failure};
use crate::workspace::{root, target};
use clap::Args;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime};

/// What is fuzzed, and for how long.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Targets; all of them if none is named.
    names: Vec<String>,
    /// Seconds for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Targets that run at the same time.
    #[arg(long, default_value = "2")]
    jobs: NonZeroUsize,
    /// Where the way through the inputs begins; another one each time if it is not named.
    #[arg(long)]
    seed: Option<NonZeroU32>,
}

/// One target, built.
struct Target {
    package: &'static str,
    name: String,
    program: PathBuf,
    corpus: PathBuf,
}

/// How long each target runs, and where it begins.
#[derive(Clone, Copy)]
struct Budget {
    seconds: u32,
    seed: u32,
}

/// Packages with a folder `fuzz`.
const PACKAGES: [&str; 3] = ["protocol", "client", "server"];

/// As the compiler marks edges and comparisons for libFuzzer.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                     -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions \
                     -Ccodegen-units=1 --cfg fuzzing";

/// The triple has to be named, or the flags would reach build scripts too.
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// Runs every target and returns whether none found anything.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    let found = tempfile::tempdir().during("scratch folder")?;
    let started = Instant::now();
    let targets = build_all(options)?;
    let count = targets.len();
    let budget = Budget {
        seconds: options.seconds,
        seed: options.seed.map_or_else(seed_of_now, NonZeroU32::get),
    };
    println!("fuzz: {count} targets built in {} s", started.elapsed().as_secs());
    println!("fuzz: seed {}, {} s each", budget.seed, budget.seconds);
    let failed = fuzz_all(targets, found.path(), options.jobs, budget)?;
    println!("fuzz: {count} targets, {} found something", failed.len());
    if !failed.is_empty() {
        let kept = found.keep();
        println!("fuzz: {} failed; their inputs are in {}", failed.join(", "), kept.display());
    }
    Ok(failed.is_empty() && count > 0)
}

/// Never 0, by which libFuzzer means a seed of its own that it does not tell.
fn seed_of_now() -> u32 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.subsec_nanos() | 1
}

fn build_all(options: &Options) -> Result<Vec<Target>, Failure> {
    let mut targets = Vec::new();
    for package in PACKAGES {
        let folder = root().join(package).join("fuzz");
        let names = names_in(&folder)?;
        let is_wanted = |name: &String| options.names.is_empty() || options.names.contains(name);
        let wanted: Vec<String> = names.into_iter().filter(is_wanted).collect();
        if wanted.is_empty() {
            continue;
        }
        let built = build(&folder, &wanted)?;
        targets.extend(wanted.into_iter().map(|name| {
            let (program, corpus) = (built.join(&name), folder.join("corpus").join(&name));
            Target { package, name, program, corpus }
        }));
    }
    Ok(targets)
}

fn names_in(folder: &Path) -> Result<Vec<String>, Failure> {
    let files = std::fs::read_dir(folder.join("fuzz_targets")).during(folder.display())?;
    let mut names = Vec::new();
    for file in files {
        let path = file.during(folder.display())?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// Builds the targets and returns the folder that they are in.
fn build(folder: &Path, names: &[String]) -> Result<PathBuf, Failure> {
    // The versions that everything else is built with.
    let lock = folder.join("Cargo.lock");
    std::fs::copy(root().join("Cargo.lock"), &lock).during(lock.display())?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = target().join("fuzz");
    let mut command = Command::new(cargo);
    command.current_dir(folder).args(["build", "--release", "--quiet", "--target", TRIPLE]);
    command.env("CARGO_TARGET_DIR", &target).env("RUSTFLAGS", FLAGS);
    // Fat link-time optimisation would take minutes and finds nothing more.
    command.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    for name in names {
        command.args(["--bin", name]);
    }
    let status = command.status().during("could not run cargo build")?;
    if !status.success() {
        return Err(Failure::new(format!("{} does not build: see above", folder.display())));
    }
    Ok(target.join(TRIPLE).join("release"))
}

/// Runs all targets, some at a time, and returns the names of those that found something. Each
/// takes the same time, so that the threads can share them out beforehand.
fn fuzz_all(
    targets: Vec<Target>,
    found: &Path,
    jobs: NonZeroUsize,
    budget: Budget,
) -> Result<Vec<String>, Failure> {
    let jobs = jobs.get();
    let mut shares: Vec<Vec<Target>> = (0..jobs).map(|_| Vec::new()).collect();
    for (index, target) in targets.into_iter().enumerate() {
        if let Some(share) = shares.get_mut(index % jobs) {
            share.push(target);
        }
    }
    std::thread::scope(|scope| {
        let work = |share| move || fuzz_share(share, found, budget);
        let threads: Vec<_> = shares.into_iter().map(|share| scope.spawn(work(share))).collect();
        let mut failed = Vec::new();
        for thread in threads {
            let panicked = |_panic| Failure::new("a thread of the fuzzer panicked");
            failed.extend(thread.join().map_err(panicked)??);
        }
        Ok(failed)
    })
}

fn fuzz_share(share: Vec<Target>, found: &Path, budget: Budget) -> Result<Vec<String>, Failure> {
    let mut failed = Vec::new();
    for target in share {
        if !target.fuzz(&found.join(&target.name), budget)? {
            failed.push(target.name);
        }
    }
    Ok(failed)
}

impl Target {
    /// Runs it from its corpus; what it learns is not kept, what it finds is.
    fn fuzz(&self, room: &Path, budget: Budget) -> Result<bool, Failure> {
        let Self { package, name, program, corpus } = self;
        let learnt = room.join("learnt");
        std::fs::create_dir_all(&learnt).during(room.display())?;
        let log = room.join("log");
        let output = std::fs::File::create(&log).during(log.display())?;
        let status = Command::new(program)
            .arg(format!("-max_total_time={}", budget.seconds))
            .arg(format!("-seed={}", budget.seed))
            .args(["-timeout=10", "-rss_limit_mb=1024", "-malloc_limit_mb=256", "-verbosity=0"])
            .arg("-print_final_stats=1")
            .arg(format!("-artifact_prefix={}/", room.display()))
            .arg(learnt)
            .arg(corpus)
            .stdin(Stdio::null())
            .stderr(output)
            .env("TMPDIR", room)
            .status()
            .during(program.display())?;
        let told = std::fs::read(&log).during(log.display())?;
        let told = String::from_utf8_lossy(&told);
        let lines =
            told.lines().filter(|line| !status.success() || line.contains("executed_units"));
        let lines: Vec<&str> = lines.collect();
        println!("fuzz: {package} {name}\n  {}", lines.join("\n  "));
        Ok(status.success())
    }
}
