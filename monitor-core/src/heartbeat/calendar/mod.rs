//! Calendar events in the notation of systemd.
//!
//! Source: <https://www.freedesktop.org/software/systemd/man/latest/systemd.time.html#Calendar%20Events>. What is not
//! taken: fractions of a second, and years of two digits. Several events, one in each line or with `;` between them, are expected
//! at the times of all of them, as Healthchecks has it.

mod field;
mod parse;

use jiff::civil::{Date, DateTime, Time, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::civil::{self, Skipped};
use field::Field;

/// Calendar events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    events: Vec<Event>,
}

/// One calendar event.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Event {
    /// From Monday on.
    weekdays: [bool; 7],
    years: Field,
    months: Field,
    days: Field,
    /// Whether `days` count from the end of the month, 1 being its last day.
    from_end: bool,
    hours: Field,
    minutes: Field,
    seconds: Field,
}

/// The last year that is looked at.
const LAST_YEAR: i16 = 2_200;

impl Calendar {
    /// Reads events, and the time zone that they name, if they do.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence.
    pub fn parse(text: &str) -> Result<(Self, Option<&str>), String> {
        parse::calendar(text)
    }

    /// The first time after that one, on whole seconds.
    #[must_use]
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        self.events.iter().filter_map(|event| event.next(after, zone)).min()
    }
}

impl Event {
    fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        civil::next(after, zone, Skipped::Never, |from| self.next_civil(from))
    }

    /// The first time of the event that is not before that one.
    fn next_civil(&self, from: DateTime) -> Option<DateTime> {
        let mut day = from.date();
        let mut earliest = from.time();
        while day.year() <= LAST_YEAR {
            if !self.years.has(day.year()) {
                let year = self.years.first_from(day.year().checked_add(1)?, LAST_YEAR)?;
                day = date(year, 1, 1);
            } else if !self.months.has(i16::from(day.month())) {
                day = day.first_of_month().checked_add(Span::new().months(1)).ok()?;
            } else if let Some(time) = self.is_on(day).then(|| self.first_time(earliest)).flatten() {
                return Some(day.to_datetime(time));
            } else {
                day = day.tomorrow().ok()?;
            }
            earliest = Time::midnight();
        }
        None
    }

    fn is_on(&self, day: Date) -> bool {
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default();
        let length = i16::from(day.days_in_month());
        let number = i16::from(day.day());
        self.weekdays[weekday]
            && if self.from_end { self.days.has_from_end(number, length) } else { self.days.has(number) }
    }

    /// The first time of a day that is not before that one.
    fn first_time(&self, from: Time) -> Option<Time> {
        let (mut hour, mut minute, mut second) =
            (i16::from(from.hour()), i16::from(from.minute()), i16::from(from.second()));
        if from.subsec_nanosecond() > 0 {
            second += 1;
        }
        loop {
            let next_hour = self.hours.first_from(hour, 23)?;
            if next_hour > hour {
                (minute, second) = (0, 0);
            }
            hour = next_hour;
            let Some(next_minute) = self.minutes.first_from(minute, 59) else {
                (hour, minute, second) = (hour + 1, 0, 0);
                continue;
            };
            if next_minute > minute {
                second = 0;
            }
            minute = next_minute;
            let Some(second) = self.seconds.first_from(second, 59) else {
                (minute, second) = (minute + 1, 0);
                continue;
            };
            let part = |value: i16| i8::try_from(value).ok();
            return Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok();
        }
    }
}
