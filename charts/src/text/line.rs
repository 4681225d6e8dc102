//! Values over time, in braille.

use unicode_width::UnicodeWidthStr;

use super::braille::Dots;
use super::{column, header, time_labels};
use crate::LineChart;
use crate::alt::{Extent, NO_DATA};
use crate::format::{tick, value};
use crate::label::{fit, pad_left};
use crate::sample::{Sample, samples};
use crate::scale::Scale;
use crate::time::Window;

const ROWS: usize = 9;

pub(crate) fn draw(chart: &LineChart, width: usize) -> Vec<String> {
    let window = Window::new(chart.start_ms, chart.end_ms);
    let mut lines = header(&chart.title, &window.label(), width);
    let series: Vec<Vec<Sample>> = chart.series.iter().map(|series| samples(&series.points, window, width)).collect();
    let values = series.iter().flatten().filter_map(|sample| sample.value);
    if values.clone().next().is_none() {
        lines.push(format!("  {NO_DATA}"));
        return lines;
    }
    let scale = Scale::new(values, chart.unit, 3.0);
    let labels = tick_labels(chart, &scale);
    let margin = labels.iter().map(|label| label.width()).max().unwrap_or(0);
    let columns = width - margin - 2;

    let mut dots = Dots::new(columns, ROWS);
    for (index, samples) in series.iter().enumerate() {
        let place = |sample: &Sample| {
            let x = column(window.fraction(sample.at), 2 * columns);
            Some((x, 4 * ROWS - 1 - column(scale.fraction(sample.value?), 4 * ROWS)))
        };
        trace(&mut dots, samples, index == 0, place);
    }
    for (label, row) in labels.iter().zip(dots.rows()) {
        let edge = if label.is_empty() { '│' } else { '┤' };
        lines.push(format!("{} {edge}{row}", pad_left(label, margin)));
    }
    lines.push(format!("{} └{}", pad_left("", margin), "─".repeat(columns)));
    lines.push(format!("{}  {}", pad_left("", margin), time_labels(window, columns)));
    lines.extend(legend(chart, window, width));
    lines
}

/// Draws the front series as a closed line and the others as dots, which shows them apart where they run together.
fn trace(dots: &mut Dots, samples: &[Sample], is_front: bool, place: impl Fn(&Sample) -> Option<(usize, usize)>) {
    for part in samples.split(|sample| sample.value.is_none()) {
        let corners: Vec<(usize, usize)> = part.iter().filter_map(&place).collect();
        if let [only] = corners[..] {
            dots.set(only.0, only.1);
        }
        for pair in corners.windows(2) {
            if is_front {
                dots.line(pair[0], pair[1]);
            } else {
                dotted(dots, pair[0], pair[1]);
            }
        }
    }
}

/// Sets every third dot of the line between two, counted from the left edge so that pieces join evenly.
fn dotted(dots: &mut Dots, from: (usize, usize), to: (usize, usize)) {
    for x in from.0..=to.0 {
        let along = x - from.0;
        let length = (to.0 - from.0).max(1);
        if x.is_multiple_of(3) {
            dots.set(x, (from.1 * (length - along.min(length)) + to.1 * along + length / 2) / length);
        }
    }
}

/// One label per row, empty where no tick falls into it.
fn tick_labels(chart: &LineChart, scale: &Scale) -> Vec<String> {
    let mut labels = vec![String::new(); ROWS];
    for at in scale.ticks() {
        let row = ROWS - 1 - column(scale.fraction(at), ROWS);
        labels[row] = tick(chart.unit, at, scale.largest(), scale.step);
    }
    labels
}

fn legend(chart: &LineChart, window: Window, width: usize) -> Vec<String> {
    let extents = chart
        .series
        .iter()
        .enumerate()
        .filter_map(|(index, series)| Some((index, series, Extent::of_series(series, window)?)));
    extents
        .take(8)
        .map(|(index, series, extent)| {
            let sign = if index == 0 { "⠤⠤" } else { "⠄⠠" };
            let [low, high, last] = [extent.low, extent.high, extent.last].map(|amount| value(chart.unit, amount));
            fit(&format!("{sign} {}  lowest {low} · highest {high} · last {last}", fit(&series.name, 24)), width)
        })
        .collect()
}
