//! What is drawn. Views read the state and emit actions; they change nothing.

mod bar;
mod connect;
mod crumbs;
mod dialogs;
mod drop;
mod job;
mod key_changed;
mod keys;
mod list;
mod list_keys;
mod marquee;
mod menu;
mod notices;
mod pane;
mod row;
mod saved_servers;
mod server_says;
mod transfers;

use crate::action::Action;
use crate::state::State;
use crate::state::connection::Phase;
use crate::state::pane::Pane;
use crate::state::side::Side;
use crate::theme::tokens::{Tokens, space};
use egui::{CentralPanel, Frame, Margin, Panel, Pos2, Ui, UiBuilder};

pub use drop::DragRows;

/// Actions that a frame leads to, in order.
pub type Actions = Vec<Action>;

/// What one side of the window is drawn from.
#[derive(Clone, Copy, Debug)]
struct Seen<'a> {
    state: &'a State,
    pane: &'a Pane,
    surroundings: Surroundings,
}

/// What a frame knows beside the state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings {
    /// The pointer while another program drags files over the window.
    pub foreign_pointer: Option<Pos2>,
}

/// Draws the window and returns what was done in it.
pub fn window_ui(ui: &mut Ui, state: &State, surroundings: Surroundings) -> Actions {
    let mut actions = Actions::new();
    if state.connection.shows_panes() {
        panes_ui(ui, state, surroundings, &mut actions);
    } else {
        entrance_ui(ui, state, &mut actions);
    }
    if !state.connection.shows_panes() || state.dialog.is_some() {
        drop::in_vain_ui(ui, &mut actions);
    }
    notices::notices_ui(ui, state, &mut actions);
    dialogs::dialog_ui(ui, state, &mut actions);
    actions
}

fn entrance_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let fill = Tokens::of(ui).background;
    CentralPanel::default().frame(Frame::new().fill(fill)).show(ui, |ui| {
        match &state.connection.phase {
            Phase::KeyChanged(change) => key_changed::key_changed_ui(ui, change, actions),
            _ => connect::connect_ui(ui, state, actions),
        }
    });
}

fn panes_ui(ui: &mut Ui, state: &State, surroundings: Surroundings, actions: &mut Actions) {
    let tokens = Tokens::of(ui);
    keys::window_keys(ui, state, actions);
    let frame = Frame::new().fill(tokens.background);
    Panel::top("bar")
        .frame(frame.inner_margin(Margin::symmetric(12, 8)))
        .show_separator_line(false)
        .show(ui, |ui| bar::bar_ui(ui, state, actions));
    transfers::transfers_panel(ui, state, actions);
    CentralPanel::default().frame(frame.inner_margin(Margin { top: 0, ..Margin::same(12) })).show(
        ui,
        |ui| {
            let whole = ui.available_rect_before_wrap();
            let width = ((whole.width() - space::M) / 2.0).floor();
            for (side, left) in [(Side::Here, whole.left()), (Side::Server, whole.right() - width)]
            {
                let min = egui::pos2(left, whole.top());
                let rect = egui::Rect::from_min_size(min, egui::vec2(width, whole.height()));
                let builder = UiBuilder::new().id_salt(side).max_rect(rect);
                let seen = Seen { state, pane: state.pane(side), surroundings };
                ui.scope_builder(builder, |ui| pane::pane_ui(ui, seen, actions));
            }
        },
    );
    drop::drops_ui(ui, state, surroundings, actions);
}
