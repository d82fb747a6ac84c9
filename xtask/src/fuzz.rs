//! Coverage-guided fuzzing of everything that reads what others wrote: the decoders, the link, the
//! configuration and the journal. Stable Rust and libFuzzer are enough: the packages are built
//! with the marks that it follows, in a target folder of their own.

use crate::failure::{During as _, Failure};
use crate::workspace::{root, target};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is fuzzed, and for how long.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Targets; all of them if none is named.
    names: Vec<String>,
    /// Seconds for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
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
    let mut failed = Vec::new();
    let mut count = 0;
    for package in PACKAGES {
        let folder = root().join(package).join("fuzz");
        let names = targets(&folder)?;
        let is_wanted = |name: &String| options.names.is_empty() || options.names.contains(name);
        let wanted: Vec<String> = names.into_iter().filter(is_wanted).collect();
        if wanted.is_empty() {
            continue;
        }
        let built = build(&folder, &wanted)?;
        for name in wanted {
            count += 1;
            println!("fuzz: {package} {name}, {} s", options.seconds);
            let (program, corpus) = (built.join(&name), folder.join("corpus").join(&name));
            if !fuzz(&program, &corpus, &found.path().join(&name), options.seconds)? {
                failed.push(name);
            }
        }
    }
    println!("fuzz: {count} targets, {} found something", failed.len());
    if !failed.is_empty() {
        let kept = found.keep();
        println!("fuzz: {} failed; their inputs are in {}", failed.join(", "), kept.display());
    }
    Ok(failed.is_empty() && count > 0)
}

fn targets(folder: &Path) -> Result<Vec<String>, Failure> {
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

/// Runs one target from its corpus; what it learns is not kept, what it finds is.
fn fuzz(program: &Path, corpus: &Path, room: &Path, seconds: u32) -> Result<bool, Failure> {
    let learnt = room.join("learnt");
    std::fs::create_dir_all(&learnt).during(room.display())?;
    let log = room.join("log");
    let output = std::fs::File::create(&log).during(log.display())?;
    let status = Command::new(program)
        .arg(format!("-max_total_time={seconds}"))
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
    let lines = told.lines().filter(|line| !status.success() || line.contains("executed_units"));
    lines.for_each(|line| println!("  {line}"));
    Ok(status.success())
}
