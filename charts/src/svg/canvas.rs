//! The SVG writer: every number and every text goes through it.

use std::fmt::{self, Write};

use super::theme::{Ink, Paint, Theme};
use crate::label::clean;

/// Width of every chart, in SVG units.
pub(crate) const WIDTH: f64 = 720.0;

/// A document being written.
pub(crate) struct Canvas {
    theme: Theme,
    out: String,
}

/// How a text is set.
#[derive(Clone, Copy)]
pub(crate) struct Type {
    pub(crate) size: f64,
    pub(crate) ink: Ink,
    pub(crate) anchor: Anchor,
    pub(crate) bold: bool,
}

/// Which end of a text stands at its position.
#[derive(Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Type {
    /// Small grey type for axes and legends.
    pub(crate) const LABEL: Self = Self { size: 11.0, ink: Ink::Label, anchor: Anchor::Start, bold: false };
    /// The chart's title.
    pub(crate) const TITLE: Self = Self { size: 15.0, ink: Ink::Title, anchor: Anchor::Start, bold: true };

    pub(crate) fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    /// About how wide a text will be; the reader's font is not known, so a little more than Inter needs.
    pub(crate) fn width(self, text: &str) -> f64 {
        let ems: f64 = text.chars().map(ems).sum();
        ems * self.size * if self.bold { 1.05 } else { 1.0 }
    }

    /// The text cut with an ellipsis to what fits.
    pub(crate) fn fit(self, text: &str, width: f64) -> String {
        let mut text = clean(text);
        if self.width(&text) <= width {
            return text;
        }
        while !text.is_empty() && self.width(&text) + self.size > width {
            text.pop();
        }
        text.truncate(text.trim_end().len());
        text.push('…');
        text
    }
}

fn ems(character: char) -> f64 {
    use unicode_width::UnicodeWidthChar;
    match character {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | '·' => 0.28,
        't' | 'f' | 'r' | '1' | '(' | ')' => 0.4,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.9,
        character if character.is_uppercase() => 0.7,
        character => [0.0, 0.6, 1.05][character.width().unwrap_or(0).min(2)],
    }
}

impl Canvas {
    /// Starts a document with its card, name and description.
    pub(crate) fn new(theme: Theme, height: f64, title: &str, description: &str) -> Self {
        let mut canvas = Self { theme, out: String::new() };
        canvas.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ww-chart\" role=\"img\" width=\"100%\" viewBox=\"0 0 {WIDTH} {height}\" \
             font-family=\"Inter, &quot;DejaVu Sans&quot;, system-ui, sans-serif\">\n\
             <title>{}</title>\n<desc>{}</desc>\n{}",
            escape(title),
            escape(description),
            theme.style()
        ));
        canvas.put(format_args!(
            "<rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"10\" fill=\"{}\" stroke=\"{}\"/>\n",
            WIDTH - 1.0,
            height - 1.0,
            theme.paint(Ink::Card),
            theme.paint(Ink::Border)
        ));
        canvas
    }

    pub(crate) fn paint(&self, ink: Ink) -> Paint {
        self.theme.paint(ink)
    }

    /// Writes markup as it is; texts in it must have gone through [`escape`], numbers through [`Px`].
    pub(crate) fn put(&mut self, markup: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.out.write_fmt(markup);
    }

    pub(crate) fn text(&mut self, x: f64, y: f64, style: Type, text: &str) {
        let anchor = match style.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let weight = if style.bold { " font-weight=\"600\"" } else { "" };
        self.put(format_args!(
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{}\"{anchor}{weight}>{}</text>\n",
            Px(x),
            Px(y),
            style.size,
            self.theme.paint(style.ink),
            escape(text)
        ));
    }

    pub(crate) fn rule(&mut self, y: f64, from: f64, to: f64, ink: Ink) {
        let paint = self.paint(ink);
        self.put(format_args!("<path d=\"M{} {}H{}\" stroke=\"{paint}\"/>\n", Px(from), Px(y.floor() + 0.5), Px(to)));
    }

    pub(crate) fn finish(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }
}

/// A coordinate: one decimal, never in a form that SVG does not know.
pub(crate) struct Px(pub(crate) f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = if self.0.is_finite() { (self.0 * 10.0).round() } else { 0.0 };
        write!(f, "{}", tenths / 10.0 + 0.0)
    }
}

/// The text as XML character data, also fit for attributes; what XML cannot carry is dropped.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => escaped.push(' '),
            '\u{FFFE}' | '\u{FFFF}' => {}
            character if character.is_control() => {}
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            character => escaped.push(character),
        }
    }
    escaped
}
