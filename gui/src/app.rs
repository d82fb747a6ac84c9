//! The window's frame: it carries actions to the update, requests to the workers, and lets the
//! views draw. Nothing is decided here.

use crate::desktop::{Desktop, NoDesktop};
use crate::share::{NoSharing, Sharing, Wake};
use std::sync::Arc;

/// What the app is started with.
pub struct Options {
    /// A link or address to connect to at once.
    pub address: Option<String>,
    /// The embedded server.
    pub sharing: Box<dyn Sharing>,
    /// The desktop around the window.
    pub desktop: Box<dyn Desktop>,
}

impl Default for Options {
    fn default() -> Self {
        Self { address: None, sharing: Box::new(NoSharing), desktop: Box::new(NoDesktop) }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").finish_non_exhaustive()
    }
}

/// Opens the window and returns once it is closed.
pub fn run(options: Options) -> eframe::Result {
    let native = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Ferry")
            .with_app_id("ferry-gui")
            .with_icon(crate::desktop::icon())
            .with_inner_size([1180.0, 760.0])
            .with_min_inner_size([640.0, 420.0]),
        event_loop_builder: Some(Box::new(crate::desktop::prepare)),
        ..Default::default()
    };
    eframe::run_native(
        "ferry-gui",
        native,
        Box::new(|cc| Ok(Box::new(App::new(options, &cc.egui_ctx)))),
    )
}

/// The app in its window, or in a test's harness.
#[derive(Debug)]
pub struct App {
    options: Options,
}

impl App {
    /// The app at its start.
    #[must_use]
    pub fn new(mut options: Options, ctx: &egui::Context) -> Self {
        let ctx = ctx.clone();
        let wake: Wake = Arc::new(move || ctx.request_repaint());
        options.sharing.start(Arc::clone(&wake));
        options.desktop.start(wake);
        Self { options }
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        ui.label(self.options.address.as_deref().unwrap_or("Ferry"));
    }
}
