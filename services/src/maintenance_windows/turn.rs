//! Windows that begin and end.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use monitor_core::Timestamp;
use monitor_core::alerting::{MaintenanceId, Occurrence, Progress};
use monitor_core::duration::humanize;
use monitor_core::monitor::MonitorId;
use storage::{Audience, MaintenanceRow, StoreError, Subject, SubjectsMark, Tx};

use crate::maintenance::WRONG_BY;
use crate::routing::{News, tell_notice};
use crate::{Result, Services};

/// What this process has looked at.
#[derive(Default)]
pub(crate) struct Looks {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When it looked last.
    last: Option<Timestamp>,
    /// Which monitors there were when it looked at a window that is on.
    seen: HashMap<MaintenanceId, SubjectsMark>,
}

impl Looks {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Services {
    /// Begins and ends the windows whose time has come, and has those that are on take monitors in that were added or changed.
    /// To be called each second; answers how many windows were changed. While nothing is due it costs one small query.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn turn_maintenance(&self) -> Result<u64> {
        let now = self.now();
        let last = self.inner.windows.lock().last;
        // What was to come by a clock that was wrong is worked out anew.
        if last.is_none_or(|last| last.since(now) > WRONG_BY) {
            self.store().review_maintenance(now).await?;
        }
        self.inner.windows.lock().last = Some(now);
        let windows = self.store().maintenance_at_work(now).await?;
        if windows.is_empty() {
            self.inner.windows.lock().seen.clear();
            return Ok(0);
        }
        let mark = self.store().subjects_mark().await?;
        let mut turned = 0;
        for (id, due) in windows {
            if !due && self.inner.windows.lock().seen.get(&id) == Some(&mark) {
                continue;
            }
            match self.turn(id, now).await {
                Ok(changed) => turned += u64::from(changed),
                // The others are not to wait for one that cannot be read.
                Err(error @ StoreError::Corrupt { .. }) => {
                    tracing::error!(%error, maintenance_id = %id, "a maintenance window cannot be read");
                }
                Err(error) => return Err(error.into()),
            }
            self.inner.windows.lock().seen.insert(id, mark);
        }
        Ok(turned)
    }

    /// Brings a window to where it has to be now. Answers whether it began or ended.
    pub(super) async fn turn(&self, id: MaintenanceId, now: Timestamp) -> std::result::Result<bool, StoreError> {
        let tx = self.store().begin().await?;
        tx.lock_maintenance().await?;
        let Some(row) = tx.maintenance_window(id).await? else { return Ok(false) };
        let progress = row.progress.step(&row.when, now);
        self.change(tx, &row, progress, now).await?;
        Ok(progress.on != row.progress.on)
    }

    /// Ends a window before its time; all of it, or only what is on.
    pub(super) async fn stop(&self, id: MaintenanceId, all: bool) -> Result<()> {
        let now = self.now();
        let tx = self.store().begin().await?;
        tx.lock_maintenance().await?;
        let Some(row) = tx.maintenance_window(id).await? else { return Ok(()) };
        if all {
            let told = self.move_monitors(&tx, &row, false, now).await?.1;
            let told = self.tell_end(&tx, &row, now).await? || told;
            tx.delete_maintenance(id).await?;
            tx.commit().await?;
            self.announce(told);
            return Ok(());
        }
        Ok(self.change(tx, &row, row.progress.ended(), now).await?)
    }

    async fn change(
        &self,
        tx: Tx,
        row: &MaintenanceRow,
        progress: Progress,
        now: Timestamp,
    ) -> std::result::Result<(), StoreError> {
        let (monitors, mut told) = self.move_monitors(&tx, row, progress.on.is_some(), now).await?;
        let next = progress.due(&row.when, now);
        if progress != row.progress || next != row.next {
            tx.save_progress(row.id, progress, next, now).await?;
        }
        if progress.on != row.progress.on {
            told |= self.tell_end(&tx, row, now).await?;
            if let Some(on) = progress.on {
                let text = begun(row, on, monitors);
                told |= say(&tx, row, on, &text, now).await?;
                tracing::info!(maintenance_id = %row.id, monitors, "maintenance begun");
            }
        }
        tx.commit().await?;
        self.announce(told);
        Ok(())
    }

    /// Has those monitors in a window that it is about, or none. Answers how many that are, and whether anybody was told of
    /// anything.
    async fn move_monitors(
        &self,
        tx: &Tx,
        row: &MaintenanceRow,
        on: bool,
        now: Timestamp,
    ) -> std::result::Result<(usize, bool), StoreError> {
        let inside: BTreeSet<MonitorId> = tx.maintained(row.id).await?.into_iter().collect();
        let mut wanted = BTreeSet::new();
        if on {
            let subjects = tx.active_subjects(row.organisation).await?;
            let about = |it: &Subject| row.selector.matches(it.monitor, &it.labels, it.group.as_deref());
            wanted.extend(subjects.into_iter().filter(about).map(|it| it.monitor));
        }
        let leaving: Vec<MonitorId> = inside.difference(&wanted).copied().collect();
        let entering: Vec<MonitorId> = wanted.difference(&inside).copied().collect();
        let told = self.leave(tx, row.id, &leaving, now).await?;
        Ok((wanted.len(), self.enter(tx, row.id, &entering, now).await? || told))
    }

    /// Tells that what was on is over, if anything was.
    async fn tell_end(&self, tx: &Tx, row: &MaintenanceRow, now: Timestamp) -> std::result::Result<bool, StoreError> {
        let Some(on) = row.progress.on else { return Ok(false) };
        let early = if now < on.until { ", ended early" } else { "" };
        let text = format!(
            "Maintenance is over: {}{}, after {}{early}. {} watched again from now on, and checked at once.",
            row.words,
            why(row),
            humanize(now.since(on.from).min(on.until.since(on.from))),
            are(row.monitors),
        );
        tracing::info!(maintenance_id = %row.id, "maintenance over");
        say(tx, row, on, &text, now).await
    }
}

/// Says something of a window in the organisation's conversations, and to those who are told of its monitors.
async fn say(
    tx: &Tx,
    row: &MaintenanceRow,
    on: Occurrence,
    text: &str,
    now: Timestamp,
) -> std::result::Result<bool, StoreError> {
    let topic = topic(row.id, on);
    let subjects = tx.active_subjects(row.organisation).await?;
    let about = |it: &Subject| row.selector.matches(it.monitor, &it.labels, it.group.as_deref());
    let about: Vec<Subject> = subjects.into_iter().filter(about).collect();
    let key = format!("{} {}", topic, now.as_millis()).replace(' ', "-");
    let news = News { organisation: row.organisation, key: &key, text };
    tell_notice(tx, &news, &about, now).await?;
    Ok(!tx.post_notice(Audience::Organisation(row.organisation), &topic, text, now).await?.is_empty())
}

fn begun(row: &MaintenanceRow, on: Occurrence, monitors: usize) -> String {
    format!(
        "Maintenance has begun: {}{}, until {} {}. {} checked, but nobody is told of what is found, and the time does not count in reports. `end-maintenance {}` ends it early.",
        row.words,
        why(row),
        row.when.zone().to_minute(on.until),
        row.when.zone(),
        are(monitors as u64),
        row.id,
    )
}

fn why(row: &MaintenanceRow) -> String {
    if row.reason.is_empty() { String::new() } else { format!(" ({})", row.reason) }
}

fn are(monitors: u64) -> String {
    if monitors == 1 { "1 monitor is".to_owned() } else { format!("{monitors} monitors are") }
}

/// The notices of one time that a window is on are one.
fn topic(id: MaintenanceId, on: Occurrence) -> String {
    format!("maintenance {id} {}", on.from.as_millis())
}
