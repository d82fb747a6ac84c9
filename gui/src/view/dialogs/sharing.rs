//! The folder of this computer that is shared, and with whom.

use super::{foot, modal};
use crate::action::{Action, DialogAction, ShareAction};
use crate::state::State;
use crate::state::sharing::{GuestRights, QrCode, Share};
use crate::text::{dialogs, sharing as text};
use crate::theme;
use crate::theme::icons;
use crate::theme::tokens::{Tokens, size, space};
use crate::view::Actions;
use crate::widgets::{Button, Look, banner, qr_code, words};
use egui::Ui;

const WIDTH: f32 = 560.0;
const CODE_SIDE: f32 = 200.0;

pub(super) fn sharing_ui(ui: &Ui, state: &State, actions: &mut Actions) {
    let Some(share) = &state.sharing.share else { return };
    modal(ui, WIDTH, text::TITLE, actions, |ui, actions| {
        let tokens = Tokens::of(ui);
        words(share.folder.display().to_string()).font(theme::strong()).show(ui);
        if let Some(problem) = &state.sharing.problem {
            let look = (icons::WARNING_CIRCLE, tokens.bad, tokens.bad_soft);
            banner(ui, look, &problem.summary, &problem.details, |_| {});
        }
        match &share.guests {
            None => alone_ui(ui, state, actions),
            Some((_, link)) => open_ui(ui, state, (link, share.code.as_ref()), actions),
        }
        keep_ui(ui, share, actions);
        foot(ui, |ui| {
            if Button::new(Look::Plain, dialogs::CLOSE).show(ui).clicked() {
                actions.push(Action::Dialog(DialogAction::Cancel));
            }
            if !shows(state, share) && Button::new(Look::Plain, text::SHOW).show(ui).clicked() {
                actions.push(Action::Share(ShareAction::Open));
            }
            if Button::new(Look::Danger, text::STOP).show(ui).clicked() {
                actions.push(Action::Share(ShareAction::Stop));
            }
        });
    });
}

/// Whether the window is there already.
fn shows(state: &State, share: &Share) -> bool {
    state.connection.server().is_some_and(|server| server.address == share.address())
}

fn alone_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    words(text::ALONE).color(Tokens::of(ui).text_weak).wrapped(ui);
    rights_ui(ui, state, actions);
    let widen = Button::new(Look::Primary, text::WIDEN).icon(icons::USERS);
    if widen.show(ui).clicked() {
        actions.push(Action::Share(ShareAction::Widen));
    }
}

fn open_ui(
    ui: &mut Ui,
    state: &State,
    (link, code): (&str, Option<&QrCode>),
    actions: &mut Actions,
) {
    words(text::OPEN).color(Tokens::of(ui).text_weak).wrapped(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        if let Some(code) = code {
            qr_code(ui, text::CODE, CODE_SIDE, (code.width, &code.dark));
        }
        ui.vertical(|ui| link_ui(ui, link, code.is_some(), actions));
    });
    rights_ui(ui, state, actions);
}

fn link_ui(ui: &mut Ui, link: &str, has_code: bool, actions: &mut Actions) {
    let tokens = Tokens::of(ui);
    ui.spacing_mut().item_spacing = egui::vec2(space::S, space::M);
    egui::Frame::new()
        .fill(tokens.background)
        .corner_radius(egui::CornerRadius::same(size::CORNER))
        .inner_margin(space::M)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            let text = egui::RichText::new(link).monospace();
            ui.add(egui::Label::new(text).wrap().selectable(true));
        });
    ui.horizontal(|ui| {
        if Button::new(Look::Primary, text::COPY_LINK).icon(icons::COPY).show(ui).clicked() {
            actions.push(Action::Share(ShareAction::CopyLink));
        }
        if Button::new(Look::Plain, text::NARROW).show(ui).clicked() {
            actions.push(Action::Share(ShareAction::Narrow));
        }
    });
    if has_code {
        words(text::CODE_HINT).font(theme::small()).color(tokens.text_weak).wrapped(ui);
    }
}

fn rights_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        for (rights, label) in [(GuestRights::Read, text::READ), (GuestRights::Write, text::WRITE)]
        {
            let is_chosen = state.sharing.rights == rights;
            if ui.radio(is_chosen, label).clicked() && !is_chosen {
                actions.push(Action::Share(ShareAction::Rights(rights)));
            }
        }
    });
}

fn keep_ui(ui: &mut Ui, share: &Share, actions: &mut Actions) {
    let mut keeps_running = share.keeps_running;
    if ui.checkbox(&mut keeps_running, text::KEEP_RUNNING).changed() {
        actions.push(Action::Share(ShareAction::KeepRunning(keeps_running)));
    }
}
