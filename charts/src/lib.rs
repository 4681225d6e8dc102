//! The charts of Watchword: data in, drawings out, nothing else.
//!
//! A [`Chart`] is plain data, so a chat reply can carry it and every platform picks the drawing it can show: [`Chart::svg`] for
//! pages and documents, [`Chart::png`] for chats (the same SVG, rasterised with an embedded font), [`Chart::text`] for terminals
//! and [`Chart::alt`] for whoever does not see it. All four take any input: names are written by strangers and are cleaned and
//! escaped, numbers that are not finite count as missing, times outside the period are clipped, and the size of a drawing is
//! bounded by its width in pixels and not by the number of points.
//!
//! To add a kind of chart: its data in `model.rs`, a variant of [`Chart`], then follow the compiler to one file each in `svg/` and
//! `text/` and one function in `alt.rs`; add an example to `examples/gallery.rs` and look at it.

mod alt;
pub mod format;
mod label;
mod model;
mod png;
mod sample;
mod scale;
mod spans;
mod svg;
mod text;
mod time;

pub use model::{Bar, BarChart, Chart, LineChart, Point, Series, Span, State, TimelineChart, Unit};
pub use png::PngError;
pub use svg::Theme;

impl Chart {
    /// Returns the title as it was given, neither cleaned nor shortened.
    pub fn title(&self) -> &str {
        match self {
            Self::Line(chart) => &chart.title,
            Self::Bars(chart) => &chart.title,
            Self::Timeline(chart) => &chart.title,
        }
    }

    /// Draws the chart as a self-contained SVG document, 720 units wide and scaling to the width of what contains it.
    pub fn svg(&self, theme: Theme) -> String {
        svg::draw(self, theme)
    }

    /// Draws the chart as a PNG of `720 * scale` pixels width; 2 looks sharp in chats. [`Theme::Auto`] is drawn as light, for a
    /// picture cannot know what surrounds it.
    ///
    /// # Errors
    /// [`PngError::Scale`] when the scale is not between 0.1 and 4; the others when the drawing could not be rasterised.
    pub fn png(&self, theme: Theme, scale: f32) -> Result<Vec<u8>, PngError> {
        png::draw(self, theme, scale)
    }

    /// Draws the chart with Unicode blocks and braille dots for a terminal of `width` columns (taken as 40 to 240); no colours,
    /// no escape sequences, lines separated by `\n`.
    pub fn text(&self, width: usize) -> String {
        text::draw(self, width)
    }

    /// Says the chart in one sentence for screen readers: title, period, and smallest, largest and last values.
    pub fn alt(&self) -> String {
        alt::sentence(self)
    }
}
