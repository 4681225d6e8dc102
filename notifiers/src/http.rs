//! One HTTP request to a platform, and what its answer means for the next try.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use monitor_core::Timestamp;
use monitor_core::http::shorten;
use monitor_core::outcome::Reason;
use monitor_core::secret::Secret;
use probes::{Call, CallError, Outbound};
use serde::Serialize;
use serde_json::Value;
use url::Url;

use crate::message::{Receipt, SendError};

/// Longest time that a request takes, from the resolution of the name to the end of the answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Longest wait that a platform can ask for.
const MAX_WAIT: Duration = Duration::from_secs(86_400);

/// Longest word of a platform that is told, in characters.
const MAX_SAID: usize = 200;

/// A request in the making.
pub(crate) struct Request {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
    conceal: Concealed,
    /// What keeps it from being sent.
    fault: Option<&'static str>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
    conceal: Concealed,
}

impl Request {
    /// A request to that address. A user in it becomes basic authentication.
    pub(crate) fn new(method: Method, url: Url) -> Self {
        let mut conceal = Concealed::default();
        conceal.url(&url);
        let user = percent_decoded(url.username());
        let password = Secret::new(url.password().map(percent_decoded).unwrap_or_default());
        let request = Self { method, url, headers: HeaderMap::new(), body: Bytes::new(), conceal, fault: None };
        if user.is_empty() { request } else { request.basic(&user, &password) }
    }

    pub(crate) fn post(url: Url) -> Self {
        Self::new(Method::POST, url)
    }

    pub(crate) fn json(self, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.body("application/json", body),
            Err(_) => Self { fault: Some("it cannot be written as JSON"), ..self },
        }
    }

    pub(crate) fn form(self, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body("application/x-www-form-urlencoded", body)
    }

    pub(crate) fn body(mut self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        self.body = body.into();
        self
    }

    /// Adds a header that is no secret, instead of one of the same name.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_bytes(value.as_bytes()) {
            Ok(value) => _ = self.headers.insert(name, value),
            Err(_) => self.fault = Some("a header holds what cannot be sent"),
        }
        self
    }

    /// Adds a header with a secret behind a prefix that is none: `("x-gotify-key", "", token)`.
    pub(crate) fn secret_header(mut self, name: HeaderName, prefix: &str, secret: &Secret) -> Self {
        self.conceal.add(secret.expose());
        self.header(name, &format!("{prefix}{}", secret.expose()))
    }

    pub(crate) fn bearer(self, token: &Secret) -> Self {
        self.secret_header(AUTHORIZATION, "Bearer ", token)
    }

    pub(crate) fn basic(self, user: &str, password: &Secret) -> Self {
        let credentials = BASE64_STANDARD.encode(format!("{user}:{}", password.expose()));
        self.conceal(password.expose()).secret_header(AUTHORIZATION, "Basic ", &Secret::new(credentials))
    }

    /// Names a secret or a number that the body holds, so that it is not told should the platform send it back. What
    /// stands in the address and in secret headers is named already.
    pub(crate) fn conceal(mut self, secret: &str) -> Self {
        self.conceal.add(secret);
        self
    }

    /// Sends it and judges the answer by its status.
    pub(crate) async fn send(self, outbound: &Outbound, now: Timestamp) -> Result<Reply, SendError> {
        let reply = self.ask(outbound, now).await?;
        if reply.is_success() { Ok(reply) } else { Err(reply.refused("", now)) }
    }

    /// Sends it and leaves it to the caller what the answer means.
    pub(crate) async fn ask(self, outbound: &Outbound, now: Timestamp) -> Result<Reply, SendError> {
        if let Some(fault) = self.fault {
            return Err(SendError::never(fault));
        }
        let Self { method, url, headers, body, conceal, .. } = self;
        match outbound.call(Call { method, url, headers, body }, now, TIMEOUT).await {
            Ok(answer) => Ok(Reply { status: answer.status, headers: answer.headers, body: answer.body, conceal }),
            Err(error) => Err(unanswered(&error, &conceal)),
        }
    }
}

/// What it means that no answer came.
pub(crate) fn failed(error: &CallError) -> SendError {
    unanswered(error, &Concealed::default())
}

fn unanswered(error: &CallError, conceal: &Concealed) -> SendError {
    let why = conceal.mask(&error.message);
    match error.reason {
        Reason::AddressRefused | Reason::ProbeFailed => SendError::Never { why },
        _ => SendError::Again { why },
    }
}

impl Reply {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON; `null` when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A text of the body, such as `/error/message`: empty when there is none.
    pub(crate) fn text_at(&self, pointer: &str) -> String {
        self.json().pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The proof of a delivery.
    pub(crate) fn receipt(&self, id: Option<String>) -> Receipt {
        Receipt { id, text: self.status_line() }
    }

    /// The error of an answer that is no success, by its status. `said` is what the platform gave as its reason; may be
    /// empty. Secrets in it are masked.
    pub(crate) fn refused(&self, said: &str, now: Timestamp) -> SendError {
        let why = self.why(said);
        match self.status {
            408 | 425 | 429 | 500..=599 => match self.retry_after(now) {
                Some(after) => SendError::Later { after, why },
                None => SendError::Again { why },
            },
            300..=399 => {
                SendError::Never { why: format!("{why}, which is not followed; give the address that it leads to") }
            }
            _ => SendError::Never { why },
        }
    }

    /// `answered 404 Not Found: chat not found`.
    pub(crate) fn why(&self, said: &str) -> String {
        let said = self::said(&self.conceal, said);
        let said = if said.is_empty() { said } else { format!(": {said}") };
        format!("answered {}{said}", self.status_line())
    }

    fn status_line(&self) -> String {
        let reason = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        format!("{} {}", self.status, reason.unwrap_or_default()).trim_end().to_owned()
    }

    /// How long the platform wants to be left alone: seconds or a date.
    /// Source: <https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3>.
    fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        let wait = match text.parse() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => {
                let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
                Timestamp::from_millis(at.as_millisecond()).since(now)
            }
        };
        Some(wait.min(MAX_WAIT))
    }
}

/// What a platform said, on one line and not too long, with secrets masked.
pub(crate) fn said(conceal: &Concealed, text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    // Masked before it is shortened, which could cut a secret so that it is not recognised.
    shorten(conceal.mask(&line).trim(), MAX_SAID)
}

/// A wait that a platform names in its body, such as Discord's `retry_after`, in seconds; never more than a day.
pub(crate) fn wait(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default().min(MAX_WAIT)
}

/// What may not be told.
#[derive(Clone, Default)]
pub(crate) struct Concealed(Vec<String>);

impl Concealed {
    /// Shorter parts of an address are words of its API rather than secrets.
    const MIN_PART: usize = 8;

    pub(crate) fn add(&mut self, secret: &str) {
        if secret.trim().is_empty() {
            return;
        }
        // Also as it stands in JSON, in a form or in an address.
        let quoted = Value::from(secret).to_string();
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let forms = [secret, quoted.trim_matches('"'), encoded.as_str()];
        self.0.extend(forms.map(str::to_owned));
        // What holds another goes first.
        self.0.sort_by_key(|form| std::cmp::Reverse(form.len()));
        self.0.dedup();
    }

    fn url(&mut self, url: &Url) {
        let part = |part: &str| (part.len() >= Self::MIN_PART).then(|| percent_decoded(part));
        let mut parts: Vec<String> = url.path().split('/').filter_map(part).collect();
        parts.extend(
            url.query_pairs().map(|(_, value)| value.into_owned()).filter(|value| value.len() >= Self::MIN_PART),
        );
        parts.extend(Some(url.path().to_owned()).filter(|path| path.len() > Self::MIN_PART));
        parts.extend(url.query().map(str::to_owned));
        parts.iter().for_each(|part| self.add(part));
    }

    fn mask(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
    }
}

impl std::fmt::Debug for Concealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

fn percent_decoded(text: &str) -> String {
    // A form is the same but for the plus sign.
    let pair = format!("={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-01T10:00:00Z.
    const NOW: Timestamp = Timestamp::from_millis(1_772_359_200_000);

    fn reply(status: u16, retry_after: Option<&'static str>) -> Reply {
        let retry_after = retry_after.map(|text| (RETRY_AFTER, HeaderValue::from_static(text)));
        let headers = retry_after.into_iter().collect();
        Reply { status, headers, body: Vec::new(), conceal: Concealed::default() }
    }

    #[test]
    fn statuses_say_whether_another_try_is_worth_it() {
        let later = |seconds| format!("later {seconds}");
        for (status, header, expected) in [
            (408, None, "again".to_owned()),
            (425, None, "again".to_owned()),
            (429, None, "again".to_owned()),
            (429, Some("7"), later(7)),
            (429, Some("0"), later(0)),
            (429, Some("soon"), "again".to_owned()),
            (429, Some("99999999999999999999"), "again".to_owned()),
            (429, Some("999999999"), later(86_400)),
            (503, Some("Sun, 01 Mar 2026 10:02:00 GMT"), later(120)),
            (503, Some("Sun, 01 Mar 2026 09:00:00 GMT"), later(0)),
            (500, None, "again".to_owned()),
            (502, None, "again".to_owned()),
            (599, None, "again".to_owned()),
            (301, None, "never".to_owned()),
            (400, None, "never".to_owned()),
            (401, None, "never".to_owned()),
            (403, Some("7"), "never".to_owned()),
            (404, None, "never".to_owned()),
            (410, None, "never".to_owned()),
            (413, None, "never".to_owned()),
            (422, None, "never".to_owned()),
        ] {
            let class = match reply(status, header).refused("", NOW) {
                SendError::Again { .. } => "again".to_owned(),
                SendError::Later { after, .. } => later(after.as_secs()),
                SendError::Never { .. } => "never".to_owned(),
            };
            assert_eq!(class, expected, "{status} {header:?}");
        }
    }

    #[test]
    fn what_a_platform_says_is_told_on_one_line_without_secrets() {
        let url = Url::parse("https://hooks.example/services/T012345678/s%2Fcret-token?key=0123456789").unwrap();
        let request = Request::post(url).bearer(&Secret::new("tok\"en")).conceal("+49 170 1234567");
        let reply = Reply { conceal: request.conceal, ..reply(404, None) };
        let said =
            "no\r\n/services/T012345678/s%2Fcret-token, s/cret-token, 0123456789, tok\\\"en, tok\"en, +49 170 1234567";
        assert_eq!(reply.why(said), "answered 404 Not Found: no  ***, ***, ***, ***, ***, ***");
        assert_eq!(reply.why(&"x".repeat(300)).chars().count(), "answered 404 Not Found: ".len() + MAX_SAID + 1);
        assert_eq!(reply.why(""), "answered 404 Not Found");
    }

    #[test]
    fn a_user_in_an_address_logs_in() {
        let request = Request::post(Url::parse("https://ada:p%40ss@ntfy.example/").unwrap());
        let sent = request.headers[AUTHORIZATION].to_str().unwrap().strip_prefix("Basic ").unwrap().to_owned();
        assert_eq!(BASE64_STANDARD.decode(sent).unwrap(), b"ada:p@ss");
        assert!(request.conceal.mask("p@ss").contains("***"));
    }
}
