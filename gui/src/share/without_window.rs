//! A folder that is shared without a window.

use super::lodging::{Lodging, owner_login, shares};
use super::steward::is_ours_alone;
use crate::state::sharing::OwnerLogin;
use crate::text::sharing as text;
use ferry_server::daemon::sharing::{Hold, SharedFolder, SharingError};
use std::path::Path;

/// Shares a folder for as long as what is returned lives, without a window.
///
/// # Errors
/// A folder that cannot be shared, or another one that is shared already; the text says what to do.
pub fn share_here(folder: &Path) -> Result<SharedHere, String> {
    let told = |err: SharingError| err.to_string();
    let lodging = Lodging::of_user().map_err(told)?;
    let found = match lodging.find().map_err(told)? {
        Some(found) if shares(&found, folder).map_err(told)? => found,
        Some(other) => {
            let sharing = other.sharing().map_err(told)?;
            let state = lodging.state_dir.display();
            let folder = text::already_shared(&sharing.folder);
            return Err(format!("{folder}; `ferry-server stop --state-dir {state}` does so"));
        }
        None => lodging.start(folder).map_err(told)?,
    };
    let login = owner_login(&found).map_err(told)?;
    let hold = found.hold().map_err(told)?;
    Ok(SharedHere { folder: found, login, _hold: hold })
}

/// A folder that is shared without a window.
#[derive(Debug)]
pub struct SharedHere {
    folder: SharedFolder,
    /// What its owner logs in with.
    pub login: OwnerLogin,
    _hold: Hold,
}

impl Drop for SharedHere {
    fn drop(&mut self) {
        if self.folder.sharing().is_ok_and(|sharing| is_ours_alone(&sharing))
            && let Err(err) = self.folder.stop()
        {
            eprintln!("ferry-gui: {err}");
        }
    }
}
