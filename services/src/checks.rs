//! Running a check because somebody asked.

use std::time::Duration;

use monitor_core::monitor::{CheckSpec, Monitor, Settings};
use monitor_core::outcome::Outcome;
use monitor_core::people::{Actor, Permission};
use probes::Check;
use storage::Claim;

use crate::recording::Finished;
use crate::{Result, ServiceError, Services, require};

/// How long a lease outlives the check's own timeout: time for a busy machine to write the result down.
pub const LEASE_SLACK: Duration = Duration::from_secs(10);

/// How often a monitor that is being checked is asked for again.
const CLAIM_EVERY: Duration = Duration::from_millis(50);

impl Services {
    /// Checks once what these settings describe. Nothing is stored.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Invalid`], [`ServiceError::NotChecked`] for a heartbeat.
    pub async fn preview(&self, actor: &Actor, settings: &Settings) -> Result<Outcome> {
        require(actor, Permission::Edit)?;
        settings.validate()?;
        let check = compile(settings)?;
        Ok(probes::run(&check, self.outbound(), self.now(), settings.timeout).await)
    }

    /// Checks a monitor now, paused or not, and records what was found. If a check is running, waits for its end first.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::MonitorNotFound`], [`ServiceError::NotChecked`] for a heartbeat,
    /// [`ServiceError::Busy`], [`ServiceError::Internal`].
    pub async fn check_now(&self, actor: &Actor, name: &str) -> Result<(Monitor, Outcome)> {
        require(actor, Permission::Respond)?;
        let monitor = self.monitor(actor, name).await?;
        let check = compile(&monitor.settings)?;
        let claim = self.claim(&monitor).await?;
        let outcome = probes::run(&check, self.outbound(), self.now(), monitor.settings.timeout).await;
        let outcome = self.examine(&check, outcome).await;
        let finished = Finished { claim, policy: monitor.settings.policy, outcome: outcome.clone() };
        self.record(&[finished]).await?;
        Ok((monitor, outcome))
    }

    async fn claim(&self, monitor: &Monitor) -> Result<Claim> {
        let patience = monitor.settings.timeout + LEASE_SLACK;
        let claimed = tokio::time::timeout(patience, async {
            loop {
                if let Some(claim) = self.store().claim_one(monitor.id, self.now(), LEASE_SLACK).await? {
                    return Ok(claim);
                }
                tokio::time::sleep(CLAIM_EVERY).await;
            }
        });
        claimed.await.unwrap_or_else(|_| Err(ServiceError::Busy(monitor.settings.name.to_string())))
    }
}

fn compile(settings: &Settings) -> Result<Check> {
    if matches!(settings.spec, CheckSpec::Heartbeat(_)) {
        return Err(ServiceError::NotChecked(settings.name.to_string()));
    }
    Ok(Check::compile(settings)?)
}
