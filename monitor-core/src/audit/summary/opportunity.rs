//! What would save most.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Opportunity;
use super::failed::MAX_DESCRIPTION;
use super::json::{at, number};
use super::plain::{plain, title};
use crate::audit::figure::{MetricId, whole};

/// Most opportunities that are kept.
pub(super) const MAX_OPPORTUNITIES: usize = 20;

/// The metrics that Lighthouse estimates in milliseconds. INP, which only people's clicks can measure, stands beside TBT.
const ESTIMATED: [(&str, &str); 6] =
    [("FCP", "fcp"), ("LCP", "lcp"), ("TBT", "tbt"), ("SI", "si"), ("TTFB", "ttfb"), ("INP", "inp")];

/// Reads a failed audit as an opportunity; `None`: it would save neither time nor bytes.
pub(super) fn read(id: &str, audit: &Value) -> Option<Opportunity> {
    let saved = |name: &str| number(&audit["metricSavings"][name]).filter(|ms| *ms > 0.0);
    let savings_ms: BTreeMap<String, f64> =
        ESTIMATED.iter().filter_map(|(name, short)| Some(((*short).to_owned(), saved(name)?))).collect();
    let bytes = [&["details", "overallSavingsBytes"][..], &["details", "debugData", "wastedBytes"]];
    let savings_bytes = bytes.iter().find_map(|path| number(at(audit, path))).map(whole).filter(|bytes| *bytes > 0);
    (!savings_ms.is_empty() || savings_bytes.is_some()).then(|| Opportunity {
        id: id.to_owned(),
        title: title(&audit["title"]),
        description: plain(&audit["description"], MAX_DESCRIPTION),
        savings_ms,
        savings_bytes,
    })
}

/// Sorts by the time saved, each metric counted as the performance score counts it, then by bytes.
pub(super) fn sort(opportunities: &mut [Opportunity]) {
    let rank = |opportunity: &Opportunity| {
        let weight = |short: &str| match MetricId::ALL.into_iter().find(|metric| metric.id() == short) {
            Some(metric) => f64::from(metric.weight()),
            None => f64::from(MetricId::Tbt.weight()),
        };
        opportunity.savings_ms.iter().map(|(short, ms)| ms * weight(short)).sum::<f64>()
    };
    opportunities.sort_by(|a, b| {
        let bytes = b.savings_bytes.cmp(&a.savings_bytes);
        rank(b).total_cmp(&rank(a)).then(bytes).then_with(|| a.id.cmp(&b.id))
    });
}
