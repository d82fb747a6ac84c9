//! The desktop of Linux: its session bus for the theme and for notifications, and its X server for
//! drags that leave the window or come from elsewhere. Whatever is not there is done without.

mod copied_files;
mod drag_out;
mod notifications;
mod pointer;
mod theme_source;
mod xdnd;

use super::single::Instance;
use super::single::linux::Ear;
use super::{Desktop, HandedOver, Session};
use copied_files::CopiedFiles;
use notifications::Notifications;
use pointer::ForeignPointer;
use raw_window_handle::{HasWindowHandle as _, RawWindowHandle};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use theme_source::ThemeSource;
use winit::platform::x11::EventLoopBuilderExtX11 as _;

/// Asks the window for a frame, from any thread.
type Wake = Arc<dyn Fn() + Send + Sync>;

/// The desktop of Linux.
#[derive(Debug)]
pub(super) struct LinuxDesktop {
    instance: Option<Instance>,
    wishes: Option<Receiver<HandedOver>>,
    theme: ThemeSource,
    notifications: Notifications,
    pointer: ForeignPointer,
    copied: CopiedFiles,
}

/// Wishes of later starts that may wait for a frame.
const WISHES_MAX: usize = 16;

impl LinuxDesktop {
    pub(super) fn new(instance: Instance) -> Self {
        Self {
            instance: Some(instance),
            wishes: None,
            theme: ThemeSource::default(),
            notifications: Notifications::default(),
            pointer: ForeignPointer::default(),
            copied: CopiedFiles::default(),
        }
    }
}

impl Desktop for LinuxDesktop {
    fn start(&mut self, wake: Wake) {
        self.theme.start(Arc::clone(&wake));
        self.copied.start(Arc::clone(&wake));
        if let Some(ear) = self.instance.take().and_then(|instance| instance.ear) {
            let (sender, wishes) = sync_channel(WISHES_MAX);
            self.wishes = Some(wishes);
            // Without a thread later starts open windows of their own.
            thread::Builder::new()
                .name("single-instance".to_owned())
                .spawn(move || listen(&ear, &sender, &wake))
                .ok();
        }
    }

    fn prefers_dark(&self) -> Option<bool> {
        self.theme.prefers_dark()
    }

    fn foreign_drag_pointer(
        &self,
        frame: &eframe::Frame,
        ctx: &egui::Context,
    ) -> Option<egui::Pos2> {
        let at = self.pointer.at(x11_window(frame)?)?;
        Some(at / ctx.pixels_per_point())
    }

    fn drag_out(&mut self, frame: &eframe::Frame, files: &[PathBuf]) -> bool {
        x11_window(frame).is_some_and(|own| drag_out::start(files.to_vec(), own))
    }

    fn notify(&mut self, summary: &str, body: &str) {
        self.notifications.show(summary, body);
    }

    fn read_copied_files(&mut self) {
        self.copied.read();
    }

    fn copied_files(&mut self) -> Option<Vec<PathBuf>> {
        self.copied.next()
    }

    fn handed_over(&mut self) -> Option<HandedOver> {
        self.wishes.as_ref()?.try_recv().ok()
    }
}

fn listen(ear: &Ear, wishes: &SyncSender<HandedOver>, wake: &Wake) {
    while let Ok(wish) = ear.receive() {
        let Some(wish) = wish else { continue };
        // A window that does not look any more has sixteen wishes to begin with.
        if let Err(TrySendError::Disconnected(_)) = wishes.try_send(wish) {
            return;
        }
        wake();
    }
}

/// The window's name at the X server; `None` on Wayland and in tests.
fn x11_window(frame: &eframe::Frame) -> Option<u32> {
    match frame.winit_window()?.window_handle().ok()?.as_raw() {
        RawWindowHandle::Xlib(handle) => u32::try_from(handle.window).ok(),
        RawWindowHandle::Xcb(handle) => Some(handle.window.get()),
        _ => None,
    }
}

/// X11, through `XWayland` too: the window system takes no dropped files on Wayland yet.
pub(super) fn prefer_x11(builder: &mut eframe::EventLoopBuilder<eframe::UserEvent>) {
    if Session::of_environment() == Some(Session::X11) {
        builder.with_x11();
    }
}
