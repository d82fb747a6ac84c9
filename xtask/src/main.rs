//! `cargo xtask`: the checks, benchmarks and end-to-end runs of this workspace. Nothing here is
//! part of a program that users get.

mod bench;
mod cpu_account;
mod end_to_end;
mod failure;
mod faults;
mod ferry;
mod fuzz;
mod hostile;
mod install;
mod load;
mod mount;
mod power_cuts;
mod process;
mod random;
mod screenshots;
mod sys;
mod tidy;
mod tls;
mod tree;
mod window;
mod workspace;

use clap::{Parser, Subcommand};
use failure::Failure;
use std::process::ExitCode;

/// Checks, benchmarks and end-to-end runs of the Ferry workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Reads the tree: imports, sizes, words, links, pictures, commands in the README.
    Tidy,
    /// Measures Ferry beside its peers and judges the goals.
    Bench(bench::Options),
    /// Puts Ferry into the user's own folders, or takes it away.
    Install(install::Options),
    /// Makes the pictures in screenshots/ anew.
    Screenshots(screenshots::Options),
    /// Runs the real programs on real folders.
    EndToEnd(end_to_end::Options),
    /// Silent, slow and guessing peers against the real server, in numbers.
    Hostile(hostile::Options),
    /// Fuzzes the decoders, the link, the configuration and the journal.
    Fuzz(fuzz::Options),
    /// Runs the real programs while links, processes, disks and system calls fail.
    Faults(faults::Options),
    /// Cuts the power of a recorded disk and looks at what is left.
    PowerCuts(power_cuts::Options),
    /// The plain loop that transfers are compared with.
    #[command(hide = true)]
    PlainLoop(bench::plain_loop::Options),
    /// Load on a running server.
    #[command(hide = true)]
    Load(load::Options),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Tidy => tidy::run(),
        Task::Bench(options) => bench::run(&options),
        Task::Install(options) => install::run(&options),
        Task::Screenshots(options) => screenshots::run(&options),
        Task::EndToEnd(options) => end_to_end::run(&options),
        Task::Hostile(options) => hostile::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Faults(options) => faults::run(&options),
        Task::PowerCuts(options) => power_cuts::run(&options),
        Task::PlainLoop(options) => bench::plain_loop::run(&options).map(|()| true),
        Task::Load(options) => load::run(&options).map(|()| true),
    };
    exit_code(outcome)
}

fn exit_code(outcome: Result<bool, Failure>) -> ExitCode {
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(err) => {
            eprintln!("cargo xtask: {err}");
            ExitCode::FAILURE
        }
    }
}
