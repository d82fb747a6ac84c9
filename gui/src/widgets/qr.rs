//! A QR code.

use crate::theme::tokens::{Tokens, size};
use egui::{
    Color32, CornerRadius, Mesh, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

/// Light fields around a code, so that readers find it.
const MARGIN: usize = 4;

/// Draws a square of `width` times `width` fields, dark on white in every theme as readers want
/// it, at most `side` points high. Each field is as many whole pixels as fit.
pub fn qr_code(ui: &mut Ui, label: &str, side: f32, (width, dark): (usize, &[bool])) {
    let fields = points(width + 2 * MARGIN);
    let pixels = ui.ctx().pixels_per_point();
    let field = ((side * pixels / fields).floor().max(1.0)) / pixels;
    let wanted = vec2(field * fields, field * fields);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, label));
    let border = Stroke::new(1.0, Tokens::of(ui).border);
    let corner = CornerRadius::same(size::CORNER);
    ui.painter().rect(rect, corner, Color32::WHITE, border, StrokeKind::Inside);
    let origin =
        pos2((rect.left() * pixels).round() / pixels, (rect.top() * pixels).round() / pixels);
    // Without the soft edges of single rectangles, which would show between the fields.
    let mut mesh = Mesh::default();
    for (index, _) in dark.iter().enumerate().filter(|(_, is_dark)| **is_dark) {
        let (column, row) = (index % width + MARGIN, index / width + MARGIN);
        let min = origin + vec2(points(column), points(row)) * field;
        mesh.add_colored_rect(Rect::from_min_size(min, vec2(field, field)), Color32::BLACK);
    }
    ui.painter().add(mesh);
}

/// A count of fields as a length. Codes have 177 of them at the most.
fn points(count: usize) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX))
}
