//! The time axis, in UTC.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// The first Monday of 1970, on which weeks are counted.
const MONDAY: i64 = 4 * DAY;
/// Years 1 to 9999: what four digits can say.
const EARLIEST: i64 = -62_135_596_800_000;
const LATEST: i64 = 253_402_300_799_000;

const STEPS: [i64; 21] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
];
const MONTH_STEPS: [i64; 14] = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1_200, 2_400, 6_000, 12_000];

/// A period of at least a second within the years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Window {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

/// A labelled time on the axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: i64,
    pub(crate) label: String,
}

impl Window {
    /// The period between two times in either order; a single moment becomes the second that starts with it.
    pub(crate) fn new(start_ms: i64, end_ms: i64) -> Self {
        let start = start_ms.min(end_ms).clamp(EARLIEST, LATEST - SECOND);
        let end = start_ms.max(end_ms).clamp(start + SECOND, LATEST);
        Self { start, end }
    }

    pub(crate) fn length(&self) -> i64 {
        self.end - self.start
    }

    pub(crate) fn contains(&self, at: i64) -> bool {
        (self.start..=self.end).contains(&at)
    }

    /// Where a time lies between the start (0) and the end (1); times outside are cut off.
    pub(crate) fn fraction(&self, at: i64) -> f64 {
        (at.clamp(self.start, self.end) - self.start) as f64 / self.length() as f64
    }

    /// The period in words, as short as it is clear.
    pub(crate) fn label(&self) -> String {
        let (start, end) = (civil(self.start), civil(self.end));
        if self.length() >= 3 * DAY {
            let year = if start.year() == end.year() { "" } else { " %Y" };
            return format!("{} – {} UTC", start.strftime(&format!("%-d %b{year}")), end.strftime("%-d %b %Y"));
        }
        let clock = if self.length() < 2 * MINUTE { "%H:%M:%S" } else { "%H:%M" };
        if start.date() == end.date() {
            return format!("{}, {} – {} UTC", start.strftime("%-d %b %Y"), start.strftime(clock), end.strftime(clock));
        }
        let long = format!("%-d %b %Y {clock}");
        format!("{} – {} UTC", start.strftime(&format!("%-d %b {clock}")), end.strftime(&long))
    }

    /// A moment of the period in words.
    pub(crate) fn moment(&self, at: i64) -> String {
        let clock = if self.length() <= HOUR { "%H:%M:%S" } else { "%H:%M" };
        civil(at).strftime(&format!("%-d %b %Y {clock}")).to_string()
    }

    /// Start or end as an axis label: the clock for short periods, the date for long ones.
    pub(crate) fn edge(&self, at: i64) -> String {
        let pattern = match self.length() {
            length if length < 2 * MINUTE => "%H:%M:%S",
            length if length <= DAY => "%H:%M",
            length if length < 3 * DAY => "%-d %b %H:%M",
            length if length <= 366 * DAY => "%-d %b",
            _ => "%b %Y",
        };
        civil(at).strftime(pattern).to_string()
    }

    /// At most about `most` ticks at round times within the period.
    pub(crate) fn ticks(&self, most: usize) -> Vec<Tick> {
        let most = i64::try_from(most).unwrap_or(i64::MAX).max(1);
        match STEPS.into_iter().find(|step| self.length() / step <= most) {
            Some(step) => self.clock_ticks(step),
            None => self.month_ticks(most),
        }
    }

    fn clock_ticks(&self, step: i64) -> Vec<Tick> {
        let offset = if step >= 7 * DAY { MONDAY } else { 0 };
        let first = offset + next_multiple(self.start - offset, step);
        let mut ticks = Vec::new();
        let mut at = first;
        while at <= self.end {
            let pattern = match step {
                _ if at.rem_euclid(DAY) == 0 => "%-d %b",
                step if step < MINUTE => "%H:%M:%S",
                _ => "%H:%M",
            };
            ticks.push(Tick { at, label: civil(at).strftime(pattern).to_string() });
            at += step;
        }
        ticks
    }

    fn month_ticks(&self, most: i64) -> Vec<Tick> {
        let months = self.length() / (30 * DAY);
        let step = MONTH_STEPS.into_iter().find(|step| months / step <= most).unwrap_or(12_000);
        let start = civil(self.start);
        let mut month = next_multiple(i64::from(start.year()) * 12 + i64::from(start.month()) - 1, step);
        let mut ticks = Vec::new();
        while let Some(at) = month_start(month).filter(|at| *at <= self.end) {
            if at >= self.start {
                let pattern = if month % 12 == 0 { "%Y" } else { "%b" };
                ticks.push(Tick { at, label: civil(at).strftime(pattern).to_string() });
            }
            month += step;
        }
        ticks
    }
}

fn next_multiple(at: i64, step: i64) -> i64 {
    at + (-at).rem_euclid(step)
}

/// The first moment of a month counted from January of year 0; `None` past the year 9999.
fn month_start(month: i64) -> Option<i64> {
    let year = i16::try_from(month.div_euclid(12)).ok()?;
    let date = Date::new(year, i8::try_from(month.rem_euclid(12) + 1).ok()?, 1).ok()?;
    Some(TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?.as_millisecond())
}

fn civil(at: i64) -> DateTime {
    let timestamp = jiff::Timestamp::from_millisecond(at.clamp(EARLIEST, LATEST)).unwrap_or_default();
    TimeZone::UTC.to_datetime(timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday, 3 August 2026, 09:17 UTC.
    const AT: i64 = 1_785_748_620_000;

    fn axis(length: i64) -> String {
        let window = Window::new(AT - length, AT);
        let ticks: Vec<String> = window.ticks(7).into_iter().map(|tick| tick.label).collect();
        format!("{}: {}", window.label(), ticks.join(" | "))
    }

    #[test]
    fn every_report_period_has_round_labels() {
        insta::assert_snapshot!(
            [MINUTE, HOUR, 6 * HOUR, DAY, 2 * DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY, 3 * 365 * DAY, 500 * 365 * DAY].map(axis).join("\n"),
            @r"
            3 Aug 2026, 09:16:00 – 09:17:00 UTC: 09:16:00 | 09:16:10 | 09:16:20 | 09:16:30 | 09:16:40 | 09:16:50 | 09:17:00
            3 Aug 2026, 08:17 – 09:17 UTC: 08:20 | 08:30 | 08:40 | 08:50 | 09:00 | 09:10
            3 Aug 2026, 03:17 – 09:17 UTC: 04:00 | 05:00 | 06:00 | 07:00 | 08:00 | 09:00
            2 Aug 09:17 – 3 Aug 2026 09:17 UTC: 12:00 | 18:00 | 3 Aug | 06:00
            1 Aug 09:17 – 3 Aug 2026 09:17 UTC: 12:00 | 2 Aug | 12:00 | 3 Aug
            27 Jul – 3 Aug 2026 UTC: 28 Jul | 29 Jul | 30 Jul | 31 Jul | 1 Aug | 2 Aug | 3 Aug
            4 Jul – 3 Aug 2026 UTC: 6 Jul | 13 Jul | 20 Jul | 27 Jul | 3 Aug
            5 May – 3 Aug 2026 UTC: 11 May | 25 May | 8 Jun | 22 Jun | 6 Jul | 20 Jul | 3 Aug
            3 Aug 2025 – 3 Aug 2026 UTC: Sep | Nov | 2026 | Mar | May | Jul
            4 Aug 2023 – 3 Aug 2026 UTC: 2024 | Jul | 2025 | Jul | 2026 | Jul
            3 Dec 1526 – 3 Aug 2026 UTC: 1600 | 1700 | 1800 | 1900 | 2000
            "
        );
    }

    #[test]
    fn any_two_times_are_a_period() {
        for (start, end) in
            [(0, 0), (i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (i64::MAX, i64::MAX), (i64::MIN, i64::MIN)]
        {
            let window = Window::new(start, end);
            assert!(window.length() >= SECOND);
            assert!(window.ticks(7).len() <= 9, "{:?}", window.ticks(7));
        }
    }
}
