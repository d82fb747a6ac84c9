//! The start of the program: as a server, as a second start that hands over, with a window, or in
//! the terminal where no window can open.

mod arguments;
mod display;
mod terminal;

use crate::desktop::{self, single};
use crate::share::{self, EmbeddedServer};
use crate::{Options, app};
use arguments::Arguments;
use clap::Parser as _;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Exit code for a command line that makes no sense.
const WRONG_USE: u8 = 64;

/// Runs the program with its arguments, its own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(code) = share::serve_if_asked(&arguments) {
        return code;
    }
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => open(&arguments),
        Err(err) => {
            // Where nobody reads the help there is nobody to miss it.
            err.print().ok();
            ExitCode::from(if err.use_stderr() { WRONG_USE } else { 0 })
        }
    }
}

fn open(arguments: &Arguments) -> ExitCode {
    if let Err(obstacle) = display::check() {
        return go_on_in_terminal(&obstacle, arguments);
    }
    let state_folder = share::state_folder();
    let wish = arguments.handed_over();
    let Some(instance) = single::first_or_hand_over(&wish, state_folder.as_deref()) else {
        return ExitCode::SUCCESS;
    };
    let options = Options {
        address: arguments.url.clone(),
        share: arguments.share.as_deref().map(rooted),
        sharing: Box::new(EmbeddedServer::default()),
        desktop: desktop::of_this_system(instance),
        ..Options::default()
    };
    match app::run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => go_on_in_terminal(&display::told(&err.to_string()), arguments),
    }
}

/// The same folder wherever the process is.
fn rooted(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}

fn go_on_in_terminal(obstacle: &str, arguments: &Arguments) -> ExitCode {
    eprintln!("ferry-gui: {obstacle}");
    terminal::run(arguments)
}
