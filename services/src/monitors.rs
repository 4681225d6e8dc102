//! Adding, finding, changing and removing monitors.

use std::collections::HashSet;

use monitor_core::health::{Health, Status, Step};
use monitor_core::incident::Resolution;
use monitor_core::monitor::{CheckSpec, Monitor, MonitorId, MonitorName, Settings};
use monitor_core::people::{Actor, ConversationId, Permission};
use storage::Tx;

use crate::dependencies::tell_withheld;
use crate::{Result, ServiceError, Services, incidents, require};

/// Names looked through for one that is close to a mistyped one, or free.
const SUGGESTION_POOL: u64 = 20_000;

/// The room that a number behind a name takes at most: a dash and the digits of [`SUGGESTION_POOL`].
const NUMBER_CHARS: usize = 6;

impl Services {
    /// The wanted name, or that name with the first free number behind it. A long name is cut to make room for it.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn free_name(&self, actor: &Actor, wanted: &MonitorName) -> Result<MonitorName> {
        require(actor, Permission::Read)?;
        let prefix = start(wanted, NUMBER_CHARS).to_lowercase();
        let taken = self.store().monitor_names(actor.organisation, &prefix, SUGGESTION_POOL).await?;
        let taken: HashSet<String> = taken.iter().map(|name| name.to_lowercase()).collect();
        let free = |name: &MonitorName| !taken.contains(&name.key());
        let numbered = (2..=taken.len() + 1).filter_map(|number| {
            let number = format!("-{number}");
            MonitorName::new(&format!("{}{number}", start(wanted, number.len()))).ok()
        });
        Ok(std::iter::once(wanted.clone()).chain(numbered).find(free).unwrap_or_else(|| wanted.clone()))
    }

    /// Adds a monitor, whose incidents are told in that conversation. Its first check is due at once; a heartbeat
    /// waits for its first ping.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Invalid`], [`ServiceError::ConversationNotFound`],
    /// [`ServiceError::NameTaken`], [`ServiceError::Internal`].
    pub async fn add_monitor(&self, actor: &Actor, settings: &Settings, tell: ConversationId) -> Result<Monitor> {
        require(actor, Permission::Edit)?;
        settings.validate()?;
        self.own_conversation(actor, tell).await?;
        self.check_parents(actor.organisation, None, settings).await?;
        let now = self.now();
        let tx = self.store().begin().await?;
        let id = tx.insert_monitor(actor.organisation, actor.person, settings, now).await?;
        let id = id.ok_or_else(|| ServiceError::NameTaken(settings.name.clone()))?;
        tx.subscribe(id, tell).await?;
        match &settings.spec {
            CheckSpec::Heartbeat(spec) => self.await_reports(&tx, id, spec).await?,
            _ => tx.retry_at(&[(id, now)]).await?,
        }
        self.join_maintenance(&tx, actor.organisation, id, settings).await?;
        tx.commit().await?;
        tracing::info!(monitor = %settings.name, monitor_id = %id, person_id = %actor.person, "monitor added");
        self.monitor(actor, settings.name.as_str()).await
    }

    /// The monitor of that name, in any case.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::MonitorNotFound`], [`ServiceError::Internal`].
    pub async fn monitor(&self, actor: &Actor, name: &str) -> Result<Monitor> {
        require(actor, Permission::Read)?;
        let key = name.trim().to_lowercase();
        match self.store().monitor(actor.organisation, &key).await? {
            Some(monitor) => Ok(monitor),
            None => {
                let names = self.store().monitor_names(actor.organisation, "", SUGGESTION_POOL).await?;
                let name = monitor_core::http::shorten(name.trim(), MonitorName::MAX_CHARS);
                Err(ServiceError::MonitorNotFound { suggestions: closest(&key, names), name })
            }
        }
    }

    /// Names of monitors that begin with these letters.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn monitor_names(&self, actor: &Actor, prefix: &str, limit: u64) -> Result<Vec<String>> {
        require(actor, Permission::Read)?;
        Ok(self.store().monitor_names(actor.organisation, &prefix.to_lowercase(), limit).await?)
    }

    /// The names of these monitors, as far as there are such in the organisation.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn names_of(&self, actor: &Actor, ids: &[MonitorId]) -> Result<Vec<String>> {
        require(actor, Permission::Read)?;
        let monitors = if ids.is_empty() { Vec::new() } else { self.store().monitors_by_id(ids).await? };
        let own = monitors.into_iter().filter(|monitor| monitor.organisation == actor.organisation);
        Ok(own.map(|monitor| monitor.settings.name.to_string()).collect())
    }

    /// Gives a monitor new settings. A running check ends with the old ones.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::MonitorNotFound`], [`ServiceError::Invalid`],
    /// [`ServiceError::NameTaken`], [`ServiceError::Internal`].
    pub async fn edit_monitor(&self, actor: &Actor, name: &str, settings: &Settings) -> Result<Monitor> {
        require(actor, Permission::Edit)?;
        settings.validate()?;
        let monitor = self.monitor(actor, name).await?;
        self.check_parents(actor.organisation, Some(monitor.id), settings).await?;
        let tx = self.store().begin().await?;
        if !tx.update_monitor(monitor.id, settings, self.now()).await? {
            self.monitor(actor, name).await?; // it may be gone by now
            return Err(ServiceError::NameTaken(settings.name.clone()));
        }
        if let CheckSpec::Heartbeat(spec) = &settings.spec {
            self.await_reports(&tx, monitor.id, spec).await?;
        }
        let told = match monitor.paused {
            true => false,
            false => self.join_maintenance(&tx, actor.organisation, monitor.id, settings).await?,
        };
        tx.commit().await?;
        self.announce(told);
        tracing::info!(monitor = %settings.name, monitor_id = %monitor.id, person_id = %actor.person, "monitor changed");
        self.monitor(actor, settings.name.as_str()).await
    }

    /// Stops checking. An open incident is resolved, since nobody watches any more. Answers with the monitor as it was.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::MonitorNotFound`], [`ServiceError::Internal`].
    pub async fn pause_monitor(&self, actor: &Actor, name: &str) -> Result<Monitor> {
        self.set_paused(actor, name, true).await
    }

    /// Starts checking again, at once. Answers with the monitor as it was.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::MonitorNotFound`], [`ServiceError::Internal`].
    pub async fn resume_monitor(&self, actor: &Actor, name: &str) -> Result<Monitor> {
        self.set_paused(actor, name, false).await
    }

    async fn set_paused(&self, actor: &Actor, name: &str, paused: bool) -> Result<Monitor> {
        require(actor, Permission::Edit)?;
        let monitor = self.monitor(actor, name).await?;
        let now = self.now();
        let tx = self.store().begin().await?;
        let Some(mut health) = tx.health(monitor.id).await? else { return self.monitor(actor, name).await };
        let step = if paused { health.pause(now) } else { health.resume(now) };
        if step.flip.is_some() {
            tx.set_paused(monitor.id, paused, now).await?;
            let told = self.apply(&tx, &monitor, &health, &step).await?;
            if matches!(monitor.settings.spec, CheckSpec::Heartbeat(_)) {
                self.reset_heartbeat(&tx, monitor.id).await?;
            }
            if !paused {
                self.join_maintenance(&tx, actor.organisation, monitor.id, &monitor.settings).await?;
            }
            tx.commit().await?;
            self.announce(told);
            tracing::info!(monitor = %monitor.settings.name, monitor_id = %monitor.id, person_id = %actor.person, paused, "monitor paused or resumed");
        }
        Ok(monitor)
    }

    async fn apply(&self, tx: &Tx, monitor: &Monitor, health: &Health, step: &Step) -> Result<bool> {
        tx.save_health(&[(monitor.id, health)]).await?;
        let now = self.now();
        // Whoever is not watched explains nothing any more.
        let told = tell_withheld(tx, &self.inner.grouping, &[monitor.id], now).await?;
        let flips: Vec<_> = step.flip.into_iter().map(|flip| (monitor.id, flip)).collect();
        tx.insert_flips(&flips).await?;
        if health.status() != Status::Paused {
            return Ok(told);
        }
        Ok(incidents::clear_all(tx, &[monitor.id], Resolution::Paused, now).await?.told || told)
    }

    /// Removes a monitor and everything known of it. Answers with what it was.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::MonitorNotFound`], [`ServiceError::Internal`].
    pub async fn delete_monitor(&self, actor: &Actor, name: &str) -> Result<Monitor> {
        require(actor, Permission::Edit)?;
        let monitor = self.monitor(actor, name).await?;
        let tx = self.store().begin().await?;
        let now = self.now();
        let ended = incidents::clear_all(&tx, &[monitor.id], Resolution::Withdrawn, now).await?;
        tx.delete_monitor(monitor.id).await?;
        let told = tell_withheld(&tx, &self.inner.grouping, &[monitor.id], now).await?;
        tx.commit().await?;
        self.announce(told || ended.told);
        tracing::info!(monitor = %monitor.settings.name, monitor_id = %monitor.id, person_id = %actor.person, "monitor deleted");
        Ok(monitor)
    }
}

/// As much of a name as leaves room for that many characters.
fn start(name: &MonitorName, room: usize) -> String {
    name.as_str().chars().take(MonitorName::MAX_CHARS - room).collect()
}

/// Up to three names that somebody who typed `wanted` may have meant: those that contain it, and those few letters away.
pub(crate) fn closest(wanted: &str, names: Vec<String>) -> Vec<String> {
    let length = wanted.chars().count();
    // Comparing takes time and memory by the product of both lengths, and nobody meant a name with something so long.
    if length > MonitorName::MAX_CHARS {
        return Vec::new();
    }
    let most = 1 + length / 4;
    let mut near: Vec<(usize, String)> = names
        .into_iter()
        .filter_map(|name| {
            let key = name.to_lowercase();
            let contained = length >= 3 && key.contains(wanted);
            let distance = if contained { 1 } else { strsim::damerau_levenshtein(wanted, &key) };
            (distance <= most).then_some((distance, name))
        })
        .collect();
    near.sort();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        let names = || ["shop", "shop-api", "blog", "intranet.example"].map(str::to_owned).to_vec();
        assert_eq!(closest("shpo", names()), ["shop"]);
        assert_eq!(closest("shop-ap", names()), ["shop-api"]);
        assert_eq!(closest("intranet", names()), ["intranet.example"]);
        assert!(closest("zebra", names()).is_empty());
        assert!(closest(&"shop".repeat(1_000_000), names()).is_empty());
    }
}
