//! What is remembered of a rule for one monitor, and the one step that changes it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::condition::{Expression, Hold};
use super::evaluate::{Finding, RECOVERY_LASTS, Seen};
use super::test::Test;
use super::{Rule, Signals, Standing};
use crate::Timestamp;
use crate::duration::humanize;
use crate::health::Status;
use crate::outcome::{Reason, Verdict};

/// What is remembered of a rule for one monitor between two looks. Nothing, while all is well and always was.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RuleState {
    /// Since when an alert is open.
    #[serde(default, rename = "f", skip_serializing_if = "Option::is_none")]
    firing_since: Option<Timestamp>,
    /// Since when the condition holds.
    #[serde(default, rename = "h", skip_serializing_if = "Option::is_none")]
    held_since: Option<Timestamp>,
    /// At how many checks since then, up to how many are asked for.
    #[serde(default, rename = "n", skip_serializing_if = "is_zero")]
    held_checks: u16,
    /// When an alert ended, during the cooldown that follows.
    #[serde(default, rename = "c", skip_serializing_if = "Option::is_none")]
    cleared_at: Option<Timestamp>,
    /// The latest votes, oldest first, a letter each; no more than the condition asks for.
    #[serde(default, rename = "v", skip_serializing_if = "String::is_empty")]
    votes: String,
    /// How the latest check ended, if the condition asks.
    #[serde(default, rename = "l", skip_serializing_if = "Option::is_none")]
    last: Option<Reason>,
    /// Whether it was down when its status was known last, if the condition asks for recoveries.
    #[serde(default, rename = "d", skip_serializing_if = "is_false")]
    down: bool,
    /// Since when it is up after it was down, where its status does not say that because nobody saw it in between.
    #[serde(default, rename = "u", skip_serializing_if = "Option::is_none")]
    unseen: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u16) -> bool {
    *count == 0
}

/// What becomes of the alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It begins.
    Fire,
    /// It ends.
    Clear,
}

/// What a step found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What becomes of the alert; `None`: nothing.
    pub change: Option<Change>,
    /// Whether the condition holds; `None`: that cannot be told.
    pub holds: Option<bool>,
    /// Why, with the numbers: `p95 over 10 min was 912 ms, above 800 ms, for 5 min`.
    pub why: String,
    /// When to look again, because time alone may change what is to be done.
    pub again_at: Option<Timestamp>,
}

impl RuleState {
    /// Since when an alert is open; `None`: none is.
    #[must_use]
    pub fn firing_since(&self) -> Option<Timestamp> {
        self.firing_since
    }

    /// Since when the condition holds; `None`: it does not.
    #[must_use]
    pub fn held_since(&self) -> Option<Timestamp> {
        self.held_since
    }

    /// Takes in what is known now, and says what that means for the alert.
    ///
    /// It begins once the condition has held for as long as it has to, but not within the cooldown: then it begins at its
    /// end, if the condition holds still. It ends when the condition does not hold any more. What cannot be told changes
    /// nothing.
    pub fn step(&mut self, rule: &Rule, now: Timestamp, signals: &Signals) -> Step {
        // Later than now these only are by a clock that was set back since.
        for at in [&mut self.firing_since, &mut self.held_since, &mut self.cleared_at].into_iter().flatten() {
            *at = (*at).min(now);
        }
        let Finding { holds, mut why } = self.track(rule, now, signals);
        self.cleared_at = self.cleared_at.filter(|cleared| now < *cleared + rule.cooldown);
        let mut step = Step { change: None, holds, why: String::new(), again_at: None };
        match (holds, self.firing_since) {
            (Some(false), Some(_)) => {
                self.firing_since = None;
                self.cleared_at = Some(now).filter(|_| !rule.cooldown.is_zero());
                step.change = Some(Change::Clear);
            }
            (Some(true), None) if self.waits_until(rule, now).is_none() => {
                self.firing_since = Some(now);
                step.change = Some(Change::Fire);
            }
            _ => {}
        }
        if holds == Some(true) {
            why.push_str(&self.how_long(rule, now));
        }
        step.why = why;
        step.again_at = self.again_at(rule, now, holds, signals);
        step
    }

    /// Takes in what was known at an earlier time, without any alert: so that a new rule knows since when its condition
    /// holds.
    pub fn recall(&mut self, rule: &Rule, at: Timestamp, signals: &Signals) {
        self.track(rule, at, signals);
    }

    /// The share of the latest `of` votes: how many were that, of how many.
    pub(super) fn votes_of(&self, verdict: Verdict, of: u8) -> (usize, usize) {
        let recent = self.votes.chars().rev().take(usize::from(of));
        (recent.clone().filter(|vote| *vote == letter(verdict)).count(), recent.count())
    }

    pub(super) fn last(&self) -> Option<Reason> {
        self.last
    }

    /// Whether the condition holds, and since when.
    fn track(&mut self, rule: &Rule, now: Timestamp, signals: &Signals) -> Finding {
        let expression = &rule.condition.expression;
        if let Some(reason) = signals.vote {
            self.vote(expression, reason);
        }
        if let Some(standing) = signals.standing.filter(|_| asks_recovery(expression)) {
            self.follow_recovery(standing, now);
        }
        let found = Seen { state: self, signals, now }.expression(expression);
        match found.holds {
            Some(true) => {
                self.held_since.get_or_insert_with(|| began(expression, signals).map_or(now, |since| since.min(now)));
                if let (Some(Hold::Checks(needed)), Some(_)) = (rule.condition.hold, signals.vote) {
                    self.held_checks = (self.held_checks + 1).min(needed);
                }
            }
            Some(false) => (self.held_since, self.held_checks) = (None, 0),
            None => {}
        }
        found
    }

    fn follow_recovery(&mut self, standing: Standing, now: Timestamp) {
        self.unseen = self.unseen.filter(|since| *since == standing.since && now.since(*since) < RECOVERY_LASTS);
        match standing.status {
            Status::Down => self.down = true,
            Status::Up | Status::Degraded => {
                let unseen = std::mem::take(&mut self.down) && standing.from != Status::Down;
                self.unseen = if unseen { Some(standing.since) } else { self.unseen };
            }
            _ => {}
        }
    }

    /// Whether it became up, unseen, when this began.
    pub(super) fn recovered_unseen(&self, standing: Standing) -> bool {
        self.unseen == Some(standing.since)
    }

    fn vote(&mut self, expression: &Expression, reason: Reason) {
        let (mut keep, mut ask) = (0, false);
        expression.each_test(&mut |test| match test {
            Test::Votes { of, .. } => keep = keep.max(usize::from(*of)),
            Test::Heartbeat(_) => ask = true,
            _ => {}
        });
        if keep > 0 {
            self.votes.push(letter(reason.verdict()));
            let surplus = self.votes.chars().count().saturating_sub(keep);
            self.votes.drain(..surplus);
        }
        self.last = ask.then_some(reason);
    }

    /// Until when it does not fire although its condition holds; `None`: it fires.
    fn waits_until(&self, rule: &Rule, now: Timestamp) -> Option<Timestamp> {
        let held = match rule.condition.hold {
            None => None,
            Some(Hold::For(time)) => self.held_since.map(|since| since + time),
            // Which the checks will tell.
            Some(Hold::Checks(needed)) => (self.held_checks < needed).then_some(Timestamp::from_millis(i64::MAX)),
        };
        let cooled = self.cleared_at.map(|cleared| cleared + rule.cooldown);
        held.max(cooled).filter(|until| now < *until)
    }

    fn again_at(&self, rule: &Rule, now: Timestamp, holds: Option<bool>, signals: &Signals) -> Option<Timestamp> {
        let waits = match (holds, self.firing_since) {
            (Some(true), None) => self.waits_until(rule, now).filter(|until| until.as_millis() < i64::MAX),
            _ => None,
        };
        let asks = asks_recovery(&rule.condition.expression);
        // A recovery that was found late is over after as long as any.
        let began = signals.standing.filter(|_| asks).map(|standing| [Some(standing.since), self.firing_since]);
        let settles = began.into_iter().flatten().flatten().map(|since| since + RECOVERY_LASTS).filter(|at| now < *at);
        settles.chain(waits).min()
    }

    /// What is said behind why it holds.
    fn how_long(&self, rule: &Rule, now: Timestamp) -> String {
        match (rule.condition.hold, self.held_since) {
            (Some(Hold::Checks(needed)), _) if needed > 1 => format!(", for {} checks", self.held_checks),
            (Some(Hold::For(_)), Some(since)) => format!(", for {}", humanize(whole_seconds(now.since(since)))),
            _ => String::new(),
        }
    }
}

fn asks_recovery(expression: &Expression) -> bool {
    expression.any_test(&|test| *test == Test::Recovered)
}

fn whole_seconds(time: Duration) -> Duration {
    if time < Duration::from_secs(1) { time } else { Duration::from_secs(time.as_secs()) }
}

/// Since when it holds, where that is known: a status lasts since it changed.
fn began(expression: &Expression, signals: &Signals) -> Option<Timestamp> {
    match expression {
        Expression::Test(Test::Down | Test::Degraded) => signals.standing.map(|standing| standing.since),
        _ => None,
    }
}

fn letter(verdict: Verdict) -> char {
    match verdict {
        Verdict::Ok => 'o',
        Verdict::Slow => 's',
        Verdict::Failed => 'x',
        Verdict::Inconclusive => '-',
    }
}
