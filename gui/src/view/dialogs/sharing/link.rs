//! A link for others: as a code, as a text, and to be copied.

use crate::state::sharing::Link;
use crate::text::sharing as text;
use crate::theme::tokens::{Tokens, size, space};
use crate::widgets::{qr_code, words};
use egui::{CornerRadius, FontId, Frame, Role, Ui, WidgetInfo, vec2};

const CODE_SIDE: f32 = 176.0;

/// The code, and at its right what belongs to the link.
pub(super) fn link_ui(ui: &mut Ui, link: &Link, beside: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        if let Some(code) = &link.code {
            qr_code(ui, text::CODE, CODE_SIDE, (code.width, &code.dark));
        }
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing = vec2(space::S, space::S);
            beside(ui);
        });
    });
}

/// The link's parts, each on a line of its own: the place, the key, the invitation. A place that is
/// long has two: who, and where.
pub(super) fn link_text_ui(ui: &mut Ui, link: &Link) {
    let font = FontId::monospace(size::TEXT_SMALL);
    let shown = Frame::new()
        .fill(Tokens::of(ui).background)
        .corner_radius(CornerRadius::same(size::CORNER))
        .inner_margin(space::S)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 1.0;
            for part in parts(&link.text) {
                words(part).font(font.clone()).max_width(ui.available_width()).show_silently(ui);
            }
        });
    shown.response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &link.text));
}

/// Cut before what begins a part.
fn parts(link: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = link;
    while let Some(at) = rest.get(1..).and_then(|later| later.find(['#', '&'])) {
        let (part, after) = rest.split_at(at + 1);
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    match parts.split_first().map(|(place, others)| (place.split_at_checked(who(place)), others)) {
        Some((Some((who, place)), others)) if who.len() + place.len() > LINE_MAX => {
            [&[who, place], others].concat()
        }
        _ => parts,
    }
}

/// How long the part before the host is.
fn who(place: &str) -> usize {
    place.find('@').map_or(0, |at| at + 1)
}

/// Letters that there is room for beside a code.
const LINE_MAX: usize = 56;

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_link_is_cut_between_its_parts_and_nothing_is_lost() {
        let link = "ferry://ben@192.168.1.20:3000/#fp=abc&i=xyz";
        assert_eq!(parts(link), ["ferry://ben@192.168.1.20:3000/", "#fp=abc", "&i=xyz"]);
        let long = format!("ferry://{}@host:3000/#fp=abc", "n".repeat(60));
        assert_eq!(parts(&long)[1..], ["host:3000/", "#fp=abc"]);
        for odd in ["", "#", "&&", "ferry://host", "é#é"] {
            assert_eq!(parts(odd).concat(), odd);
        }
    }
}
