//! Heartbeats as people see them: where to report, and what was reported.

use std::collections::HashMap;

use monitor_core::Timestamp;
use monitor_core::heartbeat::{HeartbeatError, HeartbeatSpec, Ping, Plan, Uuid};
use monitor_core::monitor::{CheckSpec, Monitor, MonitorError, MonitorId};
use monitor_core::people::{Actor, Permission};
use storage::{Awaited, HeartbeatRow, StoreError, Tx};

use crate::beats::load_measures;
use crate::conversations::random_token;
use crate::{Result, ServiceError, Services, require};

/// Where pings are sent to unless the program says otherwise.
const DEFAULT_PING_URL: &str = "http://127.0.0.1:8080";

/// Heartbeats handled in one transaction.
const CHUNK: u64 = 500;

impl Services {
    /// Says under which address this Watchword is pinged from elsewhere, for example `https://watch.example`. The first call counts.
    pub fn publish_pings_at(&self, url: &str) {
        // A later call would give the same address.
        let _ = self.inner.ping_url.set(url.trim_end_matches('/').to_owned());
    }

    fn ping_base(&self) -> &str {
        self.inner.ping_url.get().map_or(DEFAULT_PING_URL, String::as_str)
    }

    /// The address that a heartbeat's job reports to. Whoever has it may report, so it is shown to editors only.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::MonitorNotFound`], [`ServiceError::NotHeartbeat`],
    /// [`ServiceError::Internal`].
    pub async fn ping_url(&self, actor: &Actor, name: &str) -> Result<String> {
        require(actor, Permission::Edit)?;
        let (monitor, _) = self.heartbeat(actor, name).await?;
        let address = self.store().heartbeat_address(monitor.id).await?;
        let address = address.ok_or_else(|| ServiceError::NotHeartbeat(monitor.settings.name.to_string()))?;
        Ok(format!("{}/ping/{address}", self.ping_base()))
    }

    /// The address below which every heartbeat of the organisation can be reported to by its name, as in
    /// `https://watch.example/ping/KEY/nightly`. The key is made at the first call.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn ping_key_url(&self, actor: &Actor) -> Result<String> {
        require(actor, Permission::Edit)?;
        self.key_url(actor, false).await
    }

    /// Gives the organisation another ping key: addresses with the one before stop working.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn renew_ping_key(&self, actor: &Actor) -> Result<String> {
        require(actor, Permission::Edit)?;
        let url = self.key_url(actor, true).await?;
        tracing::info!(person_id = %actor.person, "ping key renewed");
        Ok(url)
    }

    async fn key_url(&self, actor: &Actor, renew: bool) -> Result<String> {
        let key = self.store().ping_key(actor.organisation, &random_token(16), renew).await?;
        Ok(format!("{}/ping/{key}", self.ping_base()))
    }

    /// A heartbeat's latest pings, the newest first.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::MonitorNotFound`], [`ServiceError::NotHeartbeat`],
    /// [`ServiceError::Internal`].
    pub async fn pings(&self, actor: &Actor, name: &str, limit: u64) -> Result<(Monitor, Vec<Ping>)> {
        require(actor, Permission::Read)?;
        let (monitor, spec) = self.heartbeat(actor, name).await?;
        let pings = self.store().pings(monitor.id, limit.min(u64::from(spec.keep_pings))).await?;
        Ok((monitor, pings))
    }

    /// What was sent with a ping; `None` when nothing was, or the ping is not kept any more.
    ///
    /// # Errors
    /// Like [`Services::pings`].
    pub async fn ping_body(&self, actor: &Actor, name: &str, number: u64) -> Result<Option<Vec<u8>>> {
        require(actor, Permission::Read)?;
        let (monitor, _) = self.heartbeat(actor, name).await?;
        Ok(self.store().ping_body(monitor.id, number).await?)
    }

    async fn heartbeat(&self, actor: &Actor, name: &str) -> Result<(Monitor, HeartbeatSpec)> {
        let monitor = self.monitor(actor, name).await?;
        match monitor.settings.spec.clone() {
            CheckSpec::Heartbeat(spec) => Ok((monitor, spec)),
            _ => Err(ServiceError::NotHeartbeat(monitor.settings.name.to_string())),
        }
    }

    /// Gives a heartbeat its address, and awaits from now on what its settings say.
    pub(crate) async fn await_reports(&self, tx: &Tx, id: MonitorId, spec: &HeartbeatSpec) -> Result<()> {
        tx.insert_heartbeat(id, new_address()).await?;
        tx.trim_pings(id, spec.keep_pings).await?;
        let plan = Plan::new(spec).map_err(invalid)?;
        let rows = tx.heartbeats(&[id]).await?;
        save(tx, &rows, |_| Some(&plan)).await
    }

    /// Forgets what a heartbeat has reported, so that it is awaited from its next ping on.
    pub(crate) async fn reset_heartbeat(&self, tx: &Tx, id: MonitorId) -> Result<()> {
        let mut rows = tx.heartbeats(&[id]).await?;
        rows.iter_mut().for_each(|row| row.beats.reset());
        save(tx, &rows, |_| None).await
    }

    /// After work on what reports in: none of these heartbeats is held to what it should have reported since then.
    pub(crate) async fn excuse_since(
        &self,
        tx: &Tx,
        since: &HashMap<MonitorId, Timestamp>,
        now: Timestamp,
    ) -> std::result::Result<(), StoreError> {
        let ids: Vec<MonitorId> = since.keys().copied().collect();
        let known = load_measures(self.store(), &ids).await?;
        let plan = |id| Some(&known.get(&id)?.measure.as_ref()?.plan);
        let mut rows = tx.heartbeats(&ids).await?;
        for row in &mut rows {
            if let (Some(plan), Some(since)) = (plan(row.monitor), since.get(&row.monitor)) {
                row.beats.excuse(plan, *since, now);
            }
        }
        // What cannot be read is not awaited anew: it is looked at as it was.
        rows.retain(|row| plan(row.monitor).is_some());
        write(tx, &rows, plan).await
    }

    /// After a time in which nobody could report in: no heartbeat is held to what it should have reported then.
    pub(crate) async fn excuse_heartbeats(&self, gone: Timestamp, back: Timestamp) -> Result<()> {
        let mut after = MonitorId(0);
        loop {
            let tx = self.store().begin().await?;
            let ids = tx.active_heartbeats(after, CHUNK).await?;
            let Some(last) = ids.last() else { return Ok(()) };
            after = *last;
            let known = load_measures(self.store(), &ids).await?;
            let mut rows = tx.heartbeats(&ids).await?;
            let plan = |id| Some(&known.get(&id)?.measure.as_ref()?.plan);
            rows.retain_mut(|row| plan(row.monitor).is_some_and(|plan| row.beats.excuse(plan, gone, back)));
            save(&tx, &rows, plan).await?;
            tx.commit().await?;
        }
    }
}

/// Writes heartbeats as they are, each due when its plan says. Without a plan nothing is awaited.
async fn save<'a>(tx: &Tx, rows: &[HeartbeatRow], plan: impl Fn(MonitorId) -> Option<&'a Plan>) -> Result<()> {
    Ok(write(tx, rows, plan).await?)
}

async fn write<'a>(
    tx: &Tx,
    rows: &[HeartbeatRow],
    plan: impl Fn(MonitorId) -> Option<&'a Plan>,
) -> std::result::Result<(), StoreError> {
    let awaited = rows.iter().map(|row| Awaited {
        monitor: row.monitor,
        health: &row.health,
        beats: &row.beats,
        deadline: plan(row.monitor).filter(|_| row.active).and_then(|plan| row.beats.deadline(plan)),
    });
    tx.save_heartbeats(&awaited.collect::<Vec<_>>()).await
}

fn invalid(error: HeartbeatError) -> ServiceError {
    ServiceError::Invalid(MonitorError::Spec(error.into()))
}

/// A random address.
pub(crate) fn new_address() -> Uuid {
    let mut random = [0; 16];
    if let Err(error) = getrandom::fill(&mut random) {
        tracing::error!(%error, "the system gives no random numbers");
    }
    monitor_core::heartbeat::random_uuid(random)
}
