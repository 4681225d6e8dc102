//! The canonical text of conditions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::RuleError;
use super::condition::{Condition, Expression, Hold};
use super::test::{Limit, Test, Volume};
use crate::assertion::literal::size_text;
use crate::duration;

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
