//! Times as a clock on a wall shows them, in the zone where that wall stands.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Serialize};

use super::RoutingError;
use crate::Timestamp;
use crate::http::shorten;

/// An IANA time zone, like `Europe/Berlin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// The zone of that name, in any case.
    ///
    /// # Errors
    /// [`RoutingError::Zone`] when there is none.
    pub fn new(name: &str) -> Result<Self, RoutingError> {
        let wrong = || RoutingError::Zone(shorten(name, 60));
        let zone = TimeZone::get(name.trim()).map_err(|_| wrong())?;
        Ok(Self { name: zone.iana_name().ok_or_else(wrong)?.to_owned(), zone })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a clock shows there.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> DateTime {
        self.zone.to_datetime(moment(at))
    }

    /// When a clock shows that. What it shows twice comes the first time; what it skips comes when the skipping is done.
    #[must_use]
    pub fn instant(&self, local: DateTime) -> Timestamp {
        let at = match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local),
            AmbiguousOffset::Gap { after, .. } => after.to_timestamp(local).map(|early| {
                let mut changes = self.zone.following(early);
                changes.find(|change| change.offset() == after).map_or(early, |change| change.timestamp())
            }),
        };
        match at {
            Ok(at) => Timestamp::from_millis(at.as_millisecond()),
            // Thousands of years away, at the edge of what can be counted.
            Err(_) if local.year() < 0 => Timestamp::from_millis(i64::MIN),
            Err(_) => Timestamp::from_millis(i64::MAX),
        }
    }

    /// The next time after that one at which the clocks there are changed.
    #[must_use]
    pub fn next_change(&self, after: Timestamp) -> Option<Timestamp> {
        let after = moment(after);
        let offset = self.zone.to_offset(after);
        let change = self.zone.following(after).find(|change| change.offset() != offset)?;
        Some(Timestamp::from_millis(change.timestamp().as_millisecond()))
    }

    /// `2026-03-01 14:05`, as a clock shows it there.
    #[must_use]
    pub fn to_minute(&self, at: Timestamp) -> String {
        self.local(at).strftime("%Y-%m-%d %H:%M").to_string()
    }
}

fn moment(at: Timestamp) -> jiff::Timestamp {
    let edge = if at.as_millis() < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(edge)
}

impl TryFrom<String> for Zone {
    type Error = RoutingError;

    fn try_from(name: String) -> Result<Self, RoutingError> {
        Self::new(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A time of day to the minute: `09:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay {
    hour: i8,
    minute: i8,
}

impl TimeOfDay {
    pub(super) fn on(self, day: Date) -> DateTime {
        day.at(self.hour, self.minute, 0, 0)
    }

    pub(super) fn time(self) -> Time {
        Time::constant(self.hour, self.minute, 0, 0)
    }

    /// The next time after that one at which a clock shows it there.
    #[must_use]
    pub fn next(self, after: Timestamp, zone: &Zone) -> Timestamp {
        let today = zone.local(after).date();
        let on = |day: Date| zone.instant(self.on(day));
        let later = [Some(today), today.tomorrow().ok()].into_iter().flatten().map(on).find(|at| *at > after);
        later.unwrap_or(after)
    }
}

impl FromStr for TimeOfDay {
    type Err = RoutingError;

    /// Reads `09:00`, `9:00`, `10pm` and `10:30 pm`.
    fn from_str(text: &str) -> Result<Self, RoutingError> {
        let number = |text: &str, range: Range<i8>| {
            let digits = matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|number| digits && range.contains(number))
        };
        let lower = text.trim().to_ascii_lowercase();
        let half = |word, begins| lower.strip_suffix(word).map(|time| (time.trim_end(), Some(begins)));
        let (time, half) = half("am", 0).or_else(|| half("pm", 12)).unwrap_or((&lower, None));
        let (hour, minute) = match (time.split_once(':'), half) {
            (None, Some(_)) => (time, "00"),
            (split, _) => split.unwrap_or_default(),
        };
        let hour = match half {
            None => number(hour, 0..24),
            Some(begins) => number(hour, 1..13).map(|hour| hour % 12 + begins),
        };
        let read = hour.zip(number(minute, 0..60).filter(|_| minute.len() == 2));
        read.map(|(hour, minute)| Self { hour, minute }).ok_or_else(|| RoutingError::TimeOfDay(shorten(text, 40)))
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = RoutingError;

    fn try_from(text: String) -> Result<Self, RoutingError> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// The weekday of a word, which may be cut to three letters, or be that of several such days.
#[must_use]
pub fn weekday(word: &str) -> Option<Weekday> {
    let word = word.trim().to_ascii_lowercase();
    let begins = |name: &str, word: &str| word.len() >= 3 && name.starts_with(word);
    let one = word.strip_suffix('s').unwrap_or(&word);
    let found = WEEKDAYS.iter().find(|(name, _)| begins(name, &word) || begins(name, one));
    found.map(|(_, day)| *day)
}

/// The word of a weekday.
#[must_use]
pub fn weekday_word(day: Weekday) -> &'static str {
    WEEKDAYS.iter().find(|(_, other)| *other == day).map_or("", |(name, _)| name)
}

/// Some days of the week: `every day`, `weekdays`, `sat,sun`, `mon-thu`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Days(u8);

impl Days {
    /// All seven.
    pub const ALL: Self = Self(0b111_1111);
    const WEEKDAYS: Self = Self(0b001_1111);
    const WEEKENDS: Self = Self(0b110_0000);

    /// Whether this day is one of them.
    #[must_use]
    pub fn has(self, day: Weekday) -> bool {
        self.0 & bit(day) != 0
    }

    /// The recurrence rule of these days, by RFC 5545: `FREQ=WEEKLY;BYDAY=SA,SU`.
    #[must_use]
    pub fn rule(self) -> String {
        let names = WEEKDAYS.iter().filter(|(_, day)| self.has(*day)).map(|(name, _)| name[..2].to_ascii_uppercase());
        format!("FREQ=WEEKLY;BYDAY={}", names.collect::<Vec<_>>().join(","))
    }
}

fn bit(day: Weekday) -> u8 {
    1 << day.to_monday_zero_offset()
}

impl FromStr for Days {
    type Err = RoutingError;

    fn from_str(text: &str) -> Result<Self, RoutingError> {
        let wrong = || RoutingError::Days(shorten(text, 40));
        match text.trim().to_ascii_lowercase().as_str() {
            "every day" | "daily" | "day" => return Ok(Self::ALL),
            "weekdays" | "weekday" => return Ok(Self::WEEKDAYS),
            "weekends" | "weekend" => return Ok(Self::WEEKENDS),
            _ => {}
        }
        let mut days = 0;
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (mut day, last) = (weekday(first).ok_or_else(wrong)?, weekday(last).ok_or_else(wrong)?);
            days |= bit(day);
            while day != last {
                day = day.next();
                days |= bit(day);
            }
        }
        Ok(Self(days))
    }
}

impl TryFrom<String> for Days {
    type Error = RoutingError;

    fn try_from(text: String) -> Result<Self, RoutingError> {
        text.parse()
    }
}

impl From<Days> for String {
    fn from(days: Days) -> Self {
        days.to_string()
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ALL => f.write_str("every day"),
            Self::WEEKDAYS => f.write_str("weekdays"),
            Self::WEEKENDS => f.write_str("weekends"),
            days => {
                let names: Vec<&str> =
                    WEEKDAYS.iter().filter(|(_, day)| days.has(*day)).map(|(name, _)| &name[..3]).collect();
                f.write_str(&names.join(","))
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Zones of many habits: changes at night, at midnight and a minute after, by half an hour and by two, days left out.
    pub(crate) const ZONES: [&str; 14] = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Sao_Paulo",
        "America/St_Johns",
        "America/Goose_Bay",
        "America/Havana",
        "Asia/Beirut",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Antarctica/Troll",
        "Pacific/Apia",
        "Pacific/Kwajalein",
    ];

    pub(crate) fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    pub(crate) fn zone() -> std::ops::Range<usize> {
        0..ZONES.len()
    }

    /// Some time from 1990 to 2045; half of them within a day of a change of clocks somewhere.
    pub(crate) fn instant() -> impl Strategy<Value = Timestamp> {
        let ever = 631_152_000_000_i64..2_366_841_600_000;
        (ever, zone(), -86_400_000_i64..86_400_000, any::<bool>()).prop_map(|(at, zone, off, near)| {
            let at = Timestamp::from_millis(at);
            let change = Zone::new(ZONES[zone]).unwrap().next_change(at).filter(|_| near);
            change.map_or(at, |change| Timestamp::from_millis(change.as_millis() + off))
        })
    }

    #[test]
    fn days_and_times_are_read_as_people_write_them_and_read_back() {
        for (text, shown) in [
            ("mon-fri", "weekdays"),
            ("sat,sun", "weekends"),
            ("Fri-Mon", "mon,fri,sat,sun"),
            ("every day", "every day"),
            ("tuesday", "tue"),
            ("day", "every day"),
            ("weekday", "weekdays"),
            ("Sundays", "sun"),
            ("tues,thurs", "tue,thu"),
        ] {
            let days: Days = text.parse().unwrap();
            assert_eq!(days.to_string(), shown);
            assert_eq!(shown.parse(), Ok(days));
        }
        for text in ["", "someday", "mo", "mon-", "mon;tue"] {
            assert!(text.parse::<Days>().is_err(), "{text}");
        }
        assert_eq!("sat,sun".parse::<Days>().unwrap().rule(), "FREQ=WEEKLY;BYDAY=SA,SU");
        for (text, shown) in [
            ("9:05", "09:05"),
            ("10pm", "22:00"),
            ("7AM", "07:00"),
            ("10:30 pm", "22:30"),
            ("12am", "00:00"),
            ("12:05pm", "12:05"),
        ] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), shown, "{text}");
        }
        for text in ["24:00", "9", "9:5", "09:60", "-1:00", "+9:00", "९:००", "13pm", "0am", "pm", "9:5pm", "9:00xm"]
        {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
        assert_eq!(Zone::new("europe/berlin").unwrap().name(), "Europe/Berlin");
        assert!(Zone::new("Europe/Springfield").is_err());
    }

    #[test]
    fn a_time_of_day_comes_next_today_or_tomorrow_whatever_the_clocks_do() {
        let berlin = Zone::new("Europe/Berlin").unwrap();
        let next = |text: &str, after: &str| text.parse::<TimeOfDay>().unwrap().next(at(after), &berlin);
        assert_eq!(next("20:30", "2026-03-01T19:29:00Z"), at("2026-03-01T19:30:00Z"));
        assert_eq!(next("20:30", "2026-03-01T19:30:00Z"), at("2026-03-02T19:30:00Z"));
        // Skipped: when the skipping is done. Shown twice: the first time.
        assert_eq!(next("02:30", "2026-03-28T23:30:00Z"), at("2026-03-29T01:00:00Z"));
        assert_eq!(next("02:30", "2026-10-24T23:30:00Z"), at("2026-10-25T00:30:00Z"));
        assert_eq!(next("02:30", "2026-10-25T00:45:00Z"), at("2026-10-26T01:30:00Z"));
    }
}
