//! Rules about figures and rules that wait, looked at regularly.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, MutexGuard, PoisonError};

use monitor_core::Timestamp;
use monitor_core::alerting::RuleId;
use monitor_core::alerting::rule::{RuleState, Signals};
use monitor_core::monitor::MonitorId;
use storage::RuleRow;

use super::book::{Book, Source};
use super::news;
use super::signals::gather;
use super::steps::{self, Look, States, monitors_of};
use crate::{Result, Services};

/// Pairs of a rule and a monitor that are written about in one transaction.
const CHUNK: usize = 1_000;

/// States that are claimed at once because they have waited.
const WAITED: u64 = 5_000;

/// What a new rule remembers of the past.
pub(super) type Recalled = HashMap<(RuleId, MonitorId), RuleState>;

impl Services {
    /// Has the rules about figures and those that have waited for long enough look at their monitors. Of several processes
    /// one does at a time. Answers how many alerts began or ended.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn evaluate_rules(&self) -> Result<u64> {
        let now = self.now();
        let book = self.inner.watch.shelf.book(Source::Store(self.store()), now).await?;
        if book.is_empty() {
            return Ok(0);
        }
        let mut pairs: Vec<(Arc<RuleRow>, MonitorId)> = Vec::new();
        for rule in self.store().claim_rules(now).await? {
            pairs.extend(book.subjects(rule));
        }
        let looked_at: HashSet<_> = pairs.iter().map(|(row, monitor)| (row.id, *monitor)).collect();
        let mut gone = self.strays(&book).await?;
        for (rule, monitor) in self.store().claim_rule_states(now, WAITED).await? {
            match book.of(monitor).iter().find(|row| row.id == rule) {
                Some(row) if !looked_at.contains(&(rule, monitor)) => pairs.push((Arc::clone(row), monitor)),
                Some(_) => {}
                None => gone.push((rule, monitor)),
            }
        }
        gone.sort_unstable();
        gone.dedup();
        let mut changed = self.withdraw(&gone, now).await?;
        *self.settled() = book;
        changed += self.have_look(&pairs, &Recalled::default(), now).await?;
        Ok(changed)
    }

    /// What rules remember of monitors that they are not about any more, once for each book.
    async fn strays(&self, book: &Arc<Book>) -> Result<Vec<(RuleId, MonitorId)>> {
        if Arc::ptr_eq(&self.settled(), book) {
            return Ok(Vec::new());
        }
        let remembered = self.store().rule_states_of(&book.rules()).await?;
        let is_stray = |row: &storage::RuleStateRow| book.of(row.monitor).iter().all(|own| own.id != row.rule);
        Ok(remembered.into_iter().filter(is_stray).map(|row| (row.rule, row.monitor)).collect())
    }

    fn settled(&self) -> MutexGuard<'_, Arc<Book>> {
        self.inner.watch.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has rules look at monitors. What they recall counts where nothing is remembered.
    pub(super) async fn have_look(
        &self,
        pairs: &[(Arc<RuleRow>, MonitorId)],
        recalled: &Recalled,
        now: Timestamp,
    ) -> Result<u64> {
        let mut changed = 0;
        for chunk in pairs.chunks(CHUNK) {
            let signals = gather(self.store(), &self.inner.retention, chunk, now).await?;
            changed += self.look_with(chunk, &signals, recalled, now).await?;
        }
        Ok(changed)
    }

    async fn look_with(
        &self,
        pairs: &[(Arc<RuleRow>, MonitorId)],
        signals: &HashMap<MonitorId, Signals>,
        recalled: &Recalled,
        now: Timestamp,
    ) -> Result<u64> {
        let nothing = Signals::default();
        let look = |(rule, monitor): &'_ (Arc<RuleRow>, MonitorId)| (Arc::clone(rule), *monitor);
        let mut rules: Vec<RuleId> = pairs.iter().map(|(row, _)| row.id).collect();
        rules.sort_unstable();
        rules.dedup();
        let stored = with(steps::by_pair(self.store().rule_states_of(&rules).await?), recalled);
        let stepped: Vec<_> = pairs
            .iter()
            .map(look)
            .filter(|(rule, monitor)| {
                let signals = signals.get(monitor).unwrap_or(&nothing);
                let look = Look { rule, monitor: *monitor, signals, saw: None };
                look.step(&stored, now).0.is_some() || recalled.contains_key(&(rule.id, *monitor))
            })
            .collect();
        // Most looks change nothing, and then nothing has to be written.
        if stepped.is_empty() {
            return Ok(0);
        }
        let tx = self.store().begin().await?;
        let states = with(steps::by_pair(tx.rule_states(&monitors_of(&stepped)).await?), recalled);
        let looks: Vec<Look<'_>> = stepped
            .iter()
            .map(|(rule, monitor)| {
                let signals = signals.get(monitor).unwrap_or(&nothing);
                Look { rule, monitor: *monitor, signals, saw: None }
            })
            .collect();
        let (done, news) = steps::take(&tx, &self.inner.grouping, &looks, states, now).await?;
        news::tell(&tx, &news, now).await?;
        tx.commit().await?;
        self.announce(done.told);
        Ok(done.alerts as u64)
    }
}

fn with(mut states: States, recalled: &Recalled) -> States {
    for (pair, state) in recalled {
        states.entry(*pair).or_insert_with(|| (state.clone(), None));
    }
    states
}
