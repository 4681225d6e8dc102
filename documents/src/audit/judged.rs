//! What to make of it: what changed, and which budgets were kept.

use maud::{Markup, html};
use monitor_core::audit::budget::{self, Budget};
use monitor_core::audit::changes::{Change, Mark, Verdict};
use monitor_core::audit::summary::Summary;

use super::AuditDocument;
use crate::figures::pill;
use crate::page::chapter;
use crate::text::{said, written};

/// Audits that newly fail or pass that are named.
const MARKS: usize = 40;

pub(super) fn changes(document: &AuditDocument<'_>) -> Markup {
    let Some(before) = &document.before else { return html! {} };
    let changes = before.changes;
    let language = &document.summary.measured.locale;
    let rows: Vec<&Change> = changes.scores.iter().chain(&changes.metrics).chain(&changes.transfer).collect();
    let lead = format!(
        "Compared with audit {} of {}. Better and worse are said only of what is beyond the noise of the runs.",
        before.id,
        before.at.to_minute()
    );
    let body = html! {
        @if rows.is_empty() { p { "The two audits have no figure in common." } }
        @else {
            table.changes {
                thead { tr { th scope="col" { "Figure" } th.number scope="col" { "Before" } th.number scope="col" { "Now" } th scope="col" { "Which is" } } }
                tbody { @for change in rows { (row(change)) } }
            }
        }
        (marks("Newly failing", &changes.newly_failing, language))
        (marks("Now passing", &changes.newly_passing, language))
        @for note in &changes.notes { p.note { (said(note)) } }
    };
    chapter("What changed", Some(&lead), &body)
}

fn row(change: &Change) -> Markup {
    let unit = change.figure.unit();
    let verdict = match change.verdict {
        Verdict::Better => pill("good", "better"),
        Verdict::Worse => pill("poor", "worse"),
        Verdict::Same => html! { "the same, within noise" },
        Verdict::Unjudged => {
            html! { @if change.difference() > 0.0 { "more" } @else if change.difference() < 0.0 { "less" } @else { "the same" } ", not judged" }
        }
    };
    html! {
        tr {
            th scope="row" { (change.figure.title()) }
            td.number { (unit.text_unlike(change.before, change.after)) }
            td.number { (unit.text_unlike(change.after, change.before)) }
            td { (verdict) }
        }
    }
}

fn marks(title: &str, marks: &[Mark], language: &str) -> Markup {
    html! {
        @if !marks.is_empty() {
            h3 { (title) " " span.count { (marks.len()) } }
            ul.also {
                @for mark in marks.iter().take(MARKS) {
                    li { (written(&mark.title, language, 200)) " (" (mark.category.title()) ")" }
                }
                @if marks.len() > MARKS { li { "and " (marks.len() - MARKS) " more" } }
            }
        }
    }
}

pub(super) fn budgets(document: &AuditDocument<'_>) -> Markup {
    if document.budgets.is_empty() {
        return html! {};
    }
    let body = html! {
        table.budgets {
            thead { tr { th scope="col" { "Figure" } th scope="col" { "Expected" } th scope="col" { "Seen" } th scope="col" { "Result" } } }
            tbody { @for budget in document.budgets { (budget_row(budget, document.summary)) } }
        }
    };
    chapter("Budgets", None, &body)
}

fn budget_row(budget: &Budget, summary: &Summary) -> Markup {
    let seen = budget.figure().of(summary).map(|value| budget.figure().unit().text_unlike(value, budget.limit()));
    let verdict = match budget.judge(summary) {
        budget::Verdict::Kept => pill("good", "kept"),
        budget::Verdict::Broken => pill("poor", "broken"),
        budget::Verdict::Unknown => pill("none", "not found out"),
    };
    html! {
        tr {
            th scope="row" { (budget.figure().title()) }
            td { (budget.expected()) }
            td { (seen.unwrap_or_else(|| "–".to_owned())) }
            td { (verdict) }
        }
    }
}
