//! What changed between two audits of a page, and whether that is more than noise.

mod noise;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Category;
use super::figure::{Figure, MetricId, ResourceKind};
use super::summary::Summary;
use noise::Noise;

/// What changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// The scores that both audits have.
    pub scores: Vec<Change>,
    /// The metrics that both audits have.
    pub metrics: Vec<Change>,
    /// The bytes by type that are not the same.
    pub transfer: Vec<Change>,
    /// What fails now and did not before.
    pub newly_failing: Vec<Mark>,
    /// What failed before and passes now.
    pub newly_passing: Vec<Mark>,
    /// What to know when comparing the two, in words.
    pub notes: Vec<String>,
}

/// A figure before and after.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Which.
    pub figure: Figure,
    /// In the earlier audit.
    pub before: f64,
    /// In the later one.
    pub after: f64,
    /// What to make of it.
    pub verdict: Verdict,
}

/// What to make of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Better by more than noise.
    Better,
    /// Worse by more than noise.
    Worse,
    /// Not by more than noise.
    Same,
    /// It differs, but is not judged: of bytes no spread is known, and scores of two versions of Lighthouse differ.
    Unjudged,
}

/// An audit, or a check of the Progressive Web App, that changed its mind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// The category.
    pub category: Category,
    /// Its id.
    pub id: String,
    /// What is, or was, wrong.
    pub title: String,
}

/// Why two audits cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Incomparable {
    /// They are of different pages.
    #[error("the audits are of different pages")]
    Page,
    /// They are for different devices.
    #[error("one audit is for phones, the other for desktop computers")]
    Device,
    /// They were throttled differently.
    #[error("the audits were throttled differently")]
    Throttling,
}

/// Compares two audits of the same page, device and throttling.
///
/// # Errors
/// [`Incomparable`] when they are not of the same.
pub fn between(before: &Summary, after: &Summary) -> Result<Changes, Incomparable> {
    if before.requested_url != after.requested_url {
        return Err(Incomparable::Page);
    }
    if before.measured.device != after.measured.device {
        return Err(Incomparable::Device);
    }
    if before.measured.throttling != after.measured.throttling {
        return Err(Incomparable::Throttling);
    }
    let noise = Noise::between(before, after);
    let change = |figure: Figure| {
        let (from, to) = (figure.of(before)?, figure.of(after)?);
        Some(Change { figure, before: from, after: to, verdict: noise.judge(figure, from, to) })
    };
    let (failing_before, failing_now) = (failing(before), failing(after));
    let passing_now = passing(after);
    let marks = |from: &BTreeMap<Key, String>, wanted: &dyn Fn(&Key) -> bool| -> Vec<Mark> {
        let wanted = from.iter().filter(|(key, _)| wanted(key));
        wanted
            .map(|((category, id), title)| Mark { category: *category, id: id.clone(), title: title.clone() })
            .collect()
    };
    Ok(Changes {
        scores: Category::ALL.into_iter().map(Figure::Score).filter_map(change).collect(),
        metrics: MetricId::ALL.into_iter().map(Figure::Metric).filter_map(change).collect(),
        transfer: ResourceKind::ALL
            .into_iter()
            .map(Figure::Bytes)
            .filter_map(change)
            .filter(|change| change.before != change.after)
            .collect(),
        newly_failing: marks(&failing_now, &|key| !failing_before.contains_key(key)),
        newly_passing: marks(&failing_before, &|key| !failing_now.contains_key(key) && passing_now.contains(&key.1)),
        notes: noise.notes(before, after),
    })
}

impl Changes {
    /// The scores and metrics that are worse by more than noise.
    pub fn regressions(&self) -> impl Iterator<Item = &Change> {
        self.scores.iter().chain(&self.metrics).filter(|change| change.verdict == Verdict::Worse)
    }

    /// The change of a score or a metric; `None`: one of the audits has not found it out.
    #[must_use]
    pub fn of(&self, figure: Figure) -> Option<&Change> {
        self.scores.iter().chain(&self.metrics).find(|change| change.figure == figure)
    }

    /// Whether the page became worse by more than noise.
    #[must_use]
    pub fn is_regression(&self) -> bool {
        self.regressions().next().is_some()
    }
}

impl Change {
    /// By how much it changed, in the figure's unit; positive when there is more.
    #[must_use]
    pub fn difference(&self) -> f64 {
        self.after - self.before
    }
}

/// Such as `Largest Contentful Paint 2.5 s → 3.6 s`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.figure.unit();
        let (before, after) = (unit.text_unlike(self.before, self.after), unit.text_unlike(self.after, self.before));
        write!(f, "{} {before} → {after}", self.figure.title())
    }
}

/// An audit may be in two categories.
type Key = (Category, String);

/// What fails, with what is wrong.
fn failing(summary: &Summary) -> BTreeMap<Key, String> {
    let failed = summary.failed.iter().map(|failed| (failed.category, &failed.id, &failed.title));
    let slow = summary.opportunities.iter().map(|slow| (Category::Performance, &slow.id, &slow.title));
    let checks = summary.pwa.iter().filter(|check| !check.passed).map(|check| (Category::Pwa, &check.id, &check.title));
    failed.chain(slow).chain(checks).map(|(category, id, title)| ((category, id.clone()), title.clone())).collect()
}

fn passing(summary: &Summary) -> BTreeSet<String> {
    let checks = summary.pwa.iter().filter(|check| check.passed).map(|check| &check.id);
    summary.passed.iter().chain(checks).cloned().collect()
}
