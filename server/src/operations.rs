//! What operators and orchestrators ask: `/healthz`, `/readyz`, `/metrics`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use storage::Store;
use tokio_util::sync::CancellationToken;

/// How long the database may take to answer before the server counts as not ready.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// The content type of metrics. Source: <https://prometheus.io/docs/specs/om/open_metrics_spec/>.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone)]
struct Operations {
    store: Store,
    registry: Arc<Registry>,
    stopping: CancellationToken,
}

/// The routes.
pub(crate) fn router(store: Store, registry: Registry, stopping: CancellationToken) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Operations { store, registry: Arc::new(registry), stopping })
}

async fn ready(State(operations): State<Operations>) -> Response {
    if operations.stopping.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match tokio::time::timeout(PING_TIMEOUT, operations.store.ping()).await {
        Ok(Ok(())) => "ready\n".into_response(),
        Ok(Err(_)) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}

async fn metrics(State(operations): State<Operations>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &operations.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
