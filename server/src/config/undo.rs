//! How long and how much of what was replaced or removed is kept.

use super::{Reading, Section, limits};
use std::time::Duration;

/// Bounds of undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UndoLimits {
    /// How long a thing is kept; zero keeps nothing.
    pub lifetime: Duration,
    /// Most of the disk that may be kept, in hundredths; 0 keeps nothing.
    pub disk_percent: u8,
}

impl UndoLimits {
    /// Keeps nothing.
    #[must_use]
    pub fn off() -> Self {
        Self { lifetime: Duration::ZERO, disk_percent: 0 }
    }

    /// Reads `[undo]`.
    pub(super) fn read<'t>(mut section: Section<'t>, reading: &mut Reading<'t>) -> Self {
        let mut undo = Self::default();
        if let Some(days) = section.value::<f64>("days", "a number of days, such as 7", reading) {
            match Duration::try_from_secs_f64(*days.get_ref() * SECS_PER_DAY) {
                Ok(lifetime) if lifetime <= limits::LONGEST => undo.lifetime = lifetime,
                _ => {
                    let what = format!("`days` cannot be {}", days.get_ref());
                    reading.mistake(days.span(), what, "write days from 0, which is off, to 3650");
                }
            }
        }
        let expected = format!("a whole number from 0, which is off, to {PERCENT_MAX}");
        match section.value::<u8>("disk_percent", &expected, reading) {
            Some(percent) if *percent.get_ref() > PERCENT_MAX => {
                let what = format!("`disk_percent` cannot be {}", percent.get_ref());
                reading.mistake(percent.span(), what, format!("write {expected}"));
            }
            Some(percent) => undo.disk_percent = percent.into_inner(),
            None => {}
        }
        section.end(reading);
        undo
    }

    /// Whether anything is kept.
    #[must_use]
    pub fn is_on(self) -> bool {
        !self.lifetime.is_zero() && self.disk_percent > 0
    }
}

impl Default for UndoLimits {
    fn default() -> Self {
        Self { lifetime: Duration::from_hours(7 * 24), disk_percent: 10 }
    }
}

const SECS_PER_DAY: f64 = 24.0 * 60.0 * 60.0;

/// The present needs some of the disk, too.
const PERCENT_MAX: u8 = 90;
