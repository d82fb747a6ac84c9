//! The order in which a line is drawn where scripts written from right to left are in it.
//!
//! egui shapes each piece of one script rightly, but lays the pieces out as they come: two Arabic
//! words would stand the wrong way round. What is read, copied and compared stays in the order of
//! its letters; only what is drawn goes through here.

use std::borrow::Cow;
use unicode_bidi::{BidiClass, ParagraphBidiInfo};

/// The pieces of one line from left to right; `None` where they stand that way already. Each piece
/// is to be shaped by itself: a word of a script written from right to left has its letters in the
/// order in which they are read.
pub(super) fn pieces(line: &str) -> Option<Vec<Cow<'_, str>>> {
    if !line.chars().any(|char| char >= FIRST_FROM_RIGHT) {
        return None;
    }
    let info = ParagraphBidiInfo::new(line, None);
    if !info.has_rtl() {
        return None;
    }
    let (levels, runs) = info.visual_runs(0..line.len());
    let mut pieces = Vec::new();
    for run in runs {
        let is_from_right = levels.get(run.start).is_some_and(unicode_bidi::Level::is_rtl);
        let text = line.get(run.clone()).unwrap_or_default();
        if is_from_right {
            let classes = info.original_classes.get(run).unwrap_or_default();
            pieces.extend(words(text, classes).into_iter().rev());
        } else {
            pieces.push(text.into());
        }
    }
    Some(pieces)
}

/// Below this no character is written from right to left.
const FIRST_FROM_RIGHT: char = '\u{590}';

/// The words of a run from right to left, and what stands between them, in the order in which they
/// are read. `classes` has one for each byte.
fn words<'a>(run: &'a str, classes: &[BidiClass]) -> Vec<Cow<'a, str>> {
    let mut words: Vec<Cow<'_, str>> = Vec::new();
    let mut word_start = None;
    for (at, char) in run.char_indices() {
        let class = classes.get(at).copied().unwrap_or(BidiClass::ON);
        let start = *word_start.get_or_insert(at);
        if is_letter(class) {
            continue;
        }
        words.extend(run.get(start..at).filter(|word| !word.is_empty()).map(Cow::from));
        words.push(mirrored(char).to_string().into());
        word_start = None;
    }
    words.extend(word_start.and_then(|start| run.get(start..)).map(Cow::from));
    words
}

/// Whether it is shaped with the letters around it.
fn is_letter(class: BidiClass) -> bool {
    matches!(class, BidiClass::R | BidiClass::AL | BidiClass::NSM | BidiClass::BN)
}

/// What opens from the left closes from the right.
fn mirrored(char: char) -> char {
    let pair = PAIRS.iter().find(|(open, close)| char == *open || char == *close);
    pair.map_or(char, |(open, close)| if char == *open { *close } else { *open })
}

const PAIRS: [(char, char); 6] =
    [('(', ')'), ('[', ']'), ('{', '}'), ('<', '>'), ('«', '»'), ('‹', '›')];

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(line: &str) -> Vec<String> {
        let pieces = pieces(line).unwrap_or_else(|| vec![line.into()]);
        pieces.into_iter().map(Cow::into_owned).collect()
    }

    #[test]
    fn two_arabic_words_are_read_from_the_right() {
        assert_eq!(drawn("خريطة الميناء"), ["الميناء", " ", "خريطة"]);
        assert_eq!(drawn("خريطة الميناء.jpg"), ["jpg", ".", "الميناء", " ", "خريطة"]);
        assert_eq!(drawn("שלום (א)"), ["(", "א", ")", " ", "שלום"]);
    }

    #[test]
    fn numbers_and_words_from_left_to_right_keep_their_letters() {
        assert_eq!(drawn("صور 2026"), ["2026", " ", "صور"]);
        assert_eq!(drawn("Upload of خريطة الميناء"), ["Upload of ", "الميناء", " ", "خريطة"]);
        assert_eq!(drawn("ملف one two آخر"), ["آخر", " ", "one two", " ", "ملف"]);
    }

    #[test]
    fn other_lines_are_left_as_they_are() {
        for line in ["", "plan.svg", "渡轮 时刻表.xlsx", "Übersicht — fünf.pdf", "港口 🚢"]
        {
            assert_eq!(pieces(line), None, "{line}");
        }
    }
}
