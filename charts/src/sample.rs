//! Fewer points for the same picture.

use crate::scale::drawable;
use crate::time::Window;
use crate::{Bar, Point};

/// A point that will be drawn; `None` breaks the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) at: i64,
    pub(crate) value: Option<f64>,
}

/// The points within the period in order of time. When there are more than two per column, each column keeps its smallest and
/// its largest value, so that no spike is lost, and is a gap only if nothing in it has a value.
pub(crate) fn samples(points: &[Point], window: Window, columns: usize) -> Vec<Sample> {
    let mut all: Vec<Sample> = points
        .iter()
        .filter(|point| window.contains(point.at_ms))
        .map(|point| Sample { at: point.at_ms, value: drawable(point.value) })
        .collect();
    if !all.is_sorted_by_key(|sample| sample.at) {
        all.sort_by_key(|sample| sample.at);
    }
    if all.len() <= 2 * columns {
        return all;
    }
    all.chunk_by(|one, other| column(one, window, columns) == column(other, window, columns))
        .flat_map(extremes)
        .collect()
}

/// The stretches without a value, each from the last value before it to the first after it.
pub(crate) fn gaps(samples: &[Sample]) -> Vec<(i64, i64)> {
    let mut gaps = Vec::new();
    let mut previous: Option<Sample> = None;
    let mut open: Option<i64> = None;
    for sample in samples {
        match (sample.value, open) {
            (None, None) => open = Some(previous.map_or(sample.at, |previous| previous.at)),
            (Some(_), Some(start)) => {
                gaps.push((start, sample.at));
                open = None;
            }
            _ => {}
        }
        previous = Some(*sample);
    }
    if let (Some(start), Some(last)) = (open, previous) {
        gaps.push((start, last.at));
    }
    gaps
}

/// The highest of each `group` neighbours (of equals the first) with the value to draw; a group without a value is its first bar.
pub(crate) fn highest(bars: &[Bar], group: usize) -> Vec<(&Bar, Option<f64>)> {
    let chunks = bars.chunks(group.max(1));
    chunks
        .filter_map(|chunk| {
            let valued = chunk.iter().rev().filter_map(|bar| Some((bar, drawable(bar.value)?)));
            let highest = valued.max_by(|one, other| one.1.total_cmp(&other.1)).map(|(bar, value)| (bar, Some(value)));
            highest.or(chunk.first().map(|bar| (bar, None)))
        })
        .collect()
}

fn column(sample: &Sample, window: Window, columns: usize) -> usize {
    (window.fraction(sample.at) * columns as f64) as usize
}

fn extremes(samples: &[Sample]) -> Vec<Sample> {
    let valued = || samples.iter().filter_map(|sample| sample.value.map(|value| (*sample, value)));
    let low = valued().min_by(|one, other| one.1.total_cmp(&other.1));
    let high = valued().max_by(|one, other| one.1.total_cmp(&other.1));
    match (low, high) {
        (Some((low, _)), Some((high, _))) if low == high => vec![low],
        (Some((low, _)), Some((high, _))) if low.at <= high.at => vec![low, high],
        (Some((low, _)), Some((high, _))) => vec![high, low],
        _ => samples.first().copied().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: impl Iterator<Item = Option<f64>>) -> Vec<Point> {
        values.zip(0..).map(|(value, at_ms)| Point { at_ms, value }).collect()
    }

    #[test]
    fn ten_thousand_points_become_two_per_column_and_keep_the_spikes() {
        let mut many = points((0..10_000).map(|at| Some(f64::from(at % 50))));
        many[7_777].value = Some(9_000.0);
        many[1_234].value = Some(-5.0);
        let kept = samples(&many, Window::new(0, 9_999), 300);
        assert!(kept.len() <= 2 * 301, "{}", kept.len());
        assert!(kept.contains(&Sample { at: 7_777, value: Some(9_000.0) }));
        assert!(kept.contains(&Sample { at: 1_234, value: Some(-5.0) }));
        assert!(kept.is_sorted_by_key(|sample| sample.at));
    }

    #[test]
    fn a_gap_reaches_from_value_to_value() {
        let some = points([None, Some(1.0), None, None, Some(f64::NAN), Some(2.0), Some(3.0), None].into_iter());
        assert_eq!(gaps(&samples(&some, Window::new(0, 2_000), 300)), [(0, 1), (1, 5), (6, 7)]);
    }

    #[test]
    fn a_wide_gap_stays_when_points_are_dropped() {
        let many = points((0..10_000).map(|at| Some(1.0).filter(|_| !(4_000..6_000).contains(&at))));
        let kept = samples(&many, Window::new(0, 9_999), 300);
        let [(start, end)] = gaps(&kept)[..] else { panic!("one gap, got {:?}", gaps(&kept)) };
        assert!((3_900..=4_000).contains(&start) && (6_000..6_100).contains(&end), "{start} to {end}");
    }

    #[test]
    fn points_outside_the_period_are_left_out_and_the_rest_is_sorted() {
        let mixed =
            [(5_000, 1.0), (100, 2.0), (50, 3.0), (-1, 4.0)].map(|(at_ms, value)| Point { at_ms, value: Some(value) });
        let kept: Vec<i64> = samples(&mixed, Window::new(0, 1_000), 300).into_iter().map(|sample| sample.at).collect();
        assert_eq!(kept, [50, 100]);
    }
}
