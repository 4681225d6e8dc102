//! The first page: which page, how good, and how it looks.

use maud::{Markup, html};
use monitor_core::audit::budget::Verdict;
use monitor_core::audit::figure::{Figure, MetricId, ResourceKind, Unit};
use monitor_core::audit::spec::Device;
use monitor_core::audit::summary::{Metric, Summary};
use monitor_core::audit::{Category, Rating};

use super::AuditDocument;
use crate::figures::{gauge, pill, sparkline, thresholds, tone};
use crate::picture::jpeg;
use crate::text::{Clean, code, plural, said};

/// Longest address on the cover, in characters; the last chapter has it in full.
const LONGEST_ADDRESS: usize = 180;

/// Audits of the past that the trend shows.
const MOST_PAST: usize = 24;

pub(super) fn cover(document: &AuditDocument<'_>) -> Markup {
    let summary = document.summary;
    html! {
        section.cover {
            h1 { (said(host(&summary.requested_url))) }
            p.address { (code(&summary.requested_url, LONGEST_ADDRESS)) }
            (facts(document))
            p.verdict { (verdict(document)) }
            ul.gauges {
                @for category in Category::ALL { (gauge(category.title(), summary.scores.get(&category).copied())) }
            }
            div.halves {
                div.metrics {
                    h2 { "Core metrics" }
                    (metrics(summary))
                }
                (screenshot(summary))
            }
            (trend(document))
        }
    }
}

/// What a page is called in large letters.
fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let end = host.char_indices().nth(80).map_or(host.len(), |(at, _)| at);
    if host.is_empty() { "A page" } else { &host[..end] }
}

fn facts(document: &AuditDocument<'_>) -> Markup {
    let measured = &document.summary.measured;
    let device = match measured.device {
        Device::Mobile => "Phone, 412 × 823 pixels",
        Device::Desktop => "Desktop, 1350 × 940 pixels",
    };
    let runs = match (measured.runs, document.summary.runs.len()) {
        (1, _) => "1".to_owned(),
        (asked, scored) if usize::from(asked) == scored => format!("{asked}, the median counts"),
        (asked, scored) => format!("{scored} of {asked} could be scored, their median counts"),
    };
    html! {
        dl.facts {
            div { dt { "Audited" } dd { (document.at.to_minute()) } }
            div { dt { "As" } dd { (device) } }
            div { dt { "Runs" } dd { (runs) } }
            div { dt { "With" } dd { "Lighthouse " (Clean(&measured.lighthouse)) ", Chromium " (Clean(major(&measured.chromium))) } }
            @if let Some(by) = document.by { div { dt { "Asked by" } dd { (said(by)) } } }
            @if let Some(schedule) = document.schedule { div { dt { "Schedule" } dd { (said(schedule)) } } }
        }
    }
}

/// `156` of `156.0.8078.79`, which the last chapter has in full.
fn major(version: &str) -> &str {
    version.split_once('.').map_or(version, |(major, _)| major)
}

/// All of it in a sentence or two.
fn verdict(document: &AuditDocument<'_>) -> String {
    let summary = document.summary;
    let named = |rating: Rating| -> Vec<&str> {
        let rated = summary.scores.iter().filter(|(_, score)| Rating::of_score(**score) == rating);
        rated.map(|(category, _)| category.title()).collect()
    };
    let (poor, fair) = (named(Rating::Poor), named(Rating::NeedsWork));
    let mut sentences = vec![match (poor.as_slice(), fair.as_slice()) {
        _ if summary.scores.is_empty() => "Nothing could be scored.".to_owned(),
        ([], []) if summary.scores.len() < Category::ALL.len() => "What could be scored is good.".to_owned(),
        ([], []) => "All scores are good.".to_owned(),
        ([], fair) => format!("{} {} work; nothing is poor.", listed(fair), verb(fair, "needs", "need")),
        (poor, []) => format!("{} {} poor; the rest is good.", listed(poor), verb(poor, "is", "are")),
        (poor, fair) => format!(
            "{} {} poor; {} {} work.",
            listed(poor),
            verb(poor, "is", "are"),
            listed(fair),
            verb(fair, "needs", "need")
        ),
    }];
    let unscored = Category::ALL.len().saturating_sub(summary.scores.len());
    if unscored > 0 && !summary.scores.is_empty() {
        let what = if unscored == 1 { "category" } else { "categories" };
        sentences.push(format!("{unscored} {what} could not be scored."));
    }
    sentences.extend(budgets(document));
    if let Some(before) = &document.before {
        let since = format!("since audit {} of {}", before.id, before.at.to_minute());
        sentences.push(match before.changes.regressions().count() {
            0 => format!("Nothing got worse {since} by more than chance."),
            worse => format!("{} got worse {since}.", plural(worse, "figure")),
        });
    }
    if !summary.warnings.is_empty() {
        let how_many = plural(summary.warnings.len(), "warning");
        sentences.push(format!("{how_many} on how it was measured: see the last chapter."));
    }
    sentences.join(" ")
}

/// How many budgets were kept, and of how many nobody can say.
fn budgets(document: &AuditDocument<'_>) -> Vec<String> {
    let all = document.budgets.len();
    let count =
        |verdict: Verdict| document.budgets.iter().filter(|budget| budget.judge(document.summary) == verdict).count();
    let (kept, unknown) = (count(Verdict::Kept), count(Verdict::Unknown));
    let mut sentences = Vec::new();
    if all > unknown && all == kept {
        sentences.push(format!("{} kept.", plural(all, "budget")));
    } else if all > unknown {
        sentences.push(format!("{kept} of {} kept.", plural(all, "budget")));
    }
    if unknown > 0 {
        let how_many = plural(unknown, "budget");
        sentences.push(format!("{how_many} could not be looked at."));
    }
    sentences
}

fn verb<'a>(of: &[&str], one: &'a str, more: &'a str) -> &'a str {
    if of.len() == 1 { one } else { more }
}

/// `A`, `A and B`, `A, B and C`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn metrics(summary: &Summary) -> Markup {
    if summary.metrics.is_empty() {
        return html! { p { "No metric could be measured." } };
    }
    html! {
        table.metrics {
            thead { tr { th scope="col" { "Metric" } th scope="col" { "Measured" } th scope="col" { "Good, needs work, poor" } } }
            tbody { @for metric in &summary.metrics { (row(metric)) } }
        }
        @if let Some(bytes) = Figure::Bytes(ResourceKind::Total).of(summary) {
            p.note {
                "The page loaded " (Unit::Bytes.text(bytes))
                @if let Some(requests) = Figure::Requests(ResourceKind::Total).of(summary) {
                    " in " (Unit::Count.text(requests)) @if requests == 1.0 { " request" } @else { " requests" }
                }
                "."
            }
        }
    }
}

fn row(metric: &Metric) -> Markup {
    let unit = if metric.id == MetricId::Cls.id() { Unit::Shift } else { Unit::Time };
    let rating = metric.rating();
    html! {
        tr {
            th scope="row" { (Clean(&metric.title)) " " span.id { (Clean(&metric.id.to_uppercase())) } }
            td.value { b { (metric.text()) } " " (pill(tone(Some(rating)), rating.word())) }
            td { (thresholds(metric, unit)) }
        }
    }
}

fn screenshot(summary: &Summary) -> Markup {
    let (class, as_what) = match summary.measured.device {
        Device::Mobile => ("phone", "on a phone"),
        Device::Desktop => ("desktop", "on a desktop computer"),
    };
    let alt = format!("The page {as_what} when it was loaded");
    let picture = summary.screenshot.as_deref().and_then(|picture| jpeg(picture, &alt));
    html! {
        figure class={ "screen " (class) } {
            @match picture {
                Some(picture) => { (picture) figcaption { "The page when it was loaded" } },
                None => p.missing { "There is no picture of the page." },
            }
        }
    }
}

fn trend(document: &AuditDocument<'_>) -> Markup {
    let past = &document.past[document.past.len().saturating_sub(MOST_PAST)..];
    let scores = |category: Category| -> Vec<Option<u8>> {
        let all = past.iter().map(|past| past.scores).chain([&document.summary.scores]);
        all.map(|scores| scores.get(&category).copied()).collect()
    };
    html! {
        div.trend {
            h2 { "Trend" }
            @match past.first() {
                None => p { "There is no audit made like this one before it. The next ones will be compared with it." },
                Some(first) => {
                    ul.sparks {
                        @for category in Category::ALL {
                            li { span.name { (category.title()) } (sparkline(category.title(), &scores(category))) }
                        }
                    }
                    p.note { (plural(past.len() + 1, "audit")) " from " (first.at.to_minute()) " to " (document.at.to_minute()) ". The lines mark 90 and 50 points." }
                },
            }
        }
    }
}
