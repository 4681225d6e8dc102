//! What a security check found as a table of comma-separated values.

use monitor_core::security::{Finding, Review, Risk};

use crate::report::tables::table;

/// The findings of a review, the worst first, and what was not looked at.
#[must_use]
pub fn findings(review: &Review) -> String {
    let row = |finding: &Finding| {
        let Finding { id, risk, title, evidence, why, mend, reference } = finding;
        [word(*risk), id, title, evidence, why, mend, reference].map(str::to_owned).to_vec()
    };
    // What was not looked at is told too, or it would be taken for well.
    let blind =
        review.not_looked.iter().flat_map(|blind| blind.ids.iter().map(move |id| (id.as_str(), blind.reason.as_str())));
    let blind = blind.map(|(id, reason)| ["not looked at", id, "", reason, "", "", ""].map(str::to_owned).to_vec());
    let head = ["risk", "id", "title", "evidence", "why", "mend", "reference"];
    table(&head, review.findings.iter().map(row).chain(blind).collect())
}

fn word(risk: Risk) -> &'static str {
    match risk {
        Risk::High => "high",
        Risk::Medium => "medium",
        Risk::Low => "low",
        Risk::Info => "info",
    }
}
