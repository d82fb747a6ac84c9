//! `ferry-gui`: the desktop app's start.

use ferry_gui::Options;
use std::process::ExitCode;

fn main() -> ExitCode {
    let address = std::env::args().nth(1);
    match ferry_gui::run(Options { address, ..Options::default() }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("ferry-gui: cannot open a window: {err}");
            ExitCode::FAILURE
        }
    }
}
