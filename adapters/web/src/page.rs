//! The chat page: plain files, built into the program.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::WebState;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// A file of the page: its path, its media type and its text.
type Asset = (&'static str, &'static str, &'static str);

const ASSETS: [Asset; 8] = [
    ("/", HTML, include_str!("../assets/index.html")),
    ("/assets/style.css", CSS, include_str!("../assets/style.css")),
    ("/assets/icon.svg", SVG, include_str!("../assets/icon.svg")),
    ("/assets/chat.js", SCRIPT, include_str!("../assets/chat.js")),
    ("/assets/blocks.js", SCRIPT, include_str!("../assets/blocks.js")),
    ("/assets/composer.js", SCRIPT, include_str!("../assets/composer.js")),
    ("/assets/server.js", SCRIPT, include_str!("../assets/server.js")),
    ("/assets/transcript.js", SCRIPT, include_str!("../assets/transcript.js")),
];

pub(crate) fn routes() -> Router<WebState> {
    ASSETS.into_iter().fold(Router::new(), |router, asset| {
        router.route(asset.0, get(move |headers: HeaderMap| async move { serve(asset, &headers) }))
    })
}

/// Browsers keep the files but ask each time, so that a new version of the program is never mixed with an old page.
fn serve((_, media_type, text): Asset, asked: &HeaderMap) -> Response {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let tag = format!("\"{:016x}\"", hasher.finish());
    let known = asked.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { text.into_response() };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    response
}
