//! `ferry`, the terminal client. All of it is the module `ferry_client::terminal`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ferry_client::terminal::run(std::env::args_os()).into()
}
