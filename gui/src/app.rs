//! The window's frame: it carries actions to the update, requests to whom they are for, and lets
//! the views draw. Nothing is decided here, and nothing waits.

use crate::action::{Action, ConnectAction, Event, WindowAction};
use crate::desktop::{Desktop, HandedOver, NoDesktop};
use crate::file_dialog::{FileDialogs, NativeDialogs};
use crate::request::{Request, WindowRequest};
use crate::share::{NoSharing, Sharing, Wake};
use crate::state::side::Side;
use crate::state::{State, ThemeChoice};
use crate::update;
use crate::view::{self, DragRows, Surroundings};
use crate::worker::{Backend, Workers};
use crate::{state, theme};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the app is started with.
pub struct Options {
    /// A link or address to connect to at once.
    pub address: Option<String>,
    /// A folder to share at once.
    pub share: Option<PathBuf>,
    /// Where saved servers and known keys are kept; `None` for the user's own state folder.
    pub state_folder: Option<PathBuf>,
    /// The workers.
    pub backend: Box<dyn Backend>,
    /// Native dialogs.
    pub dialogs: Box<dyn FileDialogs>,
    /// The embedded server.
    pub sharing: Box<dyn Sharing>,
    /// The desktop around the window.
    pub desktop: Box<dyn Desktop>,
    /// Where times are shown.
    pub zone: jiff::tz::TimeZone,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: None,
            share: None,
            state_folder: None,
            backend: Box::new(Workers::default()),
            dialogs: Box::new(NativeDialogs::default()),
            sharing: Box::new(NoSharing),
            desktop: Box::new(NoDesktop),
            zone: jiff::tz::TimeZone::system(),
        }
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
            .with_title(crate::text::APP)
            .with_app_id("ferry-gui")
            .with_icon(crate::desktop::icon())
            .with_inner_size([1180.0, 760.0])
            .with_min_inner_size([720.0, 480.0]),
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
    state: State,
    actions: VecDeque<Action>,
    is_dragging_out: bool,
}

/// Longest time that one frame works off events; the rest waits for the next frame.
const EVENT_BUDGET: Duration = Duration::from_millis(4);
/// How often the pointer is asked for while another program drags files over the window.
const FOREIGN_DRAG_LOOK: Duration = Duration::from_millis(50);

impl App {
    /// The app at its start.
    #[must_use]
    pub fn new(mut options: Options, ctx: &egui::Context) -> Self {
        theme::install(ctx);
        let wake: Wake = {
            let ctx = ctx.clone();
            Arc::new(move || ctx.request_repaint())
        };
        options.sharing.start(Arc::clone(&wake));
        options.dialogs.start(Arc::clone(&wake));
        options.backend.start(options.state_folder.clone(), Arc::clone(&wake));
        options.desktop.start(wake);
        let state = State { zone: options.zone.clone(), ..State::default() };
        let mut app = Self { options, state, actions: VecDeque::new(), is_dragging_out: false };
        for request in update::start() {
            app.route_early(request);
        }
        if let Some(address) = app.options.address.take() {
            app.actions.push_back(Action::Connect(ConnectAction::Open(address)));
        }
        if let Some(folder) = app.options.share.take() {
            app.actions.push_back(share_action(&folder));
        }
        app
    }

    /// What the window shows.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Does something as if it had been done in the window, in the next frame.
    pub fn act(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    /// Requests that need no window.
    fn route_early(&mut self, request: Request) {
        match request {
            Request::Work(work) => self.options.backend.perform(work),
            Request::Share(request) => self.options.sharing.perform(request),
            Request::Pick(_) | Request::Window(_) => {}
        }
    }

    fn apply(&mut self, action: Action, ctx: &egui::Context, frame: &eframe::Frame) {
        for request in update::update(&mut self.state, action) {
            match request {
                Request::Pick(pick) => self.options.dialogs.open(pick, frame),
                Request::Window(request) => self.window_request(request, ctx),
                request => self.route_early(request),
            }
        }
    }

    fn window_request(&mut self, request: WindowRequest, ctx: &egui::Context) {
        match request {
            WindowRequest::Copy(text) => ctx.copy_text(text),
            WindowRequest::Close => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            WindowRequest::StayOpen => ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose),
            WindowRequest::ReadCopiedFiles => self.options.desktop.read_copied_files(),
            WindowRequest::Hide => ctx.send_viewport_cmd(egui::ViewportCommand::Minimized(true)),
            WindowRequest::Notify { summary, body } => {
                if !ctx.input(|input| input.focused) {
                    self.options.desktop.notify(&summary, &body);
                }
            }
        }
    }

    /// The next thing that happened outside the window.
    fn next_event(&mut self) -> Option<Action> {
        if let Some(action) = self.actions.pop_front() {
            return Some(action);
        }
        let event = self
            .options
            .backend
            .try_next()
            .or_else(|| self.options.dialogs.try_next().map(Event::Picked))
            .or_else(|| self.options.sharing.try_next().map(Event::Share))
            .or_else(|| self.options.desktop.copied_files().map(|files| copied(&files)));
        event.map(|event| Action::Event(Box::new(event)))
    }

    /// What another start of the program asked of this window, which comes to the front for it.
    fn take_over(&mut self, ctx: &egui::Context) {
        while let Some(wish) = self.options.desktop.handed_over() {
            ctx.send_viewport_cmd(egui::ViewportCommand::Minimized(false));
            ctx.send_viewport_cmd(egui::ViewportCommand::Focus);
            match wish {
                HandedOver::Raise => {}
                HandedOver::Open(address) => {
                    self.actions.push_back(Action::Connect(ConnectAction::Open(address)));
                }
                HandedOver::Share(folder) => self.actions.push_back(share_action(&folder)),
            }
        }
    }

    fn drain_events(&mut self, ctx: &egui::Context, frame: &eframe::Frame) {
        let begun = Instant::now();
        while let Some(action) = self.next_event() {
            self.apply(action, ctx, frame);
            if begun.elapsed() > EVENT_BUDGET {
                ctx.request_repaint();
                break;
            }
        }
    }

    fn set_theme(&self, ctx: &egui::Context) {
        let preference = match self.state.theme {
            ThemeChoice::System => egui::ThemePreference::System,
            ThemeChoice::Light => egui::ThemePreference::Light,
            ThemeChoice::Dark => egui::ThemePreference::Dark,
        };
        if ctx.options(|options| options.theme_preference) != preference {
            ctx.set_theme(preference);
        }
        let is_dark = self.options.desktop.prefers_dark().unwrap_or(false);
        let fallback = if is_dark { egui::Theme::Dark } else { egui::Theme::Light };
        if ctx.options(|options| options.fallback_theme) != fallback {
            ctx.options_mut(|options| options.fallback_theme = fallback);
            ctx.request_repaint();
        }
    }

    fn surroundings(&self, ctx: &egui::Context, frame: &eframe::Frame) -> Surroundings {
        let is_hovered = ctx.input(|input| !input.raw.hovered_files.is_empty());
        let is_dropped = ctx.input(|input| !input.raw.dropped_files.is_empty());
        if is_hovered {
            ctx.request_repaint_after(FOREIGN_DRAG_LOOK);
        }
        let foreign_pointer = (is_hovered || is_dropped)
            .then(|| self.options.desktop.foreign_drag_pointer(frame, ctx))
            .flatten();
        Surroundings { foreign_pointer }
    }

    /// Hands a drag of rows that leaves the window to the desktop.
    fn drag_out(&mut self, ctx: &egui::Context, frame: &eframe::Frame) {
        let is_down = ctx.input(|input| input.pointer.primary_down());
        self.is_dragging_out &= is_down;
        let rows = egui::DragAndDrop::payload::<DragRows>(ctx);
        let is_from_here = rows.is_some_and(|rows| rows.from == Side::Here);
        let pointer = ctx.input(|input| input.pointer.latest_pos());
        let is_outside = pointer.is_none_or(|pointer| !ctx.content_rect().contains(pointer));
        if !is_down || !is_from_here || !is_outside || self.is_dragging_out {
            return;
        }
        let pane = &self.state.here;
        let files: Vec<PathBuf> =
            pane.chosen().iter().map(|row| pane.place_of(*row).to_path()).collect();
        self.is_dragging_out = self.options.desktop.drag_out(frame, &files);
    }
}

fn copied(files: &[PathBuf]) -> Event {
    Event::FilesCopied(files.iter().map(|file| state::place::Place::from_path(file)).collect())
}

/// A folder to share that was named without a dialog.
fn share_action(folder: &Path) -> Action {
    let place = state::place::Place::from_path(folder);
    Action::Event(Box::new(Event::ShareAsked(place)))
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        self.options.desktop.begin_frame(frame, ctx);
        self.set_theme(ctx);
        if ctx.input(|input| input.viewport().close_requested()) {
            self.apply(Action::Window(WindowAction::CloseRequested), ctx, frame);
        }
        self.take_over(ctx);
        self.drain_events(ctx, frame);
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        let surroundings = self.surroundings(&ctx, frame);
        let actions = view::window_ui(ui, &self.state, surroundings);
        if !actions.is_empty() {
            // What was drawn is older than what was done.
            ctx.request_repaint();
        }
        for action in actions {
            self.apply(action, &ctx, frame);
        }
        self.drag_out(&ctx, frame);
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}
