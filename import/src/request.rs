//! Parts of HTTP requests as other programs write them.

use monitor_core::http::{Auth, Body, Header, HeaderValue, HttpSpec};
use monitor_core::secret::Secret;
use serde_json::Value;

use crate::record::Record;

/// Words in names of headers whose values are secrets.
const SECRET_WORDS: [&str; 7] = ["authorization", "cookie", "token", "secret", "password", "key", "auth"];

/// A header, whose value is a secret when its name says so.
pub(crate) fn header(name: &str, value: &str) -> Header {
    let lower = name.to_lowercase();
    let secret = SECRET_WORDS.iter().any(|word| lower.contains(word));
    let value = if secret { HeaderValue::Secret(Secret::new(value)) } else { HeaderValue::Plain(value.to_owned()) };
    Header { name: name.to_owned(), value }
}

/// Headers of an object, or of a text with one in JSON.
pub(crate) fn headers(value: Option<Value>) -> Result<Vec<Header>, String> {
    let value = match value {
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(Vec::new()),
        Some(Value::String(text)) => serde_json::from_str(&text).map_err(|_| "its headers are no JSON object")?,
        Some(value) => value,
        None => return Ok(Vec::new()),
    };
    let fields = Record::new(value).into_fields();
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(fields.map(|(name, value)| header(&name, &text(value))).collect())
}

/// A body: JSON when it is some, else text.
pub(crate) fn body(text: &str) -> Body {
    match serde_json::from_str::<Value>(text) {
        Ok(json) if json.is_object() || json.is_array() => Body::Json(json),
        _ => Body::Text(text.to_owned()),
    }
}

/// A GET of an address, and the method if there is one.
pub(crate) fn request(url: &str, method: Option<String>) -> Result<HttpSpec, String> {
    let mut http = HttpSpec::get(url).map_err(|error| error.to_string())?;
    if let Some(method) = method {
        http.method = method.trim().to_uppercase();
    }
    Ok(http)
}

/// OAuth 2 client credentials.
pub(crate) fn oauth2(token_url: &str, id: String, secret: String, scope: String) -> Result<Auth, String> {
    let token_url = HttpSpec::get(token_url).map_err(|error| error.to_string())?.url;
    Ok(Auth::OAuth2 { token_url, client_id: id, client_secret: Secret::new(secret), scope })
}
