//! What a condition says, and its canonical text.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{RuleError, parser};
use crate::assertion::literal::size_text;
use crate::duration;
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

/// One question about a monitor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Test {
    Down,
    Degraded,
    Recovered,
    Heartbeat(Beat),
    Votes {
        needed: u8,
        of: u8,
        slow: bool,
    },
    /// Of a percentile, or of the mean.
    Latency {
        percentile: Option<u8>,
        over: Duration,
        comparison: Comparison,
        limit: Duration,
    },
    ErrorRate {
        over: Duration,
        comparison: Comparison,
        percent: f64,
    },
    Volume {
        what: Volume,
        over: Duration,
        comparison: Comparison,
        limit: Limit,
    },
    Days {
        what: Ending,
        comparison: Comparison,
        days: f64,
    },
}

/// What may be wrong with a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    Missed,
    Failed,
    TooLong,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Volume {
    Bytes,
    Requests,
}

/// What ends some day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Certificate,
    Domain,
}

/// What a volume is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Limit {
    Amount(u64),
    /// Percent of the usual.
    Usual(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
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

impl Test {
    pub(super) fn window(&self) -> Option<Duration> {
        match self {
            Self::Latency { over, .. } | Self::ErrorRate { over, .. } | Self::Volume { over, .. } => Some(*over),
            _ => None,
        }
    }

    /// Whether it is about figures rather than about single checks.
    pub(super) fn is_measured(&self) -> bool {
        self.window().is_some() || matches!(self, Self::Days { .. })
    }

    fn reason(&self) -> Reason {
        match self {
            Self::Down | Self::Votes { slow: false, .. } => Reason::AssertionFailed,
            Self::Recovered => Reason::Ok,
            Self::Heartbeat(Beat::Missed) => Reason::HeartbeatMissed,
            Self::Heartbeat(Beat::Failed) => Reason::HeartbeatFailed,
            Self::Heartbeat(Beat::TooLong) => Reason::HeartbeatTooLong,
            Self::Votes { slow: true, .. } | Self::Latency { .. } => Reason::Slow,
            Self::Degraded | Self::ErrorRate { .. } | Self::Volume { .. } => Reason::Degraded,
            Self::Days { what: Ending::Certificate, .. } => Reason::CertificateEnding,
            Self::Days { what: Ending::Domain, .. } => Reason::DomainEnding,
        }
    }
}

impl Beat {
    pub(super) const ALL: [Self; 3] = [Self::Missed, Self::Failed, Self::TooLong];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Failed => "failed",
            Self::TooLong => "too long",
        }
    }
}

impl Volume {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Requests => "requests",
        }
    }
}

impl Ending {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Certificate => "certificate.days",
            Self::Domain => "domain.days",
        }
    }
}

impl Comparison {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// The same in a sentence: `above`, or `not above` when it does not hold.
    pub(super) fn relation(self, holds: bool) -> String {
        let words = match self {
            Self::Less => "below",
            Self::LessOrEqual => "at most",
            Self::Greater => "above",
            Self::GreaterOrEqual => "at least",
        };
        if holds { words.to_owned() } else { format!("not {words}") }
    }

    pub(super) fn holds<T: PartialOrd>(self, seen: &T, limit: &T) -> bool {
        match seen.partial_cmp(limit) {
            Some(Ordering::Less) => matches!(self, Self::Less | Self::LessOrEqual),
            Some(Ordering::Equal) => matches!(self, Self::LessOrEqual | Self::GreaterOrEqual),
            Some(Ordering::Greater) => matches!(self, Self::Greater | Self::GreaterOrEqual),
            None => false,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is asked of the whole stands behind it, so that nothing but it needs parentheses.
        write!(f, "{}", self.expression)?;
        match self.hold {
            None => Ok(()),
            Some(Hold::For(time)) => write!(f, " for {}", duration::format(time)),
            Some(Hold::Checks(count)) => write!(f, " for {count} checks"),
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (index, part) in parts.iter().enumerate() {
                let between = if index == 0 { "" } else { word };
                match (self, part) {
                    (Self::All(_), Self::Any(_)) => write!(f, "{between}({part})")?,
                    _ => write!(f, "{between}{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Test(test) => test.fmt(f),
            Self::Not(inner) => match &**inner {
                Self::Test(_) => write!(f, "not {inner}"),
                _ => write!(f, "not ({inner})"),
            },
            Self::All(parts) => joined(f, parts, " and "),
            Self::Any(parts) => joined(f, parts, " or "),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = duration::format;
        match self {
            Self::Down => f.write_str("down"),
            Self::Degraded => f.write_str("degraded"),
            Self::Recovered => f.write_str("recovered"),
            Self::Heartbeat(beat) => write!(f, "heartbeat {}", beat.word()),
            Self::Votes { needed, of, slow } => {
                write!(f, "{needed} of {of} checks {}", if *slow { "slow" } else { "failed" })
            }
            Self::Latency { percentile, over, comparison, limit } => {
                match percentile {
                    Some(percentile) => write!(f, "p{percentile}")?,
                    None => f.write_str("latency")?,
                }
                write!(f, " over {} {} {}", time(*over), comparison.sign(), time(*limit))
            }
            Self::ErrorRate { over, comparison, percent } => {
                write!(f, "error rate over {} {} {percent}%", time(*over), comparison.sign())
            }
            Self::Volume { what, over, comparison, limit } => {
                write!(f, "{} over {} {} ", what.word(), time(*over), comparison.sign())?;
                match (limit, what) {
                    (Limit::Usual(percent), _) => write!(f, "{percent}% of usual"),
                    (Limit::Amount(bytes), Volume::Bytes) => f.write_str(&size_text(*bytes)),
                    (Limit::Amount(count), Volume::Requests) => write!(f, "{count}"),
                }
            }
            Self::Days { what, comparison, days } => write!(f, "{} {} {days}", what.word(), comparison.sign()),
        }
    }
}

impl FromStr for Condition {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        Self::parse(text)
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
