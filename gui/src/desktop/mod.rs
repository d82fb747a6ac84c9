//! The desktop around the window: what the window system does not say through egui. Whoever
//! implements it for a system stands beside this trait; the app works without any of it.

use std::path::PathBuf;
use std::sync::Arc;

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

    /// An address that another start of the program handed over, or an empty text when it only
    /// wants the window in front.
    fn handed_over(&mut self) -> Option<String>;
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

    fn handed_over(&mut self) -> Option<String> {
        None
    }
}
