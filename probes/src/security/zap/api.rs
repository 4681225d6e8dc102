//! ZAP's JSON API. Source: <https://www.zaproxy.org/docs/api/>.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method};
use monitor_core::Timestamp;
use serde_json::Value;
use url::Url;

use super::{Zap, ZapError};
use crate::failure::clean;
use crate::http::Call;
use crate::outbound::Outbound;

/// Longest time for one answer.
const ANSWER: Duration = Duration::from_secs(30);

/// Most bytes of an answer: a page of alerts, of some kilobytes each.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Whom to ask.
pub(super) struct Api {
    outbound: Outbound,
    url: Url,
    key: Option<HeaderValue>,
}

impl Api {
    pub(super) fn new(zap: &Zap, outbound: Outbound) -> Self {
        let key = zap.key.as_ref().and_then(|key| HeaderValue::from_str(key.expose()).ok());
        let key = key.map(|mut key| {
            key.set_sensitive(true);
            key
        });
        Self { outbound, url: zap.url.clone(), key }
    }

    /// Asks for what is called `COMPONENT/view/NAME` or `COMPONENT/action/NAME`.
    pub(super) async fn ask(&self, what: &str, params: &[(&str, &str)]) -> Result<Value, ZapError> {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/JSON/{what}/", self.url.path().trim_end_matches('/')));
        url.query_pairs_mut().clear().extend_pairs(params);
        let headers = self.key.iter().map(|key| (http::HeaderName::from_static("x-zap-api-key"), key.clone()));
        let call = Call { method: Method::GET, url, headers: HeaderMap::from_iter(headers), body: Vec::new().into() };
        let answer = self.outbound.call_up_to(call, MAX_BYTES, Timestamp::from_millis(0), ANSWER).await;
        let answer = answer.map_err(|error| ZapError::Unreachable(error.message))?;
        let json: Option<Value> = serde_json::from_slice(&answer.body).ok();
        match (answer.status, json) {
            (200, Some(json)) => Ok(json),
            (status, Some(error)) if error.get("code").is_some() => Err(ZapError::Refused(refusal(&error, status))),
            (status, _) => {
                let body = clean(&String::from_utf8_lossy(&answer.body), 80);
                Err(ZapError::NotZap(format!("it answered with status {status} and “{body}”")))
            }
        }
    }

    /// Asks for something that is one text.
    pub(super) async fn text(&self, what: &str, key: &str, params: &[(&str, &str)]) -> Result<String, ZapError> {
        let answer = self.ask(what, params).await?;
        let text = answer.get(key).and_then(Value::as_str).map(|text| clean(text, 80));
        text.ok_or_else(|| ZapError::NotZap(format!("its answer has no “{key}”")))
    }

    /// Asks for something that is one number, which ZAP writes as text.
    pub(super) async fn number(&self, what: &str, key: &str, params: &[(&str, &str)]) -> Result<u64, ZapError> {
        let text = self.text(what, key, params).await?;
        text.parse().map_err(|_| ZapError::NotZap(format!("its “{key}” is “{text}”, which is no number")))
    }
}

/// `URL Not Found in the Scan Tree (url_not_found): what exactly`.
fn refusal(error: &Value, status: u16) -> String {
    let field = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let (code, message, detail) = (field("code"), field("message"), field("detail"));
    let message = if message.is_empty() { format!("status {status}") } else { message.to_owned() };
    let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
    clean(&format!("{message} ({code}){detail}"), 300)
}
