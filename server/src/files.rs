//! `/files/…`: what signed, expiring addresses lead to.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use services::{FileError, Services};

/// How a file was signed.
#[derive(Deserialize)]
struct Signed {
    until: i64,
    sig: String,
}

/// The routes.
pub(crate) fn router(services: Services) -> Router {
    Router::new().route("/files/{id}/{name}", get(file)).with_state(services)
}

async fn file(
    State(services): State<Services>,
    Path((id, name)): Path<(i64, String)>,
    Query(Signed { until, sig }): Query<Signed>,
) -> Response {
    match services.open_file(id, &name, until, &sig).await {
        Ok(opened) => {
            // A browser shows PDFs and pictures. Whatever else it makes of a file, nothing in it may run or load.
            let headers: [(HeaderName, String); 6] = [
                (header::CONTENT_TYPE, opened.file.media_type.clone()),
                (header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
                (header::CACHE_CONTROL, "private, max-age=3600".to_owned()),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
                (header::REFERRER_POLICY, "no-referrer".to_owned()),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'".to_owned()),
            ];
            (headers, opened.bytes).into_response()
        }
        Err(error) => {
            let status = match error {
                FileError::Wrong => StatusCode::NOT_FOUND,
                FileError::Expired | FileError::Gone => StatusCode::GONE,
                FileError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            };
            (status, format!("{error}\n")).into_response()
        }
    }
}
