//! A chart as one sentence.

use crate::format::{duration, value};
use crate::label::clean;
use crate::scale::drawable;
use crate::time::Window;
use crate::{BarChart, Chart, LineChart, Series, TimelineChart, Unit, spans};

/// What a chart without a single value says.
pub(crate) const NO_DATA: &str = "no data in this period";

/// Most series named; a sentence with more is not listened to.
const MOST_SERIES: usize = 6;

pub(crate) fn sentence(chart: &Chart) -> String {
    let (head, body) = match chart {
        Chart::Line(chart) => (head(&chart.title, Some(Window::new(chart.start_ms, chart.end_ms))), line(chart)),
        Chart::Bars(chart) => (head(&chart.title, None), bars(chart)),
        Chart::Timeline(chart) => {
            (head(&chart.title, Some(Window::new(chart.start_ms, chart.end_ms))), timeline(chart))
        }
    };
    format!("{head}: {body}.")
}

/// The smallest, largest and last of the values that can be drawn.
pub(crate) struct Extent {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) last: f64,
}

impl Extent {
    /// The extent of these values; `None` without a value.
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        values.fold(None, |extent, value| match extent {
            None => Some(Self { low: value, high: value, last: value }),
            Some(Self { low, high, .. }) => Some(Self { low: low.min(value), high: high.max(value), last: value }),
        })
    }

    /// The extent of a series within the period.
    pub(crate) fn of_series(series: &Series, window: Window) -> Option<Self> {
        let inside = series.points.iter().filter(|point| window.contains(point.at_ms));
        let last = inside.clone().filter(|point| drawable(point.value).is_some()).max_by_key(|point| point.at_ms)?;
        let extent = Self::of(inside.filter_map(|point| drawable(point.value)))?;
        Some(Self { last: drawable(last.value)?, ..extent })
    }

    fn words(&self, unit: Unit) -> String {
        format!("{} to {}, last {}", value(unit, self.low), value(unit, self.high), value(unit, self.last))
    }
}

fn head(title: &str, window: Option<Window>) -> String {
    let title = clean(title);
    let title = if title.is_empty() { "Chart".to_owned() } else { title };
    window.map_or(title.clone(), |window| format!("{title}, {}", window.label()))
}

fn line(chart: &LineChart) -> String {
    let window = Window::new(chart.start_ms, chart.end_ms);
    let said: Vec<String> = chart
        .series
        .iter()
        .take(MOST_SERIES)
        .filter_map(|series| {
            let words = Extent::of_series(series, window)?.words(chart.unit);
            Some(format!("{} {words}", clean(&series.name)))
        })
        .collect();
    if said.is_empty() { NO_DATA.to_owned() } else { said.join("; ") }
}

fn bars(chart: &BarChart) -> String {
    let valued = || chart.bars.iter().filter_map(|bar| drawable(bar.value).map(|value| (bar, value)));
    let lowest = valued().min_by(|one, other| one.1.total_cmp(&other.1));
    let highest = valued().rev().max_by(|one, other| one.1.total_cmp(&other.1));
    let (Some(lowest), Some(highest), Some(last)) = (lowest, highest, valued().next_back()) else {
        return NO_DATA.to_owned();
    };
    let say = |(bar, amount): (&crate::Bar, f64)| match clean(&bar.label) {
        label if label.is_empty() => value(chart.unit, amount),
        label => format!("{} ({label})", value(chart.unit, amount)),
    };
    let count = chart.bars.len();
    let noun = if count == 1 { "bar" } else { "bars" };
    let missing = count - valued().count();
    let gaps = if missing > 0 { format!(", {missing} without data") } else { String::new() };
    format!("{count} {noun}{gaps}, {} to {}, last {}", say(lowest), say(highest), say(last))
}

fn timeline(chart: &TimelineChart) -> String {
    let said: Vec<String> = spans::totals(chart)
        .into_iter()
        .map(|(state, length, count)| {
            let times = if count > 1 { format!(" in {count} spans") } else { String::new() };
            format!("{} for {}{times}", state.name().to_lowercase(), duration(length))
        })
        .collect();
    if said.is_empty() { NO_DATA.to_owned() } else { said.join(", ") }
}
