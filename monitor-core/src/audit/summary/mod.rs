//! What an audit found, without Lighthouse's own 600 kB.

mod failed;
pub(super) mod json;
mod opportunity;
mod pictures;
mod plain;
mod read;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::spec::{Device, Throttling};
use super::{Category, pwa};

pub use read::{ReadError, Taken, read};

/// What an audit found: of the median run, but for [`Summary::runs`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The page that was asked for.
    pub requested_url: String,
    /// Where redirects ended.
    pub final_url: String,
    /// 0 to 100 per category; a category that could not be scored is not there.
    pub scores: BTreeMap<Category, u8>,
    /// The core metrics, in the order in which they are shown.
    pub metrics: Vec<Metric>,
    /// What was transferred, by type.
    pub transfer: Vec<Transfer>,
    /// What would save most, the most first.
    pub opportunities: Vec<Opportunity>,
    /// What failed, per category, the worst first; what is among the opportunities is not repeated here.
    pub failed: Vec<Failed>,
    /// The ids of what passed.
    pub passed: Vec<String>,
    /// The checks of the Progressive Web App.
    pub pwa: Vec<pwa::Check>,
    /// How the page looked while it loaded.
    pub filmstrip: Vec<Frame>,
    /// The page when it was loaded, as JPEG in standard base64.
    pub screenshot: Option<String>,
    /// Every run that could be scored.
    pub runs: Vec<Run>,
    /// What makes the figures doubtful, in words.
    pub warnings: Vec<String>,
    /// How it was measured.
    pub measured: Measured,
}

/// A core metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Its short name as in budgets: `fcp`, `lcp`, `tbt`, `cls`, `si`, `ttfb` ([`MetricId`](super::figure::MetricId)).
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// The value: milliseconds, but without a unit for `cls`.
    pub value: f64,
    /// Up to where it is good, and from where on it is poor, for the device.
    pub thresholds: (f64, f64),
}

/// What was transferred of one type. `third-party` is what came from others, of all types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Lighthouse's resource type: `total`, `document`, `script`, `stylesheet`, `image`, `font`, `media`, `other`, `third-party`.
    pub kind: String,
    /// How many requests.
    pub requests: u64,
    /// How many bytes went over the network.
    pub bytes: u64,
}

/// Something that can be mended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opportunity {
    /// Lighthouse's id of the audit.
    pub id: String,
    /// What to do.
    pub title: String,
    /// Why, as text without markup.
    pub description: String,
    /// What it would save, in milliseconds, by metric's short name; empty when it is not known.
    pub savings_ms: BTreeMap<String, f64>,
    /// What it would save, in bytes.
    pub savings_bytes: Option<u64>,
}

/// An audit that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failed {
    /// The category.
    pub category: Category,
    /// Lighthouse's id.
    pub id: String,
    /// What is wrong.
    pub title: String,
    /// Why it matters, as text without markup.
    pub description: String,
    /// The weight within the category; 0: it does not count.
    pub weight: f64,
    /// Where, as far as elements of the page are named: at most five.
    pub elements: Vec<Element>,
    /// How many elements there are.
    pub element_count: usize,
}

/// An element of the page, or an address that it loads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Element {
    /// Its selector; empty where the fault is not in an element but in what [`snippet`](Self::snippet) names.
    pub selector: String,
    /// Its HTML, shortened, or the address (of a script with line and column).
    pub snippet: String,
    /// What is wrong with it, when that is said.
    pub explanation: Option<String>,
}

/// One picture of the filmstrip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Milliseconds since the page was asked for.
    pub at_ms: u64,
    /// JPEG in standard base64.
    pub jpeg: String,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Lighthouse's scores of it.
    pub scores: BTreeMap<Category, u8>,
    /// Its metrics by short name.
    pub metrics: BTreeMap<String, f64>,
    /// How fast the machine was: Lighthouse's benchmark index.
    pub benchmark_index: f64,
}

/// How an audit was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Lighthouse's version.
    pub lighthouse: String,
    /// Chromium's version.
    pub chromium: String,
    /// The device.
    pub device: Device,
    /// The throttling.
    pub throttling: Throttling,
    /// The locale.
    pub locale: String,
    /// How many runs were asked for.
    pub runs: u8,
    /// How long all took, in milliseconds.
    pub took_ms: u64,
}

impl Summary {
    /// The least and the most of a figure over all runs: of Lighthouse's scores and of metrics. `None`: no run has it.
    #[must_use]
    pub fn spread(&self, figure: Figure) -> Option<(f64, f64)> {
        let values = self.runs.iter().filter_map(|run| run.of(figure));
        values.fold(None, |spread, value| match spread {
            None => Some((value, value)),
            Some((least, most)) => Some((f64::min(least, value), f64::max(most, value))),
        })
    }
}

impl Run {
    /// What this run found.
    #[must_use]
    pub fn of(&self, figure: Figure) -> Option<f64> {
        match figure {
            Figure::Score(category) => self.scores.get(&category).copied().map(f64::from),
            Figure::Metric(metric) => self.metrics.get(metric.id()).copied(),
            Figure::Bytes(_) | Figure::Requests(_) => None,
        }
    }
}
