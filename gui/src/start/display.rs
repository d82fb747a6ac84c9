//! Whether a window can open here. It is asked before the window system starts, since a library
//! that is missing makes that panic, and since a terminal may serve instead.

use crate::desktop::Session;
use crate::sys;
use crate::text::start as text;

/// What is wrong, in one line with the remedy.
pub(super) fn check() -> Result<(), String> {
    let session = Session::of_environment();
    let missing = missing(session.unwrap_or(Session::X11), sys::has_library);
    match session {
        Some(_) if missing.is_empty() => Ok(()),
        Some(_) => Err(told(&lacks(&missing))),
        None if missing.is_empty() => Err(told(text::NO_DISPLAY)),
        None => Err(told(&format!("{}, and {}", text::NO_DISPLAY, lacks(&missing)))),
    }
}

/// The line for an obstacle.
pub(super) fn told(obstacle: &str) -> String {
    let obstacle = obstacle.replace('\n', " ");
    text::no_window(without_source(&obstacle))
}

/// The window system puts the place in its own source before the cause.
fn without_source(obstacle: &str) -> &str {
    match obstacle.rsplit_once(": ") {
        Some((place, cause)) if place.contains(".rs:") => cause,
        _ => obstacle,
    }
}

fn libraries(session: Session) -> impl Iterator<Item = &'static Library> {
    let own = match session {
        Session::X11 => X11,
        Session::Wayland => WAYLAND,
    };
    own.iter().chain(OPENGL)
}

/// A library that is loaded at run time, and Debian's package of it.
#[derive(Debug, PartialEq, Eq)]
struct Library {
    name: &'static str,
    package: &'static str,
}

const fn library(name: &'static str, package: &'static str) -> Library {
    Library { name, package }
}

const X11: &[Library] = &[
    library("libX11.so.6", "libx11-6"),
    library("libX11-xcb.so.1", "libx11-xcb1"),
    library("libXcursor.so.1", "libxcursor1"),
    library("libXi.so.6", "libxi6"),
    library("libxkbcommon.so.0", "libxkbcommon0"),
    library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
];

const WAYLAND: &[Library] = &[
    library("libwayland-client.so.0", "libwayland-client0"),
    library("libwayland-egl.so.1", "libwayland-egl1"),
    library("libxkbcommon.so.0", "libxkbcommon0"),
];

const OPENGL: &[Library] =
    &[library("libEGL.so.1", "libegl1"), library("libGL.so.1", "libgl1 libgl1-mesa-dri")];

fn missing(session: Session, is_there: impl Fn(&str) -> bool) -> Vec<&'static Library> {
    if cfg!(not(target_os = "linux")) {
        return Vec::new();
    }
    libraries(session).filter(|library| !is_there(library.name)).collect()
}

fn lacks(missing: &[&Library]) -> String {
    let list = |pick: fn(&Library) -> &'static str, separator: &str| {
        missing.iter().map(|library| pick(library)).collect::<Vec<_>>().join(separator)
    };
    let packages = list(|library| library.package, " ");
    text::lacks(&list(|library| library.name, ", "), &packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_named_with_its_package_in_one_line() {
        let found = missing(Session::X11, |name| name != "libXi.so.6");
        if cfg!(target_os = "linux") {
            let line = told(&lacks(&found));
            assert!(line.contains("lacks libXi.so.6 (`apt-get install"), "{line}");
            assert!(line.contains("recommends libxi6`"), "{line}");
            assert_eq!(line.lines().count(), 1);
        }
        assert!(missing(Session::Wayland, |_| true).is_empty());
    }

    #[test]
    fn the_cause_is_told_without_a_place_in_somebodys_source() {
        let line = told("os error at /src/linux/mod.rs:788: Failed to open connection to X server");
        assert!(line.contains("here: Failed to open connection to X server;"), "{line}");
        assert!(told("no display: none").contains("here: no display: none;"));
    }

    #[test]
    fn each_session_needs_its_own_libraries() {
        let names =
            |session: Session| libraries(session).map(|library| library.name).collect::<Vec<_>>();
        assert!(names(Session::X11).contains(&"libX11.so.6"));
        assert!(!names(Session::Wayland).contains(&"libX11.so.6"));
        assert!(names(Session::Wayland).contains(&"libEGL.so.1"));
    }
}
