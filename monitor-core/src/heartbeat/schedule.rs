//! When a job is expected.

use std::time::Duration;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::calendar::Calendar;
use super::{HeartbeatError, Schedule};
use crate::Timestamp;
use crate::http::shorten;

/// Longest expression, in bytes.
const MAX_EXPRESSION: usize = 500;

/// A schedule that has been read.
///
/// Where clocks are changed, both notations keep to what cron does: a job at fixed times whose time is skipped is
/// expected when the clocks have been changed, and one whose time comes twice is expected at the first of them; a
/// job with `*` or a step in its hours, minutes or seconds follows the hands of the clock as they go.
#[derive(Debug, Clone)]
pub enum Timetable {
    /// That long after the time before.
    Every(Duration),
    /// A cron expression.
    Cron(Box<Cron>, TimeZone),
    /// A systemd calendar event.
    Calendar(Calendar, TimeZone),
}

impl Timetable {
    /// Reads a schedule.
    ///
    /// # Errors
    /// [`HeartbeatError::Schedule`] and [`HeartbeatError::Zone`].
    pub fn new(schedule: &Schedule) -> Result<Self, HeartbeatError> {
        let (expression, example) = match schedule {
            Schedule::Every(period) => return Ok(Self::Every(*period)),
            Schedule::Cron { expression, .. } => (expression, "`0 3 * * 1-5`"),
            Schedule::OnCalendar { expression, .. } => (expression, "`Mon..Fri 09:00` or `daily`"),
        };
        let wrong = |why: String| HeartbeatError::Schedule { expression: shorten(expression, 60), why, example };
        if expression.len() > MAX_EXPRESSION {
            return Err(wrong(format!("it is longer than {MAX_EXPRESSION} characters")));
        }
        let timetable = match schedule {
            Schedule::OnCalendar { zone, .. } => {
                let (calendar, own_zone) = Calendar::parse(expression).map_err(wrong)?;
                Self::Calendar(calendar, time_zone(own_zone.unwrap_or(zone))?)
            }
            Schedule::Cron { zone, .. } => {
                let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
                let cron = parser
                    .parse(expression)
                    .map_err(|error| wrong(error.to_string().trim_end_matches('.').to_owned()))?;
                Self::Cron(Box::new(cron), time_zone(zone)?)
            }
            Schedule::Every(period) => Self::Every(*period),
        };
        match timetable.next(Timestamp::default()) {
            Some(_) => Ok(timetable),
            None => Err(wrong("that time never comes".to_owned())),
        }
    }

    /// The first expected time after that one; `None` when there is none any more.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        if let Self::Every(period) = self {
            return Some(after + *period);
        }
        let start = jiff::Timestamp::from_millisecond(after.as_millis()).ok()?;
        let next = match self {
            Self::Every(_) => return None,
            Self::Cron(cron, zone) => next_of(cron, start, zone)?,
            Self::Calendar(calendar, zone) => calendar.next(start, zone)?,
        };
        Some(Timestamp::from_millis(next.as_millisecond()))
    }
}

/// The first time of a cron expression after that one. The search gives up at a time within a gap of more than two hours,
/// such as a day that a zone left out when it moved across the date line: that time comes when the gap ends.
fn next_of(cron: &Cron, start: jiff::Timestamp, zone: &TimeZone) -> Option<jiff::Timestamp> {
    match cron.find_next_occurrence(&start.to_zoned(zone.clone()), false) {
        Ok(next) => Some(next.timestamp()),
        // It fails as well when the time never comes, as on 31 February.
        Err(_) => {
            let ahead = |at: jiff::Timestamp| zone.to_offset(at).seconds();
            let jumps = |at: &jiff::Timestamp| ahead(*at) - ahead(*at - SignedDuration::from_secs(1)) > 2 * 3_600;
            let goes_on = |at: &jiff::Timestamp| cron.find_next_occurrence(&at.to_zoned(zone.clone()), false).is_ok();
            zone.following(start).map(|transition| transition.timestamp()).take(8).find(jumps).filter(goes_on)
        }
    }
}

fn time_zone(name: &str) -> Result<TimeZone, HeartbeatError> {
    TimeZone::get(name).map_err(|_| HeartbeatError::Zone(shorten(name, 60)))
}
