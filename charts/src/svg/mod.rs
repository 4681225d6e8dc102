//! Charts as SVG, written by hand for full control of the look. Nothing in it needs an id, a script or a file from elsewhere, so
//! several can stand in one page, and only [`Theme::Auto`] has a style sheet.

mod bars;
mod canvas;
mod frame;
mod line;
mod theme;
mod timeline;

pub use theme::Theme;

use crate::Chart;

pub(crate) fn draw(chart: &Chart, theme: Theme) -> String {
    let alt = chart.alt();
    match chart {
        Chart::Line(chart) => line::draw(chart, theme, &alt),
        Chart::Bars(chart) => bars::draw(chart, theme, &alt),
        Chart::Timeline(chart) => timeline::draw(chart, theme, &alt),
    }
}
