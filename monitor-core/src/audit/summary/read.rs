//! Reads Lighthouse's results. Source of their shape: `types/lhr/` of Lighthouse 13.5.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::json::{MAX_ENTRIES, at, line, list, number};
use super::plain::plain;
use super::{Failed, Measured, Metric, Opportunity, Run, Summary, Transfer, failed, opportunity, pictures};
use crate::audit::figure::{MetricId, ResourceKind, whole};
use crate::audit::spec::AuditSpec;
use crate::audit::{Category, pwa};

/// Most warnings that are kept of Lighthouse.
const MAX_WARNINGS: usize = 10;

/// Up to where a machine counts as slow. Source: `core/gather/driver/environment.js` of Lighthouse, which says so on its own
/// command line only.
const SLOW_MACHINE: f64 = 1_000.0;

/// What the browser brought home.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'a> {
    /// What was asked for.
    pub spec: &'a AuditSpec,
    /// Lighthouse's result of every run, the median first.
    pub lhrs: &'a [Value],
    /// What Chromium says of the page as an app; `None`: it was not found out.
    pub observed: Option<&'a pwa::Observed>,
    /// Chromium's version.
    pub chromium: &'a str,
    /// How long it all took.
    pub took: Duration,
}

/// Why there is no summary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The page could not be audited, which is the page's fault.
    #[error("{message} ({code})")]
    Page {
        /// Lighthouse's code, such as `NOT_HTML`.
        code: String,
        /// What it means.
        message: String,
    },
    /// There is no result of any run.
    #[error("Lighthouse gave no result")]
    Nothing,
    /// What is there is no result of Lighthouse.
    #[error("what Lighthouse gave has no {0}")]
    Shape(&'static str),
}

/// Makes the summary of an audit, from the median of the runs that could be scored.
///
/// The pictures and texts in it are bounded, but come from the page: escape them wherever they are shown.
///
/// # Errors
/// [`ReadError::Page`] when no run could be scored; the others when the JSON is not Lighthouse's.
pub fn read(taken: &Taken<'_>) -> Result<Summary, ReadError> {
    let scored = |lhr: &&Value| lhr["runtimeError"].is_null();
    let lhrs: Vec<&Value> = taken.lhrs.iter().filter(scored).take(MAX_ENTRIES).collect();
    let Some(median) = lhrs.first().copied() else {
        return Err(taken.lhrs.first().map_or(ReadError::Nothing, page_error));
    };
    for name in ["audits", "categories"] {
        if !median[name].is_object() {
            return Err(ReadError::Shape(name));
        }
    }
    let judged = judged(median);
    let pwa = taken.observed.map(pwa::checks).unwrap_or_default();
    let mut scores = scores(median);
    if let Some(score) = pwa::score(&pwa) {
        scores.insert(Category::Pwa, score);
    }
    Ok(Summary {
        requested_url: non_empty(line(&median["requestedUrl"], MAX_URL), taken.spec.url.as_str()),
        final_url: non_empty(line(&median["mainDocumentUrl"], MAX_URL), taken.spec.url.as_str()),
        warnings: warnings(taken, &lhrs, &scores),
        scores,
        metrics: metrics(median, taken.spec),
        transfer: transfer(median),
        opportunities: judged.opportunities,
        failed: judged.failed,
        passed: judged.passed,
        pwa,
        filmstrip: pictures::filmstrip(median),
        screenshot: pictures::screenshot(median),
        runs: lhrs.iter().map(|lhr| run(lhr)).collect(),
        measured: Measured {
            lighthouse: line(&median["lighthouseVersion"], 40),
            chromium: taken.chromium.to_owned(),
            device: taken.spec.device,
            throttling: taken.spec.throttling,
            locale: taken.spec.locale.clone(),
            runs: taken.spec.runs,
            took_ms: u64::try_from(taken.took.as_millis()).unwrap_or(u64::MAX),
        },
    })
}

/// Longest address that is kept, in characters.
const MAX_URL: usize = 2_048;

fn non_empty(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}

fn page_error(lhr: &Value) -> ReadError {
    let error = &lhr["runtimeError"];
    ReadError::Page {
        code: non_empty(line(&error["code"], 60), "UNKNOWN_ERROR"),
        message: non_empty(plain(&error["message"], 400), "the page could not be audited"),
    }
}

fn run(lhr: &Value) -> Run {
    let metrics = MetricId::ALL.into_iter().filter_map(|id| Some((id.id().to_owned(), metric(lhr, id)?))).collect();
    let benchmark_index = number(at(lhr, &["environment", "benchmarkIndex"])).unwrap_or_default();
    Run { scores: scores(lhr), metrics, benchmark_index }
}

fn scores(lhr: &Value) -> BTreeMap<Category, u8> {
    let score = |category: Category| {
        let score = number(&lhr["categories"][category.id()]["score"]).filter(|score| *score <= 1.0)?;
        Some((category, u8::try_from(whole(score * 100.0)).ok()?))
    };
    let of_lighthouse = Category::ALL.into_iter().filter(|category| *category != Category::Pwa);
    of_lighthouse.filter_map(score).collect()
}

fn metrics(lhr: &Value, spec: &AuditSpec) -> Vec<Metric> {
    let read = |id: MetricId| {
        let (value, thresholds) = (metric(lhr, id)?, id.thresholds(spec.device));
        Some(Metric { id: id.id().to_owned(), title: id.title().to_owned(), value, thresholds })
    };
    MetricId::ALL.into_iter().filter_map(read).collect()
}

fn metric(lhr: &Value, id: MetricId) -> Option<f64> {
    let audit = match id {
        MetricId::Fcp => "first-contentful-paint",
        MetricId::Lcp => "largest-contentful-paint",
        MetricId::Tbt => "total-blocking-time",
        MetricId::Cls => "cumulative-layout-shift",
        MetricId::Si => "speed-index",
        // Not shown by Lighthouse itself, but measured like the others.
        MetricId::Ttfb => return number(&lhr["audits"]["metrics"]["details"]["items"][0]["timeToFirstByte"]),
    };
    number(&lhr["audits"][audit]["numericValue"])
}

fn transfer(lhr: &Value) -> Vec<Transfer> {
    let rows = || list(&lhr["audits"]["resource-summary"]["details"]["items"]);
    let part = |kind: ResourceKind| {
        let row = rows().find(|row| row["resourceType"] == kind.id())?;
        let (requests, bytes) = (whole(number(&row["requestCount"])?), whole(number(&row["transferSize"])?));
        Some(Transfer { kind: kind.id().to_owned(), requests, bytes })
    };
    ResourceKind::ALL.into_iter().filter_map(part).collect()
}

#[derive(Default)]
struct Judged {
    opportunities: Vec<Opportunity>,
    failed: Vec<Failed>,
    passed: Vec<String>,
}

/// Sorts the audits of all categories into what passed and what failed.
fn judged(lhr: &Value) -> Judged {
    let mut judged = Judged::default();
    for category in Category::ALL {
        let mut failures: Vec<(f64, Failed)> = Vec::new();
        for reference in list(&lhr["categories"][category.id()]["auditRefs"]) {
            let id = line(&reference["id"], 100);
            let audit = &lhr["audits"][&id];
            // Metrics are shown as such, and what is hidden is no advice.
            let shown = !matches!(reference["group"].as_str(), Some("metrics" | "hidden"));
            let Some(score) = score(audit).filter(|_| shown) else { continue };
            if score >= PASSED {
                judged.passed.push(id);
                continue;
            }
            let opportunity = (category == Category::Performance).then(|| opportunity::read(&id, audit)).flatten();
            match opportunity {
                Some(opportunity) => judged.opportunities.push(opportunity),
                None => {
                    let weight = number(&reference["weight"]).unwrap_or_default();
                    failures.push((score, failed::read(category, &id, weight, audit)));
                }
            }
        }
        failures.sort_by(|(a_score, a), (b_score, b)| {
            let worst = b.weight.total_cmp(&a.weight).then(a_score.total_cmp(b_score));
            worst.then(b.element_count.cmp(&a.element_count)).then_with(|| a.id.cmp(&b.id))
        });
        judged.failed.extend(failures.into_iter().map(|(_, failed)| failed).take(failed::MAX_FAILED));
    }
    opportunity::sort(&mut judged.opportunities);
    judged.opportunities.truncate(opportunity::MAX_OPPORTUNITIES);
    judged.passed.sort_unstable();
    judged.passed.dedup();
    judged
}

/// Least score of what passed. Source: `showAsPassed` in `report/renderer/report-utils.js`.
const PASSED: f64 = 0.9;

/// The score of an audit that passes or fails; others inform, do not apply or broke.
fn score(audit: &Value) -> Option<f64> {
    let judges = matches!(audit["scoreDisplayMode"].as_str(), Some("binary" | "numeric" | "metricSavings"));
    if judges { number(&audit["score"]) } else { None }
}

/// What makes the figures doubtful.
fn warnings(taken: &Taken<'_>, lhrs: &[&Value], scores: &BTreeMap<Category, u8>) -> Vec<String> {
    let median = lhrs.first().copied().unwrap_or(&Value::Null);
    let mut warnings: Vec<String> = list(&median["runWarnings"]).map(|warning| plain(warning, 400)).collect();
    warnings.retain(|warning| !warning.is_empty());
    warnings.truncate(MAX_WARNINGS);
    let (asked, scored) = (usize::from(taken.spec.runs), lhrs.len());
    if scored < asked {
        warnings.push(format!("Only {scored} of {asked} runs could be scored."));
    }
    let index = number(at(median, &["environment", "benchmarkIndex"]));
    if let Some(index) = index.filter(|index| *index <= SLOW_MACHINE) {
        warnings.push(format!(
            "The machine that ran the audit was slow: its benchmark index is {index:.0}, and fair figures take more than \
             {SLOW_MACHINE:.0}. The page may be faster than it looks here."
        ));
    }
    for category in Category::ALL.into_iter().filter(|category| !scores.contains_key(category)) {
        warnings.push(match category {
            Category::Pwa => "What the page is as an app could not be found out.".to_owned(),
            _ => format!("Lighthouse could not score {}.", category.title()),
        });
    }
    warnings
}
