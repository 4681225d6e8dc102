//! When a job is expected.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::calendar::Calendar;
use super::cron::Cron;
use super::{HeartbeatError, Schedule};
use crate::Timestamp;
use crate::http::shorten;

/// Longest expression, in bytes.
const MAX_EXPRESSION: usize = 500;

/// A schedule that has been read.
///
/// Where clocks are changed, each notation keeps to the program that it comes from. A time that comes twice counts the first time,
/// and one that is skipped is none for systemd and that of the change for cron; but a cron job whose minutes or hours begin with `*`
/// follows the hands of the clock as they go.
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
                let cron = Cron::parse(expression).map_err(wrong)?;
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
            Self::Cron(cron, zone) => cron.next(start, zone)?,
            Self::Calendar(calendar, zone) => calendar.next(start, zone)?,
        };
        Some(Timestamp::from_millis(next.as_millisecond()))
    }
}

fn time_zone(name: &str) -> Result<TimeZone, HeartbeatError> {
    TimeZone::get(name).map_err(|_| HeartbeatError::Zone(shorten(name, 60)))
}

#[cfg(test)]
mod tests;
