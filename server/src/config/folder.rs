//! The folder to share: there, a folder, readable, and not around the state folder.

use super::Mistake;
use std::io;
use std::path::{Path, PathBuf};

/// The share with its links resolved, if it may be shared.
pub(crate) fn check(share: &Path, state_dir: &Path) -> Result<PathBuf, Mistake> {
    let resolved = share.canonicalize().map_err(|err| unusable(share, &err))?;
    if !resolved.is_dir() {
        return Err(Mistake::general(
            format!("{} is not a folder", share.display()),
            "name the folder that holds it",
        ));
    }
    // Reading needs both: the list of names, and passing through to what they name.
    std::fs::read_dir(&resolved)
        .and_then(|_| resolved.join(".").metadata())
        .map_err(|err| unusable(share, &err))?;
    if holds_state(share, &resolved, state_dir) {
        return Err(Mistake::general(
            format!(
                "the state folder {} lies inside the shared folder {}, so that clients could \
                 reach keys and passwords",
                state_dir.display(),
                share.display()
            ),
            "put it elsewhere with --state-dir DIR",
        ));
    }
    Ok(resolved)
}

/// Whether the state folder lies inside a folder that is to be shared.
pub(crate) fn is_around(share: &Path, state_dir: &Path) -> bool {
    share.canonicalize().is_ok_and(|resolved| holds_state(share, &resolved, state_dir))
}

fn unusable(share: &Path, err: &io::Error) -> Mistake {
    let remedy = match err.kind() {
        io::ErrorKind::NotFound => "make it first, or mend its name",
        io::ErrorKind::PermissionDenied => {
            "let this user read it and the folders above it, or run as its owner"
        }
        io::ErrorKind::NotADirectory => "name a folder",
        _ => "name a folder that can be read",
    };
    Mistake::general(format!("cannot share {}: {err}", share.display()), remedy)
}

/// Looks both at the names and at what they lead to: neither a link out of the share nor one
/// into it hides the state folder.
fn holds_state(share: &Path, resolved_share: &Path, state_dir: &Path) -> bool {
    let named_share = std::path::absolute(share).unwrap_or_else(|_| share.to_owned());
    let named_state = std::path::absolute(state_dir).unwrap_or_else(|_| state_dir.to_owned());
    named_state.starts_with(&named_share)
        || named_state.starts_with(resolved_share)
        || resolve_existing(&named_state).starts_with(resolved_share)
}

/// Resolves the part of a path that is there; what is not yet there has no links.
fn resolve_existing(path: &Path) -> PathBuf {
    for ancestor in path.ancestors() {
        if let Ok(resolved) = ancestor.canonicalize() {
            let missing = path.strip_prefix(ancestor).unwrap_or_else(|_| Path::new(""));
            return resolved.join(missing);
        }
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn refusal(share: &Path, state: &Path) -> String {
        check(share, state).unwrap_err().to_string()
    }

    #[test]
    fn a_folder_beside_the_state_folder_is_shared() {
        let base = tempfile::tempdir().unwrap();
        let share = base.path().join("share");
        fs::create_dir(&share).unwrap();
        let resolved = check(&share, &base.path().join("state")).unwrap();
        assert_eq!(resolved, share.canonicalize().unwrap());
        // A neighbour whose name begins alike is no child.
        check(&share, &base.path().join("share-state")).unwrap();
    }

    #[test]
    fn what_is_missing_or_no_folder_is_refused_with_a_remedy() {
        let base = tempfile::tempdir().unwrap();
        let state = base.path().join("state");
        let missing = refusal(&base.path().join("no"), &state);
        assert!(missing.contains("make it first"), "{missing}");
        fs::write(base.path().join("file"), "").unwrap();
        let file = refusal(&base.path().join("file"), &state);
        assert!(file.contains("not a folder"), "{file}");
    }

    #[test]
    fn a_state_folder_inside_the_share_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let share = base.path().join("share");
        fs::create_dir(&share).unwrap();
        for state in [share.clone(), share.join("not/yet/there")] {
            assert!(refusal(&share, &state).contains("--state-dir"));
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_hide_no_state_folder() {
        use std::os::unix::fs::symlink;
        let base = tempfile::tempdir().unwrap();
        let (share, outside) = (base.path().join("share"), base.path().join("outside"));
        fs::create_dir_all(share.join("inner")).unwrap();
        fs::create_dir(&outside).unwrap();
        symlink(share.join("inner"), base.path().join("into")).unwrap();
        symlink(&outside, share.join("out")).unwrap();
        symlink(&share, base.path().join("alias")).unwrap();

        let state = base.path().join("into/state");
        assert!(refusal(&share, &state).contains("inside"), "a link that leads into the share");
        let state = share.join("out/state");
        assert!(refusal(&share, &state).contains("inside"), "a link that leads out of the share");
        let state = share.join("state");
        assert!(refusal(&base.path().join("alias"), &state).contains("inside"), "a linked share");
    }
}
