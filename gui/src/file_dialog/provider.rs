//! Whether anything on this desktop shows native dialogs. Where nothing does, the answer of a dialog
//! is the same as that of a user who cancels; so whoever gets it looks here.

use crate::sys;
use std::env;
use std::ffi::OsStr;
use std::time::Duration;
use zbus::Proxy;
use zbus::connection::Builder;

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const OBJECT: &str = "/org/freedesktop/portal/desktop";
/// A portal has this interface only if some program draws its dialogs.
const CHOOSER: &str = "org.freedesktop.portal.FileChooser";
/// A portal that is there has shown a dialog just now, and need not be started.
const PATIENCE: Duration = Duration::from_secs(5);

/// The portal is reached through this library.
const LIBRARIES: [&str; 2] = ["libdbus-1.so.3", "libdbus-1.so"];
/// The program that serves where there is no portal.
const PROGRAM: &str = "zenity";

/// Waits for the portal; not for the thread of the window.
pub(super) fn is_there() -> bool {
    is_program(PROGRAM, &env::var_os("PATH").unwrap_or_default())
        || LIBRARIES.iter().any(|name| sys::has_library(name))
            && pollster::block_on(portal_has_dialogs()).is_ok()
}

async fn portal_has_dialogs() -> zbus::Result<u32> {
    let session = Builder::session()?.method_timeout(PATIENCE).build().await?;
    Proxy::new(&session, PORTAL, OBJECT, CHOOSER).await?.get_property("version").await
}

fn is_program(name: &str, path: &OsStr) -> bool {
    env::split_paths(path).any(|folder| folder.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_looked_for_in_every_folder_of_the_path() {
        let (empty, full) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(full.path().join(PROGRAM), "").unwrap();
        let path = |folders: &[&tempfile::TempDir]| {
            env::join_paths(folders.iter().map(|folder| folder.path())).unwrap()
        };
        assert!(is_program(PROGRAM, &path(&[&empty, &full])));
        assert!(!is_program(PROGRAM, &path(&[&empty])));
        assert!(!is_program(PROGRAM, OsStr::new("")));
    }
}
