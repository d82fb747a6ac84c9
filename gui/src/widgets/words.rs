//! [`Words`]: a line of text that is cut with dots where it does not fit.

use super::bidi;
use crate::theme::{self};
use egui::text::{ByteIndex, LayoutJob, LayoutSection, TextFormat, TextWrapping};
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
    line(ui, text, font).size().x
}

/// A text on one line, in the colour that it is drawn in.
#[must_use]
pub fn line(ui: &Ui, text: &str, font: FontId) -> Arc<Galley> {
    words(text).font(font).color(Color32::PLACEHOLDER).galley(ui, f32::INFINITY)
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
        let Some(job) = self.reordered(ui, &self.text) else {
            let (text, font) = (self.text.clone(), self.font.clone());
            let mut job = LayoutJob::simple_singleline(text, font, self.ink(ui));
            job.wrap = TextWrapping::truncate_at_width(max_width);
            return ui.painter().layout_job(job);
        };
        let whole = ui.painter().layout_job(job);
        if whole.size().x <= max_width { whole } else { self.cut(ui, max_width) }
    }

    /// As much of it, from where it is read, as there is room for.
    fn cut(&self, ui: &Ui, max_width: f32) -> Arc<Galley> {
        let cut_at = |end: usize| {
            let text = format!("{}…", self.text.get(..end).unwrap_or_default());
            words(text).font(self.font.clone()).color(self.ink(ui)).galley(ui, f32::INFINITY)
        };
        let ends: Vec<usize> = self.text.char_indices().map(|(at, _)| at).collect();
        let fitting = ends.partition_point(|end| cut_at(*end).size().x <= max_width);
        let end = ends.get(fitting.saturating_sub(1)).copied().unwrap_or(0);
        let mut galley = cut_at(end);
        Arc::make_mut(&mut galley).elided = true;
        galley
    }

    /// A line as it is drawn where parts of it are read from right to left.
    fn reordered(&self, ui: &Ui, line: &str) -> Option<LayoutJob> {
        let mut job = LayoutJob { break_on_newline: false, ..LayoutJob::default() };
        for piece in bidi::pieces(line)? {
            self.push(ui, &mut job, &piece);
        }
        Some(job)
    }

    /// Adds a piece that is shaped by itself, as [`LayoutJob::append`] would not have it.
    fn push(&self, ui: &Ui, job: &mut LayoutJob, piece: &str) {
        let start = ByteIndex(job.text.len());
        job.text.push_str(piece);
        job.sections.push(LayoutSection {
            leading_space: 0.0,
            byte_range: start..ByteIndex(job.text.len()),
            format: TextFormat::simple(self.font.clone(), self.ink(ui)),
        });
    }

    fn ink(&self, ui: &Ui) -> Color32 {
        self.color.unwrap_or_else(|| ui.visuals().text_color())
    }

    /// Draws it on one line; what is cut is shown under the pointer.
    pub fn show(self, ui: &mut Ui) -> Response {
        let galley = self.galley(ui, self.max_width.min(ui.available_width()));
        let (rect, response) =
            ui.allocate_exact_size(vec2(galley.size().x, galley.size().y), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &self.text));
        ui.painter().galley(rect.min, Arc::clone(&galley), Color32::PLACEHOLDER);
        if galley.elided { hint(response, &self.text) } else { response }
    }

    /// Draws it as a mere picture, which no screen reader reads.
    pub fn show_silently(self, ui: &mut Ui) {
        let galley = self.galley(ui, self.max_width);
        let (rect, _) = ui.allocate_exact_size(galley.size(), Sense::hover());
        ui.painter().galley(rect.min, galley, Color32::PLACEHOLDER);
    }

    /// Draws it on as many lines as it takes.
    pub fn wrapped(self, ui: &mut Ui) -> Response {
        let color = self.ink(ui);
        if bidi::pieces(&self.text).is_some() {
            return self.wrapped_reordered(ui);
        }
        let text = egui::RichText::new(self.text).font(self.font).color(color);
        ui.add(egui::Label::new(text).wrap())
    }

    /// Lines are broken where they are read, and each is put in order by itself.
    fn wrapped_reordered(self, ui: &mut Ui) -> Response {
        let mut job = LayoutJob::default();
        for line in self.lines(ui, ui.available_width()) {
            let between = if job.text.is_empty() { "" } else { "\n" };
            self.push(ui, &mut job, between);
            for piece in bidi::pieces(&line).unwrap_or_else(|| vec![line.as_str().into()]) {
                self.push(ui, &mut job, &piece);
            }
        }
        let galley = ui.painter().layout_job(job);
        let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &self.text));
        ui.painter().galley(rect.min, galley, Color32::PLACEHOLDER);
        response
    }

    /// Its lines where none is to be wider than this, broken after spaces and slashes. egui counts
    /// the letters of a line from right to left twice, so that its own breaks are of no use here.
    fn lines(&self, ui: &Ui, max_width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in self.text.lines() {
            let mut line = String::new();
            for word in paragraph.split_inclusive([' ', '/']) {
                let longer = format!("{line}{word}");
                let is_full = label_width(ui, longer.trim_end(), self.font.clone()) > max_width;
                if is_full && !line.is_empty() {
                    lines.push(std::mem::replace(&mut line, word.to_owned()));
                } else {
                    line = longer;
                }
            }
            lines.push(line);
        }
        lines
    }
}

/// Shows a text under the pointer.
pub fn hint(response: Response, text: &str) -> Response {
    response.on_hover_ui(|ui| {
        ui.set_max_width(HINT_WIDTH);
        words(text).wrapped(ui);
    })
}

/// A longer hint goes on in the next line.
const HINT_WIDTH: f32 = 420.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn with_ui(mut call: impl FnMut(&mut Ui)) {
        let output = egui::Context::default().run_ui(egui::RawInput::default(), |ui| call(ui));
        output.drop_without_applying_deltas();
    }

    fn plain(text: &str) -> Words {
        words(text).font(FontId::proportional(14.0))
    }

    /// The letters of a line as they are drawn, from left to right.
    fn drawn(text: &str, max_width: f32) -> (String, bool) {
        let mut drawn = (String::new(), false);
        with_ui(|ui| {
            let galley = plain(text).galley(ui, max_width);
            let glyphs = galley.rows.iter().flat_map(|row| row.glyphs.iter());
            let seen = glyphs.filter(|glyph| glyph.advance_width > 0.0);
            let mut seen: Vec<(f32, char)> = seen.map(|glyph| (glyph.pos.x, glyph.chr)).collect();
            seen.sort_by(|a, b| a.0.total_cmp(&b.0));
            drawn = (seen.into_iter().map(|(_, chr)| chr).collect(), galley.elided);
        });
        drawn
    }

    #[test]
    fn a_name_from_right_to_left_is_drawn_so() {
        let mirrored: String = "خريطة الميناء".chars().rev().collect();
        assert_eq!(drawn("خريطة الميناء", f32::INFINITY), (mirrored, false));
    }

    #[test]
    fn a_name_from_right_to_left_is_cut_where_it_ends() {
        let (cut, is_cut) = drawn("خريطة الميناء", 40.0);
        assert!(is_cut);
        assert!(cut.starts_with('…') && cut.ends_with('خ'), "{cut}");
    }

    #[test]
    fn lines_are_broken_where_they_are_read() {
        let text = "Upload of خريطة الميناء خريطة الميناء\nto /a";
        with_ui(|ui| {
            let lines = plain(text).lines(ui, 160.0);
            assert!(lines.len() > 2, "{lines:?}");
            assert_eq!(lines.concat(), text.replace('\n', ""));
            assert_eq!(lines.last().unwrap(), "to /a");
        });
    }
}
