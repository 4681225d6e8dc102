//! The card of a security check: how far it is, and then its grade and what to mend.

use monitor_core::Timestamp;
use monitor_core::http::shorten;
use monitor_core::security::{Depth, Finding, Risk};
use services::view::{SecurityDigest, SecurityRow, TaskState};

use super::audit::plain;
use super::task::{self, Deed, Standing};
use crate::present;
use crate::reply::{Action, Block, Field, Reply};

/// What the tokens of buttons say before the number of the check.
const CHECK: &str = "security-";

/// What a button says for the person who presses it; the first is what most will press.
const DEEDS: [Deed; 3] = [
    ("show", "All findings", "show-security-check {id}"),
    ("again", "Check again", "check-security again {id}"),
    ("cancel", "Cancel", "cancel-security-check {id}"),
];

/// Longest text of a finding on a card, in characters. Cards stay within what every platform shows.
const TEXT: usize = 160;

/// The card of a security check as it is now.
#[must_use]
pub fn security(row: &SecurityRow, now: Timestamp) -> Reply {
    let mut blocks = head(row, now);
    if let Some(digest) = &row.digest {
        blocks.extend(findings(&digest.findings, TEXT));
        let all: u64 = digest.risks.iter().map(|(_, many)| many).sum();
        let more = all.saturating_sub(digest.findings.len() as u64);
        if more > 0 {
            let text = format!("{more} more: `show-security-check {}` shows all.", row.id);
            blocks.push(Block::text(text));
        }
        if !digest.not_looked.is_empty() {
            let reasons: Vec<&str> = digest.not_looked.iter().map(|why| why.trim_end_matches('.')).collect();
            blocks.push(Block::text(plain(&format!("Not everything was looked at: {}.", reasons.join("; ")))));
        }
    }
    let mut reply = Reply::of(blocks);
    reply.actions = buttons(row);
    reply
}

/// What somebody says who presses the button of that token; `None`: it is no button of a security check's card.
pub(crate) fn said(token: &str) -> Option<String> {
    task::said(token, CHECK, &DEEDS)
}

fn buttons(row: &SecurityRow) -> Vec<Action> {
    let offered = |deed: &str| match deed {
        "show" => row.state == TaskState::Done,
        "again" => !row.state.is_open(),
        _ => row.state.is_open() && !row.cancelling,
    };
    task::buttons(CHECK, row.id.0, &DEEDS, offered)
}

/// How far it is, its grade, and what changed.
pub(crate) fn head(row: &SecurityRow, now: Timestamp) -> Vec<Block> {
    let mut blocks = vec![Block::text(headline(row, now))];
    let Some(digest) = &row.digest else { return blocks };
    blocks.push(Block::fields("Result", result(row, digest)));
    blocks.push(Block::text(plain(&format!("How the points come about: {}.", digest.formula))));
    blocks.extend(digest.notes.iter().map(Block::text));
    if let Some(changes) = &digest.changes {
        let since = format!("since security check {}", changes.since);
        if changes.new.is_empty() && changes.mended.is_empty() {
            blocks.push(Block::text(format!("Nothing new and nothing mended {since}.")));
        }
        for (what, titles) in [("New", &changes.new), ("Mended", &changes.mended)] {
            if !titles.is_empty() {
                blocks.push(Block::text(plain(&format!("{what} {since}: {}.", titles.join("; ")))));
            }
        }
    }
    blocks
}

/// What is checked, and how far that is.
pub(crate) fn headline(row: &SecurityRow, now: Timestamp) -> String {
    let deep = if row.deep { " (deep)" } else { "" };
    let standing = Standing {
        state: row.state,
        cancelling: row.cancelling,
        waits: "waits for its turn.".to_owned(),
        doing: if row.doing.1.is_empty() { "Starting".to_owned() } else { row.doing.1.clone() },
        since: row.started_at.unwrap_or(row.asked_at),
        until: row.ended_at.unwrap_or(now),
        error: row.error.as_ref(),
    };
    plain(&format!("Security check {} of {}{deep} {}", row.id, row.url, standing.words()))
}

fn result(row: &SecurityRow, digest: &SecurityDigest) -> Vec<Field> {
    let points = present::plural(digest.points.into(), "point");
    let before = digest.changes.as_ref().filter(|changes| changes.grade != digest.grade);
    let before = before.map(|changes| format!("; it was {}", changes.grade)).unwrap_or_default();
    let mut fields = vec![
        Field::new("Grade", format!("{}, {points}{before}", digest.grade)),
        Field::new("Findings", risks(&digest.risks)),
    ];
    let looked = match row.depth {
        None => return fields,
        Some(Depth::Passive) => {
            format!("what a browser sees that visits the page; `verify-host {}` lets me look at more", row.host)
        }
        Some(Depth::Active) => "what a browser sees, old protocols, and what should not be open".to_owned(),
        Some(Depth::Deep) => "what a browser sees, old protocols, what should not be open, and by OWASP ZAP".to_owned(),
    };
    fields.push(Field::new("Looked at", looked));
    fields
}

/// How many findings there are of each risk: `1 high, 2 low`.
pub(crate) fn risks(risks: &[(Risk, u64)]) -> String {
    if risks.is_empty() {
        return "none".to_owned();
    }
    risks.iter().map(|(risk, many)| format!("{many} {}", word(*risk))).collect::<Vec<_>>().join(", ")
}

/// A risk in a word.
fn word(risk: Risk) -> &'static str {
    match risk {
        Risk::High => "high",
        Risk::Medium => "medium",
        Risk::Low => "low",
        Risk::Info => "info",
    }
}

/// Findings by their risk, which they are in the order of; each text at most so long.
pub(crate) fn findings(findings: &[Finding], longest: usize) -> Vec<Block> {
    let group = |group: &[Finding]| {
        let risk = group.first().map_or(Risk::Info, |finding| finding.risk);
        let texts: Vec<String> = group.iter().map(|finding| finding_text(finding, longest)).collect();
        let title = match risk {
            Risk::High => "High risk",
            Risk::Medium => "Medium risk",
            Risk::Low => "Low risk",
            Risk::Info => "Good to know",
        };
        Block::text(format!("{title}:\n{}", texts.join("\n")))
    };
    findings.chunk_by(|one, next| one.risk == next.risk).map(group).collect()
}

fn finding_text(finding: &Finding, longest: usize) -> String {
    let Finding { id, title, evidence, why, mend, reference, .. } = finding;
    let lines = [("Seen", evidence), ("Why", why), ("Mend", mend), ("See", reference)];
    let lines = lines.into_iter().filter(|(_, text)| !text.is_empty());
    let lines = lines.map(|(what, text)| format!("\n   {what}: {}", shorten(text, longest)));
    // Backticks mark what can be typed, which headers and policies are not; these have single quotes in them.
    format!("• {} ({id}){}", shorten(title, longest), lines.collect::<String>()).replace('`', "\"")
}
