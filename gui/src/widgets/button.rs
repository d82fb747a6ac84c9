//! [`Button`]: every button of the app.

use super::words::{hint, line};
use crate::theme::tokens::{Tokens, size, space};
use crate::theme::{self};
use egui::{
    Align2, Color32, CornerRadius, FontId, Response, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, vec2,
};

/// How much a button wants to be pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// One of several.
    Plain,
    /// What is to be done next.
    Primary,
    /// What takes something away.
    Danger,
    /// Stands back until the pointer is over it.
    Quiet,
}

/// A button: an icon, a text, or both.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Button<'a> {
    look: Look,
    icon: Option<char>,
    text: &'a str,
    label: &'a str,
    hint: Option<&'a str>,
    why_not: Option<&'a str>,
    is_on: Option<bool>,
    min_width: f32,
    height: f32,
    tint: Option<Color32>,
}

impl<'a> Button<'a> {
    /// A button with a text.
    pub fn new(look: Look, text: &'a str) -> Self {
        Self {
            look,
            icon: None,
            text,
            label: text,
            hint: None,
            why_not: None,
            is_on: None,
            min_width: 0.0,
            height: size::CONTROL,
            tint: None,
        }
    }

    /// A quiet button with nothing but an icon; the label says what it does.
    pub fn of_icon(icon: char, label: &'a str) -> Self {
        Self { icon: Some(icon), label, hint: Some(label), ..Self::new(Look::Quiet, "") }
    }

    /// An icon before the text.
    pub fn icon(self, icon: char) -> Self {
        Self { icon: Some(icon), ..self }
    }

    /// What a screen reader and a test know it by, where the text does not say it.
    pub fn label(self, label: &'a str) -> Self {
        Self { label, ..self }
    }

    /// What it does, shown under the pointer.
    pub fn hint(self, hint: &'a str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// Why it cannot be pressed now; `None` when it can.
    pub fn why_not(self, why_not: Option<&'a str>) -> Self {
        Self { why_not, ..self }
    }

    /// It can be on or off.
    pub fn is_on(self, is_on: bool) -> Self {
        Self { is_on: Some(is_on), ..self }
    }

    /// It is at least this wide.
    pub fn min_width(self, min_width: f32) -> Self {
        Self { min_width, ..self }
    }

    /// It is lower than others.
    pub fn small(self) -> Self {
        Self { height: 24.0, ..self }
    }

    /// The icon's own colour.
    pub fn tint(self, tint: Color32) -> Self {
        Self { tint: Some(tint), ..self }
    }

    /// Draws it.
    pub fn show(self, ui: &mut Ui) -> Response {
        let is_enabled = self.why_not.is_none();
        let response = ui.add_enabled_ui(is_enabled, |ui| self.paint(ui)).inner;
        let info = || match self.is_on {
            Some(is_on) => WidgetInfo::selected(Role::Button, is_enabled, is_on, self.label),
            None => WidgetInfo::labeled(Role::Button, is_enabled, self.label),
        };
        response.widget_info(info);
        match (self.why_not, self.hint) {
            (Some(why_not), _) => response.on_disabled_hover_text(why_not),
            (None, Some(what)) => hint(response, what),
            (None, None) => response,
        }
    }

    fn paint(self, ui: &mut Ui) -> Response {
        let font = self.font();
        let galley = line(ui, self.text, font);
        let has_text = !self.text.is_empty();
        let icon_width = if self.icon.is_some() { size::ICON } else { 0.0 };
        let gap = if has_text && self.icon.is_some() { 6.0 } else { 0.0 };
        let is_quiet = self.look == Look::Quiet;
        let side = if is_quiet { 9.0 } else { space::M };
        let padding = if has_text { side } else { (self.height - size::ICON) / 2.0 };
        let content = icon_width + gap + galley.size().x;
        let wanted = vec2((content + 2.0 * padding).max(self.min_width), self.height);
        let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
        if !ui.is_rect_visible(rect) {
            return response;
        }
        let colors = self.colors(ui, &response);
        let corner = CornerRadius::same(size::CORNER);
        ui.painter().rect(rect, corner, colors.fill, colors.border, StrokeKind::Inside);
        if response.has_focus() {
            let ring = Stroke::new(2.0, Tokens::of(ui).accent);
            ui.painter().rect_stroke(rect.expand(1.5), corner, ring, StrokeKind::Outside);
        }
        let mut left = rect.center().x - content / 2.0;
        if let Some(icon) = self.icon {
            let at = egui::pos2(left + icon_width / 2.0, rect.center().y);
            let tint = self.tint.filter(|_| ui.is_enabled()).unwrap_or(colors.text);
            let is_on = self.is_on == Some(true);
            let face = if is_on { theme::icon_filled } else { theme::icon };
            ui.painter().text(at, Align2::CENTER_CENTER, icon, face(size::ICON), tint);
            left += icon_width + gap;
        }
        let top = rect.center().y - galley.size().y / 2.0;
        ui.painter().galley(egui::pos2(left, top), galley, colors.text);
        response
    }

    fn font(self) -> FontId {
        match self.look {
            Look::Primary | Look::Danger => theme::strong(),
            Look::Plain | Look::Quiet => theme::medium(),
        }
    }

    fn colors(self, ui: &Ui, response: &Response) -> Colors {
        let tokens = Tokens::of(ui);
        if !ui.is_enabled() {
            let fill = match self.look {
                Look::Quiet => Color32::TRANSPARENT,
                _ => tokens.background,
            };
            let border =
                if self.look == Look::Quiet { Color32::TRANSPARENT } else { tokens.border };
            let text = tokens.text_weak.gamma_multiply(0.6);
            return Colors { fill, border: Stroke::new(1.0, border), text };
        }
        let is_pressed = response.is_pointer_button_down_on();
        let is_hovered = response.hovered();
        let over = |rest| match (is_pressed, is_hovered) {
            (true, _) => tokens.pressed,
            (false, true) => tokens.hovered,
            (false, false) => rest,
        };
        let none = Stroke::NONE;
        let is_on = self.is_on == Some(true);
        match self.look {
            Look::Plain => Colors {
                fill: if is_on { tokens.chosen } else { over(tokens.surface) },
                border: Stroke::new(1.0, if is_on { tokens.accent } else { tokens.control_border }),
                text: tokens.text,
            },
            Look::Quiet => Colors {
                fill: if is_on { tokens.chosen } else { over(Color32::TRANSPARENT) },
                border: none,
                text: if is_on { tokens.accent } else { tokens.text_weak },
            },
            Look::Primary => Colors {
                fill: if is_hovered { tokens.accent_hovered } else { tokens.accent },
                border: none,
                text: tokens.on_accent,
            },
            Look::Danger => Colors {
                fill: if is_hovered { tokens.bad } else { tokens.bad_soft },
                border: Stroke::new(1.0, tokens.bad),
                text: if is_hovered { tokens.surface } else { tokens.bad },
            },
        }
    }
}

struct Colors {
    fill: Color32,
    border: Stroke,
    text: Color32,
}
