//! The latest pings of heartbeats.

use std::time::Duration;

use monitor_core::heartbeat::{Ping, PingMethod, Signal};
use monitor_core::monitor::MonitorId;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::rows::{count, get, hex, integer, json, monitor as monitor_of, sql, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// A ping to be kept.
#[derive(Debug, Clone)]
pub struct NewPing<'a> {
    /// Whose it is.
    pub monitor: MonitorId,
    /// How many pings of that heartbeat are kept, this one included.
    pub keep: u16,
    /// All but the body.
    pub ping: Ping,
    /// The body, as far as it is kept.
    pub body: &'a [u8],
}

impl Store {
    /// A heartbeat's latest pings, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn pings(&self, monitor: MonitorId, limit: u64) -> Result<Vec<Ping>, StoreError> {
        const PINGS: Sql = Sql::both(
            "SELECT monitor_id, number, at_ms, signal, exit_code, run, duration_us, method, remote, user_agent, body_bytes
             FROM ping WHERE monitor_id = $1 ORDER BY number DESC LIMIT $2",
        );
        let values = [monitor.0.into(), integer(limit).into()];
        let rows = self.reader().query_all_raw(PINGS.with(self.backend(), values)).await?;
        rows.iter().map(read).collect()
    }

    /// What was sent with a ping; `None` when nothing was, or the ping is not kept any more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ping_body(&self, monitor: MonitorId, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        const BODY: Sql = Sql::both("SELECT body FROM ping WHERE monitor_id = $1 AND number = $2");
        let values = [monitor.0.into(), integer(number).into()];
        let row = self.reader().query_one_raw(BODY.with(self.backend(), values)).await?;
        row.map_or(Ok(None), |row| get(&row, "body"))
    }
}

impl Tx {
    /// Keeps pings, each in place of the oldest one that is not to be kept any longer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_pings(&self, pings: &[NewPing<'_>]) -> Result<(), StoreError> {
        const INSERT: Sql = sql!(
            "INSERT INTO ping (monitor_id, slot, number, at_ms, signal, exit_code, run, duration_us, method, remote,
                 user_agent, body_bytes, body)
             SELECT CAST(value->>0 AS bigint), CAST(value->>1 AS integer), CAST(value->>2 AS bigint),
                 CAST(value->>3 AS bigint), value->>4, CAST(value->>5 AS smallint), value->>6,
                 CAST(value->>7 AS bigint), value->>8, value->>9, value->>10, CAST(value->>11 AS bigint),
                 " unhex "(value->>12, 'hex')
             FROM " rows " AS new WHERE TRUE
             ON CONFLICT (monitor_id, slot) DO UPDATE SET number = excluded.number, at_ms = excluded.at_ms,
                 signal = excluded.signal, exit_code = excluded.exit_code, run = excluded.run,
                 duration_us = excluded.duration_us, method = excluded.method, remote = excluded.remote,
                 user_agent = excluded.user_agent, body_bytes = excluded.body_bytes, body = excluded.body"
        );
        let rows: Vec<_> = pings
            .iter()
            .map(|NewPing { monitor, keep, ping, body }| {
                (
                    monitor,
                    ping.number % u64::from(*keep).max(1),
                    integer(ping.number),
                    ping.at,
                    ping.signal.as_str(),
                    ping.signal.exit_code(),
                    ping.run,
                    ping.duration.map(|duration| integer(duration.as_micros())),
                    ping.method.as_str(),
                    text(&ping.remote),
                    text(&ping.user_agent),
                    integer(ping.body_bytes),
                    (!body.is_empty()).then(|| hex(body)),
                )
            })
            .collect();
        if !rows.is_empty() {
            self.put(INSERT.with(self.store().backend(), [json(&rows)?])).await?;
        }
        Ok(())
    }

    /// Forgets the pings that are too many when only that many are kept.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn trim_pings(&self, monitor: MonitorId, keep: u16) -> Result<(), StoreError> {
        const TRIM: Sql = Sql::both("DELETE FROM ping WHERE monitor_id = $1 AND slot >= $2");
        let values = [monitor.0.into(), i32::from(keep).into()];
        self.conn().execute_raw(TRIM.with(self.store().backend(), values)).await?;
        Ok(())
    }
}

fn read(row: &QueryResult) -> Result<Ping, StoreError> {
    let monitor = monitor_of(row)?;
    let number = count(row, "ping", "number")?;
    let corrupt = |column| StoreError::corrupt("ping", column, format!("{monitor}/{number}"));
    let exit_code = get::<Option<i16>>(row, "exit_code")?.map(u8::try_from).transpose();
    let signal: String = get(row, "signal")?;
    let method: String = get(row, "method")?;
    let run: Option<String> = get(row, "run")?;
    let duration_us: Option<i64> = get(row, "duration_us")?;
    Ok(Ping {
        number,
        at: time(row, "at_ms")?,
        signal: Signal::from_stored(&signal, exit_code.map_err(|_| corrupt("exit_code"))?)
            .ok_or_else(|| corrupt("signal"))?,
        run: run.map(|run| run.parse()).transpose().map_err(|_| corrupt("run"))?,
        duration: duration_us.map(|us| Duration::from_micros(us.unsigned_abs())),
        method: PingMethod::from_name(&method).ok_or_else(|| corrupt("method"))?,
        remote: get(row, "remote")?,
        user_agent: get(row, "user_agent")?,
        body_bytes: count(row, "ping", "body_bytes")?,
    })
}
