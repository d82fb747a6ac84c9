//! Amounts of bytes as people write them.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// Bytes, or bytes a second. Written as a number, or with a unit: `10 GiB`, `500 kB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub u64);

/// What may stand there, for the remedy of a mistake.
pub(crate) const AMOUNT_EXPECTED: &str = "a number of bytes, or a text such as \"10 GiB\"";

/// Largest first within each family, as [`fmt::Display`] needs it.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            let shown = ferry_protocol::escape(text.as_bytes());
            format!("`{shown}` is no amount: write bytes, or a number with KiB, MiB, GiB or TiB")
        };
        let trimmed = text.trim();
        let end = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
        let (digits, unit) = trimmed.split_at(end);
        let unit = unit.trim();
        let factor = if unit.is_empty() {
            1
        } else {
            let known = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
            known.ok_or_else(wrong)?.1
        };
        let count: u64 = digits.parse().map_err(|_no_number| wrong())?;
        count
            .checked_mul(factor)
            .filter(|bytes| i64::try_from(*bytes).is_ok())
            .map(Self)
            .ok_or_else(wrong)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, factor): &&(&str, u64)| self.0 >= *factor && self.0.is_multiple_of(*factor);
        let (unit, factor) = UNITS.iter().find(fits).copied().unwrap_or(("B", 1));
        formatter.pad(&format!("{} {unit}", self.0 / factor))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

struct AmountVisitor;

impl de::Visitor<'_> for AmountVisitor {
    type Value = Amount;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(AMOUNT_EXPECTED)
    }

    fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<Amount, E> {
        u64::try_from(bytes).map(Amount).map_err(|_negative| E::custom("it is negative"))
    }

    fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<Amount, E> {
        Ok(Amount(bytes))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_with_and_without_units() {
        for (text, bytes) in [
            ("0", 0),
            ("1500", 1500),
            ("10 GiB", 10 << 30),
            ("10gib", 10 << 30),
            ("500 kB", 500_000),
            ("7B", 7),
        ] {
            assert_eq!(text.parse(), Ok(Amount(bytes)), "{text}");
        }
        for wrong in ["", "GiB", "-1", "1.5 GiB", "1 XB", "9999999999 TiB", "1 GiB/s"] {
            assert!(wrong.parse::<Amount>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_shown_reads_back_the_same() {
        for bytes in [0, 1, 1024, 1500, 10 << 30, 5_000_000, i64::MAX as u64] {
            let shown = Amount(bytes).to_string();
            assert_eq!(shown.parse(), Ok(Amount(bytes)), "{shown}");
        }
        assert_eq!(Amount(10 << 30).to_string(), "10 GiB");
    }
}
