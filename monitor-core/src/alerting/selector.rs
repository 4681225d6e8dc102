use serde::{Deserialize, Serialize};

use crate::labels::Labels;
use crate::monitor::MonitorId;

/// Which monitors something is about. Without any condition it is about all of the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Selector {
    /// One of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitors: Option<Vec<MonitorId>>,
    /// With all of these labels.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// In this group, whatever its case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// How much a selector is about. The later ones are narrower, and win over broader ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breadth {
    /// All monitors of an organisation.
    Organisation,
    /// Those with a label or in a group.
    Label,
    /// Monitors by name.
    Monitor,
}

impl Selector {
    /// Those monitors alone.
    #[must_use]
    pub fn of(monitors: Vec<MonitorId>) -> Self {
        Self { monitors: Some(monitors), ..Self::default() }
    }

    /// Whether a monitor with these labels in this group is meant.
    #[must_use]
    pub fn matches(&self, monitor: MonitorId, labels: &Labels, group: Option<&str>) -> bool {
        self.monitors.as_ref().is_none_or(|monitors| monitors.contains(&monitor))
            && self.labels.iter().all(|label| labels.has(&label))
            && self.group.as_ref().is_none_or(|wanted| group.is_some_and(|group| same(wanted, group)))
    }

    /// How much it is about.
    #[must_use]
    pub fn breadth(&self) -> Breadth {
        match self {
            Self { monitors: Some(_), .. } => Breadth::Monitor,
            Self { labels, group: None, .. } if labels.is_empty() => Breadth::Organisation,
            _ => Breadth::Label,
        }
    }
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_without_conditions_means_all_and_one_of_no_monitor_means_none() {
        let labels = Labels::default();
        assert!(Selector::default().matches(MonitorId(1), &labels, None));
        assert!(!Selector::of(Vec::new()).matches(MonitorId(1), &labels, None));
        assert_eq!(Selector::default().breadth(), Breadth::Organisation);
    }

    #[test]
    fn every_condition_of_a_selector_has_to_hold() {
        let mut labels = Labels::default();
        labels.set("env=prod".parse().unwrap());
        labels.set("team=web".parse().unwrap());
        let mut wanted = Labels::default();
        wanted.set("env=prod".parse().unwrap());
        let selector = Selector { labels: wanted, group: Some("shop".to_owned()), ..Selector::default() };
        assert!(selector.matches(MonitorId(1), &labels, Some("Shop")));
        assert!(!selector.matches(MonitorId(1), &labels, None));
        assert!(!selector.matches(MonitorId(1), &Labels::default(), Some("shop")));
        assert_eq!(selector.breadth(), Breadth::Label);
    }
}
