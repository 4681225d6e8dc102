//! States over time: the uptime bar.

use super::Theme;
use super::canvas::{Anchor, Canvas, Px, Type, WIDTH, escape};
use super::frame::{self, Entry, Mark, PAD, Plot};
use super::theme::Ink;
use crate::format::duration;
use crate::label::clean;
use crate::spans::{Run, runs, totals};
use crate::time::Window;
use crate::{State, TimelineChart};

const HEIGHT: f64 = 156.0;
/// Columns in which states are told apart, two per unit.
const COLUMNS: usize = 1_352;
/// What went wrong takes at least two units, however short it was.
const LEAST_COLUMNS: usize = 4;

pub(crate) fn draw(chart: &TimelineChart, theme: Theme, alt: &str) -> String {
    let window = Window::new(chart.start_ms, chart.end_ms);
    let plot = Plot { left: PAD, right: WIDTH - PAD, top: 74.0, bottom: 114.0 };
    let mut canvas = Canvas::new(theme, HEIGHT, &clean(&chart.title), alt);
    frame::header(&mut canvas, &chart.title, &window.label());
    let runs = runs(chart, COLUMNS, LEAST_COLUMNS);
    if runs.is_empty() {
        frame::empty(&mut canvas, plot.top, plot.bottom);
    } else {
        ground(&mut canvas, &plot);
        frame::legend(&mut canvas, 57.0, &entries(chart));
    }
    for run in &runs {
        span(&mut canvas, &plot, window, run);
    }
    axis(&mut canvas, &plot, window);
    canvas.finish()
}

/// Draws what shows where no span is.
fn ground(canvas: &mut Canvas, plot: &Plot) {
    let paint = canvas.paint(Ink::Void);
    canvas.put(format_args!(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"30\" rx=\"3\" fill=\"{paint}\"/>\n",
        Px(plot.left),
        Px(plot.y(0.5) - 15.0),
        Px(plot.width())
    ));
}

/// Height of a state's block: what went wrong stands out of the row, what was not counted is thin, so that the states can be told
/// apart without their colours.
fn height(state: State) -> f64 {
    match state {
        State::Down => 40.0,
        State::Up | State::Degraded => 30.0,
        State::Maintenance | State::Inconclusive => 16.0,
        State::Paused | State::Unknown => 6.0,
    }
}

fn entries(chart: &TimelineChart) -> Vec<Entry> {
    let totals = totals(chart).into_iter();
    totals
        .map(|(state, length, _)| Entry {
            mark: Mark::Block((height(state) * 0.4).min(13.0), state == State::Down),
            ink: Ink::State(state),
            name: state.name().to_owned(),
            note: duration(length),
        })
        .collect()
}

fn span(canvas: &mut Canvas, plot: &Plot, window: Window, run: &Run) {
    let x = |column: usize| plot.x(column as f64 / COLUMNS as f64);
    let state = run.span.state;
    let (left, mut width) = (x(run.first), x(run.after) - x(run.first));
    // A hair of space between neighbours, where there is room for one.
    if width > 6.0 {
        width -= 0.8;
    }
    let height = height(state);
    let top = plot.y(0.5) - height / 2.0;
    let tooltip = format!(
        "{} {} · {} – {} UTC",
        state.name(),
        duration(run.span.end_ms - run.span.start_ms),
        window.moment(run.span.start_ms),
        window.moment(run.span.end_ms)
    );
    let paint = canvas.paint(Ink::State(state));
    canvas.put(format_args!(
        "<g><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{height}\" rx=\"{}\" fill=\"{paint}\"/>",
        escape(&tooltip),
        Px(left),
        Px(top),
        Px(width),
        Px((width / 3.0).min(3.0))
    ));
    if state == State::Down && width > 8.0 {
        frame::hatch(canvas, left, top, width, height);
    }
    canvas.put(format_args!("</g>\n"));
}

/// Writes start and end at the edges and round times between them.
fn axis(canvas: &mut Canvas, plot: &Plot, window: Window) {
    let y = plot.bottom + 22.0;
    let (start, end) = (window.edge(window.start), window.edge(window.end));
    canvas.text(plot.left, y, Type::LABEL, &start);
    canvas.text(plot.right, y, Type::LABEL.anchored(Anchor::End), &end);
    let free = plot.left + Type::LABEL.width(&start) + 14.0..plot.right - Type::LABEL.width(&end) - 14.0;
    for tick in window.ticks(8) {
        let x = plot.x(window.fraction(tick.at));
        let half = Type::LABEL.width(&tick.label) / 2.0;
        if free.contains(&(x - half)) && free.contains(&(x + half)) {
            canvas.text(x, y, Type::LABEL.anchored(Anchor::Middle), &tick.label);
        }
    }
}
