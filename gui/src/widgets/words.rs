//! [`Words`]: a line of text that is cut with dots where it does not fit.

use crate::theme::{self};
use egui::text::{LayoutJob, TextWrapping};
use egui::{Color32, FontId, Galley, Response, Role, Sense, Ui, WidgetInfo, vec2};
use std::sync::Arc;

/// A line of text.
#[derive(Clone, Debug)]
#[must_use]
pub struct Words {
    text: String,
    font: FontId,
    color: Option<Color32>,
    max_width: f32,
}

/// A line of text.
pub fn words(text: impl Into<String>) -> Words {
    Words { text: text.into(), font: theme::body(), color: None, max_width: f32::INFINITY }
}

/// How wide a text is.
#[must_use]
pub fn label_width(ui: &Ui, text: &str, font: FontId) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER).size().x
}

impl Words {
    /// In another face or size.
    pub fn font(self, font: FontId) -> Self {
        Self { font, ..self }
    }

    /// In another colour.
    pub fn color(self, color: Color32) -> Self {
        Self { color: Some(color), ..self }
    }

    /// No wider than this.
    pub fn max_width(self, max_width: f32) -> Self {
        Self { max_width, ..self }
    }

    /// Lays it out.
    #[must_use]
    pub fn galley(&self, ui: &Ui, max_width: f32) -> Arc<Galley> {
        let color = self.color.unwrap_or_else(|| ui.visuals().text_color());
        let mut job = LayoutJob::simple_singleline(self.text.clone(), self.font.clone(), color);
        job.wrap = TextWrapping::truncate_at_width(max_width);
        ui.painter().layout_job(job)
    }

    /// Draws it on one line; what is cut is shown under the pointer.
    pub fn show(self, ui: &mut Ui) -> Response {
        let galley = self.galley(ui, self.max_width.min(ui.available_width()));
        let (rect, response) =
            ui.allocate_exact_size(vec2(galley.size().x, galley.size().y), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &self.text));
        ui.painter().galley(rect.min, Arc::clone(&galley), Color32::PLACEHOLDER);
        if galley.elided { response.on_hover_text(self.text) } else { response }
    }

    /// Draws it as a mere picture, which no screen reader reads.
    pub fn show_silently(self, ui: &mut Ui) {
        let galley = self.galley(ui, self.max_width);
        let (rect, _) = ui.allocate_exact_size(galley.size(), Sense::hover());
        ui.painter().galley(rect.min, galley, Color32::PLACEHOLDER);
    }

    /// Draws it on as many lines as it takes.
    pub fn wrapped(self, ui: &mut Ui) -> Response {
        let color = self.color.unwrap_or_else(|| ui.visuals().text_color());
        let text = egui::RichText::new(self.text).font(self.font).color(color);
        ui.add(egui::Label::new(text).wrap())
    }
}
