//! The SVG rasterised, with the embedded font and no other.

use std::sync::{Arc, OnceLock};

use resvg::usvg::{self, Options, Tree, fontdb};
use resvg::{render, tiny_skia};

use crate::{Chart, Theme};

const REGULAR: &[u8] = include_bytes!("../assets/Inter-Regular.subset.otf");
const SEMI_BOLD: &[u8] = include_bytes!("../assets/Inter-SemiBold.subset.otf");

const SCALES: std::ops::RangeInclusive<f32> = 0.1..=4.0;

/// Why a PNG could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// The scale asked for is out of range.
    #[error("the scale of a PNG must be between 0.1 and 4, not {0}")]
    Scale(f32),
    /// The drawing could not be read back; a fault of this crate.
    #[error("the chart's SVG could not be read")]
    Svg(#[from] usvg::Error),
    /// The pixels could not be allocated or encoded.
    #[error("the chart's pixels could not be encoded")]
    Encode,
}

pub(crate) fn draw(chart: &Chart, theme: Theme, scale: f32) -> Result<Vec<u8>, PngError> {
    if !SCALES.contains(&scale) {
        return Err(PngError::Scale(scale));
    }
    let theme = if theme == Theme::Auto { Theme::Light } else { theme };
    let options = Options { fontdb: fonts(), font_family: "Inter".to_owned(), ..Options::default() };
    let tree = Tree::from_str(&chart.svg(theme), &options)?;
    let size = tree.size().to_int_size().scale_by(scale).ok_or(PngError::Encode)?;
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).ok_or(PngError::Encode)?;
    render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|_| PngError::Encode)
}

fn fonts() -> Arc<fontdb::Database> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let load = || {
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(REGULAR.to_vec());
        fonts.load_font_data(SEMI_BOLD.to_vec());
        // Every generic family is the embedded one, so that no name in the SVG leads elsewhere.
        fonts.set_sans_serif_family("Inter");
        Arc::new(fonts)
    };
    FONTS.get_or_init(load).clone()
}
