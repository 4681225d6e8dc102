//! Keeps other sites out. A page of any site can send requests to a server on loopback, and a name that its owner points at
//! 127.0.0.1 makes them same-origin (DNS rebinding), so the address alone protects nothing.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

/// Charts and pictures are `data:` images, in which nothing runs; there are no inline scripts or styles.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Refuses what does not come from this server's own page or from a program, and sets the security headers of every answer.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let mut response = match admit(request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn admit(method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    let host = text(headers, &HOST).unwrap_or_default();
    if !is_loopback(host) {
        return Err(ApiError::ForeignHost(host.chars().take(100).collect()));
    }
    let of_own_origin = |origin: &HeaderValue| {
        let origin = origin.to_str().unwrap_or_default();
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
    };
    if !headers.get(ORIGIN).is_none_or(of_own_origin) {
        return Err(ApiError::ForeignSite);
    }
    // A link on another site may lead here: following it shows the page and hands nothing to that site.
    let follows_link = method == Method::GET && text(headers, &SEC_FETCH_MODE) == Some("navigate");
    match text(headers, &SEC_FETCH_SITE) {
        None | Some("same-origin" | "none") => Ok(()),
        Some(_) if follows_link => Ok(()),
        Some(_) => Err(ApiError::ForeignSite),
    }
}

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Whether a `Host` names this machine: `localhost` or a loopback address, with any port.
fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    if authority.as_str().contains('@') {
        return false;
    }
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&'static str, &'static str)]) -> Result<(), ApiError> {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        admit(&Method::POST, &headers.collect())
    }

    #[test]
    fn only_names_of_this_machine_are_answered_to() {
        for host in ["localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:1", "[::1]:8080", "127.8.8.8"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "10.0.0.1",
            "0.0.0.0",
            "x@localhost",
            "[::ffff:8.8.8.8]",
            "a b",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
        assert!(matches!(request(&[]), Err(ApiError::ForeignHost(_))));
    }

    #[test]
    fn programs_and_the_own_page_are_let_in() {
        let host = ("host", "127.0.0.1:8080");
        assert!(request(&[host]).is_ok());
        assert!(request(&[host, ("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "same-origin")]).is_ok());
        assert!(request(&[host, ("sec-fetch-site", "none")]).is_ok());
    }

    #[test]
    fn pages_of_other_sites_are_refused_even_those_on_another_port() {
        let host = ("host", "localhost:8080");
        for headers in [
            &[host, ("origin", "https://evil.example")][..],
            &[host, ("origin", "null")],
            &[host, ("origin", "http://localhost:3000")],
            &[host, ("sec-fetch-site", "cross-site")],
            &[host, ("sec-fetch-site", "same-site")],
            &[host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")],
        ] {
            assert!(matches!(request(headers), Err(ApiError::ForeignSite)), "{headers:?}");
        }
    }

    #[test]
    fn a_link_on_another_site_may_be_followed() {
        let headers = [("host", "localhost"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        let headers = headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        assert!(admit(&Method::GET, &headers.into_iter().collect()).is_ok());
    }
}
