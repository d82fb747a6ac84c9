//! Where the workspace lies and how its programs are built.

use crate::failure::{During as _, Failure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder that holds the root `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    own.parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// The built programs.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    /// The terminal client.
    pub(crate) ferry: PathBuf,
    /// The server.
    pub(crate) server: PathBuf,
    /// The desktop app.
    pub(crate) gui: PathBuf,
}

impl Programs {
    /// Names of all of them.
    pub(crate) const NAMES: [&str; 3] = ["ferry", "ferry-server", "ferry-gui"];

    /// Builds server and terminal client in release mode and says where all programs are.
    ///
    /// `FERRY_PROGRAMS` names a folder of programs that are taken as they are.
    pub(crate) fn build() -> Result<Self, Failure> {
        Self::build_packages(&["ferry-server", "ferry-client"])
    }

    /// The same with the desktop app, which takes far longer to build.
    pub(crate) fn build_with_gui() -> Result<Self, Failure> {
        Self::build_packages(&["ferry-server", "ferry-client", "ferry-gui"])
    }

    fn build_packages(packages: &[&str]) -> Result<Self, Failure> {
        if let Some(folder) = std::env::var_os("FERRY_PROGRAMS") {
            return Ok(Self::in_folder(Path::new(&folder)));
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .current_dir(root())
            .args(["build", "--release", "--quiet", "--bins"])
            .args(packages.iter().flat_map(|package| ["--package", package]))
            .status()
            .during("could not run cargo build")?;
        if !status.success() {
            return Err(Failure::new("the programs do not build: see above"));
        }
        Ok(Self::in_folder(&target().join("release")))
    }

    fn in_folder(folder: &Path) -> Self {
        let [ferry, server, gui] = Self::NAMES.map(|name| folder.join(name));
        Self { ferry, server, gui }
    }

    /// All of them.
    pub(crate) fn all(&self) -> [&Path; 3] {
        [&self.ferry, &self.server, &self.gui]
    }
}

/// Where things are built.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
