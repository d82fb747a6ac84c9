//! The user's own folders, as the XDG base directory specification names them.

use crate::failure::{During as _, Failure};
use std::path::PathBuf;

/// Where everything goes.
#[derive(Debug)]
pub(super) struct Places {
    /// Programs.
    pub(super) programs: PathBuf,
    data: PathBuf,
    config: PathBuf,
}

impl Places {
    /// Those of the user who runs this.
    pub(super) fn of_user() -> Result<Self, Failure> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let home = variable("HOME").map(PathBuf::from);
        let home = home.during("there is no home folder: HOME is not set")?;
        let below = |name: &str, usual: &str| {
            // A relative path there counts as none.
            let named = variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
            named.unwrap_or_else(|| home.join(usual))
        };
        Ok(Self {
            programs: home.join(".local/bin"),
            data: below("XDG_DATA_HOME", ".local/share"),
            config: below("XDG_CONFIG_HOME", ".config"),
        })
    }

    pub(super) fn applications(&self) -> PathBuf {
        self.data.join("applications")
    }

    pub(super) fn desktop_file(&self) -> PathBuf {
        self.applications().join("ferry-gui.desktop")
    }

    /// Which program opens what.
    pub(super) fn default_apps(&self) -> PathBuf {
        self.config.join("mimeapps.list")
    }

    /// Each picture in the tree, and where it goes.
    pub(super) fn icons(&self) -> Vec<(&'static str, PathBuf)> {
        let icons = self.data.join("icons/hicolor");
        [
            ("ferry.svg", "scalable/apps/ferry-gui.svg"),
            ("ferry-128.png", "128x128/apps/ferry-gui.png"),
            ("ferry-256.png", "256x256/apps/ferry-gui.png"),
        ]
        .map(|(name, target)| (name, icons.join(target)))
        .into()
    }
}
