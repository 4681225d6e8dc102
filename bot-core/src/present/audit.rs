//! What audits found, in tables.

use charts::{Chart, LineChart, Point, Series, Unit};
use monitor_core::audit::Category;
use monitor_core::audit::changes::{Change, Mark, Verdict};
use monitor_core::audit::pwa::Check;
use monitor_core::audit::summary::{Failed, Opportunity, Summary};
use monitor_core::http::shorten;
use services::view::AuditRow;
use services::{AuditView, Comparison};

use super::bytes;
use crate::cards::audit::plain;
use crate::reply::{Block, Field};

/// Things to mend that are shown, and failed audits of each category.
const MOST: usize = 10;

/// Longest text of a cell, in characters.
const CELL: usize = 70;

/// What to mend, and where.
pub(crate) fn found(summary: &Summary) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !summary.opportunities.is_empty() {
        let rows = summary.opportunities.iter().take(MOST).map(opportunity).collect();
        blocks.push(Block::table("What would save most", &["what", "saves time", ">saves"], rows));
    }
    for category in Category::ALL {
        let failed: Vec<&Failed> = summary.failed.iter().filter(|failed| failed.category == category).collect();
        if !failed.is_empty() {
            let title = match failed.len() {
                all if all > MOST => format!("{}: {all} audits failed, the first {MOST}", category.title()),
                all => format!("{}: {} failed", category.title(), super::plural(all as u64, "audit")),
            };
            let rows = failed.into_iter().take(MOST).map(row).collect();
            blocks.push(Block::table(title, &["what", ">elements", "where"], rows));
        }
    }
    let missing: Vec<&Check> = summary.pwa.iter().filter(|check| !check.passed).collect();
    if !missing.is_empty() {
        let cell = |text: &str| plain(&shorten(text, CELL));
        let rows = missing.into_iter().map(|check| vec![cell(&check.title), cell(&check.detail)]).collect();
        blocks.push(Block::table("What an app should do and this page does not", &["what", "found"], rows));
    }
    blocks
}

fn opportunity(mend: &Opportunity) -> Vec<String> {
    let metric = |(metric, ms): (&String, &f64)| format!("{} {}", metric.to_uppercase(), saved(metric, *ms));
    let times: Vec<String> = mend.savings_ms.iter().filter(|(_, ms)| **ms > 0.0).map(metric).collect();
    let size = mend.savings_bytes.filter(|saved| *saved > 0).map(bytes).unwrap_or_default();
    vec![plain(&shorten(&mend.title, CELL)), times.join(", "), size]
}

fn saved(metric: &str, value: f64) -> String {
    use monitor_core::audit::figure::Unit;
    if metric == "cls" { Unit::Shift.text(value) } else { Unit::Time.text(value) }
}

fn row(failed: &Failed) -> Vec<String> {
    let place = failed.elements.first().map(|element| match element.selector.as_str() {
        "" => element.snippet.as_str(),
        selector => selector,
    });
    let count = if failed.element_count == 0 { String::new() } else { failed.element_count.to_string() };
    vec![plain(&shorten(&failed.title, CELL)), count, plain(&shorten(place.unwrap_or_default(), CELL))]
}

/// The scores over time; nothing without an audit before.
pub(crate) fn trend(view: &AuditView) -> Option<Block> {
    let rows: Vec<&AuditRow> = view.past.iter().chain([&view.row]).collect();
    let (first, last) = (rows.first()?, rows.last()?);
    if rows.len() < 2 {
        return None;
    }
    let series = |category: Category| {
        let point = |row: &&AuditRow| {
            let score = row.digest.as_ref().and_then(|digest| digest.scores.get(&category));
            Point { at_ms: row.asked_at.as_millis(), value: score.map(|score| f64::from(*score)) }
        };
        Series { name: category.title().to_owned(), points: rows.iter().map(point).collect() }
    };
    Some(Block::Chart {
        chart: Chart::Line(LineChart {
            title: format!("Scores of {}", shorten(view.row.spec.url.as_str(), CELL)),
            unit: Unit::Count,
            start_ms: first.asked_at.as_millis(),
            end_ms: last.asked_at.as_millis(),
            series: Category::ALL.into_iter().map(series).collect(),
        }),
    })
}

/// How it was measured.
pub(crate) fn measured(summary: &Summary, row: &AuditRow) -> Block {
    let measured = &summary.measured;
    let spread: Vec<u8> =
        summary.runs.iter().filter_map(|run| run.scores.get(&Category::Performance).copied()).collect();
    let mut fields = vec![
        Field::new("with", format!("Lighthouse {}, Chromium {}", measured.lighthouse, measured.chromium)),
        Field::new("as", format!("{}, throttling {}, {}", measured.device, measured.throttling, measured.locale)),
    ];
    if let (Some(least), Some(most)) = (spread.iter().min(), spread.iter().max()) {
        let runs = super::plural(spread.len() as u64, "run");
        fields.push(Field::new("runs", format!("{runs}, performance {least} to {most}; the median counts")));
    }
    if summary.final_url != summary.requested_url {
        fields.push(Field::new("led to", plain(&shorten(&summary.final_url, 200))));
    }
    let names = |list: &[monitor_core::audit::spec::Named]| {
        list.iter().map(|named| named.name.clone()).collect::<Vec<_>>().join(", ")
    };
    for (what, list) in [("secret headers", &row.spec.headers), ("cookies", &row.spec.cookies)] {
        if !list.is_empty() {
            fields.push(Field::new(what, names(list)));
        }
    }
    let budgets: Vec<String> = row.spec.budgets.iter().map(ToString::to_string).collect();
    if !budgets.is_empty() {
        fields.push(Field::new("budgets", budgets.join(", ")));
    }
    fields.extend(row.by.as_ref().map(|by| Field::new("asked by", by.clone())));
    Block::fields("How it was measured", fields)
}

/// Two audits side by side.
pub(crate) fn compared(comparison: &Comparison) -> Vec<Block> {
    let Comparison { before, after, changes } = comparison;
    let page = plain(after.spec.url.as_str());
    let (from, to) = (before.asked_at.to_minute(), after.asked_at.to_minute());
    let verdict = match changes.regressions().count() {
        0 => "Nothing got worse by more than chance.".to_owned(),
        worse => format!("{} got worse by more than chance.", super::plural(worse as u64, "figure")),
    };
    let text = format!(
        "{page} ({}): audit {} of {from}, then audit {} of {to}. {verdict}",
        after.spec.device, before.id, after.id
    );
    let mut blocks = vec![Block::text(text)];
    let rows: Vec<_> = changes.scores.iter().chain(&changes.metrics).chain(&changes.transfer).map(changed).collect();
    if !rows.is_empty() {
        blocks.push(Block::table("Figures", &["what", ">before", ">after", "which is"], rows));
    }
    for (title, marks) in [("Newly failing", &changes.newly_failing), ("Now passing", &changes.newly_passing)] {
        if !marks.is_empty() {
            let row = |mark: &Mark| vec![mark.category.title().to_owned(), plain(&shorten(&mark.title, CELL))];
            let title = format!("{title} ({})", marks.len());
            blocks.push(Block::table(title, &["category", "what"], marks.iter().map(row).collect()));
        }
    }
    blocks.extend(changes.notes.iter().map(|note| Block::text(plain(note))));
    blocks
}

fn changed(change: &Change) -> Vec<String> {
    let unit = change.figure.unit();
    let word = match change.verdict {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::Same if change.before == change.after => "as before",
        Verdict::Same => "no more than chance",
        Verdict::Unjudged => "",
    };
    vec![
        change.figure.title(),
        unit.text_unlike(change.before, change.after),
        unit.text_unlike(change.after, change.before),
        word.to_owned(),
    ]
}
