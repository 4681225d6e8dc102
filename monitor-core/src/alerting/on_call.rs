use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};
use serde::{Deserialize, Serialize};

use super::wall_clock::{weekday, weekday_word};
use super::{DestinationId, RoutingError, TimeOfDay, Zone};
use crate::Timestamp;

/// People who take turns in being told.
///
/// A turn begins when the clock there shows the time of the hand-over: the first time when it shows it twice, and when the
/// skipping is done if it skips it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// Where the time of the hand-over is read.
    pub zone: Zone,
    /// When one hands over to the next.
    pub handover: Handover,
    /// Who takes turns, in this order.
    pub participants: Vec<DestinationId>,
    /// The first one's turn is the one in which this time is.
    pub start: Timestamp,
}

/// When one hands over to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// The day; `None`: every day.
    #[serde(with = "words")]
    pub weekday: Option<Weekday>,
    /// The time.
    pub time: TimeOfDay,
}

/// Somebody who stands in for those whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Who.
    pub participant: DestinationId,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// Who is on call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnCall {
    /// Who.
    pub participant: DestinationId,
    /// Whether they stand in for somebody else.
    pub stands_in: bool,
    /// When it may be somebody else's turn.
    pub until: Timestamp,
}

impl Rotation {
    /// Most participants.
    pub const MAX_PARTICIPANTS: usize = 50;

    /// Whether there is somebody whose turn it can be.
    ///
    /// # Errors
    /// [`RoutingError::Participants`].
    pub fn validate(&self) -> Result<(), RoutingError> {
        match (1..=Self::MAX_PARTICIPANTS).contains(&self.participants.len()) {
            true => Ok(()),
            false => Err(RoutingError::Participants),
        }
    }

    /// Who is on call. Of overrides that overlap the last one counts. `None`: there are no participants.
    #[must_use]
    pub fn on_call(&self, overrides: &[Override], at: Timestamp) -> Option<OnCall> {
        let turn = self.turn(at);
        let number = i64::try_from(self.participants.len()).ok().filter(|number| *number > 0)?;
        let whose = usize::try_from(turn.rem_euclid(number)).ok()?;
        let stands_in = overrides.iter().rev().find(|other| (other.from..other.to).contains(&at));
        let edges = overrides.iter().flat_map(|other| [other.from, other.to]).filter(|edge| *edge > at);
        let until = edges.chain([self.begins(turn + 1)]).min()?;
        let own = *self.participants.get(whose)?;
        let participant = stands_in.map_or(own, |other| other.participant);
        Some(OnCall { participant, stands_in: stands_in.is_some(), until })
    }

    /// The next changes of who is on call, `most` at most: when, and who it is then.
    #[must_use]
    pub fn handovers(&self, overrides: &[Override], after: Timestamp, most: usize) -> Vec<(Timestamp, OnCall)> {
        let mut changes = Vec::new();
        let Some(mut before) = self.on_call(overrides, after) else { return changes };
        // A turn may change nothing, when somebody has two in a row or stands in for somebody.
        for _ in 0..most * (Self::MAX_PARTICIPANTS + 1) + 2 * overrides.len() {
            let at = before.until;
            let Some(now) = self.on_call(overrides, at) else { break };
            if now.participant != before.participant {
                changes.push((at, now));
            }
            if changes.len() == most || now.until <= at {
                break;
            }
            before = now;
        }
        changes
    }

    /// The last turn that has begun by then; that of the start is 0.
    fn turn(&self, at: Timestamp) -> i64 {
        let days = self.first_day().until(self.zone.local(at).date()).map_or(0, |span| i64::from(span.get_days()));
        let near = days.div_euclid(self.days());
        // The date there and the date of the hand-over may be a day apart where a zone has skipped or repeated one.
        (near - 2..=near + 2).rev().find(|turn| self.begins(*turn) <= at).unwrap_or(near)
    }

    fn begins(&self, turn: i64) -> Timestamp {
        let span = Span::new().try_days(turn.saturating_mul(self.days()));
        match span.and_then(|span| self.first_day().checked_add(span)) {
            Ok(day) => self.zone.instant(self.handover.time.on(day)),
            Err(_) => Timestamp::from_millis(if turn < 0 { i64::MIN } else { i64::MAX }),
        }
    }

    /// The day on which the turn of the start began.
    fn first_day(&self) -> Date {
        let turn = self.days().days();
        let start = self.zone.local(self.start).date();
        let since = self.handover.weekday.map_or(0, |weekday| weekday.until(start.weekday()));
        let mut day = start.saturating_sub(i64::from(since).days()).saturating_add(2 * turn);
        for _ in 0..5 {
            if self.zone.instant(self.handover.time.on(day)) <= self.start {
                break;
            }
            day = day.saturating_sub(turn);
        }
        day
    }

    fn days(&self) -> i64 {
        if self.handover.weekday.is_some() { 7 } else { 1 }
    }
}

impl std::fmt::Display for Handover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.weekday {
            Some(day) => write!(f, "weekly {} {}", weekday_word(day), self.time),
            None => write!(f, "daily {}", self.time),
        }
    }
}

mod words {
    use jiff::civil::Weekday;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{weekday, weekday_word};

    pub(super) fn serialize<S: Serializer>(day: &Option<Weekday>, serializer: S) -> Result<S::Ok, S::Error> {
        day.map(weekday_word).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Weekday>, D::Error> {
        let word = Option::<String>::deserialize(deserializer)?;
        word.map(|word| weekday(&word).ok_or_else(|| D::Error::custom("not a weekday"))).transpose()
    }
}

#[cfg(test)]
mod tests;
