//! What an audit's figures mean: budgets that are broken, and what got worse.

use monitor_core::audit::budget;
use monitor_core::audit::changes::{self, Change};
use monitor_core::audit::figure::{Figure, ResourceKind, Unit};
use monitor_core::audit::spec::AuditSpec;
use monitor_core::audit::summary::{Opportunity, ReadError, Summary, Taken, read as read_results};
use storage::{AuditRow, Digest};

use super::{AuditError, Audited};

/// What to mend first that is told.
const MEND: usize = 3;

/// Hosts that a page was not let reach that are named.
const DENIED: usize = 5;

/// What was measured, as it is kept.
///
/// # Errors
/// [`AuditError::Page`] when no run could be scored, [`AuditError::Broken`] when what was measured cannot be read.
pub(super) fn read(spec: &AuditSpec, audited: &Audited) -> Result<Summary, AuditError> {
    let Audited { lhrs, pwa, chromium, took, .. } = audited;
    let taken = Taken { spec, lhrs, observed: pwa.as_ref(), chromium, took: *took };
    let mut summary = read_results(&taken).map_err(|error| match error {
        ReadError::Page { code, message } => AuditError::Page { code, message },
        other => AuditError::Broken(other.to_string()),
    })?;
    let more = audited.denied.len().saturating_sub(DENIED);
    summary.warnings.extend(audited.denied.iter().take(DENIED).cloned());
    if more > 0 {
        summary.warnings.push(format!("{more} more requests were refused by the address policy"));
    }
    Ok(summary)
}

/// What an audit found, in short, and whether it is worse than the one that it is held against.
pub(super) fn digest(spec: &AuditSpec, summary: &Summary, against: Option<&(AuditRow, Summary)>) -> Digest {
    let bytes = Figure::Bytes(ResourceKind::Total).of(summary);
    Digest {
        scores: summary.scores.clone(),
        metrics: summary.metrics.clone(),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size, which saturates")]
        bytes: bytes.map(|bytes| bytes as u64),
        mend: summary.opportunities.iter().take(MEND).map(|mend| (mend.title.clone(), savings(mend))).collect(),
        breaches: budget::breaches(&spec.budgets, summary).iter().map(ToString::to_string).collect(),
        worse: worse(against.map(|(_, found)| found), summary).iter().map(ToString::to_string).collect(),
        against: against.map(|(row, _)| row.id),
        warnings: summary.warnings.clone(),
    }
}

/// What is wrong, in words, and was not by the last audit before it, held against the same.
pub(super) fn news(
    spec: &AuditSpec,
    summary: &Summary,
    last: Option<&(AuditRow, Summary)>,
    against: Option<&(AuditRow, Summary)>,
) -> Vec<String> {
    let against = against.map(|(_, found)| found);
    let known = last.map(|(_, last)| faults(spec, last, against)).unwrap_or_default();
    let is_known = |fault: &String| known.iter().any(|(known, _)| known == fault);
    let all = faults(spec, summary, against).into_iter();
    all.filter(|(fault, _)| !is_known(fault)).map(|(_, words)| words).collect()
}

/// Each budget that is broken and each figure that got worse, and how bad it is in words.
fn faults(spec: &AuditSpec, summary: &Summary, against: Option<&Summary>) -> Vec<(String, String)> {
    let broken = budget::breaches(&spec.budgets, summary).into_iter();
    let broken = broken.map(|breach| (breach.budget.to_string(), breach.to_string()));
    let worse = worse(against, summary).into_iter().map(|change| (change.figure.title(), change.to_string()));
    broken.chain(worse).collect()
}

/// What is worse than before by more than noise. Audits that cannot be compared say nothing.
fn worse(before: Option<&Summary>, after: &Summary) -> Vec<Change> {
    let Some(Ok(changes)) = before.map(|before| changes::between(before, after)) else { return Vec::new() };
    changes.regressions().copied().collect()
}

/// What mending something would save: `1.2 s of LCP, 340 kB`; empty when that is not known.
fn savings(mend: &Opportunity) -> String {
    let longest = mend.savings_ms.iter().filter(|(_, ms)| **ms >= 1.0).max_by(|(_, a), (_, b)| a.total_cmp(b));
    let time = longest.map(|(metric, ms)| {
        let unit = if metric == "cls" { Unit::Shift } else { Unit::Time };
        format!("{} of {}", unit.text(*ms), metric.to_uppercase())
    });
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let bytes = mend.savings_bytes.filter(|bytes| *bytes >= 1_000).map(|bytes| Unit::Bytes.text(bytes as f64));
    time.into_iter().chain(bytes).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use monitor_core::audit::Category;

    use super::*;

    #[test]
    fn a_page_that_could_not_be_looked_at_as_an_app_has_no_score_for_that() {
        let lhrs = include_str!("../../../monitor-core/src/audit/testdata/good.json");
        let audited = Audited {
            lhrs: serde_json::from_str(lhrs).unwrap(),
            pwa: None,
            screenshot: None,
            denied: Vec::new(),
            chromium: "156.0.8078.79".to_owned(),
            took: Duration::from_secs(28),
        };
        let summary = read(&AuditSpec::of("https://shop.example").unwrap(), &audited).unwrap();
        assert!(!summary.scores.contains_key(&Category::Pwa) && summary.pwa.is_empty());
        let said = "What the page is as an app could not be found out.";
        assert!(summary.warnings.iter().any(|warning| warning == said), "{:?}", summary.warnings);
    }
}
