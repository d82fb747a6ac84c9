//! Times as they are shown: local and short for a person, UTC to the nanosecond for a program.
//!
//! Listings show a hundred thousand of them, so nothing here allocates.

use ferry_protocol::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use std::sync::LazyLock;

/// Shows times in one time zone.
#[derive(Clone, Debug)]
pub struct Clock {
    /// `None` is this computer's.
    zone: Option<TimeZone>,
}

/// Looked up when a time is first shown: it takes a walk through all time zones that there are.
static LOCAL: LazyLock<TimeZone> = LazyLock::new(TimeZone::system);

impl Clock {
    /// This computer's time zone.
    #[must_use]
    pub fn local() -> Self {
        Self { zone: None }
    }

    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self { zone: Some(TimeZone::UTC) }
    }

    /// Appends `2026-11-22 16:08`.
    pub fn push_short(&self, time: Timestamp, text: &mut String) {
        let (date, _) = self.civil(time);
        push_date(&date, ' ', text);
    }

    /// Appends `2026-11-22 16:08:17`.
    pub fn push_long(&self, time: Timestamp, text: &mut String) {
        let (date, _) = self.civil(time);
        push_date(&date, ' ', text);
        text.push(':');
        push_digits(date.second(), 2, text);
    }

    fn civil(&self, time: Timestamp) -> (DateTime, u32) {
        let (secs, nanos) = time.to_parts();
        let moment = jiff::Timestamp::from_second(secs).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let offset: Offset = self.zone.as_ref().unwrap_or(&LOCAL).to_offset(moment);
        (offset.to_datetime(moment), nanos)
    }
}

/// Appends RFC 3339 in UTC with nanoseconds: `2026-11-22T16:08:17.000000001Z`.
pub fn push_rfc3339(time: Timestamp, text: &mut String) {
    let (date, nanos) = Clock::utc().civil(time);
    push_date(&date, 'T', text);
    text.push(':');
    push_digits(date.second(), 2, text);
    text.push('.');
    push_digits(nanos, 9, text);
    text.push('Z');
}

fn push_date(date: &DateTime, between: char, text: &mut String) {
    push_digits(date.year(), 4, text);
    text.push('-');
    push_digits(date.month(), 2, text);
    text.push('-');
    push_digits(date.day(), 2, text);
    text.push(between);
    push_digits(date.hour(), 2, text);
    text.push(':');
    push_digits(date.minute(), 2, text);
}

/// Appends the last `count` digits of a number that is not negative.
fn push_digits(number: impl Into<i64>, count: u32, text: &mut String) {
    let number = number.into();
    for place in (0..count).rev() {
        let digit = number / 10_i64.pow(place) % 10;
        text.push(
            u32::try_from(digit).ok().and_then(|digit| char::from_digit(digit, 10)).unwrap_or('0'),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rfc3339(time: Timestamp) -> String {
        let mut text = String::new();
        push_rfc3339(time, &mut text);
        text
    }

    #[test]
    fn programs_get_nanoseconds() {
        assert_eq!(rfc3339(Timestamp(0)), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(rfc3339(Timestamp(-1)), "1969-12-31T23:59:59.999999999Z");
        let leap_day = Timestamp::from_parts(951_782_400, 5);
        assert_eq!(rfc3339(leap_day), "2000-02-29T00:00:00.000000005Z");
    }

    #[test]
    fn a_person_gets_the_local_time() {
        let clock = Clock { zone: Some(TimeZone::fixed(jiff::tz::offset(2))) };
        let mut text = String::new();
        clock.push_short(Timestamp::from_parts(1_700_000_000, 0), &mut text);
        assert_eq!(text, "2023-11-15 00:13");
        text.clear();
        clock.push_long(Timestamp::from_parts(1_700_000_000, 0), &mut text);
        assert_eq!(text, "2023-11-15 00:13:20");
    }

    proptest! {
        #[test]
        fn every_time_reads_back(nanos in any::<i64>()) {
            let text = rfc3339(Timestamp(nanos));
            let read: jiff::Timestamp = text.parse().unwrap();
            prop_assert_eq!(read.as_nanosecond(), i128::from(nanos));
        }
    }
}
