//! Pictures for the README: the real programs run on folders made for it. Nothing in a picture is
//! written by hand.

mod terminal;
mod window;

use crate::failure::{During as _, Failure};
use crate::workspace::{self, Programs};
use clap::Args;

/// Which pictures are made.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Only those whose name contains one of these.
    names: Vec<String>,
}

/// Makes pictures anew.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    let programs = Programs::build_with_gui()?;
    let folder = workspace::root().join("screenshots");
    std::fs::create_dir_all(&folder).during(folder.display())?;
    let is_wanted = |name: &str| {
        options.names.is_empty() || options.names.iter().any(|wanted| name.contains(wanted))
    };
    if is_wanted("terminal") {
        terminal::run(&programs, &folder)?;
    }
    for (name, scene) in window::SCENES {
        if is_wanted(name) {
            window::run(&programs, &folder, (name, *scene))?;
        }
    }
    Ok(true)
}
