use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{DestinationId, RotationId, RoutingError, Selector, Severity};

/// Who is told of incidents of some monitors from a severity on. All routes that fit an incident apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The monitors.
    pub selector: Selector,
    /// The least severity.
    pub severity: Severity,
    /// Who is told when; the first ones at once, the others unless somebody takes care of the incident before.
    pub steps: Vec<Step>,
}

/// Some who are told at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// How long after the incident was opened.
    pub after: Duration,
    /// Who.
    pub targets: Vec<Target>,
}

/// Somebody who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A destination.
    Destination(DestinationId),
    /// Whoever is on call in a rotation at that time.
    Rotation(RotationId),
}

impl Step {
    /// Most targets of a step.
    pub const MAX_TARGETS: usize = 20;
}

impl Route {
    /// Most steps of a route.
    pub const MAX_STEPS: usize = 10;
    /// The latest that a step can come.
    pub const LONGEST: Duration = Duration::from_secs(7 * 86_400);

    /// Whether the steps make sense.
    ///
    /// # Errors
    /// The [`RoutingError`] of what does not.
    pub fn validate(&self) -> Result<(), RoutingError> {
        let Some(first) = self.steps.first() else { return Err(RoutingError::Nobody) };
        if self.steps.iter().any(|step| step.targets.is_empty()) {
            return Err(RoutingError::Nobody);
        }
        if self.steps.len() > Self::MAX_STEPS || self.steps.iter().any(|step| step.targets.len() > Step::MAX_TARGETS) {
            return Err(RoutingError::TooMany);
        }
        if first.after != Duration::ZERO || !self.steps.is_sorted_by(|a, b| a.after < b.after) {
            return Err(RoutingError::Order);
        }
        match self.steps.iter().all(|step| step.after <= Self::LONGEST) {
            true => Ok(()),
            false => Err(RoutingError::TooLate),
        }
    }

    /// Everybody whom it may tell.
    pub fn targets(&self) -> impl Iterator<Item = Target> + '_ {
        self.steps.iter().flat_map(|step| step.targets.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(steps: &[(u64, usize)]) -> Route {
        let step = |&(after, targets): &(u64, usize)| Step {
            after: Duration::from_secs(after),
            targets: vec![Target::Destination(DestinationId(1)); targets],
        };
        Route { selector: Selector::default(), severity: Severity::Info, steps: steps.iter().map(step).collect() }
    }

    #[test]
    fn steps_begin_at_once_and_come_one_after_the_other_within_a_week() {
        for steps in [&[(0, 1)][..], &[(0, 20), (600, 1), (604_800, 1)]] {
            assert_eq!(route(steps).validate(), Ok(()));
        }
        let eleven: Vec<(u64, usize)> = (0..11).map(|n| (n, 1)).collect();
        for (steps, error) in [
            (&[][..], RoutingError::Nobody),
            (&[(0, 1), (5, 0)], RoutingError::Nobody),
            (&[(5, 1)], RoutingError::Order),
            (&[(0, 1), (5, 1), (5, 1)], RoutingError::Order),
            (&[(0, 1), (604_801, 1)], RoutingError::TooLate),
            (&[(0, 21)], RoutingError::TooMany),
            (&eleven, RoutingError::TooMany),
        ] {
            assert_eq!(route(steps).validate(), Err(error), "{steps:?}");
        }
    }
}
