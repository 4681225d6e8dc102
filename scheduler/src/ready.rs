//! Compiled checks by monitor, loaded when a claim names a revision that is not here yet.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::health::Policy;
use monitor_core::monitor::{CheckSpec, Monitor, MonitorId, Settings};
use probes::Check;
use storage::{Claim, Store, StoreError};

use crate::running::Held;

/// A monitor's settings as far as a worker needs them.
pub(crate) struct Ready {
    revision: i32,
    pub(crate) timeout: Duration,
    pub(crate) policy: Policy,
    /// Whether it is a heartbeat, of which only the deadline is looked at.
    pub(crate) heartbeat: bool,
    /// The compiled check, or why it cannot be run.
    pub(crate) check: Result<Check, String>,
}

/// Checks not asked for in this time, longer than the longest interval, are forgotten: their monitors are paused or gone.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(25 * 3_600);

#[derive(Default)]
pub(crate) struct ReadyChecks {
    by_monitor: HashMap<MonitorId, Kept>,
    forgotten_at: Timestamp,
}

struct Kept {
    ready: Arc<Ready>,
    used: Timestamp,
}

impl ReadyChecks {
    /// Loads and compiles what is missing or stale for these claims.
    pub(crate) async fn load(&mut self, store: &Store, held: &[Held]) -> Result<(), StoreError> {
        let missing = held.iter().filter(|held| self.kept(&held.claim).is_none());
        let missing: Vec<MonitorId> = missing.map(|held| held.claim.monitor).collect();
        if missing.is_empty() {
            return Ok(());
        }
        match store.monitors_by_id(&missing).await {
            Ok(monitors) => monitors.iter().for_each(|monitor| self.insert(monitor)),
            // One row that cannot be read must not keep the others from being checked.
            Err(StoreError::Corrupt { .. } | StoreError::Secret(_)) => {
                for held in held.iter().filter(|held| missing.contains(&held.claim.monitor)) {
                    match store.monitors_by_id(&[held.claim.monitor]).await {
                        Ok(monitors) => monitors.iter().for_each(|monitor| self.insert(monitor)),
                        Err(error) => self.insert_broken(&held.claim, &error),
                    }
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The check that a claim is for, if it is loaded.
    pub(crate) fn get(&mut self, claim: &Claim) -> Option<Arc<Ready>> {
        let ready = self.kept(claim)?;
        if let Some(kept) = self.by_monitor.get_mut(&claim.monitor) {
            kept.used = claim.due;
        }
        Some(ready)
    }

    /// Forgets what has not been used for long; looks every such time.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        if now.since(self.forgotten_at) >= FORGOTTEN_AFTER {
            self.by_monitor.retain(|_, kept| now.since(kept.used) < FORGOTTEN_AFTER);
            self.forgotten_at = now;
        }
    }

    /// The check in the claim's revision or a later one.
    fn kept(&self, claim: &Claim) -> Option<Arc<Ready>> {
        let kept = self.by_monitor.get(&claim.monitor).filter(|kept| kept.ready.revision >= claim.revision)?;
        Some(Arc::clone(&kept.ready))
    }

    fn keep(&mut self, monitor: MonitorId, ready: Ready) {
        self.by_monitor.insert(monitor, Kept { ready: Arc::new(ready), used: self.forgotten_at });
    }

    fn insert(&mut self, monitor: &Monitor) {
        let ready = Ready {
            revision: monitor.revision,
            timeout: monitor.settings.timeout,
            policy: monitor.settings.policy,
            heartbeat: matches!(monitor.settings.spec, CheckSpec::Heartbeat(_)),
            check: Check::compile(&monitor.settings).map_err(|error| error.to_string()),
        };
        self.keep(monitor.id, ready);
    }

    /// A monitor whose settings cannot be read is still due: each of its checks says why it cannot be run.
    fn insert_broken(&mut self, claim: &Claim, error: &StoreError) {
        tracing::error!(%error, monitor_id = %claim.monitor, "a monitor cannot be read");
        let ready = Ready {
            revision: claim.revision,
            timeout: Settings::DEFAULT_TIMEOUT,
            policy: Policy::default(),
            heartbeat: false,
            check: Err("its settings cannot be read; the log says why".to_owned()),
        };
        self.keep(claim.monitor, ready);
    }
}
