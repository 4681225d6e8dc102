//! Taking monitors over from other programs.

use monitor_core::heartbeat::Uuid;
use monitor_core::monitor::{CheckSpec, Monitor, MonitorError, MonitorId, Settings};
use monitor_core::people::{Actor, ConversationId, Permission};
use storage::Tx;

use crate::{Result, ServiceError, Services, require};

/// A monitor that comes from another program.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Its settings.
    pub settings: Settings,
    /// Whether it is not to be checked for the time being.
    pub paused: bool,
    /// The address that a heartbeat keeps; another monitor may not have it. Without it the heartbeat gets a new one.
    pub address: Option<Uuid>,
}

impl Services {
    /// Adds a monitor as [`Services::add_monitor`] does, in one transaction with its pause and with its address.
    ///
    /// # Errors
    /// Those of [`Services::add_monitor`], and [`ServiceError::Invalid`] for an address that another heartbeat has.
    pub async fn import_monitor(&self, actor: &Actor, arrival: &Arrival, tell: ConversationId) -> Result<Monitor> {
        require(actor, Permission::Edit)?;
        let settings = &arrival.settings;
        settings.validate()?;
        self.own_conversation(actor, tell).await?;
        let address = arrival.address.filter(|_| matches!(settings.spec, CheckSpec::Heartbeat(_)));
        if let Some(address) = address
            && !self.store().heartbeats_at(&[address]).await?.is_empty()
        {
            let taken = format!("another heartbeat has the address {address} already");
            return Err(ServiceError::Invalid(MonitorError::TooMuch(taken)));
        }
        let now = self.now();
        let tx = self.store().begin().await?;
        let id = tx.insert_monitor(actor.organisation, actor.person, settings, now).await?;
        let id = id.ok_or_else(|| ServiceError::NameTaken(settings.name.clone()))?;
        tx.subscribe(id, tell).await?;
        match &settings.spec {
            CheckSpec::Heartbeat(spec) => {
                if let Some(address) = address {
                    tx.insert_heartbeat(id, address).await?;
                }
                self.await_reports(&tx, id, spec).await?;
            }
            _ => tx.retry_at(&[(id, now)]).await?,
        }
        if arrival.paused {
            self.arrive_paused(&tx, id, settings).await?;
        }
        tx.commit().await?;
        tracing::info!(monitor = %settings.name, monitor_id = %id, person_id = %actor.person, "monitor imported");
        self.monitor(actor, settings.name.as_str()).await
    }

    /// Pauses what nobody has watched yet.
    async fn arrive_paused(&self, tx: &Tx, id: MonitorId, settings: &Settings) -> Result<()> {
        let now = self.now();
        let Some(mut health) = tx.health(id).await? else { return Ok(()) };
        let step = health.pause(now);
        tx.set_paused(id, true, now).await?;
        tx.save_health(&[(id, &health)]).await?;
        let flips: Vec<_> = step.flip.into_iter().map(|flip| (id, flip)).collect();
        tx.insert_flips(&flips).await?;
        if matches!(settings.spec, CheckSpec::Heartbeat(_)) {
            self.reset_heartbeat(tx, id).await?;
        }
        Ok(())
    }
}
