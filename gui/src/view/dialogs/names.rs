//! Names: of a new folder, and another one for what is there.

use super::{foot, modal};
use crate::action::{Action, DialogAction};
use crate::state::State;
use crate::state::dialog::{Dialog, NameMistake, name_mistake};
use crate::text::dialogs as text;
use crate::theme;
use crate::theme::tokens::{Tokens, space};
use crate::view::Actions;
use crate::widgets::{Button, Field, Look, words};
use egui::{Id, Ui};

pub(super) fn name_ui(ui: &Ui, state: &State, dialog: &Dialog, actions: &mut Actions) {
    let (title, label, confirm, name, details) = match dialog {
        Dialog::NewFolder { side, name } => {
            let folder = state.pane(*side).place.to_string();
            let details = text::new_folder_in(*side, &folder);
            (text::NEW_FOLDER, text::FOLDER_NAME, text::MAKE, name, details)
        }
        Dialog::Rename { name, place, .. } => {
            (text::RENAME, text::NEW_NAME, text::RENAME, name, place.to_string())
        }
        _ => return,
    };
    modal(ui, 400.0, title, actions, |ui, actions| {
        words(details).color(Tokens::of(ui).text_weak).show(ui);
        let mistake = name_mistake(name);
        let is_bad = !matches!(mistake, None | Some(NameMistake::Empty));
        let id = Id::unique("dialog-name");
        let output = Field::new(id, label).bad(is_bad).show(ui, name);
        focus_at_first(ui, id, name);
        if let Some(typed) = output.typed {
            actions.push(Action::Dialog(DialogAction::Name(typed)));
        }
        if is_bad && let Some(mistake) = mistake {
            let bad = Tokens::of(ui).bad;
            words(text::name_mistake(mistake)).font(theme::small()).color(bad).show(ui);
        } else {
            ui.add_space(space::XS);
        }
        let why_not = mistake.map(text::name_mistake);
        foot(ui, |ui| {
            let button = Button::new(Look::Primary, confirm).why_not(why_not);
            if button.label(confirm).show(ui).clicked() || (output.is_entered && mistake.is_none())
            {
                actions.push(Action::Dialog(DialogAction::Confirm));
            }
            if Button::new(Look::Plain, text::CANCEL).show(ui).clicked() {
                actions.push(Action::Dialog(DialogAction::Cancel));
            }
        });
    });
}

/// Puts the keyboard into the field when the dialog opens, with the name without its extension
/// chosen, so that one can type at once.
fn focus_at_first(ui: &Ui, id: Id, name: &str) {
    let pass = ui.ctx().cumulative_frame_nr();
    let is_new = ui.data_mut(|data| {
        let last: Option<u64> = data.get_temp(id);
        data.insert_temp(id, pass);
        last.is_none_or(|last| last + 2 < pass)
    });
    if !is_new {
        return;
    }
    ui.memory_mut(|memory| memory.request_focus(id));
    let stem = match name.rfind('.') {
        Some(dot) if dot > 0 => name.get(..dot).unwrap_or(name).chars().count(),
        _ => name.chars().count(),
    };
    let mut state = egui::TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
    let cursor = |at: usize| egui::text::CCursor::new(at);
    state.cursor.set_char_range(Some(egui::text::CCursorRange::two(cursor(0), cursor(stem))));
    state.store(ui.ctx(), id);
}
