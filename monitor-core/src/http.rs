//! The HTTP check kind: what to ask, and what to expect of the answer.

mod address;
mod auth;
mod error;

use serde::{Deserialize, Serialize};
use url::Url;

use address::{check_scheme, parse_url};
pub use auth::Auth;
pub use error::SpecError;

use crate::checks::ClientIdentity;
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
    /// How many redirects are followed, 0 to [`MAX_REDIRECTS`]. 0 judges the redirect itself.
    #[serde(default = "ten")]
    pub max_redirects: u8,
    /// Which version of HTTP is spoken.
    #[serde(default)]
    pub version: Version,
    /// A certificate with which the check is recognised (mutual TLS).
    #[serde(default)]
    pub identity: Option<ClientIdentity>,
    /// A proxy that the request goes through: `http`, without user information.
    #[serde(default)]
    pub proxy: Option<Proxy>,
    /// Whether cookies that an answer sets are sent back along redirects.
    #[serde(default = "yes")]
    pub cookies: bool,
    /// Whether the connection is kept for the next check. Phases of a connection that was kept are not measured.
    #[serde(default)]
    pub keep_alive: bool,
}

/// A version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Version {
    /// HTTP/2 where TLS negotiates it, else HTTP/1.1.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// HTTP/1.1 only.
    #[serde(rename = "1.1")]
    Http1,
    /// HTTP/2 only; without TLS by prior knowledge.
    #[serde(rename = "2")]
    Http2,
}

/// A proxy for HTTP. An `https` target is reached through it by CONNECT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxy {
    /// Its address.
    pub url: Url,
    /// Who logs in there.
    #[serde(default)]
    pub login: Option<crate::checks::Login>,
}

impl Proxy {
    /// A proxy is an `http` address and nothing more.
    fn validate(&self) -> Result<(), SpecError> {
        let bare = self.url.username().is_empty() && self.url.password().is_none();
        if self.url.scheme() == "http" && self.url.host().is_some() && bare && matches!(self.url.path(), "" | "/") {
            return Ok(());
        }
        Err(SpecError::Option(
            "a proxy is given like http://proxy.example:3128, with its login apart from it".to_owned(),
        ))
    }
}

fn get() -> String {
    "GET".to_owned()
}

fn ten() -> u8 {
    10
}

fn yes() -> bool {
    true
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

impl HeaderValue {
    /// The secret, when it is one.
    pub fn secret_mut(&mut self) -> Option<&mut Secret> {
        match self {
            Self::Secret(secret) => Some(secret),
            Self::Plain(_) => None,
        }
    }

    /// The text, whether it may be shown or not.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) => secret.expose(),
        }
    }
}

/// A request body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Sent as `application/json`.
    Json(serde_json::Value),
    /// Sent as `text/plain; charset=utf-8`.
    Text(String),
    /// Sent as `application/x-www-form-urlencoded`: names and values in their order.
    Form(Vec<(String, String)>),
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
            max_redirects: ten(),
            version: Version::default(),
            identity: None,
            proxy: None,
            cookies: yes(),
            keep_alive: false,
        })
    }

    /// Every secret of the spec, in an order that depends only on its shape.
    pub fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        let auth = self.auth.as_mut().into_iter().flat_map(Auth::secrets_mut);
        let headers = self.headers.iter_mut().filter_map(|header| header.value.secret_mut());
        let identity = self.identity.as_mut().map(|identity| &mut identity.key);
        let proxy = self.proxy.as_mut().and_then(|proxy| proxy.login.as_mut()).map(|login| &mut login.password);
        auth.chain(headers).chain(identity).chain(proxy).collect()
    }

    /// Checks all that can be checked without asking the target.
    ///
    /// # Errors
    /// The [`SpecError`] of the first option that does not work.
    pub fn validate(&self) -> Result<(), SpecError> {
        check_scheme(&self.url)?;
        if self.method.is_empty() || self.method.len() > 20 || !self.method.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(SpecError::Method(shorten(&self.method, 40)));
        }
        if self.headers.len() > MAX_LIST {
            return Err(SpecError::TooMuch(format!("a check may have {MAX_LIST} headers at most")));
        }
        if self.max_redirects > MAX_REDIRECTS {
            return Err(SpecError::TooMuch(format!("at most {MAX_REDIRECTS} redirects can be followed")));
        }
        let body_bytes = match &self.body {
            Some(Body::Text(text)) => text.len(),
            Some(Body::Json(json)) => json.to_string().len(),
            Some(Body::Form(fields)) => fields.iter().map(|(name, value)| name.len() + value.len() + 2).sum(),
            None => 0,
        };
        if body_bytes > MAX_REQUEST_BODY_BYTES {
            return Err(SpecError::TooMuch(format!("the request body is longer than {MAX_REQUEST_BODY_BYTES} bytes")));
        }
        if self.auth.is_some() && self.headers.iter().any(|header| header.name.eq_ignore_ascii_case("authorization")) {
            return Err(SpecError::AuthorizedTwice);
        }
        let identity_bytes =
            self.identity.as_ref().map_or(0, |identity| identity.certificate.len() + identity.key.expose().len());
        if identity_bytes > MAX_REQUEST_BODY_BYTES {
            let most = format!("the client certificate is longer than {MAX_REQUEST_BODY_BYTES} bytes");
            return Err(SpecError::TooMuch(most));
        }
        self.auth.as_ref().map_or(Ok(()), Auth::validate)?;
        self.proxy.as_ref().map_or(Ok(()), Proxy::validate)?;
        self.check_version()?;
        check_headers(&self.headers)
    }

    /// Refuses what cannot be done in the chosen version of HTTP.
    fn check_version(&self) -> Result<(), SpecError> {
        let why = match (self.version, &self.auth) {
            (Version::Http2, Some(Auth::Ntlm { .. })) => "NTLM works with HTTP/1.1 only: leave the version out",
            (Version::Http2, _) if self.proxy.is_some() && self.url.scheme() == "http" => {
                "a proxy is spoken to by HTTP/1.1: leave the version out, or watch an https address"
            }
            _ => return Ok(()),
        };
        Err(SpecError::Option(why.to_owned()))
    }
}

/// Headers that the client itself has to set, because a wrong value would break the exchange.
const OWN_HEADERS: [&str; 5] = ["content-length", "transfer-encoding", "connection", "upgrade", "te"];

/// Refuses headers that cannot be sent.
pub(crate) fn check_headers(headers: &[Header]) -> Result<(), SpecError> {
    headers.iter().try_for_each(|header| check_header(&header.name, header.value.expose()))
}

/// Names are tokens and values are visible characters, tabs and spaces.
/// Source: <https://www.rfc-editor.org/rfc/rfc9110#section-5>.
pub(crate) fn check_header(name: &str, value: &str) -> Result<(), SpecError> {
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
            assert!(matches!(spec.validate(), Err(SpecError::Header(_))), "{name}");
        }
    }

    #[test]
    fn logins_and_proxies_that_cannot_work_are_refused() {
        let url = |text: &str| Url::parse(text).unwrap();
        let oauth2 = |token_url: &str, client_id: &str| Auth::OAuth2 {
            token_url: url(token_url),
            client_id: client_id.into(),
            client_secret: Secret::new("s"),
            scope: String::new(),
        };
        let sigv4 = |region: &str| Auth::SigV4 {
            access_key: "AKIDEXAMPLE".into(),
            secret_key: Secret::new("s"),
            region: region.into(),
            service: "execute-api".into(),
        };
        let ntlm = || Auth::Ntlm { user: r"CORP\ada".into(), password: Secret::new("s") };
        let mut spec = HttpSpec::get("http://shop.example").unwrap();
        for (auth, works) in [
            (oauth2("https://sso.example/token", "me"), true),
            (oauth2("https://sso.example/token", ""), false),
            (oauth2("https://a:b@sso.example/token", "me"), false),
            (oauth2("ftp://sso.example/token", "me"), false),
            (sigv4("eu-central-1"), true),
            (sigv4(""), false),
            (sigv4("eu central"), false),
            (ntlm(), true),
            (Auth::Digest { user: String::new(), password: Secret::new("s") }, false),
            (Auth::Basic { user: "a:b".into(), password: Secret::new("s") }, false),
        ] {
            spec.auth = Some(auth);
            assert_eq!(spec.validate().is_ok(), works, "{:?}", spec.auth);
        }
        (spec.auth, spec.version) = (Some(ntlm()), Version::Http2);
        assert_eq!(spec.validate().unwrap_err().to_string(), "NTLM works with HTTP/1.1 only: leave the version out");
        (spec.auth, spec.version) = (None, Version::Auto);
        for (proxy, works) in [
            ("http://proxy.example:3128", true),
            ("https://proxy.example", false),
            ("socks5://proxy.example", false),
            ("http://a:b@proxy.example", false),
            ("http://proxy.example/path", false),
        ] {
            spec.proxy = Some(Proxy { url: url(proxy), login: None });
            assert_eq!(spec.validate().is_ok(), works, "{proxy}");
        }
    }

    #[test]
    fn a_method_is_a_word() {
        let mut spec = HttpSpec::get("https://shop.example").unwrap();
        for method in ["", "G E T", "GET\r\n", "get"] {
            spec.method = method.into();
            assert!(matches!(spec.validate(), Err(SpecError::Method(_))), "{method:?}");
        }
        spec.method = "PROPFIND".into();
        assert!(spec.validate().is_ok());
    }
}
