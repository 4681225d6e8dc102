//! What a condition says.

use std::time::Duration;

use super::test::{Limit, Test};
use super::{RuleError, parser};
use crate::outcome::Reason;

/// When a rule fires. Reading its text gives the same condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub(super) expression: Expression,
    pub(super) hold: Option<Hold>,
}

/// How long it has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    For(Duration),
    Checks(u16),
}

/// As deep as parentheses go, of which the parser takes few.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Test(Test),
    Not(Box<Expression>),
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

/// Rules of the same class are about the same trouble, of which the one with the narrowest selector is to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// `down`, however long.
    Down,
    /// `degraded`, however long.
    Degraded,
    /// Anything else; these do not stand in each other's way.
    Other,
}

impl Condition {
    /// Reads a condition. Words may be in any case.
    ///
    /// # Errors
    /// [`RuleError::Condition`], which points at what is wrong.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        Ok(parser::parse(text)?)
    }

    /// Whether a text begins like a condition.
    #[must_use]
    pub fn is_begun_by(text: &str) -> bool {
        parser::is_begun_by(text)
    }

    /// Which rules it stands beside.
    #[must_use]
    pub fn class(&self) -> Class {
        match self.expression {
            Expression::Test(Test::Down) => Class::Down,
            Expression::Test(Test::Degraded) => Class::Degraded,
            _ => Class::Other,
        }
    }

    /// Whether it can hold only just after a recovery. That is good news, which is told in words: nothing is wrong that an
    /// alert would be about.
    #[must_use]
    pub fn is_news(&self) -> bool {
        self.expression.needs_recovery()
    }

    /// Whether every check has to be told to [`RuleState::step`](super::RuleState::step) as it ends, because the condition
    /// is about the status, the last checks or what a heartbeat reported.
    #[must_use]
    pub fn follows_checks(&self) -> bool {
        self.expression.any_test(&|test| !test.is_measured())
    }

    /// Whether it can be known only where single checks are.
    #[must_use]
    pub fn counts_checks(&self) -> bool {
        let counts = |test: &Test| matches!(test, Test::Heartbeat(_) | Test::Votes { .. });
        matches!(self.hold, Some(Hold::Checks(_))) || self.expression.any_test(&counts)
    }

    /// How often it has to be looked at beside that, because the condition is about figures: every 10 s to 5 min. `None`:
    /// checks alone decide, and time where [`Step::again_at`](super::Step::again_at) says so.
    #[must_use]
    pub fn look_every(&self) -> Option<Duration> {
        let mut every = None::<Duration>;
        self.expression.each_test(&mut |test| {
            let wanted = match test {
                Test::Days { .. } => Some(Duration::from_secs(300)),
                _ => test.window().map(|over| (over / 60).clamp(Duration::from_secs(10), Duration::from_secs(60))),
            };
            every = [every, wanted].into_iter().flatten().min();
        });
        every
    }

    /// The windows over which checks are added up for it, the shortest first.
    #[must_use]
    pub fn windows(&self) -> Vec<Duration> {
        self.collect(|test| test.window())
    }

    /// The windows whose usual amounts it asks for, the shortest first.
    #[must_use]
    pub fn usual_windows(&self) -> Vec<Duration> {
        self.collect(|test| match test {
            Test::Volume { over, limit: Limit::Usual(_), .. } => Some(*over),
            _ => None,
        })
    }

    /// Whether it asks when certificates or registrations end.
    #[must_use]
    pub fn asks_days(&self) -> bool {
        self.expression.any_test(&|test| matches!(test, Test::Days { .. }))
    }

    /// How long it has to hold before the rule fires.
    #[must_use]
    pub fn hold(&self) -> Duration {
        if let Some(Hold::For(time)) = self.hold { time } else { Duration::ZERO }
    }

    /// The reason that an alert of it has, unless a check gives a better one.
    #[must_use]
    pub fn reason(&self) -> Reason {
        let mut reasons = Vec::new();
        self.expression.each_test(&mut |test| reasons.push(test.reason()));
        reasons.first().copied().unwrap_or(Reason::Degraded)
    }

    fn collect(&self, wanted: impl Fn(&Test) -> Option<Duration>) -> Vec<Duration> {
        let mut windows = Vec::new();
        self.expression.each_test(&mut |test| windows.extend(wanted(test)));
        windows.sort_unstable();
        windows.dedup();
        windows
    }
}

impl Expression {
    pub(super) fn each_test(&self, visit: &mut impl FnMut(&Test)) {
        match self {
            Self::Test(test) => visit(test),
            Self::Not(inner) => inner.each_test(visit),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each_test(visit)),
        }
    }

    pub(super) fn any_test(&self, wanted: &dyn Fn(&Test) -> bool) -> bool {
        let mut found = false;
        self.each_test(&mut |test| found |= wanted(test));
        found
    }

    fn needs_recovery(&self) -> bool {
        match self {
            Self::Test(test) => *test == Test::Recovered,
            Self::Not(_) => false,
            Self::All(parts) => parts.iter().any(Self::needs_recovery),
            Self::Any(parts) => parts.iter().all(Self::needs_recovery),
        }
    }

    /// Every part has to hold. Those that are such themselves become one with it.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        let flat = |part| if let Self::All(inner) = part { inner } else { vec![part] };
        one_or(parts.into_iter().flat_map(flat).collect(), Self::All)
    }

    /// One of the parts has to hold. Those that are such themselves become one with it.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        let flat = |part| if let Self::Any(inner) = part { inner } else { vec![part] };
        one_or(parts.into_iter().flat_map(flat).collect(), Self::Any)
    }

    /// The opposite.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}

fn one_or(mut parts: Vec<Expression>, several: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            several(parts)
        }
    }
}
