use serde::{Deserialize, Serialize};
use url::Url;

use super::check_text;
use crate::http::{Auth, Header, HeaderValue, HttpSpec, MAX_LIST, SpecError, check_headers, shorten};
use crate::secret::Secret;

/// A WebSocket: it opens, and answers what is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebSocketSpec {
    /// Where to connect: `ws` or `wss`, without user information.
    pub url: Url,
    /// Headers sent along.
    #[serde(default)]
    pub headers: Vec<Header>,
    /// How the request is authenticated.
    #[serde(default)]
    pub auth: Option<Auth>,
    /// The subprotocol asked for.
    #[serde(default)]
    pub subprotocol: Option<String>,
    /// A text message sent once it is open.
    #[serde(default)]
    pub send: Option<String>,
    /// What one of the messages received has to contain; that message is the body. Without it the first message is
    /// waited for when an assertion is about it, and none otherwise.
    #[serde(default)]
    pub expect: Option<String>,
}

impl WebSocketSpec {
    /// Opens that address. User information becomes basic authentication.
    ///
    /// # Errors
    /// [`SpecError::Url`], [`SpecError::Scheme`], [`SpecError::UrlTooLong`].
    pub fn new(address: &str) -> Result<Self, SpecError> {
        let address = address.trim();
        let (scheme, rest) = address.split_once("://").unwrap_or(("wss", address));
        let like = match scheme.to_ascii_lowercase().as_str() {
            "ws" | "http" => "http",
            "wss" | "https" => "https",
            other => return Err(SpecError::Scheme(shorten(other, 40))),
        };
        let http = HttpSpec::get(&format!("{like}://{rest}"))?;
        let own = if like == "http" { "ws" } else { "wss" };
        let url = Url::parse(&http.url.as_str().replacen(like, own, 1)).map_err(|_| SpecError::Url(address.into()))?;
        Ok(Self { url, headers: Vec::new(), auth: http.auth, subprotocol: None, send: None, expect: None })
    }

    pub(crate) fn validate(&self) -> Result<(), SpecError> {
        for (what, text) in [("send", &self.send), ("expect", &self.expect), ("subprotocol", &self.subprotocol)] {
            if let Some(text) = text {
                check_text(what, text)?;
            }
        }
        if !matches!(self.url.scheme(), "ws" | "wss") {
            return Err(SpecError::Scheme(shorten(self.url.scheme(), 40)));
        }
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if self.subprotocol.as_deref().is_some_and(|text| !text.bytes().all(token)) {
            return Err(SpecError::Option("a subprotocol is one word, like graphql-transport-ws".into()));
        }
        if !matches!(self.auth, None | Some(Auth::Bearer(_) | Auth::Basic { .. })) {
            return Err(SpecError::Option("a WebSocket is opened with basic or bearer authentication".into()));
        }
        if self.headers.len() > MAX_LIST {
            return Err(SpecError::TooMuch(format!("a check may have {MAX_LIST} headers at most")));
        }
        let named = |header: &Header, name: &str| header.name.to_ascii_lowercase().starts_with(name);
        if let Some(header) = self.headers.iter().find(|header| named(header, "sec-websocket-")) {
            return Err(SpecError::Option(format!("`{}` is set by the WebSocket itself; leave it out", header.name)));
        }
        if self.auth.is_some() && self.headers.iter().any(|header| named(header, "authorization")) {
            return Err(SpecError::AuthorizedTwice);
        }
        check_headers(&self.headers)
    }

    pub(crate) fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        let auth = self.auth.as_mut().into_iter().flat_map(Auth::secrets_mut);
        auth.chain(self.headers.iter_mut().filter_map(|header| HeaderValue::secret_mut(&mut header.value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_scheme_is_protected() {
        for (address, url) in [
            ("shop.example/live", "wss://shop.example/live"),
            ("ws://127.0.0.1:9000/#top", "ws://127.0.0.1:9000/"),
            ("https://shop.example", "wss://shop.example/"),
            ("http://shop.example:80/http", "ws://shop.example/http"),
        ] {
            assert_eq!(WebSocketSpec::new(address).unwrap().url.as_str(), url);
        }
        assert!(matches!(WebSocketSpec::new("ftp://shop.example"), Err(SpecError::Scheme(_))));
    }

    #[test]
    fn user_information_becomes_a_secret() {
        let mut spec = WebSocketSpec::new("wss://ada:hunter2@shop.example/live").unwrap();
        assert_eq!(spec.url.as_str(), "wss://shop.example/live");
        assert_eq!(spec.secrets_mut()[0].expose(), "hunter2");
    }

    #[test]
    fn refuses_what_cannot_be_sent() {
        let header = |name: &str| vec![Header { name: name.into(), value: HeaderValue::Plain("x".into()) }];
        let wrong: [&dyn Fn(&mut WebSocketSpec); 6] = [
            &|spec| spec.subprotocol = Some("two words".into()),
            &|spec| spec.headers = header("Sec-WebSocket-Key"),
            &|spec| spec.headers = header("Upgrade"),
            &|spec| spec.send = Some(String::new()),
            &|spec| spec.expect = Some("x".repeat(20_000)),
            &|spec| spec.auth = Some(Auth::Digest { user: "ada".into(), password: Secret::new("x") }),
        ];
        for (index, spoil) in wrong.into_iter().enumerate() {
            let mut spec = WebSocketSpec::new("shop.example").unwrap();
            assert_eq!(spec.validate(), Ok(()));
            spoil(&mut spec);
            assert!(spec.validate().is_err(), "{index}");
        }
    }
}
