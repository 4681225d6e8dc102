//! What a method is called with, in each of the ways that the Bot API takes it.
//! Source: <https://core.telegram.org/bots/api#making-requests>.

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest as _, Multipart, Request};
use serde_json::{Map, Value};

use super::Upload;

/// Most bytes of a request.
const MAX_BODY: usize = 64 << 20;

/// What a method is called with.
#[derive(Debug, Default)]
pub(super) struct Params {
    pub(super) values: Map<String, Value>,
    pub(super) files: Vec<Upload>,
}

impl Params {
    /// Reads the query, and a body of JSON, of a form or of several parts.
    pub(super) async fn read(request: Request) -> Result<Self, String> {
        let mut params = Self::default();
        params.form(request.uri().query().unwrap_or_default().as_bytes());
        let kind =
            request.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        if kind.starts_with("multipart/form-data") {
            params.parts(request).await?;
            return Ok(params);
        }
        let body = to_bytes(request.into_body(), MAX_BODY).await.map_err(|error| error.to_string())?;
        if kind.starts_with("application/json") && !body.is_empty() {
            let object: Map<String, Value> =
                serde_json::from_slice(&body).map_err(|_| "Can't parse JSON object".to_owned())?;
            params.values.extend(object);
        } else {
            params.form(&body);
        }
        Ok(params)
    }

    fn form(&mut self, text: &[u8]) {
        for (name, value) in url::form_urlencoded::parse(text) {
            self.values.insert(name.into_owned(), Value::String(value.into_owned()));
        }
    }

    async fn parts(&mut self, request: Request) -> Result<(), String> {
        let wrong = |error: axum::extract::multipart::MultipartError| error.body_text();
        let (parts, body) = request.into_parts();
        // The extractor has a limit of its own, which is for whole bodies.
        let body = to_bytes(body, MAX_BODY).await.map_err(|error| error.to_string())?;
        let request = Request::from_parts(parts, body.into());
        let mut multipart = Multipart::from_request(request, &()).await.map_err(|error| error.body_text())?;
        while let Some(part) = multipart.next_field().await.map_err(wrong)? {
            let field = part.name().unwrap_or_default().to_owned();
            let file = part.file_name().map(str::to_owned);
            let media_type = part.content_type().unwrap_or_default().to_owned();
            let bytes: Bytes = part.bytes().await.map_err(wrong)?;
            match file {
                Some(name) => self.files.push(Upload { field, name, media_type, bytes: bytes.to_vec() }),
                None => {
                    self.values.insert(field, Value::String(String::from_utf8_lossy(&bytes).into_owned()));
                }
            }
        }
        Ok(())
    }

    pub(super) fn int(&self, name: &str) -> Option<i64> {
        let value = self.values.get(name)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.as_str()
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| value == true || value == "true" || value == "True")
    }

    /// A value that is JSON, or JSON in a text, as forms have it.
    pub(super) fn json(&self, name: &str) -> Option<Value> {
        match self.values.get(name)? {
            Value::String(text) => serde_json::from_str(text).ok(),
            value => Some(value.clone()),
        }
    }

    /// The file of a parameter, given as a part of its name or as `attach://PART`.
    pub(super) fn file(&self, name: &str) -> Option<&Upload> {
        let part = self.text(name).and_then(|text| text.strip_prefix("attach://")).unwrap_or(name);
        self.files.iter().find(|file| file.field == part)
    }

    /// Everything as one object, texts that are JSON objects and lists read.
    pub(super) fn shown(&self) -> Value {
        let read = |value: &Value| match value.as_str().filter(|text| text.starts_with(['{', '['])) {
            Some(text) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
            None => value.clone(),
        };
        Value::Object(self.values.iter().map(|(name, value)| (name.clone(), read(value))).collect())
    }
}
