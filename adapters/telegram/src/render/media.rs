//! Charts as pictures, files as documents.

use adapter_common::Units;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use charts::{Chart, Theme};

use super::html::clean;
use super::{Body, MAX_CAPTION, MAX_FILE};

/// Pixels for each unit of a chart: looks sharp on phones.
const SCALE: f32 = 2.0;

/// Columns of a chart that has to be drawn as text.
const TEXT_COLUMNS: usize = 40;

/// Longest name of a file, in characters.
const MAX_NAME: usize = 60;

/// A chart as a picture, else as text.
pub(super) fn chart(chart: &Chart) -> Result<Body, String> {
    let caption = Units::Utf16.shorten(&clean(&chart.alt()), MAX_CAPTION).into_owned();
    match chart.png(Theme::Light, SCALE) {
        Ok(png) => Ok(Body::Photo { png, caption }),
        Err(error) => {
            tracing::warn!(%error, "a chart could not be drawn as a picture");
            Err(super::blocks::code(&chart.text(TEXT_COLUMNS)))
        }
    }
}

/// A file as a document, else a line that says why there is none.
pub(super) fn file(name: &str, media_type: &str, data: &str) -> Result<Body, String> {
    let shown = file_name(name);
    match STANDARD.decode(data) {
        Err(_) => Err(format!("The file {shown} cannot be read.")),
        Ok(bytes) if bytes.is_empty() => Err(format!("The file {shown} is empty.")),
        Ok(bytes) if bytes.len() > MAX_FILE => Err(format!("The file {shown} is larger than Telegram takes (50 MB).")),
        Ok(bytes) => Ok(Body::Document { name: shown, media_type: media_type_of(media_type), bytes }),
    }
}

/// An answer that is too long for messages.
pub(super) fn whole(text: String) -> Body {
    Body::Document { name: "answer.txt".to_owned(), media_type: "text/plain".to_owned(), bytes: text.into_bytes() }
}

/// What can be sent as a file's name: no folder, nothing that would break the header it stands in.
fn file_name(name: &str) -> String {
    let safe = clean(name).replace(['/', '\\', '"', '\n', '`', '@'], "_");
    let extension = safe.rsplit_once('.').map_or("", |(_, extension)| extension);
    let short = match safe.chars().count() > MAX_NAME && extension.chars().count() < 10 {
        true => format!("{}….{extension}", Units::Chars.head(&safe, MAX_NAME - 12)),
        false => Units::Chars.head(&safe, MAX_NAME).to_owned(),
    };
    if short.trim().is_empty() { "file".to_owned() } else { short }
}

fn media_type_of(text: &str) -> String {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b));
    let fits = text.split_once('/').is_some_and(|(kind, subtype)| word(kind) && word(subtype));
    if fits { text.to_owned() } else { "application/octet-stream".to_owned() }
}
