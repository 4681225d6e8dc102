//! States over time, a character per column.

use unicode_width::UnicodeWidthStr;

use super::header;
use crate::alt::NO_DATA;
use crate::format::duration;
use crate::label::pad_left;
use crate::spans::{runs, totals};
use crate::time::Window;
use crate::{State, TimelineChart};

pub(crate) fn draw(chart: &TimelineChart, width: usize) -> Vec<String> {
    let window = Window::new(chart.start_ms, chart.end_ms);
    let mut lines = header(&chart.title, &window.label(), width);
    let runs = runs(chart, width, 1);
    if runs.is_empty() {
        lines.push(format!("  {NO_DATA}"));
        return lines;
    }
    let mut row = vec![' '; width];
    for run in &runs {
        row[run.first..run.after].fill(sign(run.span.state));
    }
    lines.push(row.into_iter().collect());
    let (start, end) = (window.edge(window.start), window.edge(window.end));
    lines.push(format!("{start}{}", pad_left(&end, width.saturating_sub(start.width()))));
    lines.extend(legend(chart, width));
    lines
}

/// A state's character, from solid to sparse, with what went wrong unlike all others.
fn sign(state: State) -> char {
    match state {
        State::Up => '▄',
        State::Degraded => '▒',
        State::Down => '█',
        State::Maintenance => '▂',
        State::Inconclusive => '?',
        State::Paused => '─',
        State::Unknown => '·',
    }
}

fn legend(chart: &TimelineChart, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (state, length, _) in totals(chart) {
        let entry = format!("{} {} {}", sign(state), state.name().to_lowercase(), duration(length));
        match lines.last_mut() {
            Some(line) if line.width() + entry.width() + 3 <= width => {
                line.push_str("   ");
                line.push_str(&entry);
            }
            _ => lines.push(entry),
        }
    }
    lines
}
