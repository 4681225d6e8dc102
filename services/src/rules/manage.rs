//! Adding, showing and removing alert rules.

use std::sync::Arc;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::RuleId;
use monitor_core::alerting::rule::{Rule, RuleState};
use monitor_core::health::Status;
use monitor_core::incident::Resolution;
use monitor_core::monitor::MonitorId;
use monitor_core::people::{Actor, Permission};
use storage::RuleRow;

use super::book::Source;
use super::look::Recalled;
use crate::incidents::{self, Cleared};
use crate::{Result, ServiceError, Services, require};

/// Most rules of an organisation.
const MOST_RULES: usize = 500;

/// Most monitors of which a new rule recalls how they were, beside those that are not up.
const RECALLED: usize = 200;

/// Most monitors that are named as firing.
const NAMED: usize = 10;

/// A rule and what it is doing now.
#[derive(Debug, Clone)]
pub struct AlertRuleView {
    /// The rule.
    pub row: RuleRow,
    /// How many monitors it is about. Where narrower rules tell of the same instead, it is not about them.
    pub monitors: usize,
    /// Some of the monitors for which it fires, 10 at most, and since when.
    pub firing: Vec<(String, Timestamp)>,
    /// For how many it fires.
    pub firing_count: usize,
    /// For how many its condition holds, but not for long enough yet or so soon after the last alert that it waits.
    pub waiting_count: usize,
}

impl Services {
    /// Adds an alert rule about the monitors of its selector, which `words` say as the person did. Where its condition holds
    /// already, it fires at once.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::InvalidRule`], [`ServiceError::TooManyRules`], [`ServiceError::Internal`].
    pub async fn add_alert(&self, actor: &Actor, words: &str, rule: &Rule) -> Result<AlertRuleView> {
        require(actor, Permission::Edit)?;
        rule.validate()?;
        let now = self.now();
        let tx = self.store().begin().await?;
        if tx.alert_rules(Some(actor.organisation)).await?.len() >= MOST_RULES {
            return Err(ServiceError::TooManyRules(MOST_RULES));
        }
        let id = tx.insert_alert_rule(actor, words.trim(), rule, now).await?;
        tx.commit().await?;
        tracing::info!(rule_id = %id, condition = %rule.condition, person_id = %actor.person, "alert rule added");
        self.inner.watch.shelf.forget();
        let book = self.inner.watch.shelf.book(Source::Store(self.store()), now).await?;
        let pairs = book.subjects(id);
        let recalled = self.recall(&pairs, now).await?;
        self.have_look(&pairs, &recalled, now).await?;
        self.alert_rule(actor, id).await
    }

    /// All alert rules with what they are doing now, the oldest first.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn list_alerts(&self, actor: &Actor) -> Result<Vec<AlertRuleView>> {
        require(actor, Permission::Read)?;
        let rows = self.store().alert_rules(Some(actor.organisation)).await?;
        self.rule_views(actor, rows).await
    }

    /// One alert rule with what it is doing now.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::RuleNotFound`], [`ServiceError::Internal`].
    pub async fn alert_rule(&self, actor: &Actor, rule: RuleId) -> Result<AlertRuleView> {
        require(actor, Permission::Read)?;
        let mut rows = self.store().alert_rules(Some(actor.organisation)).await?;
        rows.retain(|row| row.id == rule);
        self.rule_views(actor, rows).await?.pop().ok_or(ServiceError::RuleNotFound(rule))
    }

    /// Removes an alert rule; its open alerts end. Answers with what it was.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::RuleNotFound`], [`ServiceError::Internal`].
    pub async fn delete_alert(&self, actor: &Actor, rule: RuleId) -> Result<AlertRuleView> {
        require(actor, Permission::Edit)?;
        let view = self.alert_rule(actor, rule).await?;
        let now = self.now();
        let tx = self.store().begin().await?;
        let monitors = tx.alerted_by(rule).await?;
        if !tx.delete_alert_rule(actor.organisation, rule).await? {
            return Err(ServiceError::RuleNotFound(rule));
        }
        let resolution = Resolution::Withdrawn;
        let ends: Vec<_> =
            monitors.into_iter().map(|monitor| Cleared { monitor, rule: Some(rule), at: now, resolution }).collect();
        let told = if ends.is_empty() { false } else { incidents::clear(&tx, &ends, now).await?.told };
        tx.commit().await?;
        self.inner.watch.shelf.forget();
        self.announce(told);
        tracing::info!(rule_id = %rule, person_id = %actor.person, "alert rule deleted");
        Ok(view)
    }

    /// Ends what rules say of monitors that they are not about any more, because a label was changed or a narrower rule made.
    pub(super) async fn withdraw(&self, pairs: &[(RuleId, MonitorId)], now: Timestamp) -> Result<u64> {
        if pairs.is_empty() {
            return Ok(0);
        }
        let tx = self.store().begin().await?;
        let none = |(rule, monitor): &(RuleId, MonitorId)| storage::RuleStateRow {
            rule: *rule,
            monitor: *monitor,
            state: RuleState::default(),
            due: None,
        };
        tx.save_rule_states(&pairs.iter().map(none).collect::<Vec<_>>()).await?;
        let resolution = Resolution::Withdrawn;
        let end = |(rule, monitor): &(RuleId, MonitorId)| Cleared {
            monitor: *monitor,
            rule: Some(*rule),
            at: now,
            resolution,
        };
        let done = incidents::clear(&tx, &pairs.iter().map(end).collect::<Vec<_>>(), now).await?;
        tx.commit().await?;
        self.announce(done.told);
        Ok(done.alerts as u64)
    }

    /// What a new rule would remember if it had been there before, as far as that matters.
    async fn recall(&self, pairs: &[(Arc<RuleRow>, MonitorId)], now: Timestamp) -> Result<Recalled> {
        let mut recalled = Recalled::new();
        let Some((row, _)) = pairs.first() else { return Ok(recalled) };
        let condition = &row.rule.condition;
        let waits = condition.look_every().is_some() && condition.hold() > Duration::ZERO;
        if !waits && !condition.counts_checks() {
            return Ok(recalled);
        }
        let monitors: Vec<MonitorId> = pairs.iter().map(|(_, monitor)| *monitor).collect();
        let up = |status| status == Status::Up;
        let standings = self.store().standings(&monitors).await?;
        let well: std::collections::HashSet<MonitorId> =
            standings.into_iter().filter(|(_, standing)| up(standing.status)).map(|(monitor, _)| monitor).collect();
        let many = monitors.len() > RECALLED;
        for monitor in monitors.into_iter().filter(|monitor| !many || !well.contains(monitor)) {
            let state = self.recalled(row, monitor, now).await?;
            if state != RuleState::default() {
                recalled.insert((row.id, monitor), state);
            }
        }
        Ok(recalled)
    }

    /// The rules whose condition holds for a monitor and that do not fire yet, and until when they wait; `None`: until checks
    /// say so.
    pub(crate) async fn waiting_rules(&self, monitor: MonitorId) -> Result<Vec<(RuleRow, Option<Timestamp>)>> {
        let book = self.inner.watch.shelf.book(Source::Store(self.store()), self.now()).await?;
        let ids: Vec<RuleId> = book.of(monitor).iter().map(|row| row.id).collect();
        let mut waiting = Vec::new();
        for own in self.store().rule_states_of(&ids).await? {
            let row = book.of(monitor).iter().find(|row| row.id == own.rule).filter(|_| own.monitor == monitor);
            waiting.extend(row.filter(|_| waits(&own)).map(|row| (RuleRow::clone(row), own.due)));
        }
        Ok(waiting)
    }

    async fn rule_views(&self, actor: &Actor, rows: Vec<RuleRow>) -> Result<Vec<AlertRuleView>> {
        let book = self.inner.watch.shelf.book(Source::Store(self.store()), self.now()).await?;
        let ids: Vec<RuleId> = rows.iter().map(|row| row.id).collect();
        let mut states = self.store().rule_states_of(&ids).await?;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            let own: Vec<_> = states.extract_if(.., |state| state.rule == row.id).collect();
            let mut firing: Vec<_> =
                own.iter().filter_map(|own| Some((own.state.firing_since()?, own.monitor))).collect();
            firing.sort_unstable();
            let waiting_count = own.iter().filter(|own| waits(own)).count();
            let (monitors, firing_count) = (book.subjects(row.id).len(), firing.len());
            firing.truncate(NAMED);
            let mut named = Vec::with_capacity(firing.len());
            for (since, monitor) in firing {
                named.extend(self.names_of(actor, &[monitor]).await?.into_iter().map(|name| (name, since)));
            }
            views.push(AlertRuleView { row, monitors, firing: named, firing_count, waiting_count });
        }
        Ok(views)
    }
}

/// Whether the condition holds and the rule does not fire yet.
fn waits(own: &storage::RuleStateRow) -> bool {
    own.state.firing_since().is_none() && own.state.held_since().is_some()
}
