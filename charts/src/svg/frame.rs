//! What all charts share: header, legend, axes.

use super::canvas::{Anchor, Canvas, Px, Type, WIDTH, escape};
use super::theme::Ink;
use crate::Unit;
use crate::alt::NO_DATA;
use crate::format::tick;
use crate::scale::Scale;
use crate::time::Window;

/// Space between the card's edge and what is in it.
pub(crate) const PAD: f64 = 22.0;

/// From a legend entry's left edge to its text.
const TEXT_OFFSET: f64 = 19.0;
/// Space between legend entries.
const ENTRY_GAP: f64 = 22.0;
/// Room for a name in a legend.
const LONGEST_NAME: f64 = 150.0;

/// The rectangle in which values are drawn.
#[derive(Clone, Copy)]
pub(crate) struct Plot {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

impl Plot {
    pub(crate) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn x(&self, fraction: f64) -> f64 {
        self.left + fraction * self.width()
    }

    pub(crate) fn y(&self, fraction: f64) -> f64 {
        self.bottom - fraction * (self.bottom - self.top)
    }
}

/// Draws the title and, at the right, what it is about (a period).
pub(crate) fn header(canvas: &mut Canvas, title: &str, aside: &str) {
    let aside_width = Type::LABEL.width(aside);
    let room = WIDTH - 2.0 * PAD - aside_width - 24.0;
    canvas.text(PAD, 33.0, Type::TITLE, &Type::TITLE.fit(title, room));
    if !aside.is_empty() {
        canvas.text(WIDTH - PAD, 33.0, Type::LABEL.anchored(Anchor::End), aside);
    }
}

/// One entry of a legend.
pub(crate) struct Entry {
    pub(crate) mark: Mark,
    pub(crate) ink: Ink,
    pub(crate) name: String,
    pub(crate) note: String,
}

/// The sign before a legend entry.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    /// A short line of this width.
    Line(f64),
    /// A block of this height, hatched or not.
    Block(f64, bool),
}

/// Draws the legend from left to right with its text on the baseline `y`. Where there is no room for all notes there are none, and
/// entries that do not fit even so are counted.
pub(crate) fn legend(canvas: &mut Canvas, y: f64, entries: &[Entry]) {
    let room = WIDTH - 2.0 * PAD;
    let has_notes = entries.iter().map(|entry| entry_width(entry, true)).sum::<f64>() - ENTRY_GAP <= room;
    let mut x = PAD;
    for (index, entry) in entries.iter().enumerate() {
        let width = entry_width(entry, has_notes);
        let remaining = entries.len() - index;
        let kept_free = if remaining > 1 { 40.0 } else { 0.0 };
        if index > 0 && x + width - ENTRY_GAP + kept_free > PAD + room {
            canvas.text(x, y, Type::LABEL, &format!("+{remaining} more"));
            return;
        }
        mark(canvas, x, y - 4.0, entry);
        let (name_paint, note_paint) = (canvas.paint(Ink::Title), canvas.paint(Ink::Label));
        // One text element, so that the note follows the name in whatever font is used.
        canvas.put(format_args!(
            "<text x=\"{}\" y=\"{}\" font-size=\"11\" fill=\"{name_paint}\">{} <tspan fill=\"{note_paint}\">{}</tspan></text>\n",
            Px(x + TEXT_OFFSET),
            Px(y),
            escape(&Type::LABEL.fit(&entry.name, LONGEST_NAME)),
            escape(if has_notes || entry.name.is_empty() { &entry.note } else { "" })
        ));
        x += width;
    }
}

/// Width of an entry with the gap after it.
fn entry_width(entry: &Entry, has_notes: bool) -> f64 {
    let note = if has_notes || entry.name.is_empty() { Type::LABEL.width(&entry.note) + 4.0 } else { 0.0 };
    TEXT_OFFSET + Type::LABEL.width(&Type::LABEL.fit(&entry.name, LONGEST_NAME)) + note + ENTRY_GAP
}

fn mark(canvas: &mut Canvas, x: f64, middle: f64, entry: &Entry) {
    let paint = canvas.paint(entry.ink);
    match entry.mark {
        Mark::Line(width) => canvas.put(format_args!(
            "<path d=\"M{} {}h12\" stroke=\"{paint}\" stroke-width=\"{width}\" stroke-linecap=\"round\"/>\n",
            Px(x + 1.0),
            Px(middle)
        )),
        Mark::Block(height, hatched) => {
            let top = middle - height / 2.0;
            // The shade of missing data is too faint to be seen small without an outline.
            let outline =
                if entry.ink == Ink::Void { format!(" stroke=\"{}\"", canvas.paint(Ink::Axis)) } else { String::new() };
            canvas.put(format_args!(
                "<rect x=\"{}\" y=\"{}\" width=\"12\" height=\"{}\" rx=\"2\" fill=\"{paint}\"{outline}/>\n",
                Px(x + 1.0),
                Px(top),
                Px(height)
            ));
            if hatched {
                hatch(canvas, x + 1.0, top, 12.0, height);
            }
        }
    }
}

/// Draws slanted lines in the card's colour over a rectangle: the second sign, beside colour, that something is down. Plain lines
/// and no pattern, for a pattern needs an id, and ids clash when two charts stand in one page.
pub(crate) fn hatch(canvas: &mut Canvas, x: f64, y: f64, width: f64, height: f64) {
    use std::fmt::Write;
    const SPACING: f64 = 6.0;
    let mut path = String::new();
    let mut offset = SPACING / 2.0;
    while offset < width + height {
        let (x1, y1) = (x + offset.min(width), y + (offset - width).max(0.0));
        let (x2, y2) = (x + (offset - height).max(0.0), y + offset.min(height));
        let _ = write!(path, "M{} {}L{} {}", Px(x1), Px(y1), Px(x2), Px(y2));
        offset += SPACING;
    }
    let paint = canvas.paint(Ink::Card);
    canvas.put(format_args!("<path d=\"{path}\" stroke=\"{paint}\" stroke-width=\"1.3\" stroke-opacity=\"0.65\"/>\n"));
}

/// Draws grid lines and labels of the value axis and returns the plot right of them.
pub(crate) fn value_axis(canvas: &mut Canvas, unit: Unit, scale: Scale, top: f64, bottom: f64) -> Plot {
    let labels: Vec<(f64, String)> =
        scale.ticks().map(|at| (scale.fraction(at), tick(unit, at, scale.largest(), scale.step))).collect();
    let widest = labels.iter().map(|(_, label)| Type::LABEL.width(label)).fold(0.0, f64::max);
    let plot = Plot { left: (PAD + widest + 10.0).round(), right: WIDTH - PAD, top, bottom };
    for (fraction, label) in &labels {
        let y = plot.y(*fraction);
        canvas.text(plot.left - 10.0, y + 4.0, Type::LABEL.anchored(Anchor::End), label);
        canvas.rule(y, plot.left, plot.right, Ink::Grid);
    }
    plot
}

/// Draws labels of the time axis under the plot.
pub(crate) fn time_axis(canvas: &mut Canvas, plot: &Plot, window: Window) {
    for tick in window.ticks(8) {
        let x = plot.x(window.fraction(tick.at));
        let half = Type::LABEL.width(&tick.label) / 2.0;
        let paint = canvas.paint(Ink::Axis);
        canvas.put(format_args!("<path d=\"M{} {}v5\" stroke=\"{paint}\"/>\n", Px(x.floor() + 0.5), Px(plot.bottom)));
        if x - half > 4.0 && x + half < WIDTH - 4.0 {
            canvas.text(x, plot.bottom + 19.0, Type::LABEL.anchored(Anchor::Middle), &tick.label);
        }
    }
}

/// Shades a whole plot and says in its middle that there is nothing to draw; an axis would only pretend to a scale.
pub(crate) fn empty(canvas: &mut Canvas, top: f64, bottom: f64) -> Plot {
    let plot = Plot { left: PAD, right: WIDTH - PAD, top, bottom };
    let paint = canvas.paint(Ink::Void);
    canvas.put(format_args!(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\" fill=\"{paint}\"/>\n",
        Px(plot.left),
        Px(top),
        Px(plot.width()),
        Px(bottom - top)
    ));
    let style = Type { size: 13.0, ..Type::LABEL }.anchored(Anchor::Middle);
    canvas.text(plot.x(0.5), plot.y(0.5) + 4.0, style, NO_DATA);
    plot
}
