//! Alert rules: when somebody is to be told of a monitor.
//!
//! A rule's [`Condition`] is written in the words of the assertions and about what checks add up to:
//!
//! ```text
//! condition = any [ "for" ( DURATION | N "checks" ) ]
//! any       = all { "or" all }
//! all       = one { "and" one }
//! one       = "not" one | "(" any ")" | test
//! test      = "down" | "degraded" | "recovered" | "heartbeat" ( "missed" | "failed" | "too long" )
//!           | N "of" M "checks" ( "failed" | "slow" )
//!           | ( "p95" | "latency" ) over comparison DURATION
//!           | "error rate" over comparison N "%"
//!           | ( "bytes" | "requests" ) over comparison ( SIZE | N | N "%" "of usual" )
//!           | ( "certificate.days" | "domain.days" ) comparison N
//! over      = "over" DURATION
//! comparison = "<" | "<=" | ">" | ">="
//! ```
//!
//! [`RuleState::step`] holds a condition against what is known, one step after the other, live and when a rule is tried on
//! what was stored ([`simulate`]). What is not known makes no rule fire and none end.

mod condition;
mod error;
mod evaluate;
mod history;
mod parser;
mod signals;
mod state;
mod test;
mod text;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use condition::{Class, Condition};
pub use error::RuleError;
pub use history::{Episode, History, MINUTE, simulate, usual};
pub use signals::{Amount, Signals, Standing};
pub use state::{Change, RuleState, Step};

use super::{Selector, Severity};
use crate::duration;
use crate::http::shorten;

/// What its owner wants to be told of.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Of which monitors.
    pub selector: Selector,
    /// When.
    pub condition: Condition,
    /// How loudly.
    pub severity: Severity,
    /// How long after an alert of a monitor has ended the rule does not fire for that monitor again: up to 7 d.
    pub cooldown: Duration,
    /// How often to be reminded of an alert that goes on: 1 min to 30 d. `None`: not.
    pub remind: Option<Duration>,
    /// Who is told, beside those of the routes: names of destinations like `#ops` and of rotations like `@primary`,
    /// [`Rule::MAX_NOTIFY`] at most.
    pub notify: Vec<String>,
}

impl Rule {
    /// The cooldown unless its owner says otherwise.
    pub const DEFAULT_COOLDOWN: Duration = Duration::from_secs(300);
    /// The longest cooldown.
    pub const MAX_COOLDOWN: Duration = Duration::from_secs(7 * 86_400);
    /// Most names of who is told.
    pub const MAX_NOTIFY: usize = 16;

    /// A rule with defaults for all that is not given.
    #[must_use]
    pub fn new(selector: Selector, condition: Condition) -> Self {
        let cooldown = Self::DEFAULT_COOLDOWN;
        Self { selector, condition, severity: Severity::default(), cooldown, remind: None, notify: Vec::new() }
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// A [`RuleError`] that says what is possible.
    pub fn validate(&self) -> Result<(), RuleError> {
        if self.cooldown > Self::MAX_COOLDOWN {
            return Err(RuleError::Cooldown(duration::format(self.cooldown)));
        }
        let reminders = Duration::from_secs(60)..=Duration::from_secs(30 * 86_400);
        if let Some(remind) = self.remind.filter(|remind| !reminders.contains(remind)) {
            return Err(RuleError::Remind(duration::format(remind)));
        }
        if self.notify.len() > Self::MAX_NOTIFY {
            return Err(RuleError::TooManyNames);
        }
        let is_name = |name: &&String| {
            let bare = name.strip_prefix(['#', '@']).unwrap_or(name);
            (1..=60).contains(&bare.chars().count()) && bare.chars().all(|c| c.is_alphanumeric() || "._-/".contains(c))
        };
        match self.notify.iter().find(|name| !is_name(name)) {
            Some(name) => Err(RuleError::Name(shorten(name, 60))),
            None => Ok(()),
        }
    }
}

/// Everything but what it is about, as it is given to a command: `when down for 5m severity warning notify #ops`.
impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "when {} severity {}", self.condition, self.severity.as_str())?;
        if self.cooldown != Self::DEFAULT_COOLDOWN {
            write!(f, " cooldown {}", duration::format(self.cooldown))?;
        }
        if let Some(remind) = self.remind {
            write!(f, " remind {}", duration::format(remind))?;
        }
        if self.notify.is_empty() { Ok(()) } else { write!(f, " notify {}", self.notify.join(" ")) }
    }
}
