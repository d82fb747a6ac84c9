//! When something ends: an account, an invitation.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::str::FromStr as _;
use std::time::SystemTime;

/// A moment after which something is over, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiry(Timestamp);

/// What may stand there, for the remedy of a mistake.
pub(crate) const EXPIRY_EXPECTED: &str = "a date such as \"2030-12-31\", whose day still counts, or a time such as \
     \"2030-12-31T18:00:00Z\"";

impl Expiry {
    /// Reads a date, whose whole day still counts (UTC), or an RFC 3339 time.
    ///
    /// # Errors
    /// A text that says what may stand there.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            let shown = ferry_protocol::escape(text.as_bytes());
            format!("`{shown}` is no date: write {EXPIRY_EXPECTED}")
        };
        if let Ok(date) = Date::from_str(text) {
            let next = date.tomorrow().ok().and_then(|day| day.to_zoned(TimeZone::UTC).ok());
            return next.map(|start| Self(start.timestamp())).ok_or_else(wrong);
        }
        Timestamp::from_str(text).map(Self::of).map_err(|_no_time| wrong())
    }

    /// Reads what a command is given: as [`parse`](Self::parse), or a time from `now` on, such as
    /// `30m`, `12h`, `7d` or `2w`.
    ///
    /// # Errors
    /// The same.
    pub fn parse_from(text: &str, now: SystemTime) -> Result<Self, String> {
        let Some(secs) = seconds_of(text) else { return Self::parse(text) };
        let now = Timestamp::try_from(now).unwrap_or_default();
        now.checked_add(SignedDuration::from_secs(secs))
            .map(Self::of)
            .map_err(|_too_far| format!("`{text}` is too far away"))
    }

    /// Whether it is over at `now`.
    pub fn is_over(&self, now: SystemTime) -> bool {
        Timestamp::try_from(now).is_ok_and(|now| now >= self.0)
    }

    /// Seconds since 1970.
    pub fn as_unix_secs(self) -> i64 {
        self.0.as_second()
    }

    /// This much later.
    pub(super) fn plus(self, later: SignedDuration) -> Self {
        Self(self.0.checked_add(later).unwrap_or(Timestamp::MAX))
    }

    fn of(time: Timestamp) -> Self {
        Self(Timestamp::from_second(time.as_second()).unwrap_or(time))
    }
}

impl fmt::Display for Expiry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0.to_string())
    }
}

/// `7d` as seconds.
fn seconds_of(text: &str) -> Option<i64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = text.split_at(end);
    let factor = match unit.trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    digits.parse::<i64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn at(secs: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(secs)
    }

    #[test]
    fn a_date_counts_to_its_end() {
        let expiry = Expiry::parse("1970-01-02").unwrap();
        assert!(!expiry.is_over(at(2 * 86_400 - 1)));
        assert!(expiry.is_over(at(2 * 86_400)));
        assert_eq!(Expiry::parse(&expiry.to_string()), Ok(expiry));
    }

    #[test]
    fn a_time_from_now_is_read() {
        let expiry = Expiry::parse_from("7d", at(100)).unwrap();
        assert!(!expiry.is_over(at(100 + 7 * 86_400 - 1)) && expiry.is_over(at(100 + 7 * 86_400)));
        assert_eq!(Expiry::parse_from("1970-01-02", at(0)), Expiry::parse("1970-01-02"));
        for wrong in ["", "soon", "7", "7y", "2030-13-01", "99999999999999w"] {
            assert!(Expiry::parse_from(wrong, at(0)).is_err(), "{wrong}");
        }
    }
}
