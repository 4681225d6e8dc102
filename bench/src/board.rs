//! The figures of a run.

use serde_json::{Value, json};

use crate::goals::{Goal, Of};
use crate::stats::{median, range};

/// What was measured and what was not.
#[derive(Default)]
pub(crate) struct Board {
    pub(crate) figures: Vec<Figure>,
    /// What is missing, each with the reason.
    pub(crate) not_measured: Vec<String>,
    /// Whether something is missing that should not be.
    pub(crate) failed: bool,
}

impl Board {
    pub(crate) fn add(&mut self, figure: Figure) {
        crate::progress(&format!("  {}: {} {}", figure.name, short(figure.value), figure.unit));
        self.figures.push(figure);
    }

    /// The value of a figure, if it was measured.
    pub(crate) fn value(&self, key: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.key == key).map(|figure| figure.value)
    }
}

/// One figure.
pub(crate) struct Figure {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
    /// The same in each run, when there were several.
    pub(crate) runs: Vec<f64>,
    /// The limit's figure and the peer's.
    pub(crate) limit: Option<f64>,
    pub(crate) peer: Option<f64>,
}

impl Figure {
    /// A figure that was measured once.
    pub(crate) fn once(key: impl Into<String>, name: impl Into<String>, unit: &'static str, value: f64) -> Self {
        Self { key: key.into(), name: name.into(), unit, value, runs: Vec::new(), limit: None, peer: None }
    }

    /// A figure whose value is the median of several runs.
    pub(crate) fn runs(key: impl Into<String>, name: impl Into<String>, unit: &'static str, runs: Vec<f64>) -> Self {
        Self { value: median(&runs), runs, ..Self::once(key, name, unit, 0.0) }
    }

    /// With the same value of parts of what it was measured over.
    pub(crate) fn spread(self, runs: Vec<f64>) -> Self {
        Self { runs, ..self }
    }

    /// With what the limit and the peer took for the same.
    pub(crate) fn beside(self, limit: Option<f64>, peer: Option<f64>) -> Self {
        Self { limit, peer, ..self }
    }

    /// How many times the limit's figure it is.
    pub(crate) fn to_limit(&self) -> Option<f64> {
        self.limit.filter(|limit| *limit > 0.0).map(|limit| self.value / limit)
    }

    /// How many times the peer's figure it is.
    pub(crate) fn to_peer(&self) -> Option<f64> {
        self.peer.filter(|peer| *peer > 0.0).map(|peer| self.value / peer)
    }

    /// The smallest and the largest of its runs.
    pub(crate) fn range(&self) -> Option<(f64, f64)> {
        range(&self.runs).filter(|_| self.runs.len() > 1)
    }

    pub(crate) fn goal(&self) -> Option<&'static Goal> {
        Goal::of(&self.key)
    }

    /// Whether its goal was missed; `None` without a goal, or when what it is compared with was not measured.
    pub(crate) fn missed(&self) -> Option<bool> {
        let goal = self.goal()?;
        let measured = match goal.of {
            Of::Value => self.value,
            Of::Limit => self.to_limit()?,
            Of::Peer => self.to_peer()?,
        };
        Some(measured > goal.most)
    }

    pub(crate) fn to_json(&self) -> Value {
        let goal = self.goal().map(|goal| {
            let of = match goal.of {
                Of::Value => "value",
                Of::Limit => "to_limit",
                Of::Peer => "to_peer",
            };
            json!({ "of": of, "most": goal.most })
        });
        json!({
            "key": self.key, "name": self.name, "unit": self.unit, "value": self.value, "runs": self.runs,
            "goal": goal, "missed": self.missed(), "to_limit": self.to_limit(), "to_peer": self.to_peer(),
        })
    }
}

/// A number with three digits that count, or all digits before its point.
pub(crate) fn short(number: f64) -> String {
    let digits = match number.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.1 => 3,
        0.0 => 0,
        _ => 4,
    };
    format!("{number:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_beside_the_limit_is_held_against_the_ratio() {
        let figure = |value| Figure::once("checks.flat.cpu", "", "", value);
        assert_eq!(figure(0.3).missed(), None);
        assert_eq!(figure(0.3).beside(Some(0.1), None).missed(), Some(false));
        assert_eq!(figure(0.4).beside(Some(0.1), None).missed(), Some(true));
    }

    #[test]
    fn a_goal_beside_the_peer_is_held_against_that_ratio() {
        let figure = |value| Figure::once("kind.tcp.cpu", "", "", value).beside(Some(0.1), Some(1.0));
        assert_eq!(figure(0.5).missed(), Some(false));
        assert_eq!(figure(0.6).missed(), Some(true));
        assert_eq!(Figure::once("kind.tcp.cpu", "", "", 0.5).missed(), None);
    }

    #[test]
    fn a_goal_that_is_just_reached_is_not_missed() {
        let figure = |value| Figure::once("checks.10000.memory", "", "", value);
        assert_eq!(figure(120.0).missed(), Some(false));
        assert_eq!(figure(120.1).missed(), Some(true));
        assert_eq!(Figure::once("checks.10000.rate", "", "", 1.0).missed(), None);
    }

    #[test]
    fn the_value_of_several_runs_is_their_median() {
        let figure = Figure::runs("x", "", "", vec![3.0, 1.0, 2.0]);
        assert_eq!((figure.value, figure.range()), (2.0, Some((1.0, 3.0))));
        assert_eq!(Figure::runs("x", "", "", vec![1.0]).range(), None);
    }

    #[test]
    fn numbers_are_no_more_exact_than_what_was_measured() {
        let shown: Vec<String> = [0.0, 0.01234, 0.1234, 1.234, 12.34, 123.4, 12_345.6].map(short).into();
        assert_eq!(shown, ["0", "0.0123", "0.123", "1.23", "12.3", "123", "12346"]);
    }
}
