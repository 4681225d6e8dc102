//! What single checks found.

use std::collections::HashMap;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::{Outcome, Reason, Timings};
use monitor_core::people::OrganisationId;
use monitor_core::report::Window;
use monitor_core::rollup::Sample;
use monitor_core::sketch::{put_varint, take_varint};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use crate::rows::{count, get, hex, integer, json, json_ids, monitor, sql, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// Whose results are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One monitor's.
    Monitor(MonitorId),
    /// Those of all monitors of an organisation.
    Organisation(OrganisationId),
}

/// The result of one check as it was stored. Durations are kept to the microsecond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResult {
    /// When the check started.
    pub at: Timestamp,
    /// Why it ended as it did.
    pub reason: Reason,
    /// From start to end.
    pub duration: Duration,
    /// The same, by phase.
    pub timings: Timings,
    /// The HTTP status, when there was one.
    pub http_status: Option<u16>,
    /// Bytes of the response body that were read.
    pub response_bytes: u64,
    /// What happened, for a person. Empty when all was well.
    pub message: String,
}

/// How many monitors are asked for with one statement.
pub(crate) const MONITORS_AT_ONCE: usize = 1_000;

impl Store {
    /// A monitor's latest results, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn latest_results(&self, monitor: MonitorId, limit: u64) -> Result<Vec<StoredResult>, StoreError> {
        const LATEST: Sql = Sql::both(
            "SELECT at_ms, reason, duration_us, http_status, bytes, timings, message
             FROM check_result WHERE monitor_id = $1 ORDER BY at_ms DESC LIMIT $2",
        );
        let statement = LATEST.with(self.backend(), [monitor.0.into(), integer(limit).into()]);
        let rows = self.reader().query_all_raw(statement).await?;
        rows.iter().map(|row| StoredResult::read(monitor, row)).collect()
    }

    /// A monitor's latest results that started no later than a time, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn results_until(
        &self,
        monitor: MonitorId,
        until: Timestamp,
        limit: u64,
    ) -> Result<Vec<StoredResult>, StoreError> {
        const UNTIL: Sql = Sql::both(
            "SELECT at_ms, reason, duration_us, http_status, bytes, timings, message
             FROM check_result WHERE monitor_id = $1 AND at_ms <= $2 ORDER BY at_ms DESC LIMIT $3",
        );
        let values = [monitor.0.into(), until.as_millis().into(), integer(limit).into()];
        let rows = self.reader().query_all_raw(UNTIL.with(self.backend(), values)).await?;
        rows.iter().map(|row| StoredResult::read(monitor, row)).collect()
    }

    /// The figures of every check that started in a window, by monitor, the oldest first. Meant for short windows.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn samples(&self, scope: Scope, window: Window) -> Result<Vec<Sample>, StoreError> {
        const SAMPLES: Sql = sql!(
            "SELECT r.monitor_id, r.at_ms, r.reason, r.duration_us, r.bytes
             FROM " rows " AS asked CROSS JOIN check_result r
             WHERE r.monitor_id = CAST(value->>0 AS bigint) AND r.at_ms >= $2 AND r.at_ms < $3
             ORDER BY r.monitor_id, r.at_ms"
        );
        let mut samples = Vec::new();
        for ids in self.monitors_of(scope).await?.chunks(MONITORS_AT_ONCE) {
            let values = [json_ids(ids)?, window.from.as_millis().into(), window.to.as_millis().into()];
            let rows = self.reader().query_all_raw(SAMPLES.with(self.backend(), values)).await?;
            for row in &rows {
                samples.push(read_sample(row)?.1);
            }
        }
        Ok(samples)
    }

    /// The monitors of a scope, by id.
    pub(crate) async fn monitors_of(&self, scope: Scope) -> Result<Vec<MonitorId>, StoreError> {
        const MONITORS: Sql =
            Sql::both("SELECT monitor_id FROM monitor_state WHERE organisation_id = $1 ORDER BY monitor_id");
        let organisation = match scope {
            Scope::Monitor(monitor) => return Ok(vec![monitor]),
            Scope::Organisation(organisation) => organisation,
        };
        let rows = self.reader().query_all_raw(MONITORS.with(self.backend(), [organisation.0.into()])).await?;
        rows.iter().map(monitor).collect()
    }
}

impl Tx {
    /// Stores what checks found. A result that is there already (same monitor and time) or whose monitor was deleted
    /// is passed over. A result that comes too late to be rolled up with its time is added to the rollups here.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn insert_results(&self, results: &[(MonitorId, &Outcome)]) -> Result<(), StoreError> {
        if results.is_empty() {
            return Ok(());
        }
        let targets = self.rollup_targets().await?;
        let (late, timely): (Vec<_>, Vec<_>) = results.iter().partition(|(_, outcome)| outcome.at < targets.minute);
        if !timely.is_empty() {
            const INSERT: Sql = insert_sql!("");
            self.put(INSERT.with(self.store().backend(), [parameter(&timely)?])).await?;
        }
        if !late.is_empty() {
            const INSERT_RETURNING: Sql = insert_sql!("RETURNING monitor_id, at_ms");
            let statement = INSERT_RETURNING.with(self.store().backend(), [parameter(&late)?]);
            let mut samples: HashMap<_, _> =
                late.iter().rev().map(|(monitor, outcome)| ((*monitor, outcome.at), sample(outcome))).collect();
            let mut inserted = Vec::new();
            for row in self.conn().query_all_raw(statement).await? {
                let id = monitor(&row)?;
                inserted.extend(samples.remove(&(id, time(&row, "at_ms")?)).map(|sample| (id, sample)));
            }
            self.add_to_rollups(&inserted, &targets).await?;
        }
        Ok(())
    }
}

/// Rows of monitors that exist, and go on existing until the transaction ends.
macro_rules! insert_sql {
    ($returning:literal) => {
        sql!(
            "INSERT INTO check_result (monitor_id, at_ms, reason, duration_us, http_status, bytes, timings, message)
             SELECT m.id, CAST(value->>1 AS bigint), CAST(value->>2 AS smallint), CAST(value->>3 AS bigint),
                 CAST(value->>4 AS smallint), CAST(value->>5 AS bigint), " unhex "(value->>6, 'hex'), value->>7
             FROM " rows " AS r, monitor m WHERE m.id = CAST(value->>0 AS bigint) " (postgres "FOR KEY SHARE OF m") "
             ON CONFLICT DO NOTHING " $returning
        )
    };
}
use insert_sql;

fn parameter(results: &[&(MonitorId, &Outcome)]) -> Result<Value, StoreError> {
    let rows = results.iter().map(|(monitor, outcome)| {
        (
            *monitor,
            outcome.at,
            outcome.reason.number(),
            integer(outcome.duration.as_micros()),
            outcome.http_status,
            integer(outcome.response_bytes),
            hex(&encode_timings(&outcome.timings)),
            (!outcome.message.is_empty()).then(|| text(&outcome.message)),
        )
    });
    json(&rows.collect::<Vec<_>>())
}

/// The sample as the database gives it back: to the microsecond.
fn sample(outcome: &Outcome) -> Sample {
    let duration = Duration::from_micros(u64::try_from(outcome.duration.as_micros()).unwrap_or(u64::MAX));
    Sample { at: outcome.at, reason: outcome.reason, duration, response_bytes: outcome.response_bytes }
}

impl StoredResult {
    /// Reads a row of all columns.
    pub(crate) fn read(monitor: MonitorId, row: &QueryResult) -> Result<Self, StoreError> {
        let Sample { at, reason, duration, response_bytes } = read_figures(monitor, row)?;
        let corrupt = |column| StoreError::corrupt("check_result", column, format!("{monitor}/{}", at.as_millis()));
        let status: Option<i16> = get(row, "http_status")?;
        let timings: Vec<u8> = get(row, "timings")?;
        Ok(Self {
            at,
            reason,
            duration,
            timings: decode_timings(&timings).ok_or_else(|| corrupt("timings"))?,
            http_status: status.map(u16::try_from).transpose().map_err(|_| corrupt("http_status"))?,
            response_bytes,
            message: get::<Option<String>>(row, "message")?.unwrap_or_default(),
        })
    }
}

/// Reads the columns that count.
pub(crate) fn read_sample(row: &QueryResult) -> Result<(MonitorId, Sample), StoreError> {
    let monitor = monitor(row)?;
    Ok((monitor, read_figures(monitor, row)?))
}

fn read_figures(monitor: MonitorId, row: &QueryResult) -> Result<Sample, StoreError> {
    let at = time(row, "at_ms")?;
    let reason = Reason::from_number(get(row, "reason")?)
        .ok_or_else(|| StoreError::corrupt("check_result", "reason", format!("{monitor}/{}", at.as_millis())))?;
    let duration = Duration::from_micros(count(row, "check_result", "duration_us")?);
    Ok(Sample { at, reason, duration, response_bytes: count(row, "check_result", "bytes")? })
}

/// The six phases as LEB128 integers: microseconds and one, or zero for none. Zeros at the end are left out.
fn encode_timings(timings: &Timings) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut length = 0;
    for (_, phase) in timings.phases() {
        let micros = phase.map(|phase| u64::try_from(phase.as_micros()).unwrap_or(u64::MAX));
        put_varint(&mut bytes, micros.map_or(0, |micros| micros.saturating_add(1)));
        if phase.is_some() {
            length = bytes.len();
        }
    }
    bytes.truncate(length);
    bytes
}

fn decode_timings(mut bytes: &[u8]) -> Option<Timings> {
    let mut phases = [None; 6];
    for phase in &mut phases {
        if bytes.is_empty() {
            break;
        }
        *phase = take_varint(&mut bytes)?.checked_sub(1).map(Duration::from_micros);
    }
    let [dns_lookup, tcp_connection, tls_handshake, send_request, time_to_first_byte, receive_response] = phases;
    let timings =
        Timings { dns_lookup, tcp_connection, tls_handshake, send_request, time_to_first_byte, receive_response };
    bytes.is_empty().then_some(timings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timings_take_no_room_for_phases_that_were_not_reached() {
        assert_eq!(encode_timings(&Timings::default()), Vec::<u8>::new());
        let timings = Timings { tcp_connection: Some(Duration::ZERO), ..Timings::default() };
        assert_eq!(encode_timings(&timings), [0, 1]);
        assert_eq!(decode_timings(&[0, 1]), Some(timings));
    }

    #[test]
    fn timings_that_nobody_wrote_are_not_read() {
        assert_eq!(decode_timings(&[0x80]), None);
        assert_eq!(decode_timings(&[1, 1, 1, 1, 1, 1, 1]), None);
    }
}
