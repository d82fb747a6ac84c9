//! `ferry-server`: everything it does lives in [`ferry_server::daemon`].

use std::process::ExitCode;

fn main() -> ExitCode {
    ferry_server::daemon::run(std::env::args_os())
}
