//! One value per label: lying bars when they are few, standing ones when they are many.

use unicode_width::UnicodeWidthStr;

use super::header;
use crate::alt::NO_DATA;
use crate::format::{tick, value};
use crate::label::{fit, pad_left, pad_right};
use crate::sample::highest;
use crate::scale::{Scale, drawable};
use crate::{Bar, BarChart};

const MOST_LYING: usize = 16;
const ROWS: usize = 8;
const EIGHTHS_RIGHT: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const EIGHTHS_UP: [char; 8] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇'];

pub(crate) fn draw(chart: &BarChart, width: usize) -> Vec<String> {
    if chart.bars.iter().all(|bar| drawable(bar.value).is_none()) {
        let mut lines = header(&chart.title, "", width);
        lines.push(format!("  {NO_DATA}"));
        return lines;
    }
    if chart.bars.len() <= MOST_LYING { lying(chart, width) } else { standing(chart, width) }
}

/// A bar per line with its number; negative values have no bar but their number.
fn lying(chart: &BarChart, width: usize) -> Vec<String> {
    let mut lines = header(&chart.title, "", width);
    let names: Vec<String> = chart.bars.iter().map(|bar| fit(&bar.label, width / 4)).collect();
    let amounts: Vec<String> = chart.bars.iter().map(|bar| amount(chart, bar)).collect();
    let name_width = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let amount_width = amounts.iter().map(|amount| amount.width()).max().unwrap_or(0);
    let details: Vec<String> = chart
        .bars
        .iter()
        .map(|bar| bar.detail.as_deref().map(|detail| fit(detail, width / 4)).unwrap_or_default())
        .collect();
    let detail_width = details.iter().map(|detail| detail.width()).max().map_or(0, |width| width + 1);
    let room = width.saturating_sub(name_width + amount_width + detail_width + 3).max(4);
    let high = chart.bars.iter().filter_map(|bar| drawable(bar.value)).fold(0.0, f64::max);
    for (bar, ((name, amount), detail)) in chart.bars.iter().zip(names.iter().zip(&amounts).zip(&details)) {
        let drawn = drawable(bar.value).map_or_else(String::new, |value| lying_bar(value / high, room));
        let row = format!(
            "{} {} {} {detail}",
            pad_left(name, name_width),
            pad_right(&drawn, room),
            pad_left(amount, amount_width)
        );
        lines.push(row);
    }
    lines
}

fn amount(chart: &BarChart, bar: &Bar) -> String {
    drawable(bar.value).map_or("no data".to_owned(), |amount| value(chart.unit, amount))
}

/// A bar of this share of the room; what is not zero shows at least a sliver.
fn lying_bar(share: f64, room: usize) -> String {
    let eighths = eighths(share, room);
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(EIGHTHS_RIGHT[eighths % 8]);
    }
    bar
}

/// Standing bars, as many columns each as there is room for; of more bars than columns the highest of each group of neighbours.
fn standing(chart: &BarChart, width: usize) -> Vec<String> {
    let all = chart.bars.iter().filter_map(|bar| drawable(bar.value));
    let scale = Scale::new(all, chart.unit, 4.0);
    let high = scale.high.max(scale.step);
    let label = |share: f64| tick(chart.unit, high * share, high, scale.step / 2.0);
    let margin = label(1.0).width().max(label(0.5).width());
    let room = width - margin - 2;
    let group = chart.bars.len().div_ceil(room);
    let bars = highest(&chart.bars, group);
    let each = (room / bars.len().max(1)).clamp(1, 4);

    let aside = if group > 1 { format!("each bar: the highest of {group}") } else { String::new() };
    let mut lines = header(&chart.title, &aside, width);
    for row in (0..ROWS).rev() {
        let label = if row == ROWS - 1 {
            label(1.0)
        } else if row == ROWS / 2 - 1 {
            label(0.5)
        } else {
            String::new()
        };
        let edge = if label.is_empty() { '│' } else { '┤' };
        let cells = bars.iter().map(|(_, value)| standing_cell(value.map(|value| value / high), row, each));
        lines.push(format!("{} {edge}{}", pad_left(&label, margin), cells.collect::<String>()));
    }
    lines.push(format!("{} └{}", pad_left("0", margin), "─".repeat(bars.len() * each)));
    lines.push(format!("{}  {}", pad_left("", margin), ends(&chart.bars, bars.len() * each)));
    lines.extend(peak(chart, width));
    lines
}

/// One row of a bar: full, empty, or the eighths at its end; no data is a dot on the ground.
fn standing_cell(share: Option<f64>, row: usize, each: usize) -> String {
    let Some(share) = share else {
        return pad_right(if row == 0 { "·" } else { "" }, each);
    };
    let eighths = eighths(share, ROWS).saturating_sub(8 * row);
    let block = if eighths >= 8 { '█' } else { EIGHTHS_UP[eighths] };
    // A space between the bars, where they are wide enough to spare one.
    pad_right(&block.to_string().repeat(if each > 1 { each - 1 } else { 1 }), each)
}

/// The first and the last label at the two ends.
fn ends(bars: &[Bar], columns: usize) -> String {
    let first = bars.first().map(|bar| fit(&bar.label, columns / 2)).unwrap_or_default();
    let last = bars.last().map(|bar| fit(&bar.label, columns / 2)).unwrap_or_default();
    let room = columns.saturating_sub(first.width());
    format!("{first}{}", pad_left(&last, room))
}

fn peak(chart: &BarChart, width: usize) -> Option<String> {
    let (bar, value) = highest(&chart.bars, chart.bars.len()).into_iter().next()?;
    let missing = chart.bars.iter().filter(|bar| drawable(bar.value).is_none()).count();
    let gaps = if missing > 0 { format!(" · {missing} without data (·)") } else { String::new() };
    Some(fit(&format!("highest {} ({}){gaps}", crate::format::value(chart.unit, value?), fit(&bar.label, 24)), width))
}

fn eighths(share: f64, room: usize) -> usize {
    let eighths = (share.clamp(0.0, 1.0) * room as f64 * 8.0).round() as usize;
    if share > 0.0 { eighths.max(1) } else { 0 }
}
