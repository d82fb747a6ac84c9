//! The desktop around the window: what the window system does not say through egui. Whoever
//! implements it for a system stands beside this trait; the app works without any of it.

mod icon;
#[cfg(target_os = "linux")]
mod letter;
#[cfg(target_os = "linux")]
mod linux;
pub mod single;

pub use icon::icon;

use std::path::PathBuf;
use std::sync::Arc;

/// The desktop of the system that this program was built for; `instance` is what later starts of
/// the program hand over to.
#[must_use]
pub fn of_this_system(instance: single::Instance) -> Box<dyn Desktop> {
    #[cfg(target_os = "linux")]
    return Box::new(linux::LinuxDesktop::new(instance));
    #[cfg(not(target_os = "linux"))]
    {
        drop(instance);
        Box::new(NoDesktop)
    }
}

/// What the window system is told before it starts.
pub fn prepare(builder: &mut eframe::EventLoopBuilder<eframe::UserEvent>) {
    #[cfg(target_os = "linux")]
    linux::prefer_x11(builder);
    #[cfg(not(target_os = "linux"))]
    let _ = builder;
}

/// The window system that the window is shown by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    /// X11, through `XWayland` too.
    X11,
    /// Wayland.
    Wayland,
}

/// Environment variable that keeps the window on Wayland although there is an X server.
const WAYLAND_VARIABLE: &str = "FERRY_WAYLAND";

impl Session {
    /// The one that the window will use: X11 where there is one, since dropping files needs it,
    /// unless the user wants Wayland. `None` where there is no display.
    #[must_use]
    pub fn of_environment() -> Option<Self> {
        Self::of(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
    }

    fn of(is_set: impl Fn(&str) -> bool) -> Option<Self> {
        let has_wayland = is_set("WAYLAND_DISPLAY") || is_set("WAYLAND_SOCKET");
        match (is_set("DISPLAY"), has_wayland) {
            (true, true) if is_set(WAYLAND_VARIABLE) => Some(Self::Wayland),
            (true, _) => Some(Self::X11),
            (false, true) => Some(Self::Wayland),
            (false, false) => None,
        }
    }
}

/// What another start of the program asks of the window that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandedOver {
    /// To come to the front.
    Raise,
    /// To connect to an address.
    Open(String),
    /// To share a folder.
    Share(PathBuf),
}

/// What the desktop tells and takes. Calls never wait.
pub trait Desktop {
    /// Called once with the window: `wake` asks for a frame, from any thread.
    fn start(&mut self, wake: Arc<dyn Fn() + Send + Sync>);

    /// Called at the begin of each frame.
    fn begin_frame(&mut self, _frame: &eframe::Frame, _ctx: &egui::Context) {}

    /// Whether the system prefers a dark theme; `None` while it does not say.
    fn prefers_dark(&self) -> Option<bool>;

    /// The pointer in the window, in points, while another program drags files over it; egui does
    /// not know it then.
    fn foreign_drag_pointer(
        &self,
        _frame: &eframe::Frame,
        _ctx: &egui::Context,
    ) -> Option<egui::Pos2>;

    /// A drag of these local files leaves the window: hands it to the desktop. Returns whether it
    /// does so.
    fn drag_out(&mut self, _frame: &eframe::Frame, _files: &[PathBuf]) -> bool;

    /// Tells the user outside the window, as when a transfer ends while it is in the background.
    fn notify(&mut self, _summary: &str, _body: &str);

    /// Looks which files another program has copied.
    fn read_copied_files(&mut self) {}

    /// Those files, once they are known.
    fn copied_files(&mut self) -> Option<Vec<PathBuf>> {
        None
    }

    /// What another start of the program handed over. The window comes to the front for it.
    fn handed_over(&mut self) -> Option<HandedOver>;
}

/// No desktop at all, as in tests.
#[derive(Debug, Default)]
pub struct NoDesktop;

impl Desktop for NoDesktop {
    fn start(&mut self, _wake: Arc<dyn Fn() + Send + Sync>) {}

    fn prefers_dark(&self) -> Option<bool> {
        None
    }

    fn foreign_drag_pointer(&self, _: &eframe::Frame, _: &egui::Context) -> Option<egui::Pos2> {
        None
    }

    fn drag_out(&mut self, _frame: &eframe::Frame, _files: &[PathBuf]) -> bool {
        false
    }

    fn notify(&mut self, _summary: &str, _body: &str) {}

    fn handed_over(&mut self) -> Option<HandedOver> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x11_is_taken_where_it_is_unless_the_user_wants_wayland() {
        let of = |set: &[&str]| Session::of(|name| set.contains(&name));
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["DISPLAY", "WAYLAND_DISPLAY"]), Some(Session::X11));
        let wanted = ["DISPLAY", "WAYLAND_DISPLAY", WAYLAND_VARIABLE];
        assert_eq!(of(&wanted), Some(Session::Wayland));
        assert_eq!(of(&["WAYLAND_SOCKET"]), Some(Session::Wayland));
        assert_eq!(of(&["DISPLAY", WAYLAND_VARIABLE]), Some(Session::X11), "there is no other");
    }
}
