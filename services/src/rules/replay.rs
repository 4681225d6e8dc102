//! Trying rules on what was stored.

use std::collections::BTreeMap;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::Severity;
use monitor_core::alerting::rule::{Episode, History, MINUTE, Rule, RuleState, simulate};
use monitor_core::duration::humanize;
use monitor_core::health::Flip;
use monitor_core::monitor::{Monitor, MonitorId};
use monitor_core::outcome::Verdict;
use monitor_core::people::{Actor, Permission};
use monitor_core::report::{Segment, Source, Window};
use monitor_core::rollup::{Resolution, Tally};
use storage::{RuleRow, Scope};

use super::book::Book;
use super::signals::{amount, domain_days, hourly};
use crate::{Result, Services, require};

/// Most monitors that a rule is tried on.
const MOST_MONITORS: usize = 50;

/// How far back a new rule recalls single checks.
const RECALL: Duration = Duration::from_secs(86_400);

/// How far hours reach back for what is usual: four weeks and the longest window.
const USUAL: Duration = Duration::from_secs(29 * 86_400);

/// An alert that a rule would have told.
#[derive(Debug, Clone)]
pub struct SimulatedAlert {
    /// The name of the monitor.
    pub monitor: String,
    /// When and why.
    pub episode: Episode,
}

/// What a rule would have done.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// The time that it was tried on.
    pub window: Window,
    /// How many monitors it was tried on.
    pub monitors: usize,
    /// What it would have told, the latest first.
    pub alerts: Vec<SimulatedAlert>,
    /// How loudly.
    pub severity: Severity,
    /// What limits the answer.
    pub notes: Vec<String>,
}

impl Services {
    /// Says what a rule would have told in a window, by what is stored. Nothing is told.
    ///
    /// # Errors
    /// [`crate::ServiceError::Denied`], [`crate::ServiceError::InvalidRule`], [`crate::ServiceError::Internal`].
    pub async fn simulate_alert(&self, actor: &Actor, rule: &Rule, window: Window) -> Result<Simulation> {
        require(actor, Permission::Read)?;
        rule.validate()?;
        let mut notes = Vec::new();
        let window = self.kept(rule, window, &mut notes);
        let monitors = self.meant(actor, rule, &mut notes).await?;
        let mut alerts = Vec::new();
        for monitor in &monitors {
            let history = self.history(rule, monitor, window).await?;
            let found = simulate(rule, &history, window).into_iter();
            alerts.extend(found.map(|episode| SimulatedAlert { monitor: monitor.settings.name.to_string(), episode }));
            // Working it out may take a while for many monitors: others have their turn in between.
            tokio::task::yield_now().await;
        }
        alerts.sort_by_key(|alert| std::cmp::Reverse(alert.episode.fired_at));
        Ok(Simulation { window, monitors: monitors.len(), alerts, severity: rule.severity, notes })
    }

    /// The part of a window of which enough is kept.
    fn kept(&self, rule: &Rule, window: Window, notes: &mut Vec<String>) -> Window {
        let (now, retention) = (self.now(), &self.inner.retention);
        let (keep, what) = match rule.condition.counts_checks() {
            true => (retention.raw, "single checks, which this rule counts,"),
            false => (retention.minute, "the figures of each minute"),
        };
        let from = window.from.max(now - keep);
        if from > window.from {
            notes.push(format!("{what} are kept for {}, so it was tried on that time only", humanize(keep)));
        }
        if rule.condition.asks_days() {
            notes.push("the end of certificate or domain is taken as it is known now".to_owned());
        }
        let to = window.to.min(now);
        Window { from: from.min(to), to }
    }

    async fn meant(&self, actor: &Actor, rule: &Rule, notes: &mut Vec<String>) -> Result<Vec<Monitor>> {
        let row = RuleRow {
            id: monitor_core::alerting::RuleId(0),
            organisation: actor.organisation,
            words: String::new(),
            rule: rule.clone(),
        };
        let book = Book::new(vec![row], &self.store().subjects().await?);
        let mut ids: Vec<MonitorId> =
            book.subjects(monitor_core::alerting::RuleId(0)).into_iter().map(|(_, monitor)| monitor).collect();
        if ids.len() > MOST_MONITORS {
            notes.push(format!("it was tried on the first {MOST_MONITORS} of {} monitors", ids.len()));
            ids.truncate(MOST_MONITORS);
        }
        Ok(if ids.is_empty() { Vec::new() } else { self.store().monitors_by_id(&ids).await? })
    }

    /// What a new rule would remember of a monitor.
    pub(super) async fn recalled(&self, row: &RuleRow, monitor: MonitorId, now: Timestamp) -> Result<RuleState> {
        let Some(monitor) = self.store().monitors_by_id(&[monitor]).await?.pop() else {
            return Ok(RuleState::default());
        };
        let condition = &row.rule.condition;
        let back = if condition.counts_checks() { RECALL } else { condition.hold() + MINUTE * 2 };
        let window = Window { from: now - back.min(self.inner.retention.minute), to: now };
        Ok(self.history(&row.rule, &monitor, window).await?.recalled(&row.rule, window))
    }

    /// What is stored of a monitor that the rule asks for.
    async fn history(&self, rule: &Rule, monitor: &Monitor, window: Window) -> Result<History> {
        let (store, condition, id) = (self.store(), &rule.condition, monitor.id);
        let scope = Scope::Monitor(id);
        let mut history = History { policy: monitor.settings.policy, ..History::default() };
        let flips = store.flips(scope, Window { from: Timestamp::default(), to: window.to }).await?;
        history.flips = flips.into_iter().map(|(_, flip): (_, Flip)| flip).collect();
        if condition.follows_checks() {
            // Those before tell which of the first ones were tried again.
            history.checks = store.samples(scope, Window { from: window.from - MINUTE, to: window.to }).await?;
            history.checks.retain(|check| check.reason.verdict() != Verdict::Inconclusive);
        }
        if let Some(longest) = condition.windows().last() {
            history.minutes =
                self.minutes(id, Window { from: (window.from - *longest).floor(MINUTE), to: window.to }).await?;
        }
        if !condition.usual_windows().is_empty() {
            let hours = store.tallies(&[id], hourly(Window { from: window.from - USUAL, to: window.to })).await?;
            history.hours = hours.iter().map(|(_, start, tally)| (*start, amount(tally))).collect();
        }
        if condition.asks_days()
            && let Some((_, details)) = store.details_of(&[id]).await?.pop()
        {
            history.certificate_ends = details.certificate_not_after;
            history.domain_days = domain_days(&details).map(|days| (self.now(), days));
        }
        Ok(history)
    }

    /// What checks come to in each minute.
    async fn minutes(&self, monitor: MonitorId, window: Window) -> Result<Vec<(Timestamp, Tally)>> {
        let rolled_up = self.store().progress().await?.minute.max(window.from).min(window.to);
        let segments = [
            Segment { window: Window { to: rolled_up, ..window }, source: Source::Rollup(Resolution::Minute) },
            Segment { window: Window { from: rolled_up, ..window }, source: Source::Raw },
        ];
        let mut minutes: BTreeMap<Timestamp, Tally> = BTreeMap::new();
        for segment in segments.into_iter().filter(|segment| segment.window.from < segment.window.to) {
            for (_, at, tally) in self.store().tallies(&[monitor], segment).await? {
                minutes.entry(at.floor(MINUTE)).or_default().merge(&tally);
            }
        }
        Ok(minutes.into_iter().collect())
    }
}
