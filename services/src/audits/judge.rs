//! What an audit's figures mean: budgets that are broken, and what got worse.

use std::collections::BTreeMap;

use monitor_core::audit::AuditId;
use monitor_core::audit::budget;
use monitor_core::audit::changes::{self, Change};
use monitor_core::audit::figure::{Figure, ResourceKind, Unit};
use monitor_core::audit::spec::AuditSpec;
use monitor_core::audit::summary::{Opportunity, ReadError, Summary, Taken, read as read_results};
use storage::Digest;

use super::news::Seen;
use super::{AuditError, Audited};

/// What the audits before one found, in short.
pub(super) type Past<'a> = BTreeMap<AuditId, &'a Digest>;

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

/// What an audit found, in short, and whether it is worse than the one that it is held against. `unjudged` is what was wrong and
/// could not be judged this time.
pub(super) fn digest(spec: &AuditSpec, summary: &Summary, against: Option<&Seen>, unjudged: &[String]) -> Digest {
    let unknown = spec.budgets.iter().filter(|budget| budget.judge(summary) == budget::Verdict::Unknown);
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
        unknown: unknown.map(ToString::to_string).collect(),
        unjudged: unjudged.to_vec(),
        warnings: summary.warnings.clone(),
    }
}

/// The audit before one that found out all scores that it did, if there is one: what the last audit could not find out is held
/// against the one that it was held against itself. What was wrong or could not be judged leads no further back, for by now a
/// person took it as it is.
pub(super) fn whole(past: &Past<'_>, last: AuditId, summary: &Summary) -> Option<AuditId> {
    let mut id = last;
    loop {
        let before = past.get(&id)?;
        if has_all(before, summary) {
            return Some(id);
        }
        if before.is_bad() || !before.unjudged.is_empty() {
            return None;
        }
        id = before.against.filter(|against| *against < id)?;
    }
}

/// The last audit that found out all scores that one did and left nothing unjudged, of those that are held against that baseline
/// while an incident lasts.
pub(super) fn judged(past: &Past<'_>, baseline: AuditId, summary: &Summary) -> Option<AuditId> {
    let is_wanted = |(id, found): &(&AuditId, &&Digest)| {
        // An incident that began with the first audit has that as its measure.
        let is_of_it = found.is_bad() && found.against.unwrap_or(**id) == baseline;
        is_of_it && found.unjudged.is_empty() && has_all(found, summary)
    };
    past.iter().rfind(is_wanted).map(|(id, _)| *id)
}

fn has_all(before: &Digest, summary: &Summary) -> bool {
    summary.scores.keys().all(|category| before.scores.contains_key(category))
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

    /// An audit that was held against that one, found these scores and found that worse.
    fn seen(against: i64, scores: &[Category], worse: &str) -> Digest {
        Digest {
            against: (against > 0).then_some(AuditId(against)),
            scores: scores.iter().map(|category| (*category, 90)).collect(),
            worse: worse.split_terminator(',').map(str::to_owned).collect(),
            ..Digest::default()
        }
    }

    const ALL: &[Category] = &[Category::Performance, Category::Pwa];
    const PART: &[Category] = &[Category::Performance];

    fn after(past: &[Digest], choose: impl Fn(&Past<'_>, &Summary) -> Option<AuditId>) -> Option<i64> {
        let lhrs: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../../monitor-core/src/audit/testdata/good.json")).unwrap();
        let spec = AuditSpec::of("https://shop.example").unwrap();
        let taken = Taken { spec: &spec, lhrs: &lhrs, observed: None, chromium: "156", took: Duration::ZERO };
        let mut summary = read_results(&taken).unwrap();
        summary.scores = seen(0, ALL, "").scores;
        let past: Past<'_> = (1..).map(AuditId).zip(past).collect();
        choose(&past, &summary).map(|id| id.0)
    }

    #[test]
    fn what_is_missing_is_held_against_what_the_audit_before_was_held_against() {
        let first = || seen(0, ALL, "");
        for (why, past, whole) in [
            ("the last one has all", vec![first(), seen(1, ALL, "lcp")], Some(2)),
            ("the last ones had not", vec![first(), seen(1, PART, ""), seen(2, PART, "")], Some(1)),
            ("a person took it as it is", vec![first(), seen(1, PART, "lcp")], None),
            ("and that is the measure since", vec![first(), seen(1, ALL, "lcp"), seen(2, PART, "")], Some(2)),
            ("it recovered, by what was before", vec![first(), seen(1, ALL, "lcp"), seen(1, PART, "")], Some(1)),
            ("nothing is before it", vec![seen(0, PART, "")], None),
        ] {
            let last = AuditId(i64::try_from(past.len()).unwrap());
            assert_eq!(after(&past, |past, summary| super::whole(past, last, summary)), whole, "{why}");
        }
        let unjudged = Digest { unjudged: vec!["SEO".to_owned()], ..seen(1, PART, "") };
        let past = [first(), seen(1, ALL, "seo"), unjudged];
        assert_eq!(after(&past, |past, summary| super::whole(past, AuditId(3), summary)), None);
    }

    #[test]
    fn what_was_judged_last_is_of_the_incident() {
        let judged = |past: &[Digest]| after(past, |past, summary| judged(past, AuditId(1), summary));
        let first = |worse| seen(0, ALL, worse);
        assert_eq!(judged(&[first(""), seen(1, PART, ""), seen(1, PART, "lcp"), seen(1, PART, "lcp")]), None);
        let unjudged = Digest { unjudged: vec!["SEO".to_owned()], ..seen(1, ALL, "lcp") };
        assert_eq!(judged(&[first(""), seen(1, ALL, "lcp"), unjudged]), Some(2));
        assert_eq!(judged(&[first("lcp"), seen(1, PART, "lcp")]), Some(1), "it began with the first one");
    }
}
