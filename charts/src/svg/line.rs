//! Values over time.

use std::fmt::Write;

use super::Theme;
use super::canvas::{Canvas, Px, escape};
use super::frame::{self, Entry, Mark, Plot};
use super::theme::Ink;
use crate::alt::Extent;
use crate::format::value;
use crate::label::clean;
use crate::sample::{Sample, gaps, samples};
use crate::scale::Scale;
use crate::time::Window;
use crate::{LineChart, Unit};

const HEIGHT: f64 = 290.0;
const TOP: f64 = 78.0;
const BOTTOM: f64 = HEIGHT - 40.0;
/// Two samples per column of the plot.
const COLUMNS: usize = 640;
/// Up to so many points get a tooltip each; with more they could not be hit.
const MOST_TOOLTIPS: usize = 200;

/// A series as it is drawn.
struct Line<'a> {
    index: usize,
    name: &'a str,
    samples: Vec<Sample>,
}

pub(crate) fn draw(chart: &LineChart, theme: Theme, alt: &str) -> String {
    let window = Window::new(chart.start_ms, chart.end_ms);
    let lines: Vec<Line<'_>> = chart
        .series
        .iter()
        .enumerate()
        .map(|(index, series)| Line { index, name: &series.name, samples: samples(&series.points, window, COLUMNS) })
        .collect();
    let values = lines.iter().flat_map(|line| &line.samples).filter_map(|sample| sample.value);

    let mut canvas = Canvas::new(theme, HEIGHT, &clean(&chart.title), alt);
    frame::header(&mut canvas, &chart.title, &window.label());
    if values.clone().next().is_none() {
        let plot = frame::empty(&mut canvas, TOP, BOTTOM);
        frame::time_axis(&mut canvas, &plot, window);
        return canvas.finish();
    }
    let scale = Scale::new(values, chart.unit, 4.0);
    let plot = frame::value_axis(&mut canvas, chart.unit, scale, TOP, BOTTOM);
    let has_gaps = lines.first().is_some_and(|front| voids(&mut canvas, &plot, window, &front.samples));
    frame::legend(&mut canvas, 57.0, &entries(chart, window, has_gaps));
    let place = |sample: &Sample| Some((plot.x(window.fraction(sample.at)), plot.y(scale.fraction(sample.value?))));
    let foot = plot.y(scale.fraction(0.0));
    for line in lines.iter().rev() {
        stroke(&mut canvas, line, lines.len(), foot, &place);
    }
    for line in lines.iter().rev().filter(|line| line.samples.len() <= MOST_TOOLTIPS) {
        tooltips(&mut canvas, line, chart.unit, window, &place);
    }
    canvas.rule(foot, plot.left, plot.right, Ink::Axis);
    frame::time_axis(&mut canvas, &plot, window);
    canvas.finish()
}

fn entries(chart: &LineChart, window: Window, has_gaps: bool) -> Vec<Entry> {
    let series = chart.series.iter().enumerate().filter_map(|(index, series)| {
        let extent = Extent::of_series(series, window)?;
        let note = format!("last {} · highest {}", value(chart.unit, extent.last), value(chart.unit, extent.high));
        Some(Entry { mark: Mark::Line(3.0), ink: Ink::Series(index), name: series.name.clone(), note })
    });
    let void =
        Entry { mark: Mark::Block(10.0, false), ink: Ink::Void, name: String::new(), note: "no data".to_owned() };
    series.chain(has_gaps.then_some(void)).collect()
}

/// Shades the stretches without data and says whether there are any.
fn voids(canvas: &mut Canvas, plot: &Plot, window: Window, front: &[Sample]) -> bool {
    let gaps = gaps(front);
    for (start, end) in &gaps {
        let (from, to) = (plot.x(window.fraction(*start)), plot.x(window.fraction(*end)));
        let paint = canvas.paint(Ink::Void);
        canvas.put(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{paint}\"/>\n",
            Px(from),
            Px(plot.top),
            Px((to - from).max(1.0)),
            Px(plot.bottom - plot.top)
        ));
    }
    !gaps.is_empty()
}

/// Draws one series: the front line strong, those behind thin, and the hindmost with a soft fill down to zero.
fn stroke(
    canvas: &mut Canvas,
    line: &Line<'_>,
    count: usize,
    foot: f64,
    place: &impl Fn(&Sample) -> Option<(f64, f64)>,
) {
    let (mut path, mut area, mut dots) = (String::new(), String::new(), String::new());
    for part in line.samples.split(|sample| sample.value.is_none()) {
        let corners: Vec<(f64, f64)> = part.iter().filter_map(place).collect();
        let Some(first) = corners.first() else { continue };
        if corners.len() == 1 {
            let _ = write!(dots, "M{} {}h0", Px(first.0), Px(first.1));
            continue;
        }
        let mut trace = String::new();
        for (index, (x, y)) in corners.iter().enumerate() {
            let _ = write!(trace, "{}{} {}", if index == 0 { "" } else { "L" }, Px(*x), Px(*y));
        }
        let _ = write!(path, "M{trace}");
        let _ = write!(area, "M{} {}L{trace}V{foot}Z", Px(first.0), Px(foot), foot = Px(foot));
    }
    let paint = canvas.paint(Ink::Series(line.index));
    if line.index + 1 == count && !area.is_empty() {
        canvas.put(format_args!("<path d=\"{area}\" fill=\"{paint}\" fill-opacity=\"0.16\"/>\n"));
    }
    // Many corners close together turn a strong line into a smear.
    let width = match line.index {
        0 if line.samples.len() > COLUMNS => 1.6,
        0 => 2.2,
        _ => 1.3,
    };
    if !path.is_empty() {
        canvas.put(format_args!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"{paint}\" stroke-width=\"{width}\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n"
        ));
    }
    if !dots.is_empty() {
        canvas.put(format_args!(
            "<path d=\"{dots}\" stroke=\"{paint}\" stroke-width=\"{}\" stroke-linecap=\"round\"/>\n",
            width + 2.8
        ));
    }
}

fn tooltips(
    canvas: &mut Canvas,
    line: &Line<'_>,
    unit: Unit,
    window: Window,
    place: &impl Fn(&Sample) -> Option<(f64, f64)>,
) {
    let name = clean(line.name);
    canvas.put(format_args!("<g fill-opacity=\"0\">\n"));
    for sample in &line.samples {
        let (Some(amount), Some((x, y))) = (sample.value, place(sample)) else { continue };
        let text = format!("{name} {} · {} UTC", value(unit, amount), window.moment(sample.at));
        canvas.put(format_args!(
            "<circle cx=\"{}\" cy=\"{}\" r=\"5\"><title>{}</title></circle>\n",
            Px(x),
            Px(y),
            escape(text.trim())
        ));
    }
    canvas.put(format_args!("</g>\n"));
}
