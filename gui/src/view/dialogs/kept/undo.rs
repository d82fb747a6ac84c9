//! What can be brought back, by what did it.

use super::{ICON_WIDTH, Line, line_ui, rows_ui};
use crate::action::{Action, KeptAction};
use crate::state::State;
use crate::state::kept::{Fate, Group, IfTaken, KeptId, Reason, Thing};
use crate::state::place::Place;
use crate::text::{format, kept as text};
use crate::theme::icons;
use crate::theme::tokens::Tokens;
use crate::view::Actions;
use crate::widgets::{Button, Look};
use egui::{Color32, Ui};

/// A row of the list.
enum Row<'a> {
    /// Several things that went together.
    Group(&'a Group),
    /// One thing, alone or below its group.
    Thing(&'a Group, &'a Thing),
    /// Things that are not listed one by one.
    More(u64),
}

pub(super) fn list_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let rows: Vec<Row<'_>> = state.kept.undo.list.iter().flat_map(rows_of).collect();
    rows_ui(ui, rows.len(), |ui, at| match rows.get(at) {
        Some(Row::Group(group)) => group_ui(ui, state, group, actions),
        Some(Row::Thing(group, thing)) => thing_ui(ui, state, (group, thing), actions),
        Some(Row::More(more)) => more_ui(ui, *more),
        None => {}
    });
}

fn rows_of(group: &Group) -> Vec<Row<'_>> {
    if let ([thing], 1) = (group.things.as_slice(), group.count) {
        return vec![Row::Thing(group, thing)];
    }
    let mut rows = vec![Row::Group(group)];
    if group.is_open {
        rows.extend(group.things.iter().map(|thing| Row::Thing(group, thing)));
        let more = group.count.saturating_sub(group.things.len() as u64);
        rows.extend((more > 0).then_some(Row::More(more)));
    }
    rows
}

fn group_ui(ui: &mut Ui, state: &State, group: &Group, actions: &mut Actions) {
    let tokens = Tokens::of(ui);
    let title = text::group_title(group);
    let newest = group.things.first().map(|thing| thing.kept_at);
    let (details, details_color) = if let Some(returned) = &group.returned {
        let is_bad = returned.failed > 0 && !returned.is_running;
        (text::returned(returned), if is_bad { tokens.bad } else { tokens.text })
    } else {
        let time = format::time(newest, &state.zone);
        (text::group_details(group, &shared_folder(group), &time), tokens.text_weak)
    };
    let icon = (icon_of(group.things.first()), tokens.text_weak);
    let line = Line { indent: 0.0, icon, title: &title, details: &details, details_color };
    line_ui(ui, &line, |ui| {
        let (icon, label) = if group.is_open {
            (icons::CARET_UP, text::CLOSE_GROUP)
        } else {
            (icons::CARET_DOWN, text::OPEN_GROUP)
        };
        let label = text::button_for(label, &title);
        if Button::of_icon(icon, &label).small().show(ui).clicked() {
            actions.push(Action::Kept(KeptAction::Open(group.id)));
        }
        group_buttons(ui, group, &title, actions);
    });
}

fn group_buttons(ui: &mut Ui, group: &Group, title: &str, actions: &mut Actions) {
    let returned = group.returned.as_ref();
    let has_taken = returned.is_some_and(|returned| !returned.is_running && returned.taken > 0);
    let is_all_back = returned.is_some_and(|returned| returned.back >= group.count);
    let mut button = |ui: &mut Ui, look, button: &str, hint: &str, if_taken| {
        let label = text::button_for(button, title);
        let button = Button::new(look, button).small().label(&label);
        let button = if hint.is_empty() { button } else { button.hint(hint) };
        if button.show(ui).clicked() {
            let (group, thing) = (group.id, None);
            actions.push(Action::Kept(KeptAction::BringBack { group, thing, if_taken }));
        }
    };
    if has_taken {
        button(ui, Look::Plain, text::KEEP_BOTH, "", IfTaken::KeepBoth);
        button(ui, Look::Plain, text::REPLACE_ALL, text::REPLACE_HINT, IfTaken::Replace);
    } else if !group.is_returning() && !is_all_back {
        button(ui, Look::Plain, text::BRING_ALL_BACK, "", IfTaken::Ask);
    }
}

fn thing_ui(ui: &mut Ui, state: &State, (group, thing): (&Group, &Thing), actions: &mut Actions) {
    let tokens = Tokens::of(ui);
    let title = thing.place.to_string();
    let details = text::thing(thing, &format::time(Some(thing.kept_at), &state.zone));
    let is_below = group.count > 1;
    let icon = match &thing.fate {
        Fate::Back(_) => (icons::CHECK_CIRCLE, tokens.good),
        Fate::Failed(_) => (icons::WARNING_CIRCLE, tokens.bad),
        _ if is_below && thing.is_folder => (icons::FOLDER, tokens.text_weak),
        _ if is_below => (icons::FILE, tokens.text_weak),
        _ => (icon_of(Some(thing)), tokens.text_weak),
    };
    let line = Line {
        indent: if is_below { ICON_WIDTH } else { 0.0 },
        icon,
        title: &title,
        details: &details,
        details_color: color_of(ui, &thing.fate),
    };
    let is_busy = group.is_returning();
    line_ui(ui, &line, |ui| {
        if !is_busy {
            thing_buttons(ui, (group.id, thing), &title, actions);
        }
    });
}

fn thing_buttons(
    ui: &mut Ui,
    (group, thing): (KeptId, &Thing),
    title: &str,
    actions: &mut Actions,
) {
    let mut button = |ui: &mut Ui, button: &str, hint: &str, if_taken| {
        let label = text::button_for(button, title);
        let shown = Button::new(Look::Plain, button).small().label(&label);
        let shown = if hint.is_empty() { shown } else { shown.hint(hint) };
        if shown.show(ui).clicked() {
            let thing = Some(thing.id);
            actions.push(Action::Kept(KeptAction::BringBack { group, thing, if_taken }));
        }
    };
    match thing.fate {
        Fate::Kept | Fate::Failed(_) => button(ui, text::BRING_BACK, "", IfTaken::Ask),
        Fate::Taken => {
            button(ui, text::KEEP_BOTH, "", IfTaken::KeepBoth);
            button(ui, text::REPLACE, text::REPLACE_HINT, IfTaken::Replace);
        }
        Fate::Returning | Fate::Back(_) => {}
    }
}

fn more_ui(ui: &mut Ui, more: u64) {
    let tokens = Tokens::of(ui);
    let line = Line {
        indent: ICON_WIDTH,
        icon: (icons::DOTS_THREE, tokens.text_weak),
        title: &text::more(more),
        details: "",
        details_color: tokens.text_weak,
    };
    line_ui(ui, &line, |_| {});
}

fn icon_of(thing: Option<&Thing>) -> char {
    match thing.map(|thing| thing.reason) {
        Some(Reason::Replaced) => icons::SWAP,
        _ => icons::TRASH,
    }
}

fn color_of(ui: &Ui, fate: &Fate) -> Color32 {
    let tokens = Tokens::of(ui);
    match fate {
        Fate::Kept | Fate::Returning => tokens.text_weak,
        Fate::Back(_) => tokens.good,
        Fate::Taken => tokens.warn,
        Fate::Failed(_) => tokens.bad,
    }
}

/// The deepest folder that holds all that is listed of a group.
fn shared_folder(group: &Group) -> Place {
    let mut folders = group.things.iter().filter_map(|thing| thing.place.parent());
    let Some(mut deepest) = folders.next() else { return Place::root() };
    for folder in folders {
        while !folder.is_within(&deepest) {
            let Some(above) = deepest.parent() else { break };
            deepest = above;
        }
    }
    deepest
}
