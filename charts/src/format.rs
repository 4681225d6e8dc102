//! How numbers are written: the same words in charts, reports and messages.

use crate::Unit;

const MINUTE_MS: f64 = 60_000.0;
const BYTES: &[(f64, &str)] = &[(1.0, " B"), (1e3, " kB"), (1e6, " MB"), (1e9, " GB"), (1e12, " TB"), (1e15, " PB")];
const SHORT_TIMES: &[(f64, &str)] = &[(1.0, " ms"), (1e3, " s")];
const COUNTS: &[(f64, &str)] = &[(1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T")];
const SHARES: &[(f64, &str)] = &[(1.0, "%")];

/// What is written for a number that is not finite.
const NOT_A_NUMBER: &str = "–";

/// Writes a size given in bytes with decimal prefixes and up to three digits: `0 B`, `1.54 kB`, `12 GB`.
pub fn bytes(bytes: f64) -> String {
    scaled(bytes, BYTES)
}

/// Writes a time given in milliseconds: `0.4 ms`, `182 ms`, `1.24 s`, and from a minute on as [`duration`] does.
pub fn milliseconds(milliseconds: f64) -> String {
    if milliseconds.is_finite() && milliseconds.abs() >= MINUTE_MS - 5.0 {
        return duration(milliseconds.round() as i64);
    }
    scaled(milliseconds, SHORT_TIMES)
}

/// Writes a duration given in milliseconds by its two largest units, rounded down: `45 s`, `3 min 20 s`, `2 d 4 h`.
pub fn duration(milliseconds: i64) -> String {
    const UNITS: [(u64, &str); 5] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")];
    let sign = if milliseconds < 0 { "−" } else { "" };
    let length = milliseconds.unsigned_abs();
    for (index, &(size, name)) in UNITS.iter().enumerate() {
        if length < size {
            continue;
        }
        let whole = length / size;
        // Below a minute the rest would be milliseconds, which nobody asks for next to seconds.
        let rest = UNITS
            .get(index + 1)
            .filter(|_| size > 1_000)
            .map(|&(size_below, below)| ((length % size) / size_below, below));
        return match rest {
            Some((rest, below)) if rest > 0 => format!("{sign}{whole} {name} {rest} {below}"),
            _ => format!("{sign}{whole} {name}"),
        };
    }
    "0 s".to_owned()
}

/// Writes a number of things with thousands separated: `1,234`; what is not whole with up to two decimals.
pub fn count(count: f64) -> String {
    if !count.is_finite() {
        return NOT_A_NUMBER.to_owned();
    }
    if count.abs() >= 1e12 {
        return scaled(count, COUNTS);
    }
    let written = trimmed(count, 2);
    let (sign, digits) = written.strip_prefix('−').map_or(("", written.as_str()), |digits| ("−", digits));
    let (whole, decimals) = digits.split_once('.').map_or((digits, None), |(whole, decimals)| (whole, Some(decimals)));
    let mut grouped = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if let Some(decimals) = decimals {
        grouped.push('.');
        grouped.push_str(decimals);
    }
    grouped
}

/// Writes a share given in percent with up to three decimals, rounded down so that 99.9996 is never written as 100: `99.95%`.
pub fn percent(percent: f64) -> String {
    if !percent.is_finite() || percent.abs() > 1e9 {
        return scaled(percent, SHARES);
    }
    // The small addition undoes what binary fractions take away: 99.95 * 1000 is 99949.99999999999.
    let thousandths = (percent * 1e3 + 1e-6).floor();
    format!("{}%", trimmed(thousandths / 1e3, 3))
}

/// Writes a number as its unit asks.
pub fn value(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Milliseconds => milliseconds(value),
        Unit::Bytes => bytes(value),
        Unit::Count => count(value),
        Unit::Percent => percent(value),
    }
}

/// Writes one tick of an axis; `largest` decides the unit for all ticks of the axis, `step` how many decimals they need.
pub(crate) fn tick(unit: Unit, value: f64, largest: f64, step: f64) -> String {
    if value == 0.0 && unit != Unit::Percent {
        return "0".to_owned();
    }
    let units = match unit {
        Unit::Milliseconds => SHORT_TIMES,
        Unit::Bytes => BYTES,
        Unit::Count => COUNTS,
        Unit::Percent => SHARES,
    };
    // Counts below ten thousand are shorter and clearer without a prefix.
    if unit == Unit::Count && largest < 1e4 {
        return count(value);
    }
    let (size, name) = unit_for(largest, units);
    format!("{}{name}", trimmed(value / size, decimals_for(step / size)))
}

fn scaled(value: f64, units: &[(f64, &'static str)]) -> String {
    if !value.is_finite() {
        return NOT_A_NUMBER.to_owned();
    }
    let (size, name) = unit_for(value.abs(), units);
    let number = value / size;
    if number != 0.0 && number.abs() < 0.005 {
        return format!("<0.01{name}");
    }
    let decimals = match number.abs() {
        n if n >= 99.95 => 0,
        n if n >= 9.995 => 1,
        _ => 2,
    };
    format!("{}{name}", trimmed(number, decimals))
}

/// The largest unit of which `value` is at least one after rounding to three digits.
fn unit_for(value: f64, units: &[(f64, &'static str)]) -> (f64, &'static str) {
    units.iter().rev().find(|(size, _)| value >= size * 0.9995).or(units.first()).copied().unwrap_or((1.0, ""))
}

/// The decimals that show a step such as 0.25 or 20 exactly, given that steps have at most two digits.
fn decimals_for(step: f64) -> usize {
    (0..6)
        .find(|&decimals| {
            let shifted = step * 10_f64.powi(decimals);
            (shifted - shifted.round()).abs() < 1e-6 && shifted.round() >= 1.0
        })
        .map_or(6, |decimals| decimals.unsigned_abs() as usize)
}

/// The number with at most this many decimals, trailing zeros cut, with a real minus sign.
fn trimmed(number: f64, decimals: usize) -> String {
    let mut written = format!("{number:.decimals$}");
    if written.contains('.') {
        written.truncate(written.trim_end_matches('0').trim_end_matches('.').len());
    }
    if written == "-0" {
        return "0".to_owned();
    }
    written.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits_and_decimal_prefixes() {
        let written: Vec<String> =
            [0.0, 1.0, 999.0, 999.6, 1_000.0, 1_536.0, 15_360.0, 153_600.0, 999_600.0, 2.5e9, 1e15, 1e18]
                .into_iter()
                .map(bytes)
                .collect();
        assert_eq!(
            written,
            [
                "0 B", "1 B", "999 B", "1 kB", "1 kB", "1.54 kB", "15.4 kB", "154 kB", "1 MB", "2.5 GB", "1 PB",
                "1000 PB"
            ]
        );
    }

    #[test]
    fn times_go_from_fractions_of_a_millisecond_to_days() {
        let written: Vec<String> =
            [0.0, 0.001, 0.42, 18.26, 182.4, 999.7, 1_240.0, 59_994.0, 59_999.0, 200_000.0, 187_200_000.0]
                .into_iter()
                .map(milliseconds)
                .collect();
        assert_eq!(
            written,
            [
                "0 ms",
                "<0.01 ms",
                "0.42 ms",
                "18.3 ms",
                "182 ms",
                "1 s",
                "1.24 s",
                "60 s",
                "59 s",
                "3 min 20 s",
                "2 d 4 h"
            ]
        );
    }

    #[test]
    fn durations_name_their_two_largest_units() {
        let written: Vec<String> =
            [0, 5, 45_900, 60_000, 3_601_000, 90_000_000, -61_000, i64::MIN].into_iter().map(duration).collect();
        assert_eq!(written, ["0 s", "5 ms", "45 s", "1 min", "1 h", "1 d 1 h", "−1 min 1 s", "−106751991167 d 7 h"]);
    }

    #[test]
    fn counts_are_grouped_and_percent_never_rounds_up_to_all() {
        assert_eq!([1_234_567.0, 999.0, -1_000.0, 2.5].map(count), ["1,234,567", "999", "−1,000", "2.5"]);
        assert_eq!(
            [100.0, 99.999_6, 99.95, 0.0, 33.333_333].map(percent),
            ["100%", "99.999%", "99.95%", "0%", "33.333%"]
        );
    }

    #[test]
    fn what_is_not_finite_is_a_dash() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!([bytes(number), milliseconds(number), count(number), percent(number)], ["–", "–", "–", "–"]);
        }
    }

    #[test]
    fn all_ticks_of_an_axis_share_a_unit() {
        let ticks: Vec<String> =
            [0.0, 250.0, 500.0, 1_000.0].into_iter().map(|at| tick(Unit::Milliseconds, at, 1_000.0, 250.0)).collect();
        assert_eq!(ticks, ["0", "0.25 s", "0.5 s", "1 s"]);
    }
}
