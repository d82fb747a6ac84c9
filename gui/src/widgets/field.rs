//! [`Field`]: a labelled field for one line of text.

use crate::theme::tokens::{Tokens, size};
use crate::theme::{self};
use egui::{Id, Margin, Response, TextEdit, Ui};

/// A field for one line of text.
#[derive(Debug)]
#[must_use]
pub struct Field<'a> {
    id: Id,
    label: &'a str,
    hint: &'a str,
    is_password: bool,
    has_title: bool,
    is_bad: bool,
    width: f32,
    height: f32,
}

/// What a field did in this frame.
#[derive(Clone, Debug)]
pub struct FieldOutput {
    /// The field.
    pub response: Response,
    /// What is typed now, if it changed.
    pub typed: Option<String>,
    /// Enter was pressed in it.
    pub is_entered: bool,
    /// Escape was pressed in it.
    pub is_left: bool,
}

impl<'a> Field<'a> {
    /// A field with its label above it.
    pub fn new(id: Id, label: &'a str) -> Self {
        Self {
            id,
            label,
            hint: "",
            is_password: false,
            has_title: true,
            is_bad: false,
            width: f32::INFINITY,
            height: size::CONTROL,
        }
    }

    /// The label is for screen readers and tests alone.
    pub fn without_title(self) -> Self {
        Self { has_title: false, ..self }
    }

    /// What is shown while it is empty.
    pub fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    /// What is typed is not shown.
    pub fn password(self, is_password: bool) -> Self {
        Self { is_password, ..self }
    }

    /// What is typed cannot be right.
    pub fn bad(self, is_bad: bool) -> Self {
        Self { is_bad, ..self }
    }

    /// Its width, as far as there is room.
    pub fn width(self, width: f32) -> Self {
        Self { width, ..self }
    }

    /// It is lower than others.
    pub fn small(self) -> Self {
        Self { height: 26.0, ..self }
    }

    /// Draws it with a text.
    pub fn show(self, ui: &mut Ui, text: &str) -> FieldOutput {
        let mut edited = text.to_owned();
        let response = if self.has_title {
            ui.vertical(|ui| self.titled(ui, &mut edited)).inner
        } else {
            self.edit(ui, &mut edited)
        };
        let label = self.label.to_owned();
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(label));
        let lost = response.lost_focus();
        let pressed = |key| ui.input(|input| input.key_pressed(key));
        FieldOutput {
            typed: response.changed().then_some(edited),
            is_entered: lost && pressed(egui::Key::Enter),
            is_left: lost && pressed(egui::Key::Escape),
            response,
        }
    }

    fn titled(&self, ui: &mut Ui, edited: &mut String) -> Response {
        ui.spacing_mut().item_spacing.y = 4.0;
        let weak = Tokens::of(ui).text_weak;
        let title = egui::RichText::new(self.label).font(theme::small()).color(weak);
        let title = ui.label(title);
        self.edit(ui, edited).labelled_by(title.id)
    }

    fn edit(&self, ui: &mut Ui, edited: &mut String) -> Response {
        let tokens = Tokens::of(ui);
        let width = self.width.min(ui.available_width());
        let hint = egui::RichText::new(self.hint).color(tokens.text_weak);
        let edit = TextEdit::singleline(edited)
            .id(self.id)
            .hint_text(hint)
            .password(self.is_password)
            .margin(Margin::symmetric(8, 2))
            .align(egui::Align2::LEFT_CENTER)
            .min_size(egui::vec2(width, self.height))
            .desired_width(width);
        ui.scope(|ui| {
            ui.spacing_mut().interact_size.y = self.height;
            if self.is_bad {
                let stroke = egui::Stroke::new(1.5, tokens.bad);
                ui.visuals_mut().widgets.inactive.bg_stroke = stroke;
                ui.visuals_mut().selection.stroke = stroke;
            }
            ui.add(edit)
        })
        .inner
    }
}
