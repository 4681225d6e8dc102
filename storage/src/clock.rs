//! A clock that went back: what was to come by it comes as soon as it would have come.

use monitor_core::Timestamp;
use sea_orm::ConnectionTrait;

use crate::rows::integer;
use crate::sql::Sql;
use crate::{Store, StoreError};

/// What is to come, by table, moved by `$2` where it is later than `$1`. What never comes, from `$3` on, stays so, and so does
/// what goes by the calendar: maintenance, deadlines of heartbeats, and silences that were made before. What joined an incident
/// goes back as well, or all that fails from now on would seem to fail at the same time.
const MOVES: [Sql; 10] = [
    Sql::both(
        "UPDATE monitor_state SET next_due_ms = next_due_ms - $2, lease_ms = lease_ms - $2, due_ms = due_ms - $2
         WHERE next_due_ms > $1 AND next_due_ms < $3 AND monitor_id IN (SELECT id FROM monitor WHERE kind <> 'heartbeat')",
    ),
    // Before the destinations, as whoever tells of an incident.
    Sql::both(
        "UPDATE incident SET joined_at_ms = joined_at_ms - $2
         WHERE resolved_at_ms IS NULL AND joined_at_ms > $1 AND joined_at_ms < $3",
    ),
    // Before the notifications, as whoever claims these.
    Sql::both(
        "UPDATE destination SET open_at_ms = open_at_ms - $2, tat_ms = tat_ms - $2
         WHERE (open_at_ms > $1 OR tat_ms > $1) AND open_at_ms < $3",
    ),
    Sql::both(
        "UPDATE notification SET next_at_ms = next_at_ms - $2, lease_ms = lease_ms - $2, first_tried_ms = first_tried_ms - $2
         WHERE state = 'due' AND next_at_ms > $1 AND next_at_ms < $3",
    ),
    Sql::both("UPDATE escalation SET due_ms = due_ms - $2 WHERE due_ms > $1 AND due_ms < $3"),
    Sql::both(
        "UPDATE silence SET from_ms = from_ms - $2, until_ms = until_ms - $2
         WHERE settled = FALSE AND from_ms > $1 AND until_ms < $3",
    ),
    Sql::both("UPDATE rule_state SET due_ms = due_ms - $2 WHERE due_ms > $1 AND due_ms < $3"),
    Sql::both(
        "UPDATE audit SET lease_ms = lease_ms - $2 WHERE ended_at_ms IS NULL AND lease_ms > $1 AND lease_ms < $3",
    ),
    Sql::both(
        "UPDATE security_check SET lease_ms = lease_ms - $2
         WHERE ended_at_ms IS NULL AND lease_ms > $1 AND lease_ms < $3",
    ),
    Sql::both("UPDATE alert_rule SET look_ms = look_ms - $2 WHERE look_ms > $1 AND look_ms < $3"),
];

/// What is later never comes.
const NEVER: i64 = i64::MAX / 2;

impl Store {
    /// Moves what was to come by a clock that showed `before` and now shows `now`, which is earlier. Whoever was at work holds
    /// a lease no longer: it is done once more. `false`: another process did so already.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn clock_went_back(&self, before: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        const FIRST: Sql = Sql::both("UPDATE liveness SET last_alive_ms = $1 WHERE id = 1 AND last_alive_ms = $2");
        let (backend, at) = (self.backend(), now.as_millis());
        let tx = self.begin().await?;
        let first = FIRST.with(backend, [at.into(), before.as_millis().into()]);
        if tx.conn().execute_raw(first).await?.rows_affected() == 0 {
            return Ok(false);
        }
        let by = integer(before.since(now).as_millis());
        for moves in &MOVES {
            tx.conn().execute_raw(moves.with(backend, [at.into(), by.into(), NEVER.into()])).await?;
        }
        tx.wake_outbox();
        tx.commit().await?;
        Ok(true)
    }
}
