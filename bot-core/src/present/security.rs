//! What security checks found beside their findings, for those who look at all of it.

use monitor_core::security::{Changes, Finding, NotLooked, Review};

use crate::cards::audit::plain;
use crate::reply::Block;

/// Longest text of a finding, in characters.
pub(crate) const TEXT: usize = 600;

/// What may have changed, and nobody knows: what was looked at in one of two checks alone.
pub(crate) fn unsure(changes: Option<&Changes>) -> Vec<Block> {
    let Some(changes) = changes else { return Vec::new() };
    let told = |what: &str, findings: &[Finding]| {
        let titles: Vec<&str> = findings.iter().map(|finding| finding.title.as_str()).collect();
        (!titles.is_empty()).then(|| Block::text(plain(&format!("{what}: {}.", titles.join("; ")))))
    };
    let seen = told("Not looked at in the check before, so it may be older", &changes.newly_seen);
    seen.into_iter().chain(told("Found before, and not looked at now", &changes.not_seen_again)).collect()
}

/// What was looked at and is well, and what was not looked at.
pub(crate) fn rest(review: &Review) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !review.not_looked.is_empty() {
        let one = |blind: &NotLooked| {
            format!("\n• {}\n   Because: {}", blind.ids.join(", "), blind.reason.trim_end_matches('.'))
        };
        blocks.push(Block::text(plain(&format!(
            "Not looked at:{}",
            review.not_looked.iter().map(one).collect::<String>()
        ))));
    }
    if !review.passed.is_empty() {
        blocks.push(Block::text(plain(&format!("Looked at and well: {}.", review.passed.join(", ")))));
    }
    blocks
}
