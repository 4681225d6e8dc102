use std::time::Duration;

use crate::duration;

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Points of 100.
    Score,
    /// Milliseconds.
    Time,
    /// How much of the page moved how far; without a unit.
    Shift,
    /// Bytes.
    Bytes,
    /// How many.
    Count,
}

impl Unit {
    /// A value for people: `87`, `2.5 s`, `0.02`, `1.2 MB`, `80`.
    #[must_use]
    pub fn text(self, value: f64) -> String {
        match self {
            Self::Score | Self::Count => format!("{value:.0}"),
            // Half a millisecond more or less is nothing that a page's load time could tell.
            Self::Time => duration::humanize(Duration::from_millis(whole(value))),
            Self::Shift => format!("{value:.2}"),
            Self::Bytes => bytes(value),
        }
    }

    /// A value that differs from `other`, so that it can be told from it: exactly where both would read the same.
    #[must_use]
    pub fn text_unlike(self, value: f64, other: f64) -> String {
        let text = self.text(value);
        if value == other || text != self.text(other) {
            return text;
        }
        match self {
            Self::Score | Self::Count => format!("{value}"),
            Self::Time => format!("{} ms", trimmed(format!("{value:.2}"))),
            Self::Shift => trimmed(format!("{value:.4}")),
            Self::Bytes => format!("{value:.0} bytes"),
        }
    }
}

fn trimmed(number: String) -> String {
    number.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Decimal units, as budgets are written in.
fn bytes(value: f64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    match units.into_iter().find(|(unit, _)| value >= *unit) {
        Some((unit, name)) if value / unit < 10.0 => format!("{:.1} {name}", value / unit).replace(".0 ", " "),
        Some((unit, name)) => format!("{:.0} {name}", value / unit),
        None => format!("{value:.0} B"),
    }
}

/// The nearest whole number; 0 for what is none.
pub(crate) fn whole(value: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is 0 for NaN")]
    let whole = value.round() as u64;
    whole
}

/// As a number to compare with.
pub(crate) fn float(value: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "sizes and counts of a page are far below 2^53")]
    let float = value as f64;
    float
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_well() {
        for (unit, value, text) in [
            (Unit::Score, 87.0, "87"),
            (Unit::Time, 2_512.4, "2.5 s"),
            (Unit::Time, 340.0, "340 ms"),
            (Unit::Time, 0.0, "0 ms"),
            (Unit::Shift, 0.0203, "0.02"),
            (Unit::Bytes, 1_234_567.0, "1.2 MB"),
            (Unit::Bytes, 300_312.0, "300 kB"),
            (Unit::Bytes, 2e6, "2 MB"),
            (Unit::Bytes, 512.0, "512 B"),
            (Unit::Count, 80.0, "80"),
        ] {
            assert_eq!(unit.text(value), text);
        }
    }

    #[test]
    fn what_is_over_a_limit_does_not_read_like_the_limit() {
        assert_eq!(Unit::Time.text_unlike(2_512.4, 2_500.0), "2512.4 ms");
        assert_eq!(Unit::Shift.text_unlike(0.1004, 0.1), "0.1004");
        assert_eq!(Unit::Bytes.text_unlike(1_000_400.0, 1e6), "1000400 bytes");
        assert_eq!(Unit::Time.text_unlike(2_600.0, 2_500.0), "2.6 s");
        assert_eq!(Unit::Time.text_unlike(2_500.0, 2_500.0), "2.5 s");
    }

    #[test]
    fn no_number_panics() {
        for unit in [Unit::Score, Unit::Time, Unit::Shift, Unit::Bytes, Unit::Count] {
            for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, f64::MAX, f64::MIN_POSITIVE] {
                assert!(!unit.text(value).is_empty() && !unit.text_unlike(value, 1.0).is_empty());
            }
        }
    }
}
