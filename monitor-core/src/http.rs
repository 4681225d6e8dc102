//! The HTTP check kind: what to ask, and what to expect of the answer.

mod assertion;
mod error;
mod json_path;
mod status_set;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

pub use assertion::{Assertion, AssertionResult, CompiledAssertion};
pub use error::SpecError;
pub use status_set::StatusSet;

use crate::secret::Secret;

/// Largest response body that is read, in bytes. What comes after it makes the check fail with `body_too_large`.
pub const MAX_BODY_BYTES: u64 = 10 * 1024 * 1024;

/// Most redirects that may be followed. Source: the limit browsers use,
/// <https://fetch.spec.whatwg.org/#http-redirect-fetch>.
pub const MAX_REDIRECTS: u8 = 20;

/// Longest request body, in bytes.
pub const MAX_REQUEST_BODY_BYTES: usize = 64 * 1024;

/// Most headers and most assertions that a check may have.
pub const MAX_LIST: usize = 32;

const MAX_URL_BYTES: usize = 2_048;

/// An HTTP(S) check as configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpSpec {
    /// Where to ask: `http` or `https`, without user information.
    pub url: Url,
    /// The request method, upper case.
    #[serde(default = "get")]
    pub method: String,
    /// Headers sent along.
    #[serde(default)]
    pub headers: Vec<Header>,
    /// The body sent along.
    #[serde(default)]
    pub body: Option<Body>,
    /// How the request is authenticated.
    #[serde(default)]
    pub auth: Option<Auth>,
    /// The statuses that count as success. Default: 200 to 299.
    #[serde(default)]
    pub expect: StatusSet,
    /// What else the answer has to satisfy.
    #[serde(default)]
    pub assertions: Vec<Assertion>,
    /// From this total duration on an answer is slow: degraded, not down.
    #[serde(default)]
    pub slow_after: Option<Duration>,
    /// How many redirects are followed, 0 to [`MAX_REDIRECTS`]. 0 judges the redirect itself.
    #[serde(default = "ten")]
    pub max_redirects: u8,
}

fn get() -> String {
    "GET".to_owned()
}

fn ten() -> u8 {
    10
}

/// A request header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The header's name, as given.
    pub name: String,
    /// The value.
    pub value: HeaderValue,
}

/// A header's value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderValue {
    /// Shown to everybody who may see the monitor.
    Plain(String),
    /// Encrypted at rest and never shown again.
    Secret(Secret),
}

/// A request body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Sent as `application/json`.
    Json(serde_json::Value),
    /// Sent as `text/plain; charset=utf-8`.
    Text(String),
}

/// How a request is authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// `Authorization: Bearer …`
    Bearer(Secret),
    /// `Authorization: Basic …`
    Basic {
        /// The user's name.
        user: String,
        /// The password.
        password: Secret,
    },
}

impl HttpSpec {
    /// A GET of that address with all defaults. `shop.example` is read as `https://shop.example`; user information
    /// in the address becomes basic authentication, so that it is kept as a secret.
    ///
    /// # Errors
    /// [`SpecError::Url`], [`SpecError::Scheme`], [`SpecError::UrlTooLong`].
    pub fn get(address: &str) -> Result<Self, SpecError> {
        let (url, auth) = parse_url(address)?;
        Ok(Self {
            url,
            method: get(),
            headers: Vec::new(),
            body: None,
            auth,
            expect: StatusSet::default(),
            assertions: Vec::new(),
            slow_after: None,
            max_redirects: ten(),
        })
    }

    /// Every secret of the spec, in an order that depends only on its shape.
    pub fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        let auth = match &mut self.auth {
            Some(Auth::Bearer(secret) | Auth::Basic { password: secret, .. }) => Some(secret),
            None => None,
        };
        let headers = self.headers.iter_mut().filter_map(|header| match &mut header.value {
            HeaderValue::Secret(secret) => Some(secret),
            HeaderValue::Plain(_) => None,
        });
        auth.into_iter().chain(headers).collect()
    }

    /// Checks all that can be checked without asking the target, and compiles the assertions.
    ///
    /// # Errors
    /// The [`SpecError`] of the first option that does not work.
    pub fn compile(&self) -> Result<Vec<CompiledAssertion>, SpecError> {
        check_scheme(&self.url)?;
        if self.method.is_empty() || self.method.len() > 20 || !self.method.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(SpecError::Method(shorten(&self.method, 40)));
        }
        if self.headers.len() > MAX_LIST || self.assertions.len() > MAX_LIST {
            return Err(SpecError::TooMuch(format!(
                "a check may have {MAX_LIST} headers and {MAX_LIST} assertions at most"
            )));
        }
        if self.max_redirects > MAX_REDIRECTS {
            return Err(SpecError::TooMuch(format!("at most {MAX_REDIRECTS} redirects can be followed")));
        }
        let body_bytes = match &self.body {
            Some(Body::Text(text)) => text.len(),
            Some(Body::Json(json)) => json.to_string().len(),
            None => 0,
        };
        if body_bytes > MAX_REQUEST_BODY_BYTES {
            return Err(SpecError::TooMuch(format!("the request body is longer than {MAX_REQUEST_BODY_BYTES} bytes")));
        }
        for header in &self.headers {
            let value = match &header.value {
                HeaderValue::Plain(value) => value,
                HeaderValue::Secret(secret) => secret.expose(),
            };
            check_header(&header.name, value)?;
        }
        self.assertions.iter().map(Assertion::compile).collect()
    }
}

/// Parses an address and takes the user information out of it.
fn parse_url(address: &str) -> Result<(Url, Option<Auth>), SpecError> {
    let address = address.trim();
    if address.len() > MAX_URL_BYTES {
        return Err(SpecError::UrlTooLong);
    }
    let wrong = || SpecError::Url(shorten(address, 80));
    let lower = address.to_ascii_lowercase();
    let mut url = if lower.starts_with("http://") || lower.starts_with("https://") || lower.contains("://") {
        Url::parse(address).map_err(|_| wrong())?
    } else {
        match Url::parse(address) {
            Ok(url) if matches!(url.scheme(), "mailto" | "javascript" | "data" | "file" | "about") => url,
            _ => Url::parse(&format!("https://{address}")).map_err(|_| wrong())?,
        }
    };
    check_scheme(&url)?;
    if !url.host().is_some_and(|host| is_host(&host)) {
        return Err(wrong());
    }
    let auth = (!url.username().is_empty() || url.password().is_some()).then(|| Auth::Basic {
        user: percent_decode(url.username()),
        password: Secret::new(percent_decode(url.password().unwrap_or_default())),
    });
    if auth.is_some() && (url.set_username("").is_err() || url.set_password(None).is_err()) {
        return Err(wrong());
    }
    url.set_fragment(None);
    Ok((url, auth))
}

/// URLs take hosts such as `ht!tp`, which no name server knows.
fn is_host(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        }
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    }
}

/// Decodes `%XX` by the same rules as form data; `+` stays what it is.
fn percent_decode(text: &str) -> String {
    let form = format!("v={}", text.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(form.as_bytes()).next().map_or_else(String::new, |(_, value)| value.into_owned())
}

fn check_scheme(url: &Url) -> Result<(), SpecError> {
    match url.scheme() {
        "http" | "https" => Ok(()),
        other => Err(SpecError::Scheme(shorten(other, 40))),
    }
}

/// Headers that the client itself has to set, because a wrong value would break the exchange.
const OWN_HEADERS: [&str; 5] = ["content-length", "transfer-encoding", "connection", "upgrade", "te"];

/// Names are tokens and values are visible characters, tabs and spaces.
/// Source: <https://www.rfc-editor.org/rfc/rfc9110#section-5>.
fn check_header(name: &str, value: &str) -> Result<(), SpecError> {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let name_ok = !name.is_empty() && name.len() <= 100 && name.bytes().all(token);
    let value_ok = value.len() <= 8_192 && value.bytes().all(|b| b == b'\t' || (b >= b' ' && b != 0x7f));
    let own = OWN_HEADERS.iter().any(|own| name.eq_ignore_ascii_case(own));
    if name_ok && value_ok && !own { Ok(()) } else { Err(SpecError::Header(shorten(name, 40))) }
}

/// The first `limit` characters of a text, with an ellipsis when it was longer.
#[must_use]
pub fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::ErrorCode;

    #[test]
    fn an_address_without_a_scheme_is_https() {
        assert_eq!(HttpSpec::get("shop.example").unwrap().url.as_str(), "https://shop.example/");
        assert_eq!(HttpSpec::get("localhost:8080/x").unwrap().url.as_str(), "https://localhost:8080/x");
        assert_eq!(HttpSpec::get(" http://[::1]:80/#top").unwrap().url.as_str(), "http://[::1]/");
    }

    #[test]
    fn refuses_what_cannot_be_watched() {
        assert_eq!(HttpSpec::get("ftp://files.example"), Err(SpecError::Scheme("ftp".into())));
        assert_eq!(HttpSpec::get("file:///etc/passwd"), Err(SpecError::Scheme("file".into())));
        assert_eq!(HttpSpec::get("javascript:alert(1)"), Err(SpecError::Scheme("javascript".into())));
        assert!(matches!(HttpSpec::get("http://"), Err(SpecError::Url(_))));
        for address in ["not a url", "ht!tp//x y", "https://a$b.example", ""] {
            assert_eq!(HttpSpec::get(address).unwrap_err().code(), ErrorCode::InvalidUrl, "{address}");
        }
        assert_eq!(HttpSpec::get(&format!("http://a/{}", "x".repeat(3_000))), Err(SpecError::UrlTooLong));
    }

    #[test]
    fn user_information_becomes_a_secret() {
        let spec = HttpSpec::get("https://ada:p%40ss+1@shop.example/x").unwrap();
        assert_eq!(spec.url.as_str(), "https://shop.example/x");
        let Some(Auth::Basic { user, password }) = &spec.auth else { panic!("{:?}", spec.auth) };
        assert_eq!((user.as_str(), password.expose()), ("ada", "p@ss+1"));
        assert!(!serde_json::to_string(&spec).unwrap().contains("p@ss"));
    }

    #[test]
    fn secrets_come_out_and_go_back_in_the_same_order() {
        let mut spec = HttpSpec::get("https://shop.example").unwrap();
        spec.auth = Some(Auth::Bearer(Secret::new("one")));
        spec.headers = vec![
            Header { name: "Accept".into(), value: HeaderValue::Plain("*/*".into()) },
            Header { name: "X-Key".into(), value: HeaderValue::Secret(Secret::new("two")) },
        ];
        let taken: Vec<String> = spec.secrets_mut().iter().map(|s| s.expose().to_owned()).collect();
        assert_eq!(taken, ["one", "two"]);
        let mut back: HttpSpec = serde_json::from_str(&serde_json::to_string(&spec).unwrap()).unwrap();
        for (secret, value) in back.secrets_mut().into_iter().zip(taken) {
            *secret = Secret::new(value);
        }
        assert_eq!(back, spec);
    }

    #[test]
    fn headers_that_would_break_the_exchange_are_refused() {
        let mut spec = HttpSpec::get("https://shop.example").unwrap();
        for (name, value) in [("X-A", "b\r\nX-Evil: 1"), ("bad name", "x"), ("", "x"), ("Content-Length", "5")] {
            spec.headers = vec![Header { name: name.into(), value: HeaderValue::Plain(value.into()) }];
            assert!(matches!(spec.compile(), Err(SpecError::Header(_))), "{name}");
        }
    }

    #[test]
    fn a_method_is_a_word() {
        let mut spec = HttpSpec::get("https://shop.example").unwrap();
        for method in ["", "G E T", "GET\r\n", "get"] {
            spec.method = method.into();
            assert!(matches!(spec.compile(), Err(SpecError::Method(_))), "{method:?}");
        }
        spec.method = "PROPFIND".into();
        assert!(spec.compile().is_ok());
    }
}
