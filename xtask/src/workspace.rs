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
}

impl Programs {
    /// Builds the programs in release mode and says where they are.
    ///
    /// `FERRY_PROGRAMS` names a folder of programs that are taken as they are.
    pub(crate) fn build() -> Result<Self, Failure> {
        if let Some(folder) = std::env::var_os("FERRY_PROGRAMS") {
            return Ok(Self::in_folder(Path::new(&folder)));
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .current_dir(root())
            .args(["build", "--release", "--quiet", "--bins"])
            .args(["--package", "ferry-server", "--package", "ferry-client"])
            .status()
            .during("could not run cargo build")?;
        if !status.success() {
            return Err(Failure::new("the programs do not build: see above"));
        }
        Ok(Self::in_folder(&target().join("release")))
    }

    fn in_folder(folder: &Path) -> Self {
        Self { ferry: folder.join("ferry"), server: folder.join("ferry-server") }
    }
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
