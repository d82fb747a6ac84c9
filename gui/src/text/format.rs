//! Sizes, times and counts in words.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;

/// Bytes, as in "1.4 MiB", in the words that the terminal has for them.
#[must_use]
pub fn size(bytes: u64) -> String {
    let mut unit = 0;
    // Tenths of the unit, rounded down, so that 1023.9 KiB never reads as 1024.0.
    let mut tenths = u128::from(bytes) * 10;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if unit == 0 || tenths >= 1000 {
        format!("{} {name}", tenths / 10)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// Bytes a second, as in "12.3 MiB/s".
#[must_use]
pub fn speed(bytes_per_sec: u64) -> String {
    format!("{}/s", size(bytes_per_sec))
}

/// A time that is left, as in "3 min".
#[must_use]
pub fn time_left(left: Duration) -> String {
    let secs = left.as_secs();
    match secs {
        0..60 => format!("{} s left", secs.max(1)),
        60..3600 => format!("{} min left", secs.div_ceil(60)),
        _ => format!("{} h {} min left", secs / 3600, secs % 3600 / 60),
    }
}

/// A moment in nanoseconds since 1970, as in "2026-11-26 04:15"; a dash when nobody knows it.
#[must_use]
pub fn time(nanos: Option<i64>, zone: &TimeZone) -> String {
    let Some(Ok(moment)) = nanos.map(|nanos| Timestamp::from_nanosecond(i128::from(nanos))) else {
        return "–".to_owned();
    };
    let moment = zone.to_datetime(moment);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}",
        moment.year(),
        moment.month(),
        moment.day(),
        moment.hour(),
        moment.minute()
    )
}

/// A count with its thousands apart, as in "1,234,567".
#[must_use]
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A count with its noun, as in "1 file" or "3 files".
#[must_use]
pub fn counted(number: u64, one: &str, many: &str) -> String {
    let noun = if number == 1 { one } else { many };
    format!("{} {noun}", count(number))
}

/// Files, as in "3 files".
#[must_use]
pub fn files(number: u64) -> String {
    counted(number, "file", "files")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let shown = [0, 1023, 1024, 1536, 102_399, 102_400, 1024 * 1024 - 1].map(size);
        let wanted = ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "99.9 KiB", "100 KiB", "1023 KiB"];
        assert_eq!(shown, wanted);
        assert_eq!(size(u64::MAX), "15.9 EiB");
    }

    #[test]
    fn counts_have_their_thousands_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!((files(1), files(2)), ("1 file".to_owned(), "2 files".to_owned()));
    }

    #[test]
    fn times_are_shown_where_one_is() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(time(Some(1_000_000_000_000_000_000), &zone), "2001-09-09 03:46");
        assert_eq!(time(None, &zone), "–");
        let left = [0, 59, 61, 3700].map(|secs| time_left(Duration::from_secs(secs)));
        assert_eq!(left, ["1 s left", "59 s left", "2 min left", "1 h 1 min left"]);
    }
}
