//! Moments as FTP writes them (RFC 3659, section 2.3), always in UTC.

use ferry_protocol::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The date and time of a moment, in UTC.
pub(super) fn civil(moment: Timestamp) -> DateTime {
    let (secs, _) = moment.to_parts();
    let moment = jiff::Timestamp::from_second(secs).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    Offset::UTC.to_datetime(moment)
}

/// A moment as `YYYYMMDDHHMMSS`.
pub(super) fn time_value(moment: Timestamp) -> String {
    let civil = civil(moment);
    let year = civil.year().unsigned_abs();
    let rest = [civil.month(), civil.day(), civil.hour(), civil.minute(), civil.second()];
    // A listing has one in each line; the formatter would be called six times for it.
    let pairs =
        [year / 100, year % 100].into_iter().chain(rest.map(|part| part.unsigned_abs().into()));
    let digit = |number: u16| char::from_digit((number % 10).into(), 10).unwrap_or('0');
    pairs.flat_map(|pair| [digit(pair / 10), digit(pair)]).collect()
}

/// Reads `YYYYMMDDHHMMSS`, with or without a fraction of a second.
pub(super) fn parse_time_value(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !is_number(whole) || !is_number(fraction) || fraction.len() > 9 {
        return None;
    }
    let number = |from: usize, to: usize| whole.get(from..to)?.parse::<i8>().ok();
    let civil = DateTime::new(
        whole.get(..4)?.parse().ok()?,
        number(4, 6)?,
        number(6, 8)?,
        number(8, 10)?,
        number(10, 12)?,
        number(12, 14)?,
        0,
    );
    let secs = Offset::UTC.to_timestamp(civil.ok()?).ok()?.as_second();
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    Some(Timestamp::from_parts(secs, nanos))
}

/// The time now.
pub(super) fn now() -> Timestamp {
    let now = jiff::Timestamp::now();
    Timestamp::from_parts(now.as_second(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_value_is_read_as_it_is_written() {
        for secs in [0, 951_827_696, 1_600_000_000, 4_102_444_800] {
            let moment = Timestamp::from_parts(secs, 0);
            assert_eq!(parse_time_value(time_value(moment).as_bytes()), Some(moment));
        }
        assert_eq!(time_value(Timestamp::from_parts(951_827_696, 5)), "20000229123456");
        let fraction = parse_time_value(b"20000229123456.25").unwrap();
        assert_eq!(fraction.to_parts(), (951_827_696, 250_000_000));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for bad in
            ["", "2000", "20001301000000", "20000230000000", "2000022912345x", "-0000229123456"]
        {
            assert_eq!(parse_time_value(bad.as_bytes()), None, "{bad}");
        }
    }
}
