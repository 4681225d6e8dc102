//! Durations as people type and read them: `30s`, `1h30m`, `500ms`, `7d`.

use std::time::Duration;

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration; write it like 30s, 5m, 1h30m or 500ms")]
pub struct DurationError(String);

const UNITS: [(&[&str], u64); 7] = [
    (&["ms", "millisecond", "milliseconds"], 1),
    (&["s", "sec", "secs", "second", "seconds"], 1_000),
    (&["m", "min", "mins", "minute", "minutes"], 60_000),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600_000),
    (&["d", "day", "days"], DAY_MS),
    (&["w", "week", "weeks"], 7 * DAY_MS),
    (&["y", "year", "years"], 365 * DAY_MS),
];

const DAY_MS: u64 = 86_400_000;

/// Units that stand for one of themselves: `every minute`.
const ALONE: [&str; 6] = ["second", "minute", "hour", "day", "week", "year"];

/// Reads a duration: one or more numbers with a unit (`ms s m h d w y` or their words), largest first by habit but in
/// any order; a fraction is allowed (`1.5s`). A bare number is seconds, a word such as `minute` is one, a year is 365 days.
/// What is shorter than a second is read to the microsecond, all else to the millisecond.
///
/// # Errors
/// [`DurationError`] for anything else, overflow included.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let error = || DurationError(crate::http::shorten(text, 40));
    let lower = text.trim().to_ascii_lowercase();
    if lower.is_empty() || lower.len() > 40 {
        return Err(error());
    }
    let lower = if ALONE.contains(&lower.as_str()) { format!("1{lower}") } else { lower };
    let mut total_ms = 0_f64;
    let mut rest = lower.as_str();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().map_err(|_| error())?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit_ms = match &rest[..letters] {
            "" if digits == lower.len() => 1_000,
            word => UNITS.iter().find(|(names, _)| names.contains(&word)).ok_or_else(error)?.1,
        };
        #[expect(clippy::cast_precision_loss, reason = "units are at most a year")]
        let part = number * unit_ms as f64;
        total_ms += part;
        rest = rest[letters..].trim_start();
    }
    // A thousand years is beyond anything that Watchword is asked to wait for.
    if !(0.0..=3.2e13).contains(&total_ms) {
        return Err(error());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "range checked above")]
    let duration = match total_ms {
        ..1_000.0 => Duration::from_micros((total_ms * 1e3).round() as u64),
        _ => Duration::from_millis(total_ms.round() as u64),
    };
    Ok(duration)
}

/// Writes a duration so that [`parse`] reads the same back, in days at most: `1h30m`, `2.5s`, `500ms`, `0.1ms`, `7d`, `0s`.
#[must_use]
pub fn format(duration: Duration) -> String {
    let mut ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let micros = duration.subsec_micros() % 1_000;
    if ms < 1_000 && micros > 0 {
        let text = format!("{ms}.{micros:03}");
        return format!("{}ms", text.trim_end_matches('0'));
    }
    if ms == 0 {
        return "0s".to_owned();
    }
    if (1_000..60_000).contains(&ms) && !ms.is_multiple_of(1_000) {
        let text = format!("{}.{:03}", ms / 1_000, ms % 1_000);
        return format!("{}s", text.trim_end_matches('0'));
    }
    let mut out = String::new();
    for (names, unit_ms) in UNITS.iter().rev().filter(|(_, unit_ms)| *unit_ms <= DAY_MS) {
        let count = ms / unit_ms;
        ms %= unit_ms;
        if count > 0 {
            out.push_str(&format!("{count}{}", names[0]));
        }
    }
    out
}

/// Writes a duration for reading, to two units at most: `3 d 4 h`, `12 min`, `8.2 s`, `340 ms`, `0.05 ms`.
#[must_use]
pub fn humanize(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let two = |big: u64, big_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{big} {big_unit}"),
        _ => format!("{big} {big_unit} {small} {small_unit}"),
    };
    match seconds {
        0 if duration.as_millis() < 10 => exact(duration),
        0 => format!("{} ms", duration.as_millis()),
        1..10 => format!("{:.1} s", duration.as_secs_f64()).replace(".0 s", " s"),
        10..60 => format!("{seconds} s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

/// Writes what was measured and found to be more than `limit`: exactly, where both would read the same.
#[must_use]
pub fn humanize_beyond(measured: Duration, limit: Duration) -> String {
    let text = humanize(measured);
    if text == humanize(limit) && measured != limit { exact(measured) } else { text }
}

/// Milliseconds with two decimals at most, or three of what would be nothing otherwise.
fn exact(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1e3;
    let text = if duration.as_micros() < 10 { format!("{ms:.3}") } else { format!("{ms:.2}") };
    format!("{} ms", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_type() {
        for (text, ms) in [
            ("30s", 30_000),
            ("30", 30_000),
            ("1h30m", 5_400_000),
            ("1.5 s", 1_500),
            ("500ms", 500),
            ("2 minutes", 120_000),
            ("1 day", 86_400_000),
            ("minute", 60_000),
            ("Hour", 3_600_000),
            ("2w", 1_209_600_000),
            ("1 week", 604_800_000),
            ("1y", 31_536_000_000),
            ("2 years", 63_072_000_000),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(ms)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_duration_and_says_how_to_write_one() {
        for text in ["", "soon", "5 parsecs", "1..5s", "-3s", "s", "99999999999999999d", "1h30", "٣s", "minutes", "w"]
        {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.contains("30s, 5m"), "{error}");
        }
    }

    #[test]
    fn reads_well() {
        let text = |ms| humanize(Duration::from_millis(ms));
        assert_eq!(text(340), "340 ms");
        assert_eq!(text(8_200), "8.2 s");
        assert_eq!(text(9_000), "9 s");
        assert_eq!(text(720_000), "12 min");
        assert_eq!(text(273_600_000), "3 d 4 h");
        assert_eq!(text(0), "0 ms");
        assert_eq!(humanize(Duration::from_micros(1_043)), "1.04 ms");
        assert_eq!(humanize(Duration::from_micros(50)), "0.05 ms");
    }

    #[test]
    fn less_than_a_millisecond_is_not_nothing() {
        for (text, us) in [("0.1ms", 100), ("0.001ms", 1), ("1.62ms", 1_620), ("340.5ms", 340_500)] {
            let duration = Duration::from_micros(us);
            assert_eq!(parse(text), Ok(duration));
            assert_eq!(format(duration), text);
        }
        let read = |us| humanize(Duration::from_micros(us));
        assert_eq!([read(100), read(4), read(1_620)], ["0.1 ms", "0.004 ms", "1.62 ms"]);
    }

    #[test]
    fn more_than_a_limit_does_not_read_like_the_limit() {
        let beyond = |us, limit| humanize_beyond(Duration::from_micros(us), Duration::from_millis(limit));
        assert_eq!(beyond(812_400, 812), "812.4 ms");
        assert_eq!(beyond(12_300_000, 12_000), "12300 ms");
        assert_eq!(beyond(812_400, 800), "812 ms");
        assert_eq!(beyond(800_000, 800), "800 ms");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(ms in 0_u64..10_000_000_000) {
            let duration = Duration::from_millis(ms);
            prop_assert_eq!(parse(&format(duration)), Ok(duration));
        }

        #[test]
        fn what_is_written_of_less_than_a_second_is_read_back(us in 0_u64..1_000_000) {
            let duration = Duration::from_micros(us);
            prop_assert_eq!(parse(&format(duration)), Ok(duration));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            let _ = parse(&text);
        }
    }
}
