//! One request: the first as the spec describes it, or the next as a redirect makes of it.

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_TYPE, COOKIE, HOST, PROXY_AUTHORIZATION, USER_AGENT,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Bytes;
use monitor_core::http::{Auth, Body, HeaderValue as SpecValue, HttpSpec, SpecError};
use monitor_core::outcome::Reason;
use url::{Position, Url};

use super::client::basic;
use super::connection::Form;
use crate::failure::{Failure, clean};

/// Longest address in a message or an outcome.
const MAX_SHOWN: usize = 200;

/// A request that can be sent.
#[derive(Clone)]
pub(super) struct Hop {
    pub(super) url: Url,
    pub(super) method: Method,
    /// Path and query as they are sent.
    pub(super) uri: PathAndQuery,
    /// The spec's headers. What may not leave the target's origin is marked as sensitive.
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Hop {
    /// The request that the spec describes.
    pub(super) fn first(spec: &HttpSpec) -> Result<Self, SpecError> {
        // CONNECT asks a proxy for a tunnel, which leaves no answer to judge.
        let method = Method::from_bytes(spec.method.as_bytes()).ok().filter(|method| method != Method::CONNECT);
        let method = method.ok_or_else(|| SpecError::Method(spec.method.clone()))?;
        let uri = target(&spec.url).ok_or_else(|| SpecError::Url(shown(&spec.url)))?;
        let mut headers = HeaderMap::with_capacity(8 + spec.headers.len());
        let (content_type, body) = match &spec.body {
            Some(Body::Json(json)) => (Some("application/json"), Bytes::from(json.to_string())),
            Some(Body::Text(text)) => (Some("text/plain; charset=utf-8"), Bytes::from(text.clone())),
            Some(Body::Form(fields)) => {
                let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                (Some("application/x-www-form-urlencoded"), Bytes::from(form))
            }
            None => (None, Bytes::new()),
        };
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if let Some(credentials) = spec.auth.as_ref().and_then(authorization) {
            headers.insert(AUTHORIZATION, value("Authorization", &credentials, true)?);
        }
        let mut own = HeaderMap::with_capacity(spec.headers.len());
        for header in &spec.headers {
            let name =
                HeaderName::from_bytes(header.name.as_bytes()).map_err(|_| SpecError::Header(header.name.clone()))?;
            let value = match &header.value {
                SpecValue::Plain(text) => value(&header.name, text, false)?,
                SpecValue::Secret(secret) => value(&header.name, secret.expose(), true)?,
            };
            own.append(name, value);
        }
        // What the owner says replaces what we would say, and what the owner says twice is sent twice.
        headers.extend(own);
        Ok(Self { url: spec.url.clone(), method, uri, headers, body })
    }

    /// The request that follows a redirect to `location`, by the rules of the Fetch standard:
    /// <https://fetch.spec.whatwg.org/#http-redirect-fetch>.
    pub(super) fn redirected(mut self, status: StatusCode, location: Option<&HeaderValue>) -> Result<Self, Failure> {
        let bad = |what: String| Failure::new(Reason::BadRedirect, what);
        let location = location.ok_or_else(|| bad(format!("answered {status} without saying where to")))?;
        // Servers send UTF-8 here, which the header type gives only as bytes.
        let location = String::from_utf8_lossy(location.as_bytes());
        let mut url = self
            .url
            .join(&location)
            .map_err(|_| bad(format!("redirects to “{}”, which is no address", clean(&location, 80))))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad(format!("redirects to {}: which is not followed", clean(url.scheme(), 40))));
        }
        url.set_fragment(None);
        // Credentials come from the spec alone. Neither call can fail for a URL with a host.
        let _ = (url.set_username(""), url.set_password(None));
        let uri =
            target(&url).ok_or_else(|| bad(format!("redirects to “{}”, which cannot be asked for", shown(&url))))?;
        let becomes_get = match status {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            StatusCode::SEE_OTHER => self.method != Method::GET && self.method != Method::HEAD,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = Bytes::new();
            self.drop_headers(|name, _| name.as_str().starts_with("content-"));
        }
        if url.origin() != self.url.origin() {
            self.drop_headers(|name, value| {
                value.is_sensitive() || [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, HOST].contains(name)
            });
        }
        Ok(Self { url, uri, ..self })
    }

    fn drop_headers(&mut self, unwanted: impl Fn(&HeaderName, &HeaderValue) -> bool) {
        let kept = self.headers.iter().filter(|(name, value)| !unwanted(name, value));
        self.headers = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    }

    /// The same request with these headers instead of those of the same names.
    pub(super) fn with(&self, headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>) -> Self {
        let mut hop = self.clone();
        for (name, value) in headers {
            hop.headers.insert(name, value);
        }
        hop
    }

    /// The request to send, with what every request of ours says.
    pub(super) fn request(
        &self,
        form: &Form,
        lasting: bool,
        user_agent: &HeaderValue,
    ) -> Result<Request<Full<Bytes>>, Failure> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        let headers = request.headers_mut();
        headers.reserve(self.headers.len() + 5);
        headers.insert(HOST, self.host()?);
        headers.insert(USER_AGENT, user_agent.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if !lasting && !matches!(form, Form::Http2 { .. }) {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        for name in self.headers.keys() {
            headers.remove(name);
        }
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        let authority = match form {
            Form::Origin => None,
            Form::Proxied(login) => {
                headers.extend(login.clone().map(|login| (PROXY_AUTHORIZATION, login)));
                Some(self.host()?)
            }
            // Its name in HTTP/2 is `:authority`.
            Form::Http2 { .. } => headers.remove(HOST),
        };
        *request.uri_mut() = self.address(authority)?;
        Ok(request)
    }

    /// Path and query, behind scheme and host where the form wants them.
    fn address(&self, authority: Option<HeaderValue>) -> Result<Uri, Failure> {
        let Some(authority) = authority else { return Ok(self.uri.clone().into()) };
        let uri = Uri::builder().scheme(self.url.scheme()).authority(authority.as_bytes());
        uri.path_and_query(self.uri.clone())
            .build()
            .map_err(|_| Failure::new(Reason::ProbeFailed, "the host cannot be sent in an address"))
    }

    /// What `Host` says unless the owner says otherwise.
    fn host(&self) -> Result<HeaderValue, Failure> {
        let host = &self.url[Position::BeforeHost..Position::AfterPort];
        HeaderValue::from_str(host)
            .map_err(|_| Failure::new(Reason::ProbeFailed, "the host cannot be sent in a header"))
    }

    /// The host as the target is told it.
    pub(super) fn told_host(&self) -> &[u8] {
        let own = &self.url[Position::BeforeHost..Position::AfterPort];
        self.headers.get(HOST).map_or(own.as_bytes(), HeaderValue::as_bytes)
    }

    /// A header of the spec.
    pub(super) fn header(&self, name: &HeaderName) -> Option<&HeaderValue> {
        self.headers.get(name)
    }

    /// Credentials as they are sent, without their scheme.
    pub(super) fn sent_credentials(&self) -> Vec<String> {
        let sent = self.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        sent.and_then(|text| text.split_once(' ')).map(|(_, credentials)| credentials.to_owned()).into_iter().collect()
    }

    /// Where the request goes, for people: without query, fragment and user information, which may hold secrets.
    pub(super) fn shown(&self) -> String {
        shown(&self.url)
    }
}

fn shown(url: &Url) -> String {
    let (scheme, rest) = (url.scheme(), &url[Position::BeforeHost..Position::AfterPath]);
    clean(&format!("{scheme}://{rest}"), MAX_SHOWN)
}

/// Path and query as they are sent.
pub(super) fn target(url: &Url) -> Option<PathAndQuery> {
    url[Position::BeforePath..Position::AfterQuery].parse().ok()
}

/// The value of the `Authorization` header, for those that need no challenge and no signature.
fn authorization(auth: &Auth) -> Option<String> {
    match auth {
        Auth::Bearer(token) => Some(format!("Bearer {}", token.expose())),
        Auth::Basic { user, password } => Some(basic(user, password.expose())),
        _ => None,
    }
}

fn value(name: &str, text: &str, sensitive: bool) -> Result<HeaderValue, SpecError> {
    // From bytes, so that UTF-8 goes out as the owner wrote it.
    let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| SpecError::Header(name.to_owned()))?;
    value.set_sensitive(sensitive);
    Ok(value)
}
