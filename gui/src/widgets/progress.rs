//! A bar of progress.

use crate::theme::tokens::{Tokens, size};
use egui::{Color32, CornerRadius, Rect, Role, Sense, Ui, WidgetInfo, vec2};

/// Draws a bar that is filled from 0 to 1. It never moves by itself, so it costs nothing while
/// nothing happens.
pub fn progress_bar(ui: &mut Ui, label: &str, fraction: f32, color: Color32) {
    let wanted = vec2(ui.available_width(), size::BAR);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::hover());
    response.widget_info(|| WidgetInfo {
        value: Some(f64::from(fraction * 100.0)),
        ..WidgetInfo::labeled(Role::ProgressIndicator, true, label)
    });
    let corner = CornerRadius::same(2);
    ui.painter().rect_filled(rect, corner, Tokens::of(ui).track);
    let filled = rect.width() * fraction.clamp(0.0, 1.0);
    if filled >= 1.0 {
        let rect = Rect::from_min_size(rect.min, vec2(filled, rect.height()));
        ui.painter().rect_filled(rect, corner, color);
    }
}
