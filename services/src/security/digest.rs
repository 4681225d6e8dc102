//! A review in short, as lists and cards show it.

use monitor_core::security::{Finding, Review, Risk};
use storage::{ChangesInShort, SecurityCheckId, SecurityDigest};

/// Findings that a card shows.
const SHOWN: usize = 10;

/// Changes that a card names of each sort.
const NAMED: usize = 10;

/// What could not be looked at that a card names.
const REASONS: usize = 5;

/// From the worst to the least.
const RISKS: [Risk; 4] = [Risk::High, Risk::Medium, Risk::Low, Risk::Info];

/// What a review found in short, and what changed since an earlier one of the same page.
pub(super) fn digest(
    review: &Review,
    before: Option<&(SecurityCheckId, Review)>,
    notes: Vec<String>,
) -> SecurityDigest {
    let mut not_looked: Vec<String> = review.not_looked.iter().map(|blind| blind.reason.clone()).collect();
    if let Some(more) = not_looked.len().checked_sub(REASONS).filter(|more| *more > 0) {
        not_looked.truncate(REASONS);
        not_looked.push(format!("and more, for {more} other reason{}", if more == 1 { "" } else { "s" }));
    }
    let many = |risk: Risk| review.findings.iter().filter(|finding| finding.risk == risk).count() as u64;
    let risks = RISKS.into_iter().map(|risk| (risk, many(risk))).filter(|(_, many)| *many > 0).collect();
    SecurityDigest {
        grade: review.grade,
        points: review.points,
        formula: review.formula.clone(),
        risks,
        findings: review.findings.iter().take(SHOWN).cloned().collect(),
        not_looked,
        notes,
        changes: before.map(|(since, before)| {
            let changes = review.changes_since(before);
            ChangesInShort {
                since: *since,
                grade: changes.grade_before,
                new: titles(&changes.new),
                mended: titles(&changes.mended),
            }
        }),
    }
}

fn titles(findings: &[Finding]) -> Vec<String> {
    findings.iter().take(NAMED).map(|finding| finding.title.clone()).collect()
}
