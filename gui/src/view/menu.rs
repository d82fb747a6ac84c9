//! Menus of the right button.

use super::Actions;
use super::bar::menu_items;
use crate::action::{Action, Command, PaneAction};
use crate::state::State;
use crate::state::pane::Pane;
use crate::state::side::Side;
use crate::text::panes;
use egui::Ui;

const WIDTH: f32 = 190.0;

pub(super) fn row_menu(ui: &mut Ui, state: &State, pane: &Pane, row: u32, actions: &mut Actions) {
    ui.set_min_width(WIDTH);
    if pane.is_folder(row) {
        item(ui, pane.side, panes::OPEN, PaneAction::OpenRow(row), actions);
    }
    match pane.side {
        Side::Here => menu_items(ui, state, &[Command::Upload], actions),
        Side::Server => {
            let commands = [Command::Download, Command::DownloadTo, Command::DownloadAs];
            menu_items(ui, state, &commands, actions);
        }
    }
    ui.separator();
    menu_items(ui, state, &[Command::Rename, Command::Delete], actions);
    ui.separator();
    menu_items(ui, state, &[Command::CopyPath], actions);
    if pane.side == Side::Server {
        menu_items(ui, state, &[Command::CopyLink], actions);
    }
}

pub(super) fn ground_menu(ui: &mut Ui, state: &State, pane: &Pane, actions: &mut Actions) {
    ui.set_min_width(WIDTH);
    if pane.side != state.active {
        actions.push(Action::Pane(pane.side, PaneAction::Focus));
    }
    if pane.side == Side::Server {
        menu_items(ui, state, &[Command::UploadFiles, Command::UploadFolders], actions);
    }
    menu_items(ui, state, &[Command::NewFolder], actions);
    ui.separator();
    if pane.side == Side::Server {
        menu_items(ui, state, &[Command::BringBack], actions);
    }
    item(ui, pane.side, panes::SELECT_ALL, PaneAction::SelectAll, actions);
    item(ui, pane.side, panes::command(Command::Refresh), PaneAction::Refresh, actions);
    menu_items(ui, state, &[Command::CopyPath], actions);
}

fn item(ui: &mut Ui, side: Side, text: &str, action: PaneAction, actions: &mut Actions) {
    if ui.add(egui::Button::new(text).frame_when_inactive(false)).clicked() {
        actions.push(Action::Pane(side, action));
        ui.close();
    }
}
