//! `ferry-gui`: everything it does lives in [`ferry_gui::start`].

use std::process::ExitCode;

fn main() -> ExitCode {
    ferry_gui::start::run(std::env::args_os())
}
