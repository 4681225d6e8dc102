//! One value per label.

use super::Theme;
use super::canvas::{Anchor, Canvas, Px, Type, escape};
use super::frame::{self, Plot};
use super::theme::Ink;
use crate::alt::NO_DATA;
use crate::format::value;
use crate::label::clean;
use crate::sample::highest;
use crate::scale::Scale;
use crate::{BarChart, Unit};

const HEIGHT: f64 = 240.0;
const TOP: f64 = 62.0;
const BOTTOM: f64 = HEIGHT - 40.0;
/// More bars than this are drawn in groups of neighbours, of which the highest is shown.
const MOST_BARS: usize = 200;
const WIDEST_BAR: f64 = 44.0;

/// What the bars share.
struct Columns {
    plot: Plot,
    scale: Scale,
    unit: Unit,
    /// Width from one bar to the next.
    slot: f64,
}

/// A bar as it is drawn: one of the chart's, or the highest of neighbours.
struct Column<'a> {
    /// Its middle.
    x: f64,
    label: &'a str,
    detail: Option<&'a str>,
    value: Option<f64>,
}

pub(crate) fn draw(chart: &BarChart, theme: Theme, alt: &str) -> String {
    let group = chart.bars.len().div_ceil(MOST_BARS).max(1);
    let shown = highest(&chart.bars, group);
    let values = shown.iter().filter_map(|(_, value)| *value);

    let mut canvas = Canvas::new(theme, HEIGHT, &clean(&chart.title), alt);
    if values.clone().next().is_none() {
        frame::header(&mut canvas, &chart.title, "");
        frame::empty(&mut canvas, TOP, BOTTOM);
        return canvas.finish();
    }
    let notes = [
        (group > 1).then(|| format!("each bar: the highest of {group}")),
        shown.iter().any(|(_, value)| value.is_none()).then(|| "shaded: no data".to_owned()),
    ];
    frame::header(&mut canvas, &chart.title, &notes.into_iter().flatten().collect::<Vec<_>>().join(" · "));
    let scale = Scale::new(values, chart.unit, 4.0);
    let plot = frame::value_axis(&mut canvas, chart.unit, scale, TOP, BOTTOM);
    let columns = Columns { plot, scale, unit: chart.unit, slot: plot.width() / shown.len().max(1) as f64 };
    let placed = shown.iter().zip(0_u32..).map(|((bar, value), index)| Column {
        x: plot.left + columns.slot * (f64::from(index) + 0.5),
        label: &bar.label,
        detail: bar.detail.as_deref(),
        value: *value,
    });
    let placed: Vec<Column<'_>> = placed.collect();
    // Of equal bars the first is the peak: `max_by` alone would take the last.
    let peak = placed
        .iter()
        .rev()
        .filter_map(|column| Some((column, column.value?)))
        .max_by(|one, other| one.1.total_cmp(&other.1));

    for column in &placed {
        columns.draw(&mut canvas, column, peak.is_some_and(|(peak, _)| std::ptr::eq(peak, column)));
    }
    canvas.rule(plot.y(scale.fraction(0.0)), plot.left, plot.right, Ink::Axis);
    if let Some((column, value)) = peak {
        columns.peak_label(&mut canvas, column.x, value);
    }
    columns.labels(&mut canvas, &placed);
    canvas.finish()
}

impl Columns {
    fn draw(&self, canvas: &mut Canvas, column: &Column<'_>, is_peak: bool) {
        let Plot { top, bottom, .. } = self.plot;
        let left = column.x - self.slot / 2.0;
        let amount = column.value.map_or(NO_DATA.to_owned(), |amount| value(self.unit, amount));
        let detail = column.detail.map(|detail| format!(" · {}", clean(detail))).unwrap_or_default();
        let tooltip = format!("{}: {amount}{detail}", clean(column.label));
        // The whole slot answers the pointer, so that low bars have a tooltip too; without data it is shaded.
        let fill = if column.value.is_some() {
            "fill-opacity=\"0\"".to_owned()
        } else {
            format!("fill=\"{}\"", canvas.paint(Ink::Void))
        };
        canvas.put(format_args!(
            "<g><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {fill}/>",
            escape(&tooltip),
            Px(left),
            Px(top),
            Px(self.slot),
            Px(bottom - top)
        ));
        if let Some(shape) = column.value.and_then(|amount| self.shape(column.x, amount)) {
            let paint = canvas.paint(Ink::Series(if is_peak { 0 } else { 1 }));
            canvas.put(format_args!("<path d=\"{shape}\" fill=\"{paint}\"/>"));
        }
        canvas.put(format_args!("</g>\n"));
    }

    /// The outline of a bar, rounded at its far end; `None` for zero. What is not zero is at least a pixel high.
    fn shape(&self, x: f64, amount: f64) -> Option<String> {
        if amount == 0.0 {
            return None;
        }
        let width = (self.slot * 0.7).min(WIDEST_BAR);
        let foot = self.plot.y(self.scale.fraction(0.0));
        let height = foot - self.plot.y(self.scale.fraction(amount));
        let height = if height.abs() < 1.0 { amount.signum() } else { height };
        let radius = (width / 2.0).min(height.abs()).min(4.0);
        let (left, right, end) = (x - width / 2.0, x + width / 2.0, foot - height);
        let shoulder = end + radius * height.signum();
        Some(format!(
            "M{} {}V{}Q{} {} {} {}H{}Q{} {} {} {}V{}Z",
            Px(left),
            Px(foot),
            Px(shoulder),
            Px(left),
            Px(end),
            Px(left + radius),
            Px(end),
            Px(right - radius),
            Px(right),
            Px(end),
            Px(right),
            Px(shoulder),
            Px(foot)
        ))
    }

    /// Writes its value above the highest bar.
    fn peak_label(&self, canvas: &mut Canvas, x: f64, amount: f64) {
        let style = Type { ink: Ink::Title, bold: true, ..Type::LABEL }.anchored(Anchor::Middle);
        let text = value(self.unit, amount);
        let half = style.width(&text) / 2.0;
        let y = self.plot.y(self.scale.fraction(amount.max(0.0))) - 6.0;
        canvas.text(x.clamp(self.plot.left + half, self.plot.right - half), y, style, &text);
    }

    /// Writes as many labels as there is room for, evenly from the first.
    fn labels(&self, canvas: &mut Canvas, columns: &[Column<'_>]) {
        let style = Type::LABEL.anchored(Anchor::Middle);
        let room = self.slot.clamp(70.0, 160.0) - 6.0;
        let labels: Vec<String> = columns.iter().map(|column| style.fit(column.label, room)).collect();
        let widest = labels.iter().map(|label| style.width(label)).fold(0.0, f64::max) + 6.0;
        let mut free_from = 0.0;
        for (column, label) in columns.iter().zip(&labels) {
            if column.x - widest / 2.0 >= free_from {
                canvas.text(column.x, self.plot.bottom + 19.0, style, label);
                free_from = column.x + widest / 2.0;
            }
        }
    }
}
