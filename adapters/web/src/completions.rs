//! `GET /api/v1/chat/completions`: what a line could go on with.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::WebState;
use crate::error::ApiError;

#[derive(Deserialize)]
pub(crate) struct Line {
    text: String,
}

pub(crate) async fn complete(
    State(state): State<WebState>,
    line: Result<Query<Line>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let wanted = "ask with `?text=` and the line so far";
    let Query(line) = line.map_err(|_| ApiError::Invalid(wanted.to_owned()))?;
    let actor = state.services.local_owner().await?;
    Ok(Json(json!(state.engine.complete(&actor, &line.text).await)))
}
