//! What the audit found: pictures, what to mend, what failed.

use maud::{Markup, html};
use monitor_core::audit::Category;
use monitor_core::audit::figure::{MetricId, Unit};
use monitor_core::audit::summary::{Element, Failed, Opportunity, Summary};

use crate::figures::pill;
use crate::page::chapter;
use crate::picture::jpeg;
use crate::text::{code, plural, said, written};

/// Failed audits of a category that are shown in full; the others are named.
const IN_FULL: usize = 20;

/// Failed audits of a category that are named.
const NAMED: usize = 100;

/// Elements that are shown of each.
const ELEMENTS: usize = 3;

const LONGEST_TITLE: usize = 200;
const LONGEST_TEXT: usize = 600;
const LONGEST_CODE: usize = 240;

pub(super) fn filmstrip(summary: &Summary) -> Markup {
    let frames = summary.filmstrip.iter().take(8).filter_map(|frame| {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a page's load")]
        let at = Unit::Time.text(frame.at_ms as f64);
        Some((jpeg(&frame.jpeg, &format!("The page after {at}"))?, at))
    });
    let frames: Vec<(Markup, String)> = frames.collect();
    if frames.is_empty() {
        return html! {};
    }
    let body = html! {
        ul.film { @for (picture, at) in &frames { li { figure { (picture) figcaption { (at) } } } } }
    };
    chapter("How the page came up", None, &body)
}

pub(super) fn opportunities(summary: &Summary) -> Markup {
    let language = &summary.measured.locale;
    if summary.opportunities.is_empty() {
        return chapter("What to mend first", None, &html! { p { "Nothing would save time or bytes." } });
    }
    let lead = "Ordered by the time that Lighthouse estimates would be saved. Savings overlap, so they do not add up.";
    let body = html! {
        table.mend {
            thead { tr { th scope="col" { "What and why" } th scope="col" { "Could save" } } }
            tbody {
                @for mend in &summary.opportunities {
                    tr {
                        th scope="row" {
                            (written(&mend.title, language, LONGEST_TITLE))
                            p.why { (written(&mend.description, language, LONGEST_TEXT)) }
                        }
                        td { ul.savings { @for saving in savings(mend) { li { (saving) } } } }
                    }
                }
            }
        }
    };
    chapter("What to mend first", Some(lead), &body)
}

/// `1.2 s of LCP`, the most first, then bytes.
fn savings(mend: &Opportunity) -> Vec<String> {
    let mut times: Vec<(&str, f64)> = MetricId::ALL
        .into_iter()
        .map(MetricId::id)
        .chain(["inp"])
        .filter_map(|id| Some((id, mend.savings_ms.get(id).copied().filter(|saved| *saved > 0.0)?)))
        .collect();
    times.sort_by(|a, b| b.1.total_cmp(&a.1));
    let time = |(id, saved): (&str, f64)| {
        let unit = if id == MetricId::Cls.id() { Unit::Shift } else { Unit::Time };
        format!("{} of {}", unit.text(saved), id.to_uppercase())
    };
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let bytes = mend.savings_bytes.filter(|bytes| *bytes > 0).map(|bytes| Unit::Bytes.text(bytes as f64));
    times.into_iter().map(time).chain(bytes).collect()
}

pub(super) fn failed(summary: &Summary) -> Markup {
    let of = |category: Category| summary.failed.iter().filter(move |failed| failed.category == category);
    let body = html! {
        @if summary.failed.is_empty() { p { "No audit failed beyond what is listed above." } }
        @for category in Category::ALL {
            @let count = of(category).count();
            @if count > 0 {
                section.category {
                    h3 { (category.title()) " " span.count { (count) " failed" } }
                    @for failed in of(category).take(IN_FULL) { (finding(failed, &summary.measured.locale)) }
                    @if count > IN_FULL {
                        p { "Also failed:" }
                        ul.also {
                            @for failed in of(category).skip(IN_FULL).take(NAMED) {
                                li {
                                    (written(&failed.title, &summary.measured.locale, LONGEST_TITLE))
                                    @if failed.element_count > 0 { " (" (plural(failed.element_count, "place")) ")" }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    let lead = "The weightiest first in each category, with where it was found.";
    chapter("What failed", (!summary.failed.is_empty()).then_some(lead), &body)
}

fn finding(failed: &Failed, language: &str) -> Markup {
    let more = failed.element_count.saturating_sub(failed.elements.len().min(ELEMENTS));
    html! {
        article.finding {
            h4 { (written(&failed.title, language, LONGEST_TITLE)) " " (weight(failed.weight)) }
            p.why { (written(&failed.description, language, LONGEST_TEXT)) }
            @if !failed.elements.is_empty() {
                ul.places {
                    @for element in failed.elements.iter().take(ELEMENTS) { li { (place(element, language)) } }
                    @if more > 0 { li.more { "and " (plural(more, "more place")) } }
                }
            }
        }
    }
}

fn weight(weight: f64) -> Markup {
    html! {
        span.weight { @if weight > 0.0 { "weight " (format!("{weight:.0}")) } @else { "advice, costs no points" } }
    }
}

fn place(element: &Element, language: &str) -> Markup {
    html! {
        @if !element.snippet.is_empty() { (code(&element.snippet, LONGEST_CODE)) }
        @if !element.selector.is_empty() { span.selector { "at " (code(&element.selector, LONGEST_CODE)) } }
        @if let Some(explanation) = &element.explanation { p.why { (written(explanation, language, 300)) } }
    }
}

pub(super) fn pwa(summary: &Summary) -> Markup {
    if summary.pwa.is_empty() {
        return html! {};
    }
    let lead = "What Chromium itself says of the page as an app. The score is the share of the points.";
    let body = html! {
        table.pwa {
            thead { tr { th scope="col" { "Check" } th scope="col" { "Points" } th scope="col" { "Result" } th scope="col" { "What was found" } } }
            tbody {
                @for check in &summary.pwa {
                    tr {
                        th scope="row" { (said(&check.title)) }
                        td.number { (check.weight) }
                        td { @if check.passed { (pill("good", "passed")) } @else { (pill("poor", "failed")) } }
                        td { (said(&check.detail)) }
                    }
                }
            }
        }
    };
    chapter("Progressive Web App", Some(lead), &body)
}
