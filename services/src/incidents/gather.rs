//! Which alerts are one incident.
//!
//! An alert belongs to an incident that is open: of its own monitor, or one that something joined lately whose first
//! monitor shares a parent, the group or one of the labels that the operator named. Many alerts at once are one incident,
//! whatever their monitors have in common. What ended lately and begins again is the same incident, unless it is part of a
//! storm.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{Event, RuleId, Severity};
use monitor_core::incident::{Entry, Grouping, IncidentId};
use monitor_core::monitor::MonitorId;
use monitor_core::people::{OrganisationId, PersonId};
use monitor_core::report::Window;
use storage::{LooseAlert, NewIncident, StoreError, Tx};

use super::worsening::{self, title};
use crate::routing::{self, Change};

/// Why an alert belongs where it does.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Belongs {
    /// It is the first.
    First,
    /// It is the same trouble again.
    Again,
    /// For this reason.
    Because(String),
}

/// What becomes of the alerts of one organisation.
struct Plan<'a> {
    alerts: Vec<LooseAlert>,
    grouping: &'a Grouping,
    organisation: OrganisationId,
    now: Timestamp,
    /// Where each alert goes.
    places: Vec<(usize, IncidentId, Belongs)>,
    merged: Vec<(IncidentId, IncidentId)>,
    entries: Vec<(IncidentId, Timestamp, Option<PersonId>, Entry)>,
}

/// Makes incidents of alerts. Answers whether a card was posted or edited.
pub(super) async fn gather(
    tx: &Tx,
    grouping: &Grouping,
    alerts: Vec<LooseAlert>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if alerts.is_empty() {
        return Ok(false);
    }
    tx.lock_incidents().await?;
    let mut organisations: BTreeMap<OrganisationId, Vec<LooseAlert>> = BTreeMap::new();
    for alert in alerts {
        organisations.entry(alert.organisation).or_default().push(alert);
    }
    let mut told = false;
    for (organisation, alerts) in organisations {
        let (places, merged, entries) = (Vec::new(), Vec::new(), Vec::new());
        let mut plan = Plan { alerts, grouping, organisation, now, places, merged, entries };
        plan.place(tx).await?;
        told |= plan.write(tx).await?;
    }
    Ok(told)
}

impl Plan<'_> {
    /// Decides where each alert goes, and opens the incidents that are needed for it.
    async fn place(&mut self, tx: &Tx) -> Result<(), StoreError> {
        let again = self.again(tx).await?;
        let mut known = self.known(tx).await?;
        let (mut fresh, mut returning) = (Vec::new(), Vec::new());
        for index in 0..self.alerts.len() {
            let loose = &self.alerts[index];
            let keys = keys(loose, self.grouping);
            // What its monitor has open goes first, then what was the same trouble, then what has something in common.
            let own = known.get(&keys[0]).map(|incident| (*incident, Belongs::Because(because(&keys[0]))));
            let again = again.get(&loose.alert.monitor).filter(|_| own.is_none());
            if let Some(incident) = again {
                returning.push((index, *incident));
                continue;
            }
            let shared =
                || keys.iter().find_map(|key| known.get(key).map(|found| (*found, Belongs::Because(because(key)))));
            match own.or_else(shared) {
                Some((incident, belongs)) => self.places.push((index, incident, belongs)),
                None => fresh.push((index, keys)),
            }
        }
        let mut new: Vec<usize> = fresh.iter().map(|(index, _)| *index).collect();
        new.extend(returning.iter().map(|(index, _)| *index));
        new.sort_unstable();
        if new.is_empty() {
            return Ok(());
        }
        if let Some(storm) = self.storm(tx, &new).await? {
            self.places.extend(new.into_iter().map(|index| {
                let first = storm.first == Some(index);
                let belongs = if first { Belongs::First } else { Belongs::Because("so many at once".to_owned()) };
                (index, storm.incident, belongs)
            }));
            // What was to join an incident that the storm takes in joins the storm.
            for (_, place, _) in &mut self.places {
                if self.merged.iter().any(|(other, _)| other == place) {
                    *place = storm.incident;
                }
            }
            return Ok(());
        }
        self.places.extend(returning.into_iter().map(|(index, incident)| (index, incident, Belongs::Again)));
        for (index, keys) in fresh {
            let joined = keys.iter().find_map(|key| known.get(key).map(|found| (*found, because(key))));
            if let Some((incident, because)) = joined {
                self.places.push((index, incident, Belongs::Because(because)));
                continue;
            }
            let incident = self.open(tx, index).await?;
            known.extend(keys.into_iter().map(|key| (key, incident)));
            self.places.push((index, incident, Belongs::First));
        }
        Ok(())
    }

    /// The incidents of the same monitors and rules that ended lately.
    async fn again(&self, tx: &Tx) -> Result<HashMap<MonitorId, IncidentId>, StoreError> {
        let alerts: Vec<_> = self.alerts.iter().map(|loose| (loose.alert.monitor, loose.alert.rule)).collect();
        tx.ended_lately(&alerts, self.now - self.grouping.reopen).await
    }

    /// The open incidents that these alerts may belong to, by key.
    async fn known(&self, tx: &Tx) -> Result<HashMap<String, IncidentId>, StoreError> {
        let (mut own, mut shared) = (Vec::new(), Vec::new());
        for loose in &self.alerts {
            own.push(own_key(loose.alert.monitor));
            shared.extend(shared_keys(loose, self.grouping));
        }
        shared.sort_unstable();
        shared.dedup();
        let mut known = tx.joinable(self.organisation, &shared, Some(self.around(self.grouping.window))).await?;
        known.extend(tx.joinable(self.organisation, &own, None).await?);
        Ok(known)
    }

    /// The incident of a storm, if it is one: with these and what else came up lately there are many.
    async fn storm(&mut self, tx: &Tx, new: &[usize]) -> Result<Option<Storm>, StoreError> {
        let lively = tx.lively_incidents(self.organisation, self.around(Grouping::STORM_WITHIN)).await?;
        let lately: u64 = lively.iter().map(|(_, members)| members).sum();
        if (new.len() as u64) + lately < self.grouping.storm as u64 {
            return Ok(None);
        }
        let largest = lively.iter().max_by_key(|(incident, members)| (*members, std::cmp::Reverse(*incident)));
        let Some((incident, _)) = largest.copied() else {
            let first = new[0];
            let incident = self.open(tx, first).await?;
            return Ok(Some(Storm { incident, first: Some(first) }));
        };
        let others = lively.into_iter().map(|(other, _)| other).filter(|other| *other != incident);
        self.merged.extend(others.map(|other| (other, incident)));
        Ok(Some(Storm { incident, first: None }))
    }

    /// What is so close to now. What seems to come later was before the clock was set back.
    fn around(&self, time: Duration) -> Window {
        Window { from: self.now - time, to: self.now + time }
    }

    async fn open(&mut self, tx: &Tx, index: usize) -> Result<IncidentId, StoreError> {
        let LooseAlert { alert, name, .. } = &self.alerts[index];
        let new = NewIncident {
            organisation: self.organisation,
            title: &title(name, alert),
            severity: alert.severity,
            at: alert.opened_at,
            reason: Some(alert.reason),
            message: &alert.message,
            declared_by: None,
        };
        tx.insert_incident(&new).await
    }

    /// Writes what was decided, and tells whoever is to be told.
    async fn write(mut self, tx: &Tx) -> Result<bool, StoreError> {
        let mut reopened: Vec<IncidentId> = self.by_belonging(&Belongs::Again);
        reopened.dedup();
        tx.reopen_incidents(&reopened).await?;
        let opened = self.by_belonging(&Belongs::First);
        let mut joined: Vec<IncidentId> = self.places.iter().map(|(_, incident, _)| *incident).collect();
        joined.sort_unstable();
        joined.dedup();
        let mut before = worsening::loudness(tx, &joined).await?;
        before.extend(self.opened_as());
        let others: Vec<IncidentId> = self.merged.iter().map(|(other, _)| *other).collect();
        if let Some((_, into)) = self.merged.first() {
            tx.merge_incidents(&others, *into, self.now).await?;
        }
        let joins: Vec<_> =
            self.places.iter().map(|(index, incident, _)| (self.alerts[*index].alert.id, *incident)).collect();
        tx.join(&joins, self.now).await?;
        tx.add_incident_keys(&self.keys()).await?;
        let mut worse = worsening::rename(tx, &joined, &before).await?;
        worse.retain(|(incident, _)| opened.binary_search(incident).is_err());
        let rules = self.rules(tx).await?;
        self.note(&reopened, &rules);
        self.entries.extend(worsening::worsen(tx, &worse, self.now).await?);
        tx.add_entries(&self.entries).await?;
        let mut changes = self.changes(&opened, &reopened);
        for change in changes.iter_mut().filter(|change| change.event == Event::Grew) {
            if worse.iter().any(|(incident, _)| *incident == change.incident) {
                change.event = Event::Worse;
            }
        }
        changes.extend(others.into_iter().map(|other| Change::of(other, Event::Resolved)));
        routing::tell(tx, &changes, self.now).await
    }

    fn by_belonging(&self, wanted: &Belongs) -> Vec<IncidentId> {
        let mut found: Vec<IncidentId> =
            self.places.iter().filter(|(_, _, belongs)| belongs == wanted).map(|(_, incident, _)| *incident).collect();
        found.sort_unstable();
        found
    }

    /// The incidents that are new, and how loud the alerts are that opened them.
    fn opened_as(&self) -> impl Iterator<Item = (IncidentId, Severity)> {
        let opened = self.places.iter().filter(|(.., belongs)| *belongs == Belongs::First);
        opened.map(|(index, incident, _)| (*incident, self.alerts[*index].alert.severity))
    }

    /// What makes other alerts belong to the incidents: of the first one all keys, of those that joined their monitor.
    fn keys(&self) -> Vec<(IncidentId, String)> {
        let keys = |(index, incident, belongs): &(usize, IncidentId, Belongs)| {
            let loose = &self.alerts[*index];
            let shared = if *belongs == Belongs::First { shared_keys(loose, self.grouping) } else { Vec::new() };
            let own = std::iter::once(own_key(loose.alert.monitor));
            own.chain(shared).map(|key| (*incident, key)).collect::<Vec<_>>()
        };
        self.places.iter().flat_map(keys).collect()
    }

    /// The rules that fired, in their words.
    async fn rules(&self, tx: &Tx) -> Result<HashMap<RuleId, String>, StoreError> {
        if self.alerts.iter().all(|loose| loose.alert.rule.is_none()) {
            return Ok(HashMap::new());
        }
        let rules = tx.alert_rules(Some(self.organisation)).await?;
        Ok(rules.into_iter().map(|row| (row.id, format!("rule {}: {}", row.id, row.rule.condition))).collect())
    }

    fn note(&mut self, reopened: &[IncidentId], rules: &HashMap<RuleId, String>) {
        let now = self.now;
        for incident in reopened {
            let because = "it began again soon after it was over".to_owned();
            self.entries.push((*incident, now, None, Entry::Reopened { because }));
        }
        for (other, into) in &self.merged {
            self.entries.push((*other, now, None, Entry::Merged { into: *into }));
            self.entries.push((*into, now, None, Entry::Took { incident: *other }));
        }
        for (index, incident, belongs) in &self.places {
            let LooseAlert { alert, name, .. } = &self.alerts[*index];
            let entry = Entry::Joined {
                monitor: alert.monitor,
                name: name.clone(),
                severity: alert.severity,
                rule: match alert.rule {
                    None => "down".to_owned(),
                    Some(rule) => rules.get(&rule).cloned().unwrap_or_else(|| format!("rule {rule}")),
                },
                why: if alert.message.is_empty() { alert.reason.about().to_owned() } else { alert.message.clone() },
                because: match belongs {
                    Belongs::First => String::new(),
                    Belongs::Again => "it began again soon after it was over".to_owned(),
                    Belongs::Because(because) => because.clone(),
                },
            };
            self.entries.push((*incident, alert.opened_at, None, entry));
        }
    }

    fn changes(&self, opened: &[IncidentId], reopened: &[IncidentId]) -> Vec<Change> {
        let mut joined: BTreeMap<IncidentId, Vec<MonitorId>> = BTreeMap::new();
        for (index, incident, _) in &self.places {
            joined.entry(*incident).or_default().push(self.alerts[*index].alert.monitor);
        }
        let change = |(incident, joined)| {
            let event = match incident {
                _ if opened.binary_search(&incident).is_ok() => Event::Opened,
                _ if reopened.binary_search(&incident).is_ok() => Event::Reopened,
                _ => Event::Grew,
            };
            Change { incident, event, joined }
        };
        joined.into_iter().map(change).collect()
    }
}

/// The incident of a storm.
struct Storm {
    incident: IncidentId,
    /// The alert that opened it, if it is new.
    first: Option<usize>,
}

pub(super) fn own_key(monitor: MonitorId) -> String {
    format!("monitor {monitor}")
}

fn shared_keys(loose: &LooseAlert, grouping: &Grouping) -> Vec<String> {
    let parents = loose.parents.iter().map(|parent| format!("parent {parent}"));
    let group = loose.group.iter().map(|group| format!("group {}", group.to_lowercase()));
    let labels = loose.labels.iter().filter(|label| grouping.labels.contains(&label.key));
    parents.chain(group).chain(labels.map(|label| format!("label {label}"))).collect()
}

fn keys(loose: &LooseAlert, grouping: &Grouping) -> Vec<String> {
    std::iter::once(own_key(loose.alert.monitor)).chain(shared_keys(loose, grouping)).collect()
}

/// What a key says to a person.
fn because(key: &str) -> String {
    match key.split_once(' ') {
        Some(("monitor", _)) => "the same monitor".to_owned(),
        Some(("parent", _)) => "it depends on the same monitor".to_owned(),
        Some((what, which)) => format!("the same {what}, {which}"),
        None => key.to_owned(),
    }
}
