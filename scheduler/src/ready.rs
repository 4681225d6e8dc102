//! Compiled checks by monitor, loaded when a claim names a revision that is not here yet.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use monitor_core::health::Policy;
use monitor_core::monitor::{Monitor, MonitorId};
use probes::Check;
use storage::{Claim, Store, StoreError};

use crate::running::Held;

/// A monitor's settings as far as a worker needs them.
pub(crate) struct Ready {
    revision: i32,
    pub(crate) timeout: Duration,
    pub(crate) policy: Policy,
    /// The compiled check, or why it cannot be run.
    pub(crate) check: Result<Check, String>,
}

#[derive(Default)]
pub(crate) struct ReadyChecks {
    by_monitor: HashMap<MonitorId, Arc<Ready>>,
}

impl ReadyChecks {
    /// Loads and compiles what is missing or stale for these claims.
    pub(crate) async fn load(&mut self, store: &Store, held: &[Held]) -> Result<(), StoreError> {
        let missing = held.iter().filter(|held| self.get(&held.claim).is_none());
        let missing: Vec<MonitorId> = missing.map(|held| held.claim.monitor).collect();
        if missing.is_empty() {
            return Ok(());
        }
        match store.monitors_by_id(&missing).await {
            Ok(monitors) => monitors.iter().for_each(|monitor| self.insert(monitor)),
            // One row that cannot be read must not keep the others from being checked.
            Err(StoreError::Corrupt { .. } | StoreError::Secret(_)) => {
                for id in missing {
                    match store.monitors_by_id(&[id]).await {
                        Ok(monitors) => monitors.iter().for_each(|monitor| self.insert(monitor)),
                        Err(error) => {
                            tracing::error!(%error, monitor_id = %id, "a monitor cannot be read and is not checked")
                        }
                    }
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The check that a claim is for, if it is loaded in that revision or a later one.
    pub(crate) fn get(&self, claim: &Claim) -> Option<Arc<Ready>> {
        self.by_monitor.get(&claim.monitor).filter(|ready| ready.revision >= claim.revision).cloned()
    }

    fn insert(&mut self, monitor: &Monitor) {
        let ready = Ready {
            revision: monitor.revision,
            timeout: monitor.settings.timeout,
            policy: monitor.settings.policy,
            check: Check::compile(&monitor.settings.spec).map_err(|error| error.to_string()),
        };
        self.by_monitor.insert(monitor.id, Arc::new(ready));
    }
}
