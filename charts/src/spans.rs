//! The timeline cut into columns, so that a drawing is as large as its width and not as its history.

use crate::time::Window;
use crate::{Span, State, TimelineChart};

/// Neighbouring columns that show the same span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// First column.
    pub(crate) first: usize,
    /// Column after the last.
    pub(crate) after: usize,
    /// The span they show, clipped to the period.
    pub(crate) span: Span,
}

/// The runs left to right. Where spans share a column the worst state is shown, and every span takes at least `least` columns, so
/// that a short outage stays visible in a long period.
pub(crate) fn runs(chart: &TimelineChart, columns: usize, least: usize) -> Vec<Run> {
    let window = Window::new(chart.start_ms, chart.end_ms);
    let mut shown: Vec<Option<Span>> = vec![None; columns];
    for span in clipped(chart) {
        let first = column(window.fraction(span.start_ms), columns);
        let after = column(window.fraction(span.end_ms), columns);
        let least = if span.state == State::Down || span.state == State::Degraded { least } else { 1 };
        let after = after.max(first + least).min(columns);
        let first = first.min(after.saturating_sub(least));
        for place in shown.iter_mut().take(after).skip(first) {
            if place.is_none_or(|there| there.state.severity() < span.state.severity()) {
                *place = Some(span);
            }
        }
    }
    let mut runs: Vec<Run> = Vec::new();
    for (index, span) in shown.into_iter().enumerate() {
        let Some(span) = span else { continue };
        match runs.last_mut() {
            Some(run) if run.after == index && run.span == span => run.after += 1,
            _ => runs.push(Run { first: index, after: index + 1, span }),
        }
    }
    runs
}

/// How long each state that occurs lasted within the period, in milliseconds and in spans, in the order of [`State::ALL`].
pub(crate) fn totals(chart: &TimelineChart) -> Vec<(State, i64, usize)> {
    let spans: Vec<Span> = clipped(chart).collect();
    State::ALL
        .into_iter()
        .filter_map(|state| {
            let of_state = || spans.iter().filter(move |span| span.state == state);
            let length = of_state().fold(0_i64, |sum, span| sum.saturating_add(span.end_ms - span.start_ms));
            (of_state().count() > 0).then(|| (state, length, of_state().count()))
        })
        .collect()
}

/// The spans cut to the period, without those that lie outside or end before they start.
fn clipped(chart: &TimelineChart) -> impl Iterator<Item = Span> {
    let window = Window::new(chart.start_ms, chart.end_ms);
    chart
        .spans
        .iter()
        .filter(move |span| span.start_ms <= span.end_ms && span.start_ms < window.end && span.end_ms >= window.start)
        .map(move |span| Span {
            start_ms: span.start_ms.max(window.start),
            end_ms: span.end_ms.min(window.end),
            state: span.state,
        })
}

fn column(fraction: f64, columns: usize) -> usize {
    (fraction * columns as f64).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(spans: &[(i64, i64, State)]) -> TimelineChart {
        let spans = spans.iter().map(|&(start_ms, end_ms, state)| Span { start_ms, end_ms, state }).collect();
        TimelineChart { title: String::new(), start_ms: 0, end_ms: 100_000, spans }
    }

    fn columns(chart: &TimelineChart) -> Vec<(usize, usize, State)> {
        runs(chart, 100, 2).into_iter().map(|run| (run.first, run.after, run.span.state)).collect()
    }

    #[test]
    fn spans_are_clipped_to_the_period() {
        let clipped =
            chart(&[(-9_000, 50_000, State::Up), (90_000, i64::MAX, State::Paused), (200_000, 300_000, State::Down)]);
        assert_eq!(columns(&clipped), [(0, 50, State::Up), (90, 100, State::Paused)]);
        assert_eq!(totals(&clipped), [(State::Up, 50_000, 1), (State::Paused, 10_000, 1)]);
    }

    #[test]
    fn an_outage_of_a_moment_is_seen_even_at_the_very_end() {
        let short = chart(&[(0, 100_000, State::Up), (30_000, 30_000, State::Down), (99_999, 100_000, State::Down)]);
        let expected = [(0, 30, State::Up), (30, 32, State::Down), (32, 98, State::Up), (98, 100, State::Down)];
        assert_eq!(columns(&short), expected);
    }

    #[test]
    fn backward_spans_and_no_spans_show_nothing() {
        assert_eq!(columns(&chart(&[(50_000, 10_000, State::Down)])), []);
        assert_eq!(totals(&chart(&[])), []);
    }
}
