//! What can be typed after `ferry-gui`.

use crate::desktop::HandedOver;
use clap::Parser;
use std::path::PathBuf;

/// Sends and fetches files by dragging and dropping them
#[derive(Clone, Debug, Default, Parser)]
#[command(name = "ferry-gui", version, about, max_term_width = 100)]
pub(super) struct Arguments {
    /// Server to connect to: a link, or `ferry://[user@]host[:port]/path`
    #[arg(value_name = "URL", conflicts_with = "share")]
    pub(super) url: Option<String>,
    /// Share this folder, and open it
    #[arg(long, value_name = "DIR")]
    pub(super) share: Option<PathBuf>,
}

impl Arguments {
    /// What a window that is open already is asked to do instead.
    pub(super) fn handed_over(&self) -> HandedOver {
        match (&self.url, &self.share) {
            (Some(url), _) => HandedOver::Open(url.clone()),
            (None, Some(folder)) => {
                // The other process has another current folder.
                HandedOver::Share(super::rooted(folder))
            }
            (None, None) => HandedOver::Raise,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_server_or_a_folder_but_not_both() {
        let parse = |words: &[&str]| Arguments::try_parse_from(words);
        assert_eq!(parse(&["x"]).unwrap().handed_over(), HandedOver::Raise);
        let url = parse(&["x", "ferry://nas/"]).unwrap().handed_over();
        assert_eq!(url, HandedOver::Open("ferry://nas/".to_owned()));
        let share = parse(&["x", "--share", "docs"]).unwrap().handed_over();
        assert!(matches!(share, HandedOver::Share(path) if path.is_absolute()));
        assert!(parse(&["x", "ferry://nas/", "--share", "."]).is_err());
    }
}
