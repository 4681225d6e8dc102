//! What was transferred, and how all of it was measured.

use std::time::Duration;

use maud::{Markup, html};
use monitor_core::audit::Category;
use monitor_core::audit::figure::{Figure, MetricId, ResourceKind, Unit};
use monitor_core::audit::spec::{Device, Throttling};
use monitor_core::audit::summary::Summary;
use monitor_core::duration::humanize;

use super::AuditDocument;
use crate::figures::share;
use crate::page::chapter;
use crate::text::{Clean, code, said};

/// Longest address, in characters.
const LONGEST_ADDRESS: usize = 2_100;

pub(super) fn transfer(summary: &Summary) -> Markup {
    let of = |kind: ResourceKind| {
        Some((kind, Figure::Bytes(kind).of(summary)?, Figure::Requests(kind).of(summary).unwrap_or_default()))
    };
    let rows: Vec<(ResourceKind, f64, f64)> =
        ResourceKind::ALL.into_iter().filter_map(of).filter(|(_, bytes, requests)| bytes + requests > 0.0).collect();
    let Some(most) = rows.iter().map(|(_, bytes, _)| *bytes).reduce(f64::max) else { return html! {} };
    let lead = "As it went over the network. What third parties sent is counted among the other types already.";
    let body = html! {
        table.transfer {
            thead { tr { th scope="col" { "Type" } th.number scope="col" { "Requests" } th.number scope="col" { "Bytes" } th scope="col" { "Share" } } }
            tbody {
                @for (kind, bytes, requests) in rows {
                    tr {
                        th scope="row" { (kind.title()) }
                        td.number { (Unit::Count.text(requests)) }
                        td.number { (Unit::Bytes.text(bytes)) }
                        td { (share(bytes, most)) }
                    }
                }
            }
        }
    };
    chapter("What was transferred", Some(lead), &body)
}

pub(super) fn measured(document: &AuditDocument<'_>) -> Markup {
    let summary = document.summary;
    let measured = &summary.measured;
    let body = html! {
        @if !summary.warnings.is_empty() {
            div.warnings {
                h3 { "Warnings" }
                ul { @for warning in &summary.warnings { li { (said(warning)) } } }
            }
        }
        dl.how {
            div { dt { "Address" } dd { (code(&summary.requested_url, LONGEST_ADDRESS)) } }
            @if summary.final_url != summary.requested_url {
                div { dt { "Which led to" } dd { (code(&summary.final_url, LONGEST_ADDRESS)) } }
            }
            div { dt { "Device" } dd { (device(measured.device)) } }
            div { dt { "Throttling" } dd { (throttling(measured.throttling, measured.device)) } }
            div { dt { "Language" } dd { (Clean(&measured.locale)) } }
            div { dt { "Programs" } dd { "Lighthouse " (Clean(&measured.lighthouse)) ", Chromium " (Clean(&measured.chromium)) } }
            div { dt { "Took" } dd { (humanize(Duration::from_millis(measured.took_ms))) } }
        }
        (runs(summary))
        p.note {
            "Each run begins with an empty profile. All is measured in a laboratory: one machine, one place, one load of the page. Scores of 90 "
            "and more are good, 50 to 89 need work, less is poor. Rules find a part of what is wrong: a hundred points say that these rules "
            "found nothing."
        }
    };
    chapter("How it was measured", None, &body)
}

fn device(device: Device) -> &'static str {
    match device {
        Device::Mobile => "A phone of the middle class: 412 × 823 pixels, a CPU four times slower",
        Device::Desktop => "A desktop computer: 1350 × 940 pixels",
    }
}

fn throttling(throttling: Throttling, device: Device) -> &'static str {
    match (throttling, device) {
        (Throttling::Simulate, Device::Mobile) => {
            "Simulated: loaded at full speed, computed for a round trip of 150 ms and 1.6 Mbit/s"
        }
        (Throttling::Simulate, Device::Desktop) => {
            "Simulated: loaded at full speed, computed for a round trip of 40 ms and 10 Mbit/s"
        }
        (Throttling::Devtools, _) => "Slowed down while loading, by the browser's own tools",
        (Throttling::None, _) => "None",
    }
}

/// Every run beside the others, so that everybody sees the noise.
fn runs(summary: &Summary) -> Markup {
    if summary.runs.len() < 2 {
        return html! {};
    }
    let figures = [Figure::Score(Category::Performance)].into_iter().chain(MetricId::ALL.map(Figure::Metric));
    let figures: Vec<(Figure, f64, f64)> =
        figures.filter_map(|figure| summary.spread(figure).map(|(least, most)| (figure, least, most))).collect();
    let cell = |figure: Figure, value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| figure.unit().text(v));
    let name = |figure: Figure| match figure {
        Figure::Metric(metric) => metric.id().to_uppercase(),
        other => other.title(),
    };
    html! {
        h3 { "The runs, the median first" }
        table.runs {
            thead { tr {
                th scope="col" { "Run" }
                @for (figure, ..) in &figures { th.number scope="col" { (name(*figure)) } }
                th.number scope="col" { "Machine" }
            } }
            tbody {
                @for (at, run) in summary.runs.iter().enumerate() {
                    tr {
                        th scope="row" { (at + 1) @if at == 0 { " (median)" } }
                        @for (figure, ..) in &figures { td.number { (cell(*figure, run.of(*figure))) } }
                        td.number { (format!("{:.0}", run.benchmark_index)) }
                    }
                }
                tr.spread {
                    th scope="row" { "Spread" }
                    @for (figure, least, most) in &figures { td.number { (figure.unit().text(most - least)) } }
                    td {}
                }
            }
        }
        p.note { "Machine: Lighthouse's benchmark index of the machine that measured; below 1,000 it is slow." }
    }
}
