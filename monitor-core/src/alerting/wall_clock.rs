//! Times as a clock on a wall shows them, in the zone where that wall stands.

use std::fmt;
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
}

impl FromStr for TimeOfDay {
    type Err = RoutingError;

    fn from_str(text: &str) -> Result<Self, RoutingError> {
        let number = |text: &str, below: i8| {
            let digits = matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|number| digits && *number < below)
        };
        let read = text.trim().split_once(':').and_then(|(hour, minute)| {
            let minute = number(minute, 60).filter(|_| minute.len() == 2)?;
            Some(Self { hour: number(hour, 24)?, minute })
        });
        read.ok_or_else(|| RoutingError::TimeOfDay(shorten(text, 40)))
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

/// The weekday of a word, which may be cut to three letters.
#[must_use]
pub fn weekday(word: &str) -> Option<Weekday> {
    let word = word.trim().to_ascii_lowercase();
    let found = WEEKDAYS.iter().find(|(name, _)| *name == word || (word.len() >= 3 && name.starts_with(&word)));
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
}

fn bit(day: Weekday) -> u8 {
    1 << day.to_monday_zero_offset()
}

impl FromStr for Days {
    type Err = RoutingError;

    fn from_str(text: &str) -> Result<Self, RoutingError> {
        let wrong = || RoutingError::Days(shorten(text, 40));
        match text.trim().to_ascii_lowercase().as_str() {
            "every day" | "daily" => return Ok(Self::ALL),
            "weekdays" => return Ok(Self::WEEKDAYS),
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
        ] {
            let days: Days = text.parse().unwrap();
            assert_eq!(days.to_string(), shown);
            assert_eq!(shown.parse(), Ok(days));
        }
        for text in ["", "someday", "mo", "mon-", "mon;tue"] {
            assert!(text.parse::<Days>().is_err(), "{text}");
        }
        assert_eq!("9:05".parse::<TimeOfDay>().unwrap().to_string(), "09:05");
        for text in ["24:00", "9", "9:5", "09:60", "-1:00", "+9:00", "९:००"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
        assert_eq!(Zone::new("europe/berlin").unwrap().name(), "Europe/Berlin");
        assert!(Zone::new("Europe/Springfield").is_err());
    }
}
