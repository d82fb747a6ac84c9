//! Uploads that are not finished.

use super::{Line, line_ui, rows_ui};
use crate::action::{Action, KeptAction};
use crate::state::State;
use crate::state::kept::{Part, PartStage};
use crate::text::{format, kept as text};
use crate::theme::icons;
use crate::theme::tokens::Tokens;
use crate::view::Actions;
use crate::widgets::{Button, Look};
use egui::Ui;

pub(super) fn list_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let parts = &state.kept.parts.list;
    rows_ui(ui, parts.len(), |ui, at| {
        if let Some(part) = parts.get(at) {
            part_ui(ui, state, part, actions);
        }
    });
}

fn part_ui(ui: &mut Ui, state: &State, part: &Part, actions: &mut Actions) {
    let tokens = Tokens::of(ui);
    let title = part.place.to_string();
    let (details, details_color) = match &part.stage {
        PartStage::Kept | PartStage::Going => {
            let time = format::time(Some(part.touched), &state.zone);
            (text::part(part, &time), tokens.text_weak)
        }
        PartStage::Asked => (text::abandon(part), tokens.warn),
        PartStage::Failed(problem) => (problem.details.clone(), tokens.bad),
    };
    let icon = if part.is_coming {
        (icons::UPLOAD_SIMPLE, tokens.accent)
    } else {
        (icons::FILE_DASHED, tokens.text_weak)
    };
    let line = Line { indent: 0.0, icon, title: &title, details: &details, details_color };
    line_ui(ui, &line, |ui| buttons_ui(ui, part, &title, actions));
}

fn buttons_ui(ui: &mut Ui, part: &Part, title: &str, actions: &mut Actions) {
    let mut button = |ui: &mut Ui, look, button: &str, action| {
        let label = text::button_for(button, title);
        let why_not = part.is_coming.then_some(text::IS_COMING);
        if Button::new(look, button).small().label(&label).why_not(why_not).show(ui).clicked() {
            actions.push(Action::Kept(action));
        }
    };
    match part.stage {
        PartStage::Kept | PartStage::Failed(_) => {
            button(ui, Look::Plain, text::ABANDON, KeptAction::AskAbandon(part.id));
        }
        PartStage::Asked => {
            button(ui, Look::Plain, text::KEEP, KeptAction::KeepPart(part.id));
            button(ui, Look::Danger, text::ABANDON_NOW, KeptAction::Abandon(part.id));
        }
        PartStage::Going => {}
    }
}
