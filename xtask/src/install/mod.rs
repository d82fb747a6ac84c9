//! Puts Ferry into the user's own folders, so that it starts from the desktop and its links open
//! it, and takes it away again. Nothing outside the user's folders is touched.

mod default_apps;
mod desktop_file;
mod places;

use crate::failure::{During as _, Failure};
use crate::workspace::{self, Programs};
use clap::Args;
use places::Places;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is put where.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Take Ferry away again; what it keeps (known servers, keys) stays.
    #[arg(long)]
    uninstall: bool,
}

/// Installs or uninstalls.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    let places = Places::of_user()?;
    if options.uninstall {
        uninstall(&places)?;
        println!("Ferry is no longer in {}", places.programs.display());
        return Ok(true);
    }
    install(&places)?;
    println!("Ferry is in {} and in the desktop's list of apps", places.programs.display());
    if !is_in_path(&places.programs) {
        println!("for the terminal, add {} to PATH", places.programs.display());
    }
    Ok(true)
}

fn install(places: &Places) -> Result<(), Failure> {
    let programs = Programs::build_with_gui()?;
    for built in programs.all() {
        let name = built.file_name().during("the name of a program")?;
        let content = fs::read(built).during(built.display())?;
        put(&places.programs.join(name), &content, 0o755)?;
    }
    let assets = workspace::root().join("gui/assets/icon");
    for (name, target) in places.icons() {
        let picture = assets.join(name);
        put(&target, &fs::read(&picture).during(picture.display())?, 0o644)?;
    }
    let entry = desktop_file::text(&places.programs.join("ferry-gui"));
    put(&places.desktop_file(), entry.as_bytes(), 0o644)?;
    change_default_apps(places, default_apps::with_ferry)?;
    tell_desktop(places);
    Ok(())
}

fn uninstall(places: &Places) -> Result<(), Failure> {
    let programs = Programs::NAMES.iter().map(|name| places.programs.join(name));
    let icons = places.icons().into_iter().map(|(_, target)| target);
    for path in programs.chain(icons).chain([places.desktop_file()]) {
        match fs::remove_file(&path) {
            Err(err) if err.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::new(format!("cannot remove {}: {err}", path.display())));
            }
            _ => {}
        }
    }
    change_default_apps(places, default_apps::without_ferry)?;
    tell_desktop(places);
    Ok(())
}

/// Replaces a file whole: a program that runs cannot be written to.
fn put(path: &Path, content: &[u8], mode: u32) -> Result<(), Failure> {
    let folder = path.parent().during("a folder")?;
    fs::create_dir_all(folder).during(folder.display())?;
    let new = path.with_extension("new");
    fs::write(&new, content).during(new.display())?;
    fs::set_permissions(&new, fs::Permissions::from_mode(mode)).during(new.display())?;
    fs::rename(&new, path).during(path.display())
}

fn change_default_apps(places: &Places, change: fn(&str) -> String) -> Result<(), Failure> {
    let path = places.default_apps();
    let before = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(err) => return Err(Failure::new(format!("cannot read {}: {err}", path.display()))),
    };
    let after = change(&before);
    if after == before {
        return Ok(());
    }
    put(&followed(path), after.as_bytes(), 0o644)
}

/// What a link leads to, as in a home whose settings lie elsewhere: that is replaced, and the link
/// stays.
fn followed(path: PathBuf) -> PathBuf {
    path.canonicalize().unwrap_or(path)
}

/// Desktops keep an index of what opens what; they look for themselves sooner or later.
fn tell_desktop(places: &Places) {
    let folder = places.applications();
    let mut command = Command::new("update-desktop-database");
    command.arg("--quiet").arg(folder).stdin(Stdio::null()).stderr(Stdio::null());
    // A desktop without this program keeps no index.
    command.status().ok();
}

fn is_in_path(folder: &Path) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|listed| listed == folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_replaced() {
        let room = tempfile::tempdir().unwrap();
        let (file, link) = (room.path().join("dotfiles"), room.path().join("mimeapps.list"));
        fs::write(&file, "before").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        put(&followed(link.clone()), b"after", 0o644).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "after");
    }
}
