//! The bar of buttons.

use super::Actions;
use crate::action::{Action, Command, ConnectAction, DialogAction, WindowAction};
use crate::state::side::Side;
use crate::state::{State, ThemeChoice};
use crate::text::{connect, panes};
use crate::theme::icons;
use crate::theme::tokens::{Tokens, space};
use crate::widgets::{Button, Look};
use egui::{Align, Layout, Popup, Ui};

pub(super) fn bar_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let has_room = ui.available_width() > WIDTH_WITH_TEXTS;
        let between = if ui.available_width() > WIDTH_WITH_AIR { space::M } else { 0.0 };
        for group in GROUPS {
            for (command, icon) in *group {
                command_button(ui, state, (*command, *icon), has_room, actions);
            }
            ui.add_space(between);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            more_button(ui, state, actions);
            theme_button(ui, state, actions);
        });
    });
}

/// Narrower windows show icons alone.
const WIDTH_WITH_TEXTS: f32 = 940.0;
/// Wider windows have air between the groups.
const WIDTH_WITH_AIR: f32 = 1100.0;

const GROUPS: &[&[(Command, char)]] = &[
    &[(Command::Connect, icons::PLUGS)],
    &[(Command::Upload, icons::UPLOAD_SIMPLE), (Command::Download, icons::DOWNLOAD_SIMPLE)],
    &[
        (Command::NewFolder, icons::FOLDER_PLUS),
        (Command::Rename, icons::PENCIL_SIMPLE),
        (Command::Delete, icons::TRASH),
    ],
    &[(Command::Refresh, icons::ARROWS_CLOCKWISE)],
    &[(Command::ShareFolder, icons::SHARE_NETWORK)],
];

fn command_button(
    ui: &mut Ui,
    state: &State,
    (command, icon): (Command, char),
    has_room: bool,
    actions: &mut Actions,
) {
    let label = panes::command(command);
    let text = if has_room { label } else { "" };
    let mut button = Button::new(Look::Quiet, text)
        .icon(icon)
        .label(label)
        .hint(panes::command_hint(command))
        .why_not(why_not(state, command));
    if is_next(state, command) {
        button = button.tint(Tokens::of(ui).accent);
    }
    if command == Command::ShareFolder && state.sharing.share.is_some() {
        button = button.is_on(true);
    }
    let response = button.show(ui);
    if response.clicked() {
        actions.push(Action::Command(command));
    }
    if command == Command::Upload {
        response.context_menu(|ui| {
            menu_items(ui, state, &[Command::UploadFiles, Command::UploadFolders], actions);
        });
    }
}

/// Whether a button is what one is about to press.
fn is_next(state: &State, command: Command) -> bool {
    let side = match command {
        Command::Upload => Side::Here,
        Command::Download => Side::Server,
        _ => return false,
    };
    state.active == side && !state.pane(side).selection.is_empty()
}

/// Why a command can do nothing now.
pub(super) fn why_not(state: &State, command: Command) -> Option<&'static str> {
    let server = state.connection.server();
    let can_write = server.is_some_and(|server| server.can_write);
    let active = state.active;
    let chosen = state.pane(active).selection.len();
    let changes_server = active == Side::Server && !can_write;
    let needs = |is_missing: bool, why| is_missing.then_some(why);
    match command {
        Command::Upload | Command::UploadFiles | Command::UploadFolders => {
            needs(server.is_none(), panes::NEEDS_SERVER)
                .or_else(|| needs(!can_write, panes::READ_ONLY))
        }
        Command::Download | Command::DownloadTo => {
            needs(state.server.selection.is_empty(), panes::NEEDS_CHOICE)
        }
        Command::DownloadAs => needs(state.server.selection.len() != 1, panes::NEEDS_ONE),
        Command::NewFolder => needs(changes_server, panes::READ_ONLY),
        Command::Rename => {
            needs(changes_server, panes::READ_ONLY).or_else(|| needs(chosen != 1, panes::NEEDS_ONE))
        }
        Command::Delete => needs(changes_server, panes::READ_ONLY)
            .or_else(|| needs(chosen == 0, panes::NEEDS_SOME)),
        Command::BringBack | Command::Unfinished | Command::History => {
            needs(server.is_none(), panes::NEEDS_SERVER)
        }
        Command::Connect
        | Command::Refresh
        | Command::ShareFolder
        | Command::CopyPath
        | Command::CopyLink => None,
    }
}

/// Entries of a menu.
pub(super) fn menu_items(ui: &mut Ui, state: &State, commands: &[Command], actions: &mut Actions) {
    for command in commands {
        let is_possible = why_not(state, *command).is_none();
        let button = egui::Button::new(panes::command(*command)).frame_when_inactive(false);
        if ui.add_enabled(is_possible, button).clicked() {
            actions.push(Action::Command(*command));
            ui.close();
        }
    }
}

fn theme_button(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let is_dark = ui.visuals().dark_mode;
    let (icon, label, next) = match (state.theme, is_dark) {
        (ThemeChoice::System, true) => (icons::SUN, panes::THEME_LIGHT, ThemeChoice::Light),
        (ThemeChoice::System, false) => (icons::MOON, panes::THEME_DARK, ThemeChoice::Dark),
        _ => (icons::CIRCLE_HALF, panes::THEME_SYSTEM, ThemeChoice::System),
    };
    if Button::of_icon(icon, label).show(ui).clicked() {
        actions.push(Action::Window(WindowAction::Theme(next)));
    }
}

fn more_button(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let response = Button::of_icon(icons::DOTS_THREE_VERTICAL, panes::MORE).show(ui);
    Popup::menu(&response).show(|ui| {
        ui.set_min_width(180.0);
        menu_items(ui, state, &[Command::UploadFiles, Command::UploadFolders], actions);
        menu_items(ui, state, &[Command::DownloadTo, Command::CopyLink], actions);
        ui.separator();
        let kept = [Command::BringBack, Command::Unfinished, Command::History];
        menu_items(ui, state, &kept, actions);
        ui.separator();
        for (text, action) in [
            (panes::KEYS, Action::Dialog(DialogAction::ShowKeys)),
            (connect::DISCONNECT, Action::Connect(ConnectAction::Disconnect)),
        ] {
            if ui.add(egui::Button::new(text).frame_when_inactive(false)).clicked() {
                actions.push(action);
                ui.close();
            }
        }
    });
}
