//! What the account did.

use super::{Line, line_ui, rows_ui};
use crate::action::{Action, KeptAction};
use crate::state::State;
use crate::state::kept::{Deed, DeedEnd, DeedKind};
use crate::text::{format, kept as text};
use crate::theme::icons;
use crate::theme::tokens::Tokens;
use crate::view::Actions;
use crate::widgets::{Button, Look, empty};
use egui::Ui;

pub(super) fn list_ui(ui: &mut Ui, state: &State, _actions: &mut Actions) {
    let deeds: Vec<&Deed> = state.kept.deeds().collect();
    if deeds.is_empty() {
        let (title, remedy) = text::ONLY_LOGINS;
        empty(ui, icons::CLOCK, title, remedy, |_| {});
        return;
    }
    rows_ui(ui, deeds.len(), |ui, at| {
        if let Some(deed) = deeds.get(at) {
            deed_ui(ui, state, deed);
        }
    });
}

/// What stands at the dialog's foot beside its button; drawn from the right.
pub(super) fn foot_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    if state.kept.history.list.is_empty() {
        return;
    }
    if state.kept.older.is_some() && Button::new(Look::Plain, text::OLDER).show(ui).clicked() {
        actions.push(Action::Kept(KeptAction::Older));
    }
    let mut shows = state.kept.shows_logins;
    if ui.checkbox(&mut shows, text::SHOW_LOGINS).changed() {
        actions.push(Action::Kept(KeptAction::ShowLogins(shows)));
    }
}

fn deed_ui(ui: &mut Ui, state: &State, deed: &Deed) {
    let tokens = Tokens::of(ui);
    let title = text::deed(deed);
    let details = text::deed_details(deed, &format::time(Some(deed.time), &state.zone));
    let (color, details_color) = match deed.end {
        DeedEnd::Done => (tokens.text_weak, tokens.text_weak),
        DeedEnd::Interrupted => (tokens.warn, tokens.warn),
        DeedEnd::Failed => (tokens.bad, tokens.bad),
    };
    let icon = (icon_of(deed.kind), color);
    let line = Line { indent: 0.0, icon, title: &title, details: &details, details_color };
    line_ui(ui, &line, |_| {});
}

fn icon_of(kind: DeedKind) -> char {
    match kind {
        DeedKind::LogIn => icons::KEY,
        DeedKind::LogOut => icons::SIGN_OUT,
        DeedKind::Upload => icons::UPLOAD_SIMPLE,
        DeedKind::Download => icons::DOWNLOAD_SIMPLE,
        DeedKind::Remove | DeedKind::Forget => icons::TRASH,
        DeedKind::Rename => icons::PENCIL_SIMPLE,
        DeedKind::MakeFolder => icons::FOLDER_PLUS,
        DeedKind::SetAttributes | DeedKind::Other => icons::INFO,
        DeedKind::Copy => icons::COPY,
        DeedKind::BringBack => icons::ARROW_COUNTER_CLOCKWISE,
    }
}
