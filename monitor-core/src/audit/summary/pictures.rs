//! The pictures of a page: they go into documents, so that they have to be what they say.

use serde_json::Value;

use super::Frame;
use super::json::{list, number};
use crate::audit::figure::whole;

/// Most pictures of a filmstrip; Lighthouse takes eight.
const MAX_FRAMES: usize = 8;

/// Longest picture, in characters of base64.
const MAX_BASE64: usize = 3_000_000;

/// The filmstrip.
pub(super) fn filmstrip(lhr: &Value) -> Vec<Frame> {
    let items = list(&lhr["audits"]["screenshot-thumbnails"]["details"]["items"]);
    let frame = |item: &Value| {
        Some(Frame { at_ms: whole(number(&item["timing"])?), jpeg: jpeg(item["data"].as_str()?, MAX_BASE64 / 10)? })
    };
    items.filter_map(frame).take(MAX_FRAMES).collect()
}

/// The last picture that Lighthouse took.
pub(super) fn screenshot(lhr: &Value) -> Option<String> {
    jpeg(lhr["audits"]["final-screenshot"]["details"]["data"].as_str()?, MAX_BASE64)
}

/// The base64 of a `data:` address of a JPEG; or base64 as such.
pub(super) fn jpeg(address: &str, limit: usize) -> Option<String> {
    let base64 = address.strip_prefix("data:image/jpeg;base64,")?;
    is_jpeg(base64, limit).then(|| base64.to_owned())
}

/// Whether a text is base64 of something that begins like a JPEG.
fn is_jpeg(base64: &str, limit: usize) -> bool {
    let digits = base64.trim_end_matches('=');
    let begins = base64.starts_with("/9j/");
    let padded = base64.len() - digits.len() <= 2 && base64.len().is_multiple_of(4);
    let known = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
    begins && padded && base64.len() <= limit && digits.bytes().all(known)
}
