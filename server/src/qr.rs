//! QR codes of links, for a terminal and for the desktop app to draw.

use qrcode::{Color, QrCode};

/// A QR code as a square of dark and light fields, without the margin that it needs around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrMatrix {
    width: usize,
    dark: Vec<bool>,
}

impl QrMatrix {
    /// The code of a text; `None` where it is too long for one.
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::new(text).ok()?;
        let width = code.width();
        let dark = code.into_colors().into_iter().map(|color| color == Color::Dark).collect();
        Some(Self { width, dark })
    }

    /// Fields of a side.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether the field is dark; what lies outside is light.
    pub fn is_dark(&self, column: usize, row: usize) -> bool {
        let inside = column < self.width && row < self.width;
        inside && self.dark.get(row * self.width + column).copied().unwrap_or_default()
    }

    /// Lines of half blocks, two fields high, dark on light as readers want it: light fields are
    /// drawn, for terminals are dark. With its margin; no line end at the end.
    pub fn half_blocks(&self) -> String {
        let side = self.width + 2 * MARGIN;
        let is_light = |column: usize, row: usize| {
            let field = column.checked_sub(MARGIN).zip(row.checked_sub(MARGIN));
            !field.is_some_and(|(column, row)| self.is_dark(column, row))
        };
        let line = |row: usize| -> String {
            let field = |column| match (is_light(column, row), is_light(column, row + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            };
            (0..side).map(field).collect()
        };
        (0..side).step_by(2).map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Light fields around a code, so that readers find it.
const MARGIN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_finder_patterns_and_a_light_margin() {
        let code = QrMatrix::of("ferry://host/").unwrap();
        for corner in [(0, 0), (code.width() - 7, 0), (0, code.width() - 7)] {
            let row: Vec<bool> =
                (0..7).map(|field| code.is_dark(corner.0 + field, corner.1 + 1)).collect();
            assert_eq!(row, [true, false, false, false, false, false, true]);
        }
        assert!(!code.is_dark(code.width(), 0));
        let lines: Vec<Vec<char>> =
            code.half_blocks().lines().map(|line| line.chars().collect()).collect();
        assert_eq!(lines.len(), (code.width() + 2 * MARGIN).div_ceil(2));
        assert!(lines.iter().all(|line| line.len() == code.width() + 2 * MARGIN));
        assert!(lines[0].iter().all(|field| *field == '█'));
        // The second row of the upper left finder pattern, below its first.
        let corner: String = lines[2][4..11].iter().collect();
        assert_eq!(corner, " ▄▄▄▄▄ ");
    }

    #[test]
    fn a_text_too_long_has_no_code() {
        assert!(QrMatrix::of(&"x".repeat(5000)).is_none());
    }
}
