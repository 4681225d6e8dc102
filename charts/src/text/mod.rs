//! Charts for a terminal: braille dots for lines, eighths of blocks for bars, shades for states. Shape says everything, for a
//! terminal may have no colours and a log has none.

mod bars;
mod braille;
mod line;
mod timeline;

use unicode_width::UnicodeWidthStr;

use crate::Chart;
use crate::label::{fit, pad_left};
use crate::time::Window;

const NARROWEST: usize = 40;
const WIDEST: usize = 240;

pub(crate) fn draw(chart: &Chart, width: usize) -> String {
    let width = width.clamp(NARROWEST, WIDEST);
    let lines = match chart {
        Chart::Line(chart) => line::draw(chart, width),
        Chart::Bars(chart) => bars::draw(chart, width),
        Chart::Timeline(chart) => timeline::draw(chart, width),
    };
    let trimmed: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    trimmed.join("\n")
}

/// The title with the period at the right, or below it where there is no room.
fn header(title: &str, aside: &str, width: usize) -> Vec<String> {
    let title = fit(title, width);
    let room = width - title.width();
    if aside.is_empty() {
        vec![title]
    } else if aside.width() + 2 <= room {
        vec![format!("{title}{}", pad_left(aside, room))]
    } else {
        vec![title, fit(aside, width)]
    }
}

/// Labels of the time axis in a row of `columns`, each centred under its time as far as there is room.
fn time_labels(window: Window, columns: usize) -> String {
    let mut row = String::new();
    for tick in window.ticks((columns / 11).max(1)) {
        let width = tick.label.width();
        let middle = column(window.fraction(tick.at), columns);
        let start = middle.saturating_sub(width / 2).min(columns.saturating_sub(width));
        let used = row.width();
        if used == 0 || start > used {
            row.push_str(&" ".repeat(start - used));
            row.push_str(&tick.label);
        }
    }
    row
}

fn column(fraction: f64, columns: usize) -> usize {
    ((fraction * columns as f64) as usize).min(columns.saturating_sub(1))
}
