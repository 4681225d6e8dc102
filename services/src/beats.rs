//! Writing down what many pings and deadlines of heartbeats mean in one transaction.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use monitor_core::Timestamp;
use monitor_core::assertion::CompiledAssertions;
use monitor_core::heartbeat::{HeartbeatSpec, LOST_AFTER, Plan, Schedule, Uuid};
use monitor_core::incident::Grouping;
use monitor_core::monitor::{CheckSpec, Monitor, MonitorId, MonitorName, Settings};
use storage::{HeartbeatRow, Store, StoreError, Tx};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::heartbeats::new_address;
use crate::page::{Open, Page};
use crate::pings::{Answer, Item, PingAddress, PingAnswer, PingReport, Work};
use crate::recording::Recorded;
use crate::rules::Watch;
use crate::{Inner, Services};

/// Most addresses and settings that are remembered. With one more, all are forgotten and looked up again.
const MAX_KNOWN: usize = 100_000;

/// The one who writes.
pub(crate) struct Writer {
    store: Store,
    clock: Arc<dyn Clock>,
    cards_changed: watch::Sender<u64>,
    /// Who else there is in this process. The writer ends with them, so it does not keep them.
    services: Weak<Inner>,
    grouping: Grouping,
    watch: Arc<Watch>,
    addresses: HashMap<Uuid, MonitorId>,
    known: HashMap<MonitorId, Known>,
}

/// What a heartbeat is judged by, in a revision of its settings; `None` when they cannot be read.
pub(crate) struct Known {
    revision: i32,
    pub(crate) measure: Option<Arc<Measure>>,
}

/// What a heartbeat is judged by.
pub(crate) struct Measure {
    pub(crate) plan: Plan,
    pub(crate) assertions: CompiledAssertions,
}

impl Services {
    pub(crate) fn beat_writer(&self) -> Writer {
        Writer {
            store: self.inner.store.clone(),
            clock: Arc::clone(&self.inner.clock),
            cards_changed: self.inner.cards_changed.clone(),
            services: Arc::downgrade(&self.inner),
            grouping: self.inner.grouping.clone(),
            watch: Arc::clone(&self.inner.watch),
            addresses: HashMap::new(),
            known: HashMap::new(),
        }
    }
}

impl Writer {
    /// Writes a batch, all of it or nothing, and answers each item.
    pub(crate) async fn write(&mut self, batch: &[Item]) -> Result<Vec<Answer>, StoreError> {
        let targets = self.find(batch).await?;
        let mut ids: Vec<MonitorId> = targets.iter().filter_map(|target| target.ok().map(|(id, _)| id)).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(targets.iter().map(|target| Answer::just(target.err())).collect());
        }
        let judging = batch.iter().any(|item| matches!(item.work, Work::Deadline(_)));
        let deaf = if judging { self.deaf_since().await? } else { None };
        let tx = self.store.begin().await?;
        let mut open = self.open(&tx, &ids).await?;
        let mut page = Page::begin(self.clock.now(), deaf);
        let mut answers = Vec::with_capacity(batch.len());
        for (item, target) in batch.iter().zip(&targets) {
            answers.push(match *target {
                Err(refused) => Answer::just(Some(refused)),
                Ok((id, created)) => match open.get_mut(&id) {
                    Some(open) => page.enter(open, &item.work, created),
                    None => self.forget(item),
                },
            });
        }
        let told = page.write(&tx, &self.grouping, &self.watch, &open).await?;
        tx.commit().await?;
        if told {
            self.cards_changed.send_modify(|count| *count = count.wrapping_add(1));
        }
        Ok(answers)
    }

    /// Since when no ping could arrive: for as long as anybody may have tried while the network cannot be seen, which was looked
    /// at just now, or since the last beat, when the database was away or the machine stood still.
    async fn deaf_since(&self) -> Result<Option<Timestamp>, StoreError> {
        if self.services.upgrade().is_some_and(|services| services.sight.is_blind()) {
            return Ok(Some(Timestamp::default()));
        }
        let alive = self.store.last_alive().await?;
        Ok(alive.filter(|alive| self.clock.now().since(*alive) >= LOST_AFTER))
    }

    /// Which heartbeat each item is about, and whether it was made for it.
    async fn find(&mut self, batch: &[Item]) -> Result<Vec<Result<(MonitorId, bool), PingAnswer>>, StoreError> {
        self.look_up_addresses(batch).await?;
        let mut names = self.look_up_names(batch).await?;
        let mut targets = Vec::with_capacity(batch.len());
        for Item { work, .. } in batch {
            targets.push(match work {
                Work::Deadline(claim) => Ok((claim.monitor, false)),
                Work::Ping(PingReport { to: PingAddress::Uuid(uuid), .. }, _) => {
                    self.addresses.get(uuid).map(|id| (*id, false)).ok_or(PingAnswer::NotFound)
                }
                Work::Ping(PingReport { to: PingAddress::Name { key, slug }, create, .. }, at) => {
                    let name = (key.clone(), slug.to_lowercase());
                    match names.get(&name) {
                        Some(id) => Ok((*id, false)),
                        None if !create => Err(PingAnswer::NotFound),
                        None => {
                            let made = self.create(key, slug, *at).await?;
                            names.extend(made.ok().map(|(id, _)| (name, id)));
                            made
                        }
                    }
                }
            });
        }
        Ok(targets)
    }

    async fn look_up_addresses(&mut self, batch: &[Item]) -> Result<(), StoreError> {
        let unknown = batch.iter().filter_map(|item| match &item.work {
            Work::Ping(PingReport { to: PingAddress::Uuid(uuid), .. }, _) => Some(*uuid),
            _ => None,
        });
        let unknown: Vec<Uuid> = unknown.filter(|uuid| !self.addresses.contains_key(uuid)).collect();
        if !unknown.is_empty() {
            let found = self.store.heartbeats_at(&unknown).await?;
            if self.addresses.len() + found.len() > MAX_KNOWN {
                self.addresses.clear();
                // Those of this batch that were known are looked up again with it.
                return Box::pin(self.look_up_addresses(batch)).await;
            }
            self.addresses.extend(found);
        }
        Ok(())
    }

    async fn look_up_names(&self, batch: &[Item]) -> Result<HashMap<(String, String), MonitorId>, StoreError> {
        let names = batch.iter().filter_map(|item| match &item.work {
            Work::Ping(PingReport { to: PingAddress::Name { key, slug }, .. }, _) => {
                Some((key.as_str(), slug.to_lowercase()))
            }
            _ => None,
        });
        let names: Vec<(&str, String)> = names.collect();
        let names: Vec<(&str, &str)> = names.iter().map(|(key, slug)| (*key, slug.as_str())).collect();
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        Ok(self.store.heartbeats_named(&names).await?.into_iter().collect())
    }

    /// Makes a heartbeat on its first ping, told of wherever other monitors are.
    async fn create(
        &self,
        key: &str,
        slug: &str,
        now: Timestamp,
    ) -> Result<Result<(MonitorId, bool), PingAnswer>, StoreError> {
        let Some(owner) = self.store.owner_by_ping_key(key).await? else { return Ok(Err(PingAnswer::NotFound)) };
        let Ok(name) = MonitorName::new(slug) else { return Ok(Err(PingAnswer::BadName)) };
        let spec = HeartbeatSpec::new(Schedule::Every(HeartbeatSpec::DEFAULT_PERIOD), HeartbeatSpec::DEFAULT_GRACE);
        let settings = Settings::new(name, CheckSpec::Heartbeat(spec));
        let tx = self.store.begin().await?;
        let Some(id) = tx.insert_monitor(owner.organisation, owner.person, &settings, now).await? else {
            drop(tx);
            // Another process may have made it meanwhile. A monitor of another kind of that name cannot be pinged.
            let made = self.store.heartbeats_named(&[(key, &slug.to_lowercase())]).await?;
            return Ok(made.first().map(|(_, id)| (*id, false)).ok_or(PingAnswer::NotFound));
        };
        tx.insert_heartbeat(id, new_address()).await?;
        tx.subscribe_like_others(id).await?;
        tx.commit().await?;
        tracing::info!(monitor = %settings.name, monitor_id = %id, "heartbeat added by its first ping");
        Ok(Ok((id, true)))
    }

    /// Reads the heartbeats of a transaction, with what they are judged by.
    async fn open(&mut self, tx: &Tx, ids: &[MonitorId]) -> Result<HashMap<MonitorId, Open>, StoreError> {
        let rows = tx.heartbeats(ids).await?;
        let stale =
            |row: &&HeartbeatRow| self.known.get(&row.monitor).is_none_or(|known| known.revision != row.revision);
        let missing: Vec<MonitorId> = rows.iter().filter(stale).map(|row| row.monitor).collect();
        if self.known.len() + missing.len() > MAX_KNOWN {
            self.known.clear();
            return Box::pin(self.open(tx, ids)).await;
        }
        if !missing.is_empty() {
            self.known.extend(load_measures(&self.store, &missing).await?);
        }
        let open = rows.into_iter().map(|row| {
            let measure = self.known.get(&row.monitor).and_then(|known| known.measure.clone());
            (row.monitor, Open { row, measure, changed: false })
        });
        Ok(open.collect())
    }

    /// The monitor was deleted since its address was looked up.
    fn forget(&mut self, item: &Item) -> Answer {
        if let Work::Ping(PingReport { to: PingAddress::Uuid(uuid), .. }, _) = &item.work {
            self.addresses.remove(uuid);
        }
        Answer::just(Some(PingAnswer::NotFound))
    }
}

/// What monitors are judged by. One that cannot be read has none.
pub(crate) async fn load_measures(store: &Store, ids: &[MonitorId]) -> Result<HashMap<MonitorId, Known>, StoreError> {
    let mut known = HashMap::new();
    match store.monitors_by_id(ids).await {
        Ok(monitors) => known.extend(monitors.iter().map(Known::of)),
        Err(StoreError::Corrupt { .. } | StoreError::Secret(_)) if ids.len() > 1 => {
            for id in ids {
                known.extend(Box::pin(load_measures(store, &[*id])).await?);
            }
        }
        Err(error @ (StoreError::Corrupt { .. } | StoreError::Secret(_))) => {
            tracing::error!(%error, "a heartbeat cannot be read; its pings are kept but not judged");
        }
        Err(error) => return Err(error),
    }
    Ok(known)
}

impl Known {
    fn of(monitor: &Monitor) -> (MonitorId, Self) {
        let settings = &monitor.settings;
        let measure = match &settings.spec {
            CheckSpec::Heartbeat(spec) => {
                Plan::new(spec).ok().zip(settings.assertions.compile(settings.spec.facts(), &[]).ok())
            }
            _ => None,
        };
        let measure = measure.map(|(plan, assertions)| Arc::new(Measure { plan, assertions }));
        (monitor.id, Self { revision: monitor.revision, measure })
    }
}

impl Answer {
    fn just(refused: Option<PingAnswer>) -> Self {
        Self { ping: refused.unwrap_or(PingAnswer::Received), recorded: Recorded::default(), outcome: None }
    }
}
