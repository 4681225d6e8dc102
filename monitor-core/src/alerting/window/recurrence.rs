//! Recurring windows: on which days by a rule of RFC 5545, at a time of day of a zone, for so long.
//!
//! The `rrule` crate says which days; it counts on a calendar without a zone. What a clock shows and when that is, is
//! for [`Zone`], as for everything else here, so that there is one definition of gaps and folds and one zone database.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rrule::RRuleSet;
use serde::{Deserialize, Serialize};

use super::{Occurrence, WindowError};
use crate::Timestamp;
use crate::alerting::{TimeOfDay, Zone};
use crate::duration::humanize;
use crate::http::shorten;

/// Longest time of one occurrence.
pub(super) const LONGEST: Duration = super::DAY.saturating_mul(7);

/// Longest rule, in characters.
pub(super) const MAX_CHARS: usize = 200;

/// Most days, weeks, months or years between two occurrences.
pub(super) const MAX_INTERVAL: u32 = 1_000;

/// Most occurrences that a rule may count.
pub(super) const MAX_COUNT: u32 = 10_000;

/// Most occurrences that are gone through: every day of a century.
const MAX_STEPS: usize = 36_600;

/// How many occurrences are looked at for whether they overlap.
const COMPARED: usize = 400;

/// How far ahead a recurring window may begin at all.
const BEGINS_WITHIN: Duration = super::DAY.saturating_mul(10 * 366);

/// Farther from UTC than any zone ever is.
const FARTHEST: Duration = Duration::from_secs(36 * 3_600);

/// When a recurring window is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Recurrence {
    rule: String,
    zone: Zone,
    /// What a clock shows when the first day that may be meant has come to its time of day.
    start: DateTime,
    lasts: Duration,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    rule: String,
    zone: Zone,
    start: String,
    lasts_ms: u64,
}

impl Recurrence {
    /// On the days of this rule, from that time of day on in that zone, for so long each time; not before `from`.
    ///
    /// # Errors
    /// [`WindowError`], which says what would be possible.
    pub fn new(rule: &str, zone: Zone, at: TimeOfDay, lasts: Duration, from: Timestamp) -> Result<Self, WindowError> {
        if !(super::When::SHORTEST..=LONGEST).contains(&lasts) {
            return Err(WindowError::RecurringLength);
        }
        let rule = checked(rule)?;
        let mut start = at.on(zone.local(from).date());
        if zone.instant(start) < from {
            start = start.tomorrow().map_err(|_| WindowError::TooFar)?;
        }
        let recurrence = Self { rule, zone, start, lasts };
        if let Err(error) = recurrence.set() {
            let (rule, why) = (shorten(&recurrence.rule, 60), error.to_string());
            let why = why.trim_start_matches("RRule parsing error: ").trim_start_matches("RRule validation error: ");
            return Err(WindowError::Rule { rule, why: shorten(why.trim_end_matches('.'), 160) });
        }
        let soon = |it: &Occurrence| it.from.since(from) <= BEGINS_WITHIN;
        let times: Vec<Occurrence> = recurrence.occurrences(from).take_while(soon).take(COMPARED).collect();
        match times.windows(2).any(|pair| pair[0].until > pair[1].from) {
            _ if times.is_empty() => Err(WindowError::Never),
            true => Err(WindowError::Overlap),
            false => Ok(recurrence),
        }
    }

    /// The rule, as in `FREQ=WEEKLY;BYDAY=SU`.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Where the clock stands.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// How long each time lasts.
    #[must_use]
    pub fn lasts(&self) -> Duration {
        self.lasts
    }

    /// Says it: `FREQ=WEEKLY;BYDAY=SU at 03:00 for 2h (Europe/Berlin)`.
    #[must_use]
    pub fn words(&self) -> String {
        let at = self.start.strftime("%H:%M");
        format!("{} at {at} for {} ({})", self.rule, humanize(self.lasts), self.zone)
    }

    /// The occurrence at that time; of several the last one.
    pub(super) fn covering(&self, at: Timestamp) -> Option<Occurrence> {
        self.occurrences(at).take_while(|it| it.from <= at).filter(|it| it.covers(at)).last()
    }

    /// The occurrences that are not over at that time, in their order.
    pub(super) fn occurrences(&self, now: Timestamp) -> impl Iterator<Item = Occurrence> + '_ {
        // What a calendar shows is compared first, since finding out when that is takes longer.
        let over = (now - self.lasts - FARTHEST).as_millis();
        let days = self.set().ok().map(|set| set.into_iter().take(MAX_STEPS)).into_iter().flatten();
        days.map(|shown| shown.timestamp_millis())
            .skip_while(move |shown| *shown < over)
            .map_while(|shown| {
                let shown = TimeZone::UTC.to_datetime(jiff::Timestamp::from_millisecond(shown).ok()?);
                let from = self.zone.instant(shown);
                Some(Occurrence { from, until: from + self.lasts })
            })
            .filter(move |it| it.until > now)
    }

    /// The days, on a calendar that is said to be UTC. It does not go on for ever when no day is meant.
    fn set(&self) -> Result<RRuleSet, rrule::RRuleError> {
        let parts = self.rule.split(';').map(|part| match part.strip_prefix("UNTIL=") {
            Some(until) => format!("UNTIL={}", self.shown(until)),
            None => part.to_owned(),
        });
        let rule = parts.collect::<Vec<_>>().join(";");
        let start = self.start.strftime("%Y%m%dT%H%M%SZ");
        Ok(format!("DTSTART:{start}\nRRULE:{rule}").parse::<RRuleSet>()?.limit())
    }

    /// The end of a rule as the clock shows it: the whole of a day, or a time, which is one of UTC with a Z.
    fn shown(&self, until: &str) -> String {
        let at = match until.split_once('T') {
            None => format!("{until}T235959").parse(),
            Some(_) => until.trim_end_matches('Z').parse::<DateTime>(),
        };
        let at = at.ok().map(|at| match until.ends_with('Z') {
            true => self.zone.local(utc(at)),
            false => at,
        });
        // What cannot be read is left to the one who says what is wrong with a rule.
        at.map_or_else(|| until.to_owned(), |at| at.strftime("%Y%m%dT%H%M%SZ").to_string())
    }
}

fn utc(at: DateTime) -> Timestamp {
    TimeZone::UTC
        .to_timestamp(at)
        .map_or(Timestamp::from_millis(i64::MAX), |at| Timestamp::from_millis(at.as_millisecond()))
}

/// The rule without what stands before it, if it asks for no more than days, and not for too many.
fn checked(rule: &str) -> Result<String, WindowError> {
    let rule = rule.trim().to_ascii_uppercase();
    let rule = rule.strip_prefix("RRULE:").unwrap_or(&rule).trim_end_matches(';');
    if rule.chars().count() > MAX_CHARS {
        return Err(WindowError::TooMuch);
    }
    for part in rule.split(';') {
        let refused = || WindowError::Part(shorten(part, 40));
        let (key, value) = part.split_once('=').ok_or_else(refused)?;
        let most = |most: u32| match value.parse::<u32>() {
            Ok(number) if number > most => Err(WindowError::TooMuch),
            _ if value.len() > 6 => Err(WindowError::TooMuch),
            _ => Ok(()),
        };
        match key {
            "FREQ" if matches!(value, "DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY") => {}
            "INTERVAL" => most(MAX_INTERVAL)?,
            "COUNT" => most(MAX_COUNT)?,
            "UNTIL" | "BYMONTH" | "BYMONTHDAY" | "BYYEARDAY" | "BYWEEKNO" | "BYDAY" | "BYSETPOS" | "WKST" => {}
            _ => return Err(refused()),
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ',' | '-' | '+');
        if value.is_empty() || !value.chars().all(plain) {
            return Err(refused());
        }
    }
    Ok(rule.to_owned())
}

impl TryFrom<Stored> for Recurrence {
    type Error = WindowError;

    fn try_from(stored: Stored) -> Result<Self, WindowError> {
        let lasts = Duration::from_millis(stored.lasts_ms).clamp(super::When::SHORTEST, LONGEST);
        let start = stored.start.parse().map_err(|_| WindowError::Never)?;
        Ok(Self { rule: checked(&stored.rule)?, zone: stored.zone, start, lasts })
    }
}

impl From<Recurrence> for Stored {
    fn from(recurrence: Recurrence) -> Self {
        let Recurrence { rule, zone, start, lasts } = recurrence;
        let lasts_ms = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
        Self { rule, zone, start: start.to_string(), lasts_ms }
    }
}
