//! What of all that is wrong is new, and what of what was wrong could not be judged this time.

use std::slice;

use monitor_core::audit::Category;
use monitor_core::audit::budget::{self, Budget};
use monitor_core::audit::changes::{self, Change, Verdict};
use monitor_core::audit::figure::{Figure, MetricId, Unit};
use monitor_core::audit::spec::AuditSpec;
use monitor_core::audit::summary::Summary;
use storage::AuditRow;

/// How many times as much as before is news of bytes and requests over their budgets, whose spread is not known.
const MUCH_MORE: f64 = 1.5;

/// An audit and what it found.
pub(super) type Seen = (AuditRow, Summary);

/// The audits that one is judged by.
pub(super) struct Earlier<'a> {
    /// What it is held against.
    pub(super) against: Option<&'a Seen>,
    /// The one before it.
    pub(super) last: Option<&'a Seen>,
    /// The last one that found out and judged all, which is mostly the one before it; of the incident, while one lasts.
    pub(super) whole: Option<&'a Seen>,
    /// Whether an incident of the schedule lasts.
    pub(super) lasts: bool,
}

/// What is told of an audit.
#[derive(Default)]
pub(super) struct News {
    /// What is wrong and was not when it was judged last, or got worse since then, in words.
    pub(super) wrong: Vec<String>,
    /// What was wrong when it was judged last, and cannot be judged now: the names of budgets and figures.
    pub(super) unjudged: Vec<String>,
    /// That in a sentence, unless the audit before said so already.
    pub(super) doubt: Option<String>,
}

/// A budget, or a figure that is held against an earlier audit.
struct Point {
    /// What it is called as long as it lasts.
    name: String,
    figure: Figure,
    standing: Standing,
}

/// How that stands.
enum Standing {
    Fine,
    /// It is wrong, in words.
    Wrong(String),
    /// It was not found out, or two audits of such kinds cannot say.
    Unjudged,
}

/// What is told of an audit that found this.
pub(super) fn news(spec: &AuditSpec, summary: &Summary, earlier: &Earlier<'_>) -> News {
    let against = earlier.against.map(|(_, found)| found);
    let before = earlier.last.map(|(_, last)| points(spec, last, against)).unwrap_or_default();
    let carried = earlier.last.filter(|_| earlier.lasts).and_then(|(row, _)| row.digest.as_ref());
    let carried = carried.map(|digest| digest.unjudged.as_slice()).unwrap_or_default();
    let was_wrong = |name: &String| {
        let wrong = |known: &Point| known.name == *name && matches!(known.standing, Standing::Wrong(_));
        carried.contains(name) || before.iter().any(wrong)
    };
    let mut news = News::default();
    for Point { name, figure, standing } in points(spec, summary, against) {
        match standing {
            Standing::Wrong(words) if !was_wrong(&name) || got_worse(figure, &name, summary, earlier) => {
                news.wrong.push(words);
            }
            // What the page was before the incident may never be a measure again, as by another Lighthouse.
            Standing::Unjudged if earlier.lasts => match since(figure, summary, earlier) {
                Some(change) if change.verdict == Verdict::Worse => {
                    news.wrong.push(change.to_string());
                    news.unjudged.push(name);
                }
                _ if was_wrong(&name) => news.unjudged.push(name),
                _ => {}
            },
            _ => {}
        }
    }
    if news.unjudged.iter().any(|name| !carried.contains(name)) {
        news.doubt = Some(doubt(&news.unjudged, summary, against));
    }
    news
}

/// All that can be wrong, in the order in which it is told.
fn points(spec: &AuditSpec, summary: &Summary, against: Option<&Summary>) -> Vec<Point> {
    let of_budget = |budget: &Budget| {
        let broken = budget::breaches(slice::from_ref(budget), summary).pop();
        let standing = match (broken, budget.judge(summary)) {
            (Some(breach), _) => Standing::Wrong(breach.to_string()),
            (None, budget::Verdict::Unknown) => Standing::Unjudged,
            (None, _) => Standing::Fine,
        };
        Point { name: budget.to_string(), figure: budget.figure(), standing }
    };
    let changes = against.and_then(|before| changes::between(before, summary).ok());
    let of_figure = |figure: Figure| {
        figure.of(against?)?;
        let standing = match changes.as_ref()?.of(figure) {
            Some(change) if change.verdict == Verdict::Worse => Standing::Wrong(change.to_string()),
            Some(change) if change.verdict != Verdict::Unjudged => Standing::Fine,
            _ => Standing::Unjudged,
        };
        Some(Point { name: figure.title(), figure, standing })
    };
    let scores = Category::ALL.into_iter().map(Figure::Score);
    let figures = scores.chain(MetricId::ALL.into_iter().map(Figure::Metric));
    spec.budgets.iter().map(of_budget).chain(figures.filter_map(of_figure)).collect()
}

/// Whether what was wrong before is worse than when it was judged last, by more than noise. Of a score or a metric that is told
/// once, also where there is a budget for it.
fn got_worse(figure: Figure, name: &str, summary: &Summary, earlier: &Earlier<'_>) -> bool {
    if matches!(figure.unit(), Unit::Bytes | Unit::Count) {
        let was = before(earlier).find_map(|found| figure.of(found));
        return was.zip(figure.of(summary)).is_some_and(|(was, is)| is > was * MUCH_MORE);
    }
    let is_worse = |change: Change| change.verdict == Verdict::Worse;
    name == figure.title() && since(figure, summary, earlier).is_some_and(is_worse)
}

/// How a score or a metric changed since it was judged last.
fn since(figure: Figure, summary: &Summary, earlier: &Earlier<'_>) -> Option<Change> {
    let change = |found: &Summary| changes::between(found, summary).ok()?.of(figure).copied();
    before(earlier).filter_map(change).find(|change| change.verdict != Verdict::Unjudged)
}

fn before<'a>(earlier: &Earlier<'a>) -> impl Iterator<Item = &'a Summary> + use<'a> {
    [earlier.last, earlier.whole].into_iter().flatten().map(|(_, found)| found)
}

fn doubt(unjudged: &[String], summary: &Summary, against: Option<&Summary>) -> String {
    let what = format!("could not be judged this time: {}", unjudged.join(", "));
    let (now, then) = (&summary.measured.lighthouse, against.map(|found| &found.measured.lighthouse));
    match then.filter(|then| *then != now) {
        None => what,
        Some(then) => format!(
            "{what}; scores of Lighthouse {now} say nothing beside those of {then}, so that `resolve` has to take the page as it is"
        ),
    }
}
