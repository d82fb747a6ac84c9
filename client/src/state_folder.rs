//! Where the client keeps what outlives it: known servers, journals of jobs, the prompt's history.
//!
//! Only the folder's name is decided here; whoever writes into it makes it.

use directories::ProjectDirs;
use std::ffi::OsStr;
use std::path::PathBuf;

/// The client's state folder: `client` below `FERRY_STATE_DIR`, or below the user's own state
/// folder. `None` when the system names no home.
#[must_use]
pub fn client() -> Option<PathBuf> {
    below(std::env::var_os("FERRY_STATE_DIR").as_deref())
}

/// Whether `FERRY_STATE_DIR` moves all state.
#[must_use]
pub fn is_moved() -> bool {
    std::env::var_os("FERRY_STATE_DIR").is_some_and(|folder| !folder.is_empty())
}

fn below(overridden: Option<&OsStr>) -> Option<PathBuf> {
    let state = match overridden {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => {
            let folders = ProjectDirs::from("", "", "ferry")?;
            folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).to_path_buf()
        }
    };
    Some(state.join("client"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_moves_all_state() {
        assert_eq!(below(Some(OsStr::new("/srv/state"))), Some(PathBuf::from("/srv/state/client")));
        let usual = below(None);
        assert_eq!(below(Some(OsStr::new(""))), usual, "empty means unset");
        assert!(usual.is_none_or(|folder| folder.ends_with("client")));
    }
}
