//! One row of a list.

use crate::state::State;
use crate::state::arrangement::Column;
use crate::state::pane::Pane;
use crate::state::place::shown;
use crate::state::rows::RowKind;
use crate::text::format;
use crate::theme::tokens::{Tokens, size};
use crate::theme::{self, icons};
use crate::widgets::{hint, words};
use egui::{
    Align2, Color32, CornerRadius, Rangef, Rect, Response, Role, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2,
};

/// Which columns there is room for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    has_size: bool,
    has_time: bool,
}

const SIDE: f32 = 14.0;
const GAP: f32 = 16.0;
const SIZE_WIDTH: f32 = 72.0;
const TIME_WIDTH: f32 = 116.0;
/// Icon and space before a name.
const NAME_INDENT: f32 = size::ICON + 10.0;

impl Columns {
    pub(super) fn of_width(width: f32) -> Self {
        Self { has_size: width > 240.0, has_time: width > 400.0 }
    }

    /// The columns and what they take of a row's width.
    pub(super) fn ranges(self, row: Rect) -> Vec<(Column, Rangef)> {
        let mut right = row.right() - SIDE;
        let mut ranges = Vec::new();
        if self.has_time {
            ranges.push((Column::Modified, Rangef::new(right - TIME_WIDTH, right)));
            right -= TIME_WIDTH + GAP;
        }
        if self.has_size {
            ranges.push((Column::Size, Rangef::new(right - SIZE_WIDTH, right)));
            right -= SIZE_WIDTH + GAP;
        }
        ranges.push((Column::Name, Rangef::new(row.left() + SIDE, right)));
        ranges.reverse();
        ranges
    }
}

pub(super) fn row_ui(
    ui: &Ui,
    state: &State,
    pane: &Pane,
    row: u32,
    (response, columns, has_focus): (&Response, Columns, bool),
) {
    let tokens = Tokens::of(ui);
    let name = shown(pane.rows.name(row));
    let is_chosen = pane.selection.contains(row);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_chosen, &name));
    if !ui.is_rect_visible(response.rect) {
        return;
    }
    let strip = response.rect.shrink2(egui::vec2(4.0, 1.0));
    let corner = CornerRadius::same(5);
    let is_active = state.active == pane.side;
    if is_chosen {
        let fill = if is_active { tokens.chosen } else { tokens.chosen_inactive };
        ui.painter().rect_filled(strip, corner, fill);
    } else if response.hovered() {
        ui.painter().rect_filled(strip, corner, tokens.hovered);
    }
    if has_focus && pane.selection.cursor == Some(row) {
        let stroke = Stroke::new(1.0, tokens.accent);
        ui.painter().rect_stroke(strip, corner, stroke, StrokeKind::Inside);
    }
    for (column, range) in columns.ranges(response.rect) {
        let cell = Rect::from_x_y_ranges(range, response.rect.y_range());
        match column {
            Column::Name => name_cell(ui, pane, row, &name, cell),
            Column::Size => size_cell(ui, pane, row, cell),
            Column::Modified => {
                let time = format::time(pane.rows.modified(row), &state.zone);
                cell_text(ui, cell.left_center(), Align2::LEFT_CENTER, &time);
            }
        }
    }
    if response.hovered() && name_width(ui, &name) > name_room(response.rect, columns) {
        hint(response.clone(), &name);
    }
}

fn size_cell(ui: &Ui, pane: &Pane, row: u32, cell: Rect) {
    if pane.rows.kind(row) == RowKind::File {
        let size = format::size(pane.rows.size(row));
        cell_text(ui, cell.right_center(), Align2::RIGHT_CENTER, &size);
    }
}

fn cell_text(ui: &Ui, at: egui::Pos2, align: Align2, text: &str) {
    let color = Tokens::of(ui).text_weak;
    ui.painter().text(at, align, text, theme::small(), color);
}

fn name_cell(ui: &Ui, pane: &Pane, row: u32, name: &str, cell: Rect) {
    let (icon, color) = icon_of(ui, pane, row, name);
    let at = pos2(cell.left() + size::ICON / 2.0, cell.center().y);
    let font = if pane.is_folder(row) {
        theme::icon_filled(size::ICON + 1.0)
    } else {
        theme::icon(size::ICON)
    };
    ui.painter().text(at, Align2::CENTER_CENTER, icon, font, color);
    let galley = words(name).galley(ui, cell.width() - NAME_INDENT);
    let top = cell.center().y - galley.size().y / 2.0;
    let color = ui.visuals().text_color();
    ui.painter().galley(pos2(cell.left() + NAME_INDENT, top), galley, color);
}

fn name_width(ui: &Ui, name: &str) -> f32 {
    crate::widgets::label_width(ui, name, theme::body())
}

fn name_room(row: Rect, columns: Columns) -> f32 {
    let ranges = columns.ranges(row);
    ranges.first().map_or(0.0, |(_, range)| range.span() - NAME_INDENT)
}

/// Whether a point is on the icon or the text of a row's name, where a drag of rows begins; in
/// the room beside it a rectangle begins.
pub(super) fn is_on_name(ui: &Ui, pane: &Pane, row: u32, row_rect: Rect, x: f32) -> bool {
    let columns = Columns::of_width(row_rect.width());
    let left = row_rect.left() + SIDE;
    let width = name_width(ui, &shown(pane.rows.name(row))).min(name_room(row_rect, columns));
    (left..left + NAME_INDENT + width).contains(&x)
}

fn icon_of(ui: &Ui, pane: &Pane, row: u32, name: &str) -> (char, Color32) {
    let tokens = Tokens::of(ui);
    match pane.rows.kind(row) {
        RowKind::Folder => (icons::FOLDER, tokens.folder),
        RowKind::Link => (icons::LINK_SIMPLE, tokens.text_weak),
        RowKind::Other => (icons::FILE_DASHED, tokens.text_weak),
        RowKind::File => (icon_of_file(name), tokens.text_weak),
    }
}

fn icon_of_file(name: &str) -> char {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref().unwrap_or_default() {
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "svg" | "heic" | "tif" | "tiff" | "bmp"
        | "raw" | "cr2" | "nef" => icons::FILE_IMAGE,
        "mp4" | "mkv" | "mov" | "avi" | "webm" | "mpg" => icons::FILE_VIDEO,
        "mp3" | "flac" | "ogg" | "wav" | "m4a" | "opus" => icons::FILE_AUDIO,
        "zip" | "gz" | "xz" | "zst" | "bz2" | "tar" | "tgz" | "7z" | "rar" | "iso" | "deb"
        | "rpm" => icons::FILE_ZIP,
        "pdf" => icons::FILE_PDF,
        "rs" | "py" | "c" | "h" | "cpp" | "js" | "ts" | "go" | "java" | "sh" | "html" | "css"
        | "json" | "toml" | "xml" | "yaml" | "yml" => icons::FILE_CODE,
        "txt" | "md" | "doc" | "docx" | "odt" | "rtf" | "csv" | "log" | "tex" => icons::FILE_TEXT,
        _ => icons::FILE,
    }
}
